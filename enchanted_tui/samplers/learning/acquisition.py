"""Acquisition functions: what one more sample at a point is worth, as a logarithm, with
derivatives.

Pending points are averaged over what they may turn out to be, which for expected improvement is the
exact gain of the *q*-point criterion when points are chosen one after the other: J. Snoek, H.
Larochelle, R. P. Adams, *Practical Bayesian Optimization of Machine Learning Algorithms*, NeurIPS
2012 (arXiv:1206.2944), and J. Wilson, F. Hutter, M. Deisenroth, *Maximizing acquisition functions
for Bayesian optimization*, NeurIPS 2018 (arXiv:1805.10196). UCB takes the variance as it will be
and the mean as it is: T. Desautels, A. Krause, J. W. Burdick, *Parallelizing
Exploration-Exploitation Tradeoffs in Gaussian Process Bandit Optimization*, JMLR 15 (2014).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy
from scipy.special import erfcx, log_ndtr, ndtri

from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.learning.posterior import Posterior

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)

#: For a mean, a deviation and the best so far: the logarithm of the worth, its derivative by the
#: mean and that by the deviation.
Worth = Callable[[Array, Array, Array], tuple[Array, Array, Array]]


def log_expected_improvement(
    mean: Array, deviation: Array, best: Array
) -> tuple[Array, Array, Array]:
    """J. Mockus (1978); computed as S. Ament et al., *Unexpected Improvements to Expected
    Improvement*, NeurIPS 2023 (arXiv:2310.20708).
    """
    z = (mean - best) / deviation
    value = _log_h(z)
    share = numpy.exp(log_ndtr(z) - value)
    return numpy.log(deviation) + value, share / deviation, (1 - share * z) / deviation


def log_probability_of_improvement(
    mean: Array, deviation: Array, best: Array
) -> tuple[Array, Array, Array]:
    """H. Kushner, J. Basic Engineering 86 (1964)."""
    z = (mean - best) / deviation
    value = log_ndtr(z)
    share = numpy.exp(-0.5 * z * z - _LOG_ROOT_2PI - value)
    return value, share / deviation, -share * z / deviation


def upper_confidence_bound(beta: float) -> Worth:
    """Return mean + sqrt(beta) deviation, as the logarithm of a softened excess over the best so
    far: N. Srinivas et al., ICML 2010.
    """
    root = math.sqrt(beta)

    def worth(mean: Array, deviation: Array, best: Array) -> tuple[Array, Array, Array]:
        excess = mean + root * deviation - best
        # positive, so that a probability of success can weigh it
        softened = numpy.logaddexp(0.0, excess)
        value = numpy.where(excess < -30, excess, numpy.log(numpy.maximum(softened, 1e-300)))
        slope = numpy.where(
            excess < -30,
            1.0,
            numpy.exp(-numpy.logaddexp(0.0, -excess)) / numpy.maximum(softened, 1e-300),
        )
        return value, slope, root * slope

    return worth


def _log_h(z: Array) -> Array:
    """Return log(phi(z) + z Phi(z)) without cancellation far below zero."""
    z = numpy.asarray(z, dtype=float)
    near = numpy.maximum(z, -1.0)
    upper = numpy.log(
        numpy.exp(-0.5 * near * near - _LOG_ROOT_2PI) + near * numpy.exp(log_ndtr(near))
    )
    far = numpy.minimum(z, -1.0)
    ratio = math.sqrt(math.pi / 2) * erfcx(-far / math.sqrt(2)) * -far  # 1 - this ~ 1 / z^2
    tail = numpy.where(
        far < -1e4, -2 * numpy.log(-far), numpy.log1p(-numpy.minimum(ratio, 1 - 1e-16))
    )
    return numpy.asarray(numpy.where(z > -1.0, upper, -0.5 * far * far - _LOG_ROOT_2PI + tail))


class AcquisitionFactor:
    """Something that the worth of a point is multiplied by, such as the probability that a sample
    there succeeds.
    """

    def log_at(self, points: Array) -> Array:
        """Return the logarithms, shape (m,), at points of shape (m, d)."""
        raise NotImplementedError

    def log_slope(self, point: Array) -> tuple[float, Array]:
        """Return logarithm and derivatives (d,) at one point (d,)."""
        raise NotImplementedError


class Acquiring(Protocol):
    """What one more sample is worth, as a logarithm."""

    def at(self, points: Array) -> Array:
        """Return the worth at points of shape (m, d)."""

    def slope(self, point: Array) -> tuple[float, Array]:
        """Return the worth at one point (d,) and its derivatives (d,)."""

    def expecting(self, point: Array, rng: numpy.random.Generator, versions: int) -> Acquiring:
        """Return the function once a sample at `point` (d,) has been asked for."""


@dataclass(frozen=True)
class Acquisition:
    """A worth averaged over models and over versions of what is pending, times factors."""

    worth: Worth
    #: each with the best so far in each version, shape (j,)
    models: Sequence[tuple[Posterior, Array]]
    factors: Sequence[AcquisitionFactor] = ()
    counts_pending: bool = True  #: a pending point may raise the best so far

    def at(self, points: Array) -> Array:
        """Return the logarithm of the worth at points of shape (m, d)."""
        rows = []
        for posterior, best in self.models:
            mean, deviation = posterior.at(points)
            value, _, _ = self.worth(mean, deviation[:, None], best[None])
            rows.append(log_mean_exp(value))
        return times_factors(log_mean_exp(numpy.array(rows).T), self.factors, points)

    def slope(self, point: Array) -> tuple[float, Array]:
        """Return the logarithm of the worth at one point and its derivatives."""
        values, slopes = [], []
        for posterior, best in self.models:
            mean, mean_slope, deviation, deviation_slope = posterior.slopes(point)
            value, by_mean, by_deviation = self.worth(mean, numpy.full_like(mean, deviation), best)
            total = float(log_mean_exp(value))
            shares = numpy.exp(value - total) / len(value)
            values.append(total)
            slopes.append(
                (shares * by_mean) @ mean_slope + float(shares @ by_deviation) * deviation_slope
            )
        return mean_slope_times_factors(values, slopes, self.factors, point)

    def expecting(self, point: Array, rng: numpy.random.Generator, versions: int) -> Acquisition:
        """Return the acquisition function once a sample at `point` (d,) has been asked for."""
        models = []
        for posterior, best in self.models:
            deviates = stratified_normals(versions, rng) if self.counts_pending else numpy.zeros(1)
            after = posterior.expecting(point, deviates)
            best = numpy.broadcast_to(best, deviates.shape)
            models.append(
                (after, numpy.maximum(best, after.values[-1]) if self.counts_pending else best)
            )
        return Acquisition(self.worth, models, self.factors, self.counts_pending)


def times_factors(worth: Array, factors: Sequence[AcquisitionFactor], points: Array) -> Array:
    """Return the logarithms of a worth (m,) at points (m, d) times factors."""
    for factor in factors:
        worth = worth + factor.log_at(points)
    return worth


def mean_slope_times_factors(
    values: Sequence[float],
    slopes: Sequence[Array],
    factors: Sequence[AcquisitionFactor],
    point: Array,
) -> tuple[float, Array]:
    """Return the logarithm of the mean of what models say at one point (d,), times factors, and its
    derivatives (d,); `values` are logarithms, `slopes` their derivatives.
    """
    logarithms = numpy.array(values)
    log_worth = float(log_mean_exp(logarithms))
    gradient = numpy.exp(logarithms - log_worth) / len(values) @ numpy.array(slopes)
    for factor in factors:
        more, more_slope = factor.log_slope(point)
        log_worth, gradient = log_worth + more, gradient + more_slope
    return log_worth, gradient


def log_mean_exp(logarithms: Array) -> Array:
    """Average along the last axis what is given as logarithms."""
    largest = logarithms.max(axis=-1)
    mean: Array = largest + numpy.log(numpy.exp(logarithms - largest[..., None]).mean(axis=-1))
    return mean


def stratified_normals(count: int, rng: numpy.random.Generator) -> Array:
    """Return standard normals, one from each of `count` equally probable slices, in random
    order.
    """
    uniform = (numpy.arange(count) + rng.random(count)) / count
    normals: Array = ndtri(numpy.clip(uniform, 1e-12, 1 - 1e-12))
    rng.shuffle(normals)
    return normals
