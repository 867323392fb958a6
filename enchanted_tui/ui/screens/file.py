"""One file as it is on disk, followed as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.log_reading import READING, LogReading
from enchanted_tui.ui.screens.kept_over import KeptOver
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.line import Line, Name
from enchanted_tui.ui.widgets.log_view import LogView

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices, OpenRun

_FROM_THE_BEGINNING = frozenset((".csv", ".yaml", ".yml", ".json", ".toml", ".py", ".md"))
_BINARY_PROBE = 4_096  #: bytes


class FileScreen(LogReading, KeptOver, AppScreen):
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

    KIND = "file"

    def __init__(self, path: Path, kept: Mapping[str, Any] | None = None) -> None:
        """`kept` is what `choices` gave when it was shown before."""
        super().__init__()
        self.path, self._kept = path, kept or {}

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
            self._open_where_it_was(view)

    def _open_where_it_was(self, view: LogView) -> None:
        place = self._kept.get("place", 0 if self.path.suffix in _FROM_THE_BEGINNING else None)
        view.open(self.path, follow=not isinstance(place, int))
        self.choose_again(self._kept)
        if isinstance(place, int) and place:
            view.do(lambda reader: reader.go_to(place))

    # -- what its run keeps ------------------------------------------------------------------------

    def keep(self, run: OpenRun) -> None:
        if self.path.is_relative_to(run.root):
            super().keep(run)

    def choices(self) -> Choices:
        assert self.own_run is not None
        path, page = self.path.relative_to(self.own_run.root), self.log_view.page
        place = self._kept if page is None else {"place": None if page.follow else page.top}
        return {**place, **self.what_is_chosen(), "path": str(path)}

    def on_screen_suspend(self) -> None:
        self.note_choices()

    # -- actions -----------------------------------------------------------------------------------

    def action_task_copy(self) -> None:
        self.app.copy(str(self.path), str(self.path))

    def action_task_back(self) -> None:
        if not self.show_all_lines():
            self.leave()


def is_binary(path: Path) -> bool:
    """Tell whether a file holds something else than text."""
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(_BINARY_PROBE)
    except OSError:
        return False
