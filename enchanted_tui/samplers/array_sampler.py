"""Explicit values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.samplers import checks
from enchanted_tui.samplers.finite import ProductSampler


class ArraySampler(ProductSampler):
    """Listed values of each parameter, numbers or text, in all combinations."""

    bounds: list[list[Any]] = option(
        doc="The values of each parameter, of any type.", example=[[1, 10, 100], ["L", "H"]]
    )

    def sizes(self) -> list[int]:
        return [len(values) for values in self.bounds]

    def axes(self) -> Sequence[Sequence[Any]]:
        return self.bounds

    def axis_problems(self) -> Iterator[tuple[str, str]]:
        yield from checks.count_problems(
            len(self.bounds), self.parameters, "bounds", "lists of values"
        )
        for index, values in enumerate(self.bounds):
            if not values:
                yield f"bounds[{index}]", "this list of values is empty; give at least one value"
