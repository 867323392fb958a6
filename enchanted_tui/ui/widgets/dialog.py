"""A question: what will happen, and buttons of which the safe one has the focus, so that Enter
never destroys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.typed_line import TypedLine


@dataclass(frozen=True)
class Choice:
    """One button."""

    id: str  #: the dialog's answer
    label: str
    key: str = ""  #: a letter that presses it
    destroys: bool = (
        False  #: never has the focus at first; with `expect`, waits for the name to be typed
    )


class Dialog(Opened, ClosedByMouse, ModalScreen[str | None]):
    """Asks, and returns the id of the chosen button, or None for Escape.

    The first choice that destroys nothing has the focus. With `expect`, choices that destroy stay
    disabled until that text is typed.
    """

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical { width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 0 2; }
    Dialog > Vertical { border: round $primary; background: $surface; }
    Dialog #title { text-style: bold; width: 100%; }
    Dialog VerticalScroll {
        height: auto; max-height: 14; margin: 1 0 0 0; scrollbar-size-vertical: 1;
    }
    Dialog #buttons { height: auto; width: 100%; margin: 1 0 0 0; align-horizontal: right; }
    Dialog Button { margin: 0 0 0 1; min-width: 4; padding: 0 1; }
    Dialog Input { height: 1; border: none; padding: 0; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(
        self, title: str, body: str, choices: Sequence[Choice], *, expect: str | None = None
    ) -> None:
        super().__init__()
        self._title, self._body, self._choices, self._expect = title, body, tuple(choices), expect

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            yield Label(self._title, id="title", markup=False)
            with VerticalScroll(can_focus=False):
                yield Static(self._body, id="body", markup=False)
            if self._expect is not None:
                yield Label(f"Type {self._expect} to confirm:", markup=False)
                typed = TypedLine(id="typed", placeholder=self._expect, select_on_focus=False)
                typed.cursor_blink = False
                yield typed
            with Horizontal(id="buttons"):
                for choice in self._choices:
                    label = f"{choice.label} ({choice.key})" if choice.key else choice.label
                    waits = choice.destroys and self._expect is not None
                    yield Button(
                        label,
                        id=choice.id,
                        variant="error" if choice.destroys else "default",
                        disabled=waits,
                        compact=True,
                    )

    def on_mount(self) -> None:
        safe = next((choice for choice in self._choices if not choice.destroys), None)
        if safe is not None:
            self.query_one(f"#{safe.id}", Button).focus()
        if self._expect is not None:
            self.query_one("#typed", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        for choice in self._choices:
            if choice.destroys:
                self.query_one(f"#{choice.id}", Button).disabled = (
                    event.value.strip() != self._expect
                )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id)

    def on_key(self, event: Key) -> None:
        if isinstance(self.focused, Input):
            return
        for choice in self._choices:
            if (
                choice.key
                and event.character == choice.key
                and not self.query_one(f"#{choice.id}", Button).disabled
            ):
                event.stop()  # or the screen below would take it for a key of its own
                self.dismiss(choice.id)

    def action_cancel(self) -> None:
        self.dismiss(None)
