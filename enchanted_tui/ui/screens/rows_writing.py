"""Write the rows that the Results screen shows to a file, with the columns that it shows."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.screens.chart_writing import ChartWriting
from enchanted_tui.ui.screens.results_table import ResultsTables
from enchanted_tui.ui.widgets.ask_line import AskLine

_ROWS = "rows"  #: the purpose of the question
_HINT = "csv, parquet, h5 or nc"


class RowsWriting(ResultsTables, ChartWriting):
    """In its tables, what is written are rows; elsewhere the chart."""

    @property
    def condition(self) -> str:
        return "" if self.results is self.whole else self.rows.condition

    def action_results_export(self) -> None:
        if self._shown_table is None:
            super().action_results_export()
        elif self.app.root is None or not len(self.results):
            self.notify("There are no rows to write.")
        else:
            proposed = self.app.home / f"{self.app.root.name}_rows.csv"
            question = f"Write {self.count_words} to"
            self.query_one(AskLine).ask(_ROWS, question, str(proposed), _HINT)

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        if message.purpose != _ROWS:
            return
        line = self.query_one(AskLine)
        written = message.value.strip()
        if not written:
            line.say("type the name of a file")
            return
        line.action_close()
        self.app.perform(self._write_rows(self.app.home / Path(written).expanduser()))

    async def _write_rows(self, path: Path) -> None:
        from enchanted_tui.export.export_command import BY_SUFFIX
        from enchanted_tui.export.writing import Export, export, with_schemas
        from enchanted_tui.ui.widgets.replacing import may_write

        root, table = self.app.root, self._shown_table
        if root is None or table is None:
            return  # another run or view has been opened since it was asked for
        aim = ",".join(f"{name}={way}" for name, way in self.front.aim.objectives.items())
        wanted = Export(
            BY_SUFFIX.get(path.suffix.lower(), "csv"),
            out=path,
            columns=tuple(table.names) if self.rows.hidden else (),
            where=self.condition or None,
            front=aim if table is self.front else None,
        )
        if not await may_write(self, with_schemas(wanted.to, [path])):
            return
        await in_thread(export, root, wanted)
        self.notify(f"Wrote {path}", markup=False)
