"""Scrolling a table sideways by mouse: by the marks in its heading."""

from __future__ import annotations

from collections.abc import Callable

from enchanted_tui.ui.widgets.table_line import LineLayout


def turns_at(x: int, layout: LineLayout, scroll: Callable[[int], None]) -> bool:
    """Scroll by half of what is seen if the heading has a mark at a place; tell whether."""
    by = layout.mark_at(x) * max(8, (layout.room - layout.held) // 2)
    if by:
        scroll(by)
    return bool(by)
