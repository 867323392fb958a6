"""From which finished sample a task starts: chosen before it runs, and kept until it has a
result.
"""

from __future__ import annotations

from typing import NamedTuple

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import NeighboursRecord


class Neighbour(NamedTuple):
    """A finished sample of the same stage."""

    batch: int
    sample: int


class ChosenNeighbours:
    """The neighbours of tasks that have no result yet."""

    def __init__(self) -> None:
        #: by task; None for one that starts cold
        self.chosen: dict[TaskId, Neighbour | None] = {}

    def apply(self, record: NeighboursRecord) -> None:
        """Take what has been chosen; the last choice holds."""
        depth = record["depth"]
        for batch, sample, step, *neighbour in record["chosen"]:
            found = Neighbour(*neighbour) if neighbour else None
            self.chosen[TaskId(depth, batch, sample, step)] = found

    def drop(self, task: TaskId) -> None:
        """Forget what was chosen for a task: it has a result, or runs anew."""
        self.chosen.pop(task, None)
