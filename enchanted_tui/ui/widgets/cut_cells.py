"""What has been cut for want of room, shown whole where the pointer rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text
from textual.events import MouseMove

from enchanted_tui.ui.widgets.columns import Cell, text_of
from enchanted_tui.ui.widgets.table_line import LineLayout

if TYPE_CHECKING:
    from textual.scroll_view import ScrollView

    Base = ScrollView
else:
    Base = object


class TellsWhatIsCut(Base):
    """Mixed into a table: a cell that is cut is told whole in a tooltip, a heading too."""

    _layout_now: Callable[[], LineLayout]
    _keys: Sequence[Any]
    _cells: Callable[[Any], Sequence[Cell]]

    def on_mouse_move(self, event: MouseMove) -> None:
        whole = self._cut_at(event.x, event.y)
        if str(self.tooltip or "") != whole:
            self.tooltip = Text(whole) if whole else None

    def _cut_at(self, x: int, y: int) -> str:
        """Return what stands at a place of the table if it is cut there, else nothing."""
        shown, row = self._layout_now().column_at(x), round(self.scroll_offset.y) + y - 1
        if shown is None or row >= len(self._keys):
            return ""
        index, column, width = shown
        if y == 0:
            text = column.title
        else:
            cells = self._cells(self._keys[row])
            text = text_of(cells[index]) if index < len(cells) else ""
        return text if cell_len(text) > width else ""
