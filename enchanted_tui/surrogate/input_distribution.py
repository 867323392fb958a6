"""How parameters are distributed: as the campaign drew them, where it says so, else evenly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy

from enchanted_tui.samplers.axes import Axis, Interval, Logarithmic
from enchanted_tui.surrogate.campaign_inputs import DrawnParameters
from enchanted_tui.surrogate.model_inputs import Array, InputSpace, ModelInput
from enchanted_tui.surrogate.sensitivity_text import AS_DRAWN


class InputDistribution:
    """Independent distributions of the parameters that vary; a coordinate between 0 and 1 is a
    quantile.
    """

    def __init__(self, space: InputSpace, axes: Mapping[str, Axis]) -> None:
        self._space = space
        self._axes = {one.name: axes[one.name] for one in space.varying if one.name in axes}

    @classmethod
    def drawn(cls, space: InputSpace, drawn: DrawnParameters) -> InputDistribution:
        """Return the distributions that the samplers of a campaign draw from."""
        return cls(space, {name: axis for name, axis in drawn.axes.items() if not axis.is_constant})

    @property
    def dimensions(self) -> int:
        return len(self._space.varying)

    def features(self, unit: Array) -> Array:
        """Return what a model is told at coordinates (n, dimensions); parameters that never change
        have the value that they always have.
        """
        parts, number = [], 0
        for one in self._space.inputs:
            if one.n_features:
                parts.append(one.features(self._values(one, unit[:, number])))
                number += 1
        return numpy.hstack(parts)

    def _values(self, one: ModelInput, unit: Array) -> Array:
        axis = self._axes.get(one.name)
        if axis is not None:
            return axis.values(unit)
        if one.is_category:
            places = numpy.minimum((unit * len(one.values)).astype(int), len(one.values) - 1)
            found = numpy.empty(len(unit), dtype=object)
            found[:] = [one.values[place] for place in places.tolist()]
            return found
        plain = Logarithmic(one.low, one.high) if one.log else Interval(one.low, one.high)
        return plain.values(unit)

    def grid(self, one: ModelInput, count: int) -> list[object]:
        """Return values of a parameter from one end to the other."""
        if one.is_category:
            return list(one.values)
        middle = (numpy.arange(count) + 0.5) / count
        found: list[object] = self._values(one, middle).tolist()
        return found

    def described(self) -> list[str]:
        """Say of each parameter how it is taken to be distributed."""
        return [f"{one.name} {self._words(one)}" for one in self._space.varying]

    def _words(self, one: ModelInput) -> str:
        if one.name in self._axes:
            return AS_DRAWN
        if one.is_category:
            return "each value alike"
        return f"{'log-' if one.log else ''}uniform from {one.low:.4g} to {one.high:.4g}"
