"""How well an output is predicted where no sample was: by folds that are held out, or a test set,
for more and more samples to learn from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy

from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.output_projection import Projection, project
from enchanted_tui.surrogate.score_models import GaussianScores, LinearScores, ScoreModel
from enchanted_tui.surrogate.tree_scores import TreeScores

_FEWEST = 10  #: samples at the beginning of a learning curve
_STEP = math.sqrt(2)  #: between two of its points
_MOST_POINTS = 8
_TRIED_ON, _TRIED = 20_000, 2_000  #: samples to learn from, and to test on, where models compete
_DIGITS = 2.0**-53  #: by which share of itself a number is rounded
_Split = tuple[Array, Array]  #: numbers of the rows to learn from, in random order, and to test on


@dataclass(frozen=True)
class Errors:
    """Of predictions: in the output's unit, as a share of the values, and as R2."""

    rmse: float
    mape: float | None  #: None where a value is 0, or as good as that
    r2: float | None  #: None where all values are the same


@dataclass(frozen=True)
class CurvePoint(Errors):
    """Errors of models that have learnt from so many samples."""

    samples: int = 0
    rmse_error: float = 0.0  #: standard error of the RMSE, from fold to fold
    groups: int = 0  #: points or parents that these are of, where they are what counts

    @property
    def count(self) -> int:
        """How many there are of what is held out: samples, or points or parents of several."""
        return self.groups or self.samples


@dataclass(frozen=True)
class Validation:
    """What came of predicting samples that were held out."""

    curve: tuple[CurvePoint, ...]  #: the one with most samples last
    rows: Array  #: numbers of the samples that were predicted, (t,)
    truth: Array  #: (t, m)
    predicted: Array  #: (t, m)
    spread: Array  #: (t, m): standard deviations as the model says, not yet calibrated

    @property
    def errors(self) -> CurvePoint:
        """With as many samples as there are to learn from."""
        return self.curve[-1]

    @property
    def per_row(self) -> Array:
        """Root mean square error of each sample that was predicted, (t,)."""
        found: Array = numpy.sqrt(((self.predicted - self.truth) ** 2).mean(axis=1))
        return found


class OutputModel:
    """Predicts the values of one output, (n, m), at points (n, d)."""

    def __init__(self, projection: Projection, scores: ScoreModel) -> None:
        self.projection, self.scores = projection, scores

    @classmethod
    def fitted(
        cls,
        kind: str,
        points: Array,
        values: Array,
        rng: numpy.random.Generator,
        near: OutputModel | None = None,
    ) -> OutputModel:
        """Fit a model (gp, trees or linear), beginning `near` another one of the same output."""
        projection = project(values, rng)
        scores = projection.scores(values)
        if kind == "gp":
            start = near.scores.hypers if near and isinstance(near.scores, GaussianScores) else None
            return cls(projection, GaussianScores.fitted(points, scores, rng, start))
        if kind == "trees":
            return cls(projection, TreeScores.fitted(points, scores, rng))
        return cls(projection, LinearScores.fitted(points, scores))

    def at(self, points: Array) -> tuple[Array, Array]:
        """Return means and standard deviations, both of shape (n, m)."""
        mean, deviation = self.scores.at(points)
        return self.projection.values(mean), self.projection.deviations(deviation)

    def mean_at(self, points: Array) -> Array:
        return self.projection.values(self.scores.mean_at(points))


def errors_of(truth: Array, predicted: Array) -> Errors:
    """Return the errors of predictions, all of shape (n, m), over all elements: the root mean
    square error, the mean of |error / value|, and 1 - SS_res / SS_tot.
    """
    error = predicted - truth
    total = float(((truth - truth.mean(axis=0)) ** 2).sum())
    # beside the largest value, what is smaller than its last digit is as good as 0
    sizes = numpy.abs(truth)
    has_zero = bool((sizes <= _DIGITS * sizes.max()).any())
    return Errors(
        float(numpy.sqrt((error**2).mean())),
        None if has_zero else float(numpy.abs(error / truth).mean()),
        1 - float((error**2).sum()) / total if total > 0 else None,
    )


def curve_sizes(most: int, dimensions: int) -> list[int]:
    """Return the numbers of samples of a learning curve, up to `most`, each about 1.4 times the one
    before.
    """
    sizes, size = [most], float(most)
    while len(sizes) < _MOST_POINTS:
        size /= _STEP
        if size < max(_FEWEST, 2 * min(dimensions, _FEWEST)):
            break
        sizes.append(round(size))
    return sorted(set(sizes))


def splits(
    groups: Array,
    folds: int,
    rng: numpy.random.Generator,
    most_tested: int,
    crossed: Array | None = None,
) -> list[_Split]:
    """Return the rows of each fold to learn from and to test on, at most so many; rows of one group
    stay together. Where groups are `crossed` with others, these are held out as well: what is
    tested shares neither with what is learnt from.
    """
    names = rng.permutation(numpy.unique(groups))
    folds = min(folds, len(names))
    place = numpy.empty(int(groups.max()) + 1, dtype=int)
    place[names] = numpy.arange(len(names))
    order = numpy.argsort(place[groups], kind="stable")  # rows by group, groups at random
    fold_of = place[groups[order]] % folds
    found = []
    for fold in range(folds):
        # the first of these are a random choice
        rest, tested = order[fold_of != fold], order[fold_of == fold]
        if crossed is not None:
            rest, tested = _uncrossed(rest, tested, crossed, fold, folds)
        found.append((rest, tested[:most_tested]))
    return found


