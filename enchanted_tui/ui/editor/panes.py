"""What stands beside the text: problems, help for the key at the cursor, outline, what would
run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Click
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from enchanted_tui.config.assist import KeyHelp, OutlineEntry
from enchanted_tui.config.problems import Problem
from enchanted_tui.ui.actions import registry
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.editor.checking import CheckedText, TextAnswers
from enchanted_tui.ui.editor.inviting import invitation
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.palette import perform
from enchanted_tui.ui.widgets.choice_list import Options

if TYPE_CHECKING:
    from enchanted_tui.ui.app_interface import AppInterface

PANES = ("problems", "help", "outline", "preview")
_MOST_PROBLEMS = 200


class Jump(Message):
    """A place of the text was chosen."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__()
        self.line, self.column = line, column


class PlaceList(Options):
    """A list whose items are places of the text."""

    # The cursor has to leave legible what has a colour of its own, such as the word "error".
    DEFAULT_CSS = """
    /* or items are as high as they would be without the bar, and lose a last line to it */
    PlaceList { scrollbar-gutter: stable; }
    PlaceList#outline { text-wrap: nowrap; text-overflow: ellipsis; }
    PlaceList > .option-list--option-highlighted { color: $foreground; background: $panel; }
    PlaceList:focus > .option-list--option-highlighted {
        color: $foreground; background: $panel; text-style: bold reverse;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__(id=name, compact=True, markup=False)
        self._places: list[tuple[int, int] | None] = []

    def fill(self, rows: Sequence[tuple[Text, tuple[int, int] | None]]) -> None:
        """Show rows, each with its place counted from 0, or None."""
        kept = self.highlighted
        self.clear_options()
        self.add_options([Option(text) for text, _ in rows])
        self._places = [place for _, place in rows]
        if rows:
            self.highlighted = min(kept or 0, len(rows) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        place = self._places[event.option_index] if event.option_index < len(self._places) else None
        if place is not None:
            self.post_message(Jump(*place))


class ProblemList(PlaceList):
    """The problems as they stand in the text."""

    if TYPE_CHECKING:
        app = getters.app(AppInterface)

    def __init__(self) -> None:
        super().__init__("problems")
        self.border_title = "Problems"  # where another pane is above
        self._offered: list[str] = []  #: actions, by the items that take them
        self._state: object = None

    def show(self, problems: Sequence[Problem], note: str) -> None:
        """Show the problems; `note` stands there if there are none."""
        if (tuple(problems), note) == self._state:
            return
        self._state = (tuple(problems), note)
        self._offered = []
        rows = [(self._prompt(problem), _place(problem)) for problem in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            rows.append(
                (Text(f"{glyph('ellipsis')} and {len(problems) - _MOST_PROBLEMS:,} more"), None)
            )
        self.fill(rows or [(Text(note), None)])

    def invite(self) -> None:
        """Say what can be done where there is no configuration yet."""
        if self._state != "invited":
            self._state = "invited"
            lines = invitation(self.app)
            self._offered = [action for _, action in lines]
            self.fill([(line, None) for line, _ in lines])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take what is offered, if an item does."""
        event.stop()
        for name in self._offered[event.option_index : event.option_index + 1]:
            if name:
                self.app.perform(perform(self.app, registry()[name]))

    def _prompt(self, problem: Problem) -> Text:
        sign = glyph("failed" if problem.severity == "error" else "warning")
        colour = self.app.theme_variables.get(problem.severity, "")
        where = f"line {problem.line}" if problem.line is not None else problem.file
        text = (
            Text()
            .append(f"{sign} {problem.severity} ", style=f"bold {colour}")
            .append(f"{where}  ")
        )
        return text.append(f"{problem.key}: " if problem.key else "", style="italic").append(
            problem.message
        )


def _place(problem: Problem) -> tuple[int, int] | None:
    return None if problem.line is None else (problem.line - 1, (problem.column or 1) - 1)


