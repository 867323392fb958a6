"""What stands between two panes and is dragged to share the room between them otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters
from textual.events import Click, MouseDown, MouseMove, MouseUp
from textual.widget import Widget

from enchanted_tui.ui import remembered
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.widgets.clicks import RIGHT

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_LEAST, _MOST = 15, 85  #: percent of the room that the pane on the left may have


class Divider(Widget):
    """A column between the widget before it and the one behind it. What a person has chosen is
    remembered by `place`; a double click goes back to what the style sheet says.
    """

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Divider { width: 1; height: 1fr; }
    Divider:hover, Divider.-dragged { background: $primary; }
    """

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._share: int | None = None  #: percent of the left pane; None: as the style sheet says
        self._is_seen = False
        self._dragged_to: int | None = None
        self.tooltip = "Drag to share the room; a double click shares it as at first."

    def render(self) -> str:
        return ""

    def on_mount(self) -> None:
        self.app.perform(self._recall())

    async def _recall(self) -> None:
        share = (await in_thread(remembered.read)).dividers.get(self._place)
        if share is not None and self.is_mounted:
            self._give(share)

    def on_show(self) -> None:
        self._is_seen = True
        if self._share is not None:
            self._give(self._share)

    def on_hide(self) -> None:
        """Leave the panes to the style sheet where they are not side by side."""
        self._is_seen = False
        self._put(None)

    @property
    def _beside(self) -> tuple[Widget, Widget]:
        """The panes on the left and on the right."""
        assert self.parent is not None
        panes = [child for child in self.parent.children if isinstance(child, Widget)]
        number = panes.index(self)
        return panes[number - 1], panes[number + 1]

    def _give(self, share: int | None) -> None:
        """Give the left pane so many percent of the room; None: as the style sheet says."""
        self._share = share
        if self._is_seen:
            self._put(share)

    def _put(self, share: int | None) -> None:
        left, right = self._beside
        if share is None:
            for pane in (left, right):
                pane.styles.clear_rule("width")
                pane.refresh(layout=True)  # which setting it does by itself
        else:
            share = max(_LEAST, min(share, _MOST))
            left.styles.width, right.styles.width = f"{share}fr", f"{100 - share}fr"

    def _remember(self, share: int | None) -> None:
        self.app.perform(in_thread(remembered.note_divider, self._place, share))

    def on_mouse_down(self, event: MouseDown) -> None:
        event.stop()
        if event.button != RIGHT:
            self.add_class("-dragged")
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        if self.has_class("-dragged"):
            event.stop()
            self._dragged_to = self._share_at(event.screen_x)
            self._give(self._dragged_to)

    def on_mouse_up(self, event: MouseUp) -> None:
        event.stop()
        if not self.has_class("-dragged"):
            return
        self.remove_class("-dragged")
        self.release_mouse()
        if self._dragged_to is not None:
            self._remember(self._dragged_to)
        self._dragged_to = None

    def _share_at(self, column: int) -> int:
        left, right = self._beside
        room = max(1, right.region.right - left.region.x - 1)
        return max(_LEAST, min(round(100 * (column - left.region.x) / room), _MOST))

    def on_click(self, event: Click) -> None:
        if event.chain == 2:
            self._give(None)
            self._remember(None)
