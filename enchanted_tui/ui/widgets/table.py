"""A table of any length that draws only the lines one sees: 100,000 rows cost nothing, a change of
one row repaints one line.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from textual.binding import BindingType
from textual.events import Click, MouseMove, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from enchanted_tui.ui.widgets.awaited_row import AwaitedRow
from enchanted_tui.ui.widgets.changes import PaintedLines
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.columns import Cell, Column, Shown, laid_out, note_names, text_of
from enchanted_tui.ui.widgets.cut_cells import tell_what_is_cut
from enchanted_tui.ui.widgets.sideways import turns_at
from enchanted_tui.ui.widgets.table_keys import TABLE_KEYS
from enchanted_tui.ui.widgets.table_line import LineLayout, TableStyles

__all__ = ["Cell", "Column", "VirtualTable"]


class VirtualTable(ScrollView, can_focus=True):
    """Rows are known by their keys; `cells` gives the cells of one row and is asked for visible
    rows only.

    The cursor stays on the same key when the rows change. Until it is moved it stays on the first
    row, whichever that is, unless `holds` says that it belongs to its row from the start: where
    keys change what is under the cursor.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    VirtualTable {
        scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        background: $background; color: $foreground;
    }
    VirtualTable > .virtual-table--header {
        text-style: bold; background: $panel; color: $foreground;
    }
    VirtualTable > .virtual-table--cursor { background: $panel; color: $foreground; }
    VirtualTable:focus > .virtual-table--cursor {
        background: $primary; color: $background; text-style: bold;
    }
    VirtualTable > .virtual-table--empty { color: $text-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header",
        "virtual-table--cursor",
        "virtual-table--empty",
    }
    HELP = (
        "Arrows or j k move, g G first and last, PageUp PageDown, h l sideways, Enter opens; click"
        " a heading to sort by it."
    )
    BINDINGS: ClassVar[list[BindingType]] = TABLE_KEYS

    class RowHighlighted(Message):
        """The cursor is on another row."""

        def __init__(self, table: VirtualTable, key: Any) -> None:
            super().__init__()
            self.table, self.key = table, key

        @property
        def control(self) -> VirtualTable:
            return self.table

    class RowSelected(RowHighlighted):
        """A row was chosen: Enter, or a second click."""

    class HeaderSelected(Message):
        """A heading was clicked; `column` is its key."""

        def __init__(self, table: VirtualTable, column: str) -> None:
            super().__init__()
            self.table, self.column = table, column

        @property
        def control(self) -> VirtualTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[Any], Sequence[Cell]],
        *,
        fit: bool = True,
        empty: str = "",
        holds: bool = False,
        pinned: int = 0,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._all_columns = tuple(columns)
        self._cells = cells
        #: leave columns out where the table is narrow, instead of scrolling sideways
        self._fit = fit
        self._empty = empty
        self.holds = holds
        self._pinned = pinned  #: columns that do not scroll sideways
        self._keys: Sequence[Any] = ()
        self._cursor = 0
        self._cursor_key: Any = None
        self.moved = False  #: the cursor has been put on its row
        self.awaited = AwaitedRow()
        self._sort: tuple[str, bool] | None = None
        self._shown: list[Shown] = []
        #: by key of a column of names: the width of the longest one that has been seen
        self._needed: dict[str, int] = {}
        self._painted_lines = PaintedLines()
        self._table_styles = TableStyles(self)
        self._will_lay_out = False
        self.show_horizontal_scrollbar = False

    # -- rows --------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._keys)

    @property
    def rows(self) -> Sequence[Any]:
        """The keys of all rows, in order."""
        return self._keys

    @property
    def cursor(self) -> Any:
        """Key of the row under the cursor, None if there are no rows."""
        return self._cursor_key

    @property
    def cursor_row(self) -> int:
        """Number of the row under the cursor."""
        return self._cursor

    def set_rows(self, keys: Sequence[Any]) -> None:
        """Take other rows, or the same ones with other cells; paints only the lines that look
        different.
        """
        offset, before = self._cursor - round(self.scroll_offset.y), self._cursor_key
        self._keys = keys
        if not len(keys):
            self._needed.clear()
        self.virtual_size = Size(self._virtual_width(), len(keys) + 1)
        if self.awaited.has_come(keys):
            self._cursor_key, self.moved = self.awaited.taken(), True
        if self.moved or (self.holds and self._cursor_key is not None):
            self._cursor = self._found(self._cursor_key)
            self.moved = self.moved or self._cursor > 0
        else:
            self._cursor = 0
        self._cursor_key = keys[self._cursor] if len(keys) else None
        if self.is_mounted and self.size.height:
            # forced: the scroll bar that a further row brings is there after the next layout only
            top = self._top_for(offset if before == self._cursor_key else None)
            self.scroll_to(y=top, animate=False, force=True)
            self._paint_changed()
        if before != self._cursor_key:
            self.post_message(self.RowHighlighted(self, self._cursor_key))

    def _top_for(self, offset: int | None) -> int:
        """Return the first row to be seen when rows have changed; `offset`: how far below it the
        cursor stood, None if on another.
        """
        top = round(self.scroll_offset.y)
        if self.holds:  # rows change places around the cursor
            top = max(self._cursor - self._page + 1, min(top, self._cursor))
        elif not self.moved:
            return 0
        elif offset is not None:  # rows come in above the cursor
            top = max(0, self._cursor - offset)
        return min(top, self._last_top)

    def _found(self, key: Hashable) -> int:
        """Return where a key is now; where the cursor was, if it is nowhere."""
        try:
            return self._keys.index(key)
        except ValueError:
            return max(0, min(self._cursor, len(self._keys) - 1))

    def set_columns(
        self, columns: Sequence[Column], cells: Callable[[Any], Sequence[Cell]] | None = None
    ) -> None:
        """Take other columns."""
        self._all_columns = tuple(columns)
        self._cells = cells or self._cells
        self._needed.clear()
        self._lay_out()

    def set_empty(self, text: str) -> None:
        """Say what is shown where there are no rows.

        Where there are rows, nothing is painted: what they are of may just be changing.
        """
        if text != self._empty:
            self._empty = text
            if not len(self._keys):
                self._paint_changed()

    def set_sort(self, column: str, *, descending: bool) -> None:
        """Mark the column by which the rows are sorted."""
        if self._sort != (column, descending):
            self._sort = (column, descending)
            self._paint_changed()

    def refresh_rows(self) -> None:
        """Ask for the visible rows' cells again, and paint the lines that have changed."""
        self._paint_changed()

    # -- layout ------------------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        self._shown = laid_out(self._all_columns, self.room - 1, self._needed, fit=self._fit)
        self.virtual_size = Size(self._virtual_width(), len(self._keys) + 1)
        self._forget_painted()
        self.refresh()

    @property
    def room(self) -> int:
        """Width in cells without the scroll bar."""
        return self.scrollable_content_region.width

    def _virtual_width(self) -> int:
        return (
            self.room
            if self._fit
            else max(self.room, 1 + sum(width + 2 for _, _, width in self._shown))
        )

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Keys of the columns that there is room for."""
        return tuple(column.key for _, column, _ in self._shown)

    # -- painting ----------------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    @property
    def _last_top(self) -> int:
        return max(0, len(self._keys) - self._page)

    def _paint_changed(self) -> None:
        if not self.is_mounted:
            return
        room, top = self.room, round(self.scroll_offset.y)
        regions: list[Region] = []
        for y in range(self.size.height):
            look = self._look(y, top)
            changed = self._painted_lines.changed(y, look, partial(self._line, y, look), room)
            if changed:
                regions.append(changed)
        if regions:
            self.refresh(*regions)

    def _look(self, y: int, top: int) -> object:
        """What line `y` of the widget shows, for comparison; `top` is the first row to be seen."""
        if y == 0:
            return (self._sort, self.scroll_offset.x)
        row = top + y - 1
        if row >= len(self._keys):
            return self._empty if y == 1 and not len(self._keys) else None
        cells = tuple(self._cells(self._keys[row]))
        self._measure(cells)
        return (cells, row == self._cursor, self.scroll_offset.x)

    def _measure(self, cells: Sequence[Cell]) -> None:
        """Note how much room names need; where that is more than they have, lay the columns out
        anew.
        """
        if note_names(cells, self._shown, self._needed) and not self._will_lay_out:
            self._will_lay_out = True
            self.call_next(self._lay_out_for_names)

    def _lay_out_for_names(self) -> None:
        self._will_lay_out = False
        self._lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._forget_painted()

    def watch_has_focus(self, value: bool) -> None:
        super().watch_has_focus(value)
        self._forget_painted()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        self._painted_lines.drop_ready()
        super().watch_scroll_x(old_value, new_value)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        self._painted_lines.drop_ready()
        super().watch_scroll_y(old_value, new_value)

    def _forget_painted(self) -> None:
        self._painted_lines.forget()
        self._table_styles.forget()

    def render_line(self, y: int) -> Strip:
        return self._painted_lines.paint(y, partial(self._made, y))

    def _made(self, y: int) -> tuple[object, Strip]:
        look = self._look(y, round(self.scroll_offset.y))
        return look, self._line(y, look)

    def _line(self, y: int, look: object) -> Strip:
        if y > 0 and not isinstance(look, tuple):
            style = self._table_styles.of("empty" if look else "")
            return Strip([Segment(set_cell_size(f" {look or ''}", self.room), style)], self.room)
        layout = self._layout_now()
        if not isinstance(look, tuple) or y == 0:
            return layout.header(self._sort, self._table_styles.of("header"))
        cells, is_cursor, _ = look
        style = self._table_styles.of("cursor" if is_cursor else "")
        coloured = partial(self._table_styles.coloured, style, marked=is_cursor)
        return layout.row(cells, style, coloured, marked=is_cursor)

    def _layout_now(self) -> LineLayout:
        left = round(self.scroll_offset.x)
        return LineLayout(
            self._shown, self.room, self._virtual_width(), left, self._fit, self._pinned
        )

    # -- moving ------------------------------------------------------------------------------------

    def move_to(self, row: int, *, by_hand: bool = True) -> None:
        """Put the cursor on a row and scroll as little as needed."""
        if not len(self._keys):
            return
        row = max(0, min(row, len(self._keys) - 1))
        self.moved, self.awaited.key = by_hand and row > 0, None
        changed = self._keys[row] != self._cursor_key
        self._cursor, self._cursor_key = row, self._keys[row]
        top = round(self.scroll_offset.y)
        if row < top or row >= top + self._page:
            top = row if row < top else row - self._page + 1
            self.scroll_to(y=top, animate=False, force=True)
        self._paint_changed()
        if changed:
            self.post_message(self.RowHighlighted(self, self._cursor_key))

    def action_move(self, rows: int) -> None:
        self.move_to(self._cursor + rows)

    def action_move_page(self, pages: int) -> None:
        self.move_to(self._cursor + pages * self._page)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self._keys) - 1)

    def action_sideways(self, columns: int) -> None:
        self.scroll_to(x=max(0, self.scroll_offset.x + columns), animate=False)

    def show_column(self, key: str) -> None:
        """Scroll sideways as little as needed to see a column whole."""
        self.scroll_to(x=self._layout_now().left_for(key), animate=False, force=True)

    def action_choose(self) -> None:
        if self._cursor_key is not None:
            self.post_message(self.RowSelected(self, self._cursor_key))

    def on_click(self, event: Click) -> None:
        is_menu = event.button == RIGHT
        if not is_menu:
            event.stop()
        row, layout = round(self.scroll_offset.y) + event.y - 1, self._layout_now()
        if event.y == 0 and (is_menu or not turns_at(event.x, layout, self.action_sideways)):
            shown = layout.column_at(event.x)
            if shown is not None and shown[1].sortable and not is_menu:
                self.post_message(self.HeaderSelected(self, shown[1].key))
        elif event.y and row < len(self._keys):
            self.move_to(row)
            if event.chain == 2 and not is_menu:
                self.action_choose()

    def on_mouse_move(self, event: MouseMove) -> None:
        tell_what_is_cut(self, event, self._layout_now(), self._keys, self._cells)

    def row_text(self, row: int) -> str:
        """Return a row's cells as text with tabs between, for copying."""
        return "\t".join(map(text_of, self._cells(self._keys[row])))
