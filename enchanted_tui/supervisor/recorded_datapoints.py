"""The files of tasks that have had no directory, as nobody but their runner would have used it: a
datapoint, made from their record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from enchanted_tui.executors.datapoint import DATAPOINT, datapoint_text
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.stage_state import NOT_RUN
from enchanted_tui.record.state import CampaignState


class MadeFiles(NamedTuple):
    """The files of one task, that are on no disk."""

    files: dict[str, bytes]  #: contents by name
    mtime: float  #: when the task ended, in seconds since the epoch


class RecordedDatapoints:
    """Makes them of the tasks whose depth and step are among `places`."""

    def __init__(
        self, places: set[tuple[int, int]], state: CampaignState, journal: Journal
    ) -> None:
        self._places, self._state, self._journal = places, state, journal

    def files_of(self, task: TaskId) -> MadeFiles | None:
        """Return the files of a task whose record is on the disk; None if it has none, as it was
        not run, or has a directory. From any thread.
        """
        if (task.depth, task.step) not in self._places:
            return None
        tasks = self._state.stages[task.depth].batches[task.batch].steps[task.step]
        record = self._journal.read_written(tasks.offsets[task.sample])
        if record.get("kind") == "skipped":
            return None
        ended = record["started"] + record["runtime"]
        return MadeFiles({DATAPOINT: datapoint_text(record["row"])}, ended)

    def finished(self) -> Iterator[TaskId]:
        """Name all tasks of these places whose sample has been through all steps."""
        for depth, step in sorted(self._places):
            if depth >= len(self._state.stages):
                continue
            for number, batch in enumerate(self._state.stages[depth].batches):
                for sample, outcome in enumerate(batch.steps[-1].outcomes):
                    if outcome != NOT_RUN:
                        yield TaskId(depth, number, sample, step)
