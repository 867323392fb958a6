"""A question of one line at the foot of a screen: a pattern to look for, a name of a file."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from enchanted_tui.ui.widgets.line_ends import LineEnds
from enchanted_tui.ui.widgets.typed_line import TypedLine


class AskLine(Horizontal):
    """Hidden until `ask`; Enter answers, Escape closes it, and so do two words at its end."""

    DEFAULT_CSS = """
    AskLine { display: none; height: 1; background: $panel; }
    AskLine Label { width: auto; padding: 0 1; }
    AskLine Input, AskLine Input:focus {
        height: 1; border: none; padding: 0; width: 1fr; background: $boost;
    }
    AskLine #hint { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False)]

    class Answered(Message):
        """A person has answered; `purpose` says which question."""

        def __init__(self, purpose: str, value: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.value = value

    purpose = ""

    def compose(self) -> ComposeResult:
        yield Label("", id="question", markup=False)
        answer = TypedLine(id="answer", select_on_focus=False)
        answer.cursor_blink = False
        yield answer
        yield Label("", id="hint", markup=False)
        yield LineEnds(take="answer", leave="close")

    def ask(self, purpose: str, question: str, value: str = "", hint: str = "") -> None:
        """Ask; the answer comes as `Answered` with the same purpose."""
        self.purpose = purpose
        self.query_one("#question", Label).update(question)
        self.query_one("#hint", Label).update(hint)
        self.display = True
        answer = self.query_one(Input)
        answer.value = value
        answer.focus()
        answer.cursor_position = len(value)  # the end of a long name is what one changes

    def say(self, hint: str) -> None:
        """Say what is wrong with the answer, and keep it."""
        self.query_one("#hint", Label).update(hint)

    def action_answer(self) -> None:
        self.post_message(self.Answered(self.purpose, self.query_one(Input).value))

    def action_close(self) -> None:
        self.display = False
        self.screen.set_focus(None)
        self.post_message(self.Closed())

    class Closed(Message):
        """It is hidden again."""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_answer()
