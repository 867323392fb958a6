"""Closing by mouse what Escape closes: by a click beside the box, or on its frame, in which that is
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.errors import NoWidget
from textual.events import Click
from textual.widgets import Input

from enchanted_tui.ui.glyphs import glyph

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[Any]
else:
    Base = object


class ClosedByMouse(Base):
    """Mixed into a screen with one box over another screen: a click closes it as Escape does.

    What has been typed is not lost by a stray click: then only the words in the frame close it.
    """

    WAITED_FOR: ClassVar[bool] = False  #: a stray click closes it never: somebody needs an answer
    _as_opened: Mapping[str | None, str] = MappingProxyType({})  #: what lines to type into said

    def tell_how_to_close(self, box: Vertical) -> None:
        """Write into the frame of the box how it is closed."""
        box.border_subtitle = f"{glyph('close')} Escape closes"

    def on_mount(self) -> None:
        self._as_opened = self._typed()

    def _typed(self) -> dict[str | None, str]:
        return {line.id: line.value for line in self.query(Input)}

    def on_click(self, event: Click) -> None:
        """Leave when the click is beside the box or on its frame."""
        try:
            clicked, region = self.get_widget_at(event.screen_x, event.screen_y)
        except NoWidget:  # the terminal has become smaller since
            return
        is_on_frame = (
            isinstance(clicked, Vertical)
            and clicked.parent is self
            and not clicked.content_region.contains(event.screen_x, event.screen_y)
            and event.screen_y in (region.y, region.bottom - 1)
        )
        if clicked is not self and not is_on_frame:
            return
        event.stop()
        is_meant = (
            is_on_frame
            and event.screen_y == region.bottom - 1
            and event.screen_x >= region.right - len(str(clicked.border_subtitle or "")) - 4
        )
        # after whatever the same click has set going
        self.call_later(self._leave if is_meant else self._leave_unless_typed)

    def _leave(self) -> None:
        self.dismiss(None)

    def _leave_unless_typed(self) -> None:
        typed = any(value != self._as_opened.get(line, "") for line, value in self._typed().items())
        if typed or self.WAITED_FOR:
            why = "Something is typed here" if typed else "This waits for an answer"
            self.app.notify(f"{why}: Escape closes it, a click beside it does not.")
        else:
            self._leave()
