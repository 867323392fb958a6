"""Failures that may be the work of whoever ends the whole job: they are held back until it is
certain that they are the sample's own.

At its time limit, or when it is cancelled, a job's steps die first and its other processes a moment
later, on other nodes some moments. A code whose ranks have been killed like that ends with an exit
code or an exception of its own; only what follows tells it from a failure.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import Generic, TypeVar

from enchanted_tui.executors.job import job_here

Item = TypeVar("Item")

#: Within seconds of its job's end, a failure is not the sample's.
IN_A_JOB = 3.0
ELSEWHERE = (
    0.5  #: the same where there is no job, for what looks like having been ended by a signal
)
_FAILED = b'"outcome":"failed"'
_HEAD = 400  #: bytes of a record in which its outcome is
_ENDED = re.compile(rb"SIGTERM|SIGKILL|exit code (143|137)\b")


def is_failure(line: bytes) -> bool:
    """Tell whether a task's record says that it failed."""
    return _FAILED in line[:_HEAD]


def patience_with(line: bytes, *, thorough: bool) -> float:
    """Return for how many seconds a record is to be held back; 0 for those that can be believed at
    once.

    `thorough`: hold back in a job whatever failed, not only what looks like having been ended by a
    signal.
    """
    if not is_failure(line):
        return 0.0
    if job_here() and thorough:
        return IN_A_JOB
    return ELSEWHERE if _ENDED.search(line) else 0.0


class Hold(Generic[Item]):
    """What is held back, and for how long."""

    def __init__(self) -> None:
        self._items: deque[tuple[float, Item]] = deque()

    def __bool__(self) -> bool:
        return bool(self._items)

    def add(self, item: Item, seconds: float) -> None:
        self._items.append((time.monotonic() + seconds, item))

    def seconds_left(self) -> float:
        """Return how long nothing is due; infinity where nothing is held back."""
        return max(0.0, self._items[0][0] - time.monotonic()) if self._items else float("inf")

    def take(self, *, due: bool = True) -> list[Item]:
        """Return what has been held back long enough, or all of it."""
        taken = []
        while self._items and (not due or self._items[0][0] <= time.monotonic()):
            taken.append(self._items.popleft()[1])
        return taken
