"""The parents of a stage: the rows of the stage before with which its samples are combined."""

from __future__ import annotations

import logging
from collections.abc import Callable

from enchanted_tui.record import parent_list
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.records import ParentsRecord, Record
from enchanted_tui.record.stage_state import FAILED, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.plan import StagePlan
from enchanted_tui.values import Row

log = logging.getLogger(__name__)


class Parents:
    """Finds the parents of one stage, and reads their rows."""

    def __init__(
        self,
        plan: StagePlan,
        state: CampaignState,
        journal: Journal,
        record: Callable[[Record], int],
    ) -> None:
        self._plan, self._state, self._journal, self._record = plan, state, journal, record
        self._stage: StageState = state.stages[plan.depth]
        self._read: tuple[int, Row] | None = None

    def find(self) -> None:
        """Make parents of the previous stage's rows that are none yet; those that are keep their
        place.

        Parents that have no row, now that the stage is complete, are gone: others get their places.
        """
        if self._plan.depth == 0:
            return
        listed = list(parent_list.rows(self._stage.parents))
        gone, fresh = set(listed), []
        known = set(listed)
        skip_failed = self._plan.skip_failed_parents
        for batch, sample, outcome, _ in self._state.stages[self._plan.depth - 1].rows():
            gone.discard((batch, sample))
            if (batch, sample) not in known and not (skip_failed and outcome >= FAILED):
                fresh.append((batch, sample))
        if gone:
            log.warning(
                f"{len(gone)} parents of stage {self._plan.depth} are not there any more; what was"
                " combined with them is drawn anew"
            )
        if gone or fresh:
            ranges = parent_list.ranges(parent_list.without(listed, gone, fresh))
            record = ParentsRecord(type="parents", depth=self._plan.depth, ranges=ranges)
            if gone:
                record["anew"] = True
            self._record(record)

    def row(self, index: int) -> Row:
        """Return the row of a parent, which must be there."""
        if self._read is None or self._read[0] != index:
            previous = self._state.stages[self._plan.depth - 1]
            number, sample = self._stage.parent(index)
            offset = previous.batches[number].steps[-1].offsets[sample]
            row = self._journal.read_row(offset)
            row["run_dir"] = self._plan.paths.moved(row["run_dir"])
            self._read = (index, row)
        return self._read[1]
