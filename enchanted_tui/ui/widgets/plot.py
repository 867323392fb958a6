"""A widget that shows a picture made of characters; only the rows that have changed are painted."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from enchanted_tui.ui.charts.picture import Picture

#: Gives the picture for a width and a height.
Draw = Callable[[int, int], Picture]


class Plot(Widget, can_focus=True):
    """Draws again when its size changes. Arrows ask for other columns: `Step`."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Plot { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    """
    HELP = "Left and right change the column along the bottom, up and down the one on the left."

    class Step(Message):
        """Another column is wanted on an axis, 0 for x and 1 for y, so many further in the list."""

        def __init__(self, axis: int, step: int) -> None:
            super().__init__()
            self.axis = axis
            self.step = step

    class Resized(Message):
        """It has another size."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._draw: Draw | None = None
        self._rows: list[list[tuple[str, str]]] = []
        self._picture: Picture | None = None

    def show(self, draw: Draw) -> None:
        """Show what `draw` gives."""
        self._draw = draw
        self._redraw()

    @property
    def text(self) -> str:
        """The picture as text."""
        return self._picture.text() if self._picture is not None else ""

    def _redraw(self) -> None:
        if self._draw is None or not self.size.width or not self.size.height:
            return
        self.take(self._draw(self.size.width, self.size.height))

    def take(self, picture: Picture) -> None:
        """Show a picture; what is as before is not painted again."""
        self._picture = picture
        before, self._rows = (
            self._rows,
            [list(self._picture.runs(y)) for y in range(self._picture.height)],
        )
        if len(before) != len(self._rows):
            self.refresh()
        else:
            width = self.size.width
            changed = [
                Region(0, y, width, 1) for y, row in enumerate(self._rows) if row != before[y]
            ]
            if changed:
                self.refresh(*changed)

    def on_resize(self) -> None:
        self._redraw()
        self.post_message(self.Resized())

    def key_left(self) -> None:
        self.post_message(self.Step(0, -1))

    def key_right(self) -> None:
        self.post_message(self.Step(0, 1))

    def key_up(self) -> None:
        self.post_message(self.Step(1, -1))

    def key_down(self) -> None:
        self.post_message(self.Step(1, 1))

    key_h, key_l, key_k, key_j = key_left, key_right, key_up, key_down

    def render_line(self, y: int) -> Strip:
        style = self.rich_style
        runs = self._rows[y] if y < len(self._rows) else []
        return Strip(
            [Segment(text, style + self._colour(name)) for text, name in runs]
        ).adjust_cell_length(self.size.width, style)

    def _colour(self, name: str) -> Style:
        """Return the style for the name of a theme colour, "dim", or "#rrggbb on #rrggbb"."""
        if name == "dim":
            return Style(dim=True)
        if name.startswith("#"):
            return Style.parse(name)
        found = self.app.theme_variables.get(name) if name else None
        return Style.parse(found) if found else Style.null()
