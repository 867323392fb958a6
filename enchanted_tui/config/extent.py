"""How large a campaign may be: what can be counted, kept in memory and named."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from enchanted_tui.config.models import ComponentSpec, StageSpec
from enchanted_tui.config.problems import Path
from enchanted_tui.config.report import Report
from enchanted_tui.durations import rough_duration

#: of one stage, combined with its parents; nine bytes of memory each, and a directory for each step
MOST_ROWS = 1 << 28
MOST_BATCHES = 1 << 24  #: of one stage
MOST_STAGES = 32
MOST_STEPS = 64
#: samples above which tables are proposed for runs.h5, and how long one takes that has a group (s)
MANY_GROUPS, _GROUP = 100_000, 1e-4


def too_many_rows(targets: Sequence[int]) -> tuple[int, str] | None:
    """Return the first stage that would have too many rows, and a sentence; `targets` says how many
    samples each stage draws.
    """
    rows = 1
    for depth, target in enumerate(targets):
        if target > MOST_ROWS or rows * target > MOST_ROWS:
            parents = f", each with {_amount(rows)} rows of the stages before," if rows > 1 else ""
            sentence = (
                f"{_amount(target)} samples{parents} are more than a stage can hold: {MOST_ROWS:,}"
                " rows; ask for fewer"
            )
            return depth, sentence
        rows *= max(1, target)
    return None


def check_extent(
    report: Report,
    samplers: Mapping[str, tuple[ComponentSpec, Any]],
    stages: Sequence[StageSpec],
    place: Callable[[str, str, str], Path],
    *,
    groups: bool,
) -> None:
    """Report what is too large, also for `groups` of runs.h5. Says nothing where there are errors
    that leave the sizes open.
    """
    order: Path = ("supervisor", "run_order")
    if len(stages) > MOST_STAGES:
        report.error(
            order,
            f"there are {len(stages)} stages, and there can be {MOST_STAGES}; run the rest as a"
            " campaign of its own",
        )
    for depth, stage in enumerate(stages):
        if len(stage.steps) > MOST_STEPS:
            report.error(
                (*order, depth, "runner"),
                f"there are {len(stage.steps)} steps, and a stage can have {MOST_STEPS}; split it",
            )
    if report.error_count or any(stage.sampler not in samplers for stage in stages):
        return
    sizes = {
        name: _sizes(*samplers[name]) for name in dict.fromkeys(stage.sampler for stage in stages)
    }
    found = too_many_rows([sizes[stage.sampler][0] for stage in stages])
    if found is not None:
        name = stages[found[0]].sampler
        report.error(place("sampler", name, _sizing_option(samplers[name][0])), found[1])
    elif groups:
        _check_groups(report, [sizes[stage.sampler][0] for stage in stages])
    for name, (target, batch_size) in sizes.items():
        batches = -(-target // batch_size) if batch_size else 1
        if MOST_BATCHES < batches <= MOST_ROWS:
            message = (
                f"{batches:,} batches are more than a stage can hold: {MOST_BATCHES:,}; take larger"
                " ones"
            )
            report.error(place("sampler", name, "batch_size"), message)


def _check_groups(report: Report, targets: Sequence[int]) -> None:
    """Say how long runs.h5 will take with a group for each sample, where that is long."""
    rows = list(accumulate(targets, operator.mul))
    if sum(rows) > MANY_GROUPS:
        seconds = rough_duration(sum(rows) * _GROUP)
        report.warning(
            ("supervisor", "run_order"),
            f"runs.h5 will have a group for each of {sum(rows):,} samples, which takes about"
            f" {seconds} after the last one; storage: {{type: table}} writes tables instead, in"
            " seconds, and storage: {type: none} nothing",
        )


def _sizes(spec: ComponentSpec, instance: Any) -> tuple[int, int]:
    """Return how many samples a sampler draws, and the size of its batches; 0 where it does not
    say.
    """
    target = (
        spec.options.get("budget")
        if instance is None or not hasattr(instance, "target")
        else instance.target
    )
    batch_size = spec.options.get("batch_size")
    return (target if isinstance(target, int) else 0), (
        batch_size if isinstance(batch_size, int) and batch_size > 0 else 0
    )


def _sizing_option(spec: ComponentSpec) -> str:
    """Name the option that says how many samples there are."""
    given = [name for name, value in spec.options.items() if value is not None]
    return next((name for name in ("budget", "num_samples", "bounds", "file") if name in given), "")


def _amount(number: int) -> str:
    """Write a count, however large."""
    return f"{number:,}" if number < 10**15 else f"about 10^{round(math.log10(number))}"
