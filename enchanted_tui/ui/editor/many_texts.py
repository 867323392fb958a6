"""The part of the Config screen that has several texts open: a line with their names, and how one
goes from one to the other.
"""

from __future__ import annotations

import os
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Offset

from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.edited_file import EditedFile
from enchanted_tui.ui.editor.open_texts import OpenText, OpenTexts
from enchanted_tui.ui.editor.text_tabs import TextTabs, path_of
from enchanted_tui.ui.tab_menu import menu_of_text
from enchanted_tui.ui.widgets.chooser import Chooser


class ManyTexts(AppScreen):
    """Mixed into the screen of the editor."""

    DEFAULT_CSS = """
    ManyTexts #texts { height: 1fr; width: 1fr; }
    """

    texts: OpenTexts

    def compose_texts(self) -> ComposeResult:
        """Return the place of the texts, with the first of them."""
        self.texts = OpenTexts(self, self.say_note, self.check_soon)
        self.app.editor = self.texts
        with Container(id="texts"):
            yield self.texts.current.area

    def compose_tabs(self) -> ComposeResult:
        """Return the line with the names of the texts, for several."""
        yield TextTabs(id="tabs")

    @property
    def text(self) -> OpenText:
        """What is shown."""
        return self.texts.current

    @property
    def area(self) -> ConfigArea:
        """The text that is shown."""
        return self.texts.current.area

    @property
    def file(self) -> EditedFile:
        """The file of it."""
        return self.texts.current.file

    # -- what the screen does with another text ----------------------------------------------------

    def say_note(self, note: str) -> None:
        """Say how the text stands, with a note."""

    def check_soon(self) -> None:
        """Have the text checked that is shown."""

    def text_shown(self) -> None:
        """Show what belongs to the text that is shown now."""

    # -- tabs --------------------------------------------------------------------------------------

    def show_tabs(self) -> None:
        """Say which texts are open, where there are several."""
        self.query_one(TextTabs).show_texts(self.texts.texts, self.texts.shown)

    def on_text_tabs_menu_asked(self, event: TextTabs.MenuAsked) -> None:
        self.app.perform(self._choose_of(event.text, event.place))

    async def _choose_of(self, text: OpenText, place: Offset) -> None:
        """Do with a text what is chosen from its menu."""
        chosen = await self.app.ask(self, menu_of_text(path_of(text), place))
        if chosen is None or text not in self.texts.texts:
            return
        if chosen == "show":
            self.action_config_show_text(self.texts.texts.index(text))
        elif chosen == "path":
            self.app.copy(path_of(text), "the path of the file")
        else:
            closed = [other for other in self.texts.texts if (other is text) == (chosen == "close")]
            await self._close(closed)

    def action_config_show_text(self, number: int) -> None:
        self.texts.show(number)
        self.text_shown()
        self.area.focus()

    def action_config_next_text(self) -> None:
        self.action_config_show_text(self.texts.shown + 1)

    def action_config_previous_text(self) -> None:
        self.action_config_show_text(self.texts.shown - 1)

    def action_config_close_text(self) -> None:
        self.app.perform(self._close_text())

    async def _close_text(self) -> None:
        if len(self.texts.texts) == 1:
            self.notify("This is the only text; open another one, or leave with q.", timeout=3)
        else:
            await self._close([self.text])

    async def _close(self, texts: list[OpenText]) -> None:
        """Close texts, until somebody wants to stay in one of them."""
        for text in texts:
            if not await self.texts.close(self.texts.texts.index(text)):
                return
            self.text_shown()
            self.area.focus()

    def open_file(self, path: Path, copy: Path | None = None, line: int | None = None) -> None:
        """Open a file, asking first about unsaved changes: the one that has it, if it is open; with
        a `line`, counted from 1, at that line and beside what is open. With `copy`, what that says
        as a text of this name that is not saved.
        """
        self.app.perform(self._open(path, copy, line))

    async def ask_and_open(self) -> None:
        """Ask for a file and open it."""
        path = await self.file.ask_which()
        if path is not None:
            await self._open(path, None, None)

    async def _open(self, path: Path, copy: Path | None, line: int | None) -> None:
        path = Path(os.path.abspath(self.app.home / path))
        found = self.texts.find(path) if copy is None else None
        if line is None and (found is None or found == self.texts.shown):
            await self.file.open_path(path, copy)
        else:
            await self.file.started()
            await self.open_beside(path, line)

    async def open_beside(self, path: Path, line: int | None = None) -> None:
        """Open a file as one more text, or show it if it is open, at a line counted from 1."""
        if await self.texts.open_beside(path, self.query_one("#texts", Container)):
            self.text_shown()
            if line is not None:
                self.area.go_to(line - 1, 0)
            self.area.focus()

    def action_config_companion(self) -> None:
        self.app.perform(self._open_companion())

    async def _open_companion(self) -> None:
        """Ask which of the files that the configuration names is to be opened beside it."""
        checked = self.text.checked
        if checked is None or not checked.is_valid:
            self.notify("Its files are known once the configuration has no errors.", timeout=4)
            return
        files = await in_thread(checked.answers.companions)
        if not files:
            self.notify("This configuration names no module and no template.", timeout=4)
            return
        home = self.app.home
        names = [str(path.relative_to(home) if path.is_relative_to(home) else path)
                 for path in files]  # fmt: skip
        chosen: int | None = 0
        if len(files) > 1:
            chosen = await self.app.ask(self, Chooser("Open beside the configuration", names))
        if chosen is not None:
            await self.open_beside(files[chosen])
