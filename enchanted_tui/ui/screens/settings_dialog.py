"""Settings: what a person prefers, written into the file of preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from enchanted_tui.ui import themes
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.settings import Preferences
from enchanted_tui.ui.settings_file import Value
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.line import Name
from enchanted_tui.ui.widgets.one_of import OneOf
from enchanted_tui.ui.widgets.typed_line import TypedLine

_OWN = "enchanted-"
OPEN_FILE: Final[dict[str, Value]] = {}  #: the answer that asks for the file itself


@dataclass(frozen=True)
class _Field:
    """One line of the dialog: a preference, its name, and what can be chosen."""

    key: str
    label: str
    choices: Mapping[str, tuple[str, Value]]  #: labels and values by ids; none: text


_YES_NO: Mapping[str, tuple[str, Value]] = {"no": ("no", False), "yes": ("yes", True)}


def _by_itself(on: str, off: str) -> Mapping[str, tuple[str, Value]]:
    return {"auto": ("as the terminal needs", None), "on": (on, True), "off": (off, False)}


def _fields(theme: str) -> list[_Field]:
    """Return the lines; `theme` is offered beside our own ones."""
    names = dict.fromkeys([*(known.name for known in themes.OWN), theme])
    return [
        _Field("theme", "Theme", {name: (name.removeprefix(_OWN), name) for name in names}),
        _Field("ascii", "Characters", _by_itself("ASCII", "all")),
        _Field("low_bandwidth", "Line", _by_itself("spare it", "fast")),
        _Field("mouse", "Mouse", {"yes": _YES_NO["yes"], "no": _YES_NO["no"]}),
        _Field("bell", "Bell", _YES_NO),
        _Field("notices", "Notices", {kind: (kind, kind) for kind in ("off", "osc9", "osc777")}),
        _Field("read_only", "Only look", _YES_NO),
        _Field("roots", "Run roots", {}),
    ]


class SettingsDialog(Opened, ClosedByMouse, ModalScreen[dict[str, Value] | None]):
    """Returns the preferences that are to change, or None; `OPEN_FILE`: to open the file."""

    DEFAULT_CSS = """
    SettingsDialog { align: center middle; }
    SettingsDialog > Vertical {
        width: 78; max-width: 98%; height: auto; max-height: 98%; padding: 0 2;
        border: round $primary; background: $surface;
    }
    SettingsDialog .field { height: 1; }
    SettingsDialog .field Label { width: 12; text-style: bold; }
    SettingsDialog Input, SettingsDialog Input:focus {
        height: 1; border: none; padding: 0; background: $boost; width: 1fr;
    }
    SettingsDialog #about { height: 3; margin: 1 0 0 0; color: $text-muted; width: 100%; }
    SettingsDialog #path { color: $text-muted; width: 100%; }
    SettingsDialog #buttons { height: auto; align-horizontal: right; }
    SettingsDialog Button { margin: 0 0 0 1; min-width: 4; padding: 0 1; }
    """
    HELP = (
        "What the app looks like and does. Save writes the file of preferences; comments and other"
        " keys in it stay. Keys of actions (keymap) are changed in the file itself."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("f1", "app.everywhere_help", "Help", show=False),
    ]

    def __init__(self, preferences: Preferences, path: Path, *, has_file: bool) -> None:
        super().__init__()
        self._preferences, self._path, self._has_file = preferences, path, has_file
        self._fields = _fields(preferences.theme)
        self._about = {key: declared.doc for key, declared in Preferences.options().items()}

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            self.tell_how_to_close(box)
            box.border_title = "Settings"
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Label(field.label)
                    yield self._line(field)
            yield Label("", id="about", markup=False)
            path = Name(id="path")
            path.show(str(self._path))
            yield path
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Open the file", id="edit", compact=True, disabled=not self._has_file)
                yield Button("Save", id="save", variant="primary", compact=True)

    def _line(self, field: _Field) -> Widget:
        value = getattr(self._preferences, field.key)
        if field.choices:
            chosen = next(name for name, (_, meant) in field.choices.items() if meant == value)
            labels = {name: label for name, (label, _) in field.choices.items()}
            return OneOf(labels, chosen, id=field.key)
        line = TypedLine(
            ", ".join(value), "directories, with commas between", id=field.key, compact=True
        )
        line.cursor_blink = False
        return line

    def on_mount(self) -> None:
        self.query_one("#theme").focus()

    def on_descendant_focus(self) -> None:
        key = self.focused.id if self.focused is not None else None
        self.query_one("#about", Label).update(self._about.get(key or "", ""))

    def _changes(self) -> dict[str, Value]:
        """Return what was chosen otherwise than it is."""
        chosen = {field.key: self._value(field) for field in self._fields}
        return {
            key: value for key, value in chosen.items() if value != getattr(self._preferences, key)
        }

    def _value(self, field: _Field) -> Value:
        if field.choices:
            return field.choices[self.query_one(f"#{field.key}", OneOf).value][1]
        written = self.query_one(f"#{field.key}", Input).value
        return [part.strip() for part in written.split(",") if part.strip()]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "save":
            self.dismiss(self._changes())
        else:
            self.dismiss(OPEN_FILE if event.button.id == "edit" else None)

    def action_cancel(self) -> None:
        self.dismiss(None)
