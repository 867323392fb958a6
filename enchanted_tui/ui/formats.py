"""Numbers, times and sizes as short texts that people read at a glance."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from enchanted_tui.sizes import size as size
from enchanted_tui.values import cell

_LONGEST = 200  #: characters of a value


def number(value: Any) -> str:
    """Return a value in a few characters: five significant digits, text as it is, anything else
    cut.
    """
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**9 else _large(value)
    if isinstance(value, float):
        return f"{value:.5g}"
    return " ".join(text(beginning(value)).split())[:_LONGEST]


def _large(value: int) -> str:
    """Return a whole number, which may be larger than any float, in no more room than one takes."""
    try:
        return f"{value:.5g}"
    except OverflowError:
        found = Decimal(value)
    for digits in range(4, 0, -1):
        mantissa, exponent = f"{found:.{digits}e}".split("e")
        shown = f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"
        if len(shown) <= len("-1.2346e+10"):
            break
    return shown


def text(value: Any) -> str:
    """Return a value as Python writes it; as in the dataset where Python refuses to, since a number
    has too many digits.
    """
    try:
        return str(value)
    except ValueError:
        return cell(value)


def beginning(value: Any, room: int = _LONGEST) -> Any:
    """Return of lists and mappings no more than is shown: they may hold a million numbers."""
    if isinstance(value, dict):
        return {key: beginning(item, room // 2 + 1) for key, item in islice(value.items(), room)}
    if isinstance(value, list | tuple):
        return type(value)(beginning(item, room // 2 + 1) for item in value[:room])
    return value


def values(mapping: Mapping[str, Any]) -> str:
    """Return names and values on one line."""
    return "  ".join(f"{name} {number(value)}" for name, value in mapping.items())


def clock(moment: float | None, now: float | None = None) -> str:
    """Return a time of day; the date before it if it was not within a day of `now`."""
    if moment is None:
        return ""
    far = now is not None and abs(now - moment) > 86_400
    return time.strftime("%Y-%m-%d %H:%M" if far else "%H:%M:%S", time.localtime(moment))


def moment(when: float | None, now: float) -> str:
    """Return a time in at most eleven characters: the time of day if it was within a day of `now`,
    else the day, and the year if long ago.
    """
    if when is None:
        return ""
    apart = abs(now - when) / 86_400
    return time.strftime(
        "%H:%M:%S" if apart <= 1 else "%m-%d %H:%M" if apart <= 300 else "%Y-%m-%d",
        time.localtime(when),
    )


def rate(per_second: float | None) -> str:
    """Return a rate per second, minute or hour, whichever reads best."""
    if per_second is None:
        return "-"
    if per_second >= 0.5:
        return (
            f"{per_second:.0f}/s"
            if per_second >= 100
            else f"{per_second:.2g}/s"
            if per_second < 10
            else f"{per_second:.1f}/s"
        )
    return f"{per_second * 60:.2g}/min" if per_second * 60 >= 0.5 else f"{per_second * 3600:.2g}/h"
