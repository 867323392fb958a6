"""Numbers and logical values as simulation codes print them, Fortran's spellings included."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

_D_EXPONENT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))[dDqQ]([+-]?\d+)\Z")
# three digits leave no room for the letter: 0.1-103
_BARE_EXPONENT = re.compile(r"([+-]?(?:\d+\.\d*|\.\d+))([+-]\d{3,4})\Z")
_STARS = re.compile(r"[+-]?\*+\Z")
_TRUE = frozenset(("true", ".true.", "t", ".t.", "yes", "1"))
_FALSE = frozenset(("false", ".false.", "f", ".f.", "no", "0"))
_SHOWN = 40

_Number = TypeVar("_Number", int, float)

# in lists, of which one such number must not cost the others
_MISSING = {
    "float": float("nan"),
    "int": None,
}

TYPES = ("float", "int", "str", "bool")


def convert(value: Any, kind: str | None) -> Any:
    """Return `value` (text, or what a JSON or HDF5 file held) as `kind`, one of TYPES, or unchanged
    for None; a list item by item;
    of a list of numbers, those too wide for their field, or missing in a file of arrays, are NaN
    (None for int).

    Raises ValueError with the reason if it is no such thing.
    """
    if kind is None:
        return [convert(item, None) for item in value] if isinstance(value, list) else value
    if getattr(value, "ndim", 0):  # an array of a file
        value = value.tolist() if value.size != 1 else value.reshape(-1)[0]
    if isinstance(value, list):
        return [
            _MISSING[kind] if kind in _MISSING and _is_missing(item) else convert(item, kind)
            for item in value
        ]
    return _CONVERTERS[kind](value)


def _is_missing(item: Any) -> bool:
    return is_overflow(item) or (isinstance(item, float) and item != item)


def is_overflow(value: Any) -> bool:
    """Return whether a value is what Fortran prints for a number too wide for its field."""
    return isinstance(value, str) and _STARS.match(value.strip()) is not None


def to_float(value: Any) -> float:
    if not isinstance(value, str):
        return _number(float, value)
    text = value.strip()
    try:
        if "_" in text:  # Python would read 1_000 as a thousand
            raise ValueError
        return float(text)
    except ValueError:
        pass
    match = _D_EXPONENT.match(text) or _BARE_EXPONENT.match(text)
    if match is not None:
        return float(f"{match.group(1)}e{match.group(2)}")
    if _STARS.match(text):
        raise ValueError(
            f"{_shown(text)} is what Fortran prints for a number too wide for its field"
        )
    raise ValueError(f"{_shown(text)} is not a number")


def to_int(value: Any) -> int:
    if not isinstance(value, str):
        whole = _number(int, value)
        if whole != value:
            raise ValueError(f"{value!r:.{_SHOWN}} is not a whole number")
        return whole
    text = value.strip()
    try:
        if "_" not in text:
            return int(text)
    except ValueError:
        pass
    number = to_float(text)
    if not number.is_integer():
        raise ValueError(f"{_shown(text)} is not a whole number")
    return int(number)


def to_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"{_shown(str(value))} is neither true nor false")


def to_str(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value)


_CONVERTERS = {"float": to_float, "int": to_int, "bool": to_bool, "str": to_str}


def _number(kind: Callable[[Any], _Number], value: Any) -> _Number:
    try:
        return kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r:.{_SHOWN}} is not a number") from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
