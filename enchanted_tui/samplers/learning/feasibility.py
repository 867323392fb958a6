"""Where samples fail: a probability of success learnt from successes and failures alike."""

from __future__ import annotations

import math

import numpy
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist
from scipy.special import log_ndtr

from enchanted_tui.samplers.learning.acquisition import AcquisitionFactor
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
_SMOOTHNESS = 1.5  #: of the border between where samples succeed and where they fail


class ProbabilityOfSuccess(AcquisitionFactor):
    """Least-squares Gaussian process classification: a process fitted to +1 and -1, squashed so
    that left-out samples are predicted best.

    Rasmussen and Williams (2006), section 6.5. Weighing an acquisition function by it is
    constrained Bayesian optimisation: M. A. Gelbart, J. Snoek, R. P. Adams, *Bayesian Optimization
    with Unknown Constraints*, UAI 2014 (arXiv:1403.5607).
    """

    def __init__(
        self,
        points: Array,
        succeeded: Array,
        rng: numpy.random.Generator,
        hyper: Hyperparameters | None = None,
    ) -> None:
        """`hyper`: of an earlier fit to the same samples, which then need not be fitted again."""
        labels = numpy.where(succeeded, 1.0, -1.0)
        self._offset = float(labels.mean())
        centred = labels - self._offset
        (self.hyper,) = fit(points, centred, _SMOOTHNESS, rng) if hyper is None else (hyper,)
        self._posterior = Posterior(self.hyper, points, centred[:, None])
        mean, variance = self._posterior.left_out()
        self._gain = _best_gain(labels, mean + self._offset, variance)

    def log_at(self, points: Array) -> Array:
        mean, deviation = self._posterior.at(points)
        value: Array = log_ndtr(_squashed(self._gain, mean[:, 0] + self._offset, deviation**2))
        return value

    def log_slope(self, point: Array) -> tuple[float, Array]:
        mean, mean_slope, deviation, deviation_slope = self._posterior.slopes(point)
        latent, spread = float(mean[0]) + self._offset, 1 + (self._gain * deviation) ** 2
        z = self._gain * latent / math.sqrt(spread)
        slope = (
            self._gain / math.sqrt(spread) * mean_slope[0]
            - z / spread * self._gain**2 * deviation * deviation_slope
        )
        value = float(log_ndtr(z))
        return value, math.exp(-0.5 * z * z - _LOG_ROOT_2PI - value) * slope


class KeepAway(AcquisitionFactor):
    """Keeps a short way off samples that failed, so that none is asked for again: a tenth of a
    length scale.
    """

    def __init__(self, failed: Array, scales: Array) -> None:
        self._failed = failed
        self._reach = 0.1 * numpy.minimum(scales, 1.0)

    def log_at(self, points: Array) -> Array:
        # exact where two coincide, and small
        squared = cdist(points / self._reach, self._failed / self._reach, "sqeuclidean")
        found: Array = numpy.log(-numpy.expm1(-0.5 * squared - 1e-12)).sum(axis=1)
        return found

    def log_slope(self, point: Array) -> tuple[float, Array]:
        scaled = (point - self._failed) / self._reach
        squared = 0.5 * (scaled**2).sum(axis=1) + 1e-12
        weight = 1 / numpy.expm1(numpy.minimum(squared, 700.0))
        slope: Array = (scaled / self._reach * weight[:, None]).sum(axis=0)
        return float(numpy.log(-numpy.expm1(-squared)).sum()), slope


def _squashed(gain: float, latent: Array, variance: Array) -> Array:
    squashed: Array = gain * latent / numpy.sqrt(1 + gain**2 * variance)
    return squashed


def _best_gain(labels: Array, mean: Array, variance: Array) -> float:
    """Return the steepness with which the left-out labels are most probable."""

    def loss(log_gain: float) -> float:
        return -float(log_ndtr(labels * _squashed(math.exp(log_gain), mean, variance)).sum())

    return math.exp(float(minimize_scalar(loss, bounds=(-2.0, 4.0), method="bounded").x))
