"""Find where an acquisition function is largest in the unit cube."""

from __future__ import annotations

import numpy
from scipy.optimize import minimize

from enchanted_tui.samplers.learning.acquisition import Acquiring
from enchanted_tui.samplers.learning.candidates import Cube
from enchanted_tui.samplers.learning.kernels import Array

_NEARBY = 24  #: points about each of the best places known, at each of several distances
_CLIMBS = 8
_TOO_NEAR = 1e-7  #: in the unit cube: nothing new would be learnt


def maximise(
    acquisition: Acquiring, around: Array, known: Array, rng: numpy.random.Generator, cube: Cube
) -> tuple[Array, float]:
    """Return the best point found, shape (d,), and the logarithm of its worth.

    Looks at points of `cube` spread evenly and at some near `around` (k, d), then climbs with
    L-BFGS-B from the best of them. A point that coincides with one of `known` (n, d) is passed
    over.
    """
    spread = cube.spread(cube.n_spread, rng)
    candidates = numpy.vstack([spread, cube.allowed(_near(around, rng))])
    if not len(candidates):  # constraints leave hardly any room: go back to where something was
        candidates = around
    worth = acquisition.at(candidates)
    order = numpy.argsort(-worth, kind="stable")
    found = [(float(worth[index]), candidates[index]) for index in order[:_CLIMBS]]
    for start in _apart(candidates[order], _CLIMBS) if cube.can_climb else ():
        found += _climb(acquisition, start, cube)
    for value, point in sorted(found, key=lambda item: -item[0]):
        if _is_new(point, known):
            return point, value
    return _best_new(candidates, worth, order, known, cube)


def _is_new(point: Array, known: Array) -> bool:
    return bool(numpy.abs(known - point).max(axis=1).min() > _TOO_NEAR)


def _best_new(
    candidates: Array, worth: Array, order: Array, known: Array, cube: Cube
) -> tuple[Array, float]:
    """Return the best candidate that is not known where parameters are discrete and the best ones
    are; the last of all where there is none.
    """
    if type(cube) is not Cube:
        for index in order:
            if _is_new(candidates[index], known):
                return candidates[index], float(worth[index])
    return candidates[order[-1]], float(worth[order[-1]])


def _near(around: Array, rng: numpy.random.Generator) -> Array:
    rings = [
        around[:, None] + width * rng.standard_normal((len(around), _NEARBY, around.shape[1]))
        for width in (0.2, 0.03, 0.005)
    ]
    points: Array = numpy.clip(
        numpy.concatenate(rings, axis=1).reshape(-1, around.shape[1]), 0.0, 1.0
    )
    return points


def _apart(ordered: Array, count: int) -> list[Array]:
    """Return the first points that are not all on one hill: each some way from those before it, as
    far as that leaves enough.
    """
    chosen: list[Array] = []
    for distance in (0.1, 0.02, 0.0):
        for point in ordered[:200]:
            if len(chosen) == count:
                return chosen
            if all(numpy.abs(point - other).max() > distance for other in chosen):
                chosen.append(point)
    return chosen


def _climb(acquisition: Acquiring, start: Array, cube: Cube) -> list[tuple[float, Array]]:
    """Return where a climb ends, and its worth; nothing where that is not allowed."""

    def loss(point: Array) -> tuple[float, Array]:
        value, gradient = acquisition.slope(point)
        return -value, -gradient

    result = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=cube.limits(start),
        options={"maxiter": 60, "ftol": 1e-10},
    )
    ends = cube.allowed(numpy.clip(result.x, 0.0, 1.0)[None])
    return [(-float(result.fun), end) for end in ends]
