"""What samplers have in common that have a fixed number of points: a grid, lists of values, a
file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.options import Option, option
from enchanted_tui.config.ranges import Ranges, range_of
from enchanted_tui.samplers import shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import as_samples, parameters_option, units_of
from enchanted_tui.samplers.design import WITH_TEXT
from enchanted_tui.samplers.parameter import Parameter
from enchanted_tui.samplers.repeats import RepeatingSampler

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Array
    from enchanted_tui.samplers.parameter_space import Columns
    from enchanted_tui.samplers.region import KeptPoints

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


_NEAR = 64  #: points that are so near to each other are made together


class FiniteSampler(RepeatingSampler):
    """A sampler that has a number of points to begin with, of which it takes those that keep the
    constraints.
    """

    @property
    def all_points(self) -> int:
        """How many points there are before constraints."""
        raise NotImplementedError

    def some_points(self, positions: range) -> list[Sample]:
        """Return points at consecutive positions among all, without what is derived."""
        raise NotImplementedError

    def some_columns(self, positions: range) -> Columns:
        """Return the same as columns."""
        from enchanted_tui.samplers.parameter_space import columns_of

        return columns_of(self.some_points(positions), self.drawn_names)

    @cached_property
    def kept(self) -> KeptPoints:
        """Which of the points keep the constraints."""
        from enchanted_tui.samplers.region import KeptPoints

        return KeptPoints(
            self.region, lambda begin, end: self.some_columns(range(begin, end)), self.all_points
        )

    @property
    def distinct(self) -> int:
        """How many points there are."""
        return self.kept.count() if self._can_hold else self.all_points

    @property
    def total(self) -> int:
        return self.distinct * self.repeats

    @cached_property
    def _can_hold(self) -> bool:
        """True if there are constraints and they are in order."""
        if not self.constraints or any(self.expression_problems()):
            return False
        try:
            self.kept.numbers(0, 1)
        except TypeError:
            return False
        return True

    def taken(self, begin: int, end: int) -> list[Sample]:
        """Return points `begin` to `end` of those that keep the constraints. Raises IndexError
        beyond the last.
        """
        positions = stretch(self.distinct, begin, end)
        if not self.constraints:
            return self.complete(self.some_points(positions))
        return self.complete(self._at(self.kept.numbers(begin, end)))

    def _at(self, numbers: Array) -> list[Sample]:
        """Return the points with these numbers, which rise; near ones are made together."""
        found: list[Sample] = []
        edges = [0, *(1 + i for i, gap in enumerate(_gaps(numbers)) if gap > _NEAR), len(numbers)]
        for begin, end in pairwise(edges):
            if begin < end:
                low, high = int(numbers[begin]), int(numbers[end - 1])
                made = self.some_points(range(low, high + 1))
                found += [made[int(number) - low] for number in numbers[begin:end]]
        return found

    def kept_problems(self) -> Iterator[tuple[str, str]]:
        """Check the constraints with all points, which must be in order themselves."""
        if not self.constraints:
            return
        if not self._can_hold:
            yield "constraints", WITH_TEXT
        elif not self.total:
            yield (
                "constraints",
                (
                    f"none of the {self.all_points:,} points keeps {self.region.told()}; widen"
                    " the constraints, or give other points"
                ),
            )


def _gaps(numbers: Array) -> list[int]:
    return (numbers[1:] - numbers[:-1]).tolist()  # type: ignore[no-any-return]


class ProductSampler(FiniteSampler):
    """A sampler whose points are all combinations of a few values of each parameter, the last
    parameter changing fastest.

    The combinations are counted and addressed with exact integers and made when they are asked for,
    never held in memory.
    """

    seed = None  # nothing here is random

    parameters: list[str] | dict[str, dict[str, Any]] = parameters_option()
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
    def all_points(self) -> int:
        return math.prod(self.sizes())

    @property
    def distinct(self) -> int:
        too_many = self.all_points > self.max_points  # an error, for which nothing is looked at
        return self.all_points if too_many else super().distinct

    @property
    def described(self) -> dict[str, Parameter] | None:
        """The parameters, where each says what it may be; None where they are a list of names."""
        if not isinstance(self.parameters, Mapping):
            return None
        return {name: Parameter(**given) for name, given in self.parameters.items()}

    def units(self) -> dict[str, str]:
        """Return the units of the parameters that say theirs."""
        return units_of(self.parameters)

    @property
    def is_determined(self) -> bool:
        return True

    @cached_property
    def _axes(self) -> Sequence[Sequence[Any]]:
        excess = shared_checks.too_many_points(self.all_points, self.max_points)
        if excess:
            raise ValueError(excess)
        return self.axes()

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        """Return the points; raises ValueError if there are more than `max_points` in all,
        IndexError beyond the last.
        """
        self._axes  # noqa: B018 - raises ValueError
        return self.taken(first + start, first + stop)

    def some_points(self, positions: range) -> list[Sample]:
        columns = []
        stride = 1
        for values in reversed(self._axes):
            count = len(values)
            columns.append([values[position // stride % count] for position in positions])
            stride *= count
        return as_samples(list(self.parameters), zip(*reversed(columns), strict=True))

    def some_columns(self, positions: range) -> Columns:
        import numpy

        places = numpy.arange(positions.start, positions.stop)
        columns, stride = [], 1
        for values in reversed(self._arrays):
            columns.append(values[places // stride % len(values)])
            stride *= len(values)
        return dict(zip(self.parameters, reversed(columns), strict=True))

    @cached_property
    def _arrays(self) -> list[Array]:
        from enchanted_tui.samplers.parameter_space import as_array

        return [as_array(values) for values in self._axes]

    def ranges(self) -> Ranges:
        return dict(zip(self.parameters, map(range_of, self._axes), strict=True))

    def problems(self) -> Iterator[tuple[str, str]]:
        names = list(shared_checks.name_problems(self.parameters))
        axes = list(self.axis_problems())
        excess = None if axes else shared_checks.too_many_points(self.all_points, self.max_points)
        expressions = [*self.expression_problems(), *self.repeat_problems()]
        yield from [*names, *axes, *expressions]
        if excess:
            yield "num_samples" if self.described else "bounds", excess
        elif not (names or axes or expressions):
            yield from self.kept_problems()

    def axis_problems(self) -> Iterator[tuple[str, str]]:
        """Check what determines the values of each parameter."""
        raise NotImplementedError

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        yield from shared_checks.name_warnings(self.parameters)
        if self._ignored_budget is not None and self._ignored_budget != self.total:
            yield (
                "budget",
                (
                    f"the budget is not used: there are exactly {self.total:,} points; remove it,"
                    " or change the points"
                ),
            )
