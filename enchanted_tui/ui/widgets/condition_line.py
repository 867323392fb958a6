"""The line at the foot of a screen in which a condition on rows is written, with what it keeps, or
where it is wrong, said below while it is typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Label, Static

from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.line_ends import LineEnds
from enchanted_tui.ui.widgets.typed_line import TypedLine

_QUESTION = "Rows where"
_HINT = "Enter keeps it, Escape goes back, Right takes what is offered; empty: all rows"
_BEGUN = re.compile(r"`[^`]*$|[^\W\d]\w*$")


class _Names(Suggester):
    """Offers names of columns for the word that is being typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.names: Sequence[str] = ()

    async def get_suggestion(self, value: str) -> str | None:
        begun = _BEGUN.search(value)
        # an odd number of quotation marks before it: text, not a name
        if begun is None or any(value[: begun.start()].count(mark) % 2 for mark in "'\""):
            return None
        word = begun.group()
        if word in self.names:
            return None
        found = (name for name in self.names if name.startswith(word))
        return next((value + name[len(word) :] for name in found), None)


class ConditionLine(Vertical):
    """Hidden until `ask`. What is typed comes as `Typed`; Enter ends it with `Kept`, Escape with
    `Left`.
    """

    DEFAULT_CSS = """
    ConditionLine { display: none; height: auto; background: $panel; }
    ConditionLine Horizontal { height: 1; }
    ConditionLine Label { width: auto; padding: 0 1; }
    ConditionLine Input, ConditionLine Input:focus {
        height: 1; border: none; padding: 0; width: 1fr; background: $boost;
    }
    ConditionLine #condition-said { height: auto; max-height: 3; padding: 0 1; }
    ConditionLine.-wrong #condition-said { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]

    class Typed(Message):
        """Another text is there."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Kept(Typed):
        """A person wants this one."""

    class Left(Message):
        """A person wants none of it."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._names = _Names()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(_QUESTION, markup=False)
            typed = TypedLine(id="condition", select_on_focus=False, suggester=self._names)
            typed.cursor_blink = False
            yield typed
            yield Label("", id="condition-count", markup=False)
            yield LineEnds(take="keep", leave="leave")
        yield Static("", id="condition-said", markup=False)

    @property
    def typed(self) -> Input:
        return self.query_one("#condition", Input)

    def ask(self, text: str, names: Sequence[str]) -> None:
        """Let a person change a condition; `names`: the columns, as conditions have them."""
        self._names.names = tuple(names)
        self.display = True
        with self.prevent(Input.Changed):
            self.typed.value = text
        self.typed.cursor_position = len(text)
        self.typed.focus()

    def say(self, count: str) -> None:
        """Say what is kept."""
        self.remove_class("-wrong")
        self.query_one("#condition-count", Label).update(count)
        self.query_one("#condition-said", Static).update(_HINT)

    def complain(self, sentence: str, place: int | None) -> None:
        """Say what is wrong, below the place where that is, if it is in sight and there is room."""
        self.add_class("-wrong")
        self.query_one("#condition-count", Label).update("")
        self.query_one("#condition-said", Static).update(self._pointed(sentence, place))

    def _pointed(self, sentence: str, place: int | None) -> str:
        if place is None:
            return sentence
        column = len(_QUESTION) + 1 + place  # beside the margin that the sentence has too
        mark = glyph("up")
        if column + 2 + len(sentence) <= self.size.width - 2:
            return f"{' ' * column}{mark} {sentence}"
        return f"at character {place + 1}: {sentence}"

    def close(self) -> None:
        """Hide it."""
        self.display = False

    def action_keep(self) -> None:
        self.post_message(self.Kept(self.typed.value))

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_keep()
