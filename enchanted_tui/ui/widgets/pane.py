"""A part of a screen with a heading and one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical

from enchanted_tui.ui import formats
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.ui.widgets.table import Cell, Column, VirtualTable

if TYPE_CHECKING:
    from enchanted_tui.supervisor.campaign_fold import BatchSummary
    from enchanted_tui.supervisor.viewing import View


class Pane(Vertical):
    """A heading over a table; `view` is what it shows."""

    DEFAULT_CSS = """
    Pane { height: 1fr; width: 1fr; }
    Pane > Buttons { background: $surface; padding: 0 1; }
    Pane:focus-within > Buttons { background: $boost; text-style: bold; }
    """
    COLUMNS: Sequence[Column] = ()
    EMPTY = ""
    key = ""  #: that shows this pane

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.view: View | None = None
        self.heading = Buttons()
        self.table = VirtualTable(self.COLUMNS, self.cells, empty=self.EMPTY)

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.table

    def cells(self, key: Any) -> Sequence[Cell]:
        """Give the cells of a row."""
        raise NotImplementedError

    def show(self, view: View) -> None:
        """Show a view."""
        self.view = view
        keys = self.rows(view)
        self.heading.set([(f"{self.title_of(view)}", "", "")])
        self.table.set_rows(keys)

    def rows(self, view: View) -> Sequence[Any]:
        """Give the keys of the rows."""
        raise NotImplementedError

    def title_of(self, view: View) -> str:
        raise NotImplementedError

    def clear(self) -> None:
        """Show nothing: no campaign is open."""
        self.view = None
        self.heading.set([])
        self.table.set_rows(())


class BatchPane(Pane):
    """The batches, the newest first."""

    key = "b"
    EMPTY = "no batch has been drawn yet"
    COLUMNS = (
        Column("stage", "STAGE", 5, "right", priority=3),
        Column("batch", "BATCH", 5, "right"),
        Column("done", "DONE", 13, "right"),
        Column("failed", "FAILED", 6, "right"),
        Column("duration", "DURATION", 12, "right", priority=1),
        Column("oldest", "OLDEST RUNNING", 14, grow=1, priority=2),
    )

    def rows(self, view: View) -> Sequence[Any]:
        return range(len(view.batches) - 1, -1, -1)

    def title_of(self, view: View) -> str:
        complete = sum(batch.done == batch.count for batch in view.batches)
        return f"Batches  {complete:,} of {len(view.batches):,} complete"

    def batch_of(self, key: int | None) -> BatchSummary | None:
        """Give the batch of a row."""
        return self.view.batches[key] if self.view is not None and key is not None else None

    def cells(self, key: int) -> Sequence[Cell]:
        assert self.view is not None
        batch = self.view.batches[key]
        oldest = ""
        if batch.oldest_running and batch.oldest_since is not None:
            oldest = f"{batch.oldest_running}  {formats.span(self.view.read_at - batch.oldest_since)}"
        complete = batch.done == batch.count
        return (
            str(batch.depth + 1),
            str(batch.batch),
            (f"{batch.done:,}/{batch.count:,}", "success" if complete else ""),
            (f"{batch.failed:,}", "error" if batch.failed else "dim"),
            formats.span(batch.seconds),
            oldest or ("complete" if complete else ""),
        )


class FilePane(Pane):
    """The campaign's own files as they are on disk."""

    key = "f"
    EMPTY = "there are no files yet"
    COLUMNS = (
        Column("name", "FILE", 24, grow=1),
        Column("size", "SIZE", 8, "right"),
        Column("changed", "CHANGED", 16, "right", priority=1),
    )

    def rows(self, view: View) -> Sequence[Any]:
        return range(len(view.files))

    def title_of(self, view: View) -> str:
        return f"Files  {len(view.files)}, {formats.size(sum(file.size for file in view.files))}"

    def cells(self, key: int) -> Sequence[Cell]:
        assert self.view is not None
        file = self.view.files[key]
        return (file.name, formats.size(file.size), formats.clock(file.changed, self.view.read_at))
