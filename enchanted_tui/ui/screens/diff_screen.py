"""What the edited text says otherwise than what is stored, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.line import Line, Name

if TYPE_CHECKING:
    from enchanted_tui.operations.edited_differences import Difference

_COLOURS = {"+": "success", "-": "error", "@": "secondary"}


class DiffScreen(Opened, AppScreen):
    """Shows a difference; Escape goes back."""

    HELP = (
        "Lines with + stand in the edited text, lines with - in what is stored: with the run that"
        " is open if it was started from this file, else in the file. Escape goes back."
    )
    DEFAULT_CSS = """
    DiffScreen Name { background: $surface; text-style: bold; padding: 0 1; }
    DiffScreen #counts { background: $surface; padding: 0 1; color: $text-muted; }
    DiffScreen VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    DiffScreen Static { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("task.back")
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, difference: Difference) -> None:
        super().__init__()
        self._difference = difference

    def compose_body(self) -> ComposeResult:
        yield Name(id="path")
        yield Line(id="counts")
        with VerticalScroll():
            yield Static(self._coloured(), markup=False)

    def on_mount(self) -> None:
        self.query_one("#path", Name).show(f"edited, against {self._difference.stored}")
        new, gone = self._difference.counts
        said = f"+{new} -{gone} lines" if self._difference.lines else "no difference"
        self.query_one("#counts", Line).show(said)

    def _coloured(self) -> Text:
        text = Text()
        for line in self._difference.lines:
            colour = self.app.theme_variables.get(_COLOURS.get(line[:1], ""), "")
            text.append(f"{line}\n", style=colour if colour.startswith("#") else "")
        return text if text else Text("Both say the same.")

    def action_task_back(self) -> None:
        self.dismiss()

    async def make_room(self) -> None:
        """Leave the text below to whoever wants it."""
        self.dismiss()
