"""Expected hypervolume improvement: how much more of two objectives' plane a sample at a point is
expected to dominate.

M. T. M. Emmerich, K. C. Giannakoglou, B. Naujoks, *Single- and Multiobjective Evolutionary
Optimization Assisted by Gaussian Random Field Metamodels*, IEEE Trans. Evol. Comput. 10 (2006),
doi:10.1109/TEVC.2005.859463; worked out strip by strip as in K. Yang, M. Emmerich, A. Deutz, T.
Bäck, *Efficient Computation of Expected Hypervolume Improvement Using Box Decomposition
Algorithms*, J. Global Optimization 75 (2019), doi:10.1007/s10898-019-00798-7. Below the steps of
the front, each strip's share is a difference of two expected improvements in the one objective
times an expected improvement in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from enchanted_tui.samplers.dominance import on_front
from enchanted_tui.samplers.learning.acquisition import (
    AcquisitionFactor,
    log_expected_improvement,
    log_mean_exp,
    mean_slope_times_factors,
    stratified_normals,
    times_factors,
)
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.learning.posterior import Posterior

_MOST_AT_ONCE = 200_000  #: expected improvements, so that memory stays small
_LEAST = 1e-300  #: for a logarithm of nothing


@dataclass(frozen=True)
class Steps:
    """What is dominated already, in each of j versions: strips from `left` to the next one, up to
    `height`; both of shape (j, l).
    """

    left: Array
    height: Array

    @staticmethod
    def under(fronts: Sequence[Array], reference: Array) -> Steps:
        """Take values (k, 2) of each version, large ones being good; below `reference` (2,) nothing
        counts.
        """
        found = [_steps(values, reference) for values in fronts]
        longest = max(len(left) for left, _ in found)

        def padded(numbers: Array) -> Array:  # by strips of no width at the beginning
            return numpy.pad(numbers, (longest - len(numbers), 0), mode="edge")

        return Steps(
            numpy.array([padded(left) for left, _ in found]),
            numpy.array([padded(height) for _, height in found]),
        )


def _steps(values: Array, reference: Array) -> tuple[Array, Array]:
    above = values[(values > reference).all(axis=1)]
    front = numpy.unique(above[on_front(above)], axis=0)
    return (
        numpy.concatenate([reference[:1], front[:, 0]]),
        numpy.concatenate([front[:, 1], reference[1:]]),
    )


@dataclass(frozen=True)
class TwoModels:
    """A process for each of two objectives, and in each version the values that count so far."""

    first: Posterior
    second: Posterior
    fronts: Sequence[Array]  #: (k, 2) for each version
    steps: Steps

    @staticmethod
    def make(
        first: Posterior, second: Posterior, fronts: Sequence[Array], reference: Array
    ) -> TwoModels:
        return TwoModels(first, second, fronts, Steps.under(fronts, reference))


@dataclass(frozen=True)
class HypervolumeImprovement:
    """The expected improvement averaged over models and over versions of what is pending, times
    factors; all as logarithms.
    """

    models: Sequence[TwoModels]
    reference: Array
    factors: Sequence[AcquisitionFactor] = ()

    def at(self, points: Array) -> Array:
        """Return the logarithm of the worth at points of shape (m, d)."""
        rows = numpy.array([_worth_at(model, points) for model in self.models])
        return times_factors(log_mean_exp(rows.T), self.factors, points)

    def slope(self, point: Array) -> tuple[float, Array]:
        """Return the logarithm of the worth at one point (d,) and its derivatives (d,)."""
        found = [_worth_and_slope(model, point) for model in self.models]
        values, slopes = zip(*found, strict=True)
        return mean_slope_times_factors(values, slopes, self.factors, point)

    def expecting(
        self, point: Array, rng: numpy.random.Generator, versions: int
    ) -> HypervolumeImprovement:
        """Return the function once a sample at `point` (d,) has been asked for."""
        models = []
        for model in self.models:
            first = model.first.expecting(point, stratified_normals(versions, rng))
            second = model.second.expecting(point, stratified_normals(versions, rng))
            drawn = numpy.stack([first.values[-1], second.values[-1]], axis=1)
            before = list(model.fronts) * (versions // len(model.fronts))
            fronts = [
                numpy.vstack([values, more]) for values, more in zip(before, drawn, strict=True)
            ]
            models.append(TwoModels.make(first, second, fronts, self.reference))
        return HypervolumeImprovement(models, self.reference, self.factors)


def _worth_at(model: TwoModels, points: Array) -> Array:
    block = max(1, _MOST_AT_ONCE // model.steps.left.size)
    parts = []
    for start in range(0, len(points), block):
        some = points[start : start + block]
        (mean, deviation), (other_mean, other_deviation) = (
            model.first.at(some),
            model.second.at(some),
        )
        widths, heights = _improvements(
            mean[:, :, None],
            deviation[:, None, None],
            other_mean[:, :, None],
            other_deviation[:, None, None],
            model.steps,
        )
        parts.append(log_mean_exp(_log_sum_exp(widths[0] + heights[0])))
    return numpy.concatenate(parts)


def _worth_and_slope(model: TwoModels, point: Array) -> tuple[float, Array]:
    mean, mean_slope, deviation, deviation_slope = model.first.slopes(point)
    other_mean, other_mean_slope, other_deviation, other_deviation_slope = model.second.slopes(
        point
    )
    spread, other_spread = numpy.full((1, 1), deviation), numpy.full((1, 1), other_deviation)
    widths, heights = _improvements(
        mean[:, None], spread, other_mean[:, None], other_spread, model.steps
    )
    logs = widths[0] + heights[0]  # (j, l)
    total = float(log_mean_exp(_log_sum_exp(logs)))
    shares = numpy.exp(logs - total) / len(logs)
    gradient = (
        (shares * widths[1]).sum(axis=1) @ mean_slope
        + float((shares * widths[2]).sum()) * deviation_slope
        + (shares * heights[1]).sum(axis=1) @ other_mean_slope
        + float((shares * heights[2]).sum()) * other_deviation_slope
    )
    return total, gradient


_Parts = tuple[Array, Array, Array]  #: logarithms, derivatives by mean and by deviation


def _improvements(
    mean: Array, deviation: Array, other_mean: Array, other_deviation: Array, steps: Steps
) -> tuple[_Parts, _Parts]:
    """Return the strips' expected widths and heights."""
    value, by_mean, by_deviation = log_expected_improvement(mean, deviation, steps.left)
    heights = log_expected_improvement(other_mean, other_deviation, steps.height)
    # the improvement on the next strip's left end is no part of this strip
    gap = numpy.maximum(value[..., :-1] - value[..., 1:], _LEAST)
    left = -numpy.expm1(-gap)
    share = numpy.exp(-gap)
    width = value.copy()
    width[..., :-1] += numpy.log(left)
    slopes = []
    for slope in numpy.broadcast_arrays(by_mean, by_deviation):
        found = slope.copy()
        found[..., :-1] = (slope[..., :-1] - share * slope[..., 1:]) / left
        slopes.append(found)
    return (width, slopes[0], slopes[1]), heights


def _log_sum_exp(logarithms: Array) -> Array:
    largest = logarithms.max(axis=-1)
    total: Array = largest + numpy.log(numpy.exp(logarithms - largest[..., None]).sum(axis=-1))
    return total
