"""A plot with a cursor, which goes from one thing that is shown to the next."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.charts.spots import DrawnPlot
from enchanted_tui.ui.widgets.plot import Plot

#: Gives what is drawn for a width and a height.
DrawAll = Callable[[int, int], DrawnPlot]
_CURSOR = Style(reverse=True, bold=True)
_RIGHT = 3  #: button of the mouse


class CursorPlot(Plot):
    """Arrows move the cursor, which stays with what it is on while the plot is drawn anew; posts
    `Moved`, and `Chosen` for a double click.
    """

    HELP = "Arrows, or a click, move the cursor; Enter opens what it is on."

    class Moved(Message):
        """The cursor is on something else, or the plot has been drawn anew."""

    class Chosen(Message):
        """What the cursor is on is to be opened."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.drawn: DrawnPlot | None = None
        self.spot: int | None = None  #: on which the cursor is
        self._draw_all: DrawAll | None = None
        self._in_thread = False
        self._member: int | None = None
        self._awaited: int | None = None  #: on which the cursor is to be put

    def show_drawn(self, draw: DrawAll, *, heavy: bool) -> None:
        """Show what `draw` gives; in a thread if that is `heavy`."""
        self._draw_all, self._in_thread = draw, heavy
        self._redraw()

    def forget_cursor(self) -> None:
        """Show something else, in which no cursor has been yet."""
        self.spot = self._member = self._awaited = None

    def drop(self) -> None:
        """Point at nothing until it is drawn anew: what was shown is not there any more."""
        self.drawn = self.spot = self._member = None

    def await_member(self, member: int | None) -> None:
        """Put the cursor on something as soon as it is drawn."""
        self._awaited = member

    @property
    def kept_member(self) -> int | None:
        """What the cursor is on, or is to be put on."""
        return self._member if self._awaited is None else self._awaited

    @property
    def cursor_member(self) -> int | None:
        """What the cursor is on, of those at its place the first; None without one."""
        return self._member

    def _redraw(self) -> None:
        draw = self._draw_all
        if draw is None or not self.size.width or not self.size.height:
            return
        if self._in_thread:
            run_newest(self, "draw", self._draw_and_take, draw)
        else:
            self._take_drawn(draw(self.size.width, self.size.height))

    async def _draw_and_take(self, draw: DrawAll) -> None:
        size = self.size
        drawn = await in_thread(draw, size.width, size.height)
        if draw is self._draw_all and size == self.size:
            self._take_drawn(drawn)

    def _take_drawn(self, drawn: DrawnPlot) -> None:
        self._refresh_cursor()
        self.drawn = drawn
        if self._awaited is not None and drawn.spots.of_member(self._awaited) is not None:
            self._member, self._awaited = self._awaited, None
        if self._member is not None:
            self.spot = drawn.spots.of_member(self._member)
        if self.spot is None or self.spot >= len(drawn.spots):
            self.spot = self._member = None
        self.take(drawn.picture)
        self._refresh_cursor()
        self.post_message(self.Moved())

    # -- the cursor --------------------------------------------------------------------------------

    def _refresh_cursor(self) -> None:
        if self.drawn is not None and self.spot is not None and self.spot < len(self.drawn.spots):
            row = int(self.drawn.spots.rows[self.spot])
            self.refresh(Region(0, row, self.size.width, 1))

    def _put(self, spot: int | None) -> None:
        if spot is None or self.drawn is None:
            return
        self._refresh_cursor()
        self.spot, self._awaited = spot, None
        self._member = int(self.drawn.spots.members(spot)[0])
        self._refresh_cursor()
        self.post_message(self.Moved())

    def _move(self, across: int, down: int) -> None:
        if self.drawn is None:
            return
        spots = self.drawn.spots
        if self.spot is None:
            self._put(spots.nearest(self.size.width // 2, self.size.height // 2))
        else:
            column, row = int(spots.columns[self.spot]), int(spots.rows[self.spot])
            self._put(spots.beside(column, row, across, down))

    def key_left(self) -> None:
        self._move(-1, 0)

    def key_right(self) -> None:
        self._move(1, 0)

    def key_up(self) -> None:
        self._move(0, -1)

    def key_down(self) -> None:
        self._move(0, 1)

    key_h, key_l, key_k, key_j = key_left, key_right, key_up, key_down

    def on_click(self, event: Click) -> None:
        if self.drawn is not None and event.button != _RIGHT:
            self._put(self.drawn.spots.nearest(event.x, event.y))
            if event.chain == 2:
                self.post_message(self.Chosen())

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if self.drawn is None or self.spot is None or self.spot >= len(self.drawn.spots):
            return strip
        spots = self.drawn.spots
        if int(spots.rows[self.spot]) != y:
            return strip
        column = int(spots.columns[self.spot])
        before, under, after = strip.divide([column, column + 1, strip.cell_length])
        marked = [Segment(text, (style or Style()) + _CURSOR) for text, style, _ in under]
        return Strip.join([before, Strip(marked), after])
