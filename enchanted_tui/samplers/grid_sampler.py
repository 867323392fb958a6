"""A regular grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.finite import ProductSampler
from enchanted_tui.samplers.parameter import Parameter
from enchanted_tui.suggestions import did_you_mean

Number = int | float


class GridSampler(ProductSampler):
    """Evenly spaced values of each parameter, both bounds included, in all combinations."""

    independent: ClassVar[bool] = True

    bounds: list[tuple[int | float, int | float]] | None = option(
        None,
        doc=(
            "Lower and upper bound of each parameter, both on the grid, where `parameters` is a"
            " list of names."
        ),
        example=[[0.0, 1.0], [-5, 5]],
    )
    num_samples: int | list[int] | dict[str, int] | None = option(
        None,
        doc=(
            "Number of values of each parameter, or one number for all; a single value is the lower"
            " bound. Listed values are all taken, and need none."
        ),
        ge=1,
        example=5,
    )

    @property
    def pairs(self) -> Sequence[tuple[Number, Number]]:
        """The bounds of the parameters, where these are a list of names."""
        return self.bounds or ()

    def counts(self) -> list[int]:
        """Return how many values of each parameter are asked for; 0 where all there are."""
        if isinstance(self.num_samples, dict):
            return [self.num_samples.get(name, 0) for name in self.parameters]
        if isinstance(self.num_samples, list):
            return list(self.num_samples)
        return [self.num_samples or 0] * len(self.parameters)

    def sizes(self) -> list[int]:
        return self.counts() if self.described is None else list(map(len, self.axes()))

    def axes(self) -> Sequence[Sequence[Any]]:
        if self.described is not None:
            named = zip(self.described.values(), self.counts(), strict=True)
            return [_grid(parameter, count) for parameter, count in named]
        import numpy

        pairs = zip(self.pairs, self.sizes(), strict=True)
        return [
            numpy.linspace(float(lower), float(upper), count).tolist()
            for (lower, upper), count in pairs
        ]

    def axis_problems(self) -> Iterator[tuple[str, str]]:
        yield from shared_checks.bounds_problems(self.parameters, self.bounds)
        for index, (lower, upper) in enumerate(self.pairs):
            yield from shared_checks.interval_problems(lower, upper, f"bounds[{index}]")
        if isinstance(self.num_samples, list):
            yield from shared_checks.count_problems(
                len(self.num_samples), self.parameters, "num_samples", "numbers of values"
            )
            if len(self.num_samples) != len(self.parameters):
                return
        elif isinstance(self.num_samples, dict):
            for name in self.num_samples.keys() - set(self.parameters):
                hint = did_you_mean(name, self.parameters)
                yield f"num_samples.{name}", f"there is no parameter {name!r}{hint}"
        without = [
            name
            for name, count in zip(self.parameters, self.counts(), strict=True)
            if not count and not self._is_listed(name)
        ]
        if without:
            yield (
                "num_samples",
                f"is required: number of values of each parameter; that of {without[0]!r} is"
                " missing",
            )

    def _is_listed(self, name: str) -> bool:
        return self.described is not None and self.described[name].axis().listed is not None


def _grid(parameter: Parameter, count: int) -> list[Any]:
    axis = parameter.axis()
    if axis.listed is not None:
        return axis.listed
    return axis.grid(1 if axis.is_constant else count)
