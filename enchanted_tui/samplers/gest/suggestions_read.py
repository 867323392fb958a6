"""What a generator has suggested, checked and brought into the form of samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from enchanted_tui.errors import UserError
from enchanted_tui.samplers.gest.vocs import Point, Variable, bounds_told

_ROUNDING = 1e-9  #: share of a range that is put down to rounding


class BadSuggestionError(UserError):
    """A generator has not kept to the interface; the text goes on after its name."""


def read_points(
    given: Any, variables: Mapping[str, Variable], most: int, *, clip: bool
) -> tuple[list[Point], list[Point]]:
    """Return what a generator has suggested, as it was given, and the values of each point in the
    units of the parameters; `clip`: what is outside of the bounds is moved onto them. Raises
    BadSuggestionError.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise BadSuggestionError(f"gave no list of points but {_told(given)}")
    if len(given) > most:
        raise BadSuggestionError(f"gave {counted(len(given))} when it was asked for {most}")
    for number, point in enumerate(given):
        if not isinstance(point, Mapping):
            raise BadSuggestionError(f"gave {_told(point)} as point {number}, which is no mapping")
    whole = [dict(point) for point in given]
    return whole, [_values(point, variables, clip) for point in whole]


def counted(points: int) -> str:
    """Return a number of points in words."""
    return f"{points} point" if points == 1 else f"{points} points"


def is_same(one: Point, other: Point, variables: Mapping[str, Variable]) -> bool:
    """Tell whether two points are the same but for rounding."""
    return all(_is_near(one[name], other[name], variables[name]) for name in variables)


def difference(suggested: Point, expected: Point) -> str:
    """Say in what a point is not the one that was expected; it may be empty: there is none."""
    found = (
        f"{name} {suggested[name]}, not {value}"
        for name, value in expected.items()
        if suggested and suggested[name] != value
    )
    return next(found, "none")


def _is_near(one: Any, other: Any, variable: Variable) -> bool:
    if "values" in variable:
        return bool(one == other)
    return bool(abs(one - other) <= _ROUNDING * (variable["high"] - variable["low"]))


def _values(point: Mapping[str, Any], variables: Mapping[str, Variable], clip: bool) -> Point:
    missing = [name for name in variables if name not in point]
    if missing:
        others = [str(name) for name in point if name not in variables and name != "_id"]
        instead = f", but with {', '.join(map(repr, others))}" if others else ""
        raise BadSuggestionError(f"gave a point without {', '.join(map(repr, missing))}{instead}")
    return {name: _value(name, point[name], each, clip) for name, each in variables.items()}


def _value(name: str, given: Any, variable: Variable, clip: bool) -> Any:
    value = _plain(given)
    if "values" in variable:
        for possible in variable["values"]:
            if possible == value and isinstance(possible, bool) == isinstance(value, bool):
                return possible
        raise BadSuggestionError(f"gave {_told(given)} for {name!r}, which is none of its values")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadSuggestionError(f"gave {_told(given)} for {name!r}, which must be a number")
    low, high = bounds_told(variable)
    rounding = _ROUNDING * (high - low)
    if not clip and not low - rounding <= value <= high + rounding:
        unit = " (as a decimal logarithm)" if variable.get("log") else ""
        raise BadSuggestionError(
            f"gave {value!r} for {name!r}, which is outside of its bounds, {low!r} to"
            f" {high!r}{unit}; `outside_bounds: clip` moves such points onto them"
        )
    value = min(max(value, low), high)
    number = 10.0 ** float(value) if variable.get("log") else float(value)
    return min(max(number, float(variable["low"])), float(variable["high"]))


def _plain(value: Any) -> Any:
    """Return a number of NumPy or PyTorch, or an array with one, as Python's own."""
    if isinstance(value, str | bool | int | float):
        return value
    try:
        return value.item()
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return value


def _told(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
