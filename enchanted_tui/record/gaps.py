"""Open batches whose `samples` record is lost, of the sizes that other records say.

Records of a later time know them exactly; between two batches that are known, sizes are what was
drawn at once, and what results show.
"""

from __future__ import annotations

from typing import Protocol

from enchanted_tui.record.batch_sizes import BatchSizes, Runs, Span, spans
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.waiting_results import WaitingResults


class Batches(Protocol):
    """Where the state of a campaign has batches, and what it knows of their sizes."""

    sizes: BatchSizes
    waiting_results: WaitingResults
    irregular: bool

    def open_batch(self, stage: StageState, first: int, size: int, time: float) -> None:
        """Begin the next batch of a stage."""


def open_told(state: Batches, stage: StageState, number: int, span: Span, time: float) -> None:
    """Open a batch of which a record says what samples it has, and those before it, unless they are
    open.
    """
    open_missing(state, stage, number, span.first, time)
    if number == len(stage.batches):
        state.open_batch(stage, span.first, span.size, time)


def open_all(state: Batches, stage: StageState, runs: Runs, time: float) -> None:
    """Open all batches of which a record says the sizes, unless they are open."""
    if sum(count for _, count in runs) <= len(stage.batches):
        return
    state.irregular = True
    for batch, span in enumerate(spans(runs)):
        open_told(state, stage, batch, span, time)


def open_missing(state: Batches, stage: StageState, number: int, end: int, time: float) -> None:
    """Open the batches before `number`, which begins with sample `end`: their records are lost, but
    their place is known.
    """
    while len(stage.batches) < number and stage.drawn < end:
        state.irregular = True
        batch = len(stage.batches)
        following, first = state.sizes.next_told(stage.depth, batch + 1, number)
        left = (end if first is None else first) - stage.drawn
        size = _size(state, stage, left, following - batch)
        state.open_batch(stage, stage.drawn, size, time)


def _size(state: Batches, stage: StageState, left: int, batches_left: int) -> int:
    """Return the size of the next batch, where `left` samples are shared out among `batches_left`
    batches.
    """
    if batches_left <= 1:
        return left
    batch = len(stage.batches)
    ran = state.waiting_results.samples(stage.depth, batch)
    size = state.sizes.size(stage.depth, batch, stage.drawn, stage.n_parents, ran)
    return max(1, min(size or left // batches_left, left - batches_left + 1))
