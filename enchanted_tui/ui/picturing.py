"""The part of the app that shows real pictures: what the terminal can, and what is on it."""

from __future__ import annotations

import fcntl
import struct
import termios
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from textual.screen import Screen

from enchanted_tui.ui.opening import Opening

if TYPE_CHECKING:
    from enchanted_tui.ui.pictures.picture_board import PictureBoard
    from enchanted_tui.ui.pictures.terminal_ability import Ability, TerminalAsking
    from enchanted_tui.ui.pictures.terminal_answers import TerminalAnswered

_NO_TERMINAL = "There is no terminal here that could show a picture; w writes the plot as a figure."


class Picturing(Opening):
    """Nothing of it is loaded, and the terminal asked nothing, until somebody wants a picture."""

    _board: PictureBoard | None = None
    _asking: TerminalAsking | None = None

    @property
    def pictures(self) -> PictureBoard:
        if self._board is None:
            from enchanted_tui.ui.pictures.picture_board import PictureBoard

            board = self._board = PictureBoard(self.write_to_terminal, self.set_timer)
            self.app_suspend_signal.subscribe(self, lambda _: board.leave(), immediate=True)
        return self._board

    async def picture_ability(self) -> Ability | str:
        from enchanted_tui.ui.driver import PatientDriver
        from enchanted_tui.ui.pictures.terminal_ability import TerminalAsking

        driver = self._driver
        if not isinstance(driver, PatientDriver):
            return _NO_TERMINAL
        if self._asking is None:
            self._asking = TerminalAsking(self.write_to_terminal, lambda: _cell(driver.fileno))
        driver.answers.has_asked = driver.answers.is_waiting = True
        try:
            return await self._asking.ask(self.settings.preferences.pictures)
        finally:
            driver.answers.is_waiting = False

    def on_terminal_answered(self, message: TerminalAnswered) -> None:
        if self._asking is not None:
            self._asking.hear(message.answers)

    def write_to_terminal(self, text: str) -> None:
        """Write an escape sequence."""
        if self._driver is not None and not self.is_headless:
            # as Textual itself copies and rings; there is no public way
            self._driver.write(text)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Paint, as Textual does, around the picture that is on the terminal."""
        if self._board is None or renderable is None or self._batch_count:
            super()._display(screen, renderable)
            return
        self._board.before_painting(screen, renderable)
        super()._display(screen, renderable)
        self._board.after_painting(screen, renderable)

    def on_unmount(self) -> None:
        if self._board is not None:
            self._board.leave()


def _cell(descriptor: int) -> tuple[int, int] | None:
    """Return width and height of a character in pixels, if the terminal's line knows them."""
    try:
        told = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", told)
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return width // columns, height // rows
