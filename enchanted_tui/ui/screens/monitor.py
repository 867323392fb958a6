"""Monitor: the open campaign as it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from enchanted_tui.campaign_status import Liveness, TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import GOING_ON, CampaignScreen
from enchanted_tui.ui.kept_choices import await_row, kept_row, kept_text
from enchanted_tui.ui.widgets.divider import Divider
from enchanted_tui.ui.widgets.learned_pane import LearnedPane
from enchanted_tui.ui.widgets.line import Buttons
from enchanted_tui.ui.widgets.node_pane import NodePane
from enchanted_tui.ui.widgets.overview import Overview
from enchanted_tui.ui.widgets.pane import BatchPane, FilePane, Pane, TasksNamed
from enchanted_tui.ui.widgets.table import VirtualTable
from enchanted_tui.ui.widgets.task_pane import TaskPane
from enchanted_tui.ui.widgets.worker_pane import WorkerPane

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices
    from enchanted_tui.views.viewing import View, Viewer

_INTERVAL = 1.0  #: seconds between two pictures
#: The panes by their ids, in the order of their names where one is shown at a time; each has an
#: action of its name.
_PANES = ("tasks", "batches", "workers", "nodes", "files", "learned")


class MonitorScreen(CampaignScreen):
    """What matters most is above; below it are the panes, one at a time where the terminal is
    narrow.
    """

    DEFAULT_CSS = """
    MonitorScreen #panes { height: 1fr; }
    MonitorScreen #tasks { width: 3fr; }
    MonitorScreen #side { width: 2fr; }
    MonitorScreen #batches { height: 2fr; }
    MonitorScreen #workers { height: 2fr; }
    MonitorScreen #nodes { height: 3fr; }
    MonitorScreen #files { height: 1fr; }
    MonitorScreen.-tall #files { height: 2fr; }
    MonitorScreen #learned { height: 3fr; }
    MonitorScreen.-tall #learned { height: 4fr; }
    MonitorScreen #panes Pane.-absent { display: none; }
    MonitorScreen #tabs { background: $surface; padding: 0 1; display: none; }
    MonitorScreen.-narrow #tabs { display: block; }
    MonitorScreen.-narrow #panes Pane { display: none; }
    MonitorScreen.-narrow #side, MonitorScreen.-narrow Divider { display: none; }
    MonitorScreen.-narrow #side.-current { display: block; }
    MonitorScreen.-narrow #panes Pane.-current { display: block; height: 1fr; }
    """
    KEPT = "monitor"
    HELP = (
        "The open campaign: how far, how fast, with what, and why nothing happens; below, tasks,"
        " batches, workers and files."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "monitor.open",
        *(f"monitor.{name}" for name in _PANES),
        "monitor.filter",
        "monitor.status",
        "monitor.sort",
        "monitor.last_failure",
        "monitor.progress",
        "monitor.measure",
        "monitor.copy",
        "monitor.clear",
        *GOING_ON,
    )

    def compose_body(self) -> ComposeResult:
        yield Overview(id="overview")
        yield Buttons(id="tabs")
        with Horizontal(id="panes"):
            yield TaskPane(id="tasks")
            yield Divider("monitor")
            with Vertical(id="side"):
                yield LearnedPane(id="learned")
                yield BatchPane(id="batches")
                yield WorkerPane(id="workers")
                yield NodePane(id="nodes")
                yield FilePane(id="files")

    def __init__(self) -> None:
        super().__init__()
        self._shown_at = 0.0
        self._as_before: object = None
        self._later: Timer | None = None
        self._marked_at = 0.0

    def on_mount(self) -> None:
        self._go("tasks")

    # -- the view ----------------------------------------------------------------------------------

    def show(self, view: View) -> None:
        """Show a view, at most once a second while all goes on as before: a line to a login node is
        narrow.
        """
        if self._calm(view):
            if self._later is None:
                self._later = self.set_timer(
                    max(0.05, self._shown_at + _INTERVAL - time.monotonic()), self._show_latest
                )
            return
        self._show_now(view)

    def _calm(self, view: View) -> bool:
        as_before = (view.root, view.phase, view.reading < 1)
        before, self._as_before = self._as_before, as_before
        return (
            as_before == before
            and view.reading == 1
            and time.monotonic() - self._shown_at < 0.9 * _INTERVAL
        )

    def _show_latest(self) -> None:
        if self.view is not None:
            self._show_now(self.view)

    def _show_now(self, view: View) -> None:
        if self._later is not None:
            # or each of two timers would set going another, and there would be two pictures a
            # second from then on
            self._later.stop()
            self._later = None
        self._shown_at = time.monotonic()
        self.query_one(Overview).show(view, roomy=self.size.height >= 36)
        self._say_that_jobs_are_watched(view)
        self._make_room(view)
        viewer = self.viewer
        for pane in self.query(Pane):
            if not pane.display or not pane.parent or not getattr(pane.parent, "display", True):
                # it keeps what it showed last, which is painted for a moment when it comes back
                continue
            if isinstance(pane, TaskPane):
                if viewer is not None:
                    pane.follow(viewer, view)
            else:
                pane.show(view)

    def _make_room(self, view: View) -> None:
        """Show and hide panes that not every campaign has."""
        for pane in self.query(Pane):
            if pane.is_wanted(view) == pane.has_class("-absent"):
                pane.toggle_class("-absent")
                self._mark("tasks" if self.pane.has_class("-absent") else self.pane.id)
                self._show_again()

    def _say_that_jobs_are_watched(self, view: View) -> None:
        """While the pane of jobs has the focus, have the scheduler asked more often, whoever runs
        the campaign.
        """
        from enchanted_tui.supervisor import control

        now = time.monotonic()
        if (
            self.viewer is None
            or self.app.read_only
            or not view.jobs
            or view.liveness is not Liveness.RUNNING
            or not self.app.app_focus
        ):
            return
        if (
            self.app.screen is self
            and isinstance(self.pane, WorkerPane)
            and now - self._marked_at >= control.RENEW
        ):
            self._marked_at = now
            self.app.perform(in_thread(control.mark_watched, self.viewer.run_dir.control))

    def show_nothing(self) -> None:
        self.query_one(Overview).clear()
        for pane in self.query(Pane):
            pane.clear()

    def forget_choices(self) -> None:
        self.tasks.forget_choices()
        for pane in self.query(Pane):
            pane.table.awaited.key = None

    def choices(self) -> Choices:
        rows = {str(pane.id): kept_row(pane.table) for pane in self.query(Pane)}
        return {"pane": self.pane.id, "rows": rows, "tasks": self.tasks.choices()}

    def restore(self, choices: Mapping[str, Any]) -> None:
        rows, tasks = choices.get("rows"), choices.get("tasks")
        kept = rows if isinstance(rows, Mapping) else {}
        for pane in self.query(Pane):
            await_row(pane.table, kept.get(str(pane.id)), tasks=pane is self.tasks)
        if isinstance(tasks, Mapping):
            self.tasks.restore(tasks)
        name = kept_text(choices, "pane", _PANES)
        if name and not self.query_one(f"#{name}", Pane).has_class("-absent"):
            self._go(name)

    def on_resize(self) -> None:
        self._show_again()

    def _show_again(self) -> None:
        if self.view is not None:
            self.call_after_refresh(self._show_latest)

    # -- panes -------------------------------------------------------------------------------------

    @property
    def pane(self) -> Pane:
        """The pane that has the focus, or had it last."""
        marked = self.query("Pane.-current")
        return marked.first(Pane) if marked else self.tasks

    def _go(self, name: str) -> None:
        pane = self.query_one(f"#{name}", Pane)
        if pane.has_class("-absent"):
            self.app.notify(pane.ABSENT, severity="warning")
            return
        self._mark(name)
        pane.table.focus()
        self._show_again()

    def _mark(self, name: str | None) -> None:
        for pane in self.query(Pane):
            pane.set_class(pane.id == name, "-current")
        self.query_one("#side").set_class(name != "tasks", "-current")
        parts = []
        keys = {
            active.binding.id: self.app.get_key_display(active.binding)
            for active in self.active_bindings.values()
        }
        for pane_id in _PANES:
            pane = self.query_one(f"#{pane_id}", Pane)
            if not pane.has_class("-absent"):
                label = f"{keys.get(f'monitor.{pane_id}', '')} {pane.TITLE}".strip()
                label = f"[{label}]" if pane_id == name else f" {label} "
                parts.append((label, "bold" if pane_id == name else "", f"monitor_{pane_id}"))
        self.query_one("#tabs", Buttons).set(parts)

    def on_descendant_focus(self) -> None:
        focused = self.focused
        pane = (
            next((item for item in focused.ancestors if isinstance(item, Pane)), None)
            if focused is not None
            else None
        )
        if pane is not None and pane.id is not None and not pane.has_class("-current"):
            self._mark(pane.id)

    def action_monitor_tasks(self) -> None:
        self._go("tasks")

    def action_monitor_batches(self) -> None:
        self._go("batches")

    def action_monitor_workers(self) -> None:
        self._go("workers")

    def action_monitor_files(self) -> None:
        self._go("files")

    def action_monitor_nodes(self) -> None:
        self._go("nodes")

    def action_monitor_learned(self) -> None:
        self._go("learned")

    # -- the table of tasks ------------------------------------------------------------------------

    @property
    def tasks(self) -> TaskPane:
        return self.query_one("#tasks", TaskPane)

    def action_monitor_filter(self) -> None:
        self._go("tasks")
        self.tasks.open_filter()

    def action_monitor_status(self) -> None:
        self._go("tasks")
        self.tasks.next_status()

    def action_show_status(self, status: str) -> None:
        self._go("tasks")
        self.tasks.set(status=status)

    def action_monitor_sort(self) -> None:
        self._go("tasks")
        self.tasks.next_order()

    def on_virtual_table_header_selected(self, event: VirtualTable.HeaderSelected) -> None:
        order = {"task": "position", "finished": "finished", "runtime": "runtime"}.get(event.column)
        if order is not None:
            self.tasks.set(order=order)

    def action_monitor_clear(self) -> None:
        if self.tasks.close_filter():
            return
        if self.tasks.status != "all":
            self.tasks.set(status="all")
        elif self.pane is not self.tasks:
            self._go("tasks")

    # -- opening -----------------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        self.action_monitor_open()

    def action_monitor_open(self) -> None:
        target = self.pane.target()
        if isinstance(target, TasksNamed):
            self._go("tasks")
            self.tasks.set(status="all", text=target.text)
        elif isinstance(target, Path):
            self._open_file(target)
        elif isinstance(target, str):
            if target:
                self.app.notify(target, severity="warning")
        else:
            self._open_task(*target)

    def _open_task(self, task: TaskId, among: Sequence[TaskId] = ()) -> None:
        from enchanted_tui.ui.screens.task import TaskScreen

        self.app.open_over(self, TaskScreen(task, among))

    def _open_file(self, path: Path) -> None:
        from enchanted_tui.ui.screens.file import FileScreen

        self.app.open_over(self, FileScreen(path))

    def action_monitor_progress(self) -> None:
        if self.viewer is not None:
            self._open_file(self.viewer.run_dir.pipeline_progress)

    def action_monitor_last_failure(self) -> None:
        if self.viewer is not None:
            self.app.perform(self._last_failure())

    async def _last_failure(self) -> None:
        assert self.viewer is not None
        failed = await self.read_of_run(
            self.viewer, self.viewer.select, TaskStatus.FAILED, "", "finished"
        )
        if len(failed):
            self._open_task(failed[0], failed)
        else:
            self.app.notify("No task has failed.")

    # -- what else ---------------------------------------------------------------------------------

    def action_monitor_measure(self) -> None:
        if self.viewer is not None:
            self.app.perform(self._measure(self.viewer))

    async def _measure(self, viewer: Viewer) -> None:
        from enchanted_tui.storage.room import measure

        root = viewer.run_dir.root
        self.app.notify(f"Counting the files below {root.name}.", markup=False)
        self.query_one(Overview).used = await self.read_of_run(viewer, measure, root)
        self._show_latest()

    def action_monitor_copy(self) -> None:
        if self.viewer is not None and self.view is not None:
            path = self.pane.path_to_copy() or self.viewer.run_dir.root
            self.app.copy(str(path), str(path))
