"""Samples that are the same to a model: at one point, or as good as that, and with one value.

The likelihood of a Gaussian process has no bound there: each pair of them asks for less noise and a
smaller amplitude, whatever the other samples say.
"""

from __future__ import annotations

import numpy

from enchanted_tui.surrogate.model_inputs import Array

_SAME = 1e-4  #: of an output's standard deviation: values that differ by less are taken as one


def merged(points: Array, values: Array) -> tuple[Array, Array]:
    """Return points (n, d) and values (n, m) with one row for each point, if all values at one
    point are the same; else all rows, since what repeats tell of the noise is wanted.
    """
    group = numbered(points)
    _, first = numpy.unique(group, return_index=True)
    if len(first) == len(points) or not is_same(group, values):
        return points, values
    chosen = numpy.sort(first)  # in the order of the samples
    return points[chosen], values[chosen]


def numbered(points: Array) -> Array:
    """Return of each point (n, d) a number that it shares with equal ones alone."""
    key = numpy.zeros(len(points), dtype=numpy.uint64)
    factors = numpy.random.default_rng(0).integers(2**64, size=points.shape[1], dtype=numpy.uint64)
    for column, factor in zip(points.T, factors, strict=True):
        levels, codes = numpy.unique(column, return_inverse=True)
        if len(levels) == len(points):
            return numpy.arange(len(points))
        key += codes.reshape(-1).astype(numpy.uint64) * (factor | numpy.uint64(1))
    # random 64-bit numbers: of a million, two are equal by chance once in 10 million times
    _, found = numpy.unique(key, return_inverse=True)
    return found.reshape(-1)


def is_same(group: Array, values: Array) -> bool:
    """Say whether the values (n, m) of each group are the same."""
    order = numpy.argsort(group, kind="stable")
    begins = numpy.flatnonzero(numpy.diff(group[order], prepend=-1))
    low = numpy.minimum.reduceat(values[order], begins)
    high = numpy.maximum.reduceat(values[order], begins)
    return bool((high - low <= least_difference(values)).all())


def least_difference(values: Array) -> Array:
    """Return by how much values (n, m) in each column differ at least, where they are not the same:
    a share of their standard deviation or, in a column that never changes, of the largest one.
    """
    deviation = values.std(axis=0)
    known: Array = numpy.where(deviation > 0, deviation, max(float(deviation.max()), 1e-300))
    return _SAME * known
