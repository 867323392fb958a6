"""What the Results screen does with its tables and with single samples: order, columns, opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.ui import formats
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.ui.kept_choices import await_row, kept_row
from enchanted_tui.ui.row_choice import RowChoice
from enchanted_tui.ui.screens.front_showing import FrontShowing
from enchanted_tui.ui.screens.row_filtering import RowFiltering
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.column_chooser import ColumnChooser
from enchanted_tui.ui.widgets.dataset_table import FINISHED, DatasetTable, SummaryTable
from enchanted_tui.ui.widgets.table import VirtualTable
from enchanted_tui.views.notable_samples import NotableSample, notable_samples

if TYPE_CHECKING:
    from enchanted_tui.ui.open_run import Choices


class ResultsTables(FrontShowing, RowFiltering):
    """A screen that shows a dataset in tables and charts, one at a time."""

    _drawn: charts.ChartChoice  #: what is drawn, with columns that `results` has
    _shown: str  #: the name of the view

    def _go(self, name: str) -> None:
        """Show a view."""
        raise NotImplementedError

    @property
    def table(self) -> DatasetTable:
        return self.query_one("#table", DatasetTable)

    @property
    def _shown_table(self) -> DatasetTable | None:
        """The table of samples that is shown, if one is."""
        return {"table": self.table, "front": self.front}.get(self._shown)

    # -- order -------------------------------------------------------------------------------------

    def on_virtual_table_header_selected(self, event: VirtualTable.HeaderSelected) -> None:
        if event.table is self.table:
            self._sort_by(event.column)
        elif event.table is self.front:
            self.front.sort_by(event.column)

    def _sort_by(self, name: str) -> None:
        self.table.sort_by(name)
        self._show_choices()

    def _show_choices(self) -> None:
        """Say what is chosen for the view."""
        raise NotImplementedError

    def action_results_sort(self) -> None:
        self.app.perform(self._choose_sort())

    async def _choose_sort(self) -> None:
        names = self.table.names
        lines = ["when they finished", *names]
        current = names.index(self.table.sort[0]) + 1 if self.table.sort[0] in names else 0
        chosen = await self.app.ask(self, Chooser("Sort by", lines, current))
        if chosen is not None:
            self._go("table")
            self._sort_by(names[chosen - 1] if chosen else FINISHED)

    # -- columns -----------------------------------------------------------------------------------

    def action_results_columns(self) -> None:
        self.app.perform(self._choose_columns())

    async def _choose_columns(self) -> None:
        if self._shown_table is None:
            self._go("table")
        table = self._shown_table or self.table
        names = table.names_for_people(self.results)
        if not names:
            self.notify("There is no column yet.")
            return
        dialog = ColumnChooser(names, self.rows.hidden, self._hide_columns)
        chosen = await self.app.ask(self, dialog)
        if chosen is not None and names[chosen] in table.names:
            table.show_column(names[chosen])

    def _hide_columns(self, hidden: frozenset[str]) -> None:
        self.rows = replace(self.rows, hidden=hidden)
        self.show_columns()
        self._refresh_view()

    def show_columns(self) -> None:
        """Let tables leave out the columns that are hidden."""
        for table in (self.table, self.front):
            table.hidden = self.rows.hidden

    def choices(self) -> Choices:
        kept = {"sort": list(self.table.sort), "row": kept_row(self.table)}
        return {**super().choices(), **kept}

    def restore(self, choices: Mapping[str, Any]) -> None:
        super().restore(choices)
        self.show_columns()
        match choices.get("sort"):
            case [str(name), bool(descending)]:
                self.table.sort = (name, descending)
                self.table.set_sort(name, descending=descending)
        await_row(self.table, choices.get("row"))

    def choose_rows(self, rows: RowChoice) -> None:
        super().choose_rows(rows)
        self.show_columns()

    def columns_part(self) -> tuple[str, str, str]:
        """Return a part of the line above the table: how many columns are hidden."""
        names = self.table.names_for_people(self.results)
        hidden = sum(name in self.rows.hidden for name in names)
        words = f"  {hidden:,} of {len(names):,} columns hidden" if hidden else "  columns"
        return (words, "", "results_columns")

    # -- single samples ----------------------------------------------------------------------------

    def on_virtual_table_row_selected(self, event: VirtualTable.RowSelected) -> None:
        if event.table in (self.table, self.front) or isinstance(event.table, SummaryTable):
            self.action_results_open()

    def action_results_open(self) -> None:
        """Open the task of the row under the cursor or, where the best values are shown, of the
        best one; where columns are shown, let a person choose one of their samples.
        """
        table = self._shown_table
        if table is not None:
            if table.cursor is not None and table.cursor < len(self.whole):
                self._open(self.whole.tasks[table.cursor])
            else:
                self.notify("There is no sample here.")
        elif self._shown == "best":
            row = charts.best_row(self.results, self._drawn)
            if row is None:
                self.notify("No sample has a value yet.")
            else:
                self._open(self.results.tasks[row])
        else:
            self.app.perform(self._choose_sample())

    async def _choose_sample(self) -> None:
        found = self._samples_of_view()
        if not found:
            self.notify("There is no sample with a number here.")
            return
        tasks = [self.results.tasks[sample.row] for sample in found]
        lines = [
            f"{sample.why} {sample.column}  {formats.number(sample.value)}  {task.name}"
            for sample, task in zip(found, tasks, strict=True)
        ]
        chosen = await self.app.ask(self, Chooser("Open a sample", lines))
        if chosen is not None:
            self._open(tasks[chosen])

    def _samples_of_view(self) -> list[NotableSample]:
        results, shown = self.results, self._shown
        if shown == "summary":
            key = self.query_one(SummaryTable).cursor
            if key is None:
                return []
            among = {"ok": results.success, "failed": ~results.success}.get(key[1])
            return notable_samples(results, [key[0]], among)
        if shown == "coverage":
            return notable_samples(results, results.parameters, gaps=True)
        names = {"histogram": [self._drawn.x], "scatter": [self._drawn.x, self._drawn.y]}
        return notable_samples(results, names.get(shown, results.outputs))

    def _open(self, task: TaskId) -> None:
        from enchanted_tui.ui.screens.task import TaskScreen

        self.app.open_over(self, TaskScreen(task))
