"""Samples that are continued, in a pool: when they are told that their job ends, and which of their
failures say no more than that.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.continued import CONTINUES, may_begin_so_often
from enchanted_tui.executors.ends.hold import is_failure
from enchanted_tui.executors.ends.notice import tell
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.journal_lines import TaskId

#: seconds that samples have for a checkpoint when everything is being ended: SLURM kills after 30
_LAST_CHECKPOINT = 25.0
_AGAIN = 1.0  #: seconds after which a sample is told again in which nobody has heard it


@dataclass
class _Told:
    """A sample that is to end since its job does."""

    at: float  #: monotonic
    heard: bool


class Continuing:
    """Which samples of a pool are continued, and who of them has been told to end."""

    def __init__(
        self, runners: Mapping[str, Mapping[str, Any]], ends: Callable[[], Union[float, None]]
    ) -> None:
        """`runners`: of `TaskContext`; `ends`: when the job's time is up, seconds since the epoch,
        None if that is not known.
        """
        self._restarts = {
            name: spec["restart"] for name, spec in runners.items() if spec.get("restart")
        }
        self._ends = ends
        self._told: dict[TaskId, _Told] = {}
        #: monotonic time at which what still writes its last checkpoint is ended
        self._patience_ends: float | None = None

    @property
    def ending(self) -> bool:
        """True while everything is being ended, and samples write their last checkpoints."""
        return self._patience_ends is not None

    def concerns(self, task: Task) -> bool:
        """Tell whether a task is one that is continued."""
        return task.runner in self._restarts

    def most_retries(self, task: Task, max_retries: int) -> int:
        """Return how often a task may begin again whose worker was lost."""
        return may_begin_so_often(self._restarts.get(task.runner), max_retries)

    def seconds_left(self, workers: Iterable[WorkerChannel]) -> float:
        """Return how long nobody has to be told; infinity if that is not known."""
        if not self._restarts:
            return float("inf")
        if self._patience_ends is not None:
            return max(0.0, self._patience_ends - time.monotonic())
        return min((self._until(task) for task, _ in self._running(workers)), default=float("inf"))

    def tell_due(self, workers: Iterable[WorkerChannel]) -> None:
        """Tell the samples whose time it is."""
        if self._restarts:
            for task, worker in self._running(workers):
                if self._until(task) <= 0:
                    self._tell(task, worker)

    def tell_all(self, workers: Iterable[WorkerChannel]) -> list[WorkerChannel]:
        """Tell all samples that are continued to end now; return the workers of those that have
        heard it, now or before.
        """
        heard = []
        for task, worker in self._running(workers):
            told = self._told.get(task.id)
            if told is None or not told.heard:
                told = self._tell(task, worker)
            if told.heard:
                heard.append(worker)
        return heard

    def end(self, workers: Iterable[WorkerChannel]) -> list[WorkerChannel]:
        """Everything is being ended: tell all samples, see `tell_all`; those that have heard it
        have some seconds.
        """
        heard = self.tell_all(workers)
        if heard:
            self._patience_ends = time.monotonic() + _LAST_CHECKPOINT
        return heard

    def has_ended(self, workers: Iterable[WorkerChannel]) -> bool:
        """Tell, after `end`, whether all that had heard it are done, or have had their time."""
        told = (self._told.get(task.id) for task, _ in self._running(workers))
        wait = any(each is not None and each.heard for each in told)
        if wait and self._patience_ends is not None and time.monotonic() < self._patience_ends:
            return False
        self._patience_ends = None
        return True

    def is_told(self, task: Task) -> bool:
        """Tell whether a task that runs, or has just run, is to end for its job's sake."""
        return task.id in self._told

    def goes_on(self, task: Task, line: bytes) -> bool:
        """Tell whether what a worker says of a task means that it is to be continued: it says so
        itself, or it has failed after it was told to end.
        """
        if line.startswith(CONTINUES):
            return True
        return bool(self._told) and task.id in self._told and is_failure(line)

    def forget(self, task: Task) -> None:
        """A task has ended, in whatever way."""
        if self._told:
            self._told.pop(task.id, None)

    def _running(self, workers: Iterable[WorkerChannel]) -> Iterable[tuple[Task, WorkerChannel]]:
        for worker in workers:
            if worker.running and worker.assigned[0].first.runner in self._restarts:
                yield worker.assigned[0].first, worker

    def _until(self, task: Task) -> float:
        """Return the seconds until a task that runs is to be told, or told again."""
        told = self._told.get(task.id)
        if told is not None:
            return float("inf") if told.heard else told.at + _AGAIN - time.monotonic()
        ends = self._ends()
        if ends is None:
            return float("inf")
        return float(ends - self._restarts[task.runner]["before"] - time.time())

    def _tell(self, task: Task, worker: WorkerChannel) -> _Told:
        number = self._restarts[task.runner]["signal"]
        heard = number is not None and tell(worker.pid, number)
        self._told[task.id] = told = _Told(time.monotonic(), heard)
        if number is None:
            told.at = float("inf")
        return told
