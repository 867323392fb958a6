"""The dialog in which a file is chosen: folders to go through, files chosen lately, and a look into
the one that is marked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.widgets import OptionList, Static

from enchanted_tui import sizes
from enchanted_tui.config.completion import Candidate
from enchanted_tui.config.conversion import expand
from enchanted_tui.ui import remembered
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.editor.dialogs import ListedPath, PathDialog
from enchanted_tui.whole_files import open_regular

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

_RECENT, _UP = "recent", "up"
_MOST_RECENT = 5
_LOOKED_AT = 4_000  #: bytes of a file that are shown
_LINES = 40


class FileDialog(PathDialog):
    """Asks for a file. What is typed filters; Enter or a click goes into a folder, or takes the
    file.
    """

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    DEFAULT_CSS = """
    FileDialog #look {
        width: 1fr; height: 100%; padding: 0 0 0 1; margin: 0 0 0 1; color: $text-muted;
        border-left: solid $panel; text-wrap: nowrap; text-overflow: ellipsis; display: none;
    }
    FileDialog.-roomy #look { display: block; }
    """

    def compose_beside(self) -> ComposeResult:
        yield Static(id="look", markup=False)

    def on_mount(self) -> None:
        self.set_class(self.app.size.width >= 76, "-roomy")

    def on_resize(self) -> None:
        self.set_class(self.app.size.width >= 76, "-roomy")

    def candidates(self, written: str) -> tuple[list[Candidate], list[Candidate]]:
        head, tail = os.path.split(written)
        also = []
        if not written:
            also += [Candidate(path, _RECENT, "") for path in self._recent()]
        if not tail and head != os.sep:
            above = os.path.normpath(os.path.join(expand(head), os.pardir))
            also.append(Candidate(above, _UP, "" if above == os.sep else os.sep))
        return also, super().candidates(written)[1]

    def _recent(self) -> list[str]:
        """Return files chosen lately that are still there and of the kind that is asked for."""
        known = remembered.read().files
        fitting = [path for path in known if not self._suffixes or path.endswith(self._suffixes)]
        return [path for path in fitting if os.path.isfile(path)][:_MOST_RECENT]

    def words_for(self, candidate: Candidate) -> str:
        return {_RECENT: "recent  ", _UP: "up to   "}.get(candidate.detail, "")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if isinstance(event.option, ListedPath):
            run_newest(self, "look", self._look_at, event.option.candidate.label)

    async def _look_at(self, path: str) -> None:
        seen = await in_thread(look, self._start / expand(path))
        self.query_one("#look", Static).update(Text(seen, no_wrap=True, overflow="ellipsis"))

    def dismiss(self, result: Any = None) -> AwaitComplete:
        if result and not self.has_left:
            chosen = os.path.abspath(self._start / result)
            self.app.perform(in_thread(remembered.note_file, Path(chosen)))
        return super().dismiss(result)


def look(path: Path) -> str:
    """Return the beginning of a file, or what is in a directory. What cannot be read is said."""
    try:
        if path.is_dir():
            names = sorted(entry.name + os.sep * entry.is_dir() for entry in os.scandir(path))
            return "\n".join([f"{len(names)} entries", "", *names[:_LINES]])
        descriptor = open_regular(path)
        with open(descriptor, "rb") as file:
            data, size = file.read(_LOOKED_AT), os.fstat(file.fileno()).st_size
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if b"\0" in data:
        return f"{sizes.size(size)}, not text"
    lines = data.decode("utf-8", "replace").expandtabs(4).splitlines()[:_LINES]
    return "\n".join([sizes.size(size), "", *lines])
