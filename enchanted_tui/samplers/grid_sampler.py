"""A regular grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enchanted_tui.config.options import option
from enchanted_tui.samplers import checks
from enchanted_tui.samplers.finite import ProductSampler


class GridSampler(ProductSampler):
    """Evenly spaced values of each parameter, both bounds included, in all combinations."""

    bounds: list[tuple[int | float, int | float]] = option(
        doc="Lower and upper bound of each parameter, both on the grid.",
        example=[[0.0, 1.0], [-5, 5]],
    )
    num_samples: int | list[int] = option(
        doc=(
            "Number of values of each parameter, or one number for all; a single value is the lower"
            " bound."
        ),
        ge=1,
        example=5,
    )

    def sizes(self) -> list[int]:
        return (
            [self.num_samples] * len(self.bounds)
            if isinstance(self.num_samples, int)
            else list(self.num_samples)
        )

    def axes(self) -> Sequence[Sequence[float]]:
        import numpy

        pairs = zip(self.bounds, self.sizes(), strict=True)
        return [
            numpy.linspace(float(lower), float(upper), count).tolist()
            for (lower, upper), count in pairs
        ]

    def axis_problems(self) -> Iterator[tuple[str, str]]:
        yield from checks.count_problems(
            len(self.bounds), self.parameters, "bounds", "pairs of bounds"
        )
        for index, (lower, upper) in enumerate(self.bounds):
            yield from checks.interval_problems(lower, upper, f"bounds[{index}]")
        if isinstance(self.num_samples, list):
            yield from checks.count_problems(
                len(self.num_samples), self.parameters, "num_samples", "numbers of values"
            )
