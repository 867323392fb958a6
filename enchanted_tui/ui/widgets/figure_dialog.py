"""How a figure is to be written: where to, how large, with which labels and fonts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from enchanted_tui.errors import UserError
from enchanted_tui.plotting.figure_files import PlotData, colour_kind
from enchanted_tui.plotting.figure_look import (
    FORMATS,
    MISSING,
    FigureLook,
    check_format,
    is_installed,
    labels_of,
    read_look,
)
from enchanted_tui.plotting.plot_wanted import PlotWanted
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.error_sentence import sentence
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.one_of import OneOf
from enchanted_tui.ui.widgets.typed_line import TypedLine


@dataclass(frozen=True)
class FigureAsked:
    """What a person wants to have."""

    path: Path
    look: FigureLook
    script: bool  #: that draws it again
    filled: Mapping[str, str]  #: what the lines said, to be shown again


class FigureDialog(Opened, ClosedByMouse, ModalScreen[FigureAsked | None]):
    """Gives `FigureAsked`, or None for Escape. Labels are those of the columns, with their units,
    unless others are typed.
    """

    DEFAULT_CSS = """
    FigureDialog { align: center middle; }
    FigureDialog > Vertical { width: 84; max-width: 98%; height: auto; max-height: 98%; }
    FigureDialog > Vertical { border: round $primary; background: $surface; padding: 0 2; }
    FigureDialog VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    FigureDialog .blank { height: 1; width: 100%; }
    FigureDialog .blank Label { width: 13; }
    FigureDialog .blank Input, FigureDialog .blank Input:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $boost;
    }
    FigureDialog #said { width: 100%; height: auto; max-height: 5; color: $text-warning; }
    FigureDialog #buttons { height: 1; width: 100%; align-horizontal: right; }
    FigureDialog Button { margin: 0 0 0 1; min-width: 4; padding: 0 1; }
    """
    HELP = (
        "Size is width by height, in inches, or with cm or mm behind. Texts in PDF and SVG files"
        " stay texts. The script needs numpy and matplotlib alone."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("f1", "app.everywhere_help", "Help", show=False),
    ]

    def __init__(
        self,
        proposed: Path,
        data: PlotData,
        wanted: PlotWanted,
        filled: Mapping[str, str] = MappingProxyType({}),
        wrong: str = "",
    ) -> None:
        """`filled`, `wrong`: what the lines said before, and why it could not be done, if this is
        asked again.
        """
        super().__init__()
        self._said = wrong if is_installed() else MISSING
        self._proposed, self._wanted, self._filled = proposed, wanted, filled
        self._labels = labels_of(wanted, FigureLook(), data.units or {})
        kind = colour_kind(data.results, wanted)
        self._has_bar = bool(self._labels["colour_label"]) and (
            kind == "number" or "colour" not in wanted.how.goes_by
        )

    def compose(self) -> ComposeResult:
        usual = FigureLook()
        with Vertical() as box:
            box.border_title = f"Write {self._wanted.how.title} as a figure"
            self.tell_how_to_close(box)
            with VerticalScroll(can_focus=False):
                yield from self._line("path", "File", str(self._proposed), "")
                yield from self._choice(
                    "format", "Format", {one: one[1:].upper() for one in FORMATS}, ".pdf"
                )
                yield from self._line("size", "Size", f"{usual.width:g}x{usual.height:g}", "inches")
                yield from self._line("dpi", "DPI", str(usual.dpi), "")
                yield from self._line("title", "Title", "", "none")
                for name, label in (("x_label", "Label below"), ("y_label", "Label left")):
                    yield from self._line(name, label, self._labels[name], "as the plot has it")
                if self._has_bar:
                    text = self._labels["colour_label"]
                    yield from self._line("colour_label", "Label colour", text, "")
                    yield from self._choice("bar", "Colour bar", {"yes": "yes", "no": "no"}, "yes")
                yield from self._line("font", "Font", "", "sans-serif, or the name of a font")
                yield from self._line("font_size", "Font size", f"{usual.font_size:g}", "points")
                yield from self._choice(
                    "script",
                    "Script",
                    {"yes": "a Python script that draws it again", "no": "none"},
                    "yes",
                )
            yield Label(self._said, id="said", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(
                    "Write",
                    id="write",
                    variant="primary",
                    compact=True,
                    disabled=not is_installed(),
                )

    def _line(self, name: str, label: str, value: str, hint: str) -> Iterator[Horizontal]:
        value = self._filled.get(name, value)
        line = TypedLine(value, hint, id=name, select_on_focus=False, compact=True)
        line.cursor_blink = False
        yield Horizontal(Label(label, markup=False), line, classes="blank")

    def _choice(
        self, name: str, label: str, alternatives: dict[str, str], value: str
    ) -> Iterator[Horizontal]:
        chooser = OneOf(alternatives, self._filled.get(name, value), id=name)
        yield Horizontal(Label(label, markup=False), chooser, classes="blank")

    def on_mount(self) -> None:
        path = self.query_one("#path", Input)
        path.focus()
        self.call_after_refresh(self._show_end, path)  # once it knows how much room it has

    def _show_end(self, path: Input) -> None:
        """Let the end of a long path be seen, which is what one changes."""
        path.cursor_position = 0
        path.cursor_position = len(path.value)

    def on_one_of_changed(self, event: OneOf.Changed) -> None:
        if event.chooser.id == "format":
            line = self.query_one("#path", Input)
            line.value = _of_format(line.value.strip() or str(self._proposed), event.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        suffix = Path(event.value).suffix.lower()
        if event.input.id == "path" and suffix in FORMATS:
            self.query_one("#format", OneOf).choose(suffix)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input.id == "path":
            self._write()
        else:
            self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "write":
            self._write()
        else:
            self.dismiss(None)

    def _write(self) -> None:
        if is_installed():
            run_newest(self, "write", self._check_and_leave)

    async def _check_and_leave(self) -> None:
        """Leave with what is asked for, or say all that is wrong with it."""
        written = {line.id or "": line.value for line in self.query(Input)}
        chosen = {one.id or "": one.value for one in self.query(OneOf)}
        wrong: list[str] = []
        path = Path(written["path"].strip()).expanduser()
        look = FigureLook()
        try:
            check_format(path)
        except UserError as error:
            wrong.append(sentence(error)[0])
        try:
            # a font is looked for among the files of all fonts
            look = await in_thread(read_look, written, colour_bar=chosen.get("bar", "yes") == "yes")
        except UserError as error:
            wrong += str(error).replace("--", "").splitlines()
        if wrong:
            self.query_one("#said", Label).update("\n".join(wrong))
            return
        self.dismiss(FigureAsked(path, look, chosen["script"] == "yes", {**written, **chosen}))

    def action_cancel(self) -> None:
        self.dismiss(None)


def _of_format(path: str, suffix: str) -> str:
    """Return the path of a figure with another suffix in place of that of a format; one such as
    that of ``v1.2`` stays.
    """
    head, dot, tail = path.rpartition(".")
    return f"{head}{suffix}" if f"{dot}{tail}".lower() in FORMATS else f"{path}{suffix}"
