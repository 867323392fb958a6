"""One line of a table as it is painted: cells cut to their columns, and the part that is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from enchanted_tui.ui.facts_in_line import cut, cut_between, cut_name, hide_part
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.columns import Cell, Column, Painted, Shown

_MOST_HELD = 0.6  #: share of the room that columns may take which do not scroll

#: What stands in a cell: text with its style, piece by piece.
Stretches = Sequence[tuple[str, Style]]


class TableStyles:
    """The styles of a table's parts, kept: Textual takes long to put that of a widget together."""

    def __init__(self, table: Widget) -> None:
        self._table = table
        self._kept: dict[str, Style] = {}

    def of(self, name: str) -> Style:
        """Return the style of a part, or (for "") of the table itself."""
        style = self._kept.get(name)
        if style is None:
            table = self._table
            part = f"virtual-table--{name}"
            style = table.get_component_rich_style(part) if name else table.rich_style
            self._kept[name] = style
        return style

    def coloured(self, style: Style, colour: str, *, marked: bool) -> Style:
        """Return a style with a colour of the theme, or dim; `marked`: of the row with the cursor,
        which has one colour while the table has the focus.
        """
        if colour == "reverse":
            return style + Style(reverse=True)
        if not colour or (marked and self._table.has_focus):
            return style
        if colour == "dim":
            return style + Style(dim=True)
        found = self._table.app.theme_variables.get(colour)
        return style + Style.parse(found) if found else style

    def forget(self) -> None:
        """Ask Textual again."""
        self._kept.clear()


class _InSight(NamedTuple):
    """A cell of which a part is in sight."""

    start: int  #: where it begins in the whole line
    column: Column
    width: int
    stretches: Stretches


