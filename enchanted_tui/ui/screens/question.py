"""A question that a log-in asks: a password, a passphrase, a one-time code, or whether to trust a
host.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Mount
from textual.widgets import Button, Input, Label, Static

from enchanted_tui.executors.slurm.ssh.questions import Question
from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.ui.widgets.dialog import Choice, Dialog
from enchanted_tui.ui.widgets.typed_line import TypedLine

_TITLES = {
    "host key": "Is this {host}?",
    "password": "{host} asks for a password",
    "passphrase": "A key for {host} is locked",
    "code": "{host} asks",
}
_YES_NO = re.compile(r"\s*\(yes/no[^)]*\)\??\s*$")


class SecretInput(TypedLine):
    """A line of which only the length is shown, and which cannot be copied."""

    @property
    def _value(self) -> Text:
        if self.password and is_ascii():
            return Text("*" * len(self.value), no_wrap=True, overflow="ignore", end="")
        return super()._value

    def action_copy(self) -> None:
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        if not self.password:
            super().action_cut()


class QuestionDialog(Dialog):
    """Returns the answer, or None for Escape. `is_settled` tells whether an answer is not wanted
    any more.
    """

    DEFAULT_CSS = """
    QuestionDialog SecretInput, QuestionDialog SecretInput:focus {
        height: 1; border: none; padding: 0; background: $panel;
    }
    """

    WAITED_FOR = True

    def __init__(
        self, question: Question, *, is_settled: Callable[[], bool] = lambda: False
    ) -> None:
        self._question, self._is_settled = question, is_settled
        self._left = False
        self._trusts = question.kind == "host key"
        choices = [
            Choice("cancel", "Cancel"),
            Choice("yes", "Trust it from now on" if self._trusts else "Answer"),
        ]
        body = _YES_NO.sub("", question.prompt) if self._trusts else question.prompt
        super().__init__(_TITLES[question.kind].format(host=question.host), body, choices)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            yield Label(self._title, id="title", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(self._body, id="body", markup=False)
            if not self._trusts:
                answer = SecretInput(
                    id="answer", password=not self._question.echo, select_on_focus=False
                )
                answer.cursor_blink = False
                yield answer
            with Horizontal(id="buttons"):
                for choice in self._choices:
                    yield Button(choice.label, id=choice.id, compact=True)

    def on_mount(self, event: Mount) -> None:  # type: ignore[override]
        """Focus what harms nothing when somebody was typing something else."""
        event.prevent_default()  # here and below: instead of what other dialogs do
        self.query_one("#cancel" if self._trusts else "#answer").focus()

    def on_screen_resume(self) -> None:
        self.go_if_settled()

    def go_if_settled(self) -> None:
        """Close without an answer if nobody waits for one any more and nothing lies above."""
        if self._is_settled():
            self._give(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop().prevent_default()
        self._give(event.value)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop().prevent_default()
        if event.button.id == "cancel":
            self._give(None)
        else:
            self._give("yes" if self._trusts else self.query_one("#answer", Input).value)

    def action_cancel(self) -> None:
        self._give(None)

    _leave = action_cancel

    def _give(self, answer: str | None) -> None:
        if self.app.screen is self and not self._left:
            self._left = True
            for line in self.query(Input):
                line.clear()
            self.dismiss(answer)
