"""How many commands may use one connection at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MOMENT = 0.3  #: seconds


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
        """The server refused one: have as many places as are open, and wait until one of them is given back.

        Where no other is open, the server may not have noticed yet that a command has ended, so wait a little. Gives False when
        `patience` (seconds) is over.
        """
        if patience <= 0:
            return False
        with self._changed:
            others = self._used - 1
            if others < 1:
                self._changed.wait(min(patience, _MOMENT))
                return True
            self._limit = min(self._limit, others)
            return self._changed.wait_for(lambda: self._used - 1 < others, patience)
