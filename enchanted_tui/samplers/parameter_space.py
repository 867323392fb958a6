"""From points of the unit cube to samples, and from samples to what a model is told of them.

All samplers share this one mapping, so that a parameter means the same in each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy

from enchanted_tui.config.ranges import Range, Ranges
from enchanted_tui.samplers.axes import Array, Axis
from enchanted_tui.samplers.parameter import Parameter

Columns = dict[str, Array]


class ParameterSpace:
    """Parameters by name, each an axis of the unit cube, in their order."""

    def __init__(self, axes: Mapping[str, Axis]) -> None:
        self.axes = dict(axes)

    @classmethod
    def described(cls, parameters: Mapping[str, Mapping[str, Any]]) -> ParameterSpace:
        """Return the space of parameters as a configuration describes them (see `Parameter`)."""
        return cls({name: Parameter(**given).axis() for name, given in parameters.items()})

    @property
    def names(self) -> list[str]:
        return list(self.axes)

    @property
    def is_constant(self) -> bool:
        return all(axis.is_constant for axis in self.axes.values())

    @property
    def is_discrete(self) -> bool:
        """True if every parameter has its values one by one, so that there are finitely many
        points.
        """
        return all(axis.is_discrete or axis.is_constant for axis in self.axes.values())

    def columns(self, unit: Array) -> Columns:
        """Return the values at points of the unit cube, shape (n, d), by parameter."""
        return {name: axis.values(unit[:, k]) for k, (name, axis) in enumerate(self.axes.items())}

    def columns_of(self, samples: Sequence[Mapping[str, Any]]) -> Columns:
        """Return samples as columns; raises KeyError if one lacks a parameter."""
        return columns_of(samples, self.axes)

    def features(self, columns: Mapping[str, Array]) -> Array:
        """Return what a model is told of samples, from 0 to 1, shape (n, features): constant
        parameters are left out, and one without order has a column for each of its values.
        """
        return numpy.hstack([axis.features(columns[name]) for name, axis in self.axes.items()])

    def from_features(self, features: Array) -> Columns:
        """Return the values that are nearest to what a model proposes, shape (n, features)."""
        found: Columns = {}
        begin = 0
        for name, axis in self.axes.items():
            found[name] = axis.from_features(features[:, begin : begin + axis.n_features])
            begin += axis.n_features
        return found

    def discrete_features(self) -> Array:
        """Tell of each feature whether it belongs to a parameter that is discrete."""
        flags = [[axis.is_discrete] * axis.n_features for axis in self.axes.values()]
        return numpy.array([flag for several in flags for flag in several], dtype=bool)

    def ranges(self) -> Ranges:
        found: dict[str, Range | None] = {name: axis.reach() for name, axis in self.axes.items()}
        return found


def columns_of(samples: Sequence[Mapping[str, Any]], names: Iterable[str]) -> Columns:
    """Return samples as arrays by name; raises KeyError if one lacks a value."""
    return {name: as_array([sample[name] for sample in samples]) for name in names}


def as_array(values: Sequence[Any]) -> Array:
    """Return values as an array: of floating point if all are numbers, else of what they are."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        try:
            return numpy.array(values, dtype=float)
        except OverflowError:  # whole numbers beyond all floating point
            pass
    found = numpy.empty(len(values), dtype=object)
    found[:] = list(values)
    return found


def as_rows(columns: Mapping[str, Array]) -> list[dict[str, Any]]:
    """Return columns as samples, of plain values."""
    names, lists = list(columns), [column.tolist() for column in columns.values()]
    return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]
