"""A window over a log file: shows the rows that a `LogWorker` has read, and asks it for others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from enchanted_tui.storage.logs.log_text import Level
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.log_page import LogRow, Page
from enchanted_tui.ui.log_worker import Command, LogWorker

_WHEEL = 3  # rows a notch
_SIDEWAYS = 8  # cells a key


class LogView(Widget, can_focus=True):
    """Shows a part of a file; constant memory whatever its size. `pattern` is marked where it is
    seen.
    """

    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    LogView > .log-view--debug { color: $text-muted; }
    LogView > .log-view--warning { color: $text-warning; }
    LogView > .log-view--error { color: $text-error; text-style: bold; }
    LogView > .log-view--match { text-style: reverse; }
    LogView > .log-view--found { background: $boost; text-style: bold; }
    LogView > .log-view--bar { color: $text-muted; }
    LogView > .log-view--empty { color: $text-muted; text-style: italic; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"log-view--{name}"
        for name in ("debug", "warning", "error", "match", "found", "bar", "empty")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "home", "Beginning", show=False),
        Binding("end,G", "end", "End", show=False),
        Binding("left,h", "sideways(-1)", "Left", show=False),
        Binding("right,l", "sideways(1)", "Right", show=False),
    ]
    HELP = """Reads a log of any size. Arrows, page keys, `g` and `G` move; at the end, new lines
    are followed."""

    class Read(Message):
        """The worker has read a page."""

        def __init__(self, page: Page, view: LogView) -> None:
            super().__init__()
            self.page = page
            self.view = view

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogView.Read)

    class Changed(Message):
        """Another page is shown."""

        def __init__(self, page: Page) -> None:
            super().__init__()
            self.page = page

    # Textual's name
    def __init__(self, *, poll: float = 1.0, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.page: Page | None = None
        self.pattern: re.Pattern[str] | None = None
        self.nothing = ""  #: said while no file is open
        self._poll = poll
        self._worker: LogWorker | None = None
        self._x = 0
        self._dragging = False

    # -- the file ----------------------------------------------------------------------------------

    def open(self, path: Path | None, *, follow: bool = True) -> None:
        """Show another file, from its end or its beginning; None for none."""
        self._x = 0
        if path is None:
            self.close()
        elif self._worker is None:
            self._worker = LogWorker(
                path, lambda page: self.post_message(self.Read(page, self)), poll=self._poll
            )
            self._ask_size()
            if not follow:
                self.do(lambda reader: reader.home())
            self._worker.start()
        else:
            self.do(lambda reader: reader.open(path, follow=follow))

    def close(self) -> None:
        """Show no file any more."""
        if self._worker is not None:
            self._worker.close()
        self._worker = self.page = None
        self.refresh()

    def do(self, command: Command) -> None:
        """Have the reader do something."""
        if self._worker is not None:
            self._worker.do(command)

    def pause(self, paused: bool) -> None:
        """Hold what is shown still."""
        if self._worker is not None:
            self._worker.pause(paused)

    def on_unmount(self) -> None:
        self.close()

    def on_resize(self) -> None:
        self._ask_size()

    def _ask_size(self) -> None:
        width, height = self.size.width - 1, self.size.height
        if width > 0 and height > 0:
            self.do(lambda reader: reader.resize(width, height))

    def on_log_view_read(self, message: Read) -> None:
        """Take a page; only the rows that differ are painted."""
        message.stop()
        if self._worker is None or message.view is not self:
            return
        before, self.page = self.page, message.page
        if before is None or (before.size, before.top, before.bottom) != (
            self.page.size,
            self.page.top,
            self.page.bottom,
        ):
            self.refresh()
        elif (before.rows, before.found, before.note) != (
            self.page.rows,
            self.page.found,
            self.page.note,
        ):
            width = self.size.width
            self.refresh(
                *(
                    Region(0, y, width, 1)
                    for y in range(self.size.height)
                    if self._row(before, y) != self._row(self.page, y)
                )
            )
        self.post_message(self.Changed(self.page))

    @staticmethod
    def _row(page: Page, y: int) -> tuple[LogRow | None, bool]:
        row = page.rows[y] if y < len(page.rows) else None
        return row, row is not None and row.start == page.found

    # -- keys and mouse ----------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        self.do(lambda reader: reader.move(rows))

    def action_page(self, pages: int) -> None:
        self.do(lambda reader: reader.page(pages))

    def action_home(self) -> None:
        self.do(lambda reader: reader.home())

    def action_end(self) -> None:
        self.do(lambda reader: reader.end())

    def action_sideways(self, steps: int) -> None:
        longest = max((cell_len(row.text) for row in self.page.rows), default=0) if self.page else 0
        self._x = max(0, min(self._x + steps * _SIDEWAYS, longest - self.size.width + _SIDEWAYS))
        self.refresh()

    def unscroll(self) -> None:
        """Show the beginnings of lines again."""
        self._x = 0
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._wheel(1, sideways=event.shift or event.ctrl)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._wheel(-1, sideways=event.shift or event.ctrl)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        self._wheel(1, sideways=True)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        self._wheel(-1, sideways=True)

    def _wheel(self, notches: int, *, sideways: bool) -> None:
        if sideways:
            self.action_sideways(notches)
        else:
            self.action_move(notches * _WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.x == self.size.width - 1:
            self._dragging = True
            self.capture_mouse()
            self._drag(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag(event.y)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _drag(self, y: int) -> None:
        if self.page is None:
            return
        last = self.size.height - 1
        if y >= last:
            self.action_end()
        else:
            offset = self.page.size * max(0, y) // max(1, last)
            self.do(lambda reader: reader.go_to(offset))

    # -- painting ----------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.size.width - 1
        base = self.rich_style
        if self.page is None or not self.page.rows:
            text = self._nothing() if y == 0 else ""
            return Strip([Segment(text, base + self._style("empty"))]).adjust_cell_length(
                width + 1, base
            )
        row = self.page.rows[y] if y < len(self.page.rows) else None
        strip = self._row_strip(row, width, base) if row is not None else Strip.blank(width, base)
        return Strip.join([strip, self._bar(y, base)])

    def _nothing(self) -> str:
        if self.page is None:
            return self.nothing
        if self.page.note:
            return self.page.note
        return (
            "No line matches."
            if self.page.size and self.page.chosen is not None
            else "Nothing is written here yet."
        )

    def _row_strip(self, row: LogRow, width: int, base: Style) -> Strip:
        style = base + self._level_style(row.level)
        if self.page is not None and row.start == self.page.found:
            style += self._style("found")
        text = row.text
        if text.isascii() and self.pattern is None:
            return Strip([Segment(text[self._x : self._x + width], style)]).adjust_cell_length(
                width, style
            )
        segments, done = [], 0
        for match in self.pattern.finditer(text) if self.pattern is not None else ():
            segments += [
                Segment(text[done : match.start()], style),
                Segment(match.group(), style + self._style("match")),
            ]
            done = match.end()
        segments.append(Segment(text[done:], style))
        return Strip(segments).crop(self._x, self._x + width).adjust_cell_length(width, style)

    def _level_style(self, level: Level) -> Style:
        if level >= Level.ERROR:
            return self._style("error")
        if level == Level.WARNING:
            return self._style("warning")
        return self._style("debug") if level == Level.DEBUG else Style.null()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"log-view--{name}", partial=True)

    def _bar(self, y: int, base: Style) -> Strip:
        """Return the scroll bar's cell: how far the page is in the file, in bytes, which is known
        without reading it.
        """
        page, height = self.page, self.size.height
        if page is None or page.bottom - page.top >= page.size:
            return Strip.blank(1, base)
        length = max(1, round(height * (page.bottom - page.top) / page.size))
        room = height - length
        begin = (
            room
            if page.bottom >= page.size
            else min(room - 1, round(room * page.top / page.size))
            if page.top
            else 0
        )
        inside = begin <= y < begin + length
        return Strip(
            [Segment(glyph("bar") if inside else glyph("vertical"), base + self._style("bar"))]
        )
