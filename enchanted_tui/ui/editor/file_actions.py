"""Opening, saving and leaving: what the Config screen does with files. Nothing here loses a text
without asking.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Any

from textual.screen import Screen

from enchanted_tui.config.recognising import is_configuration
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.editor import recovery
from enchanted_tui.ui.editor.area import ConfigArea
from enchanted_tui.ui.editor.buffer import Buffer
from enchanted_tui.ui.editor.checking import NOT_ONE
from enchanted_tui.ui.editor.config_file import FileProblem
from enchanted_tui.ui.editor.dialogs import (
    PathDialog,
    overwrite_dialog,
    recovery_dialog,
    unsaved_dialog,
)
from enchanted_tui.ui.editor.elsewhere import edited_elsewhere
from enchanted_tui.ui.editor.from_templates import chosen_component, chosen_template, insert_lines
from enchanted_tui.ui.editor.unsaved_text import UnsavedText

_LOOK_AT_DISK = 2.0  #: seconds between two looks at the file
_SUFFIXES = (".yaml", ".yml")


class ConfigFileScreen(AppScreen):
    """The part of the Config screen that deals with files."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = Buffer()
        self.unsaved_text = UnsavedText(
            self, self.buffer, lambda: self.area.text, lambda note: self.show_bar(note=note)
        )
        self.changed_on_disk = False
        self._started = asyncio.Event()
        self._told_of_others = False

    @property
    def area(self) -> ConfigArea:
        """The text."""
        return self.query_one(ConfigArea)

    def show_bar(self, note: str = "") -> None:
        """Say which file is edited and how it stands."""
        raise NotImplementedError

    def check_now(self) -> None:
        """Check the text without waiting, as after opening a file."""
        raise NotImplementedError

    # -- what others ask ---------------------------------------------------------------------------

    @property
    def is_modified(self) -> bool:
        """Whether there is something to save."""
        return self.buffer.is_modified(self.area.text)

    def unsaved(self) -> str | None:
        """Say what would be lost if the app ended now; None if nothing."""
        if not self.is_mounted or not self.is_modified:
            return None
        return f"{self.buffer.path or 'The new configuration'} has changes that are not saved."

    async def settle_unsaved(self, under: Screen[Any] | None = None) -> bool:
        """Ask, on behalf of `under` or this screen, what to do with unsaved changes before they are
        lost; return False to stay.
        """
        what = self.unsaved()
        if what is None:
            return True
        answer = await self.app.ask(under or self, unsaved_dialog(what))
        if answer == "save":
            return await self._save(self.buffer.path, under)
        if answer == "discard":
            self.buffer.give_up(self.area.text)
            await self.unsaved_text.forget()
            return True
        return False

    def open_file(self, path: Path, copy: Path | None = None) -> None:
        """Open a file, asking first about unsaved changes; with `copy`, what that says as a text of
        this name that is not saved.
        """
        self.app.perform(self.open_path(path, copy))

    async def open_path(self, path: Path, copy: Path | None = None) -> bool:
        """Open a file, asking first about unsaved changes, and offer what was not saved of it
        before; return whether it was opened.
        """
        await self._started.wait()
        opened = await self._open_path(path, copy)
        if opened:
            await self._offer_recovery(self.buffer.path)
        return opened

    async def _open_path(self, path: Path, copy: Path | None = None) -> bool:
        path = Path(os.path.abspath(self.app.home / path))
        if not await self.settle_unsaved():
            return False
        try:
            text = await in_thread(self.buffer.open, copy or path)
        except FileProblem as problem:
            self.app.complain(problem)
            return False
        if copy is not None:
            self.buffer.begin({})
            self.buffer.path = path
        self._load(text)
        return True

    async def start(self) -> None:
        """Open what the app was started for, and offer what an earlier app could not save."""
        self.app.editor = self
        self.set_interval(_LOOK_AT_DISK, self._look_at_disk)
        target = self.app.target
        if target is not None and not await in_thread(target.is_dir):
            path = Path(os.path.abspath(self.app.home / target))
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
        elif not self.app.editor_is_wanted:
            await self._offer_recovery(None)

    # -- loading -----------------------------------------------------------------------------------

    def _load(self, text: str) -> None:
        self.changed_on_disk = False
        self.area.load_text(text)
        self.area.is_waiting = False
        self.check_now()
        self.show_bar()

    def _replace_text(self, text: str) -> None:
        """Put another text in place as one edit, which undo takes back."""
        place = self.area.cursor_location
        self.area.replace(text, (0, 0), self.area.document.end, maintain_selection_offset=False)
        self.area.move_cursor((min(place[0], self.area.document.line_count - 1), place[1]))

    # -- recovery ----------------------------------------------------------------------------------

    def leave_text(self) -> None:
        """Write down what is not saved, because the app ends now."""
        if not self.app.read_only and self.is_mounted and self.is_modified:
            self.unsaved_text.leave()

    def release_text(self) -> None:
        """Let another app offer what is not saved, though this process goes on with a campaign."""
        self.unsaved_text.recovery.release()

    async def _offer_recovery(self, path: Path | None) -> None:
        """Offer what apps before this one did not save of the file that is open; of any file where
        none has been asked for (None).
        """
        if self.app.read_only:
            return
        others = 0
        for file, unsaved in await in_thread(self.unsaved_text.recovery.left_behind):
            if path is not None and unsaved.path != str(path):
                others += 1
            elif await self._offer_one(file, unsaved):
                return
        if others and not self._told_of_others:
            self._told_of_others = True
            self.notify(recovery.told_of_others(others), timeout=6)

    async def _offer_one(self, file: Path, unsaved: recovery.Unsaved) -> bool:
        """Ask about one text that was not saved; return whether it has been restored."""
        answer = await self.app.ask(self, recovery_dialog(unsaved), late=True)
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
        if self.is_current and self.buffer.path is not None and self.buffer.version is not None:
            run_newest(self.app, "disk", self._follow_disk)

    async def _follow_disk(self) -> None:
        """Read a file again that somebody else changed; with unsaved changes, only say so."""
        buffer, text = self.buffer, self.area.text
        try:
            changed = await in_thread(buffer.changed_on_disk)
        except FileProblem:
            return
        if changed and not self.changed_on_disk and not self.is_modified and self.area.text == text:
            await self._reload()
        elif changed != self.changed_on_disk:
            self.changed_on_disk = changed
            self.show_bar()

    async def _reload(self) -> None:
        path = self.buffer.path
        assert path is not None
        try:
            text = await in_thread(self.buffer.open, path)
        except FileProblem:
            self.changed_on_disk = True  # removed, or unreadable: the text here is all there is
            self.show_bar()
            return
        place = self.area.cursor_location
        self._load(text)
        self.area.move_cursor((min(place[0], self.area.document.line_count - 1), place[1]))
        self.notify("The file was changed by somebody else and has been read again.", timeout=4)

    # -- saving ------------------------------------------------------------------------------------

    async def _save(self, path: Path | None, under: Screen[Any] | None = None) -> bool:
        """Save, asking for a name where there is none; return whether it was saved."""
        if path is None:
            path = await self._ask_for_path("Save as", "config.yaml", under)
            if path is None:
                return False
        try:
            if await in_thread(self.buffer.would_overwrite, path) and not await self._may_overwrite(
                path, under
            ):
                return False
            text = self.area.text
            written = await in_thread(self.buffer.save, text, path)
        except FileProblem as problem:
            self.app.complain(problem)
            return False
        await self.unsaved_text.forget()
        if self.area.text != text:
            self.unsaved_text.keep_soon()
        self.changed_on_disk = False
        self.check_now()
        self.show_bar()
        also = f", and {', '.join(written)} beside it" if written else ""
        self.notify(f"Saved {path}{also}.", timeout=3, markup=False)
        return True

    async def _may_overwrite(self, path: Path, under: Screen[Any] | None) -> bool:
        dialog = overwrite_dialog(path, is_own=path == self.buffer.path)
        return await self.app.ask(under or self, dialog, late=True) == "overwrite"

    async def _ask_for_path(
        self, title: str, suggestion: str = "", under: Screen[Any] | None = None
    ) -> Path | None:
        start = self.buffer.path.parent if self.buffer.path is not None else self.app.home
        answer = await self.app.ask(
            under or self, PathDialog(title, start, suggestion, suffixes=_SUFFIXES)
        )
        return None if answer is None else Path(os.path.abspath(start / answer))

    # -- actions -----------------------------------------------------------------------------------

    def action_config_save(self) -> None:
        self.app.perform(self._save(self.buffer.path))

    def action_config_save_as(self) -> None:
        self.app.perform(self._save_as())

    async def _save_as(self) -> None:
        path = await self._ask_for_path(
            "Save as", self.buffer.path.name if self.buffer.path is not None else "config.yaml"
        )
        if path is not None:
            await self._save(path)

    def action_config_open(self) -> None:
        self.app.perform(self._open())

    async def _open(self) -> None:
        path = await self._ask_for_path("Open a configuration")
        if path is not None:
            await self.open_path(path)

    def action_config_reload(self) -> None:
        if self.buffer.path is None:
            self.notify("There is no file to read again.", timeout=3)
        else:
            self.app.perform(self.open_path(self.buffer.path))

    def action_config_new(self) -> None:
        self.app.perform(self._new())

    async def _new(self) -> None:
        await self._started.wait()
        template = await chosen_template(self)
        if template is None or not await self.settle_unsaved():
            return
        self.buffer.begin(template.files)
        self._load("")
        self._replace_text(template.text)
        self.area.move_cursor((0, 0))
        if template.files:
            self.notify(
                f"Saving also writes {', '.join(template.files)} beside the configuration.",
                timeout=6,
                markup=False,
            )

    def action_config_insert(self) -> None:
        self.app.perform(self._insert())

    async def _insert(self) -> None:
        from enchanted_tui.config.assist import Assistant
        from enchanted_tui.config.insertion import insertion

        chosen = await chosen_component(self)
        if chosen is None:
            return
        kind, name = chosen
        found = await in_thread(lambda: insertion(Assistant(self.area.text), kind, name))
        if found is None:
            self.notify(
                f"The section {kind}s is written in braces; add {name} by hand.", severity="warning"
            )
        else:
            insert_lines(self.area, found)

    def action_config_launch(self) -> None:
        self.app.perform(self._launch())

    async def _launch(self) -> None:
        """Open the launch dialog on the text as it is; what runs is what is on disk, so starting
        saves it, and nothing else does.
        """
        # asks for a name; files of a template come beside it
        if self.buffer.path is None and not await self._save(None):
            return
        path = self.buffer.path
        assert path is not None
        if not is_configuration(path, self.area.text):
            self.notify(
                f"{path.name} is {NOT_ONE}; launch the configuration that names it.",
                severity="warning",
                markup=False,
            )
        elif self.is_modified:
            self.app.open_launch(
                path, under=self, text=self.area.text, save=lambda: self._save(path)
            )
        else:
            self.app.open_launch(path, under=self)

    def action_config_external(self) -> None:
        self.app.perform(self._edit_elsewhere())

    async def _edit_elsewhere(self) -> None:
        """Edit a copy of the text in the person's editor and take the result in as one edit."""
        text = self.area.text
        await self.unsaved_text.keep()
        edited = edited_elsewhere(self.app, text, self.buffer.name)
        if edited != text:
            self._replace_text(edited)
