"""Learning curves of several campaigns on one and the same test set: the error of models that have
learnt from the first samples of each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from enchanted_tui.comparison.shared_data import Entrant
from enchanted_tui.surrogate.cross_validation import CurvePoint, validate
from enchanted_tui.surrogate.fit_plan import MOST_TESTED
from enchanted_tui.surrogate.held_out import HeldOut
from enchanted_tui.surrogate.model_inputs import Array, SurrogateError
from enchanted_tui.surrogate.score_models import MOST_GAUSSIAN
from enchanted_tui.surrogate.training_data import Tell, held_together

_FEWEST = 10  #: samples at the beginning of a curve
_STEP = math.sqrt(2)  #: between two of its points
_MOST_POINTS = 8
_CLOSE = 0.9  #: share of all samples above which a point would be the last one twice
_FEWEST_TESTED = 20  #: of each campaign in each part, as far as it has them
_Part = tuple[Array, Array, Array]  #: rows to learn from in their order, points, values to test on


@dataclass(frozen=True)
class ComparedPoint(CurvePoint):
    """Errors of models that have learnt from a campaign's first samples."""

    core_hours: float = 0.0  #: that it had held when the last of these had finished


@dataclass(frozen=True)
class RunCurve:
    """The learning curve of one campaign, and what it took to reach the error that all reach."""

    run: str
    points: tuple[ComparedPoint, ...]
    samples_needed: int | None = None
    core_hours_needed: float | None = None


@dataclass(frozen=True)
class OutputComparison:
    """The learning curves for one output."""

    name: str
    unit: str
    model: str  #: of which kind
    spread: float  #: standard deviation of the values that were tested on
    target: float  #: the smallest RMSE that all of the campaigns have reached
    curves: tuple[RunCurve, ...]


def compared_curves(
    entrants: Sequence[Entrant],
    output: str,
    kind: str,
    folds: int,
    test: HeldOut | None,
    step: Tell,
) -> OutputComparison:
    """Return the learning curves of campaigns that share their parameters; each has samples of the
    output. Without a test set, parts of all campaigns' samples are held out in turn, and every
    model is tested on the same ones. Raises SurrogateError if there is nothing to test on.
    """
    rng = numpy.random.default_rng([14, 6])
    rows = [one.learnable(output) for one in entrants]
    values = [_values(one, output)[mine] for one, mine in zip(entrants, rows, strict=True)]
    points = [one.data.points[mine] for one, mine in zip(entrants, rows, strict=True)]
    if test is None:
        parts = _parts_of_all(entrants, rows, points, values, folds, rng)
    else:
        known = numpy.isfinite(test.outputs[output]).all(axis=1)
        if not known.any():
            raise SurrogateError(f"{output} has no finite value in the test set")
        tested = test.points[known], test.outputs[output][known]
        parts = [[(numpy.arange(len(mine)), *tested)] for mine in rows]
    sizes = _sizes(max(map(len, rows)), entrants[0].data.space.n_features)
    curves = [
        _curve(one, mine, points[place], values[place], parts[place], sizes, kind, rng, step)
        for place, (one, mine) in enumerate(zip(entrants, rows, strict=True))
    ]
    found = next(one for one in entrants[0].data.outputs if one.name == output)
    truth = numpy.concatenate([part[2] for part in parts[0]])
    target = max(min(point.rmse for point in curve) for curve in curves)
    return OutputComparison(
        output,
        found.unit,
        kind,
        float(numpy.sqrt(truth.var(axis=0).mean())),
        target,
        tuple(
            RunCurve(one.name, tuple(curve), *_needed(curve, target, one.hours_of(mine)))
            for one, mine, curve in zip(entrants, rows, curves, strict=True)
        ),
    )


def _values(one: Entrant, output: str) -> Array:
    return next(found.values for found in one.data.outputs if found.name == output)


