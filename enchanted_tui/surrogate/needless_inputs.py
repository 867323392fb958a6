"""Parameters that an output does not depend on, as far as samples show that differ in nothing else:
those of children where the output is their parent's, an axis of a grid that does nothing.

Such samples are one to a model: they are held out together, since one would tell the value of the
others, and the model leaves the parameter out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy

from enchanted_tui.surrogate.equal_samples import (
    LEFT_OUT,
    column_keys,
    is_same,
    joined,
    numbered,
)
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.training_data import OutputValues, TrainingData, counted_in

_BY_CHANCE = math.log(1e-6)  #: of a probability: above it, equal values say nothing


@dataclass(frozen=True)
class OutputSamples:
    """The samples from which one output is learnt."""

    rows: Array  #: (n,): their numbers among the training data
    points: Array  #: (n, d), with `LEFT_OUT` for what is needless
    values: Array  #: (n, m)
    groups: Array  #: (n,): those of one group are held out together ...
    counted_in: str  #: ... and what a group is: samples, points or parents
    needless: tuple[str, ...]  #: parameters that it does not depend on
    alike: int  #: samples with the value of another one that differs in nothing else


class SampleChooser:
    """Tells from which samples each output of a dataset is learnt."""

    def __init__(self, data: TrainingData) -> None:
        self._data = data
        self._keys = column_keys(data.points)
        self._places, begin = dict[str, list[int]](), 0
        for one in data.space.inputs:
            self._places[one.name] = list(range(begin, begin + one.n_features))
            begin += one.n_features

    def of(self, output: OutputValues) -> OutputSamples:
        """Return the samples that have the output."""
        data, rows = self._data, self._data.known(output)
        points, values, groups = data.points[rows], output.values[rows], data.groups[rows]
        names, key = self._needless(rows, values)
        if not names:
            return OutputSamples(rows, points, values, groups, data.counted_in, (), 0)
        points[:, self._columns(names)] = LEFT_OUT
        same = numbered(key)
        groups = joined(groups, same)
        return OutputSamples(
            *(rows, points, values, groups),
            counted_in(groups, data.columns, data.drawn),
            tuple(names),
            len(rows) - int(same.max()) - 1,
        )

    def _columns(self, names: Sequence[str]) -> list[int]:
        return [place for name in names for place in self._places[name]]

    def _needless(self, rows: Array, values: Array) -> tuple[list[str], Array]:
        """Return the parameters that do not change the values of some rows, and of each row what
        tells apart those that differ in any other.
        """
        keys = self._keys[rows]
        key, found = keys.sum(axis=1), list[str]()
        left = keys.shape[1]
        for names in self._tried():
            columns = self._columns([name for name in names if name not in found])
            if not 0 < len(columns) < left:
                continue
            rest = key - keys[:, columns].sum(axis=1)
            if _is_shown(numbered(key), numbered(rest), values):
                key, left = rest, left - len(columns)
                found += [name for name in names if name not in found]
        return found, key

    def _tried(self) -> Iterator[list[str]]:
        """Yield the parameters to try and do without: all that a later stage draws, the last first,
        since their values go together; then each by itself.
        """
        stages, known = self._data.drawn.by_stage, self._data.space.names
        for stage in range(len(stages) - 1, 0, -1):
            before = {name for names in stages[:stage] for name in names}
            yield [name for name in stages[stage] if name in known and name not in before]
        for name in known:
            yield [name]


def _is_shown(before: Array, after: Array, values: Array) -> bool:
    """Say whether samples show that values follow from what tells them apart `after` something is
    left out, which tells fewer apart than `before`: all that are the same then have one value, and
    they are too many for that to be chance.
    """
    _, first = numpy.unique(after, return_index=True)
    pairs = int(before.max()) + 1 - len(first)
    if not pairs or not is_same(after, values):
        return False
    some = values[first]
    _, counts = numpy.unique(some, axis=0, return_counts=True)
    by_chance = float(((counts / len(some)) ** 2).sum())
    return pairs * math.log(by_chance) < _BY_CHANCE
