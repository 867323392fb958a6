"""Which of several values are not dominated, and how much they dominate. Large is good throughout.

A value dominates another one that is nowhere larger and somewhere smaller; those that none
dominates are the Pareto front.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

from enchanted_tui.samplers import qmc

Array = numpy.ndarray[Any, Any]

_DIRECTIONS = 4096  #: over which a hypervolume of three or more dimensions is averaged


def on_front(values: Array) -> Array:
    """Tell of each of `values` (n, m) whether it is on the front, as truth values (n,).

    Equal values do not dominate each other; one that is not finite is never on it. Of two
    objectives it takes the time of sorting, of more at most n times the size of the front.
    """
    found = numpy.zeros(len(values), dtype=bool)
    places = numpy.flatnonzero(numpy.isfinite(values).all(axis=1))
    if not len(places):
        return found
    kept, inverse = numpy.unique(values[places], axis=0, return_inverse=True)
    inside = _front_of_two(kept) if kept.shape[1] == 2 else _front_of_many(kept)
    found[places] = inside[inverse.ravel()]
    return found


def _front_of_two(values: Array) -> Array:
    """`values` are distinct and sorted by the first, then the second."""
    best = numpy.maximum.accumulate(values[::-1, 1])[::-1]  # of all that are not less in the first
    after = numpy.append(best[1:], -numpy.inf)
    inside: Array = values[:, 1] > after
    return inside


def _front_of_many(values: Array) -> Array:
    """`values` are distinct: the largest sum of ranks that is left is never dominated."""
    order = numpy.argsort(-_dense_ranks(values).sum(axis=1), kind="stable")
    inside = numpy.zeros(len(values), dtype=bool)
    while len(order):
        best = order[0]
        inside[best] = True
        rest = order[1:]
        order = rest[(values[rest] > values[best]).any(axis=1)]
    return inside


def _dense_ranks(values: Array) -> Array:
    """Return the rank of each number in its column; equal ones have the same."""
    columns = [numpy.unique(column, return_inverse=True)[1].ravel() for column in values.T]
    return numpy.stack(columns, axis=1)


def hypervolume(values: Array, reference: Array, scale: Array) -> float:
    """Return the volume of what `values` (n, m) dominate and `reference` (m,) does not.

    Exact for two objectives. For more it is a mean over directions, to about 1 %: J. Deng, Q.
    Zhang, *Approximating Hypervolume and Hypervolume Contributions Using Polar Coordinate*, IEEE
    Trans. Evol. Comput. 23 (2019); R. Zhang, D. Golovin, *Random Hypervolume Scalarizations for
    Provable Multi-Objective Black Box Optimization*, ICML 2020. The 4,096 directions are always the
    same for one `scale` (m,), about how far values reach, so that it is never less with one more
    value.
    """
    above = values - reference
    above = above[(above > 0).all(axis=1)]
    if not len(above):
        return 0.0
    return _area(above) if above.shape[1] == 2 else _volume(above / scale) * float(scale.prod())


def _area(above: Array) -> float:
    front = above[on_front(above)]
    front = numpy.unique(front, axis=0)  # the first grows, the second falls
    widths = numpy.diff(front[:, 0], prepend=0.0)
    return float(widths @ front[:, 1])


def _volume(above: Array) -> float:
    size = above.shape[1]
    longest = numpy.zeros(_DIRECTIONS)
    directions = _directions(size)
    for point in above[on_front(above)]:
        longest = numpy.maximum(longest, (point / directions).min(axis=1))
    constant = math.pi ** (size / 2) / (2**size * math.gamma(size / 2 + 1))
    return float(constant * (longest**size).mean())


def _directions(size: int) -> Array:
    """Return unit vectors spread over the positive part of the sphere, shape (4096, size)."""
    from scipy.special import ndtri

    cube = qmc.engine("Sobol", size, 1, scramble=True).random(_DIRECTIONS)
    vectors = numpy.abs(ndtri(numpy.clip(cube, 1e-9, 1 - 1e-9)))
    vectors = numpy.maximum(vectors, 1e-9)
    directions: Array = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return directions