def _sizes(most: int, features: int) -> list[int]:
    """Return numbers of samples from the fewest up to `most`, the same for campaigns of all sizes,
    each about 1.4, 2, 2.8 ... times the one before.
    """
    first = max(_FEWEST, 2 * min(features, _FEWEST))
    count = 1 + int(math.log(max(1.0, most / first)) / math.log(_STEP))
    every = -(-count // _MOST_POINTS)
    return [round(first * _STEP ** (every * number)) for number in range(-(-count // every))]


def _curve(
    one: Entrant,
    rows: Array,
    points: Array,
    values: Array,
    parts: Sequence[_Part],
    sizes: Sequence[int],
    kind: str,
    rng: numpy.random.Generator,
    step: Tell,
) -> list[ComparedPoint]:
    """Return the learning curve of one campaign, whose own samples come in their order."""
    most = min((len(rest) for rest, _, _ in parts), default=0)
    if most < 2:
        raise SurrogateError(
            f"{one.name}: all samples are at one point, or of one parent, so none can be held out"
        )
    most = min(most, MOST_GAUSSIAN) if kind == "gp" else most
    places, stacked = [], len(points)
    for rest, tested, _ in parts:
        places.append((rest, numpy.arange(stacked, stacked + len(tested))))
        stacked += len(tested)
    found = validate(
        kind,
        numpy.vstack([points, *(part[1] for part in parts)]),
        numpy.vstack([values, *(part[2] for part in parts)]),
        places,
        [*(size for size in sizes if size < _CLOSE * most), most],
        rng,
        lambda said: step(f"{one.name}: {said}"),
    )
    hours = one.hours_of(rows)
    return [
        ComparedPoint(
            point.rmse,
            point.mape,
            point.r2,
            point.samples,
            point.rmse_error,
            core_hours=float(hours[point.samples - 1]),
        )
        for point in found.curve
    ]


def _parts_of_all(
    entrants: Sequence[Entrant],
    rows: Sequence[Array],
    points: Sequence[Array],
    values: Sequence[Array],
    folds: int,
    rng: numpy.random.Generator,
) -> list[list[_Part]]:
    """Return, for each campaign, the parts that are held out: the same test samples for all, as
    many of each campaign as the smallest has, if it has enough.
    """
    groups = _groups(entrants, rows, points)
    of_group = rng.permutation(int(groups.max()) + 1) % folds
    ends = numpy.cumsum([len(mine) for mine in rows])[:-1]
    fold_of = numpy.split(of_group[groups], ends)
    found: list[list[_Part]] = [[] for _ in entrants]
    for fold in range(folds):
        inside = [rng.permutation(numpy.flatnonzero(mine == fold)) for mine in fold_of]
        fewest = max(_FEWEST_TESTED, min(map(len, inside)))
        some = [mine[: min(fewest, MOST_TESTED // len(entrants))] for mine in inside]
        tested = numpy.vstack([points[place][mine] for place, mine in enumerate(some)])
        truth = numpy.vstack([values[place][mine] for place, mine in enumerate(some)])
        if len(tested):
            for place, mine in enumerate(fold_of):
                found[place].append((numpy.flatnonzero(mine != fold), tested, truth))
    return found


def points_apart(entrants: Sequence[Entrant], output: str) -> int:
    """Return how many parts the samples of an output can be divided into."""
    rows = [one.learnable(output) for one in entrants]
    points = [one.data.points[mine] for one, mine in zip(entrants, rows, strict=True)]
    return int(_groups(entrants, rows, points).max()) + 1


def _groups(entrants: Sequence[Entrant], rows: Sequence[Array], points: Sequence[Array]) -> Array:
    """Return the group, counted from 0, to which each sample belongs, those of all campaigns one
    after another; equal points, and the children of one parent, are in the same one.
    """
    names = entrants[0].data.space.names
    columns = {
        name: numpy.concatenate(
            [one.data.columns[name][mine] for one, mine in zip(entrants, rows, strict=True)]
        )
        for name in names
    }
    groups = held_together(numpy.vstack(points), columns, entrants[0].data.drawn)
    _, groups = numpy.unique(groups, return_inverse=True)
    return groups.reshape(-1)


def _needed(
    curve: Sequence[ComparedPoint], target: float, hours: Array
) -> tuple[int, float] | tuple[None, None]:
    """Return with how many samples and core-hours a curve falls to an error, by a power law between
    its points.
    """
    reached = next((n for n, point in enumerate(curve) if point.rmse <= target), None)
    if reached is None:
        return None, None
    samples = float(curve[reached].samples)
    if reached:
        before, after = curve[reached - 1], curve[reached]
        if 0 < after.rmse < before.rmse:
            share = math.log(before.rmse / target) / math.log(before.rmse / after.rmse)
            samples = before.samples * (after.samples / before.samples) ** share
    whole = math.ceil(samples - 1e-9)
    return whole, float(hours[min(whole, len(hours)) - 1])
