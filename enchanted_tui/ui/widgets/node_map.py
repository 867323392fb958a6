"""A map of nodes: a line for each, with a sign for each core and GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.events import Click, Resize
from textual.message import Message

from enchanted_tui.record.node_use import NodeUse
from enchanted_tui.ui.node_lines import Layout, Letters, NodeLine, layout, painted, share_bar
from enchanted_tui.ui.widgets.table import Cell, VirtualTable

_BESIDE = 2  #: columns of a table that hold no text: before the first one, and for the scroll bar


class NodeMap(VirtualTable):
    """Shows nodes; lays them out anew when its size changes."""

    HELP = (
        "A letter for each core and GPU: the task that holds it; a number: so many share it; a dot:"
        " free. Click on a letter, or press Enter on a node, to go to its task below."
    )

    class CellSelected(Message):
        """A core or GPU was clicked that these tasks hold."""

        def __init__(self, tasks: list[str]) -> None:
            super().__init__()
            self.tasks = tasks

    def __init__(self, letters: Letters) -> None:
        super().__init__((), self._cells_of, holds=True)
        self.letters = letters
        self.layout_shown: Layout | None = None
        self.uses: Sequence[NodeUse] = ()
        self._told: dict[str, Mapping[str, Any]] = {}
        self._all_known = True
        self._height = 0
        self._marked = ""
        self._by_key: dict[tuple[str, tuple[int, ...]], NodeLine] = {}

    def show(
        self,
        nodes: Sequence[NodeUse],
        told: Mapping[str, Mapping[str, Any]],
        *,
        all_known: bool,
        height: int,
    ) -> None:
        """Show nodes; `told`: by name, what the supervisor says of each; `all_known`: it says of
        all tasks what they hold; `height`: lines that there may be.
        """
        self.uses, self._told = nodes, dict(told)
        self._all_known, self._height = all_known, height
        self._draw()

    def mark(self, task: str) -> None:
        """Have what a task holds stand out."""
        if task != self._marked:
            self._marked = task
            self.refresh_rows()

    def reveal(self, task: str) -> None:
        """Scroll to the first line in which a task holds something."""
        for row, key in enumerate(self.rows):
            line = self._line_of(key)
            if any(task in line.node.cpus[core] for core in line.cores):
                self.move_to(row)
                return

    @property
    def node(self) -> NodeUse | None:
        """The node under the cursor."""
        return None if self.cursor is None else self._line_of(self.cursor).node

    def _draw(self) -> None:
        room = (self.size.width - _BESIDE, self._height)
        if room[0] <= 0:
            return
        before, self.layout_shown = (
            self.layout_shown,
            layout(self.uses, room, all_known=self._all_known),
        )
        if before is None or before.columns != self.layout_shown.columns:
            self.set_columns(self.layout_shown.columns)
        self._by_key = {(line.node.name, line.cores[:1]): line for line in self.layout_shown.lines}
        self.set_rows(list(self._by_key))

    def on_resize(self, event: Resize) -> None:
        self._draw()

    def _line_of(self, key: Any) -> NodeLine:
        return self._by_key[key]

    def _cells_of(self, key: Any) -> Sequence[Cell]:
        line, drawn = self._line_of(key), self.layout_shown
        assert drawn is not None
        node, told = line.node, self._told.get(line.node.name, {})
        busy = int(told.get("busy_cpus", 0))
        if drawn.counts:
            cores: Cell = share_bar(busy, len(node.cpus), drawn.width)
        else:
            cores = painted(
                (node.cpus[core] for core in line.cores), self.letters, self._marked, group=True
            )
        if not line.first:
            return ("", cores)
        gpus: Cell = (
            f"{told.get('busy_gpus', 0)}/{len(node.gpus)}"
            if drawn.counts
            else painted(node.gpus.values(), self.letters, self._marked)
        )
        cells: list[Cell] = [node.name, cores]
        if any(column.key == "gpus" for column in drawn.columns):
            cells.append(gpus)
        return (*cells, f"{busy}/{len(node.cpus)}", f"{told.get('tasks', 0):,}")

    def on_click(self, event: Click) -> None:
        row = round(self.scroll_offset.y) + event.y - 1
        if event.chain > 1 or event.y == 0 or row >= len(self.rows) or self.layout_shown is None:
            return
        line, start = self._line_of(self.rows[row]), 1
        for _, column, width in self._shown:
            place = event.x - start
            if 0 <= place < width and column.key in ("cores", "gpus"):
                at = (
                    self.layout_shown.cores_at
                    if column.key == "cores"
                    else self.layout_shown.gpus_at
                )
                tasks = at(line, place)
                if tasks:
                    self.post_message(self.CellSelected(tasks))
                return
            start += width + 2
