"""Samples and their results, brought together again where a damaged line of the journal held the
samples or the list of parents.

A result is kept only if it was computed from the very values that its sample has now; otherwise the
sample runs again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from enchanted_tui import values
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.records import Record, RetryRecord
from enchanted_tui.record.samples import LostSamplesError
from enchanted_tui.record.stage_state import NOT_RUN, BatchState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.values import Row

if TYPE_CHECKING:
    from enchanted_tui.supervisor.plan import StagePlan

log = logging.getLogger(__name__)

_NO_INPUTS = frozenset(("success", "run_dir"))


class LateSamples:
    """Looks after the results of a stage that had to wait for their samples; `params_of` gives what
    a sample's first step is handed.
    """

    def __init__(
        self,
        plan: StagePlan,
        state: CampaignState,
        journal: Journal,
        record: Callable[[Record], int],
        params_of: Callable[[BatchState, int], Row],
    ) -> None:
        self._plan, self._state, self._journal, self._record, self._params_of = (
            plan,
            state,
            journal,
            record,
            params_of,
        )

    def check_all(self) -> bool:
        """Give up the results that are not those of their samples; tell whether there were any."""
        return sum(map(self.check, self._state.stages[self._plan.depth].batches)) > 0

    def check(self, batch: BatchState) -> bool:
        """Give up the results of a batch that are not those of its samples; tell whether there were
        any.
        """
        depth = self._plan.depth
        if (depth, batch.index) not in self._state.placed_late:
            return False
        found = list(self._mismatched(batch))
        if found:
            log.warning(
                f"{len(found)} results of batch {batch.index} of stage {depth} are those of other"
                " samples; these run again"
            )
            steps = [(sample, _first_done(batch, sample) or 0) for sample in found]
            tasks = [TaskId(depth, batch.index, sample, step) for sample, step in steps]
            self._record(retry_record(tasks, self._state, self._journal))
        return bool(found)

    def as_run(self, number: int, drawn: list[Row]) -> list[Row]:
        """Return what a sampler has drawn for a batch, with the samples whose results wait for it
        as they were when they ran.

        The batch was drawn before, and a sampler that is no function of the position may not draw
        the same again.
        """
        kept = list(drawn)
        for sample, step, offset in self._state.waiting_results.first_steps(
            self._plan.depth, number
        ):
            if not self._plan.depth and sample < len(kept):
                kept[sample] = self._sample_of(offset, step) or kept[sample]
        return kept

    def recovered(self, batch: BatchState, position: int) -> Row:
        """Return a sample that is not on record and cannot be drawn again, from the row of a task
        that was given it.

        Raises LostSamplesError if there is none.
        """
        for sample in range(position, batch.count, batch.size):
            step = _first_done(batch, sample)
            found = (
                None if step is None else self._sample_of(batch.steps[step].offsets[sample], step)
            )
            if found is not None:
                return found
        raise LostSamplesError(
            f"the values of sample {position} of batch {batch.index} were in a damaged line of the"
            f" journal, and {type(self._plan.sampler).__name__} cannot draw them again"
        )

    def _mismatched(self, batch: BatchState) -> Iterator[int]:
        for sample in range(batch.count):
            step = _first_done(batch, sample)
            if step is not None:
                row = self._journal.read_row(batch.steps[step].offsets[sample])
                try:
                    params = self._params_of(batch, sample)
                except LostSamplesError:
                    continue  # nothing to compare with
                if not self._agree(_inputs(row, self._plan.runners[step]), params):
                    yield sample

    def _agree(self, inputs: Row, params: Row) -> bool:
        """Tell whether a row was computed from a sample: what was drawn is the same, here and in
        the stages before.

        What a parent returned does not count, nor how long it ran: it may have run again, its line
        being damaged too.
        """
        names = self._plan.parameters
        compared = (
            name
            for name in inputs.keys() & params.keys()
            if (name in names if names is not None else _is_value(name))
        )
        return all(_same(inputs[name], params[name]) for name in compared)

    def _sample_of(self, offset: int, step: int) -> Row | None:
        """Return the sample that a row was computed from, if the row still shows all of it."""
        names = list(getattr(self._plan.sampler, "parameter_names", ()))
        inputs = _inputs(self._journal.read_row(offset), self._plan.runners[step])
        return (
            {name: inputs[name] for name in names}
            if names and inputs.keys() >= set(names)
            else None
        )


def _first_done(batch: BatchState, sample: int) -> int | None:
    return next(
        (number for number, tasks in enumerate(batch.steps) if tasks.outcomes[sample] != NOT_RUN),
        None,
    )


def retry_record(tasks: Iterable[TaskId], state: CampaignState, journal: Journal) -> RetryRecord:
    """Return the record that gives up the results of tasks; it names each by when it was begun,
    lest it be taken for the next one.
    """
    given_up = list(tasks)
    started = [
        journal.read(offset)["started"] if (offset := state.offset_of(task)) >= 0 else None
        for task in given_up
    ]
    return RetryRecord(type="retry", tasks=[list(task) for task in given_up], started=started)


def _is_value(name: str) -> bool:
    return not name.startswith(("runtime_sec_", "success_", "neighbour_"))


def _inputs(row: Row, runner: str) -> Row:
    """Return what a task was handed: what stands behind its own success. An input that it has
    replaced is not among them.
    """
    names = list(row)
    own = f"success_{runner}"
    begin = names.index(own) + 1 if own in row else 0
    return {name: row[name] for name in names[begin:] if name not in _NO_INPUTS}


def _same(a: Any, b: Any) -> bool:
    # NaN is not equal to itself, arrays are not even comparable
    return values.encode(a) == values.encode(b)
