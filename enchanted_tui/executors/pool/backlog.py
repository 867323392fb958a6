"""What waits for a worker, and how long tasks have taken.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Optional

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.pool.booking import Booking
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.resources import Resources

_AHEAD_SECONDS = 0.02  #: how much work a worker is given in advance
_MAX_AHEAD = 64
_MOST_LOOKED_AT = 100  #: tasks that wait, for one that may begin
#: A task for which there is no room is passed over by smaller ones for so many seconds, or times
#: the usual run time; then these wait until it has begun.
_PASSED_OVER_SECONDS, _PASSED_OVER_TASKS = 2.0, 2.0
_DEFAULT = Resources()


class Backlog:
    """Tasks that wait, first come, first served; those that hold a share of the machines, the
    largest first. Whoever may begin not every task at any time derives from it. Only the thread of
    the pool touches it.
    """

    def __init__(self, booking: Optional[Booking] = None) -> None:
        """`booking`: gives each task a share before it begins; None where none is counted."""
        self._waiting: deque[Task] = deque()
        self._mean = 0.0  #: running mean over recent tasks, seconds; 0 before the first
        self.booking = booking
        self._too_large: list[tuple[Task, str]] = []
        self._blocked: Optional[Task] = None  #: the largest one for which there is no room
        self._blocked_since = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, tasks: Iterable[Task]) -> None:
        """Have tasks wait behind all others."""
        for task in tasks:
            why = None if self.booking is None else self.booking.problem(task)
            if why is None:
                self._waiting.append(task)
            else:
                self._too_large.append((task, why))

    def put_back(self, tasks: Iterable[Task]) -> None:
        """Have tasks that were not begun, or begin again, wait before all others, in their
        order.
        """
        tasks = list(tasks)
        for task in tasks:
            self.release(task)
        self._waiting.extendleft(reversed(tasks))

    def next(self) -> Optional[Task]:
        """Take the task that begins next; None if none may begin now."""
        if self.booking is None and self._waiting and self.may_begin(self._waiting[0]):
            return self._waiting.popleft()
        passed_over = False
        for index, task in self._candidates():
            if not self.may_begin(task):
                continue
            if self.booking is None or self.booking.take(task):
                del self._waiting[index]
                return task
            if not passed_over and self._has_waited_long(task):
                break
            passed_over = True
        return None

    def could_begin(self) -> Optional[int]:
        """Return for about how many of those that wait there is room now; None where room is not
        counted.
        """
        if self.booking is None:
            return None
        free, number = self.booking.book.free_cpus(), 0
        sizes = sorted(((task.resources or _DEFAULT).cpus for task in self._waiting), reverse=True)
        for cpus in sizes:
            if cpus <= free:
                free, number = free - cpus, number + 1
        return number

    def look_again(self) -> float:
        """Return after how many seconds there may be room for what waits, though nothing has ended
        here; infinity where that cannot be.
        """
        waits = self.booking is not None and bool(self._waiting)
        return self.booking.book.look_again if waits and self.booking is not None else math.inf

    def may_begin(self, task: Task) -> bool:
        """Tell whether a task may begin now, room for it apart."""
        return True

    def why_not(self) -> Optional[str]:
        """Say why, though tasks wait, none of them will begin any more here; None while one may."""
        return None

    def release(self, task: Task) -> None:
        """Give back what a task holds that has ended, or does not begin."""
        if self.booking is not None:
            self.booking.give_back(task)

    def count(self, wanted: Callable[[Task], bool]) -> int:
        """Return how many of the tasks that wait are `wanted`."""
        return sum(map(wanted, self._waiting))

    def take_some(self, wanted: Callable[[Task], bool], most: int) -> list[Task]:
        """Take the first of the tasks that are `wanted`, at most `most`."""
        taken: list[Task] = []
        others: list[Task] = []
        while self._waiting and len(taken) < most:
            task = self._waiting.popleft()
            (taken if wanted(task) else others).append(task)
        self._waiting.extendleft(reversed(others))
        return taken

    def take(self, only: Optional[Container[TaskId]] = None) -> list[TaskId]:
        """Take away all that wait, or of those that are named; return whom."""
        taken = [task for task in self._waiting if only is None or task.id in only]
        self._waiting = deque(
            task for task in self._waiting if only is not None and task.id not in only
        )
        return [task.id for task in taken]

    def take_too_large(self) -> list[tuple[Task, str]]:
        """Take away the tasks for which there can never be room; return them with the reason."""
        taken, self._too_large = self._too_large, []
        return taken

    def ran(self, task: Task, seconds: float) -> None:
        """Take note that a task has ended, and of how long it has taken."""
        self.release(task)
        self._mean = 0.95 * self._mean + 0.05 * seconds if self._mean else seconds

    def ahead(self) -> int:
        """Return how many tasks a worker is given besides the one it runs."""
        if self.booking is not None:  # what holds a share runs
            return 0
        if not self._mean:
            return 1
        return max(1, min(_MAX_AHEAD, int(_AHEAD_SECONDS / self._mean)))

    def _candidates(self) -> Iterator[tuple[int, Task]]:
        """Return what may come next, with its place among those that wait: where shares are given,
        the first of each size, from the largest down.
        """
        if self.booking is None:
            yield from enumerate(self._first_ones())
            return
        firsts: dict[Resources, tuple[int, Task]] = {}
        for index, task in enumerate(self._waiting):
            firsts.setdefault(task.resources or _DEFAULT, (index, task))
        yield from sorted(firsts.values(), key=lambda found: _size(found[1]), reverse=True)

    def _first_ones(self) -> Iterator[Task]:
        return itertools.islice(self._waiting, _MOST_LOOKED_AT)

    def _has_waited_long(self, largest: Task) -> bool:
        """Tell whether the largest task has waited so long for room that no smaller one may go
        before it.
        """
        now = time.monotonic()
        if self._blocked is not largest:
            self._blocked, self._blocked_since = largest, now
        patience = max(_PASSED_OVER_SECONDS, _PASSED_OVER_TASKS * self._mean)
        return now - self._blocked_since > patience


def _size(task: Task) -> tuple[int, float, int]:
    wanted = task.resources or _DEFAULT
    return wanted.cpus, wanted.gpus, wanted.mem
