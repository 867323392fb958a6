"""What waits for a worker, and how long tasks have taken.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from enchanted_tui.executors.base import Task
from enchanted_tui.journal_lines import TaskId

_AHEAD_SECONDS = 0.02  #: how much work a worker is given in advance
_MAX_AHEAD = 64


class Backlog:
    """Tasks that wait, first come, first served. Whoever may begin not every task at any time
    derives from it. Only the thread of the pool touches it.
    """

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()
        self._mean = 0.0  #: running mean over recent tasks, seconds; 0 before the first

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, tasks: Iterable[Task]) -> None:
        """Have tasks wait behind all others."""
        self._waiting.extend(tasks)

    def put_back(self, tasks: Iterable[Task]) -> None:
        """Have tasks that were not begun, or begin again, wait before all others, in their order."""
        self._waiting.extendleft(reversed(list(tasks)))

    def next(self) -> Task | None:
        """Take the task that begins next; None if none may begin now."""
        return self._waiting.popleft() if self._waiting else None

    def take(self) -> list[TaskId]:
        """Take away all that wait; return whom."""
        taken = [task.id for task in self._waiting]
        self._waiting.clear()
        return taken

    def ran(self, task: Task, seconds: float) -> None:
        """Take note of how long a task has taken."""
        self._mean = 0.95 * self._mean + 0.05 * seconds if self._mean else seconds

    def ahead(self) -> int:
        """Return how many tasks a worker is given besides the one it runs."""
        if not self._mean:
            return 1
        return max(1, min(_MAX_AHEAD, int(_AHEAD_SECONDS / self._mean)))
