"""One task: its values, its files, what it wrote and why it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus
from textual.widgets import Static

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui import formats, task_texts
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import run_newest
from enchanted_tui.ui.campaign_screen import GOING_ON, CampaignScreen
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.kept_choices import await_row, kept_row, kept_text
from enchanted_tui.ui.screens.file import is_binary
from enchanted_tui.ui.screens.kept_over import KeptOver
from enchanted_tui.ui.task_texts import Value
from enchanted_tui.ui.traceback_opening import open_place_in
from enchanted_tui.ui.widgets.divider import Divider
from enchanted_tui.ui.widgets.line import Buttons, Line
from enchanted_tui.ui.widgets.table import Cell, Column, VirtualTable
from enchanted_tui.ui.widgets.task_text import TaskText

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices, OpenRun
    from enchanted_tui.views.task_files import TaskFiles
    from enchanted_tui.views.task_lines import TaskLine
    from enchanted_tui.views.viewing import View, Viewer

_PARTS = ("values", "files", "text")
_RECORD = (  #: stands in the list of files for the reason and traceback of a failure
    "what is on record"
)


class TaskScreen(KeptOver, CampaignScreen):
    """A task of the open campaign; `among` is the list from which it was opened, to go on to the
    next from here.
    """

    DEFAULT_CSS = """
    TaskScreen #heading, TaskScreen #facts, TaskScreen #held, TaskScreen #note { padding: 0 1; }
    TaskScreen #held { display: none; }
    TaskScreen #held.-shown { display: block; }
    TaskScreen #note { color: $text-warning; display: none; height: auto; max-height: 3; }
    TaskScreen #note.-shown { display: block; }
    TaskScreen #tabs { background: $surface; padding: 0 1; }
    TaskScreen #parts { height: 1fr; }
    TaskScreen #values { width: 2fr; }
    TaskScreen #right { width: 3fr; }
    TaskScreen #files { height: 1fr; min-height: 5; }
    TaskScreen #text { height: 2fr; }
    TaskScreen.-narrow Divider { display: none; }
    TaskScreen.-narrow #values, TaskScreen.-narrow #files, TaskScreen.-narrow #text,
    TaskScreen.-narrow #right {
        display: none;
    }
    TaskScreen.-narrow.-values #values, TaskScreen.-narrow.-files #files,
    TaskScreen.-narrow.-text #text {
        display: block; width: 1fr;
    }
    TaskScreen.-narrow.-files #right, TaskScreen.-narrow.-text #right {
        display: block; width: 1fr;
    }
    TaskScreen.-narrow #text { border-top: none; }
    """
    HELP = (
        "One task: parameters, outputs and record; the files of its run directory; the traceback,"
        " or the file that was opened."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "task.open",
        "task.values",
        "task.files",
        "task.text",
        "task.previous",
        "task.next",
        "task.reload",
        "task.copy",
        "task.back",
        *GOING_ON,
    )

    KIND = "task"

    def __init__(
        self, task: TaskId, among: Sequence[TaskId] = (), kept: Mapping[str, Any] | None = None
    ) -> None:
        """`kept` is what `choices` gave when it was shown before."""
        super().__init__()
        self._kept = kept or {}  #: what has not been shown yet of it
        self.shown_task, self._among = task, among
        self._line: TaskLine | None = None
        self._values: list[Value] = []
        self._files: TaskFiles | None = None
        self._names: list[str] = []
        self._recorded = ""
        self._shown: str | None = None  #: the file or text that is open
        self._part = ""

    def compose_body(self) -> ComposeResult:
        yield Line(id="heading")
        yield Line(id="facts")
        yield Line(id="held")
        yield Static(id="note", markup=False)
        yield Buttons(id="tabs")
        with Horizontal(id="parts"):
            columns = (
                Column("kind", "", 9, priority=1),
                Column("name", "NAME", 16, name=True),
                Column("value", "VALUE", 12, grow=1),
            )
            yield VirtualTable(
                columns, self._value_cells, id="values", empty="nothing is known of its values"
            )
            yield Divider("task")
            with Vertical(id="right"):
                columns = (
                    Column("name", "FILE", 24, grow=1, name=True),
                    Column("size", "SIZE", 8, "right"),
                    Column("changed", "CHANGED", 16, "right"),
                )
                yield VirtualTable(columns, self._file_cells, id="files")
                yield TaskText(id="text")

    def on_mount(self) -> None:
        for name in ("values", "files"):
            await_row(self.query_one(f"#{name}", VirtualTable), self._kept.get(name))

    @property
    def viewer(self) -> Viewer | None:
        """The read model of the task's own run, which may have been closed."""
        return self.run_shown

    def choices(self) -> Choices:
        rows = {
            name: kept_row(self.query_one(f"#{name}", VirtualTable)) for name in ("values", "files")
        }
        part, shown = self._part or self._kept.get("part"), self._shown or self._kept.get("shown")
        return {"task": self.shown_task.name, "part": part, "shown": shown, **rows}

    def keep(self, run: OpenRun) -> None:
        super().keep(run)
        run.among[self.mode_below] = self._among

    def receive(self, view: View | None) -> None:
        if not self.is_stale:
            super().receive(view)

    def on_resize(self) -> None:
        if self.view is not None:
            self.show(self.view)

    # -- the task ----------------------------------------------------------------------------------

    def show(self, view: View) -> None:
        if self.viewer is None:
            return
        line = self.viewer.line(self.shown_task)
        before, self._line = self._line, line
        heading, facts = self.query_one("#heading", Line), self.query_one("#facts", Line)
        heading.show(task_texts.heading(line, heading.colour))
        facts.show(task_texts.facts(line, view, self.size.width - 2))
        held, words = self.query_one("#held", Line), task_texts.held(line)
        held.show(words)
        held.set_class(bool(words), "-shown")
        if before is None or before.task != line.task or before.status != line.status:
            self._take(line)

    def _take(self, line: TaskLine) -> None:
        """Show a task, or one that has gone on, anew."""
        assert self.viewer is not None
        record = self.viewer.record(self.shown_task)
        codes = self.view.codes if self.view is not None else ()
        self._values = task_texts.values_of(line, record, codes)
        self._recorded = task_texts.recorded_text(record)
        self._shown = None
        self.query_one("#values", VirtualTable).set_rows(range(len(self._values)))
        if part := kept_text(self._kept, "part", _PARTS):
            self._kept = {name: self._kept[name] for name in self._kept if name != "part"}
            self._go(part)
        elif not self._part or line.status == TaskStatus.FAILED:
            self._go("text" if line.status == TaskStatus.FAILED else "values")
        run_newest(self, "files", self._look_at_files, line)

    async def _look_at_files(self, line: TaskLine) -> None:
        from enchanted_tui.views.task_files import task_files

        assert self.viewer is not None
        viewer = self.viewer
        found = await self.read_of_run(
            viewer, task_files, viewer.run_dir, line, viewer.executor_of(line.task), viewer.spread
        )
        if self._line is None or self._line.task != line.task:
            return
        self._files = found
        self._names = ([_RECORD] if self._recorded else []) + [file.name for file in found.files]
        table = self.query_one("#files", VirtualTable)
        table.set_empty("no files")
        table.set_rows(range(len(self._names)))
        note = self.query_one("#note", Static)
        note.update(found.note)
        note.set_class(bool(found.note), "-shown")
        if self._shown is None:
            kept, self._kept = kept_text(self._kept, "shown", self._names), {}
            self._open(kept or (self._names[0] if self._names else None))

    # -- cells -------------------------------------------------------------------------------------

    def _value_cells(self, key: int) -> Sequence[Cell]:
        kind, name, value = self._values[key]
        return ((kind, "dim"), name, task_texts.in_a_cell(name, value))

    def _file_cells(self, key: int) -> Sequence[Cell]:
        name = self._names[key]
        if self._files is None or name == _RECORD:
            return (_RECORD, "", "")
        file = self._files.files[key - (self._names[0] == _RECORD)]
        return (
            file.name,
            formats.size(file.size),
            formats.clock(file.changed, self.view.read_at if self.view else None),
        )

    # -- text --------------------------------------------------------------------------------------

    def _open(self, name: str | None) -> None:
        """Show a file of the task, or what is on record."""
        self._shown = name
        if name is None:
            self._text.say(
                self._files.note
                if self._files is not None and self._files.note
                else "There is nothing to read."
            )
        elif name == _RECORD:
            self._text.say(self._recorded)
        elif self._files is not None and self._files.packed:
            self._text.say("")
            run_newest(self, "file", self._bring, self._files, name)
        elif self._files is not None:
            self._show_file(self._files.directory / name, name)

    async def _bring(self, files: TaskFiles, name: str) -> None:
        """Show a file that is packed."""
        assert self.viewer is not None
        try:
            path = await self.read_of_run(self.viewer, files.readable, name)
        except OSError as error:
            self._text.say(f"{name} cannot be read: {error}")
            return
        if files is self._files and name == self._shown:
            self._show_file(path, name)

    def _show_file(self, path: Path, name: str) -> None:
        if is_binary(path):
            self._text.say(f"{path} is not text ({formats.size(self._size_of(name))}).")
        else:
            self._text.show_file(path)

    def _size_of(self, name: str) -> int:
        """Return the size that a file of the task had when it was listed, in bytes."""
        files = self._files.files if self._files is not None else ()
        return next((file.size for file in files if file.name == name), 0)

    @property
    def _text(self) -> TaskText:
        return self.query_one(TaskText)

    # -- parts -------------------------------------------------------------------------------------

    def _go(self, part: str) -> None:
        self._mark(part)
        self.call_after_refresh(self._focus_part, part)

    @on(DescendantFocus)
    def _follow_focus(self) -> None:
        """Act on the part that has been clicked, where all of them are seen."""
        around = self.focused.ancestors_with_self if self.focused is not None else []
        part = next((str(node.id) for node in around if node.id in _PARTS), "")
        if part and part != self._part and self._line is not None and self.has_class("-wide"):
            self._mark(part)

    def _mark(self, part: str) -> None:
        self._part = part
        for name in _PARTS:
            self.set_class(name == part, f"-{name}")
        tabs = [
            (
                f"[{name.title()}]" if name == part else f" {name.title()} ",
                "bold" if name == part else "",
                f"task_{name}",
            )
            for name in _PARTS
        ]
        self.query_one("#tabs", Buttons).set(tabs)

    def _focus_part(self, part: str) -> None:
        if part == "text":
            self._text.take_focus()
        else:
            self.query_one(f"#{part}", VirtualTable).focus()

    def action_task_values(self) -> None:
        self._go("values")

    def action_task_files(self) -> None:
        self._go("files")

    def action_task_text(self) -> None:
        self._go("text")

    # -- actions -----------------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        self._open_what_is_in(str(event.table.id))

    def on_task_text_chosen(self) -> None:
        self._open_what_is_in("text")

    def action_task_open(self) -> None:
        self._open_what_is_in(self._part)

    def _open_what_is_in(self, part: str) -> None:
        """Open what is under the cursor in a part; of a text, the source that it names."""
        if part == "files" and self._names:
            self._open(self._names[self.query_one("#files", VirtualTable).cursor])
            self._go("text")
        elif part == "values" and self._values:
            value = self._values[self.query_one("#values", VirtualTable).cursor]
            self._shown = value.name
            self._text.say(f"{value.name} =\n{task_texts.whole(value.value)}")
            self._go("text")
        elif part == "text":
            base = self._files.directory if self._files is not None else self.app.home
            self.app.perform(open_place_in(self.app, self, self._text_shown(), base))

    def _text_shown(self) -> str:
        """Return what can be read at the moment."""
        text = None if self._shown == _RECORD else self._text.file_text
        return self._recorded if text is None else text

    def action_task_reload(self) -> None:
        if self._line is not None:
            run_newest(self, "files", self._look_at_files, self._line)

    def action_task_next(self) -> None:
        self._step(1)

    def action_task_previous(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        try:
            place = self._among.index(self.shown_task) + by
        except ValueError:
            place = -1
        if not 0 <= place < len(self._among):
            self.app.notify("There is no other task in this direction.")
            return
        self.shown_task = self._among[place]
        self._files, self._names = None, []  # those of the task before
        self.query_one("#files", VirtualTable).set_rows(())
        if self.view is not None:
            self.show(self.view)

    def action_task_copy(self) -> None:
        text = str(self._path_or_value())
        self.app.copy(text, text if len(text) < 200 else f"{text[:100]}{glyph('ellipsis')}")

    def _path_or_value(self) -> Any:
        directory = self._files.directory if self._files is not None else Path(self.shown_task.name)
        if self._part == "values" and self._values:
            return self._values[self.query_one("#values", VirtualTable).cursor].value
        name = (
            self._names[self.query_one("#files", VirtualTable).cursor]
            if self._part == "files" and self._names
            else self._shown
        )
        if name == _RECORD:
            return self._recorded
        return (
            directory / name
            if name and self._files is not None and name in self._names
            else directory
        )

    def action_task_back(self) -> None:
        self.leave()
