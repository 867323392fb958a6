"""Reading a run again as it changes: one reading at a time, and a rest after each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from enchanted_tui.ui.campaign_screen import CampaignScreen
    from enchanted_tui.views.viewing import View, Viewer


class Rereading:
    """Lets a screen `read` the open run whenever what `counts` gives of a view has changed; `rest`
    gives the seconds in between.
    """

    def __init__(
        self,
        screen: CampaignScreen,
        read: Callable[[Viewer], Awaitable[None]],
        counts: Callable[[View], object],
        rest: Callable[[], float],
    ) -> None:
        self._screen, self._read, self._counts, self._rest = screen, read, counts, rest
        self.forget()

    _timer: Timer | None = None

    def forget(self) -> None:
        """Begin anew, without a rest: another run has been opened."""
        self._known: object = None
        self._busy = False
        if self._timer is not None:
            self._timer.stop()

    def look(self, view: View) -> None:
        """Read if there is reason to."""
        viewer, counts = self._screen.viewer, self._counts(view)
        if viewer is not None and not self._busy and counts != self._known:
            self._known, self._busy = counts, True
            self._screen.app.perform(self._read_and_rest(viewer))

    async def _read_and_rest(self, viewer: Viewer) -> None:
        showing = self._screen.showing
        try:
            await self._read(viewer)
        finally:
            if showing is self._screen.showing:
                self._timer = self._screen.set_timer(self._rest(), self._rested)

    def _rested(self) -> None:
        """Take up what has come in the meantime."""
        self._busy = False
        if self._screen.view is not None:
            self.look(self._screen.view)
