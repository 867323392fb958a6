"""Which of the tasks that wait a worker runs in one call, where their runner takes many at a time.

A call has at most as many as the runner's `batch`, of those that wait, and no more than a fair
share of them. If it dies, those of its tasks that have no result run again in two calls of half the
size, and so on down to one alone, which is then to blame. A task whose worker was lost before runs
alone: what it may bring upon a worker, or a whole job, must not fall on others.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Optional

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.journal_lines import TaskId


class Call:
    """Tasks of one runner that a worker runs in one go; mostly it is one."""

    __slots__ = ("first", "is_half", "left", "size")

    def __init__(self, tasks: Iterable[Task], *, is_half: bool = False) -> None:
        self.left = deque(tasks)  #: those without a result, in the order in which these arrive
        self.first = self.left[0]
        self.size = len(self.left)
        self.is_half = is_half  #: of one that died, so that it is run as it is

    @property
    def runs_now(self) -> Task:
        """The task that runs, or was the last to; may be asked from any thread."""
        try:
            return self.left[0]
        except IndexError:  # the call ends at this very moment
            return self.first


class Calls:
    """The tasks of a backlog in calls. Only the thread of the pool touches it."""

    def __init__(
        self, backlog: Backlog, runners: Mapping[str, Mapping[str, Any]], workers: int
    ) -> None:
        """`runners`: those of the `TaskContext`; `workers`: how many share what waits."""
        self.backlog, self._workers = backlog, workers
        self._most = {name: spec.get("batch", 1) for name, spec in runners.items()}
        self.most = max(self._most.values(), default=1)  #: tasks that one call may have
        #: by the first task of a half, which waits in the backlog, the others of it
        self._halves: dict[TaskId, list[Task]] = {}

    def next(self, *, full: bool) -> Optional[Call]:
        """Take the call that begins next; None if none may begin now. With `full`, none that more
        tasks may still come to: there is no hurry.
        """
        task = self.backlog.next() if self.backlog else None
        if task is None:
            return None
        if task.id in self._halves:
            return Call([task, *self._halves.pop(task.id)], is_half=True)
        most = 1 if task.attempt else self._most[task.runner]
        if most == 1:
            return Call([task])

        def may_join(other: Task) -> bool:
            return (
                other.runner == task.runner
                and not other.attempt
                and other.resources in (None, task.resources)
                and other.id not in halves
            )

        halves = self._halves
        waiting = self.backlog.count(may_join) + 1
        if full and waiting < most:
            self.backlog.put_back([task])
            return None
        fair = -(-waiting // self._workers)
        return Call([task, *self.backlog.take_some(may_join, min(most, fair) - 1)])

    def put_back(self, calls: Iterable[Call]) -> None:
        """Have calls that were not begun wait before all others, in their order."""
        for call in reversed(list(calls)):
            if call.is_half:
                self._put_half(list(call.left))
            else:
                self.backlog.put_back(call.left)

    def divide(self, call: Call) -> None:
        """Have those of a call that have no result run again, in two halves: it has died."""
        tasks = list(call.left)
        middle = (len(tasks) + 1) // 2
        for half in (tasks[middle:], tasks[:middle]):
            if half:
                self._put_half(half)

    def take(self, only: Optional[Collection[TaskId]] = None) -> list[TaskId]:
        """Take away all that wait; return whom. Of those that are named, halves stay: they have
        begun once.
        """
        if only is not None:
            return self.backlog.take({task for task in only if task not in self._halves})
        taken = []
        for task in self.backlog.take():
            taken += [task, *(other.id for other in self._halves.get(task, ()))]
        self._halves.clear()
        return taken

    def _put_half(self, tasks: list[Task]) -> None:
        self.backlog.put_back(tasks[:1])
        self._halves[tasks[0].id] = tasks[1:]