class OutlineList(PlaceList):
    """Sections, components and stages."""

    def __init__(self) -> None:
        super().__init__("outline")
        self._entries: tuple[OutlineEntry, ...] | None = None

    def show(self, entries: tuple[OutlineEntry, ...]) -> None:
        """Show the outline."""
        if entries == self._entries:
            return
        self._entries = entries
        rows = [(self._prompt(entry), (entry.line, entry.column)) for entry in entries]
        self.fill(rows or [(Text("nothing yet"), None)])

    def follow(self, line: int) -> None:
        """Mark the entry that a line belongs to."""
        entries = self._entries or ()
        before = [index for index, entry in enumerate(entries) if entry.line <= line]
        if before and not self.has_focus and self.highlighted != before[-1]:
            self.highlighted = before[-1]

    @staticmethod
    def _prompt(entry: OutlineEntry) -> Text:
        text = Text("  " * entry.depth).append(
            entry.label, style="bold" if entry.depth == 0 else ""
        )
        return text.append(
            f"  {entry.detail}".replace(" > ", f" {glyph('arrow')} ") if entry.detail else "",
            style="italic",
        )


class TextPane(VerticalScroll):
    """Text that can be scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._shown: object = None

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def put(self, content: Text | Group, key: object) -> None:
        """Show something, from its beginning, if `key` says that it is something else."""
        if key != self._shown:
            self._shown = key
            self.query_one(Static).update(content)
            self.scroll_home(animate=False)


class HelpPane(TextPane):
    """What is known about the key at the cursor."""

    def show(self, found: KeyHelp | None) -> None:
        """Show an explanation."""
        if found is None:
            self.put(
                Text("Move to a key: what it means, its type and its default are shown here."), None
            )
            return
        facts = [
            Text(f"{name}: ", style="italic").append(_fact(value), style="not italic")
            for name, value in found.facts
        ]
        prose = [Text(" ".join(paragraph.split())) for paragraph in found.text.split("\n\n")]
        self.put(Group(Text(found.title, style="bold"), *prose, *facts), found)


def _fact(value: str) -> str:
    return "\n" + "\n".join(f"  {line}" for line in value.split("\n")) if "\n" in value else value


class PreviewPane(TextPane):
    """What would run."""

    _of: str | None = None  #: the text of the configuration that is shown, or found out about

    def show(self, checked: CheckedText | None, name: str) -> None:
        """Find out what would run by the text that was checked last, of the file `name`."""
        if checked is None:
            self._say("The text has not been checked yet.")
        elif not checked.is_configuration:
            self._say(f"{name} is no configuration; nothing would run.")
        elif not checked.is_valid and not checked.errors:
            self._say("Save it (F2): once its files are there, what would run is shown here.")
        elif not checked.is_valid:
            self._say(
                "The configuration has errors; once they are gone, what would run is shown here."
            )
        elif checked.text != self._of:
            self._say(f"Finding out what would run{glyph('ellipsis')}")
            self._of = checked.text
            run_newest(self, "preview", self._find_out, checked.text, checked.answers)

    async def _find_out(self, text: str, answers: TextAnswers) -> None:
        found = await in_thread(answers.preview)
        if self._of == text:  # maybe checked again since
            self.put(Text(found), found)

    def _say(self, text: str) -> None:
        self._of = None
        self.put(Text(text), text)


class PaneTabs(Widget):
    """The names of the panes; the one that is shown is in brackets. A click shows another."""

    class Chosen(Message):
        """A pane was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    DEFAULT_CSS = "PaneTabs { height: 1; background: $panel; }"

    def __init__(self) -> None:
        super().__init__()
        self._current, self._counts = "problems", ""

    def show(self, current: str, counts: str) -> None:
        """Say which pane is shown and how many problems there are."""
        if (current, counts) != (self._current, self._counts):
            self._current, self._counts = current, counts
            self.refresh()

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        for name, label in self._labels():
            text.append(label, style="bold" if name == self._current else "")
        return text

    def on_click(self, event: Click) -> None:
        column = 0
        for name, label in self._labels():
            if column <= event.x < column + len(label):
                self.post_message(self.Chosen(name))
            column += len(label)

    def _labels(self) -> list[tuple[str, str]]:
        titles = {
            "problems": f"Problems {self._counts}".rstrip(),
            "help": "Help",
            "outline": "Outline",
            "preview": "Preview",
        }
        return [
            (name, f"[{title}]" if name == self._current else f" {title} ")
            for name, title in titles.items()
        ]
