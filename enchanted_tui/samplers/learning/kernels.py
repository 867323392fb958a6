"""Stationary kernels on the unit cube with one length scale a dimension, and their derivatives with
respect to one of the points.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

Array = numpy.ndarray[Any, Any]

#: Names of the kernels, and the smoothness that scikit-learn's `Matern` knows them by.
SMOOTHNESS = {"Matern-1/2": 0.5, "Matern-3/2": 1.5, "Matern-5/2": 2.5, "RBF": math.inf}


def correlation(first: Array, second: Array, scales: Array, smoothness: float) -> Array:
    """Return the correlation of points of shape (n, d) with points of shape (m, d), shape (n,
    m).
    """
    return correlation_at(distances(first, second, scales), smoothness)


def correlation_and_slope(
    points: Array, where: Array, scales: Array, smoothness: float
) -> tuple[Array, Array]:
    """Return the correlation of points (n, d) with one point (d,), shape (n,), and its derivatives
    by that point, shape (n, d).
    """
    scaled = (where - points) / scales
    distance = numpy.sqrt((scaled * scaled).sum(axis=1))
    found, over_distance = correlation_with_slope(distance, smoothness)
    return found, over_distance[:, None] * scaled / scales


def distances(first: Array, second: Array, scales: Array) -> Array:
    """Return the distances, in length scales, of points of shape (n, d) from points of shape (m,
    d), shape (n, m).
    """
    one, other = first / scales, second / scales
    # in place, since memory is what takes the time where there are many points
    products = (2 * one) @ other.T
    distance: Array = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1)[None, :]
    distance -= products
    numpy.maximum(distance, 0.0, out=distance)
    return numpy.sqrt(distance, out=distance)


def correlation_at(distance: Array, smoothness: float) -> Array:
    """Return the correlation at distances in length scales.

    C. E. Rasmussen, C. K. I. Williams, *Gaussian Processes for Machine Learning* (2006), equations
    4.9, 4.14 and 4.17.
    """
    if smoothness == math.inf:
        return numpy.exp(-0.5 * distance**2)
    scaled, decay = _decay(distance, smoothness)
    if smoothness == 0.5:
        return decay
    return _times_polynomial(decay, scaled, 1 + scaled, smoothness)


def correlation_with_slope(distance: Array, smoothness: float) -> tuple[Array, Array]:
    """Return the correlation k at distances r in length scales, and k'(r) / r, which stays finite
    at 0 for all but the roughest kernel.
    """
    if smoothness == math.inf:
        found = correlation_at(distance, smoothness)
        return found, -found
    scaled, decay = _decay(distance, smoothness)
    if smoothness == 0.5:
        return decay, -decay / numpy.maximum(distance, 1e-9)
    more = 1 + scaled
    slope = -3.0 * decay if smoothness == 1.5 else -5.0 / 3.0 * more * decay
    return _times_polynomial(decay, scaled, more, smoothness), slope


def _decay(distance: Array, smoothness: float) -> tuple[Array, Array]:
    """Return what a Matérn kernel is a function of, and its exponential factor."""
    scaled = math.sqrt(2 * smoothness) * distance
    decay = numpy.negative(scaled)
    return scaled, numpy.exp(decay, out=decay)


def _times_polynomial(decay: Array, scaled: Array, more: Array, smoothness: float) -> Array:
    """Return the exponential factor times the polynomial, into `scaled`; `more` is 1 + `scaled`."""
    if smoothness == 1.5:
        return numpy.multiply(more, decay, out=scaled)
    scaled *= scaled
    scaled /= 3
    scaled += more
    return numpy.multiply(scaled, decay, out=scaled)
