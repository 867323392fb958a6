"""Random points that are evenly spread, by position: those of a scrambled Sobol sequence, and with
constraints, of its points that keep them.
"""

from __future__ import annotations

from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.axes import Array
from enchanted_tui.samplers.parameter_space import ParameterSpace
from enchanted_tui.samplers.region import KeptPoints, Region


class SpreadPoints:
    """Points of the unit cube of a space."""

    def __init__(self, space: ParameterSpace, region: Region | None, seed: int) -> None:
        """`region`: what they are held to, None for the whole box."""
        self.seed, self._dimensions = seed, len(space.axes)
        self._kept: KeptPoints | None = None
        if region is not None:
            self._kept = KeptPoints(region, lambda *ends: space.columns(self._points(*ends)))

    def at(self, position: int) -> tuple[float, ...]:
        """Return the point that belongs to a position. Raises EmptyRegionError where hardly any
        keeps the constraints.
        """
        if self._kept is not None:
            position = int(self._kept.numbers(position, position + 1)[0])
        return tuple(self._points(position, position + 1)[0].tolist())

    def _points(self, begin: int, end: int) -> Array:
        engine = qmc.engine("Sobol", self._dimensions, self.seed, scramble=True)
        if begin:
            engine.fast_forward(begin)
        points: Array = engine.random(end - begin)
        return points
