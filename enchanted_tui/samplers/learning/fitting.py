"""Fit a Gaussian process: hyperparameters of largest posterior density, or draws from their
posterior.

The priors are of the kind that made plain Gaussian processes work in many dimensions:
C. Hvarfner, E. O. Hellsten, L. Nardi, *Vanilla Bayesian Optimization Performs Great in High
Dimensions*, ICML 2024 (arXiv:2402.02229).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize

from enchanted_tui.samplers.learning.kernels import (
    Array,
    correlation_at,
    correlation_with_slope,
    distances,
)
from enchanted_tui.samplers.learning.posterior import JITTER, Hyperparameters

MOST_FITTED = (
    400  #: points from which hyperparameters are fitted; the posterior takes in all points
)
_DRAWS = 8
_SWEEPS_BEFORE, _SWEEPS_BETWEEN = 10, 4


@dataclass(frozen=True)
class _Prior:
    """Independent normal densities of the logarithms of amplitude, length scales and noise, cut at
    bounds.
    """

    centres: Array
    widths: Array
    lower: Array
    upper: Array

    def log_density(self, theta: Array) -> tuple[float, Array]:
        scaled = (theta - self.centres) / self.widths
        return -0.5 * float(scaled @ scaled), -scaled / self.widths


def _prior(dimensions: int, least_noise: float | None) -> _Prior:
    width = math.sqrt(3)
    # the largest density over the length scale, not over its logarithm
    scale = math.sqrt(2) + 0.5 * math.log(dimensions) - width**2
    if least_noise is not None:
        # a large amplitude with long length scales is what polynomials look like
        return _Prior(
            centres=numpy.array([0.0, *[scale] * dimensions, -14.0]),
            widths=numpy.array([4.0, *[width] * dimensions, 6.0]),
            lower=numpy.log(numpy.array([0.05, *[0.01] * dimensions, least_noise])),
            upper=numpy.log(numpy.array([1e5, *[1e3] * dimensions, 1.0])),
        )
    return _Prior(
        centres=numpy.array([0.0, *[scale] * dimensions, -8.0]),
        widths=numpy.array([1.0, *[width] * dimensions, 3.0]),
        lower=numpy.log(numpy.array([0.05, *[0.025] * dimensions, 1e-8])),
        upper=numpy.log(numpy.array([20.0, *[100.0] * dimensions, 1.0])),
    )


def fit(
    points: Array,
    values: Array,
    smoothness: float,
    rng: numpy.random.Generator,
    *,
    draws: bool = False,
    start: Hyperparameters | None = None,
    least_noise: float | None = None,
) -> list[Hyperparameters]:
    """Return the most probable hyperparameters for standardised `values` (n,) at `points` (n, d) of
    the unit cube.

    With `draws`, give several drawn from their posterior instead, over which an acquisition
    function is averaged. With `start`, which is near the most probable ones, climb from there
    alone. With `least_noise`, a share of the values' variance, less noise is expected, down to
    that, and where values ask for it a much larger amplitude: for many samples of a simulation.
    """
    if len(points) > MOST_FITTED:
        chosen = numpy.sort(rng.choice(len(points), MOST_FITTED, replace=False))
        points, values = points[chosen], values[chosen]
    prior = _prior(points.shape[1], least_noise)
    likelihood = LogLikelihood(points, values, smoothness)
    best = _most_probable(likelihood, prior, rng, start)
    if not draws:
        return [Hyperparameters.from_theta(best, smoothness)]

    def log_density(theta: Array) -> float:
        if (theta < prior.lower).any() or (theta > prior.upper).any():
            return -math.inf
        return likelihood.value(theta) + prior.log_density(theta)[0]

    return [
        Hyperparameters.from_theta(theta, smoothness)
        for theta in _slice_sample(log_density, best, prior.widths, rng)
    ]


class LogLikelihood:
    """The log marginal likelihood of `values` (n,) at `points` (n, d) as a function of the
    logarithms of amplitude, length scales and noise.

    Rasmussen and Williams (2006), equations 2.30 and 5.9.
    """

    def __init__(self, points: Array, values: Array, smoothness: float) -> None:
        self._points, self._values, self._smoothness = points, values, smoothness
        self._squares = points**2
        self._constant = 0.5 * len(values) * math.log(2 * math.pi)

    def value(self, theta: Array) -> float:
        """Return the value alone, which takes a third of the time: minus infinity where the
        covariance cannot be factored.
        """
        distance = distances(self._points, self._points, numpy.exp(theta[1:-1]))
        return self._solved(theta, correlation_at(distance, self._smoothness))[0]

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the value and its gradient."""
        amplitude, scales, noise = math.exp(theta[0]), numpy.exp(theta[1:-1]), math.exp(theta[-1])
        distance = distances(self._points, self._points, scales)
        correlation, slope = correlation_with_slope(distance, self._smoothness)
        value, factor, weights = self._solved(theta, correlation)
        if factor is None:
            return value, numpy.zeros_like(theta)
        inner = numpy.multiply.outer(weights, weights)
        inner -= _inverse(factor)
        slope *= inner
        slope.flat[:: len(slope) + 1] = 0.0  # they cancel, but for rounding
        by_scales = (self._points * (slope @ self._points)).sum(axis=0) - slope.sum(
            axis=1
        ) @ self._squares
        return value, numpy.array(
            [
                0.5 * amplitude * float(numpy.vdot(inner, correlation)),
                *(amplitude * by_scales / scales**2),
                0.5 * noise * float(inner.trace()),
            ]
        )

    def _solved(self, theta: Array, correlation: Array) -> tuple[float, Array | None, Array]:
        """Return the value, the Cholesky factor of the covariance, none if it has none, and the
        covariance's inverse times the values.
        """
        amplitude, noise = math.exp(theta[0]), math.exp(theta[-1])
        covariance = amplitude * correlation
        covariance.flat[:: len(covariance) + 1] = amplitude * (1 + JITTER) + noise
        # it is symmetric, and LAPACK wants columns: nothing is copied
        factor, problem = dpotrf(covariance.T, lower=1, overwrite_a=1)
        if problem:
            return -math.inf, None, self._values
        weights, _ = dpotrs(factor, self._values, lower=1)
        value = (
            -0.5 * float(self._values @ weights)
            - float(numpy.log(factor.diagonal()).sum())
            - self._constant
        )
        return value, factor, weights


