"""Questions that the editor asks: which file, which template."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList
from textual.widgets.option_list import Option

from enchanted_tui.config.completion import Candidate, file_candidates
from enchanted_tui.config.conversion import expand
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.editor.recovery import Unsaved
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.choice_list import Options
from enchanted_tui.ui.widgets.closing import ClosedByMouse
from enchanted_tui.ui.widgets.dialog import Choice, Dialog
from enchanted_tui.ui.widgets.typed_line import TypedLine

_CSS = """
ListDialog { align: center middle; }
ListDialog > Vertical {
    width: 90; max-width: 96%; height: 22; max-height: 96%; padding: 0 2;
    border: round $primary; background: $surface;
}
ListDialog #title { text-style: bold; width: 100%; }
ListDialog #foot { height: 1; }
ListDialog #hint { color: $text-muted; width: 1fr; }
ListDialog Button { margin: 0 0 0 1; min-width: 4; padding: 0 1; }
ListDialog #about { width: 100%; height: 2; display: none; text-style: italic; }
ListDialog Input { height: 1; background: $boost; margin: 1 0; }
ListDialog #listing { height: 1fr; }
ListDialog OptionList {
    height: 100%; width: 1fr; border: none; padding: 0; background: $surface; text-wrap: nowrap;
    text-overflow: ellipsis; scrollbar-size-vertical: 1;
}
"""


class ListDialog(Opened, ClosedByMouse, ModalScreen[str | None]):
    """A line to type into, and a list below it. Enter takes what is typed or marked; Escape gives
    nothing.
    """

    DEFAULT_CSS = _CSS
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Close", show=False)]

    def __init__(self, title: str, hint: str, value: str = "") -> None:
        super().__init__()
        self._title, self._hint, self._value = title, hint, value

    def compose(self) -> ComposeResult:
        typed = TypedLine(self._value, id="typed", select_on_focus=False, compact=True)
        typed.cursor_blink = False
        with Vertical() as box:
            self.tell_how_to_close(box)
            yield Label(self._title, id="title", markup=False)
            yield typed
            with Horizontal(id="listing"):
                yield Options(id="list", compact=True, markup=False)
                yield from self.compose_beside()
            yield Label("", id="about", markup=False)
            with Horizontal(id="foot"):
                yield Label(self._hint, id="hint", markup=False)
                yield from self.compose_foot()

    def compose_foot(self) -> ComposeResult:
        """Return what stands at the right of the hint."""
        yield from ()

    def compose_beside(self) -> ComposeResult:
        """Return what stands at the right of the list."""
        yield from ()

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()

    @property
    def listed(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def typed(self) -> Input:
        return self.query_one(Input)

    def on_key(self, event: events.Key) -> None:
        moves: dict[str, Callable[[], None]] = {
            "down": self.listed.action_cursor_down,
            "up": self.listed.action_cursor_up,
            "pagedown": self.listed.action_page_down,
            "pageup": self.listed.action_page_up,
        }
        if event.key in moves:
            event.stop()
            event.prevent_default()
            moves[event.key]()
        elif event.key == "tab":
            event.stop()
            event.prevent_default()
            self.complete()

    def complete(self) -> None:
        """Go on with the marked entry (Tab)."""

    def action_cancel(self) -> None:
        self.dismiss(None)


class PathDialog(ListDialog):
    """Asks for a path, listing what there is. Gives the path as it was typed, ``~`` and variables
    expanded.
    """

    def __init__(
        self,
        title: str,
        start: Path,
        value: str = "",
        *,
        suffixes: tuple[str, ...] = (),
        verb: str = "Take",
    ) -> None:
        """`verb` is what the button says that does the same as Enter."""
        super().__init__(f"{title} (in {start})", "Tab completes, Enter takes the path.", value)
        self._start, self._suffixes, self._verb = start, suffixes, verb
        self._candidates: Sequence[Candidate] = ()
        self._also = 0  #: so many of them, the first, do not go on as written
        self._listed_for: str | None = None  #: what was typed when the candidates were looked up
        #: keys pressed before the list for what is typed had come
        self._waiting: list[Callable[[], None]] = []

    def on_mount(self) -> None:
        super().on_mount()
        self._list_soon(self._value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list_soon(event.value)

    def _list_soon(self, written: str) -> None:
        run_newest(self, "list", self._list, written)

    async def _list(self, written: str) -> None:
        also, found = await in_thread(self.candidates, written)
        if self.is_mounted and self.typed.value == written:
            self._candidates, self._also, self._listed_for = [*also, *found], len(also), written
            self.listed.clear_options()
            self.listed.add_options(
                [
                    ListedPath(candidate, self._room, self.words_for(candidate))
                    for candidate in self._candidates
                ]
            )
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                self._once_listed(act)

    def candidates(self, written: str) -> tuple[list[Candidate], list[Candidate]]:
        """Return what is listed: what is offered besides, and what goes on as written. Called in a
        thread.
        """
        return [], file_candidates(written, self._start, suffixes=self._suffixes)

    def words_for(self, candidate: Candidate) -> str:
        """Return what stands before a candidate."""
        return ""

    def _once_listed(self, act: Callable[[], None]) -> None:
        """Do what a key asks with the list for what is typed, never with the one before."""
        if self._listed_for == self.typed.value:
            act()
        else:
            self._waiting.append(act)

    @property
    def _room(self) -> int:
        """Characters that an entry may take; any number before it is known."""
        return self.listed.size.width - 1 if self.listed.size.width > 1 else 10_000

    def complete(self) -> None:
        self._once_listed(self._complete)

    def _complete(self) -> None:
        marked = self.listed.highlighted
        if marked is not None and marked < len(self._candidates):
            self._take(self._candidates[marked])
        elif len(self._candidates) == self._also + 1:
            self._take(self._candidates[-1])
        elif self._candidates[self._also :]:
            common = _common_beginning(
                [candidate.label for candidate in self._candidates[self._also :]]
            )
            if len(common) > len(self.typed.value):
                self._write(common)

    def _take(self, candidate: Candidate) -> None:
        self._write(candidate.label + candidate.suffix)

    def _write(self, text: str) -> None:
        self.typed.value = text
        self.typed.cursor_position = len(text)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if isinstance(event.option, ListedPath):
            self._choose(event.option.candidate)

    def compose_foot(self) -> ComposeResult:
        for name, label in (("cancel", "Cancel"), ("take", self._verb)):
            button = Button(label, id=name, compact=True)
            button.can_focus = False  # what is typed goes on where it was
            yield button

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "take":
            self._take_typed()
        else:
            self.dismiss(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._take_typed()

    def _take_typed(self) -> None:
        """Take what is marked, or typed."""
        if self._waiting or self.listed.highlighted is not None:
            self._once_listed(self._submit)
        else:
            # a name that is typed out needs no list, which a slow file server may hold up
            self._submit()

    def _submit(self) -> None:
        marked = self.listed.highlighted
        if marked is not None and marked < len(self._candidates):
            self._choose(self._candidates[marked])
        elif self.typed.value.strip():
            self.dismiss(expand(self.typed.value.strip()))

    def _choose(self, candidate: Candidate) -> None:
        """Go on into a directory, or take a file."""
        if candidate.suffix:
            self._take(candidate)
        else:
            self.dismiss(expand(candidate.label))


class ListedPath(Option):
    """A line of the list, with what it stands for: the list may be another by the time that a click
    on it is heard of.
    """

    def __init__(self, candidate: Candidate, room: int, words: str = "") -> None:
        path = cut_name(candidate.label + candidate.suffix, room - len(words))
        super().__init__(Text(words + path, no_wrap=True))
        self.candidate = candidate


def _common_beginning(names: Sequence[str]) -> str:
    shortest, longest = min(names), max(names)
    return next(
        (shortest[:index] for index, letter in enumerate(shortest) if letter != longest[index]),
        shortest,
    )


@dataclass(frozen=True)
class Entry:
    """One thing to choose."""

    id: str
    group: str
    name: str
    summary: str

    @property
    def about(self) -> str:
        """The summary as people read it, without the marks of documentation."""
        return self.summary.replace("`", "")


class Picker(ListDialog):
    """Asks to choose one of several; typing filters."""

    def __init__(self, title: str, entries: Sequence[Entry]) -> None:
        super().__init__(title, "Type to filter, Enter takes the marked one, Escape goes back.")
        self._entries = tuple(entries)
        self._fitting: list[Entry] = []

    def on_mount(self) -> None:
        super().on_mount()
        self._filter("")

    def on_input_changed(self, event: Input.Changed) -> None:
        self._filter(event.value)

    def _filter(self, written: str) -> None:
        words = written.lower().split()
        self._fitting = [
            entry
            for entry in self._entries
            if all(word in f"{entry.group} {entry.name}".lower() for word in words)
        ]
        width = max((len(entry.name) for entry in self._fitting), default=0)
        self.listed.clear_options()
        self.listed.add_options(
            [Option(_row(entry, width), id=entry.id) for entry in self._fitting]
        )
        if self._fitting:
            self.listed.highlighted = 0

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say of the marked one what its line may have no room for."""
        event.stop()
        if event.option_index < len(self._fitting):
            about = self.query_one("#about", Label)
            about.display = True
            about.update(self._fitting[event.option_index].about)

    def complete(self) -> None:
        self.listed.action_cursor_down()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)  # of what was clicked, though the list may be another by now

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        marked = self.listed.highlighted
        if marked is not None and marked < len(self._fitting):
            self.dismiss(self._fitting[marked].id)


