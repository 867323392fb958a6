"""Numbers, times and sizes as short texts that people read at a glance."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


def number(value: Any) -> str:
    """Give a value in a few characters: five significant digits, text as it is, anything else cut."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**9 else f"{value:.5g}"
    if isinstance(value, float):
        return f"{value:.5g}"
    return " ".join(str(value).split())[:200]


def values(mapping: Mapping[str, Any]) -> str:
    """Give names and values on one line."""
    return "  ".join(f"{name} {number(value)}" for name, value in mapping.items())


def size(count: float | None) -> str:
    """Give a number of bytes with its unit (1 kB = 1,000 bytes)."""
    if count is None:
        return "?"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1_000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1_000
    raise AssertionError("unreachable")


def span(seconds: float | None) -> str:
    """Give a length of time by its two largest units: ``0.31 s``, ``42 s``, ``3 min 20 s``, ``5 h
    12 min``, ``3 d 4 h``.
    """
    if seconds is None:
        return "?"
    if seconds < 10:
        return (
            f"{max(0.0, seconds):.2g} s"
            if seconds >= 0.001 or seconds <= 0
            else f"{seconds * 1e6:.0f} us"
        )
    whole = round(seconds)
    for unit, length, smaller, part in (
        ("d", 86_400, "h", 3_600),
        ("h", 3_600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def short_span(seconds: float | None) -> str:
    """Give a length of time by its largest unit only."""
    if seconds is None:
        return "?"
    if seconds < 99.5:
        return f"{max(0.0, seconds):.0f} s"
    for unit, length in (("min", 60), ("h", 3_600), ("d", 86_400)):
        if seconds < 99.5 * length or unit == "d":
            return f"{seconds / length:.0f} {unit}"
    raise AssertionError("unreachable")


def between(low: float | None, high: float | None) -> str:
    """Give two bounds of a time as ``18-25 min``, without repeating a unit."""
    if low is None or high is None:
        return ""
    first, last = short_span(low), short_span(high)
    if first == last:
        return first
    return (
        f"{first.split()[0]}-{last}" if first.split()[1] == last.split()[1] else f"{first} - {last}"
    )


def clock(moment: float | None, now: float | None = None) -> str:
    """Give a time of day; the date before it if it was not within a day of `now`."""
    if moment is None:
        return ""
    far = now is not None and abs(now - moment) > 86_400
    return time.strftime("%Y-%m-%d %H:%M" if far else "%H:%M:%S", time.localtime(moment))


def moment(when: float | None, now: float) -> str:
    """Give a time in at most eleven characters: the time of day if it was within a day of `now`,
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
    """Give a rate per second, minute or hour, whichever reads best."""
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


def core_time(seconds: float) -> str:
    """Give computing time in core-hours, or smaller units while there is little of it."""
    if seconds >= 360:
        hours = seconds / 3_600
        return f"{hours:,.0f} core-h" if hours >= 100 else f"{hours:.1f} core-h"
    return f"{seconds / 60:.1f} core-min" if seconds >= 60 else f"{seconds:.1f} core-s"
