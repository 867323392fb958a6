"""Which stages of a campaign are in progress, and which of them count by now, where several are at
work at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence

from enchanted_tui.record.stage_state import StageState


def current_depth(stages: Sequence[StageState]) -> int:
    """Return the depth of the first stage that is not complete, or of the last one."""
    for stage in stages:
        if not stage.complete:
            return stage.depth
    return max(0, len(stages) - 1)


def depths_in_progress(stages: Sequence[StageState]) -> tuple[int, ...]:
    """Return the depth of the first stage that is not complete, and of those after it that are
    begun already for the rows it has; none where there are no stages on record.
    """
    if not stages:
        return ()
    current = current_depth(stages)
    later = (stage for stage in stages[current + 1 :] if stage.batches)
    return current, *(stage.depth for stage in later if not stage.complete)


def settled(stages: Sequence[StageState]) -> Sequence[StageState]:
    """Return the stages of which all parents are, or have once been, known: those up to the first
    one that has never been complete.
    """
    for stage in stages:
        if not (stage.once_complete or stage.n_rows == stage.expected > 0):
            return stages[: stage.depth + 1]
    return stages


def have_all_rows(stages: Sequence[StageState]) -> bool:
    """Tell whether no sample is left to run."""
    *before, last = stages
    return last.n_rows == last.expected > 0 and all(stage.complete for stage in before)
