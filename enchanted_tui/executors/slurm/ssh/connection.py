"""Commands on the cluster: the connection that the executor uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from enchanted_tui.executors.slurm.ssh import questions
from enchanted_tui.executors.slurm.ssh.authentication import Secrets
from enchanted_tui.executors.slurm.ssh.framing import Exchange, script_of
from enchanted_tui.executors.slurm.ssh.keeping import ConnectionState, Kept
from enchanted_tui.executors.slurm.ssh.link import Link
from enchanted_tui.executors.slurm.ssh.questions import Asker
from enchanted_tui.executors.slurm.ssh.session_limit import SessionLimit
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings


class SshConnection:
    """Runs commands on one host through one log-in.

    Opening it raises ConnectionFailed, HostKeyRejected or LogInFailed. `ask` answers questions, by
    default whoever `questions.set_asker` named.
    """

    def __init__(self, settings: SshSettings, ask: Asker | None = None) -> None:
        self.settings = settings
        self._ask = ask or questions.ask
        self._secrets = Secrets()
        self._sessions = SessionLimit(settings.max_sessions)
        self.round_trips = 0  #: commands run so far
        self._kept = Kept(self._open)

    @property
    def host(self) -> str:
        """The host's name as configured."""
        return self.settings.host

    @property
    def state(self) -> ConnectionState:
        """How the connection stands now."""
        return self._kept.state

    @property
    def kept(self) -> Kept:
        """The connection itself: to wait for it, or to hurry it."""
        return self._kept

    def stream(
        self,
        argv: Sequence[str],
        stdin: Iterable[bytes],
        sink: Callable[[bytes], None],
        timeout: float | None,
        setup: Sequence[str] = (),
    ) -> tuple[int, bytes]:
        """Run a program, handing what it prints to `sink` piece by piece; return its exit code and
        error output.

        `timeout` in seconds; `setup` are shell lines between the prologue and the program. Raises
        ConnectionLost, CommandTimeout or FarSideProblem.
        """
        self.round_trips += 1
        before = [*self.settings.prologue, *setup]
        return self._kept.execute(Exchange(script_of(argv, timeout), before, sink), stdin, timeout)

    def run(
        self,
        argv: Sequence[str],
        stdin: bytes = b"",
        timeout: float | None = None,
        setup: Sequence[str] = (),
    ) -> tuple[int, bytes, bytes]:
        """Run a program; return its exit code, output and error output. See `stream`."""
        output = bytearray()
        code, errors = self.stream(argv, [stdin] if stdin else [], output.extend, timeout, setup)
        return code, bytes(output), errors

    def close(self) -> None:
        """Hang up."""
        self._kept.close()

    def _open(self) -> Link:
        if self.settings.transport == "openssh":
            from enchanted_tui.executors.slurm.ssh.openssh_link import OpensshLink

            return OpensshLink(self.settings, self._ask, self._sessions)
        from enchanted_tui.executors.slurm.ssh.paramiko_link import ParamikoLink

        return ParamikoLink(self.settings, self._ask, self._secrets, self._sessions)
