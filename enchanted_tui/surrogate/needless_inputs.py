"""Parameters that an output does not depend on, as samples show that differ in nothing else: those
of children where the output is their parent's, an axis of a grid that does nothing.

A model that knows this learns from one of them, see `equal_samples`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy

from enchanted_tui.surrogate.equal_samples import is_same, least_difference, numbered
from enchanted_tui.surrogate.model_inputs import Array
from enchanted_tui.surrogate.training_data import OutputValues, TrainingData

_BY_CHANCE = math.log(1e-6)  #: of a probability: above it, equal values say nothing


def needless_inputs(data: TrainingData, output: OutputValues) -> list[str]:
    """Return the names of the parameters that do not change an output."""
    rows = data.known(output)
    values, places = output.values[rows], _features(data)
    kept, found = numpy.ones(data.points.shape[1], dtype=bool), list[str]()
    for names in _tried(data):
        rest = kept.copy()
        rest[[place for name in names for place in places[name]]] = False
        if (rest == kept).all() or not rest.any():
            continue
        points = data.points[rows]
        if _is_shown(points[:, kept], points[:, rest], values):
            kept = rest
            found += names
    return found


def without_needless(data: TrainingData, points: Array, names: Sequence[str]) -> Array:
    """Return points, (n, d), at which the parameters of these names are the same."""
    if not names:
        return points
    places = _features(data)
    found: Array = points.copy()
    found[:, [place for name in names for place in places[name]]] = 0.0
    return found


def _features(data: TrainingData) -> dict[str, list[int]]:
    """Return which columns of the points are each parameter's."""
    found, begin = {}, 0
    for one in data.space.inputs:
        found[one.name] = list(range(begin, begin + one.n_features))
        begin += one.n_features
    return found


def _tried(data: TrainingData) -> Iterator[list[str]]:
    """Yield the parameters to try and do without: all that a later stage draws, the last first,
    since their values go together; then each by itself.
    """
    known = data.space.names
    for stage in range(len(data.drawn.by_stage) - 1, 0, -1):
        before = {name for names in data.drawn.by_stage[:stage] for name in names}
        yield [name for name in data.drawn.by_stage[stage] if name in known and name not in before]
    for name in known:
        yield [name]


def _is_shown(points: Array, rest: Array, values: Array) -> bool:
    """Say whether samples show that values depend on the `rest` of the points' columns alone: all
    that are equal in these have one value, and too many are for that to be chance.
    """
    group = numbered(rest)
    kinds = int(group.max()) + 1
    if kinds == len(points):
        return False
    pairs = int(numbered(points).max()) + 1 - kinds
    if not pairs or not is_same(group, values):
        return False
    _, counts = numpy.unique(
        numpy.round(values / least_difference(values)), axis=0, return_counts=True
    )
    by_chance = float(((counts / len(values)) ** 2).sum())
    return pairs * math.log(by_chance) < _BY_CHANCE
