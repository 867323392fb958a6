"""The samples from which an output is learnt, and how they are held out.

A parameter that the output does not depend on, as far as samples show that differ in nothing else,
is left out: so is a child's where the output is its parent's, and an axis of a grid that does
nothing. Samples that are one without it are held out together, and so are the children of one
parent: one would tell the value of the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy

from enchanted_tui.surrogate.equal_samples import LEFT_OUT, column_keys, is_same, numbered
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.training_data import FEWEST_PARENTS, OutputValues, TrainingData

_BY_CHANCE = math.log(1e-6)  #: of a probability: above it, equal values say nothing


@dataclass(frozen=True)
class OutputSamples:
    """The samples from which one output is learnt."""

    rows: Array  #: (n,): their numbers among the training data
    points: Array  #: (n, d), with `LEFT_OUT` for what is needless
    values: Array  #: (n, m)
    groups: Array  #: (n,): those of one group are held out together ...
    counted_in: str  #: ... and what a group is: samples, points or parents
    crossed: Array | None  #: (n,): which point of the children each has, if all parents have these
    parent_columns: tuple[int, ...] = ()  #: the coordinates of parents that are held out
    few_parents: int = 0  #: how many there are, where these are too few to be held out
    needless: tuple[str, ...] = ()  #: parameters that it does not depend on
    alike: int = 0  #: samples with the value of another one that differs in nothing else


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
        rows = self._data.known(output)
        points, values = self._data.points[rows], output.values[rows]
        needless, key = self._needless(rows, values)
        points[:, self._columns(needless)] = LEFT_OUT
        point = numbered(key)
        alike = len(rows) - int(point.max()) - 1 if needless else 0
        stages = self._stages(needless)
        keys, first = self._keys[rows], stages[0]
        parent = numbered(keys[:, self._columns(first)].sum(axis=1))
        parents = int(parent.max()) + 1 if len(stages) > 1 else 0
        if parents < FEWEST_PARENTS:
            few = parents if self._columns(self._between(first)) else 0
            is_parent = not set(first) & set(self._data.drawn.by_stage[-1])
            what = "parents" if is_parent and not few else "points"
            return OutputSamples(
                *(rows, points, values, point, _counted_in(point, what), None, (), few),
                *(tuple(needless), alike),
            )
        return OutputSamples(
            *(rows, points, values, parent, _counted_in(parent, "parents")),
            self._crossed(keys, [name for names in stages[1:] for name in names]),
            *(tuple(self._columns(first)), 0, tuple(needless), alike),
        )

    def _columns(self, names: Sequence[str]) -> list[int]:
        return [place for name in names for place in self._places[name]]

    def _stages(self, without: Sequence[str]) -> list[list[str]]:
        """Return the parameters that matter, by the stage that draws them first."""
        known = [name for name in self._data.space.names if name not in without]
        found, before = [], set[str]()
        for names in self._data.drawn.by_stage:
            own = [name for name in names if name in known and name not in before]
            before |= set(names)
            if self._columns(own):
                found.append(own)
        return found

    def _between(self, names: Sequence[str]) -> list[str]:
        """Return those of the parameters that have values between those of any two samples."""
        plain = {
            one.name for one in self._data.space.inputs if not one.is_category and not one.whole
        }
        return [name for name in names if name in plain]

    def _crossed(self, keys: Array, names: Sequence[str]) -> Array | None:
        """Return which point of the children each sample has, where that of one parent comes again
        with the others.
        """
        columns = self._columns(self._between(names))
        if not columns:
            return None
        found = numbered(keys[:, columns].sum(axis=1))
        return found if found.max() > 0 and 2 * (found.max() + 1) <= len(found) else None

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


def _counted_in(groups: Array, what: str) -> str:
    """Say what is held out, and so has to be counted: a sample that shares its point, or parent,
    with others tells less than one of its own.
    """
    return "samples" if 2 * (int(groups.max()) + 1) > len(groups) else what


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
