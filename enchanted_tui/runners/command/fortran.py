"""Numbers and logical values as simulation codes print them, Fortran's spellings included."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

_D_EXPONENT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))[dDqQ]([+-]?\d+)\Z")
_BARE_EXPONENT = re.compile(r"([+-]?(?:\d+\.\d*|\.\d+))([+-]\d{3,4})\Z")  # three digits leave no room for the letter: 0.1-103
_STARS = re.compile(r"[+-]?\*+\Z")
_TRUE = frozenset(("true", ".true.", "t", ".t.", "yes", "1"))
_FALSE = frozenset(("false", ".false.", "f", ".f.", "no", "0"))
_SHOWN = 40

_Number = TypeVar("_Number", int, float)

TYPES = ("float", "int", "str", "bool")


def convert(value: Any, kind: str | None) -> Any:
    """Give `value` (text, or what a JSON or HDF5 file held) as `kind`, one of TYPES, or unchanged for None; a list item by item.

    Raises ValueError with the reason if it is no such thing.
    """
    if isinstance(value, list):
        return [convert(item, kind) for item in value]
    if kind is None:
        return value
    return _CONVERTERS[kind](value)


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
        raise ValueError(f"{_shown(text)} is what Fortran prints for a number too wide for its field")
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
