"""What has been cut for want of room, shown whole where the pointer rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual.events import MouseMove
from textual.widget import Widget

from enchanted_tui.ui.widgets.columns import Cell, text_of
from enchanted_tui.ui.widgets.table_line import LineLayout


def tell_what_is_cut(
    table: Widget,
    event: MouseMove,
    layout: LineLayout,
    keys: Sequence[Any],
    cells: Callable[[Any], Sequence[Cell]],
) -> None:
    """Tell in the tooltip of a table what stands under the pointer, a heading too, if it is cut
    there; `cells` gives those of the row with a key.
    """
    shown, row = layout.column_at(event.x), round(table.scroll_offset.y) + event.y - 1
    whole = ""
    if shown is not None and row < len(keys):
        index, column, width = shown
        row_cells = cells(keys[row]) if event.y else ()
        told = text_of(row_cells[index]) if index < len(row_cells) else ""
        text = told if event.y else column.title
        whole = text if cell_len(text) > width else ""
    if str(table.tooltip or "") != whole:
        table.tooltip = Text(whole) if whole else None
