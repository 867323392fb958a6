"""What a campaign's loop waits on: a queue into which executors, requests and what runs beside the
loop put what they have to say.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator

from enchanted_tui.executors.base import Delivered
from enchanted_tui.supervisor.control import Request
from enchanted_tui.supervisor.file_writer import NotWritten
from enchanted_tui.supervisor.sampler_thread import Woken

Event = Delivered | Request | Woken | NotWritten

#: seconds over which results that come in quick succession are taken together; executors hold more
#: work than that
_GATHER = 0.005


class Inbox:
    """A queue of events. `put` may be called from any thread, all else is the loop's."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.put = self._queue.put
        self._seen: list[Event] = []  #: looked at, and not yet taken
        self._last_wake = 0.0  # monotonic, as all times here

    def wait(self, until: float, *, several: bool) -> list[Event]:
        """Wait for something to happen and return all that has; nothing when it is `until`.
        `several`: more may follow at once.
        """
        arrived, self._seen = self._seen, []
        try:
            if arrived:
                until = 0.0
            arrived.append(self._queue.get(timeout=max(0.0, until - time.monotonic())))
            if several:
                time.sleep(max(0.0, self._last_wake + _GATHER - time.monotonic()))
            while True:
                arrived.append(self._queue.get_nowait())
        except queue.Empty:
            self._last_wake = time.monotonic()
        return arrived

    def all_there_is(self, patience: float = 0.0) -> Iterator[Event]:
        """Yield all that is there; wait up to `patience` seconds for the first."""
        seen, self._seen = self._seen, []
        yield from seen
        try:
            while True:
                yield self._queue.get(timeout=patience) if patience else self._queue.get_nowait()
                patience = 0.0
        except queue.Empty:
            return

    def look_ahead(self) -> list[Event]:
        """Return all that is there without taking it."""
        try:
            while True:
                self._seen.append(self._queue.get_nowait())
        except queue.Empty:
            return self._seen
