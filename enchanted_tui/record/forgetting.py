"""Forgetting results that do not count any more: those of tasks that run again, and of all that was
computed from them.
"""

from __future__ import annotations

from typing import Protocol

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.chosen_neighbours import ChosenNeighbours
from enchanted_tui.record.recorded_failures import RecordedFailures
from enchanted_tui.record.stage_state import FAILED, NOT_RUN, BatchState, StageState
from enchanted_tui.record.waiting_results import WaitingResults


class RecordedResults(Protocol):
    """Where the state of a campaign has results."""

    stages: list[StageState]
    failed: RecordedFailures
    waiting_results: WaitingResults
    neighbours: ChosenNeighbours

    def find_batch(self, depth: int, number: int) -> BatchState | None:
        """Return a batch; None if nothing has been drawn for it."""


def forget(state: RecordedResults, task: TaskId) -> None:
    """Forget a task's result, those of its later steps and those of all its descendants."""
    state.waiting_results.drop(task)
    batch = state.find_batch(task.depth, task.batch)
    if batch is None or task.sample >= batch.count:
        return
    outcome = NOT_RUN
    for step in range(task.step, len(batch.steps)):
        outcome = batch.steps[step].clear(task.sample)
        state.neighbours.drop(task._replace(step=step))
        if outcome >= FAILED:
            state.failed.drop(TaskId(task.depth, task.batch, task.sample, step), outcome)
    batch.finished_at = None
    state.stages[task.depth].completed_rows = None
    state.stages[task.depth].n_rows -= outcome != NOT_RUN
    if outcome != NOT_RUN and task.depth + 1 < len(state.stages):
        _forget_children(state, task)


def _forget_children(state: RecordedResults, task: TaskId) -> None:
    child_stage = state.stages[task.depth + 1]
    index = 0
    for number, start, stop in child_stage.parents:
        if number == task.batch and start <= task.sample < stop:
            forget_parent(state, child_stage, index + task.sample - start)
            return
        index += stop - start


def forget_parent(state: RecordedResults, stage: StageState, parent: int) -> None:
    """Forget the results of all samples of a stage that were combined with one parent."""
    for batch in stage.batches:
        for sample in range(parent * batch.size, (parent + 1) * batch.size):
            forget(state, TaskId(stage.depth, batch.index, sample, 0))
