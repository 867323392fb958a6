"""The live table of tasks: any number of them, filtered and sorted off the event loop."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.widgets import Input

from enchanted_tui.campaign_status import Liveness, TaskStatus
from enchanted_tui.durations import duration
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui import formats
from enchanted_tui.ui.background import in_thread, run_newest
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.kept_choices import kept_text
from enchanted_tui.ui.widgets.filter_line import FilterLine
from enchanted_tui.ui.widgets.pane import Pane, Target
from enchanted_tui.ui.widgets.table import Cell, Column
from enchanted_tui.views.task_index import ORDERS, STATUSES

if TYPE_CHECKING:
    from enchanted_tui.views.task_lines import TaskLine
    from enchanted_tui.views.viewing import View, Viewer

#: Words, signs and colours of a task's status.
LOOKS = {
    TaskStatus.OK: ("ok", "ok", "success"),
    TaskStatus.FAILED: ("failed", "FAILED", "error"),
    TaskStatus.RUNNING: ("running", "running", "accent"),
    TaskStatus.WAITING: ("waiting", "waiting", "dim"),
}
_SORT_COLUMNS = {"position": "task", "finished": "finished", "runtime": "runtime"}
_SLOW_INTERVAL = (
    5.0  #: seconds between two times at which the rows are chosen anew where that takes long
)
_MANY = 20_000


class TaskPane(Pane):
    """Tasks with a status and a text, in an order."""

    TITLE = "Tasks"
    EMPTY = "no tasks"
    COLUMNS = (
        Column("status", "STATUS", 9),
        Column("task", "TASK", 14, sortable=True, name=True),
        Column("runtime", "RUN TIME", 11, "right", sortable=True),
        Column("finished", "FINISHED", 11, "right", priority=1, sortable=True),
        Column("host", "HOST", 10, priority=3, name=True),
        Column("params", "PARAMETERS", 20, grow=2, facts=True),
        Column("outcome", "OUTPUTS OR REASON", 18, grow=3, priority=2, facts=True),
    )

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.viewer: Viewer | None = None
        self.status, self.order, self.text = "all", "finished", ""
        self._busy = self._again = False
        self._chosen_at = 0.0
        self._chosen_for: object = None
        self._filter_line = FilterLine(
            "words in the task's name or reason of failure", leave="monitor_clear"
        )

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._filter_line

    @property
    def filter(self) -> Input:
        """What is typed into to filter."""
        return self._filter_line.typed

    def on_mount(self) -> None:
        self._show_order()

    def target_of(self, key: TaskId) -> Target:
        return key, self.table.rows

    def path_to_copy(self) -> Path | None:
        key = self.table.cursor
        viewer = self.viewer
        if viewer is None or key is None:
            return None
        return Path(viewer.run_dir.tasks(viewer.spread).of(key.name))

    # -- what is chosen ----------------------------------------------------------------------------

    def follow(self, viewer: Viewer, view: View) -> None:
        """Show the tasks of a view that `viewer` has just given."""
        if viewer is not self.viewer:
            self.viewer, self._chosen_for = viewer, None
        self.view = view
        slow = (
            (self.order == "runtime" or self.text)
            and self.table.row_count > _MANY
            and view.liveness is Liveness.RUNNING
        )
        if not slow or time.monotonic() - self._chosen_at >= _SLOW_INTERVAL:
            self._choose_again()
        self._show_heading()

    def _choose_again(self) -> None:
        wanted = (
            self.view.revision if self.view is not None else 0,
            self.status,
            self.order,
            self.text,
        )
        if wanted == self._chosen_for:
            self.table.refresh_rows()
        elif self._busy:
            self._again = True
        else:
            self._busy, self._chosen_for, self._chosen_at = True, wanted, time.monotonic()
            run_newest(self, "choose", self._choose)

    async def _choose(self) -> None:
        viewer = self.viewer
        try:
            if viewer is not None:
                tasks = await in_thread(viewer.select, self.status, self.text, self.order)
                if viewer is self.viewer and self.view is not None:
                    self.table.set_empty(self._why_empty(self.view))
                    self.table.set_rows(tasks)
                    self._show_heading()
        finally:
            self._busy = False
            if self._again:
                self._again = False
                self._choose_again()

    def set(
        self, *, status: str | None = None, order: str | None = None, text: str | None = None
    ) -> None:
        """Choose other tasks, or another order."""
        self.status = self.status if status is None else status
        self.order = self.order if order is None else order
        self.text = self.text if text is None else text
        self._show_order()
        self._show_heading()
        self._choose_again()

    def next_status(self) -> None:
        """Go on to the next status."""
        self.set(status=STATUSES[(STATUSES.index(self.status) + 1) % len(STATUSES)])

    def next_order(self) -> None:
        """Go on to the next order."""
        self.set(order=ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)])

    def clear(self) -> None:
        super().clear()
        self.viewer = self._chosen_for = None

    def forget_choices(self) -> None:
        """Show all tasks of whichever run comes next: words and batches of another are not in
        it.
        """
        self.status, self.text = "all", ""
        self.filter.value = ""
        self._filter_line.display = False

    def choices(self) -> dict[str, str]:
        """Return which tasks are shown, and in which order."""
        return {"status": self.status, "order": self.order, "text": self.text}

    def restore(self, choices: Mapping[str, Any]) -> None:
        """Show the tasks that were shown when `choices` gave this."""
        self.status = kept_text(choices, "status", STATUSES) or self.status
        self.order = kept_text(choices, "order", ORDERS) or self.order
        self.text = kept_text(choices, "text")
        self.filter.value = self.text
        self._filter_line.display = bool(self.text)
        self._show_order()

    # -- the filter --------------------------------------------------------------------------------

    def open_filter(self) -> None:
        """Let a person type."""
        self._filter_line.display = True
        self.filter.focus()

    def close_filter(self) -> bool:
        """Show everything again; False if there was no filter."""
        had = bool(self.text) or self._filter_line.display
        self.filter.value = ""
        self._filter_line.display = False
        if had:
            self.table.focus()
            self.set(text="")
        return had

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.text:
            self.set(text=event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self.filter.value:
            self._filter_line.display = False
        self.table.focus()

    # -- what is shown -----------------------------------------------------------------------------

    def _show_order(self) -> None:
        self.table.set_sort(_SORT_COLUMNS[self.order], descending=self.order != "position")

    def _show_heading(self) -> None:
        parts = [(f"Tasks {self.table.row_count:,}  ", "", "")]
        for status in STATUSES:
            chosen = status == self.status
            parts.append(
                (
                    f"[{status}]" if chosen else f" {status} ",
                    "bold" if chosen else "dim",
                    f"show_status('{status}')",
                )
            )
        if self.text:
            parts.append(
                (f"  filter {self.text}", self.heading.colour("warning"), "monitor_filter")
            )
        self.heading.set(parts)

    def _why_empty(self, view: View) -> str:
        """Say why there are no tasks, where workers are busy and none of their tasks is listed."""
        busy = len(view.running)
        if self.status != TaskStatus.RUNNING or self.text or not busy:
            return self.EMPTY
        workers = "1 worker is" if busy == 1 else f"{busy:,} workers are"
        return f"{workers} busy, but tasks end faster than they are reported"

    def cells(self, key: TaskId) -> Sequence[Cell]:
        if self.viewer is None or self.view is None:
            return ()
        line = self.viewer.line(key)
        sign, word, colour = LOOKS.get(line.status, ("unknown", line.status, "warning"))
        runtime = line.runtime
        if line.status == TaskStatus.RUNNING and line.started is not None:
            runtime = float(max(0, round(self.view.read_at - line.started)))
        return (
            (f"{glyph(sign)} {word}", colour),
            line.name,
            duration(runtime) if runtime is not None else "",
            formats.moment(line.finished, self.view.read_at),
            line.host,
            (
                _reason(line)
                if line.status == TaskStatus.FAILED and "outcome" not in self.table.shown_columns
                else formats.values(line.params)
            ),
            _reason(line) if line.status == TaskStatus.FAILED else formats.values(line.outputs),
        )


def _reason(line: TaskLine) -> Cell:
    """Return why a task failed."""
    return (f"{line.kind}: {' '.join(line.message.split())}", "error")
