"""What samplers have in common that draw from a box: named parameters, each with a range or with
values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Range, Ranges
from enchanted_tui.samplers import philox, shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.design import WITH_TEXT, DesignSampler
from enchanted_tui.samplers.parameter import Parameter

#: So many points are looked at, before anything runs, for one that keeps the constraints.
_LOOKED_AT = 1 << 16
_FEW = 1e-3  #: share of the box in which points keep the constraints that is worth a word

PARAMETERS = (
    "The parameters: a mapping of names to what each may be (`low` and `high` with a `scale`,"
    " `values`, `choice`, a `distribution`), or a list of names, whose ranges are the bounds."
)

if TYPE_CHECKING:
    import numpy

    from enchanted_tui.samplers.axes import Array, Axis
    from enchanted_tui.samplers.parameter_space import ParameterSpace


def parameters_option() -> Any:
    """Declare the parameters of a sampler."""
    return option(doc=PARAMETERS, example=["x", "y"], nested=Parameter)


class BoxSampler(DesignSampler):
    """A sampler whose points lie between a lower and an upper bound in each parameter, or are what
    each parameter says of itself.
    """

    bounds: list[tuple[int | float, int | float]] | None = option(
        None,
        doc=(
            "Lower and upper bound of each parameter, where `parameters` is a list of names; equal"
            " bounds hold a parameter constant."
        ),
        example=[[0.0, 1.0], [-5, 5]],
    )
    parameters: list[str] | dict[str, dict[str, Any]] = parameters_option()

    @property
    def pairs(self) -> Sequence[tuple[int | float, int | float]]:
        """The bounds of the parameters, where these are a list of names."""
        return self.bounds or ()

    @property
    def is_described(self) -> bool:
        """True if each parameter says what it may be, and there are no bounds."""
        return isinstance(self.parameters, Mapping)

    @property
    def is_plain(self) -> bool:
        """True if there are names and bounds only."""
        return not (self.is_described or self.constraints)

    @cached_property
    def space(self) -> ParameterSpace:
        """The parameters as axes of the unit cube."""
        from enchanted_tui.samplers.parameter_space import ParameterSpace

        if isinstance(self.parameters, Mapping):
            return ParameterSpace.described(self.parameters)
        return ParameterSpace(dict(zip(self.parameters, self.axes_of_bounds(), strict=True)))

    def drawn_axes(self) -> Mapping[str, Axis]:
        return self.space.axes

    def axes_of_bounds(self) -> list[Axis]:
        """Return the axes of the parameters, where these are a list of names."""
        from enchanted_tui.samplers.axes import Interval

        return [Interval(float(lower), float(upper)) for lower, upper in self.pairs]

    def units(self) -> dict[str, str]:
        """Return the units of the parameters that say theirs."""
        return units_of(self.parameters)

    def at(self, unit: Array) -> list[Sample]:
        """Return samples at points of the unit cube, shape (n, d)."""
        if self.is_described:
            from enchanted_tui.samplers.parameter_space import as_rows

            return self.complete(as_rows(self.space.columns(unit)))
        return self.complete(as_samples(list(self.parameters), scale(unit, self.pairs).tolist()))

    def holds_at(self, unit: Array) -> Array:
        """Return of each point of the unit cube, shape (n, d), whether it keeps the constraints."""
        return self.holds(self.space.columns(unit))

    def ranges(self) -> Ranges:
        if self.is_described:
            return self.space.ranges()
        pairs = zip(self.parameters, self.pairs, strict=True)
        return {name: Range(float(lower), float(upper)) for name, (lower, upper) in pairs}

    # -- checks ------------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        found = [
            *self.parameter_problems(),
            *self.expression_problems(),
            *self.repeat_problems(),
        ]
        yield from found
        if not found and self.constraints:
            yield from self._region_problems()

    def parameter_problems(self) -> Iterator[tuple[str, str]]:
        yield from shared_checks.name_problems(self.parameters)
        yield from shared_checks.bounds_problems(self.parameters, self.bounds)
        for index, (lower, upper) in enumerate(self.pairs):
            yield from self.interval_problems(lower, upper, f"bounds[{index}]")

    def interval_problems(
        self, lower: int | float, upper: int | float, where: str
    ) -> Iterator[tuple[str, str]]:
        """Check one pair of bounds, `where` being its place in the options."""
        return shared_checks.interval_problems(lower, upper, where)

    def _region_problems(self) -> Iterator[tuple[str, str]]:
        try:
            share = self._share_of_region
        except TypeError:
            yield "constraints", WITH_TEXT
            return
        if share == 0:
            yield (
                "constraints",
                (
                    f"none of {_LOOKED_AT:,} points of the box keeps {self.region.told()}; widen"
                    " the constraints, or narrow the ranges of the parameters to where they hold"
                ),
            )

    @cached_property
    def _share_of_region(self) -> float:
        """The share of the box in which the constraints are kept, as some points have it."""
        width = len(self.space.axes)
        raw = philox.words(0, 0, 0, _LOOKED_AT * width).reshape(_LOOKED_AT, width)
        return float(self.holds_at(philox.half_open(raw)).mean())

    def warnings(self) -> Iterator[tuple[str, str]]:
        yield from super().warnings()
        yield from shared_checks.name_warnings(self.parameters)
        share = vars(self).get("_share_of_region", 1.0)  # where the checks have come so far
        if 0 < share < _FEW:
            yield (
                "constraints",
                (
                    f"only {share:.2%} of the box keeps them, so that finding points"
                    " takes its time; narrow the ranges of the parameters to where they hold"
                ),
            )


def units_of(parameters: Any) -> dict[str, str]:
    """Return the units that described parameters say; none of a list of names."""
    if not isinstance(parameters, Mapping):
        return {}
    return {name: given["unit"] for name, given in parameters.items() if given.get("unit")}


def scale(
    unit: numpy.ndarray[Any, Any], bounds: Sequence[tuple[int | float, int | float]]
) -> numpy.ndarray[Any, Any]:
    """Map points of the unit cube, shape (n, d), into the box of `d` bounds, upper bounds
    included.
    """
    import numpy  # while workers start, not before

    lower = numpy.array([float(pair[0]) for pair in bounds])
    upper = numpy.array([float(pair[1]) for pair in bounds])
    # rounding may step over the bound
    points: numpy.ndarray[Any, Any] = numpy.minimum(lower + unit * (upper - lower), upper)
    return points


def as_samples(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Sample]:
    """Return rows of plain values as samples."""
    # as long as the names; strict costs a third more
    return [dict(zip(names, row)) for row in rows]  # noqa: B905
