"""A Gaussian process that has seen some values: mean and variance elsewhere, their slopes, and what
pending points may turn out to be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy
from scipy.linalg import cho_solve, cholesky, solve_triangular

from enchanted_tui.samplers.learning.kernels import Array, correlation, correlation_and_slope

JITTER = 1e-10
_LEAST_VARIANCE = 1e-14


@dataclass(frozen=True)
class Hyperparameters:
    """What a Gaussian process of mean zero on the unit cube is made of, for standardised values."""

    smoothness: float  #: of the Matérn kernel; infinite for the squared exponential
    scales: tuple[float, ...]  #: length scale of each dimension
    amplitude: float  #: variance of the function
    noise: float  #: variance of a value about the function

    @staticmethod
    def from_theta(theta: Array, smoothness: float) -> Hyperparameters:
        """Take the logarithms of amplitude, length scales and noise, the order in which
        scikit-learn's kernel has them.
        """
        amplitude, *scales, noise = (float(value) for value in numpy.exp(theta))
        return Hyperparameters(smoothness, tuple(scales), amplitude, noise)

    @property
    def theta(self) -> Array:
        """What `from_theta` takes."""
        theta: Array = numpy.log(numpy.array([self.amplitude, *self.scales, self.noise]))
        return theta


class Posterior:
    """The process given `values`, shape (n, j), at `points`, shape (n, d): j versions of what is
    known, equal but for pending points.

    `seen` says how many of the points are real observations; the rest are pending, and their values
    were drawn from the process.
    """

    def __init__(
        self, hyper: Hyperparameters, points: Array, values: Array, seen: int | None = None
    ) -> None:
        self.hyper = hyper
        self.points = points
        self.values = values
        self.seen = len(points) if seen is None else seen
        self._scales = numpy.array(hyper.scales)
        covariance = hyper.amplitude * correlation(points, points, self._scales, hyper.smoothness)
        diagonal = numpy.full(len(points), hyper.noise + hyper.amplitude * JITTER)
        # a pending point's value is that of the function
        diagonal[self.seen :] = hyper.amplitude * 1e-8
        covariance[numpy.diag_indices_from(covariance)] = hyper.amplitude + diagonal
        self._factor = _factor(covariance)
        self._weights = cho_solve((self._factor, True), values, check_finite=False)

    @cached_property
    def _whitener(self) -> Array:
        """The inverse of the factor, which means alone do not need."""
        found: Array = solve_triangular(
            self._factor, numpy.eye(len(self.points)), lower=True, check_finite=False
        )
        return found

    def at(self, points: Array) -> tuple[Array, Array]:
        """Return the means, shape (m, j), and standard deviations, shape (m,), of the function at
        points of shape (m, d).
        """
        covariance = self._covariance(points)
        variance = self.hyper.amplitude - ((covariance @ self._whitener.T) ** 2).sum(axis=1)
        return covariance @ self._weights, numpy.sqrt(numpy.maximum(variance, _LEAST_VARIANCE))

    def mean_at(self, points: Array) -> Array:
        """Return the means alone, shape (m, j), which takes a small part of the time."""
        mean: Array = self._covariance(points) @ self._weights
        return mean

    def _covariance(self, points: Array) -> Array:
        return self.hyper.amplitude * correlation(
            points, self.points, self._scales, self.hyper.smoothness
        )

    def slopes(self, point: Array) -> tuple[Array, Array, float, Array]:
        """Return means (j,), their derivatives (j, d), the standard deviation and its derivatives
        (d,) at one point of shape (d,).
        """
        unit, unit_slope = correlation_and_slope(
            self.points, point, self._scales, self.hyper.smoothness
        )
        covariance, slope = self.hyper.amplitude * unit, self.hyper.amplitude * unit_slope
        white = self._whitener @ covariance
        deviation = math.sqrt(max(float(self.hyper.amplitude - white @ white), _LEAST_VARIANCE))
        return (
            self._weights.T @ covariance,
            self._weights.T @ slope,
            deviation,
            -(white @ (self._whitener @ slope)) / deviation,
        )

    @cached_property
    def smoothed(self) -> Array:
        """The function's mean at the points that were seen, shape (seen, j): what the values are
        without their noise.
        """
        return self.at(self.points[: self.seen])[0]

    def left_out(self) -> tuple[Array, Array]:
        """Return mean and variance of each value, predicted from all the others with these
        hyperparameters, both of shape (n,).

        Rasmussen and Williams (2006), equations 5.10 to 5.12. Only for a process without pending
        points.
        """
        variance = 1 / (self._whitener**2).sum(axis=0)  # the diagonal of the inverse covariance
        mean: Array = self.values[:, 0] - self._weights[:, 0] * variance
        return mean, variance

    def expecting(self, point: Array, deviates: Array) -> Posterior:
        """Return the process with one more pending point (d,); standard normals `deviates` (j,)
        draw its value in each version.
        """
        mean, deviation = self.at(point[None])
        drawn = (mean + deviation[:, None] * deviates[None])[:1]
        values = numpy.broadcast_to(self.values, (len(self.values), len(deviates)))
        return Posterior(
            self.hyper, numpy.vstack([self.points, point]), numpy.vstack([values, drawn]), self.seen
        )


def _factor(covariance: Array) -> Array:
    """Return the lower Cholesky factor, with just as much added to the diagonal as it takes."""
    extra = 0.0
    while True:
        try:
            factor: Array = cholesky(covariance + extra * numpy.eye(len(covariance)), lower=True)
            return factor
        except numpy.linalg.LinAlgError:
            extra = max(10 * extra, 1e-10 * float(covariance[0, 0]))
