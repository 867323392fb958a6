"""Runs: every run directory that is known, with how it stands."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input, Static

from enchanted_tui.campaign_status import Phase
from enchanted_tui.operations.removing import delete, what_a_campaign_created
from enchanted_tui.ui import remembered, run_lines
from enchanted_tui.ui.actions import bindings
from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.editing import new_config
from enchanted_tui.ui.marked_runs import MarkedRuns
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.ui.widgets.dialog import Choice, Dialog
from enchanted_tui.ui.widgets.filter_line import FilterLine
from enchanted_tui.ui.widgets.table import Cell, VirtualTable
from enchanted_tui.views.known_runs import RunEntry, runs_below


class RunsScreen(MarkedRuns):
    """The list of runs."""

    HELP = """\
Every run directory that is known: those opened or started lately, those below the working
directory, and those below the roots of the settings. Whether a campaign runs is read from its lock
and heartbeat: "unknown" is one held from another host that has not shown a sign of life yet.
Directories of the older program are marked and can be looked at; rebuilding takes one over.
Space marks runs: p, S, r, t, m and D act on all of them, C compares 2 to 4."""
    DEFAULT_CSS = """
    RunsScreen VirtualTable { height: 1fr; }
    RunsScreen #detail { height: 5; padding: 0 1; border-top: solid $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "runs.open",
        "campaign.resume",
        "campaign.extend",
        "runs.new",
        "campaign.edit",
        "runs.filter",
        "runs.mark",
        "runs.compare",
        "campaign.pause",
        "campaign.stop",
        "campaign.drain",
        "campaign.abort",
        "campaign.retry",
        "campaign.add_points",
        "campaign.rebuild",
        "campaign.share",
        "campaign.report",
        "runs.sort",
        "runs.add",
        "runs.copy",
        "runs.tag",
        "runs.note",
        "runs.remove",
        "runs.undo",
        "runs.delete",
        "runs.refresh",
        "runs.clear",
    )

    def __init__(self) -> None:
        super().__init__()
        self._filter = ""
        self._order, self._descending = "changed", True

    def compose_body(self) -> ComposeResult:
        yield VirtualTable(run_lines.COLUMNS, self._cells, empty="looking for runs ...", id="runs")
        yield Static(id="detail", markup=False)
        yield FilterLine("words in path, state or stages", leave="runs_clear")
        yield AskLine()

    def on_mount(self) -> None:
        self.table.set_sort(self._order, descending=self._descending)
        self.table.focus()
        self.app.known_runs.looked.subscribe(self, self._take, immediate=True)

    def on_screen_resume(self) -> None:
        self.app.known_runs.listed = True
        self.look()

    def on_screen_suspend(self) -> None:
        self.app.known_runs.listed = False

    @property
    def table(self) -> VirtualTable:
        return self.query_one("#runs", VirtualTable)

    @property
    def entry(self) -> RunEntry | None:
        """The run under the cursor."""
        return self.entries.get(self.table.cursor)

    @property
    def target(self) -> Path | None:
        return self.entry.root if self.entry is not None else None

    @property
    def target_phase(self) -> Phase:
        return self.entry.phase if self.entry is not None else Phase.UNKNOWN

    # -- looking -----------------------------------------------------------------------------------

    def look(self) -> None:
        """Look at all runs again soon."""
        self.app.known_runs.look()

    def _take(self, entries: dict[Path, RunEntry]) -> None:
        if self.is_mounted and self.app.known_runs.listed and not self.app.leaving:
            self.entries = entries
            self._marks.keep(entries)
            self._show()
            # once all are known rows move only because something has happened
            unread = any(entry.phase is Phase.UNREAD for entry in entries.values())
            is_whole = self.app.known_runs.searched and not unread
            self.table.holds = self.table.holds or is_whole

    # -- showing -----------------------------------------------------------------------------------

    def _show(self) -> None:
        words = self._filter.lower().split()
        key, _ = run_lines.ORDERS[self._order]
        shown = [
            entry
            for entry in self.entries.values()
            if all(word in run_lines.searchable(entry) for word in words)
        ]
        shown.sort(key=key, reverse=self._descending)
        self.table.set_rows([entry.root for entry in shown])
        self.table.refresh_rows()
        self.table.set_empty(self._nothing())
        self._show_detail()
        line = self.status_line
        count = (
            f"{len(shown)} of {len(self.entries)} runs"
            if words
            else f"{len(shown)} runs"
            if len(shown) != 1
            else "1 run"
        )
        line.title = f"{count}{f', filter: {self._filter}' if words else ''}{self._marks.words}"
        line.check()

    def _nothing(self) -> str:
        if self._filter:
            return "No run has these words; Escape clears the filter."
        return "No runs yet. n writes a new configuration, a names a directory to look in."

    def _cells(self, root: Path) -> list[Cell]:
        entry = self.entries.get(root)
        if entry is None:
            return [root.name]
        return run_lines.cells(entry, marked=root in self._marks.roots)

    def on_virtual_table_row_highlighted(self, event: VirtualTable.RowHighlighted) -> None:
        self._show_detail()

    def _show_detail(self) -> None:
        text = run_lines.detail(self.entry, self.size.width - 2)
        detail = self.query_one("#detail", Static)
        if detail.content != text:
            detail.update(text)

    # -- actions -----------------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        self.action_runs_open()

    def action_runs_open(self) -> None:
        if self.entry is not None:
            open_already = self.app.run_at(self.entry.root)
            if open_already is not None:
                self.app.show_run(open_already)
            else:
                self.app.open_run(self.entry.root)
                self.app.show_mode("monitor")

    def action_runs_filter(self) -> None:
        line = self.query_one(FilterLine)
        line.display = True
        line.typed.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "filter":
            self._filter = event.value
            self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "filter":
            self.query_one(FilterLine).display = bool(event.value)
            self.table.focus()

    def action_runs_mark(self) -> None:
        if self.target is not None:
            self._marks.change(self.target)
            self._show()

    def action_runs_compare(self) -> None:
        self._marks.compare(self.app, self)

    def action_runs_clear(self) -> None:
        line = self.query_one(FilterLine)
        if not line.typed.value:
            self._marks.roots.clear()
            self._show()
        line.typed.value = ""
        line.display = False
        self.table.focus()

    def on_virtual_table_header_selected(self, event: VirtualTable.HeaderSelected) -> None:
        same = event.column == self._order
        self._sort_by(
            event.column, not self._descending if same else run_lines.ORDERS[event.column][1]
        )

    def action_runs_sort(self) -> None:
        names = list(run_lines.ORDERS)
        name = names[(names.index(self._order) + 1) % len(names)]
        self._sort_by(name, run_lines.ORDERS[name][1])

    def _sort_by(self, order: str, descending: bool) -> None:
        self._order, self._descending = order, descending
        self.table.set_sort(order, descending=descending)
        self._show()

    def action_runs_new(self) -> None:
        new_config(self.app)

    def action_runs_add(self) -> None:
        self.query_one(AskLine).ask(
            "add", "Directory:", str(self.app.home) + "/", "a run directory, or one that holds some"
        )

    def on_ask_line_answered(self, event: AskLine.Answered) -> None:
        if event.purpose != "add":
            self.query_one(AskLine).action_close()
            self.app.perform(self.label(event.purpose, event.value))
            return
        path = self.app.home / Path(event.value.strip()).expanduser()
        if not path.is_dir():
            self.query_one(AskLine).say("there is no such directory")
            return
        self.query_one(AskLine).action_close()
        self.app.perform(self._add(path))

    def on_ask_line_closed(self) -> None:
        self.table.focus()

    async def _add(self, path: Path) -> None:
        found = await in_thread(lambda: list(runs_below(path)))
        for run in reversed(found):
            remembered.update(seen=run)
        self.app.notify(
            (
                f"{len(found)} run directories in {path}"
                if found
                else f"No run directory in or below {path}."
            ),
            markup=False,
        )
        self.look()

    def action_runs_copy(self) -> None:
        if self.target is not None:
            self.app.copy(str(self.target), "the path")

    def action_runs_refresh(self) -> None:
        self.app.known_runs.look(search=True)

    # -- removing ----------------------------------------------------------------------------------

    def action_runs_delete(self) -> None:
        if self.entry is not None:
            self.app.perform(self._delete(self.entry))

    async def _delete(self, entry: RunEntry) -> None:
        listed = await in_thread(what_a_campaign_created, entry.root)
        answer = await self.app.ask(
            self,
            Dialog(
                f"Delete {entry.name} for good",
                "This deletes what the campaign created and leaves everything else:\n"
                + "\n".join(f"  {line}" for line in listed),
                [Choice("leave", "Leave it"), Choice("delete", "Delete for good", destroys=True)],
                expect=entry.name,
            ),
        )
        if answer == "delete":
            self.app.close_run(entry.root)
            count = await in_thread(delete, entry.root)
            remembered.update(forget=entry.root)
            self.app.notify(f"Deleted {count} files and directories of {entry.name}.", markup=False)
            self.look()
