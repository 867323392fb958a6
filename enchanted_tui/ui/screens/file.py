"""One file as it is on disk, followed as it grows."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.log_reading import READING, LogReading
from enchanted_tui.ui.opening import OpenedOfRun
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.line import Line, Name
from enchanted_tui.ui.widgets.log_view import LogView

_READ_FROM_THE_BEGINNING = frozenset((".csv", ".yaml", ".yml", ".json", ".toml", ".py", ".md"))
_BINARY_PROBE = 4_096  #: bytes


class FileScreen(LogReading, OpenedOfRun, AppScreen):
    """Shows a log from its end, tables and configurations from their beginning; Escape goes
    back.
    """

    DEFAULT_CSS = """
    FileScreen #path { background: $surface; text-style: bold; padding: 0 1; }
    FileScreen #foot { background: $surface; color: $text-muted; }
    """
    HELP = "A file as it is on disk; what is added to it appears by itself. Escape goes back."
    BINDINGS: ClassVar[list[BindingType]] = bindings(*READING, "task.copy", "task.back")
    AUTO_FOCUS = "LogView"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def compose_body(self) -> ComposeResult:
        yield Name(id="path")
        yield LogView()
        yield Line(id="foot")
        yield AskLine()

    def on_mount(self) -> None:
        self.query_one("#path", Name).show(str(self.path))
        view = self.query_one(LogView)
        if is_binary(self.path):
            view.nothing = "This file is not text."
        else:
            view.open(self.path, follow=self.path.suffix not in _READ_FROM_THE_BEGINNING)

    def action_task_copy(self) -> None:
        self.app.copy(str(self.path), str(self.path))

    def action_task_back(self) -> None:
        if not self.show_all_lines():
            self.dismiss()


def is_binary(path: Path) -> bool:
    """Tell whether a file holds something else than text."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(_BINARY_PROBE)
    except OSError:
        return False
