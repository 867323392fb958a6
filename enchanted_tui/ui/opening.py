"""The one way to open a screen over another, and to leave it again.

Keys and clicks that arrive together are handled one after the other, by handlers that do not know
what the one before has done: a dialog would be answered twice, or opened twice over another.
Nothing else in the app pushes, pops or dismisses a screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual import getters
from textual.command import CommandList, CommandPalette
from textual.events import Event, InputEvent, Paste
from textual.screen import Screen

from enchanted_tui.ui.app_interface import AppInterface
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.refusing import Refusing
from enchanted_tui.ui.widgets.choice_list import is_laid_out

if TYPE_CHECKING:
    from textual.widget import AwaitMount

    from enchanted_tui.ui.open_run import OpenRun
    from enchanted_tui.views.viewing import Viewer

Answer = TypeVar("Answer")


class OpenedOfRun(Opened):
    """Mixed into a screen that shows something of one run: it leaves when another is opened, or the
    same one anew.
    """

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    run_shown: Viewer | None = None  #: the read model that was open when it was opened
    own_run: OpenRun | None = None  #: of which that is
    mode_below = ""  #: the mode over which it was opened

    @property
    def is_stale(self) -> bool:
        """Whether its run is not the open one any more."""
        return self.run_shown is not self.app.viewer

    def before_it_goes(self) -> None:
        """Another run is shown: keep what brings it back."""

    def on_mount(self) -> None:
        if self.run_shown is None:
            self.run_shown = self.app.viewer

    def on_screen_resume(self) -> None:
        if self.is_stale:
            self.dismiss()


class ActionPalette(Opened, CommandPalette):
    """Textual's palette; takes one command, and keys that arrive before its list has been laid
    out.
    """

    def _action_command_list(self, action: str) -> None:
        if is_laid_out(self.query_one(CommandList)):
            super()._action_command_list(action)


class Opening(Refusing):
    """The part of the app that opens screens over others."""

    async def on_event(self, event: Event) -> None:
        """Hear nothing of what was typed after what ends the app."""
        if not (self.leaving and isinstance(event, InputEvent | Paste)):
            await super().on_event(event)

    async def _shutdown(self) -> None:
        self.leaving = True  # however the end has come: the widgets go before their screens do
        await super()._shutdown()

    def open_over(self, under: Screen[Any], screen: Opened) -> bool:
        """Open a screen on behalf of `under`; not if that is not on top any more. Tell whether it
        was opened.
        """
        if self.leaving or self.screen is not under:
            return False
        self._open(screen)
        return True

    def open_on_top(self, screen: Opened, take: Callable[[Any], None]) -> None:
        """Open a dialog over whatever there is, for what cannot wait; `take` is given the
        answer.
        """
        if self.leaving:
            take(None)
        else:
            self._open(screen, take)

    async def ask(
        self, under: Screen[Any], dialog: Screen[Answer], *, late: bool = False
    ) -> Answer | None:
        """Ask on behalf of `under` and give the answer; None if that is not on top any more, as if
        the person had not asked.

        With `late`, for what comes unasked or after a while, wait until `under` is on top. For
        workers.
        """
        while late and not self.leaving and self.screen is not under:
            await self._resumed(under)
        if self.leaving or self.screen is not under:
            return None
        return await asyncio.shield(self.push_screen(dialog, wait_for_dismiss=True))

    async def _resumed(self, screen: Screen[Any]) -> None:
        resumed: asyncio.Event = screen.resumed  # type: ignore[attr-defined]
        resumed.clear()
        await resumed.wait()

    def _open(self, screen: Opened, take: Callable[[Any], None] | None = None) -> None:
        if isinstance(screen, OpenedOfRun):
            screen.run_shown, screen.own_run = self.viewer, self.run_shown
            screen.mode_below = self.current_mode
        self.push_screen(screen, take)

    def action_command_palette(self) -> None:
        """Open the palette, as Textual does, but one that takes one command."""
        if not self.screen.is_modal:
            self.open_over(self.screen, ActionPalette(id="--command-palette"))

    # -- modes -------------------------------------------------------------------------------------

    def show_mode(self, mode: str) -> AwaitMount | None:
        """Go to a mode; not while a dialog asks something, which would be left open behind it."""
        return None if self.leaving or self.screen.is_modal else self.switch_mode(mode)

    def switch_mode(self, mode: str) -> AwaitMount:
        """Go to a mode, without what lies there of another run."""
        mounted = super().switch_mode(mode)
        self.leave_stale()
        return mounted

    def leave_stale(self) -> None:
        """Take away what is on top of a mode and of another run; what lies below a dialog leaves
        when that does.
        """
        while (
            isinstance(screen := self.screen, OpenedOfRun)
            and screen.is_stale
            and not screen.has_left
        ):
            screen.before_it_goes()
            screen.dismiss()
