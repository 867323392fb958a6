"""A question with several lines to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.dialog import Choice
from enchanted_tui.ui.widgets.typed_line import TypedLine


@dataclass(frozen=True)
class Blank:
    """One line to fill in."""

    id: str
    label: str
    value: str = ""
    hint: str = ""  #: shown while it is empty


@dataclass(frozen=True)
class Filled:
    """How a form was answered."""

    choice: str  #: id of the button
    values: dict[str, str]  #: by the ids of the lines


class Form(Opened, ClosedByMouse, ModalScreen[Filled | None]):
    """Asks for several lines at once. Enter goes on to the next one; Escape gives nothing."""

    DEFAULT_CSS = """
    Form { align: center middle; }
    Form > Vertical { width: 78; max-width: 98%; height: auto; max-height: 98%; padding: 0 2; }
    Form > Vertical { border: round $primary; background: $surface; }
    Form #form-title { text-style: bold; width: 100%; margin: 0 0 1 0; }
    Form #form-hint { width: 100%; margin: 1 0 0 0; color: $text-muted; }
    Form .blank { height: 1; width: 100%; }
    Form .blank Label { width: 13; }
    Form .blank Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    Form #buttons { height: auto; width: 100%; margin: 1 0 0 0; align-horizontal: right; }
    Form Button { margin: 0 0 0 1; min-width: 4; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(
        self, title: str, blanks: Sequence[Blank], hint: str, choices: Sequence[Choice]
    ) -> None:
        super().__init__()
        self._title, self._hint = title, hint
        self._blanks, self._choices = tuple(blanks), tuple(choices)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            yield Label(self._title, id="form-title", markup=False)
            for blank in self._blanks:
                with Horizontal(classes="blank"):
                    yield Label(blank.label, markup=False)
                    line = TypedLine(
                        blank.value, blank.hint, id=blank.id, select_on_focus=False, compact=True
                    )
                    line.cursor_blink = False
                    yield line
            yield Label(self._hint, id="form-hint", markup=False)
            with Horizontal(id="buttons"):
                for choice in self._choices:
                    yield Button(choice.label, id=choice.id, compact=True)

    def on_mount(self) -> None:
        self.query(Input).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        values = {blank.id: self.query_one(f"#{blank.id}", Input).value for blank in self._blanks}
        self.dismiss(Filled(str(event.button.id), values))

    def action_cancel(self) -> None:
        self.dismiss(None)
