"""A plot with a cursor that is shown as a real picture instead, where the terminal has them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from textual import getters
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from enchanted_tui.errors import RefusedError
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.pictures.drawn_picture import DrawnPicture, has_room
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.cursor_plot import CursorPlot

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

#: Gives, for what there is now, what draws it in a thread for so many columns and rows.
Prepare = Callable[[], Callable[[int, int], DrawnPicture]]
_REST = 5.0  #: seconds at least between two pictures of the same that grows ...
_RATE, _SPARING_RATE = 4096, 512  #: ... and bytes a second that they may cost


class PicturePlot(CursorPlot):
    """Draws characters, and is blank below a picture. What grows is drawn anew now and then, what
    somebody asks for at once.
    """

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    class Touched(Message):
        """Somebody wants the cursor, which is in the characters."""

    class Unpictured(Message):
        """There is no picture of this, for a reason."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._covering: DrawnPicture | None = None  #: that is shown
        self._wanted: tuple[object, Prepare] | None = None
        self._begun: object = None  #: what was drawn last, and its size
        self._begun_at = 0.0
        self._is_drawing = False
        self._waiting: Timer | None = None

    @property
    def is_covered(self) -> bool:
        """Whether a picture is shown."""
        return self._covering is not None

    def show_picture(self, what: object, prepare: Prepare) -> None:
        """Show a picture. `what` says of what; if that is shown already, it has grown."""
        self._wanted = what, prepare
        self._draw_when_due()

    def show_characters(self) -> None:
        """Show characters."""
        self._wanted = self._begun = None
        self._take_picture(None)

    # -- drawing -----------------------------------------------------------------------------------

    def _draw_when_due(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        if self._wanted is None or self._is_drawing or not self.is_attached:
            return
        what, _ = self._wanted
        rest = self._begun_at + self._rest() - time.monotonic()
        if self._begun == (what, self.size) and rest > 0:
            self._waiting = self.set_timer(rest, self._draw_when_due)
        else:
            run_newest(self, "picture", self._draw_newest)

    def _rest(self) -> float:
        """Return the seconds between two pictures of what grows, so that they fit through the
        line.
        """
        size = len(self._covering.data) if self._covering is not None else 0
        return max(_REST, size / (_SPARING_RATE if self.app.spares_line else _RATE))

    async def _draw_newest(self) -> None:
        asked = self._wanted
        if asked is None or self._is_drawing or not self.size:
            return
        what, prepare = asked
        size, self._is_drawing = self.size, True
        self._begun, self._begun_at = (what, size), time.monotonic()
        picture = None
        try:
            if has_room(*size):
                picture = await in_thread(prepare(), *size)
            else:
                self.post_message(self.Unpictured("The window is too small for a picture."))
        except RefusedError as error:
            self.post_message(self.Unpictured(str(error)))
        finally:
            self._is_drawing = False
        if self._wanted is None:
            return
        if self._wanted[0] == what and self.size == size:
            self._take_picture(picture)
        if self._wanted is not asked or self.size != size:
            self._draw_when_due()

    def _take_picture(self, picture: DrawnPicture | None) -> None:
        was_covered, self._covering = self.is_covered, picture
        if picture is not None:
            self.app.pictures.show(self, picture)
        elif was_covered:
            self.app.pictures.drop(self)
        if was_covered != self.is_covered:
            self.refresh()
            self.post_message(self.Moved())

    def on_resize(self) -> None:
        self._take_picture(None)
        self._draw_when_due()

    # -- below the picture -------------------------------------------------------------------------

    def refresh(self, *regions: Region, **how: Any) -> Self:
        """Paint; not single rows below a picture, which would take it away."""
        return self if regions and self.is_covered else super().refresh(*regions, **how)

    def render_line(self, y: int) -> Strip:
        if self.is_covered:
            return Strip.blank(self.size.width, self.rich_style)
        return super().render_line(y)

    def _move(self, across: int, down: int) -> None:
        if self.is_covered:
            self.post_message(self.Touched())
        else:
            super()._move(across, down)

    def on_click(self, event: Click) -> None:
        if self.is_covered and event.button != RIGHT:
            event.prevent_default()  # the characters lie elsewhere
            self.post_message(self.Touched())
