"""Scrolling a table sideways by mouse: by the marks in its heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.ui.widgets.table_line import LineLayout

if TYPE_CHECKING:
    from enchanted_tui.ui.widgets.table import VirtualTable


def turns_at(table: VirtualTable, layout: LineLayout, x: int) -> bool:
    """Scroll by half of what is seen if the heading has a mark at a place; tell whether."""
    by = layout.mark_at(x) * max(8, (layout.room - layout.held) // 2)
    if by:
        table.action_sideways(by)
    return bool(by)
