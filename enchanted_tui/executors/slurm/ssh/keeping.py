"""One connection for a whole campaign: made once, found again when it is lost.

After a loss a thread of its own tries again and again, less and less often, and asks a person where
it must. Until then every command is refused at once with `ConnectionLost`, so that whoever uses the
connection pauses instead of waiting in it. Jobs run on.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from enchanted_tui.durations import rough_duration
from enchanted_tui.executors.slurm.ssh.connection_errors import (
    ConnectionFailed,
    ConnectionLost,
    HostKeyRejected,
    LogInFailed,
)
from enchanted_tui.executors.slurm.ssh.framing import Exchange
from enchanted_tui.executors.slurm.ssh.link import Link

log = logging.getLogger(__name__)

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 120.0
#: A refused log-in is not tried often: servers ban those who do.
_FIRST_PAUSE_REFUSED = 300.0
_LONGEST_PAUSE_REFUSED = 1800.0


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """How the connection stands, for people."""

    connected: bool
    log_ins: int  #: how many there were
    since: float  #: when it was made or lost, seconds since the epoch
    next_try: float | None = (
        None  #: when the next try begins, seconds since the epoch; None while connected or trying
    )
    reason: str = ""  #: why the last try failed

    def __str__(self) -> str:
        if self.connected:
            return "connected"
        now = time.time()
        lost = f"connection lost {rough_duration(now - self.since)} ago"
        if self.next_try is None:
            return f"{lost}, connecting again now"
        return f"{lost}, next try in {rough_duration(max(0.0, self.next_try - now))}" + (
            f": {self.reason}" if self.reason else ""
        )


class Kept:
    """A link that comes back. `make` opens one, raising ConnectionFailed; the first is opened at
    once.
    """

    def __init__(self, make: Callable[[], Link], *, first_pause: float = _FIRST_PAUSE) -> None:
        self._make, self._first_pause = make, first_pause
        self._changed = threading.Condition()
        self._link: Link | None = make()
        self._closed = False
        self._hurry = False
        self._state = ConnectionState(True, 1, time.time())

    @property
    def state(self) -> ConnectionState:
        """How the connection stands now."""
        with self._changed:
            return self._state

    def execute(
        self, exchange: Exchange, stdin: Iterable[bytes], timeout: float | None
    ) -> tuple[int, bytes]:
        """Run one command to its end; return its exit code and error output.

        Raises ConnectionLost, CommandTimeout or FarSideProblem.
        """
        with self._changed:
            link, state = self._link, self._state
        if link is None:
            raise ConnectionLost(str(state), may_have_run=False)
        try:
            return link.execute(exchange, stdin, timeout)
        except ConnectionLost:
            if not link.alive:
                self._lose(link)
            raise

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until connected; tell whether it is."""
        with self._changed:
            self._changed.wait_for(lambda: self._link is not None or self._closed, timeout)
            return self._link is not None

    def retry_now(self) -> None:
        """Do not wait for the next try any longer; for a person who knows that the network is
        back.
        """
        with self._changed:
            self._hurry = True
            self._changed.notify_all()

    def close(self) -> None:
        """Hang up and try no more."""
        with self._changed:
            self._closed = True
            link, self._link = self._link, None
            self._changed.notify_all()
        if link is not None:
            link.close()

    def _lose(self, link: Link) -> None:
        with self._changed:
            if self._link is not link:
                return  # another command has noticed before
            self._link = None
            self._state = ConnectionState(False, self._state.log_ins, time.time())
            if not self._closed:
                threading.Thread(target=self._reconnect, name="ssh reconnect", daemon=True).start()
        link.close()

    def _reconnect(self) -> None:
        pause = _Pause(self._first_pause)
        failure: ConnectionFailed | None = None
        while self._waited(pause.after(failure), failure):
            try:
                link = self._make()
            except ConnectionFailed as error:
                failure = error
                continue
            # whatever it was: a thread that ends here would leave the campaign waiting for ever
            except Exception as error:
                log.exception("an unforeseen error while connecting again")
                failure = ConnectionFailed(f"{type(error).__name__}: {error}")
                continue
            self._adopt(link)
            return

    def _waited(self, seconds: float, failure: ConnectionFailed | None) -> bool:
        """Wait before the next try, saying when it will be; False when there is to be none."""
        with self._changed:
            state = self._state
            reason = "" if failure is None else failure.message
            self._state = ConnectionState(
                False, state.log_ins, state.since, time.time() + seconds, reason
            )
            self._changed.wait_for(lambda: self._closed or self._hurry, seconds)
            self._hurry = False
            self._state = ConnectionState(False, state.log_ins, state.since, None, reason)
            return not self._closed

    def _adopt(self, link: Link) -> None:
        with self._changed:
            if not self._closed:
                self._link = link
                self._state = ConnectionState(True, self._state.log_ins + 1, time.time())
                self._changed.notify_all()
                return
        link.close()


class _Pause:
    """Longer and longer, bounded, and never quite the same, so that many clients of one server do
    not come back together.
    """

    def __init__(self, first: float) -> None:
        self._first = first
        self._tries = 0
        self._refusals = 0

    def after(self, failure: ConnectionFailed | None) -> float:
        if isinstance(failure, LogInFailed | HostKeyRejected):
            seconds = min(_LONGEST_PAUSE_REFUSED, _FIRST_PAUSE_REFUSED * 2**self._refusals)
            self._refusals = min(self._refusals + 1, 10)
        else:
            # the first try comes at once: most losses are over when they are noticed
            seconds = 0.0 if failure is None else min(_LONGEST_PAUSE, self._first * 2**self._tries)
            self._tries = min(self._tries + (failure is not None), 20)
        return float(seconds) * random.uniform(0.8, 1.2)