def _inverse(factor: Array) -> Array:
    """Return the inverse of the matrix with this lower Cholesky factor, which is overwritten."""
    half, _ = dpotri(factor, lower=1, overwrite_c=1)
    half.T.flat[:: len(half) + 1] *= 0.5
    whole: Array = half + half.T
    return whole


def _most_probable(
    likelihood: LogLikelihood,
    prior: _Prior,
    rng: numpy.random.Generator,
    near: Hyperparameters | None,
) -> Array:
    """Climb from `near`, or from several starts: moderate and long length scales, and some
    drawn.
    """

    def loss(theta: Array) -> tuple[float, Array]:
        value, gradient = likelihood(theta)
        if not math.isfinite(value):
            return 1e25, numpy.zeros_like(theta)
        density, slope = prior.log_density(theta)
        return -value - density, -gradient - slope

    starts = [numpy.clip(near.theta, prior.lower, prior.upper)] if near else _starts(prior, rng)
    bounds = list(zip(prior.lower, prior.upper, strict=True))
    found = [
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 100})
        for start in starts
    ]
    best: Array = min(found, key=lambda result: float(result.fun)).x
    return best


def _starts(prior: _Prior, rng: numpy.random.Generator) -> list[Array]:
    starts = [
        _start(prior, scale, noise) for scale, noise in ((0.3, 1e-4), (1.0, 1e-6), (2.0, 1e-2))
    ]
    moved = starts[0] + rng.normal(0.0, 1.0, len(starts[0]))
    return [*starts, numpy.clip(moved, prior.lower, prior.upper)]


def _start(prior: _Prior, scale: float, noise: float) -> Array:
    theta = prior.centres.copy()
    theta[1:-1], theta[-1] = math.log(scale), math.log(noise)
    return theta


def _slice_sample(
    log_density: Callable[[Array], float], start: Array, widths: Array, rng: numpy.random.Generator
) -> list[Array]:
    """Draw from a density, one coordinate after the other: R. M. Neal, *Slice sampling*, Annals of
    Statistics 31 (2003).
    """
    theta, drawn = start.copy(), []
    for sweep in range(_SWEEPS_BEFORE + _DRAWS * _SWEEPS_BETWEEN):
        for index, width in enumerate(widths):
            theta = _slice(log_density, theta, index, float(width), rng)
        if sweep >= _SWEEPS_BEFORE and (sweep - _SWEEPS_BEFORE) % _SWEEPS_BETWEEN == 0:
            drawn.append(theta.copy())
    return drawn


def _slice(
    log_density: Callable[[Array], float],
    theta: Array,
    index: int,
    width: float,
    rng: numpy.random.Generator,
) -> Array:
    level = log_density(theta) + math.log(rng.random())
    left = theta[index] - width * rng.random()
    right = left + width

    def inside(value: float) -> bool:
        moved = theta.copy()
        moved[index] = value
        return log_density(moved) > level

    while inside(left):
        left -= width
    while inside(right):
        right += width
    moved = theta.copy()
    while True:
        moved[index] = left + (right - left) * rng.random()
        if inside(moved[index]):
            return moved
        if moved[index] < theta[index]:
            left = moved[index]
        else:
            right = moved[index]
