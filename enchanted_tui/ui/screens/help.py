"""What the screen is for, what has the focus, and the keys that work here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from enchanted_tui.ui.glyphs import spelled
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.palette import actions_around, keys_of
from enchanted_tui.ui.widgets.closing import ClosedByMouse

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface


class HelpScreen(Opened, ClosedByMouse, ModalScreen[None]):
    """Help for `screen`: its own text (``HELP``), that of the focused widget, and all keys, nearest
    first.
    """

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical {
        width: 96; max-width: 98%; height: auto; max-height: 96%; border: round $primary;
        background: $surface;
    }
    HelpScreen VerticalScroll {
        height: auto; max-height: 100%; padding: 0 1; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "close", "Close"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with Vertical() as box, VerticalScroll(can_focus=True):
            box.border_title = "Help"
            self.tell_how_to_close(box)
            for text in self._texts():
                yield Static(text + "\n", markup=False)
            yield Static(self._keys())

    def _texts(self) -> list[str]:
        """Return the help of the screen and of what has the focus."""
        focused = self._about.focused
        nodes = [self._about, *([] if focused is None else list(focused.ancestors_with_self))]
        return list(dict.fromkeys(" ".join(node.HELP.split()) for node in nodes if node.HELP))

    def _keys(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
        table.add_column("keys", no_wrap=True, style="bold")
        table.add_column("title", no_wrap=True)
        table.add_column("help")
        for action in actions_around(self.app, self._about):
            table.add_row(
                Text(keys_of(self.app, action) or "-"),
                Text(spelled(action.title)),
                Text(action.help),
            )
        return table

    def action_close(self) -> None:
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
