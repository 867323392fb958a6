"""The fields of a form, one below the other. Those that another choice leaves as they are stay, so
that a choice costs what changes by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Label, Static

from enchanted_tui.config.forms.campaign_form import Values
from enchanted_tui.config.forms.field_problems import FieldProblem
from enchanted_tui.config.forms.form_fields import FormField
from enchanted_tui.ui.forming.applying import FormLayout
from enchanted_tui.ui.forming.field_line import FieldLine, line_for

_Key = FormField | str  #: what is shown: a field, or the title of a section


class SectionTitle(Label):
    """What the fields below it are about."""

    DEFAULT_CSS = """
    SectionTitle { width: 100%; text-style: bold; color: $primary; margin: 1 0 0 0; }
    SectionTitle.first { margin: 0; }
    """

    def __init__(self, title: str, *, is_first: bool) -> None:
        super().__init__(title, classes="first" if is_first else "", markup=False)
        self.title = title


class FieldList(VerticalScroll, can_focus=False):
    """Shows the fields of a layout, what is wrong with none of them, what is kept, and buttons."""

    DEFAULT_CSS = """
    FieldList { padding: 0 1; scrollbar-size-vertical: 1; }
    FieldList #lines { height: auto; }
    FieldList #others { height: auto; display: none; }
    FieldList #kept { color: $text-muted; height: auto; margin: 1 0 0 0; display: none; }
    FieldList #ends { height: auto; layout: horizontal; margin: 1 0 0 0; display: none; }
    FieldList #ends Button { margin: 0 1 0 0; }
    FieldList .there { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._place = Vertical(id="lines")
        self._said: dict[str, str] = {}  #: what stands at the end, by where

    def compose(self) -> ComposeResult:
        yield self._place
        yield Static(id="others", markup=False)
        yield Static(id="kept", markup=False)
        with Container(id="ends"):
            yield Button("Launch…", id="launch", compact=True)
            yield Button("All options", id="more", compact=True)
            yield Button("Edit the text", id="text", compact=True)

    def _shown(self) -> Iterator[SectionTitle | FieldLine]:
        for child in self._place.children:
            if isinstance(child, SectionTitle | FieldLine) and child.is_attached:
                yield child

    @property
    def lines(self) -> list[FieldLine]:
        """All fields, in order."""
        return [each for each in self._shown() if isinstance(each, FieldLine)]

    async def lay_out(self, layout: FormLayout, values: Values, *, everything: bool) -> None:
        """Show the fields of a layout. Those that are there already stay, with what is typed into
        them; the others come with what `values` say.
        """
        keys: list[_Key] = []
        for section in layout.sections:
            keys += [section.title, *section.fields]
        there = {_key(each): each for each in self._shown()}
        if [key for key in there if key in keys] != [key for key in keys if key in there]:
            there = {}  # in another order
        stays = set(there).intersection(keys)
        await self._place.remove_children(
            [each for each in self._shown() if _key(each) not in stays]
        )
        await self._mount(keys, {key: there[key] for key in stays}, values)
        self.query_one("#more", Button).label = "Fewer options" if everything else "All options"
        self.query_one("#ends").add_class("there")
        self._say("#kept", f"Kept as written: {', '.join(layout.kept)}" if layout.kept else "")

    async def _mount(
        self, keys: Sequence[_Key], there: dict[_Key, SectionTitle | FieldLine], values: Values
    ) -> None:
        """Put what is not there where it belongs."""
        new: list[Widget] = []
        for key in keys:
            if key in there and new:
                await self._place.mount_all(new, before=there[key])
                new = []
            elif key not in there:
                new.append(
                    SectionTitle(key, is_first=key == keys[0])
                    if isinstance(key, str)
                    else line_for(key, values[key.id])
                )
        if new:
            await self._place.mount_all(new)

    def say_others(self, problems: Sequence[FieldProblem]) -> None:
        """Say what is wrong with no field that is shown."""
        said = "\n".join(
            f"{problem.field + ': ' if problem.field else ''}{problem.sentence}"
            for problem in problems
        )
        self._say("#others", said)

    def _say(self, place: str, said: str) -> None:
        """Say something at the end, if it is not said already: every update has all fields laid
        out anew.
        """
        if said != self._said.get(place, ""):
            self._said[place] = said
            self.query_one(place, Static).update(said)
            self.query_one(place).set_class(bool(said), "there")


def _key(shown: SectionTitle | FieldLine) -> _Key:
    return shown.title if isinstance(shown, SectionTitle) else shown.field
