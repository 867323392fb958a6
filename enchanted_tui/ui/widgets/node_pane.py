"""The pane of nodes: which core and GPU is held by what task, and what each task holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from enchanted_tui.durations import whole_duration
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.node_use import NodeUse, busy_cores, use_of_nodes
from enchanted_tui.resources import places
from enchanted_tui.ui.node_lines import Letters
from enchanted_tui.ui.widgets.node_map import NodeMap
from enchanted_tui.ui.widgets.pane import Pane, Target, target_named
from enchanted_tui.ui.widgets.table import Cell, Column, VirtualTable

if TYPE_CHECKING:
    from enchanted_tui.views.viewing import View

_MAP_PART = 0.6  #: of the pane's height that the map may take
_LEAST_LEGEND = 4  #: lines of the pane that are the legend's, its titles included


class NodePane(Pane):
    """A map over its legend: the tasks that run, in the order in which they stand on the map. What
    the task under the cursor holds stands out on the map.
    """

    DEFAULT_CSS = """
    NodePane > #map { height: 5; }
    NodePane > VirtualTable { height: 1fr; min-height: 3; }
    """
    ALLOW_MAXIMIZE = True  # both together
    TITLE = "Nodes"
    ABSENT = (
        "No runner of this campaign says what its samples need (resources), so nothing is known of"
        " who holds which cores."
    )
    EMPTY = "no task runs on these nodes"
    COLUMNS = (
        Column("letter", "", 1),
        Column("task", "TASK", 12, name=True),
        Column("cores", "CORES", 5, "right"),
        Column("gpus", "GPUS", 4, "right", priority=2),
        Column("where", "WHERE", 12, grow=1, priority=1),
        Column("for", "FOR", 10, "right", priority=3),
    )
    HELP = (
        "Nodes: a sign for each core and GPU, and below what each task holds; Tab goes from one to"
        " the other. What the task under the cursor holds stands out."
    )

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.letters = Letters()
        self.map = NodeMap(self.letters)
        self.map.id = "map"
        self.table.holds = True
        self.uses: list[NodeUse] = []
        self._tasks: list[str] = []
        self._workers: dict[str, Mapping[str, Any]] = {}

    def compose(self) -> ComposeResult:
        yield self.heading
        yield self.map
        yield self.table

    def show(self, view: View) -> None:
        nodes = self.uses = use_of_nodes(view.nodes, view.workers)
        told = {str(node["name"]): node for node in view.nodes}
        self._workers = {
            str(worker["task"]): worker for worker in view.running if worker.get("where")
        }
        self._tasks = _in_order(nodes, self._workers)
        self.letters.give(self._tasks)
        super().show(view)
        height = max(_LEAST_LEGEND, round(_MAP_PART * self.size.height))
        live = view.live or {}
        all_known = live.get("n_workers", 0) <= len(view.workers)
        self.map.show(nodes, told, all_known=all_known, height=height - 1)
        self.map.styles.height = min(height, self.map.row_count + 1)

    def on_resize(self) -> None:
        if self.view is not None:
            self.call_after_refresh(self.show, self.view)

    def is_wanted(self, view: View) -> bool:
        return bool(view.nodes) or self.view is not None  # nodes may go and come back

    def target(self) -> Target:
        """Return the task that Enter opens; nothing is said where the map only moves its cursor."""
        if not self.map.has_focus:
            return super().target()
        task = TaskId.named(self.chosen_on_map())
        return (task, ()) if task is not None else ""

    def target_of(self, key: str) -> Target:
        return target_named(key)

    def rows(self, view: View) -> Sequence[Any]:
        return self._tasks

    def title_of(self, view: View) -> str:
        if not self.uses:
            return "Nodes  none of which samples hold shares"
        gpus = sum(len(node.gpus) for node in self.uses)
        parts = [f"Nodes  {len(self.uses):,}", busy_cores(view.live)]
        if gpus:
            parts.append(f"{sum(node['busy_gpus'] for node in view.nodes):,}/{gpus:,} GPUs busy")
        return "  ".join(parts)

    def cells(self, key: str) -> Sequence[Cell]:
        assert self.view is not None
        worker = self._workers[key]
        held = places(worker["where"])
        since = worker["since"]
        return (
            (self.letters.of(key), self.letters.colour(key)),
            key,
            f"{sum(len(place.cpus) for place in held):,}",
            f"{sum(len(place.gpus) for place in held) or ''}",
            worker["where"],
            whole_duration(self.view.read_at - since) if since else "",
        )

    def clear(self) -> None:
        self.map.show((), {}, all_known=True, height=0)
        super().clear()
        self.uses, self._tasks, self._workers = [], [], {}

    # -- the map and its legend --------------------------------------------------------------------

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        if event.table is self.table:
            self.map.mark(event.key or "")
            if self.table.has_focus and event.key:
                self.map.reveal(event.key)

    def on_node_map_cell_selected(self, event: NodeMap.CellSelected) -> None:
        """Go to the legend of what was clicked; of several tasks, to the one after that which was
        chosen before.
        """
        event.stop()
        before = self.table.cursor
        place = event.tasks.index(before) + 1 if before in event.tasks else 0
        self.go_to(event.tasks[place % len(event.tasks)])

    def go_to(self, task: str) -> None:
        """Put the cursor of the legend on a task."""
        if task in self.table.rows:
            self.table.move_to(self.table.rows.index(task))

    def chosen_on_map(self) -> str:
        """Return the task to open from the map: the one that stands out. Where none does on the
        node under the cursor, go to its first one instead.
        """
        node = self.map.node
        tasks = node.tasks if node is not None else []
        if self.table.cursor in tasks:
            return str(self.table.cursor)
        if tasks:
            self.go_to(tasks[0])
            self.table.focus()
        return ""


def _in_order(nodes: Sequence[NodeUse], workers: Mapping[str, Any]) -> list[str]:
    """Return tasks in the order in which they stand on the map."""
    held = (
        task
        for node in nodes
        for holders in (*node.cpus.values(), *node.gpus.values())
        for task in holders
    )
    return [task for task in dict.fromkeys(held) if task in workers]
