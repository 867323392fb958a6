"""The texts that are open in the editor: a configuration and the files that it names, each with a
text area, a file and its last check of its own. One of them is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.containers import Container
from textual.screen import Screen

from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.checking import CheckedText
from enchanted_tui.ui.editor.edited_file import EditedFile


@dataclass
class OpenText:
    """One text."""

    area: ConfigArea
    file: EditedFile
    checked: CheckedText | None = None

    @property
    def label(self) -> str:
        """Its name, with a star while something is not saved."""
        return f"{self.file.buffer.name}{'*' if self.file.is_modified else ''}"


class OpenTexts:
    """All of them; for the app it is the editor, which must not end while a text is not saved."""

    def __init__(
        self, screen: AppScreen, say: Callable[[str], None], loaded: Callable[[], None]
    ) -> None:
        self._screen, self._say, self._loaded = screen, say, loaded
        self.texts = [self._made("text")]
        self._shown = 0
        self._made_so_far = 1

    def _made(self, name: str) -> OpenText:
        area = ConfigArea(read_only=self._screen.app.read_only, name_in_screen=name)
        return OpenText(area, EditedFile(self._screen, area, self._say_of(area), self._loaded))

    def _say_of(self, area: ConfigArea) -> Callable[[str], None]:
        """Return what says something of one text: only while that is shown."""

        def say(note: str) -> None:
            self._say(note if area is self.current.area else "")

        return say

    @property
    def current(self) -> OpenText:
        """The one that is shown."""
        return self.texts[self._shown]

    @property
    def shown(self) -> int:
        """Its number."""
        return self._shown

    def show(self, number: int) -> None:
        """Show another one; beyond the last comes the first."""
        self._shown = number % len(self.texts)
        for index, text in enumerate(self.texts):
            text.area.display = index == self._shown

    def find(self, path: Path) -> int | None:
        """Return the number of the text of a file; None if it is not open."""
        paths = [text.file.buffer.path for text in self.texts]
        return paths.index(path) if path in paths else None

    async def open_beside(self, path: Path, place: Container) -> bool:
        """Open a file as one more text and show it; return whether it could be read."""
        found = self.find(path)
        if found is not None:
            self.show(found)
            return True
        self._made_so_far += 1
        text = self._made(f"text-{self._made_so_far}")
        text.area.display = False
        await place.mount(text.area)
        self.texts.append(text)
        if await text.file.begin_with(path):
            self.show(self.texts.index(text))
            return True
        await self._drop(text)
        return False

    async def close(self, number: int) -> bool:
        """Close a text, asking first about what is not saved; never the last one."""
        text = self.texts[number]
        if len(self.texts) == 1 or not await text.file.settle_unsaved():
            return False
        await self._drop(text)
        return True

    async def _drop(self, text: OpenText) -> None:
        if text in self.texts and len(self.texts) > 1:
            before = self.current
            self.texts.remove(text)
            text.file.stop()
            await text.area.remove()
            left = self.texts.index(before) if before in self.texts else self._shown
            self.show(min(left, len(self.texts) - 1))

    # -- for the app -------------------------------------------------------------------------------

    def unsaved(self) -> str | None:
        """Say what would be lost if the app ended now; None if nothing."""
        said = [found for text in self.texts if (found := text.file.unsaved()) is not None]
        return " ".join(said) or None

    async def settle_unsaved(self, under: Screen[Any] | None = None) -> bool:
        """Ask of each text with unsaved changes what to do with them; return False to stay."""
        for text in list(self.texts):
            if not await text.file.settle_unsaved(under):
                return False
        return True

    def leave_text(self) -> None:
        """Write down what is not saved, because the app ends now."""
        for text in self.texts:
            text.file.leave_text()

    def release_text(self) -> None:
        """Let another app offer what is not saved, though this process goes on with a campaign."""
        for text in self.texts:
            text.file.release_text()
