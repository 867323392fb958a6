"""A list from which one thing is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.choice_list import Options
from enchanted_tui.ui.widgets.closing import ClosedByMouse

_WIDTH = 60
_AROUND = 6  #: frame, padding and scroll bar


class Chooser(Opened, ClosedByMouse, ModalScreen[int | None]):
    """Returns the number of the chosen line, or None for Escape. For short lists."""

    DEFAULT_CSS = """
    Chooser { align: center middle; }
    Chooser > Vertical {
        width: 60; max-width: 96%; height: auto; max-height: 96%; padding: 0 1;
        border: round $primary; background: $surface;
    }
    Chooser.-ascii > Vertical { border: ascii $primary; }
    Chooser Label { text-style: bold; width: 100%; }
    Chooser OptionList, Chooser OptionList:focus {
        height: auto; max-height: 20; border: none; padding: 0; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], current: int = 0) -> None:
        super().__init__()
        self._title, self._lines, self._current = title, lines, current
        self.set_class(is_ascii(), "-ascii")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            yield Label(self._title, markup=False)
            room = min(_WIDTH, self.app.size.width * 96 // 100) - _AROUND
            yield Options(
                *(Option(Text(cut_name(line, room), no_wrap=True)) for line in self._lines)
            )

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.focus()
        if self._lines:
            options.highlighted = min(self._current, len(self._lines) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_index)

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()

    def action_cancel(self) -> None:
        self.dismiss(None)
