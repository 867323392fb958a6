"""How many commands may use one connection at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Slots:
    """A number of places that shrinks when the server turns out to allow fewer."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """How many there are now."""
        return self._limit

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one place, waiting for it if necessary."""
        with self._changed:
            self._changed.wait_for(lambda: self._used < self._limit)
            self._used += 1
        try:
            yield
        finally:
            with self._changed:
                self._used -= 1
                self._changed.notify_all()

    def refused(self, patience: float) -> bool:
        """The server refused one while others were open: have one place less, and wait until another is given back.

        Gives False where no other was open, or none was given back within `patience` seconds.
        """
        with self._changed:
            others = self._used - 1
            if others < 1:
                return False
            self._limit = min(self._limit, others)
            end = time.monotonic() + patience
            return self._changed.wait_for(lambda: self._used - 1 < others, max(0.0, end - time.monotonic()))
