"""A list from which one thing is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.choice_list import FoundOptions
from enchanted_tui.ui.widgets.closing import ClosedByMouse

_WIDTH = 60
_AROUND = 6  #: frame, padding and scroll bar


class Chooser(Opened, ClosedByMouse, ModalScreen[int | None]):
    """Returns the number of the chosen line, or None for Escape. Typing narrows the list."""

    DEFAULT_CSS = """
    Chooser { align: center middle; }
    Chooser > Vertical {
        width: 60; max-width: 96%; height: auto; max-height: 96%; padding: 0 1;
        border: round $primary; background: $surface;
    }
    Chooser.-ascii > Vertical { border: ascii $primary; }
    Chooser Label { width: 100%; }
    Chooser #chooser-title { text-style: bold; }
    Chooser #chooser-typed { color: $text-muted; }
    Chooser OptionList, Chooser OptionList:focus {
        height: auto; max-height: 20; border: none; padding: 0; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Close", show=False)]
    HINT: ClassVar[str] = "type to find"
    ALWAYS: ClassVar[int] = 0  #: so many of the first lines are listed whatever is typed

    def __init__(self, title: str, lines: Sequence[str], current: int = 0) -> None:
        super().__init__()
        self._title, self._lines, self._current = title, lines, current
        self.set_class(is_ascii(), "-ascii")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            yield Label(self._title, id="chooser-title", markup=False)
            yield Label(self.HINT, id="chooser-typed", markup=False)
            room = min(_WIDTH, self.app.size.width * 96 // 100) - _AROUND
            yield FoundOptions(self._lines, self.names, self._current, room, always=self.ALWAYS)

    @property
    def names(self) -> Sequence[str]:
        """What is looked through for what is typed, by line."""
        return self._lines

    def on_mount(self) -> None:
        self.options.focus()

    @property
    def options(self) -> FoundOptions:
        return self.query_one(FoundOptions)

    def on_found_options_narrowed(self) -> None:
        options = self.options
        found, of = len(options.listed) - self.ALWAYS, len(self._lines) - self.ALWAYS
        said = f"{options.typed}  {found:,} of {of:,}"
        self.query_one("#chooser-typed", Label).update(said if options.typed else self.HINT)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        # of what was chosen, though what is typed right after has narrowed the list by now
        self.choose(int(event.option_id or 0))

    def choose(self, number: int) -> None:
        """Answer with a line."""
        self.dismiss(number)

    def action_cancel(self) -> None:
        """Take back what is typed; close where nothing is."""
        if self.options.typed:
            self.options.find("")
        else:
            self.dismiss(None)
