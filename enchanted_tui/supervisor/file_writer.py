"""Files that can be written later than what they tell of: output files, reports, the log. One
thread writes them all, so that nothing but these files waits for a file system that is slow, or
fails for a while.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from msgspec import Struct, field

from enchanted_tui.executors.passing_errors import PAUSE, Patience
from enchanted_tui.executors.task_end import remedy_of
from enchanted_tui.storage.lock import PATIENCE

log = logging.getLogger(__name__)

LOG = "the log"
LATE = 5.0  #: seconds by which files may lag before people are told
#: A second of processor time that the thread uses accounts for so many seconds of its lag: the rest
#: of a machine may be busy. Waiting for a file system uses none.
_SHARED_BY = 4.0


class NotWritten:
    """Something could not be written that is not for show: `FileWriter.check` says what."""


class _Write(Struct):
    """One thing to be written."""

    call: Callable[[], None]
    since: float  #: monotonic time at which it was given
    for_show: bool
    newest_only: bool


class _File(Struct):
    """What waits to be written of one kind of file, in order."""

    waiting: deque[_Write]
    patience: Patience
    next_try: float = 0.0  #: monotonic
    told: set[int | None] = field(default_factory=set)  #: errnos that people know of


class FileWriter:
    """Writes in a thread of its own, by kind of file in the order in which it was given."""

    def __init__(
        self,
        patience: float,
        failed: Callable[[], None],
        is_ours: Callable[[], bool] = lambda: True,
    ) -> None:
        """`patience`: seconds for which errors that may pass are borne; `failed` is called from the
        thread when what is not for show has met an error of another kind, or one that did not pass:
        `check` raises it. `is_ours`: whether nobody else has taken the directory, asked after a gap
        in time.
        """
        self._seconds, self._failed, self._is_ours = patience, failed, is_ours
        self._abandoned = False
        self._last_look = time.clock_gettime(time.CLOCK_BOOTTIME)
        self._files: dict[str, _File] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._writing: _Write | None = None
        #: monotonic time, and processor time of the thread, when it began with that
        self._began = 0.0, 0.0
        self._failure: Exception | None = None
        self._closing = False
        self._told_late = False

    # -- whoever has something to write ------------------------------------------------------------

    def put(
        self,
        what: str,
        call: Callable[[], None],
        *,
        for_show: bool = False,
        newest_only: bool = False,
    ) -> None:
        """Have `call` write something of the kind `what`, as messages name it. With `for_show` no
        error ends a campaign, and nothing is tried again; with `newest_only` it takes the place of
        the last that waits, if that was given so too. May be called from any thread.
        """
        with self._changed:
            if self._abandoned and what != LOG:
                return
            file = self._files.get(what)
            if file is None:
                file = self._files[what] = _File(deque(), Patience(self._seconds))
            write = _Write(call, time.monotonic(), for_show, newest_only)
            last = file.waiting[-1] if file.waiting else None
            if newest_only and last is not None and last.newest_only and last is not self._writing:
                write.since = file.waiting.pop().since
            file.waiting.append(write)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="file-writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait until all that was given is written. Raises as `check` does."""
        with self._changed:
            while any(file.waiting for file in self._files.values()):
                self._changed.wait()
        self.check()

    def check(self) -> None:
        """Raise the first error for which something could not be written, once."""
        with self._changed:
            failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def behind(self) -> float:
        """Return by how many seconds the files lag for a file system that is slow."""
        with self._changed:
            oldest = [file.waiting[0].since for file in self._files.values() if file.waiting]
            worked = self._worked() if self._writing is not None else 0.0
        return max(0.0, time.monotonic() - min(oldest) - worked) if oldest else 0.0

    def _worked(self) -> float:
        """Return the seconds since the thread began with what it writes that its own work accounts
        for, such as that for the groups of 100,000 samples in runs.h5.
        """
        assert self._thread is not None and self._thread.ident is not None
        since, used_before = self._began
        used = time.clock_gettime(time.pthread_getcpuclockid(self._thread.ident)) - used_before
        return min(time.monotonic() - since, _SHARED_BY * used)

    def abandon(self) -> None:
        """Write nothing any more but the log: the directory has become somebody else's."""
        with self._changed:
            self._abandoned = True
            for what, file in self._files.items():
                if what != LOG:
                    kept = [write for write in file.waiting if write is self._writing]
                    file.waiting = deque(kept)
            while self._writing is not None and threading.current_thread() is not self._thread:
                self._changed.wait()

    def close(self) -> None:
        """Write what was given, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    # -- the thread --------------------------------------------------------------------------------

    def _work(self) -> None:
        while (found := self._next()) is not None:
            what, file, write = found
            is_done = True
            self._notice_a_stop()
            try:
                if what == LOG or not self._abandoned:
                    write.call()
            except Exception as error:  # noqa: BLE001 - handed on to the thread of the campaign
                is_done = not self._is_borne(what, file, write, error)
            else:
                file.patience.is_over()
            with self._changed:
                self._forgive(self._worked())
                self._writing = None
                if is_done:
                    file.waiting.popleft()
                self._changed.notify_all()
            self._tell_if_late(write)

    def _forgive(self, seconds: float) -> None:
        """Count what waits, and what has been written, as given so many seconds later."""
        now = time.monotonic()
        for file in self._files.values():
            for write in file.waiting:
                write.since = min(now, write.since + seconds)

    def _notice_a_stop(self) -> None:
        """After a gap in time (a stopped process, a laptop asleep) look whether the directory is
        still ours.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        if now - self._last_look > PATIENCE / 2 and not self._is_ours():
            self.abandon()
        self._last_look = now

    def _next(self) -> tuple[str, _File, _Write] | None:
        """Wait for what is to be written next; None at the end."""
        with self._changed:
            while True:
                waiting = [item for item in self._files.items() if item[1].waiting]
                if not waiting and self._closing:
                    return None
                now = time.monotonic()
                ready = [item for item in waiting if item[1].next_try <= now]
                if ready:
                    what, file = min(ready, key=lambda item: item[1].waiting[0].since)
                    self._writing = file.waiting[0]
                    self._began = time.monotonic(), time.thread_time()
                    return what, file, self._writing
                due = min((item[1].next_try - now for item in waiting), default=None)
                self._changed.wait(due)

    def _is_borne(self, what: str, file: _File, write: _Write, error: Exception) -> bool:
        """Say what becomes of something that could not be written; tell whether it is tried
        again.
        """
        if write.for_show and isinstance(error, OSError):
            self._tell(what, file, error)
            return False
        if isinstance(error, OSError) and file.patience.bears(error):
            self._tell(what, file, error)
            file.next_try = time.monotonic() + PAUSE
            return True
        with self._changed:
            self._failure = self._failure or error
        self._failed()
        return False

    @staticmethod
    def _tell(what: str, file: _File, error: OSError) -> None:
        """Say of each kind of error once that the file lags."""
        if error.errno not in file.told:
            file.told.add(error.errno)
            where = f"{error.filename}: " if error.filename else ""
            log.warning(
                f"{what} cannot be written ({where}{remedy_of(error)}); the campaign goes on and"
                " tries again"
            )

    def _tell_if_late(self, write: _Write) -> None:
        late = time.monotonic() - write.since
        if late <= LATE:
            self._told_late = False
        elif not self._told_late:
            self._told_late = True
            log.warning(
                f"the file system is slow: files are written {late:.0f} s late; the campaign goes"
                " on"
            )
