"""A connection by paramiko: one log-in, on which commands run side by side."""

from __future__ import annotations

import contextlib
import select
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from enchanted_tui.executors.slurm.ssh.authentication import Secrets
from enchanted_tui.executors.slurm.ssh.connection_errors import ConnectionLost
from enchanted_tui.executors.slurm.ssh.deadline import Deadline
from enchanted_tui.executors.slurm.ssh.dialling import Dialled, dial
from enchanted_tui.executors.slurm.ssh.framing import LOGIN_COMMAND, Exchange
from enchanted_tui.executors.slurm.ssh.host_config import look_up
from enchanted_tui.executors.slurm.ssh.questions import Asker
from enchanted_tui.executors.slurm.ssh.session_limit import Refusals, SessionLimit
from enchanted_tui.executors.slurm.ssh.ssh_options import SshSettings
from enchanted_tui.executors.slurm.transport import FarSideProblem

_CHUNK = 1 << 16
_SETTLING = (
    0.5  #: seconds; a transport that ends closes its channels before it says that it has ended
)
#: input that fits the window a server grants at first, so that sending it cannot block
_INLINE = 1 << 20


class ParamikoLink:
    """An open connection. Raises ConnectionFailed, HostKeyRejected or LogInFailed when none can be
    made.
    """

    def __init__(
        self, settings: SshSettings, ask: Asker, secrets: Secrets, sessions: SessionLimit
    ) -> None:
        self._settings, self._sessions = settings, sessions
        self._target = look_up(settings)
        self._dialled: Dialled = dial(self._target, ask, secrets, settings.connect_timeout)
        self._transport = self._dialled.transport
        self._closing = threading.Event()
        self._opening = threading.Lock()  # a transport remembers only one refusal
        threading.Thread(target=self._watch, name="ssh keep-alive", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as is known."""
        return bool(self._transport.is_active())

    def close(self) -> None:
        """Hang up."""
        self._closing.set()
        self._dialled.close()

    def execute(
        self, exchange: Exchange, stdin: Iterable[bytes], timeout: float | None
    ) -> tuple[int, bytes]:
        """Run one command to its end; return its exit code and error output.

        Raises ConnectionLost, CommandTimeout or FarSideProblem.
        """
        deadline = Deadline(timeout)
        with self._sessions.one():
            channel = self._open(deadline)
            try:
                _Run(self, channel, exchange, deadline).run(stdin)
            finally:
                with contextlib.suppress(OSError, EOFError):
                    channel.close()
        done = exchange.finished()
        if done is not None:
            return done
        self._transport.join(_SETTLING)
        if self.alive:
            exchange.check_started(self._target.shown)
        raise self.lost(may_have_run=True)

    def lost(self, *, may_have_run: bool) -> ConnectionLost:
        """Return the error that says so."""
        return ConnectionLost(
            f"the connection to {self._target.shown} is lost", may_have_run=may_have_run
        )

    def _open(self, deadline: Deadline) -> Any:
        """Open a session, with fewer at a time from then on if the server allows no more."""
        import paramiko

        refusals = Refusals(self._sessions, deadline, self._settings.connect_timeout)
        while True:
            try:
                with self._opening:
                    channel = self._transport.open_session(
                        timeout=deadline.left(self._settings.connect_timeout)
                    )
                channel.exec_command(LOGIN_COMMAND)
                self._sessions.served()
                return channel
            except paramiko.ChannelException:
                if not refusals.worth_another_try():
                    raise FarSideProblem(
                        f"{self._target.shown} opens no session on the connection; ask its"
                        " administrators about MaxSessions, or use `transport: openssh`"
                    ) from None
            except (paramiko.SSHException, EOFError, OSError):
                self._dialled.close()  # a server that opens no session in time is as good as gone
                raise self.lost(may_have_run=False) from None

    def _watch(self) -> None:
        """Ask the server now and then whether it is there, and hang up when it stays silent;
        paramiko only asks.
        """
        import paramiko

        interval = self._settings.keep_alive
        while not self._closing.wait(interval) and self.alive:
            timer = threading.Timer(interval, self._dialled.close)
            timer.daemon = True
            timer.start()
            try:
                self._transport.global_request("keepalive@openssh.com", wait=True)
            except (paramiko.SSHException, EOFError, OSError):
                return
            finally:
                timer.cancel()


class _Run:
    """One command on one channel: input goes, both outputs come."""

    def __init__(
        self, link: ParamikoLink, channel: Any, exchange: Exchange, deadline: Deadline
    ) -> None:
        self._link, self._channel, self._exchange, self._deadline = (
            link,
            channel,
            exchange,
            deadline,
        )
        self._failure: BaseException | None = None  #: of reading the input

    def run(self, stdin: Iterable[bytes]) -> None:
        chunks = iter(stdin)
        first, more = _upto(chunks, _INLINE)
        try:
            self._channel.settimeout(self._deadline.left(60.0))
            self._channel.sendall(self._exchange.first_line + first)
            if not more:
                self._channel.shutdown_write()
        except TimeoutError:
            raise self._deadline.passed() from None
        except (OSError, EOFError):
            if not self._link.alive:
                raise self._link.lost(may_have_run=True) from None
        writer = self._start_writer([more], chunks) if more else None
        try:
            self._read()
        finally:
            if writer is not None:
                self._channel.close()
                writer.join()
        if self._failure is not None:
            raise self._failure

    def _start_writer(self, first: Iterable[bytes], rest: Iterator[bytes]) -> threading.Thread:
        writer = threading.Thread(
            target=self._write, args=(first, rest), name="ssh upload", daemon=True
        )
        writer.start()
        return writer

    def _write(self, first: Iterable[bytes], rest: Iterator[bytes]) -> None:
        try:
            self._channel.settimeout(None)
            for source in (first, rest):
                for chunk in source:
                    try:
                        self._channel.sendall(chunk)
                    except (OSError, EOFError):
                        return  # the command ended without reading all; its exit code says why
            with contextlib.suppress(OSError, EOFError):
                self._channel.shutdown_write()
        # whatever reading the input raises belongs to the caller
        except BaseException as error:  # noqa: BLE001
            self._failure = error
            self._channel.close()

    def _read(self) -> None:
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        channel = self._channel
        while True:
            while channel.recv_ready():
                self._exchange.out(channel.recv(_CHUNK))
            while channel.recv_stderr_ready():
                self._exchange.err(channel.recv_stderr(_CHUNK))
            ended = channel.eof_received or channel.closed
            if ended and not channel.recv_ready() and not channel.recv_stderr_ready():
                return
            if self._deadline.over:
                raise self._deadline.passed()
            if not ended:
                poll.poll(1000 * self._deadline.left(1.0) + 1)


def _upto(chunks: Iterator[bytes], most: int) -> tuple[bytes, bytes]:
    """Take chunks until they are `most` bytes or more; return the first `most` bytes, and what is
    left of the last chunk taken.
    """
    taken = b""
    for chunk in chunks:
        taken += chunk
        if len(taken) > most:
            return taken[:most], taken[most:]
    return taken, b""