@dataclass(frozen=True)
class LineLayout:
    """Where cells lie. Widths in characters."""

    columns: Sequence[Shown]
    room: int  #: that is seen
    width: int  #: of the whole table
    left: int  #: how far it is scrolled sideways
    fit: bool  #: columns are left out where the table is narrow, instead of scrolling sideways
    pinned: int = 0  #: so many columns stay where they are, if they leave the others room

    @property
    def held(self) -> int:
        """How much on the left does not scroll, with the margin."""
        wide = 1 + sum(width + 2 for _, _, width in self.columns[: self.pinned])
        return wide if self.pinned and wide <= self.room * _MOST_HELD else 0

    def column_at(self, x: int) -> Shown | None:
        """Return the column at a place of the widget, with the two spaces behind it."""
        start = x - 1 if x < self.held else x - 1 + self.left
        for shown in self.columns:
            if start < shown[2] + 2:
                return shown
            start -= shown[2] + 2
        return None

    def left_for(self, key: str) -> int:
        """Return how far to scroll sideways, at least, for a column to be seen whole."""
        start = 1
        for number, (_, column, width) in enumerate(self.columns):
            if column.key == key:
                if self.held and number < self.pinned:
                    return self.left
                # the mark that says that there are more columns hides no part of it
                behind = 0 if number == len(self.columns) - 1 else 1
                least, most = start + width + behind - self.room, start - max(1, self.held)
                return max(0, min(max(self.left, least), most))
            start += width + 2
        return self.left

    @property
    def is_scrolled(self) -> bool:
        """Whether there are more columns than fit, which scroll sideways."""
        return not self.fit and self.width > self.room

    def mark_at(self, x: int) -> int:
        """Return which way the heading says at a place that there are more columns: 1 for the
        right, -1 for the left; 0 where it says nothing.
        """
        if not self.is_scrolled:
            return 0
        if x == self.room - 1 and self.left + self.room < self.width - 2:  # blanks are no column
            return 1
        return -1 if self.left and x == max(0, self.held - 1) else 0

    def header(self, sort: tuple[str, bool] | None, style: Style) -> Strip:
        """Return the titles, with marks where there are more columns; `sort`: the column by which
        rows are sorted, and whether downwards.
        """
        titles = [
            _InSight(start, column, width, [(_title(column, sort), style)])
            for start, (_, column, width) in self._in_sight()
        ]
        strip = self._strip(titles, Segment(" ", style), style, header=True)
        for x, name in ((max(0, self.held - 1), "left"), (self.room - 1, "right")):
            if self.mark_at(x):
                mark = Strip([Segment(glyph(name), style)])
                strip = Strip.join([strip.crop(0, x), mark, strip.crop(x + 1)])
        return strip

    def row(
        self,
        cells: Sequence[Cell],
        style: Style,
        coloured: Callable[[str], Style],
        *,
        marked: bool = False,
    ) -> Strip:
        """Return a row; `coloured` gives the style of a colour's name, `marked`: with the
        cursor.
        """
        seen = [
            _InSight(start, column, width, _stretches(cells[i] if i < len(cells) else "", coloured))
            for start, (i, column, width) in self._in_sight()
        ]
        first = seen[0].stretches if seen and not marked else []
        margin = Segment(glyph("right") if marked else " ", first[0][1] if first else style)
        return self._strip(seen, margin, style)

    def _in_sight(self) -> Iterator[tuple[int, Shown]]:
        """Return the columns of which a part is in sight, each with where it begins."""
        start, held = 1, self.held
        for shown in self.columns:
            end = start + shown[2]
            if start < held or (end > self.left + held and start < self.left + self.room):
                yield start, shown
            start = end + 2

    def _strip(
        self, cells: Sequence[_InSight], margin: Segment, style: Style, *, header: bool = False
    ) -> Strip:
        held = self.held
        still, moving = ([margin], []) if held else ([], [margin])
        begin = 0 if not held else None  # where the part that moves begins
        if self.left and not held:
            moving, begin = [], None
        for cell in cells:
            pieces = [*self._pieces(cell, style, header=header), Segment("  ", style)]
            if cell.start < held:
                still += pieces
                continue
            if begin is None:
                begin = min(cell.start, self.left + held)
                moving.append(Segment(" " * (cell.start - begin), style))
            moving += pieces
        before = self.left + held - (self.left + held if begin is None else begin)
        rest = Strip(moving).simplify().adjust_cell_length(before + self.room - held, style)
        rest = rest.crop(before, before + self.room - held)
        if not held:
            return rest
        # beyond the edge, columns are out of sight
        edge = [Strip([Segment(glyph("vertical"), style)])] if self.left else []
        kept = Strip(still).simplify().adjust_cell_length(held - len(edge), style)
        return Strip.join([kept, *edge, rest])

    def _pieces(self, cell: _InSight, style: Style, *, header: bool) -> Iterable[Segment]:
        """Return a cell as wide as its column."""
        start, column, width, stretches = cell
        if len(stretches) != 1:
            return _fitted(stretches, width, style)
        [(text, shade)] = stretches
        shown = _cut(text, column, width, header=header)
        if column.align == "right" and not self.fit and start >= self.held:
            end = start + width - self.left
            shown = hide_part(shown, self.left + self.held - start, end - self.room)
        return [Segment(shown, shade)]


def _stretches(cell: Cell, coloured: Callable[[str], Style]) -> Stretches:
    parts = cell if isinstance(cell, Painted) else [(cell, "") if isinstance(cell, str) else cell]
    return [(text, coloured(colour)) for text, colour in parts]


def _fitted(stretches: Stretches, width: int, style: Style) -> Iterable[Segment]:
    """Return stretches of text cut or padded to a width."""
    strip = Strip([Segment(text, shade) for text, shade in stretches])
    return strip.adjust_cell_length(width, style)


def _title(column: Column, sort: tuple[str, bool] | None) -> str:
    if sort is None or sort[0] != column.key:
        return column.title
    return f"{column.title} {glyph('down' if sort[1] else 'up')}"


def _cut(text: str, column: Column, width: int, *, header: bool) -> str:
    whole = (
        cut_between(text, width)
        if column.facts
        else cut_name(text, width)
        if column.name or header
        else text
    )
    return cut(whole, width, column.align)
