"""What a fit will do, and how long that will take, before it begins."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy

from enchanted_tui.durations import rough_duration
from enchanted_tui.surrogate.fit_text import TITLES
from enchanted_tui.surrogate.held_out import HeldOut
from enchanted_tui.surrogate.model_inputs import SurrogateError
from enchanted_tui.surrogate.score_models import MOST_GAUSSIAN
from enchanted_tui.surrogate.training_data import TrainingData
from enchanted_tui.surrogate.tree_scores import LACKING, can_grow

FOLDS = 5
_ROWS_IN_ALL = 100_000  #: to learn from, by which the number of folds is reduced by default
MOST_TESTED = 5_000  #: samples of a fold that are predicted


@dataclass(frozen=True)
class FitPlan:
    """Which models are fitted to what."""

    models: tuple[str, ...]  #: the candidates, of which the best is taken for each output
    folds: int
    notes: tuple[str, ...] = ()


def plan_fit(data: TrainingData, model: str | None, folds: int | None) -> FitPlan:
    """Return the plan for `model`, or for one that suits the number of samples, and `folds`. Raises
    SurrogateError if scikit-learn is needed and not there.
    """
    count = int(data.success.sum())
    if model == "trees" and not can_grow():
        raise SurrogateError(LACKING)
    notes = []
    if model is not None:
        models: tuple[str, ...] = (model,)
    elif count <= MOST_GAUSSIAN:
        models = ("gp",)
    elif can_grow():
        models = ("gp", "trees")
    else:
        models = ("gp",)
        notes.append(f"trees are not tried for so many samples: {LACKING.split(';')[0]}")
    if "gp" in models and count > MOST_GAUSSIAN:
        notes.append(f"a Gaussian process learns from {MOST_GAUSSIAN:,} of them, drawn at random")
    found = min(FOLDS, max(2, _ROWS_IN_ALL // max(1, count))) if folds is None else folds
    apart = len(numpy.unique(data.groups[data.success]))
    if folds is not None and folds > apart >= 2:
        found = apart
        notes.append(more_folds_than(folds, apart))
    return FitPlan(models, found, tuple(notes))


def more_folds_than(folds: int, apart: int) -> str:
    """Say that no more parts are held out than there are samples apart from each other."""
    return (
        f"--cv {folds}: no more than {apart:,} parts can be held out, one for each point, or parent"
    )


def told(plan: FitPlan, data: TrainingData, test: HeldOut | None) -> str:
    """Say in a sentence what will be done and about how long it takes."""
    models = " or ".join(TITLES[model] for model in plan.models)
    if len(plan.models) > 1:
        models += ", whichever predicts better"
    outputs = len(data.outputs)
    how = (
        f"{plan.folds}-fold cross-validation"
        if test is None
        else f"a test set of {len(test.points):,} samples"
    )
    seconds = rough_duration(max(1.0, seconds_of(plan, data, plan.folds)))
    return (
        f"{int(data.success.sum()):,} successful samples, {len(data.space.varying)} inputs,"
        f" {outputs} output{'' if outputs == 1 else 's'}: {models}, judged by {how}; about"
        f" {seconds}."
    )


def seconds_of(plan: FitPlan, data: TrainingData, fits: float) -> float:
    """Guess the time of so many fits of each output, by what they took on one core of 2020."""
    count, inputs = int(data.success.sum()), data.space.n_features
    scores = sum(1 if not one.shape else 6 for one in data.outputs)
    seconds = 0.0
    for model in plan.models:
        share = 0.4 if len(plan.models) > 1 else 1.0
        seconds += share * fits * scores * _COSTS[model](count, inputs)
    return seconds


def _gaussian(count: int, inputs: int) -> float:
    some = min(count, MOST_GAUSSIAN)
    climbs = 2 * (min(count, 400) / 400) ** 2 * (1 + inputs / 20)
    return 0.2 + climbs + 2 * math.pow(some / MOST_GAUSSIAN, 2.5)


def _trees(count: int, inputs: int) -> float:
    return 1.0 + 1.5e-5 * count * (1 + inputs)


def _plane(count: int, inputs: int) -> float:
    return 0.05 + 1e-7 * count * inputs


_COSTS: dict[str, Callable[[int, int], float]] = {
    "gp": _gaussian,
    "trees": _trees,
    "linear": _plane,
}
