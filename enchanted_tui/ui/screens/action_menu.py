"""Menus made from the registry of actions: the bar over the first line of the screen, and the list
beside the pointer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.choice_list import Options
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.line import Line

_OPEN = "bold reverse"  #: the title of the menu that is open


@dataclass(frozen=True)
class MenuEntry:
    """One action of a menu."""

    id: str
    title: str
    keys: str
    help: str
    refused: bool = False  #: because this app only looks


@dataclass(frozen=True)
class Menu:
    """The actions of one area, or of one place."""

    title: str
    entries: Sequence[MenuEntry]


class ActionMenu(Opened, ClosedByMouse, ModalScreen[str | None]):
    """A list of actions; returns the id of the one that is chosen, or None."""

    DEFAULT_CSS = """
    ActionMenu { background: transparent; }
    ActionMenu #entries, ActionMenu #entries:focus {
        position: absolute; overlay: screen; constrain: inside inside;
        width: auto; max-width: 100%; height: auto; max-height: 100%; padding: 0;
        border: round $primary; background: $panel; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    ActionMenu #about { dock: bottom; background: $panel; color: $foreground; padding: 0 1; }
    """
    HELP = "Up and down choose, Enter takes, Escape or a click beside it closes."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f10,M", "cancel", "Close", show=False),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(self, menu: Menu, place: Offset) -> None:
        """`place`: of the screen, where the menu begins if there is room."""
        super().__init__()
        self._menu, self._place = menu, place

    def compose(self) -> ComposeResult:
        yield Line(id="about")
        yield Options(id="entries", markup=False)

    def on_mount(self) -> None:
        self._fill()
        self.listed.focus()

    @property
    def listed(self) -> OptionList:
        return self.query_one("#entries", OptionList)

    def _fill(self) -> None:
        entries = self._menu.entries
        titles = max((cell_len(entry.title) for entry in entries), default=0)
        self.listed.clear_options()
        self.listed.add_options(
            [Option(_line(entry, titles), id=entry.id, disabled=entry.refused) for entry in entries]
        )
        self.listed.absolute_offset = self._place
        self.listed.action_first()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        entry = next((one for one in self._menu.entries if one.id == event.option_id), None)
        self.query_one("#about", Line).show("" if entry is None else entry.help)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)

    def action_step(self, by: int) -> None:
        if by > 0:
            self.listed.action_cursor_down()
        else:
            self.listed.action_cursor_up()

    def action_cancel(self) -> None:
        self.dismiss(None)


class MenuBar(ActionMenu):
    """Menus side by side, of which one is open; left and right, or a click, open another."""

    DEFAULT_CSS = """
    MenuBar #titles { dock: top; background: $panel; color: $foreground; }
    MenuBar #entries, MenuBar #entries:focus { max-height: 90%; }
    """
    HELP = "Left and right open another menu. " + ActionMenu.HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,shift+tab", "turn(-1)", show=False),
        Binding("right,l,tab", "turn(1)", show=False),
    ]

    def __init__(self, menus: Sequence[Menu], current: int) -> None:
        super().__init__(menus[current], Offset(0, 1))
        self._menus, self._current = tuple(menus), current

    def compose(self) -> ComposeResult:
        yield _Titles(id="titles")
        yield from super().compose()

    def on_mount(self) -> None:
        self._open(self._current)

    def on_resize(self) -> None:
        self._open(self._current)

    def _open(self, number: int) -> None:
        self._current, self._menu = number, self._menus[number]
        titles = self.query_one(_Titles)
        start = titles.mark([menu.title for menu in self._menus], number, self.app.size.width)
        self._place = Offset(start, 1)
        self._fill()

    def action_turn(self, by: int) -> None:
        self._open((self._current + by) % len(self._menus))

    def on_click(self, event: Click) -> None:
        """Open the menu that is clicked; close the one that is open."""
        if event.screen_y != 0:
            return
        number = self.query_one(_Titles).number_at(event.screen_x)
        if number is None or number == self._current:
            self.call_later(self._leave)
        else:
            self._open(number)


class _Titles(Line):
    """The titles of menus, as many as fit, the open one among them."""

    def mark(self, titles: Sequence[str], current: int, room: int) -> int:
        """Show the titles and give the column at which the open menu's begins."""
        first = 0
        while first < current and sum(len(one) + 1 for one in titles[first : current + 1]) >= room:
            first += 1
        text, self._spots = Text(), []
        for number in range(first, len(titles)):
            start = text.cell_len
            text.append(" ").append(titles[number], style=_OPEN if number == current else "")
            self._spots.append((start, text.cell_len, number))
        self.show(text)
        return next(start for start, _, number in self._spots if number == current)

    def number_at(self, column: int) -> int | None:
        """Return which title is at a column."""
        return next((number for start, end, number in self._spots if start <= column < end), None)


def _line(entry: MenuEntry, titles: int) -> Text:
    keys = "refused: only looks" if entry.refused else entry.keys
    return Text(f" {entry.title}{' ' * (titles - cell_len(entry.title) + 2)}{keys} ")
