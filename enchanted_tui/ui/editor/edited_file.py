"""The file that is edited in the Config screen: opening, saving and leaving it. Nothing here loses
a text without asking.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.timer import Timer

from enchanted_tui.config.recognising import is_configuration
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.editor import recovery
from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.buffer import Buffer, read_file
from enchanted_tui.ui.editor.config_file import FileProblem
from enchanted_tui.ui.editor.dialogs import (
    overwrite_dialog,
    recovery_dialog,
    unsaved_dialog,
)
from enchanted_tui.ui.editor.elsewhere import edited_elsewhere
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.editor.from_templates import chosen_template
from enchanted_tui.ui.editor.unsaved_text import UnsavedText

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_LOOK_AT_DISK = 2.0  #: seconds between two looks at the file
_SUFFIXES = (".yaml", ".yml")


class EditedFile:
    """The file behind the text in `area`; `said` is called with a note, or "", when it stands
    otherwise than before, and `loaded` when the text has to be checked at once.
    """

    def __init__(
        self,
        screen: AppScreen,
        area: ConfigArea,
        said: Callable[[str], None],
        loaded: Callable[[], None],
    ) -> None:
        self._screen, self._area, self._say, self._loaded = screen, area, said, loaded
        self.buffer = Buffer()
        self.unsaved_text = UnsavedText(screen, self.buffer, lambda: self._area.text, said)
        self.changed_on_disk = False
        self._started = asyncio.Event()
        self._told_of_others = False
        self._watching: Timer | None = None

    @property
    def _app(self) -> AppInterface:
        return self._screen.app

    @property
    def shown_name(self) -> str:
        """The path as people read it."""
        path, home = self.buffer.path, self._app.home
        if path is None:
            return self.buffer.name
        return str(path.relative_to(home) if path.is_relative_to(home) else path)

    # -- what others ask ---------------------------------------------------------------------------

    @property
    def is_modified(self) -> bool:
        """Whether there is something to save."""
        return self.buffer.is_modified(self._area.text)

    @property
    def is_begun(self) -> bool:
        """Whether there is a file, or a text that may become one."""
        return self.buffer.version is not None or bool(self._area.text.strip())

    def unsaved(self) -> str | None:
        """Say what would be lost if the app ended now; None if nothing."""
        if not self._screen.is_mounted or not self.is_modified:
            return None
        return f"{self.buffer.path or 'The new configuration'} has changes that are not saved."

    async def settle_unsaved(self, under: Screen[Any] | None = None) -> bool:
        """Ask, on behalf of `under` or this screen, what to do with unsaved changes before they are
        lost; return False to stay.
        """
        what = self.unsaved()
        if what is None:
            return True
        answer = await self._app.ask(under or self._screen, unsaved_dialog(what))
        if answer == "save":
            return await self.save(under)
        if answer == "discard":
            self.buffer.give_up(self._area.text)
            await self.unsaved_text.forget()
            return True
        return False

    async def started(self) -> None:
        """Wait until the first text is there."""
        await self._started.wait()

    async def open_path(self, path: Path, copy: Path | None = None) -> None:
        """Open a file, asking first about unsaved changes, and offer what was not saved of it
        before; with `copy`, what that says as a text of this name that is not saved.
        """
        await self._started.wait()
        path = Path(os.path.abspath(self._app.home / path))
        if await self._open_path(path, copy):
            await self._offer_recovery(self.buffer.path)

    async def _open_path(self, path: Path, copy: Path | None = None) -> bool:
        if not await self.settle_unsaved():
            return False
        before = self._area.text
        try:
            found = await in_thread(read_file, copy or path)
        except FileProblem as problem:
            self._app.complain(problem)
            return False
        if self._area.text != before:  # typed while the file was read
            return await self._open_path(path, copy)
        text = self.buffer.open(found)
        if copy is not None:
            self.buffer.begin({})
            self.buffer.path = path
        self._load(text)
        return True

    async def start(self) -> None:
        """Open what the app was started for, and offer what an earlier app could not save."""
        self._watch_disk()
        target = self._app.target
        if target is not None and not await in_thread(target.is_dir):
            path = Path(os.path.abspath(self._app.home / target))
            if await in_thread(path.exists):
                if not await self._open_path(path):
                    self._load("")
            else:
                self.buffer.path = path
                self._load("")
        else:
            self._load("")
        self._started.set()
        if self.buffer.path is not None:
            await self._offer_recovery(self.buffer.path)
        elif not self._app.editor_is_wanted:
            await self._offer_recovery(None)

    async def begin_with(self, path: Path) -> bool:
        """Open a file beside others; return whether it could be read."""
        self._watch_disk()
        is_open = await self._open_path(path)
        self._started.set()
        if is_open:
            await self._offer_recovery(path)
        return is_open

    def stop(self) -> None:
        """Look at the file no more: its text has been closed."""
        if self._watching is not None:
            self._watching.stop()

    def _watch_disk(self) -> None:
        self._watching = self._screen.set_interval(_LOOK_AT_DISK, self._look_at_disk)

    # -- loading -----------------------------------------------------------------------------------

    def _load(self, text: str) -> None:
        self.changed_on_disk = False
        self._area.load_text(text)
        self._area.is_waiting = False
        self._loaded()
        self._say("")

    # -- recovery ----------------------------------------------------------------------------------

    def leave_text(self) -> None:
        """Write down what is not saved, because the app ends now."""
        if not self._app.read_only and self._screen.is_mounted and self.is_modified:
            self.unsaved_text.leave()

    def release_text(self) -> None:
        """Let another app offer what is not saved, though this process goes on with a campaign."""
        self.unsaved_text.recovery.release()

    async def _offer_recovery(self, path: Path | None) -> None:
        """Offer what apps before this one did not save of the file that is open; of any file where
        none has been asked for (None).
        """
        if self._app.read_only:
            return
        others = 0
        for file, unsaved in await in_thread(self.unsaved_text.recovery.left_behind):
            if path is not None and unsaved.path != str(path):
                others += 1
            elif await self._offer_one(file, unsaved):
                return
        if others and not self._told_of_others:
            self._told_of_others = True
            self._screen.notify(recovery.told_of_others(others), timeout=6)

    async def _offer_one(self, file: Path, unsaved: recovery.Unsaved) -> bool:
        """Ask about one text that was not saved; return whether it has been restored."""
        answer = await self._app.ask(self._screen, recovery_dialog(unsaved), late=True)
        if answer == "discard":
            await in_thread(recovery.remove, file)
        elif answer == "restore" and await self.settle_unsaved():
            self.buffer.recover(unsaved)
            if self.buffer.path is not None and unsaved.digest is not None:
                with contextlib.suppress(FileProblem):
                    self.changed_on_disk = await in_thread(self.buffer.changed_on_disk)
            self._load(unsaved.text)
            await self.unsaved_text.keep()
            await in_thread(recovery.remove, file)
            return True
        return False

    # -- the file underneath -----------------------------------------------------------------------

    def _look_at_disk(self) -> None:
        if (
            self._screen.is_current
            and self.buffer.path is not None
            and self.buffer.version is not None
        ):
            run_newest(self._app, f"disk {self._area.id}", self._follow_disk)

    async def _follow_disk(self) -> None:
        """Read a file again that somebody else changed; with unsaved changes, only say so."""
        buffer, text, version = self.buffer, self._area.text, self.buffer.version
        try:
            changed = await in_thread(buffer.changed_on_disk)
        except FileProblem:
            return
        if buffer.version is not version:
            return  # it was saved meanwhile, or another one was opened
        if (
            changed
            and not self.changed_on_disk
            and not self.is_modified
            and self._area.text == text
        ):
            await self._reload(text)
        elif changed != self.changed_on_disk:
            self.changed_on_disk = changed
            self._say("")

    async def _reload(self, before: str) -> None:
        path, version, found = self.buffer.path, self.buffer.version, None
        assert path is not None
        with contextlib.suppress(FileProblem):  # removed, or unreadable
            found = await in_thread(read_file, path)
        if self.buffer.version is not version:
            return
        if found is None or self._area.text != before:  # the text here is not anywhere else
            self.changed_on_disk = True
            self._say("")
            return
        place = self._area.cursor_location
        self._load(self.buffer.open(found))
        self._area.move_cursor((min(place[0], self._area.document.line_count - 1), place[1]))
        self._screen.notify(
            "The file was changed by somebody else and has been read again.", timeout=4
        )

    # -- saving ------------------------------------------------------------------------------------

    async def save(self, under: Screen[Any] | None = None) -> bool:
        """Save, asking on behalf of `under` or the screen for a name where there is none; return
        whether it was saved.
        """
        path = self.buffer.path or await self._ask_for_path("Save as", "config.yaml", under)
        return path is not None and await self._save(path, under)

    async def save_as(self) -> None:
        """Save under another name."""
        path = self.buffer.path
        path = await self._ask_for_path("Save as", path.name if path is not None else "config.yaml")
        if path is not None:
            await self._save(path)

    async def _save(self, path: Path, under: Screen[Any] | None = None) -> bool:
        try:
            if await in_thread(self.buffer.would_overwrite, path) and not await self._may_overwrite(
                path, under
            ):
                return False
            text = self._area.text
            written = await in_thread(self.buffer.save, text, path)
        except FileProblem as problem:
            self._app.complain(problem)
            return False
        await self.unsaved_text.forget()
        if self._area.text != text:
            self.unsaved_text.keep_soon()
        self.changed_on_disk = False
        self._loaded()
        self._say("")
        also = f", and {', '.join(written)} beside it" if written else ""
        self._screen.notify(f"Saved {path}{also}.", timeout=3, markup=False)
        return True

    async def _may_overwrite(self, path: Path, under: Screen[Any] | None) -> bool:
        dialog = overwrite_dialog(path, is_own=path == self.buffer.path)
        return await self._app.ask(under or self._screen, dialog, late=True) == "overwrite"

    async def _ask_for_path(
        self,
        title: str,
        suggestion: str = "",
        under: Screen[Any] | None = None,
        *,
        verb: str = "Save",
    ) -> Path | None:
        start = self.buffer.path.parent if self.buffer.path is not None else self._app.home
        answer = await self._app.ask(
            under or self._screen,
            FileDialog(title, start, suggestion, suffixes=_SUFFIXES, verb=verb),
        )
        return None if answer is None else Path(os.path.abspath(start / answer))

    # -- other files, and other texts --------------------------------------------------------------

    async def ask_which(self) -> Path | None:
        """Ask which file is to be opened."""
        return await self._ask_for_path("Open a configuration", verb="Open")

    async def begin(self) -> str:
        """Begin a new file from a template; return the group of that, nothing if there is none."""
        await self._started.wait()
        template = await chosen_template(self._screen)
        if template is None or not await self.settle_unsaved():
            return ""
        self.buffer.begin(template.files)
        self._load("")
        self._area.replace_all(template.text)
        self._area.move_cursor((0, 0))
        if template.files:
            self._screen.notify(
                f"Saving also writes {', '.join(template.files)} beside the configuration.",
                timeout=6,
                markup=False,
            )
        return template.group

    async def launch(self, under: Screen[Any] | None = None) -> None:
        """Open the launch dialog on the text as it is, on behalf of `under` or this screen; what
        runs is what is on disk, so starting saves it, and nothing else does.
        """
        # asks for a name; files of a template come beside it
        if self.buffer.path is None and not await self.save(under):
            return
        path = self.buffer.path
        assert path is not None
        if not is_configuration(path, self._area.text):
            self._screen.notify(
                f"{path.name} is no configuration; launch the one that names it.",
                severity="warning",
                markup=False,
            )
        elif self.is_modified:
            self._app.open_launch(
                path,
                under=under or self._screen,
                text=self._area.text,
                save=lambda: self._save(path, under),
            )
        else:
            self._app.open_launch(path, under=under or self._screen)

    def put(self, text: str) -> None:
        """Make the text another one, as one edit that undo takes back."""
        if text != self._area.text:
            self._area.replace_all(text)

    async def edit_elsewhere(self) -> None:
        """Edit a copy of the text in the person's editor and take the result in as one edit."""
        text = self._area.text
        await self.unsaved_text.keep()
        edited = edited_elsewhere(self._app, text, self.buffer.name)
        if edited != text:
            self._area.replace_all(edited)
