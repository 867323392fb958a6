"""Lengths of time as people read them, the same in the app, on the command line and in files."""

from __future__ import annotations


def duration(seconds: float | None) -> str:
    """Return a length of time by its two largest units: ``0.31 s``, ``42 s``, ``3 min 20 s``, ``5 h
    12 min``, ``3 d 4 h``; ``?`` where it is not known.
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


def whole_duration(seconds: float) -> str:
    """Return the same without fractions of a second: of what goes on and is shown again and
    again.
    """
    return duration(max(0, round(seconds)))


def rough_duration(seconds: float | None) -> str:
    """Return a length of time by its largest unit only: of estimates and ages."""
    if seconds is None:
        return "?"
    if seconds < 99.5:
        return f"{max(0.0, seconds):.0f} s"
    for unit, length in (("min", 60), ("h", 3_600), ("d", 86_400)):
        if seconds < 99.5 * length or unit == "d":
            return f"{seconds / length:.0f} {unit}"
    raise AssertionError("unreachable")


def between(low: float | None, high: float | None) -> str:
    """Return two bounds of a time as ``18-25 min``, without repeating a unit; empty where one is
    not known.
    """
    if low is None or high is None:
        return ""
    first, last = rough_duration(low), rough_duration(high)
    if first == last:
        return first
    return (
        f"{first.split()[0]}-{last}" if first.split()[1] == last.split()[1] else f"{first} - {last}"
    )


def core_hours(hours: float) -> str:
    """Return a number of core-hours with three digits, without their unit: of what is compared."""
    return f"{hours:,.0f}" if hours >= 1_000 else f"{hours:.3g}"


def core_time(seconds: float) -> str:
    """Return computing time in core-hours, or smaller units while there is little of it."""
    if seconds >= 360:
        hours = seconds / 3_600
        return f"{hours:,.0f} core-h" if hours >= 100 else f"{hours:.1f} core-h"
    return f"{seconds / 60:.1f} core-min" if seconds >= 60 else f"{seconds:.1f} core-s"
