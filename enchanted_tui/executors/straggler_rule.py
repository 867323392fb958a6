"""When samples are ended because they run far longer than the others of their stage.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from enchanted_tui.config.options import Nested, option


class StragglerRule(Nested):
    """Which samples are stragglers: judged by the run times of the successes of their stage."""

    after: float = option(
        0.95,
        doc=(
            "The share of the samples of a batch, or of the stage, that must be done before any is"
            " ended."
        ),
        gt=0,
        lt=1,
    )
    factor: float = option(
        3.0,
        doc=(
            "How many times the median run time of the successes of its stage a sample may run; a"
            " second in any case."
        ),
        gt=1,
    )


class RunTimeLimit(NamedTuple):
    """How long the tasks of one batch may run at one step, from now on."""

    depth: int
    batch: int
    step: int
    seconds: float
    usual: float  #: the median of their stage, seconds


def straggler_option() -> Any:
    """Declare the option of an executor."""
    return option(
        None,
        doc=(
            "End samples that run far longer than others of their stage, once most of a batch or of"
            " the stage is done; they fail as `straggler` (see docs/runners.md)."
        ),
        nested=StragglerRule,
        example={"after": 0.95, "factor": 3},
    )
