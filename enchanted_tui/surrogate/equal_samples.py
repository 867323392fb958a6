"""Which samples are the same: points with equal coordinates, outputs with one value.

Equality is that of numbers, but for rounding: the output of a parent is the very same in all of its
children.
"""

from __future__ import annotations

import numpy

from enchanted_tui.surrogate.model_inputs import Array

_ROUNDED = 1e-9  #: by which share of themselves values may differ that are one, ...
_BESIDE = 1e-12  #: ... and by which share of the largest
LEFT_OUT = -1.0  #: coordinate of all points in what a model leaves out; others are from 0 to 1


def column_keys(points: Array) -> Array:
    """Return of each coordinate of points (n, d) a random 64-bit number, the same for equal ones of
    a column: the sum over columns, modulo 2**64, tells points apart in these. Of a million, two
    meet by chance once in 10 million times.
    """
    factors = numpy.random.default_rng(0).integers(2**64, size=points.shape[1], dtype=numpy.uint64)
    keys = numpy.empty(points.shape, dtype=numpy.uint64)
    for number, column in enumerate(points.T):
        codes = numpy.unique(column, return_inverse=True)[1].reshape(-1)
        keys[:, number] = (codes.astype(numpy.uint64) + numpy.uint64(1)) * (
            factors[number] | numpy.uint64(1)
        )
    return keys


def numbered(keys: Array) -> Array:
    """Return of each key (n,) the number of its value, from 0."""
    found: Array = numpy.unique(keys, return_inverse=True)[1].reshape(-1)
    return found


def merged(points: Array, values: Array) -> tuple[Array, Array]:
    """Return points (n, d) and values (n, m) with one row for each point, if all values at one
    point are the same; else all rows, since what repeats tell of the noise is wanted.
    """
    group = numbered(column_keys(points).sum(axis=1))
    _, first = numpy.unique(group, return_index=True)
    if len(first) == len(points) or not is_same(group, values):
        return points, values
    chosen = numpy.sort(first)  # in the order of the samples
    return points[chosen], values[chosen]


def is_same(group: Array, values: Array) -> bool:
    """Say whether the values (n, m) of each group are the same."""
    order = numpy.argsort(group, kind="stable")
    begins = numpy.flatnonzero(numpy.diff(group[order], prepend=-1))
    low = numpy.minimum.reduceat(values[order], begins)
    high = numpy.maximum.reduceat(values[order], begins)
    sizes = numpy.maximum(numpy.abs(low), numpy.abs(high))
    return bool((high - low <= _ROUNDED * sizes + _BESIDE * sizes.max()).all())
