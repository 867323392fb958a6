"""One of a few alternatives, on one line; what is chosen is marked by a character, not by colour
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widget import Widget


class OneOf(Widget, can_focus=True):
    """Arrows or a click choose; posts `Changed`. `alternatives` maps values to labels."""

    DEFAULT_CSS = """
    OneOf { height: 1; width: 1fr; }
    OneOf:focus { background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Before", show=False),
        Binding("right,l,space", "step(1)", "Next", show=False),
    ]
    HELP = "Left and right, or the space bar, choose another."

    class Changed(Message):
        """Another alternative has been chosen by a person."""

        def __init__(self, chooser: OneOf, value: str) -> None:
            super().__init__()
            self.chooser, self.value = chooser, value

        @property
        def control(self) -> OneOf:
            return self.chooser

    def __init__(
        self,
        alternatives: Mapping[str, str],
        value: str,
        *,
        id: str | None = None,  # noqa: A002
        disabled: bool = False,
    ) -> None:
        super().__init__(id=id, disabled=disabled)
        self._alternatives = dict(alternatives)
        self.value = value

    def choose(self, value: str) -> None:
        """Choose without telling anybody."""
        if value != self.value:
            self.value = value
            self.refresh()

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for value, label in self._alternatives.items():
            chosen = value == self.value
            text.append(
                f"{'(*)' if chosen else '( )'} {label}",
                style=("bold reverse" if self.has_focus else "bold") if chosen else "",
            )
            text.append("   ")
        return text

    def action_step(self, by: int) -> None:
        values = list(self._alternatives)
        self._pick(values[(values.index(self.value) + by) % len(values)])

    def on_click(self, event: Click) -> None:
        start = 0
        for value, label in self._alternatives.items():
            end = start + len(label) + 7
            if start <= event.x < end - 3:
                self._pick(value)
                return
            start = end

    def _pick(self, value: str) -> None:
        if value != self.value:
            self.choose(value)
            self.post_message(self.Changed(self, value))
