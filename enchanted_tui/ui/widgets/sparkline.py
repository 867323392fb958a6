"""A course of values in one line of characters."""

from __future__ import annotations

from collections.abc import Sequence

from enchanted_tui.ui.glyphs import glyph


def sparkline(values: Sequence[float], width: int) -> str:
    """Return the last `width` values as characters of eight heights; a value above 0 never looks
    like 0.
    """
    shown = list(values[-width:]) if width > 0 else []
    heights = glyph("spark")
    top = max(shown, default=0.0)
    if top <= 0:
        return " " * (width - len(shown)) + heights[0] * len(shown)
    levels = len(heights)
    marks = [
        heights[min(levels - 1, max(1, int(value / top * (levels - 1) + 0.5)))]
        if value > 0
        else heights[0]
        for value in shown
    ]
    return " " * (width - len(shown)) + "".join(marks)
