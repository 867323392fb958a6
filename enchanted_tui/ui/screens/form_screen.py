"""A configuration as a form: what runs, over which parameters, what is read back, and where. It is
a view of the editor's text, in which every change is written at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import DescendantFocus
from textual.timer import Timer
from textual.widgets import Button, Static

from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.background import guarded, in_thread, run_newest
from enchanted_tui.ui.forming.applying import Applied, apply, lay_out
from enchanted_tui.ui.forming.beside import BesideForm
from enchanted_tui.ui.forming.field_line import FieldChanged, FieldLine, RowsField
from enchanted_tui.ui.forming.field_list import FieldList
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.widgets.divider import Divider
from enchanted_tui.ui.widgets.line import Line

if TYPE_CHECKING:
    from enchanted_tui.config.forms.campaign_form import CampaignForm, Values
    from enchanted_tui.config.forms.field_problems import FieldProblem
    from enchanted_tui.ui.editor.edited_file import EditedFile

_APPLY_AFTER = 0.3  #: seconds without a key before the text is written and checked
_TYPE = ".type"  #: ends the id of a field on which others depend


class FormScreen(Opened, AppScreen):
    """The form of the text that the editor has."""

    HELP = """\
What is filled in stands in the text of the configuration at once, which is shown beside the form
with what three samples would be given. What the form has no field for stays as it is written, with
all comments. Tab and the arrows go from field to field, Enter on a word in brackets lists what can
be chosen, left and right change it. Escape goes to the text, Ctrl+Z there takes changes back."""
    DEFAULT_CSS = """
    FormScreen #head { background: $surface; text-style: bold; padding: 0 1; }
    FormScreen #work { layout: vertical; height: 1fr; }
    FormScreen FieldList { height: 1fr; }
    FormScreen BesideForm { height: 8; border-top: solid $panel; }
    FormScreen #about { height: 2; padding: 0 1; background: $surface; color: $text-muted; }
    FormScreen.-wide #work { layout: horizontal; }
    FormScreen.-wide BesideForm { width: 41%; height: 1fr; border-top: none; }
    FormScreen #work > Divider { display: none; }
    FormScreen.-wide #work > Divider { display: block; border-left: solid $panel; }
    FormScreen.-tall BesideForm { height: 14; }
    FormScreen.-wide.-tall BesideForm { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            "form.launch",
            "form.save",
            "form.beside",
            "form.next_problem",
            "form.everything",
            "form.text",
        ),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, form: CampaignForm, file: EditedFile) -> None:
        super().__init__()
        self._form, self._file = form, file
        self._values: Values = form.values()
        self._fields = FieldList(id="fields")
        self._everything = False
        self._timer: Timer | None = None
        self._wanted = asyncio.Event()
        self._applied: Applied | None = None
        #: raised by every change, to know whether what has been worked out is of now
        self._version = self._applied_version = 0

    def compose_body(self) -> ComposeResult:
        yield Line(id="head")
        with Container(id="work"):
            yield self._fields
            yield Divider("form")
            yield BesideForm()
        yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        self._show_head()
        run_newest(self, "apply", self._keep_applying)
        run_newest(self, "layout", self._lay_out)

    # -- fields ------------------------------------------------------------------------------------

    async def _lay_out(self) -> None:
        """Show the fields that there are for the types that are chosen; the focus stays."""
        values = dict(self._values)
        layout = await in_thread(lay_out, self._form, values, everything=self._everything)
        if not self.is_attached:
            return
        for name, value in layout.values.items():
            self._values.setdefault(name, value)
        before, line = self.focused, self._line_with_focus()
        with self.app.batch_update():
            await self._fields.lay_out(layout, self._values, everything=self._everything)
        if before is None or not before.is_attached:
            self._go_to(line.field.id if line is not None else None)
        self._wanted.set()

    def _line_with_focus(self) -> FieldLine | None:
        if self.focused is None:
            return None
        return next(
            (each for each in self.focused.ancestors_with_self if isinstance(each, FieldLine)),
            None,
        )

    @property
    def _lines(self) -> list[FieldLine]:
        return self._fields.lines

    def _line(self, name: str) -> FieldLine | None:
        return next((line for line in self._lines if line.field.id == name), None)

    def _go_to(self, name: str | None) -> None:
        """Give the focus to a field; without one, to the first that a person fills in."""
        lines = self._lines
        line = self._line(name) if name is not None else None
        if line is None and len(lines) > 1:
            line = lines[1]
        if line is not None:
            line.go_to(None)

    @on(DescendantFocus)
    def _tell_about(self) -> None:
        line = self._line_with_focus()
        if line is not None and self.focused is not None:
            title, doc = line.about(self.focused)
            text = Text(f"{title}: ", style="bold").append(doc, style="not bold")
            self.query_one("#about", Static).update(text, layout=False)

    @on(RowsField.RowWanted)
    async def _add_row(self, event: RowsField.RowWanted) -> None:
        event.stop()
        field = event.line.field
        row = await in_thread(self._form.new_row, field, dict(self._values))
        if event.line.is_attached:
            await event.line.add(row)

    # -- what is filled in -------------------------------------------------------------------------

    @on(FieldChanged)
    def _take(self, event: FieldChanged) -> None:
        event.stop()
        field = event.line.field
        if self._values.get(field.id) == event.line.value:
            return
        self._values[field.id] = event.line.value
        self._version += 1
        self._show_head()
        if field.id.endswith(_TYPE):
            run_newest(self, "layout", self._lay_out)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_APPLY_AFTER, self._wanted.set)

    async def _keep_applying(self) -> None:
        """Write and check whenever that is wanted, one after the other, so that slow plugins do not
        pile up threads.
        """
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await guarded(self, self._apply())  # what goes wrong once does not end it

    async def _apply(self) -> None:
        version, values = self._version, dict(self._values)
        path, home = self._file.buffer.path, self.app.home
        companions = tuple(self._file.buffer.companions)
        applied = await in_thread(apply, self._form, values, path, home, companions)
        if self.is_attached and version == self._version:
            self._take_in(applied, version)

    def _take_in(self, applied: Applied, version: int) -> None:
        self._applied, self._applied_version = applied, version
        if applied.text is not None:
            self._file.put(applied.text)
        self.query_one(BesideForm).show(applied.text, applied.inputs, applied.why_no_inputs)
        said: dict[str, list[FieldProblem]] = {}
        shown = {line.field.id for line in self._lines}
        for problem in applied.problems:
            place = problem.field if problem.field in shown else ""
            said.setdefault(place, []).append(problem)
        for line in self._lines:
            if line.is_whole:  # the others are said after they have been laid out
                line.say(said.get(line.field.id, ()))
        self._fields.say_others(said.get("", ()))
        self._show_head()

    def _show_head(self) -> None:
        """Say what is edited and what is still missing."""
        applied = self._applied
        if applied is None or self._applied_version != self._version:
            state = "..."
        elif applied.errors:
            state = f"{applied.errors} to fill in or mend"
        else:
            state = "complete"
        modified = "  modified" if self._file.is_modified else ""
        text = Text("Form of ").append(self._file.shown_name).append(f"{modified}  {state}")
        self.query_one("#head", Line).show(text)

    async def _settled(self) -> Applied | None:
        """Return what follows from what is filled in now; None once the form has left."""
        while self.is_attached and not self.has_left:
            if self._applied is not None and self._applied_version == self._version:
                return self._applied
            self._wanted.set()
            await asyncio.sleep(0.02)
        return None

    # -- actions -----------------------------------------------------------------------------------

    def action_form_beside(self) -> None:
        self.query_one(BesideForm).next()

    def action_form_show(self, view: int) -> None:
        self.query_one(BesideForm).choose(view)

    def action_form_everything(self) -> None:
        self._everything = not self._everything
        run_newest(self, "layout", self._lay_out)

    def action_form_next_problem(self) -> None:
        self.app.perform(self._next_problem())

    async def _next_problem(self) -> None:
        applied = await self._settled()
        if applied is None:
            return
        wrong = {problem.field: problem.row for problem in reversed(applied.problems)}
        lines = self._lines
        here = self._line_with_focus()
        start = lines.index(here) + 1 if here in lines else 0
        for line in (*lines[start:], *lines[:start]):
            if line.field.id in wrong:
                line.go_to(wrong[line.field.id])
                return
        said = "There is nothing left to fill in." if not applied.problems else "See the foot."
        self.notify(said, timeout=3)

    def action_form_save(self) -> None:
        self.app.perform(self._save())

    async def _save(self) -> None:
        if await self._settled() is not None:
            await self._file.save(self)
            self._show_head()
            self._wanted.set()  # files that its template brings along are there now

    def action_form_launch(self) -> None:
        self.app.perform(self._launch())

    async def _launch(self) -> None:
        applied = await self._settled()
        if applied is None:
            return
        if applied.errors:
            self.notify(
                f"There is still something to fill in or mend ({applied.errors}).",
                severity="warning",
                timeout=4,
            )
            await self._next_problem()
        else:
            await self._file.launch(self)

    def action_form_text(self) -> None:
        self.app.perform(self.make_room())

    async def make_room(self) -> None:
        """Go to the text once all that was filled in stands in it."""
        if await self._settled() is not None:
            self.dismiss()

    @on(Button.Pressed, "#launch, #more, #text")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        acts = {
            "launch": self.action_form_launch,
            "more": self.action_form_everything,
            "text": self.action_form_text,
        }
        acts[str(event.button.id)]()
