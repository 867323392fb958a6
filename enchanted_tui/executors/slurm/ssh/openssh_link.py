"""A connection by the system's ``ssh``: the user's own ControlMaster where there is one, else one
of our own.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator

from enchanted_tui.executors.slurm.ssh.askpass import Askpass
from enchanted_tui.executors.slurm.ssh.connection_errors import (
    ConnectionFailed,
    ConnectionLost,
    HostKeyRejected,
    LogInFailed,
)
from enchanted_tui.executors.slurm.ssh.deadline import Deadline
from enchanted_tui.executors.slurm.ssh.framing import LOGIN_COMMAND, Exchange
from enchanted_tui.executors.slurm.ssh.host_config import (
    ask_openssh,
    by_hand_command,
    ssh_arguments,
)
from enchanted_tui.executors.slurm.ssh.process_run import run_process
from enchanted_tui.executors.slurm.ssh.questions import Asker
from enchanted_tui.executors.slurm.ssh.session_limit import Refusals, SessionLimit
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings
from enchanted_tui.executors.slurm.transport import FarSideProblem

# Ends ssh when our end of its input closes, so that no connection and no file outlives a killed
# supervisor.
_GUARDED = """\
d=$1; shift; exec 3<&0
"$@" </dev/null 3<&- & p=$!
{ read -r _ <&3; kill $p 2>/dev/null; } & w=$!
wait $p; c=$?; kill $w 2>/dev/null; rm -rf "$d"; exit $c"""
# Refused a session, ssh would silently log in once more; this "connection" says these words instead
# and ends at once. What ssh itself then says depends on which of the two is faster.
_NO_MASTER = b"enchanted-tui: no session on the shared connection"
_NEVER_ALONE = [
    *("-o", f"ProxyCommand=/bin/sh -c 'echo {_NO_MASTER.decode()} >&2'"),
    *("-o", "ControlMaster=no", "-o", "BatchMode=yes"),
    *("-o", "ControlPersist=no"),  # with it, nobody would hear what the command says
    *("-o", "RemoteCommand=none"),
]

#: Who runs the command above, whatever the user's shell is.
_BY_SH = {"SHELL": "/bin/sh"}


class OpensshLink:
    """An open connection. Raises ConnectionFailed, HostKeyRejected or LogInFailed when none can be
    made.
    """

    def __init__(self, settings: SshSettings, ask: Asker, sessions: SessionLimit) -> None:
        if shutil.which("ssh") is None:
            raise ConnectionFailed(
                "`transport: openssh` needs the program ssh; install the OpenSSH client, or use"
                " `transport: paramiko`"
            )
        self._settings, self._sessions = settings, sessions
        self._options = [
            *ssh_arguments(settings),
            *(part for key in settings.key_filenames for part in ("-i", key)),
        ]
        self._own: _Master | None = None
        self._socket = self._users_master()
        if self._socket is None:
            self._own = _Master(settings, self._options, ask)
            self._socket = self._own.socket

    @property
    def alive(self) -> bool:
        """Whether the shared connection stands."""
        return self._checks(str(self._socket))

    @property
    def shared(self) -> bool:
        """Whether this is a connection that the user opened."""
        return self._own is None

    def close(self) -> None:
        """Hang up, unless the connection is the user's own."""
        if self._own is not None:
            self._own.close()

    def execute(
        self, exchange: Exchange, stdin: Iterable[bytes], timeout: float | None
    ) -> tuple[int, bytes]:
        """Run one command to its end; return its exit code and error output.

        Raises ConnectionLost, CommandTimeout or FarSideProblem.
        """
        deadline = Deadline(timeout)
        command = [
            "ssh",
            "-T",
            *_NEVER_ALONE,  # before a ProxyJump, which would else be gone through
            *self._options,
            "-S",
            str(self._socket),
            "--",
            self._settings.host,
            LOGIN_COMMAND,
        ]
        refusals = Refusals(self._sessions, deadline, self._settings.connect_timeout)
        given = _KeptUntil(stdin, lambda: exchange.started)
        with self._sessions.one():
            while True:
                try:
                    run_process(command, exchange, given, deadline, _BY_SH)
                finally:
                    if exchange.started:
                        self._sessions.served()
                done = exchange.finished()
                if done is not None:
                    return done
                if _NO_MASTER not in exchange.noise:
                    break
                if not self.alive:
                    raise self._lost(may_have_run=False)
                if not refusals.worth_another_try():
                    raise FarSideProblem(
                        f"{self._settings.host} opens no session on the connection; ask its"
                        " administrators about MaxSessions"
                    )
                exchange.forget_noise()
        if not exchange.started and self.alive:
            exchange.check_started(self._settings.host)
        raise self._lost(may_have_run=True)

    def _lost(self, *, may_have_run: bool) -> ConnectionLost:
        return ConnectionLost(
            f"the connection to {self._settings.host} is lost", may_have_run=may_have_run
        )

    def _users_master(self) -> str | None:
        """Return the socket of a connection that the user has opened."""
        said = ask_openssh(self._options, self._settings.host)
        path = os.path.expanduser(said("controlpath") or "none")
        return path if path != "none" and self._checks(path) else None

    def _checks(self, path: str) -> bool:
        command = ["ssh", *self._options, "-S", path, "-O", "check", "--", self._settings.host]
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._settings.connect_timeout,
                check=False,
            )
            return done.returncode == 0
        return False


