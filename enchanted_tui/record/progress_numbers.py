"""From the state to the numbers that the progress files show."""

from __future__ import annotations

from collections.abc import Iterator

from enchanted_tui.record import stage_order
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.stage_state import BatchState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.progress import BatchProgress, PipelineProgress


def batch_progress(depth: int, batch: BatchState, step: int) -> BatchProgress:
    """Return how far a batch is at one step."""
    tasks = batch.steps[step]
    return BatchProgress(
        depth, batch.index, step, tasks.done, batch.count, tasks.succeeded, tasks.failed
    )


def current_batch(state: CampaignState) -> BatchProgress | None:
    """Return the first unfinished batch at its first unfinished step, or the last batch, of the
    stage whose rows the dataset holds or will hold next; None before anything is drawn.
    """
    begun = [stage for stage in stage_order.settled(state.stages) if stage.batches]
    if not begun:
        return None
    stage = begun[-1]
    batch = next((batch for batch in stage.batches if not batch.done), stage.batches[-1])
    step = next(
        (step for step in range(stage.n_steps) if batch.steps[step].done < batch.count),
        stage.n_steps - 1,
    )
    return batch_progress(stage.depth, batch, step)


def finished_steps(state: CampaignState) -> Iterator[BatchProgress]:
    """Return the final report of every batch at every step that is complete."""
    for stage in stage_order.settled(state.stages):
        for batch in stage.batches:
            for step, tasks in enumerate(batch.steps):
                if batch.count and tasks.done == batch.count:
                    yield batch_progress(stage.depth, batch, step)


def pipeline(taken: Snapshot) -> PipelineProgress:
    """Return how far the whole campaign is."""
    return PipelineProgress(
        state=taken.recorded_phase.value,
        stages=taken.stages,
        tasks_done=taken.tasks_done,
        tasks_expected=taken.tasks_expected,
        succeeded=taken.succeeded,
        failed=taken.failed,
        failure_kinds=taken.failure_kinds,
        rate=taken.rate,
        eta=taken.eta,
        elapsed=taken.elapsed,
    )
