"""Explicit values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.finite import ProductSampler


class ArraySampler(ProductSampler):
    """Listed values of each parameter, numbers or text, in all combinations."""

    independent: ClassVar[bool] = True

    bounds: list[list[Any]] | None = option(
        None,
        doc="The values of each parameter, of any type, where `parameters` is a list of names.",
        example=[[1, 10, 100], ["L", "H"]],
    )

    def sizes(self) -> list[int]:
        return [len(values) for values in self.axes()]

    def axes(self) -> Sequence[Sequence[Any]]:
        if self.described is None:
            return self.bounds or ()
        return [parameter.axis().listed or () for parameter in self.described.values()]

    def axis_problems(self) -> Iterator[tuple[str, str]]:
        yield from shared_checks.bounds_problems(self.parameters, self.bounds, "lists of values")
        for name, parameter in (self.described or {}).items():
            if parameter.axis().listed is None:
                yield (
                    f"parameters.{name}",
                    "has no list of values; give `values` or `choice`, or take a GridSampler",
                )
        for index, values in enumerate(self.bounds or ()):
            if not values:
                yield f"bounds[{index}]", "this list of values is empty; give at least one value"
