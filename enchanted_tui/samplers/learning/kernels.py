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
    slope = slope_over_distance(distance, smoothness)[:, None] * scaled / scales
    return correlation_at(distance, smoothness), slope


def distances(first: Array, second: Array, scales: Array) -> Array:
    """Return the distances, in length scales, of points of shape (n, d) from points of shape (m,
    d), shape (n, m).
    """
    one, other = first / scales, second / scales
    squared = (
        (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1)[None, :] - 2 * one @ other.T
    )
    distance: Array = numpy.sqrt(numpy.maximum(squared, 0.0))
    return distance


def correlation_at(distance: Array, smoothness: float) -> Array:
    """Return the correlation at distances in length scales.

    C. E. Rasmussen, C. K. I. Williams, *Gaussian Processes for Machine Learning* (2006), equations
    4.9, 4.14 and 4.17.
    """
    if smoothness == math.inf:
        return numpy.exp(-0.5 * distance**2)
    scaled = math.sqrt(2 * smoothness) * distance
    polynomial = {0.5: 1.0, 1.5: 1 + scaled, 2.5: 1 + scaled + scaled**2 / 3}[smoothness]
    found: Array = polynomial * numpy.exp(-scaled)
    return found


def slope_over_distance(distance: Array, smoothness: float) -> Array:
    """Return k'(r) / r for correlations k at distances r in length scales, which stays finite at 0
    for all but the roughest kernel.
    """
    if smoothness == math.inf:
        return -numpy.exp(-0.5 * distance**2)
    scaled = math.sqrt(2 * smoothness) * distance
    if smoothness == 0.5:
        return -numpy.exp(-distance) / numpy.maximum(distance, 1e-9)
    factor = -3.0 if smoothness == 1.5 else -5.0 / 3.0 * (1 + scaled)
    return factor * numpy.exp(-scaled)
