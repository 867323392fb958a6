"""Which tasks are given more memory than their runner says: they were killed for want of it."""

from __future__ import annotations

from typing import NamedTuple

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import RetryRecord


class MoreMemory(NamedTuple):
    """What a task is given."""

    mem: int  #: MiB on each node
    attempt: int  #: number of the attempt from which on it is
    times: int  #: how often it has been given more


class MemoryGiven:
    """A fold over the records of tasks that run again."""

    def __init__(self) -> None:
        self._given: dict[TaskId, MoreMemory] = {}

    def __len__(self) -> int:
        """Return how many tasks have been given more."""
        return len(self._given)

    def of(self, task: TaskId) -> MoreMemory | None:
        """Return what a task is given; None where that is what its runner says."""
        return self._given.get(task)

    def apply(self, record: RetryRecord) -> None:
        """Take note of a task that runs again, with more memory or, asked for by a person, from the
        beginning.
        """
        memory, attempts = record.get("memory"), record.get("attempts")
        for number, item in enumerate(record["tasks"]):
            task = TaskId(*item)
            before = self._given.pop(task, None)
            if memory is not None and attempts is not None:
                times = 1 + (0 if before is None else before.times)
                self._given[task] = MoreMemory(memory[number], attempts[number], times)
