"""What a field of a form is filled in with: a line, several lines, a word to choose."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget
from textual.widgets import Input, TextArea

from enchanted_tui.ui.forming.choice_cell import ChoiceCell
from enchanted_tui.ui.widgets.typed_line import TypedLine

FLAG = ("", "true", "false")
Cell = Input | TextArea | ChoiceCell


def line_cell(value: str, hint: str = "") -> Input:
    """Return a line to type into; `hint` is shown while it is empty."""
    line = TypedLine(value, hint, select_on_focus=False, compact=True)
    line.cursor_blink = False
    return line


def lines_cell(value: str) -> TextArea:
    """Return several lines to type into; Tab goes on."""
    area = TextArea(value, soft_wrap=False, tab_behavior="focus", compact=True)
    area.cursor_blink = False
    return area


def choice_cell(title: str, choices: Sequence[str], value: str, default: str = "") -> ChoiceCell:
    """Return a word to choose."""
    return ChoiceCell(title, choices, value, nothing=f"default: {default}" if default else "none")


def value_of(cell: Widget) -> str:
    """Return what a cell says."""
    if isinstance(cell, TextArea):
        return cell.text
    assert isinstance(cell, Input | ChoiceCell)
    return cell.value
