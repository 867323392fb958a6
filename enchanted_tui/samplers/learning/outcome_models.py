"""Limits on other outputs than the one that is optimised: how probable it is that they are kept.

Weighing the acquisition function by that is constrained Bayesian optimisation: J. R. Gardner et
al., *Bayesian Optimization with Inequality Constraints*, ICML 2014; M. A. Gelbart, J. Snoek, R. P.
Adams, *Bayesian Optimization with Unknown Constraints*, UAI 2014 (arXiv:1403.5607).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy
from scipy.special import log_ndtr

from enchanted_tui.samplers.findings import Limit, within
from enchanted_tui.samplers.learning.acquisition import AcquisitionFactor
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.learning.posterior import Posterior
from enchanted_tui.samplers.learning.scaling import standardise

Limits = Sequence[Limit]

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
_FEWEST = 2  #: values of an outcome without which nothing is known of it


class ProbabilityWithin(AcquisitionFactor):
    """The probability that an outcome is on the right side of one limit."""

    def __init__(self, posterior: Posterior, limit: float, sign: int) -> None:
        """`limit`: in the units of the process; `sign`: 1 if values are to be above it, else -1."""
        self._posterior, self._limit, self._sign = posterior, limit, sign

    def log_at(self, points: Array) -> Array:
        mean, deviation = self._posterior.at(points)
        value: Array = log_ndtr(self._sign * (mean[:, 0] - self._limit) / deviation)
        return value

    def log_slope(self, point: Array) -> tuple[float, Array]:
        mean, mean_slope, deviation, deviation_slope = self._posterior.slopes(point)
        z = self._sign * (float(mean[0]) - self._limit) / deviation
        slope = (self._sign * mean_slope[0] - z * deviation_slope) / deviation
        value = float(log_ndtr(z))
        # far below the limit the quotient of density and distribution is -z
        ratio = math.exp(-0.5 * z * z - _LOG_ROOT_2PI - value) if z > -30 else -z
        return value, ratio * slope


def keeps(outcomes: Array, limits: Limits) -> Array:
    """Return of each sample whether its outcomes, shape (n, m), are within the limits."""
    return numpy.array([within(row, limits) for row in outcomes.tolist()], dtype=bool)


def limit_factors(
    points: Array,
    outcomes: Array,
    limits: Limits,
    smoothness: float,
    rng: numpy.random.Generator,
) -> list[AcquisitionFactor]:
    """Return a factor for each limit, from the outcomes (n, m) of samples at `points` (n, d)."""
    factors: list[AcquisitionFactor] = []
    for column, (low, high) in zip(outcomes.T, limits, strict=True):
        known = numpy.isfinite(column)
        if known.sum() < _FEWEST:
            continue
        values, centre, width = standardise(column[known])
        (hyper,) = fit(points[known], values, smoothness, rng)
        posterior = Posterior(hyper, points[known], values[:, None])
        if low is not None:
            factors.append(ProbabilityWithin(posterior, (low - centre) / width, 1))
        if high is not None:
            factors.append(ProbabilityWithin(posterior, (high - centre) / width, -1))
    return factors
