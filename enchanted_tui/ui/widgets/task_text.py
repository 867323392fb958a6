"""What is read of a task: a text, or a file of it."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.log_view import LogView


class TaskText(Vertical):
    """Shows one of both at a time; posts `Chosen` for a double click."""

    DEFAULT_CSS = """
    TaskText { border-top: solid $panel; }
    TaskText #said { height: auto; }
    TaskText #scroll, TaskText LogView { height: 1fr; width: 1fr; }
    """

    class Chosen(Message):
        """What the text is about is to be opened."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="scroll"):
            yield Static(id="said", markup=False)
        yield LogView()

    def on_mount(self) -> None:
        self.query_one(LogView).display = False

    def say(self, text: str) -> None:
        """Show a text."""
        self.query_one(LogView).display = False
        self.query_one("#scroll").display = True
        self.query_one("#said", Static).update(text)

    def show_file(self, path: Path) -> None:
        """Show a file, and follow it."""
        view = self.query_one(LogView)
        self.query_one("#scroll").display = False
        view.display = True
        view.open(path)

    def take_focus(self) -> None:
        """Have what is shown take the keys."""
        view = self.query_one(LogView)
        (view if view.display else self.query_one("#scroll")).focus()

    def on_click(self, event: Click) -> None:
        if event.chain == 2 and event.button != RIGHT:
            self.post_message(self.Chosen())

    @property
    def file_text(self) -> str | None:
        """What is in sight of the file; None if none has been opened."""
        page = self.query_one(LogView).page
        return None if page is None else "\n".join(row.text for row in page.rows)
