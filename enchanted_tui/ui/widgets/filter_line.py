"""The line at the foot of a list that says which words its rows have to have."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from enchanted_tui.ui.widgets.line_ends import LineEnds
from enchanted_tui.ui.widgets.typed_line import TypedLine


class FilterLine(Horizontal):
    """Hidden until it is shown; rows follow what is typed. A cross at its end takes `leave`."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: 1; background: $boost; }
    FilterLine Input, FilterLine Input:focus {
        height: 1; width: 1fr; border: none; padding: 0 1; background: $boost;
    }
    """

    def __init__(self, placeholder: str, *, leave: str) -> None:
        super().__init__()
        self.typed = TypedLine(id="filter", placeholder=placeholder, select_on_focus=False)
        self.typed.cursor_blink = False
        self._leave = leave

    def compose(self) -> ComposeResult:
        yield self.typed
        yield LineEnds(leave=self._leave)
