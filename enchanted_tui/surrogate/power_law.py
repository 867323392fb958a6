"""What more samples would bring: a power law through the learning curve, with its uncertainty.

Errors of learning fall as a power of the number of samples: S. Amari, N. Fujita, S. Shinomoto,
Neural Computation 4 (1992); J. Hestness et al., arXiv:1712.00409 (2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from scipy.special import stdtrit

from enchanted_tui.surrogate.cross_validation import CurvePoint
from enchanted_tui.surrogate.model_inputs import Array

LEVEL = 0.9  #: of the intervals
_FEWEST = 3  #: points of a curve from which a law is fitted
_LATEST = 6  #: points that count: a law holds only so far
_LATER = 3.0  #: power of the number of samples with which a point weighs
_LEAST_NOISE = 0.02  #: of the logarithm of an error
_BEND = 0.35  #: by how much of itself a slope may change over a factor e of samples


@dataclass(frozen=True)
class ErrorForecast:
    """The RMSE that models would have, with bounds that hold it with probability `LEVEL`. Samples
    are counted as the curve counts them (`CurvePoint.count`).
    """

    samples: int
    rmse: float
    low: float
    high: float


@dataclass(frozen=True)
class PowerLaw:
    """RMSE = a samples^-exponent, about the latest points of a curve."""

    exponent: float
    exponent_low: float  #: bounds, with probability `LEVEL`
    exponent_high: float
    level: float  #: logarithm of the RMSE ...
    samples: int  #: ... with so many samples, the most of the curve
    covariance: tuple[tuple[float, float], tuple[float, float]]  #: of level and exponent
    noise: float  #: of the logarithm of one RMSE
    freedom: int

    def forecast(self, samples: int) -> ErrorForecast:
        """Return the error with so many samples to learn from."""
        far = math.log(samples / self.samples)
        terms = numpy.array([1.0, -far])
        variance = float(terms @ numpy.array(self.covariance) @ terms) + self.noise**2
        # the law itself holds only about the latest points
        bend = _BEND * max(abs(self.exponent), 0.25) * far * (1 + far) / 2
        half = float(stdtrit(self.freedom, (1 + LEVEL) / 2)) * math.sqrt(variance) + abs(bend)
        middle = self.level - self.exponent * far
        return ErrorForecast(samples, *(math.exp(middle + shift) for shift in (0.0, -half, half)))

    def samples_for(self, rmse: float) -> int | None:
        """Return how many samples would bring an error; None where that is out of sight."""
        if self.exponent_low <= 0 or rmse <= 0:
            return None
        far = (self.level - math.log(rmse)) / self.exponent
        return math.ceil(self.samples * math.exp(far)) if 0 < far < math.log(30) else None


def power_law(curve: Sequence[CurvePoint]) -> PowerLaw | None:
    """Return the law through a learning curve; None where that has too few points."""
    points = [point for point in curve if point.rmse > 0][-_LATEST:]
    if len(points) < _FEWEST:
        return None
    most = points[-1].count
    x = numpy.array([math.log(point.count / most) for point in points])
    y = numpy.array([math.log(point.rmse) for point in points])
    noise = numpy.array([max(point.rmse_error / point.rmse, _LEAST_NOISE) for point in points])
    weights = numpy.exp(_LATER * x) / noise**2
    terms = numpy.stack([numpy.ones_like(x), -x], axis=1)
    inverse = numpy.linalg.inv((terms.T * weights) @ terms)
    level, exponent = inverse @ (terms.T * weights) @ y
    freedom = len(points) - 2
    left = float((weights * (y - terms @ [level, exponent]) ** 2).sum()) / freedom
    covariance = inverse * max(left, 1.0)
    half = float(stdtrit(freedom, (1 + LEVEL) / 2)) * math.sqrt(covariance[1, 1])
    return PowerLaw(
        float(exponent),
        float(exponent - half),
        float(exponent + half),
        float(level),
        most,
        _pairs(covariance),
        float(noise[-1]),
        freedom,
    )


def _pairs(covariance: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    (a, b), (c, d) = covariance.tolist()
    return (a, b), (c, d)
