"""How parameters are distributed: as the campaign drew them, where it says so, else evenly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy

from enchanted_tui.samplers.axes import Axis, Interval, Listed, Logarithmic
from enchanted_tui.surrogate.campaign_inputs import DrawnParameters
from enchanted_tui.surrogate.model_inputs import Array, InputSpace, ModelInput
from enchanted_tui.surrogate.sensitivity_text import AS_DRAWN


class InputDistribution:
    """Independent distributions of the parameters that vary; a coordinate between 0 and 1 is a
    quantile.
    """

    def __init__(self, space: InputSpace, axes: Mapping[str, Axis], cut: str = "") -> None:
        self._space, self._cut = space, cut
        self._axes = {one.name: axes[one.name] for one in space.varying if one.name in axes}

    @classmethod
    def drawn(cls, space: InputSpace, drawn: DrawnParameters) -> InputDistribution:
        """Return the distributions that the samplers of a campaign draw from."""
        return cls(space, {name: axis for name, axis in drawn.axes.items() if not axis.is_constant})

    def cut(self, name: str, seen: Collection[Any]) -> InputDistribution:
        """Return the same with one parameter only as far as the values `seen` of it go, as it is
        distributed there.
        """
        axis = self._axes.get(name)
        if axis is None:
            return self  # even, over the range of the samples
        if isinstance(axis, Listed):
            part: Axis = axis.among(seen)
        else:
            part = _Part(axis, min(seen), max(seen))
        return InputDistribution(self._space, {**self._axes, name: part}, cut=name)

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

    def over(self, name: str) -> str:
        """Say how far a parameter goes."""
        one = next(one for one in self._space.inputs if one.name == name)
        if one.is_category:
            return f", of {', '.join(map(str, one.values))}"
        return f", from {one.low:.4g} to {one.high:.4g}"

    def described(self) -> list[str]:
        """Say of each parameter how it is taken to be distributed."""
        return [f"{one.name} {self._words(one)}" for one in self._space.varying]

    def _words(self, one: ModelInput) -> str:
        if one.name in self._axes:
            return AS_DRAWN + (self.over(one.name) if one.name == self._cut else "")
        if one.is_category:
            return "each value alike"
        return f"{'log-' if one.log else ''}uniform from {one.low:.4g} to {one.high:.4g}"


_HALVINGS = 60  #: of a quantile's interval


class _Part(Axis):
    """An axis between two values, both included: its distribution, given that it is there."""

    def __init__(self, axis: Axis, low: float, high: float) -> None:
        self._axis, self._low, self._high = axis, low, high
        self._begin = _quantile(axis, lambda value: value >= low)
        self._width = _quantile(axis, lambda value: value > high) - self._begin

    def values(self, unit: Array) -> Array:
        found: Array = numpy.clip(
            self._axis.values(self._begin + unit * self._width), self._low, self._high
        )
        return found


def _quantile(axis: Axis, is_beyond: Callable[[float], bool]) -> float:
    """Return the coordinate from which an axis is beyond a value, by bisection."""
    below, beyond = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (below + beyond) / 2
        if is_beyond(axis.values(numpy.array([middle]))[0]):
            beyond = middle
        else:
            below = middle
    return beyond
