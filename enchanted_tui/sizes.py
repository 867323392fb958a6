"""Amounts of bytes as people read them, everywhere alike."""

from __future__ import annotations


def size(count: float | None) -> str:
    """Return a number of bytes with its unit (1 kB = 1,000 bytes)."""
    if count is None:
        return "?"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1_000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1_000
    raise AssertionError("unreachable")
