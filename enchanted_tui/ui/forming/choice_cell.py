"""One of several words, in one line: a list to choose from opens on Enter or a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import getters
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from enchanted_tui.ui.widgets.chooser import Chooser

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface


class ChoiceCell(Widget, can_focus=True):
    """Shows the word that is chosen; posts `Changed`. An empty word is shown as `nothing`."""

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    DEFAULT_CSS = """
    ChoiceCell { height: 1; width: 1fr; background: $boost; }
    ChoiceCell:focus { background: $primary; color: $background; text-style: bold; }
    ChoiceCell:disabled { background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False),
        Binding("right", "step(1)", "Next", show=False),
        Binding("enter,space", "choose", "Choose", show=False),
    ]

    class Changed(Message):
        """Another word has been chosen by a person."""

        def __init__(self, cell: ChoiceCell) -> None:
            super().__init__()
            self.cell = cell

        @property
        def control(self) -> ChoiceCell:
            return self.cell

    def __init__(
        self, title: str, choices: Sequence[str], value: str, *, nothing: str = "(default)"
    ) -> None:
        super().__init__()
        self._title, self._nothing = title, nothing
        self._choices = tuple(choices) if value in choices else (value, *choices)
        self.value = value

    def render(self) -> Text:
        shown = self.value or self._nothing
        return Text(f"[{shown}]", no_wrap=True, overflow="ellipsis")

    def action_step(self, by: int) -> None:
        index = self._choices.index(self.value)
        self._take(self._choices[(index + by) % len(self._choices)])

    def action_choose(self) -> None:
        self.app.perform(self._ask())

    def on_click(self, event: Click) -> None:
        event.stop()
        self.focus()
        if not self.disabled:
            self.action_choose()

    async def _ask(self) -> None:
        shown = [choice or self._nothing for choice in self._choices]
        dialog = Chooser(self._title, shown, self._choices.index(self.value))
        answer = await self.app.ask(self.screen, dialog)
        if answer is not None and self.is_attached:
            self._take(self._choices[answer])

    def _take(self, value: str) -> None:
        if value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Changed(self))
