"""What samplers have in common that have a fixed number of points: a grid, lists of values, a file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from enchanted_tui.config.options import Option, option
from enchanted_tui.config.ranges import Ranges, range_of
from enchanted_tui.samplers import checks
from enchanted_tui.samplers.base import Sample, Sampler
from enchanted_tui.samplers.box import as_samples

MAX_POINTS = 10_000_000


class TotalByDefault(Option):
    """An option of a sampler that is as large as the sampler's total where it is not given."""

    __slots__ = ()

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        given = vars(instance).get(self.name)
        return instance.total if given is None else given  # type: ignore[attr-defined]

    def __set__(self, instance: object, value: int | None) -> None:
        vars(instance)[self.name] = value


def total_by_default(doc: str) -> Any:
    """Declare an optional number of samples that defaults to all there are."""
    plain = option(None, doc=doc, ge=0)
    return TotalByDefault(
        **{name: getattr(plain, name) for name in Option.__slots__ if name not in ("name", "exact")}
    )


def stretch(total: int, begin: int, end: int) -> range:
    """Return positions `begin` to `end` of `total`; raises IndexError beyond the last."""
    if end > total:
        raise IndexError(
            f"there are {total} points; point {end - 1} was asked for, counting from 0"
        )
    return range(begin, end)


class ProductSampler(Sampler):
    """A sampler whose points are all combinations of a few values of each parameter, the last
    parameter changing fastest.

    The combinations are counted and addressed with exact integers and made when they are asked for,
    never held in memory.
    """

    seed = None  # nothing here is random

    parameters: list[str] = option(
        doc="Name of each parameter, in the order of the bounds.", example=["x", "y"]
    )
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )
    budget: int | None = total_by_default("Not used: there are exactly as many samples as points.")  # type: ignore[assignment]
    max_points: int = option(
        MAX_POINTS, doc="More points than this are an error, as they are hardly meant.", ge=1
    )

    def __init__(self, **config: Any) -> None:
        self._ignored_budget = config.pop("budget", None)
        super().__init__(**config)

    def sizes(self) -> list[int]:
        """Number of values of each parameter."""
        raise NotImplementedError

    def axes(self) -> Sequence[Sequence[Any]]:
        """Values of each parameter."""
        raise NotImplementedError

    @property
    def total(self) -> int:
        return math.prod(self.sizes())

    @property
    def is_determined(self) -> bool:
        return True

    @cached_property
    def _axes(self) -> Sequence[Sequence[Any]]:
        excess = checks.too_many_points(self.total, self.max_points)
        if excess:
            raise ValueError(excess)
        return self.axes()

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        """Return the points; raises ValueError if there are more than `max_points` in all,
        IndexError beyond the last.
        """
        axes, columns = self._axes, []
        positions = stretch(self.total, first + start, first + stop)
        stride = 1
        for values in reversed(axes):
            count = len(values)
            columns.append([values[position // stride % count] for position in positions])
            stride *= count
        return as_samples(self.parameters, zip(*reversed(columns), strict=True))

    def ranges(self) -> Ranges:
        return dict(zip(self.parameters, map(range_of, self._axes), strict=True))

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from checks.name_problems(self.parameters)
        found = list(self.axis_problems())
        yield from found
        excess = None if found else checks.too_many_points(self.total, self.max_points)
        if excess:
            yield "bounds", excess

    def axis_problems(self) -> Iterator[tuple[str, str]]:
        """Check what determines the values of each parameter."""
        raise NotImplementedError

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        yield from checks.name_warnings(self.parameters)
        if self._ignored_budget is not None and self._ignored_budget != self.total:
            yield (
                "budget",
                (
                    f"the budget is not used: there are exactly {self.total:,} points; remove it,"
                    " or change the points"
                ),
            )