class _KeptUntil:
    """The input of a command that may have to be started once more: what was taken of it is kept
    until the command `is_running`.
    """

    def __init__(self, chunks: Iterable[bytes], is_running: Callable[[], bool]) -> None:
        self._left, self._is_running = iter(chunks), is_running
        self._kept: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        yield from tuple(self._kept)
        for chunk in self._left:
            if self._is_running():
                self._kept.clear()
            else:  # at most what a pipe holds, and one more
                self._kept.append(chunk)
            yield chunk


class _Master:
    """Our own shared connection, in a private directory."""

    def __init__(self, settings: SshSettings, options: list[str], ask: Asker) -> None:
        self._settings, self._by_hand = settings, by_hand_command(settings)
        self._directory = tempfile.mkdtemp(prefix="etui-", dir=_short_directory())
        self.socket = os.path.join(self._directory, "m")
        self._askpass = Askpass(self._directory, settings.host, ask)
        # closed by close()
        self._errors = open(os.path.join(self._directory, "errors"), "w+b")  # noqa: SIM115
        interval = max(1, round(settings.keep_alive))
        command = [
            "ssh",
            *options,
            "-M",
            "-N",
            "-T",
            "-S",
            self.socket,
            "-o",
            "ControlPersist=no",
            "-o",
            "ClearAllForwardings=yes",
        ]
        command += [
            "-o",
            f"ServerAliveInterval={interval}",
            "-o",
            "ServerAliveCountMax=1",
            "-o",
            "BatchMode=no",
            "-o",
            "RemoteCommand=none",
        ]
        command += [
            "-o",
            f"ConnectTimeout={max(1, round(settings.connect_timeout))}",
            "--",
            settings.host,
        ]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDED, "sh", self._directory, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env={**os.environ, **self._askpass.environment},
            start_new_session=True,
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection and remove its files."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # ssh too, and not only its shell
            self._process.wait()
        self._askpass.close()
        self._errors.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _wait(self) -> None:
        """Wait until logged in; a person who is asked has all the time the server gives."""
        patience = 2 * self._settings.connect_timeout
        end = time.monotonic() + patience
        while not os.path.exists(self.socket):
            if self._process.poll() is not None:
                raise self._why()
            if self._askpass.asking:
                end = time.monotonic() + patience
            if time.monotonic() > end:
                raise ConnectionFailed(
                    f"{self._settings.host} did not let us in within {patience:g} s; check the"
                    " network, or try ssh by hand"
                )
            time.sleep(0.02)

    def _why(self) -> ConnectionFailed:
        """Say in one sentence why ssh ended."""
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace")
        host = self._settings.host
        said = " ".join(
            line
            for line in text.split("\n")
            if line.strip() and not line.startswith(("@", "debug"))
        )[-500:].strip()
        if "IDENTIFICATION HAS CHANGED" in text:
            where = re.search(r"Offending .* key in (.+?)(?::\d+)?\s*$", text, re.MULTILINE)
            forget = re.search(r"ssh-keygen -f .+ -R .+", text)
            return HostKeyRejected(
                f"the host key of {host} is not the known one"
                + (f" in {where[1].strip()}" if where else "")
                + ". Someone may be listening in, or the host was installed anew: ask its"
                " administrators and, if they confirm the new key, forget the old one by: "
                + (forget[0].strip() if forget else f"ssh-keygen -R {shlex.quote(host)}")
            )
        if "Host key verification failed" in text or "No matching host key" in text:
            return HostKeyRejected(
                f"the host key of {host} is not known; compare it with the one that the site"
                f" publishes, then log in once: {self._by_hand}"
            )
        if self._askpass.nobody_answered:
            alone = self._by_hand.replace("ssh", "ssh -M -N -f", 1)
            return LogInFailed(
                f"{host} asks for a password or code and nobody answered; resume in a terminal or"
                f" in the app, or open {alone}"
            )
        if "Permission denied" in text or "Too many authentication failures" in text:
            return LogInFailed(
                f"{said}; set user and key_filename, or load the key into the agent by ssh-add"
            )
        return ConnectionFailed(
            f"ssh cannot connect to {host}: {said or 'it gave no reason'}; check host, port and"
            " network, or try ssh by hand"
        )


def _short_directory() -> str | None:
    """Return a directory whose path leaves room for a socket's name, which may have 104
    characters.
    """
    private = os.environ.get("XDG_RUNTIME_DIR", "")
    # mkdtemp makes it private
    return private if private and len(private) < 40 and os.access(private, os.W_OK) else "/tmp"  # noqa: S108
