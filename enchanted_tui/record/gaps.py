"""Open batches whose `samples` record is lost, of the sizes that other records say.

Records of a later time know them exactly; between two batches that are known, sizes are what was
drawn at once, and what results show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.record.batch_sizes import Runs, Span, spans
from enchanted_tui.record.stage_state import StageState

if TYPE_CHECKING:
    from enchanted_tui.record.state import CampaignState


def open_told(
    state: CampaignState, stage: StageState, number: int, span: Span, time: float
) -> None:
    """Open a batch of which a record says what samples it has, and those before it, unless they are
    open.
    """
    open_missing(state, stage, number, span.first, time)
    if number == len(stage.batches):
        state.open_batch(stage, span.first, span.size, time)


def open_all(state: CampaignState, stage: StageState, runs: Runs, time: float) -> None:
    """Open all batches of which a record says the sizes, unless they are open."""
    if sum(count for _, count in runs) <= len(stage.batches):
        return
    state.irregular = True
    for batch, span in enumerate(spans(runs)):
        open_told(state, stage, batch, span, time)


def open_missing(
    state: CampaignState, stage: StageState, number: int, end: int, time: float
) -> None:
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


def _size(state: CampaignState, stage: StageState, left: int, batches_left: int) -> int:
    """Give the size of the next batch, where `left` samples are shared out among `batches_left`
    batches.
    """
    if batches_left <= 1:
        return left
    batch = len(stage.batches)
    ran = state.unplaced.samples(stage.depth, batch)
    size = state.sizes.size(stage.depth, batch, stage.drawn, stage.n_parents, ran)
    return max(1, min(size or left // batches_left, left - batches_left + 1))
