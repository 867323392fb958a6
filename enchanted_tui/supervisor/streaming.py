"""Which stages are at work at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.nesting import AFTER_PARENT, AFTER_STAGE, reasons_to_wait
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.open_executors import in_batch_jobs, resources_of_executors


def groups(config: CampaignConfig, state: CampaignState | None = None) -> list[list[int]]:
    """Return the depths of all stages, those together that may be at work at the same time.

    A damaged record is mended stage by stage: what was in lost lines takes its place when the
    stages before are whole.
    """
    damaged = state is not None and (
        state.irregular or bool(state.waiting_results) or bool(state.placed_late)
    )
    found: list[list[int]] = []
    for depth in range(len(config.stages)):
        if found and not damaged and _streams(config, found[-1], depth):
            found[-1].append(depth)
        else:
            found.append([depth])
    return found


def why_it_waits(config: CampaignConfig, depth: int) -> str:
    """Say why the samples of a stage do not begin before the stage before it is complete; nothing
    where they do, and of the first stage.
    """
    if depth == 0 or depth - 1 in read_by_children(config):
        return ""
    stage = config.stages[depth]
    if stage.start == AFTER_STAGE:
        return f"start: {AFTER_STAGE}"
    own = (
        "it has workers of its own on this machine, which would work beside those of the stage"
        f" before; start: {AFTER_PARENT} lets them"
    )
    return next(reasons_to_wait(config.stages, config.samplers, depth), own)


def read_by_children(config: CampaignConfig) -> set[int]:
    """Return the depths of the stages whose run directories children may read while samples of the
    same stage still run.
    """
    return {depth for together in groups(config) for depth in together[:-1]}


def _streams(config: CampaignConfig, before: Sequence[int], depth: int) -> bool:
    """Tell whether samples of a stage begin as soon as their parents have rows, where the stages
    `before` may be at work too.
    """
    stage = config.stages[depth]
    if stage.start == AFTER_STAGE or any(reasons_to_wait(config.stages, config.samplers, depth)):
        return False
    return stage.start == AFTER_PARENT or not _need_more_together(config, [*before, depth])


def _need_more_together(config: CampaignConfig, depths: Sequence[int]) -> bool:
    """Tell whether stages have more workers on this machine together than one of them alone: that
    may be more than there is room for, so that they are not at work at once unless somebody says
    so.
    """
    resources = resources_of_executors(config)
    here = [
        {
            resources[step.executor]
            for step in config.stages[depth].steps
            if not in_batch_jobs([config.executors[step.executor]])
        }
        for depth in depths
    ]
    return set().union(*here) not in here
