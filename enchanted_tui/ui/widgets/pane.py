"""A part of a screen with a heading and one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical

from enchanted_tui.durations import duration, rough_duration
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui import formats
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.ui.widgets.table import Cell, Column, VirtualTable

if TYPE_CHECKING:
    from enchanted_tui.views.campaign_fold import BatchSummary
    from enchanted_tui.views.viewing import View


class TasksNamed(NamedTuple):
    """The tasks whose names begin with a text, to be listed."""

    text: str


#: What Enter opens: a task, maybe among others, a file or a list of tasks; or a sentence that says
#: why nothing.
Target = tuple[TaskId, Sequence[TaskId]] | Path | TasksNamed | str


class Pane(Vertical):
    """A heading over a table; `view` is what it shows."""

    DEFAULT_CSS = """
    Pane { height: 1fr; width: 1fr; }
    Pane > Buttons { background: $surface; padding: 0 1; }
    Pane:focus-within > Buttons { background: $boost; text-style: bold; }
    """
    TITLE = ""  #: among the names of all panes, where one is shown at a time
    ABSENT = ""  #: a sentence that says why a campaign has no such pane
    COLUMNS: Sequence[Column] = ()
    EMPTY = ""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="-absent" if self.ABSENT else None)
        self.view: View | None = None
        self.heading = Buttons()
        # says that there is nothing once it has been looked at
        self.table = VirtualTable(self.COLUMNS, self.cells)

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table

    def is_wanted(self, view: View) -> bool:
        """Tell whether there is anything to show, now or later: False hides the pane."""
        return True

    def target(self) -> Target:
        """Return what Enter opens."""
        key = self.table.cursor
        if key is None or self.view is None:
            return "There is nothing under the cursor to open."
        return self.target_of(key)

    def target_of(self, key: Any) -> Target:
        """Return what Enter opens on a row."""
        raise NotImplementedError

    def path_to_copy(self) -> Path | None:
        """Return the path of what is under the cursor; None for that of the whole campaign."""
        return None

    def cells(self, key: Any) -> Sequence[Cell]:
        """Return the cells of a row."""
        raise NotImplementedError

    def show(self, view: View) -> None:
        """Show a view."""
        self.view = view
        keys = self.rows(view)
        self.heading.set([(f"{self.title_of(view)}", "", "")])
        self.table.set_empty(self.EMPTY)
        self.table.set_rows(keys)

    def rows(self, view: View) -> Sequence[Any]:
        """Return the keys of the rows."""
        raise NotImplementedError

    def title_of(self, view: View) -> str:
        raise NotImplementedError

    def clear(self) -> None:
        """Show nothing: no campaign is open."""
        self.table.set_rows(())  # before what they are of has gone
        self.table.set_empty("")
        self.heading.set([])
        self.view = None


def target_named(name: str) -> Target:
    """Return the task of this name, which is empty for something that runs none."""
    task = TaskId.named(name)
    return (task, ()) if task is not None else "It runs no task at present."


_ROOMY = 60  #: columns from which there is room for two units of a time and whole names


class BatchPane(Pane):
    """The batches, the newest first. A batch is called as in the names of its tasks: with its
    stage, which is part of which batch it is.
    """

    TITLE = "Batches"
    EMPTY = "no batch has been drawn yet"
    COLUMNS = (
        Column("batch", "BATCH", 6),
        Column("done", "DONE", 9, "right"),
        Column("failed", "FAILED", 6, "right"),
        Column("duration", "DURATION", 8, "right", priority=1),
        Column("oldest", "OLDEST TASK", 11, grow=1, priority=2),
    )
    _columns: Sequence[Column] = COLUMNS

    def show(self, view: View) -> None:
        self.view = view
        columns = self._columns_for(view)
        if columns != self._columns:
            self._columns = columns
            self.table.set_columns(columns)
        super().show(view)

    def _columns_for(self, view: View) -> tuple[Column, ...]:
        """Return the columns as wide as what they hold."""
        batch, done, failed, duration, oldest = self.COLUMNS
        names = max((len(batch_name(one)) for one in view.batches), default=0)
        counts = max((len(f"{one.count:,}") for one in view.batches), default=0)
        return (
            replace(batch, width=max(batch.width, names)),
            replace(done, width=max(5, 2 * counts + 1)),
            failed,
            replace(duration, width=11) if self._is_roomy else duration,
            replace(oldest, title="OLDEST RUNNING TASK", width=26) if self._is_roomy else oldest,
        )

    @property
    def _is_roomy(self) -> bool:
        return self.size.width >= _ROOMY

    def rows(self, view: View) -> Sequence[Any]:
        return range(len(view.batches) - 1, -1, -1)

    def title_of(self, view: View) -> str:
        complete = sum(batch.done == batch.count for batch in view.batches)
        return f"Batches  {complete:,} of {len(view.batches):,} complete"

    def target_of(self, key: int) -> Target:
        assert self.view is not None
        return TasksNamed(f"{batch_name(self.view.batches[key])}_")

    def cells(self, key: int) -> Sequence[Cell]:
        assert self.view is not None
        batch = self.view.batches[key]
        tell = duration if self._is_roomy else rough_duration
        complete = batch.done == batch.count
        oldest = "complete" if complete else ""
        if batch.oldest_running and batch.oldest_since is not None:
            task = (
                batch.oldest_running
                if self._is_roomy
                else batch.oldest_running.removeprefix(f"{batch_name(batch)}_")
            )
            oldest = f"{task}  {tell(max(0, round(self.view.read_at - batch.oldest_since)))}"
        return (
            batch_name(batch),
            (f"{batch.done:,}/{batch.count:,}", "success" if complete else ""),
            (f"{batch.failed:,}", "error" if batch.failed else "dim"),
            tell(batch.seconds),
            oldest,
        )


def batch_name(batch: BatchSummary) -> str:
    """Return the beginning of the names of a batch's tasks."""
    return f"d{batch.depth}_b{batch.batch}"


class FilePane(Pane):
    """The campaign's own files as they are on disk."""

    TITLE = "Files"
    EMPTY = "there are no files yet"
    COLUMNS = (
        Column("name", "FILE", 24, grow=1, name=True),
        Column("size", "SIZE", 8, "right"),
        Column("changed", "CHANGED", 11, "right", priority=1),
    )

    def rows(self, view: View) -> Sequence[Any]:
        return range(len(view.files))

    def target_of(self, key: int) -> Path:
        assert self.view is not None
        return self.view.root / self.view.files[key].name

    def path_to_copy(self) -> Path | None:
        key = self.table.cursor
        return self.target_of(key) if key is not None and self.view is not None else None

    def title_of(self, view: View) -> str:
        if not view.files:
            return "Files  none yet"
        return (
            f"Files  {len(view.files)} of the campaign's own,"
            f" {formats.size(sum(file.size for file in view.files))}"
        )

    def cells(self, key: int) -> Sequence[Cell]:
        assert self.view is not None
        file = self.view.files[key]
        return (file.name, formats.size(file.size), formats.moment(file.changed, self.view.read_at))
