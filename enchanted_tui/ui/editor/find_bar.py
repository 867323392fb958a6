"""The lines below the text in which one says what to find, and what to put in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.message import Message
from textual.widgets import Input, Label

from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.editor.find import Wanted
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.palette import keys_of
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.ui.widgets.typed_line import TypedLine

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface


class FindBar(Vertical):
    """Hidden until `open`. Enter in the first line goes to the next match, in the second replaces
    this one; Escape closes it.
    """

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    DEFAULT_CSS = """
    FindBar { display: none; height: auto; background: $panel; }
    FindBar Horizontal { height: 1; }
    FindBar .replacing { display: none; }
    FindBar.-replaces .replacing { display: block; }
    FindBar Label { width: 9; padding: 0 1; }
    FindBar Input, FindBar Input:focus {
        height: 1; border: none; padding: 0; width: 1fr; background: $boost;
    }
    FindBar Buttons { width: auto; padding: 0 1; }
    """
    HELP = """Enter or Down goes to the next match, Up to the one before; Tab changes between the
    two lines; Escape goes back to the text. In the second line, Enter replaces this match and goes
    to the next."""

    class Changed(Message):
        """Something else is looked for."""

    class Asked(Message):
        """A key asks for something."""

        def __init__(self, what: Literal["next", "previous", "replace", "close"]) -> None:
            super().__init__()
            self.what = what

    exact = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label("Find")
            yield _field("wanted")
            yield Buttons(id="found")
        with Horizontal(classes="replacing"):
            yield Label("Replace")
            yield _field("by")
            yield Buttons(id="replacing")

    @property
    def wanted(self) -> Wanted:
        """What is looked for."""
        return Wanted(self.query_one("#wanted", Input).value, self.exact)

    @property
    def by(self) -> str:
        """What takes its place."""
        return self.query_one("#by", Input).value

    def open(self, text: str, *, replaces: bool) -> None:
        """Ask for what to find, beginning with `text` if there is some, and for what to replace it
        by.
        """
        self.display = True
        self.set_class(replaces, "-replaces")
        field = self.query_one("#wanted", Input)
        is_new = bool(text) and text != field.value
        if text:
            field.value = text
        self.screen.set_focus(field)  # at once: what is typed next is meant for it
        field.select_all()
        if not is_new:  # a new value says so itself
            self.post_message(self.Changed())

    def say(self, found: str) -> None:
        """Say how many matches there are and which of them the cursor is on, and what else can be
        done.
        """
        case = "exact case" if self.exact else "any case"
        parts = [
            (f"{found}  ", "bold", ""),
            ("next", "", "config_find_next"),
            ("  ", "", ""),
            ("before", "", "config_find_previous"),
            ("  ", "", ""),
            (f"{self._key('find_case')} {case}", "", "config_find_case"),
            (f"  {glyph('close')} ", "", "close"),
        ]
        self._set("found", parts)
        one, every = f"{self._key('replace_one')} this", f"{self._key('replace_all')} all"
        self._set(
            "replacing",
            [(one, "", "config_replace_one"), ("  ", "", ""), (every, "", "config_replace_all")],
        )

    def _set(self, name: str, parts: list[tuple[str, str, str]]) -> None:
        buttons = self.query_one(f"#{name}", Buttons)
        buttons.set(parts)
        buttons.styles.width = len(buttons.text) + 2

    def action_close(self) -> None:
        self.post_message(self.Asked("close"))

    def _key(self, name: str) -> str:
        return keys_of(self.app, registry()[f"config.{name}"]).partition(" ")[0]

    @on(Input.Changed)
    def _change(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "wanted":
            self.post_message(self.Changed())

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Asked("next" if event.input.id == "wanted" else "replace"))

    def on_key(self, event: Key) -> None:
        if event.key == "escape":
            self.action_close()
        elif event.key in ("up", "down"):
            self.post_message(self.Asked("previous" if event.key == "up" else "next"))
        elif event.key in ("tab", "shift+tab"):
            fields = [
                field
                for field in self.query(Input)
                if self.has_class("-replaces") or field.id == "wanted"
            ]
            next(
                field for field in fields if field is not self.screen.focused or len(fields) == 1
            ).focus()
        else:
            return
        event.stop()
        event.prevent_default()


def _field(name: str) -> Input:
    field = TypedLine(id=name, select_on_focus=False, compact=True)
    field.cursor_blink = False
    return field
