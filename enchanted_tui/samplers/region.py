"""Which points of the box keep the constraints, and how to find as many as are wanted."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from enchanted_tui.errors import UserError
from enchanted_tui.expressions import (
    FUNCTIONS,
    ONE,
    Expression,
    Operations,
)
from enchanted_tui.samplers.axes import Array

#: So many points without one that keeps the constraints, and the region counts as empty.
MOST_TRIES = 1 << 22
_AT_ONCE = 1 << 14


class EmptyRegionError(UserError, ValueError):
    """Hardly a point, or none, keeps the constraints."""


def _one_by_one(name: str) -> Callable[..., Array]:
    function = ONE.functions[name]

    def safe(*arguments: float) -> float:
        try:
            return float(function(*arguments))
        except (ValueError, ArithmeticError):
            return math.nan

    several = numpy.frompyfunc(safe, 2 if name in ("atan2", "hypot") else 1, 1)

    def work(*arguments: Any) -> Array:
        return numpy.asarray(several(*arguments), dtype=float)

    return work


def _as_numbers(value: Any) -> Any:
    if isinstance(value, numpy.ndarray):
        if value.dtype == object:
            if any(isinstance(item, str) for item in value.tolist()):
                raise TypeError("text is no number")
            return value.astype(float)
        return value.astype(float) if value.dtype.kind in "iub" else value
    return float(ONE.number(value))


def _among(value: Any, several: tuple[Any, ...]) -> Any:
    return functools.reduce(operator.or_, (value == item for item in several), numpy.False_)


#: For many samples at once. What is not exact in IEEE arithmetic goes one by one, so that no
#: processor draws the border elsewhere.
MANY = Operations(
    functions={
        **{name: _one_by_one(name) for name in FUNCTIONS},
        "abs": numpy.abs,
        "min": lambda *values: functools.reduce(numpy.minimum, values),
        "max": lambda *values: functools.reduce(numpy.maximum, values),
        "sqrt": numpy.sqrt,
        "floor": numpy.floor,
        "ceil": numpy.ceil,
        "round": numpy.rint,
    },
    power=lambda base, exponent: _power(base, exponent),
    both=numpy.logical_and,
    either=numpy.logical_or,
    negated=numpy.logical_not,
    among=_among,
    number=_as_numbers,
)


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, float) and exponent == 2.0:
        return base * base
    return _one_by_one_power(base, exponent)


def _safe_power(base: float, exponent: float) -> float:
    try:
        return float(math.pow(base, exponent))
    except (ValueError, ArithmeticError):
        return math.nan


_powers = numpy.frompyfunc(_safe_power, 2, 1)


def _one_by_one_power(base: Any, exponent: Any) -> Array:
    return numpy.asarray(_powers(base, exponent), dtype=float)


class Region:
    """The points that keep all constraints; `derived` are further columns, each worked out from the
    parameters and those derived before it. Raises ExpressionError.
    """

    def __init__(self, constraints: Sequence[str], derived: Mapping[str, str]) -> None:
        self._constraints = [Expression(text) for text in constraints]
        self._derived = {name: Expression(text) for name, text in derived.items()}

    def holds(self, columns: Mapping[str, Array]) -> Array:
        """Return of each point whether it keeps the constraints; one at which these cannot be
        worked out does not. Raises TypeError where text is calculated with.
        """
        size = len(next(iter(columns.values())))
        found = numpy.ones(size, dtype=bool)
        if not self._constraints:
            return found
        with numpy.errstate(all="ignore"):
            known: dict[str, Any] = dict(columns)
            for name, expression in self._derived.items():
                known[name] = expression.work_out(known, MANY)
            for constraint in self._constraints:
                found &= numpy.asarray(constraint.work_out(known, MANY), dtype=bool)
        return found

    def complete(self, samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add the derived parameters to samples."""
        for sample in samples:
            for name, expression in self._derived.items():
                sample[name] = expression.value(sample)
        return samples

    def told(self) -> str:
        """Name the constraints."""
        return " and ".join(repr(constraint.text) for constraint in self._constraints)


class KeptPoints:
    """The points of a sequence that keep the constraints: the first is number 0.

    `columns_at(begin, end)` gives the columns of the points of the sequence. What has been found is
    remembered by number, so that going on costs nothing; another process finds the same.
    """

    def __init__(
        self,
        region: Region,
        columns_at: Callable[[int, int], Mapping[str, Array]],
        length: int | None = None,
    ) -> None:
        """`length`: how many points the sequence has, None for no end."""
        self._region, self._columns_at, self._length = region, columns_at, length
        self._found = numpy.empty(0, dtype=numpy.int64)
        self._looked = 0

    def numbers(self, begin: int, end: int) -> Array:
        """Return the numbers, in the sequence, of the kept points `begin` to `end`; fewer at its
        end. Raises EmptyRegionError where there are hardly any.
        """
        parts, known, last = [self._found], len(self._found), self._looked
        while known < end and (self._length is None or self._looked < self._length):
            stop = self._looked + _AT_ONCE
            stop = stop if self._length is None else min(stop, self._length)
            kept = numpy.flatnonzero(self._region.holds(self._columns_at(self._looked, stop)))
            parts.append(kept + self._looked)
            known, self._looked = known + len(kept), stop
            last = stop if len(kept) else last
            if self._length is None and self._looked - last > MOST_TRIES:
                self._looked = last
                raise nearly_empty(self._region)
        self._found = numpy.concatenate(parts)
        return self._found[begin:end]

    def count(self) -> int:
        """Return how many points of a sequence with an end are kept."""
        return len(self.numbers(0, self._length or 0))


def nearly_empty(region: Region) -> EmptyRegionError:
    return EmptyRegionError(
        f"none of {MOST_TRIES:,} points in a row keeps the constraints {region.told()}; widen them,"
        " or narrow the ranges of the parameters to where they hold"
    )
