"""What all screens have in common: the status line above, the footer below, and what is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.events import Click
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Tooltip

from enchanted_tui.ui.opened import Pointable
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.hints import Hints
from enchanted_tui.ui.widgets.status_line import StatusLine
from enchanted_tui.ui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface


_TOLD_WIDTH = 58  #: columns that a tooltip has for its text (see app.tcss)


class AppScreen(Pointable, Screen[None]):
    """A screen with status line and footer; what is between them comes from `compose_body`."""

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    def __init__(self) -> None:
        super().__init__()
        self.resumed = asyncio.Event()  #: it has come on top again, for questions that wait for it

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield TabBar()
        yield from self.compose_body()
        yield Hints()

    def compose_body(self) -> ComposeResult:
        """Return what is between status line and footer."""
        yield from ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out, rather than hide, what is refused in read-only mode."""
        return None if self.app.is_refused(action) else True

    def on_screen_resume(self) -> None:
        self.resumed.set()
        for bar in self.query(TabBar):
            bar.check()

    def on_click(self, event: Click) -> None:
        """Open a menu at the pointer for a click with the right button."""
        if event.button == RIGHT:
            self.app.open_menu_at(Offset(event.screen_x, event.screen_y))

    def _handle_tooltip_timer(self, widget: Widget) -> None:
        """Show what is told of a widget: below the pointer, or above it where it would lie over
        what is below the widget, and has room within it.
        """
        super()._handle_tooltip_timer(widget)
        for told in self.query(Tooltip):
            pointer = self.app.mouse_position
            height = told.visual.get_height({}, _TOLD_WIDTH)
            above, below = pointer.y - widget.region.y, widget.region.bottom - pointer.y - 1
            if told.display and height > below and height < above:
                told.absolute_offset = Offset(pointer.x, pointer.y - height - 1)

    def _compositor_refresh(self) -> None:
        """Paint; below a screen that nobody sees through, nothing: Textual would paint that one
        anew, and whole, whenever something changes here. What is on top again is painted then.
        """
        top = self.app.screen
        if top is self or top.styles.background.a < 1:
            super()._compositor_refresh()
        else:
            self._dirty_widgets.clear()
            self._compositor._dirty_regions.clear()

    def on_screen_suspend(self) -> None:
        """Take away what was said before a dialog, which needs the room and asks about something
        else.
        """
        if self.app.screen.is_modal:
            self.app.clear_notifications()

    @property
    def status_line(self) -> StatusLine:
        return self.query_one(StatusLine)
