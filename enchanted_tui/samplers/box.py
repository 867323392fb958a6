"""What samplers have in common that draw from a box: one pair of bounds for each named parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Range, Ranges
from enchanted_tui.samplers import checks
from enchanted_tui.samplers.base import Sample, Sampler

if TYPE_CHECKING:
    import numpy


class BoxSampler(Sampler):
    """A sampler whose points lie between a lower and an upper bound in each parameter."""

    bounds: list[tuple[int | float, int | float]] = option(
        doc="Lower and upper bound of each parameter; equal bounds hold a parameter constant.",
        example=[[0.0, 1.0], [-5, 5]],
    )
    parameters: list[str] = option(
        doc="Name of each parameter, in the order of the bounds.", example=["x", "y"]
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from checks.name_problems(self.parameters)
        yield from checks.count_problems(
            len(self.bounds), self.parameters, "bounds", "pairs of bounds"
        )
        for index, (lower, upper) in enumerate(self.bounds):
            yield from self.interval_problems(lower, upper, f"bounds[{index}]")

    def interval_problems(
        self, lower: int | float, upper: int | float, where: str
    ) -> Iterator[tuple[str, str]]:
        """Check one pair of bounds, `where` being its place in the options."""
        return checks.interval_problems(lower, upper, where)

    def ranges(self) -> Ranges:
        pairs = zip(self.parameters, self.bounds, strict=True)
        return {name: Range(float(lower), float(upper)) for name, (lower, upper) in pairs}

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        yield from checks.name_warnings(self.parameters)


def scale(
    unit: numpy.ndarray[Any, Any], bounds: Sequence[tuple[int | float, int | float]]
) -> numpy.ndarray[Any, Any]:
    """Map points of the unit cube, shape (n, d), into the box of `d` bounds, upper bounds included."""
    import numpy  # while workers start, not before

    lower = numpy.array([float(pair[0]) for pair in bounds])
    upper = numpy.array([float(pair[1]) for pair in bounds])
    # rounding may step over the bound
    points: numpy.ndarray[Any, Any] = numpy.minimum(lower + unit * (upper - lower), upper)
    return points


def as_samples(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Sample]:
    """Return rows of plain values as samples."""
    return [dict(zip(names, row)) for row in rows]  # noqa: B905 - as long as the names; strict costs a third more
