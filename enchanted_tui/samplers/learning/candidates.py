"""Where a model may propose samples: all of the unit cube, or what parameters and constraints leave
of it.

The search goes on in the coordinates of the model (see `ParameterSpace.features`). What it proposes
is brought to the nearest values that the parameters may have before the model judges it, so that it
is never misled by what would be rounded away: E. C. Garrido-Merchan, D. Hernandez-Lobato, *Dealing
with categorical and integer-valued variables in Bayesian optimization with Gaussian processes*,
Neurocomputing 380 (2020), doi:10.1016/j.neucom.2019.11.004.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy

from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.parameter_space import ParameterSpace
from enchanted_tui.samplers.region import Region

_FEWEST = 128  #: candidates that are looked for where constraints leave little room
_MOST_TRIES = 1 << 17


class Cube:
    """Every point of the unit cube of `dimensions`."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions

    def spread(self, count: int, rng: numpy.random.Generator) -> Array:
        """Return about `count` points spread evenly, shape (n, dimensions)."""
        size = (count - 1).bit_length()
        points: Array = qmc.engine("Sobol", self.dimensions, rng).random_base2(size)[:count]
        return points

    def allowed(self, points: Array) -> Array:
        """Return points brought to values that parameters may have, without those that break
        constraints.
        """
        return points

    def limits(self, point: Array) -> list[tuple[float, float]]:
        """Return between which limits a climb from a point may go."""
        return [(0.0, 1.0)] * len(point)


class Allowed(Cube):
    """What parameters and constraints leave."""

    def __init__(self, space: ParameterSpace, region: Region) -> None:
        self._space, self._region = space, region
        self._discrete = space.discrete_features()
        super().__init__(len(self._discrete))

    @classmethod
    def described(cls, told: Mapping[str, Any]) -> Allowed:
        """Return what a question tells of the space."""
        region = Region(told["constraints"], told["derived"])
        return cls(ParameterSpace.described(told["parameters"]), region)

    def spread(self, count: int, rng: numpy.random.Generator) -> Array:
        engine = qmc.engine("Sobol", len(self._space.axes), rng)
        parts: list[Array] = []
        found = tried = 0
        while not tried or (found < min(count, _FEWEST) and tried < _MOST_TRIES):
            size = max(count, tried)  # twice as many each time
            columns = self._space.columns(engine.random(size))
            kept = self._space.features(columns)[self._region.holds(columns)]
            parts.append(kept)
            found, tried = found + len(kept), tried + size
        return _distinct(numpy.vstack(parts)[:count])

    def allowed(self, points: Array) -> Array:
        if not len(points):
            return points
        columns = self._space.from_features(points)
        return _distinct(self._space.features(columns)[self._region.holds(columns)])

    def limits(self, point: Array) -> list[tuple[float, float]]:
        pairs = zip(point.tolist(), self._discrete.tolist(), strict=True)
        return [(value, value) if discrete else (0.0, 1.0) for value, discrete in pairs]


def _distinct(points: Array) -> Array:
    """Return points in their order, each once."""
    _, first = numpy.unique(points, axis=0, return_index=True)
    return points[numpy.sort(first)]
