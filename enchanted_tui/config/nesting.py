"""When the samples of a nested stage may begin: each as soon as its parent has its row, unless they
depend on more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.config.models import ComponentSpec, StageSpec
from enchanted_tui.config.report import Report

AFTER_PARENT, AFTER_STAGE = "after_parent", "after_stage"
_BASE = "enchanted_tui.samplers.base"  #: which reading a configuration does not import

Samplers = Mapping[str, ComponentSpec]


def check_starts(
    report: Report, stages: Sequence[StageSpec], samplers: Mapping[str, tuple[ComponentSpec, Any]]
) -> None:
    """Report each `start: after_parent` that cannot hold, with the reason."""
    specs = {name: spec for name, (spec, _) in samplers.items()}
    for depth, stage in enumerate(stages):
        if stage.start is None:
            continue
        path = ("supervisor", "run_order", depth, "start")
        if depth == 0:
            report.error(path, "the first stage has no parents to start after; leave it out")
        elif stage.start == AFTER_PARENT:
            reason = next(reasons_to_wait(stages, specs, depth), None)
            if reason is not None:
                report.error(path, f"{reason}; write {AFTER_STAGE}, or leave it out")


def reasons_to_wait(stages: Sequence[StageSpec], samplers: Samplers, depth: int) -> Iterator[str]:
    """Yield why the samples of a stage cannot begin before the stage before it is complete."""
    stage, before = stages[depth], stages[depth - 1]
    if stage.continuation is not None:
        yield (
            "with start_from, samples begin in the order of their distances, for which the whole"
            " stage before has to be there"
        )
    spec, spec_before = samplers.get(stage.sampler), samplers.get(before.sampler)
    if spec is not None and not vars(spec.cls).get("independent", False):
        yield (
            f"the sampler {stage.sampler!r} may learn from results: only a class that says"
            " independent = True draws without them"
        )
    elif spec is not None and not _draws_by_position(spec.cls):
        yield (
            f"the sampler {stage.sampler!r} draws batch after batch: only one that has `points` can"
            " draw the samples of one parent"
        )
    if spec_before is not None and not spec_before.builtin and _takes_results(spec_before.cls):
        yield (
            f"the sampler {before.sampler!r} of the stage before is told of results and may read"
            " the dataset, which holds one stage at a time"
        )


def _draws_by_position(cls: Any) -> bool:
    """Tell whether a class has `points` of its own: those of the base of samplers do nothing."""
    points = getattr(cls, "points", None)
    return points is not None and getattr(points, "__module__", None) != _BASE


def _takes_results(cls: Any) -> bool:
    """Tell whether a sampler of somebody else's is told of results."""
    own = getattr(cls, "register_future", None)
    is_ours = getattr(own, "__module__", None) == _BASE
    return bool(getattr(cls, "adaptive", False)) or (own is not None and not is_ours)
