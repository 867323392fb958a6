"""Closing by mouse what Escape closes: by a click beside the box, or on its frame, in which that is
written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.events import Click

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[Any]
else:
    Base = object


class ClosedByMouse(Base):
    """Mixed into a screen with one box over another screen, for which leaving it without an answer
    does no harm.
    """

    def tell_how_to_close(self, box: Vertical) -> None:
        """Write into the frame of the box how it is closed."""
        box.border_subtitle = "Escape closes"

    def on_click(self, event: Click) -> None:
        """Leave when the click is beside the box or on its frame."""
        clicked, region = self.get_widget_at(event.screen_x, event.screen_y)
        is_on_frame = isinstance(clicked, Vertical) and not clicked.content_region.contains(
            event.screen_x, event.screen_y
        )
        if clicked is self or (
            is_on_frame
            and clicked.parent is self
            and event.screen_y in (region.y, region.bottom - 1)
        ):
            event.stop()
            self.call_later(self._leave)  # after whatever the same click has set going

    def _leave(self) -> None:
        self.dismiss(None)