def _row(entry: Entry, width: int) -> Text:
    return (
        Text()
        .append(f"{entry.group:9}", style="italic")
        .append(entry.name.ljust(width + 2), style="bold")
        .append(entry.about)
    )


def recovery_dialog(unsaved: Unsaved) -> Dialog:
    """Return the question what is to become of a text that an app before this one did not save."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(unsaved.saved_at))
    lines = unsaved.text.count("\n") + 1
    body = (
        f"Changes to {unsaved.path or 'a new configuration'} were not saved when the app on"
        f" {unsaved.host} ended at {when} ({lines} lines). Restoring puts them into the editor; the"
        " file itself stays as it is until you save."
    )
    choices = (
        Choice("restore", "Restore", "r"),
        Choice("later", "Later", "l"),
        Choice("discard", "Discard", "d", destroys=True),
    )
    return Dialog("Unsaved changes were found", body, choices)


def unsaved_dialog(what: str) -> Dialog:
    """Return the question what is to become of changes that are not saved; `what` tells of them."""
    choices = (
        Choice("save", "Save", "s"),
        Choice("stay", "Stay", "c"),
        Choice("discard", "Discard the changes", "d", destroys=True),
    )
    return Dialog("Unsaved changes", what, choices)


def overwrite_dialog(path: Path, *, is_own: bool) -> Dialog:
    """Return the question whether to save over a file: `is_own` is the one that was read here."""
    body = (
        f"{path} was changed by somebody else after it was read here. Saving replaces what they"
        " wrote."
        if is_own
        else f"{path} exists already. Saving replaces what is in it."
    )
    choices = (
        Choice("stay", "Go back", "c"),
        Choice("overwrite", "Overwrite", "o", destroys=True),
    )
    return Dialog("Overwrite the file?", body, choices)