def _uncrossed(
    rest: Array, tested: Array, crossed: Array, fold: int, folds: int
) -> tuple[Array, Array]:
    """Return rows without those that share one of the other groups: a part of these is held out."""
    part = crossed % min(folds, int(crossed.max()) + 1)
    is_out = part == fold % (int(part.max()) + 1)
    own, others = rest[~is_out[rest]], tested[is_out[tested]]
    # where samples have failed, none may be left
    return (own, others) if len(own) and len(others) else (rest, tested)


def shuffled(groups: Array, rng: numpy.random.Generator) -> Array:
    """Return all rows in random order, those of one group together."""
    _, numbers = numpy.unique(groups, return_inverse=True)
    place = rng.permutation(int(numbers.max()) + 1)
    found: Array = numpy.argsort(place[numbers.reshape(-1)], kind="stable")
    return found


def group_ends(groups: Array, rest: Array) -> Array:
    """Return behind how many of the rows to learn from each group ends."""
    changes = numpy.flatnonzero(numpy.diff(groups[rest])) + 1
    return numpy.array([*changes, len(rest)])


def parted(
    groups: Array, crossed: Array | None, share: float, rng: numpy.random.Generator
) -> tuple[Array, Array]:
    """Return the rows of a random `share` of the groups, and those of the others; where groups are
    `crossed` with others, of both.
    """
    order = shuffled(groups, rng)
    ends = group_ends(groups, order)
    count = int(ends[max(1, min(round(share * len(ends)), len(ends) - 1)) - 1])
    rest, tested = order[:count], order[count:]
    if crossed is None:
        return rest, tested
    others = rng.permutation(int(crossed.max()) + 1)
    is_in = numpy.isin(crossed, others[: max(1, min(round(share * len(others)), len(others) - 1))])
    own, new = rest[is_in[rest]], tested[~is_in[tested]]
    return (own, new) if len(own) and len(new) else (rest, tested)


def best_kind(
    kinds: Sequence[str], points: Array, values: Array, part: _Split, rng: numpy.random.Generator
) -> str:
    """Return the kind of model that predicts some held-out samples best."""
    if len(kinds) == 1:
        return kinds[0]
    rest, tested = part[0][:_TRIED_ON], part[1][:_TRIED]
    errors = {}
    for kind in kinds:
        model = OutputModel.fitted(kind, points[rest], values[rest], rng)
        errors[kind] = float(((model.mean_at(points[tested]) - values[tested]) ** 2).mean())
    return min(errors, key=lambda kind: errors[kind])


def validate(
    kind: str,
    points: Array,
    values: Array,
    parts: Sequence[_Split],
    sizes: Sequence[int],
    rng: numpy.random.Generator,
    tell: Callable[[str], Any] = lambda said: None,
    whole: OutputModel | None = None,
    groups: Array | None = None,
) -> Validation:
    """Return the learning curve of a model; `parts` says what to learn from and to test on, `sizes`
    how many samples, at most those of the smallest part, or how many of the `groups` that these
    belong to. `whole` is the model of all of them, where
    all parts are tested on the same ones: the last errors are its own.
    """
    near = whole
    curve: list[CurvePoint] = []
    largest: list[tuple[Array, Array]] = []
    kept: Sequence[_Split] = parts
    ends = None if groups is None else [group_ends(groups, rest) for rest, _ in parts]
    for size in sorted(sizes, reverse=True):
        # all orders of all samples are one
        most = len(parts[0][0]) if ends is None else len(ends[0])
        is_whole = parts[0][1] is parts[-1][1] and size == most
        used = parts[:1] if is_whole or (whole is not None and not curve) else parts
        found = []
        counts = [size if ends is None else int(ends[fold][size - 1]) for fold in range(len(used))]
        for fold, (rest, tested) in enumerate(used):
            tell(f"{counts[fold]:,} samples, part {fold + 1} of {len(used)}")
            chosen = rest[: counts[fold]]
            if whole is not None and not curve:
                model = whole
            else:
                model = OutputModel.fitted(kind, points[chosen], values[chosen], rng, near)
            near = near or model
            if curve:
                found.append(model.mean_at(points[tested]))
            else:
                largest.append(model.at(points[tested]))
        if not curve:
            kept, found = used, [mean for mean, _ in largest]
        point = _curve_point(
            round(sum(counts) / len(counts)), [values[tested] for _, tested in used], found
        )
        curve.append(point if ends is None else replace(point, groups=size))
    rows = numpy.concatenate([tested for _, tested in kept])
    return Validation(
        tuple(reversed(curve)),
        rows,
        values[rows],
        numpy.concatenate([mean for mean, _ in largest]),
        numpy.concatenate([spread for _, spread in largest]),
    )


def _curve_point(size: int, truths: Sequence[Array], predicted: Sequence[Array]) -> CurvePoint:
    truth, mean = numpy.concatenate(truths), numpy.concatenate(predicted)
    whole = errors_of(truth, mean)
    squares = ((mean - truth) ** 2).mean(axis=1)
    # of the samples that were tested on, by the delta method ...
    noise = float(squares.std()) / math.sqrt(len(squares)) / (2 * max(whole.rmse, 1e-300))
    if len(truths) > 1:  # ... and of those learnt from
        each = [errors_of(*pair).rmse for pair in zip(truths, predicted, strict=True)]
        noise = max(noise, float(numpy.std(each, ddof=1)) / math.sqrt(len(each)))
    return CurvePoint(whole.rmse, whole.mape, whole.r2, size, noise)
