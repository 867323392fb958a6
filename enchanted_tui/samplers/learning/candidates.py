"""Where a model may propose samples: all of the unit cube, what parameters and constraints leave of
it, or given points.

The search goes on in the coordinates of the model (see `ParameterSpace.features`). What it proposes
is brought to the nearest values that the parameters may have before the model judges it, so that it
is never misled by what would be rounded away: E. C. Garrido-Merchan, D. Hernandez-Lobato, *Dealing
with categorical and integer-valued variables in Bayesian optimization with Gaussian processes*,
Neurocomputing 380 (2020), doi:10.1016/j.neucom.2019.11.004.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy

from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.candidate_pool import CandidatePool
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.parameter_space import ParameterSpace
from enchanted_tui.samplers.region import Region

_FEWEST = 128  #: candidates that are looked for where constraints leave little room
_MOST_TRIES = 1 << 17


class Cube:
    """Every point of the unit cube of `dimensions`."""

    #: How many points spread over it are worth looking at first.
    n_spread: ClassVar[int] = 1024
    #: True if one may climb from a point to better ones.
    can_climb: ClassVar[bool] = True

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


class Given(Cube):
    """The points of a pool that have not been drawn."""

    n_spread: ClassVar[int] = 8192
    can_climb: ClassVar[bool] = False

    def __init__(self, pool: CandidatePool, taken: Sequence[int]) -> None:
        """`taken`: the rows of those that have been drawn."""
        super().__init__(pool.features.shape[1])
        self._pool = pool
        self._is_free = ~numpy.isin(pool.rows, numpy.array(taken, dtype=numpy.int64))
        self._free = numpy.flatnonzero(self._is_free)
        #: places among the pool's rows of the points that have been given, by their features
        self._given: dict[bytes, set[int]] = {}

    def spread(self, count: int, rng: numpy.random.Generator) -> Array:
        """Return `count` of the points at random, in the order of the file; all if there are
        fewer.
        """
        chosen = self._free
        if count < len(chosen):
            chosen = numpy.sort(rng.choice(chosen, count, replace=False))
        return self._points(chosen)

    def allowed(self, points: Array) -> Array:
        """Return the points of the pool that are nearest to some; none where all are looked at
        anyway.
        """
        if len(self._free) <= self.n_spread or not len(points):
            return numpy.empty((0, self.dimensions))
        _, places = self._pool.tree.query(points)
        places = numpy.unique(places)
        return self._points(places[self._is_free[places]])

    def _points(self, places: Array) -> Array:
        points = self._pool.features[places]
        for place, point in zip(places.tolist(), points, strict=True):
            self._given.setdefault(point.tobytes(), set()).add(place)
        return points

    def rows(self, points: Array) -> list[int]:
        """Return the rows of points that it has given, none twice: of equal ones the first, and
        another one that is left where there are no more.
        """
        chosen: dict[int, None] = {}
        for point in points:
            equal = sorted(self._given.get(point.tobytes(), set()) - chosen.keys())
            left = (place for place in self._free.tolist() if place not in chosen)
            chosen[equal[0] if equal else next(left)] = None
        return self._pool.rows[list(chosen)].tolist()  # type: ignore[no-any-return]


def _distinct(points: Array) -> Array:
    """Return points in their order, each once."""
    _, first = numpy.unique(points, axis=0, return_index=True)
    return points[numpy.sort(first)]
