"""What a sampler that learns is told, and how it takes a row of results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field


class Finding(NamedTuple):
    """What became of a sample: a value of each thing that is learnt, all NaN where it failed."""

    position: int  #: in the stage; below 0 for samples of somebody else's campaign
    point: tuple[float, ...]
    values: tuple[float, ...]
    outcomes: tuple[float, ...] = ()  #: further outputs that have limits
    kept: bool = True  #: whether these are within them

    @property
    def value(self) -> float:
        """The value, where one thing is learnt."""
        return self.values[0]

    @property
    def is_good(self) -> bool:
        """Whether there is something to learn from it."""
        return all(map(math.isfinite, self.values))


class Known(Struct):
    """All findings, by position."""

    findings: dict[int, Finding] = field(default_factory=dict)

    def ordered(self) -> list[Finding]:
        return [self.findings[position] for position in sorted(self.findings)]


#: Lowest and highest value of an output; None where there is no such limit.
Limit = tuple[float | None, float | None]


def within(outcomes: Iterable[float], limits: Iterable[Limit]) -> bool:
    """Tell whether outputs keep their limits; a missing one does not."""
    return all(
        math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)
        for value, (low, high) in zip(outcomes, limits, strict=True)
    )


def mean(numbers: Iterable[float | None]) -> float:
    """Return the mean of numbers; NaN if there are none, one is missing, or it is beyond all
    floating point.
    """
    found = [math.nan if number is None else number for number in numbers]
    try:
        return math.fsum(found) / len(found) if found else math.nan
    except (OverflowError, ValueError):
        return math.nan


def number_in(value: Any) -> float | None:
    """Return a value as a number, NaN if it is missing or too large; None if it is something else:
    an array, or text.
    """
    try:
        return math.nan if value is None or value == "" else float(value)
    except OverflowError:
        return math.nan
    except (TypeError, ValueError):
        return None


def succeeded(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is of a sample that succeeded."""
    return row.get("success") in (True, "True")


def useless(row: Mapping[str, Any], names: Sequence[str]) -> str:
    """Say that a sample has succeeded without a number in a column that is to be learnt from, whose
    name may be misspelt; an empty text for any other.
    """
    if not succeeded(row):
        return ""
    absent = [name for name in names if name not in row]
    others = [name for name in names if name in row and number_in(row[name]) is None]
    if not absent and not others:
        return ""
    without = [*map(repr, absent), *(f"{name!r} with a number in it" for name in others)]
    return (
        f"nothing is learnt from samples without a column {', '.join(without)}, although they"
        f" succeed; the first such sample has {', '.join(map(repr, row))}: name columns of numbers"
        " among these in the sampler's observations"
    )
