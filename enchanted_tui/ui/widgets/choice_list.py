"""Lists to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from enchanted_tui.ui.facts_in_line import cut_name


def is_laid_out(options: OptionList) -> bool:
    """Tell whether a list knows its lines; until then Textual's own pages end in a KeyError."""
    return bool(options.scrollable_content_region.width)


class Options(OptionList):
    """A list of options that bears keys which arrive before it has been laid out."""

    def action_page_up(self) -> None:
        if is_laid_out(self):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        if is_laid_out(self):
            super().action_page_down()  # type: ignore[no-untyped-call]


class FoundOptions(Options):
    """Lines of which those are listed whose name holds every word typed, in any case of letters.
    Lines are known by their number among all, which is the id of the option.
    """

    HELP = "Type to find a line; Backspace takes letters back, Escape all of them."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "take_back", "Take back", show=False),
    ]

    class Narrowed(Message):
        """Other lines are listed."""

    def __init__(
        self,
        lines: Sequence[str],
        names: Sequence[str],
        current: int,
        room: int,
        *,
        always: int = 0,
    ) -> None:
        """`current`: the line marked at first; `room`: characters that a line may take; `always`:
        so many of the first lines are listed whatever is typed.
        """
        super().__init__()
        self._room, self._always = room, always
        self.typed = ""
        self.clicked_at: int | None = None  #: the column of the click that chose last
        self.lines, self._names = tuple(lines), [name.lower() for name in names]
        self.listed: tuple[int, ...] = ()  #: the numbers of the lines that are listed
        self._list(current)

    @property
    def marked(self) -> int | None:
        """The number of the marked line."""
        return None if self.highlighted is None else self.listed[self.highlighted]

    def set_lines(self, lines: Sequence[str]) -> None:
        """Take other words for the same lines."""
        self.lines = tuple(lines)
        self._list(self.marked)

    def find(self, typed: str) -> None:
        """List what holds the words, and mark the first of it."""
        self.typed = typed
        self._list(None)
        self.post_message(self.Narrowed())

    def _list(self, marked: int | None) -> None:
        typed = self.typed.lower()
        words = typed.split()
        self.listed = tuple(
            number
            for number, name in enumerate(self._names)
            if number < self._always or all(word in name for word in words)
        )
        self.clear_options()
        self.add_options(
            Option(Text(cut_name(self.lines[number], self._room), no_wrap=True), id=str(number))
            for number in self.listed
        )
        if self.listed:
            found = self.listed[self._always :] or self.listed
            best = next(
                (number for number in found if self._names[number].startswith(typed)), found[0]
            )
            self.highlighted = self.listed.index(marked if marked in self.listed else best)

    def action_take_back(self) -> None:
        if self.typed:
            self.find(self.typed[:-1])

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self.clicked_at = event.x

    def on_key(self, event: events.Key) -> None:
        self.clicked_at = None
        if event.is_printable and event.character and (self.typed or event.character != " "):
            event.stop()
            event.prevent_default()
            self.find(self.typed + event.character)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.find(self.typed + " ".join(event.text.split()))
