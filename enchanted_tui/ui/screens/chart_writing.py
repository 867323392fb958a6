"""Write the chart that the Results screen shows to a file."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.ui.background import in_thread
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.ui.charts.choice_line import CHARTS
from enchanted_tui.ui.widgets.ask_line import AskLine
from enchanted_tui.views.dataset_statistics import Results


class ChartWriting(CampaignScreen):
    """A screen that shows charts of a dataset, one at a time."""

    results: Results
    #: what a person has chosen, with columns that `results` has
    _drawn: charts.ChartChoice
    _shown: str  #: the name of the view

    def _go(self, name: str) -> None:
        """Show a view."""
        raise NotImplementedError

    def action_results_export(self) -> None:
        if self.app.root is None or not self._drawn.x:
            self.notify("There is nothing to write yet.")
            return
        if self._shown not in CHARTS:
            self._go("scatter")
        proposed = self.app.home / f"{self.app.root.name}_{self._shown}.png"
        self.query_one(AskLine).ask("export", "Write to", str(proposed), "png, svg or pdf")

    def on_ask_line_answered(self, message: AskLine.Answered) -> None:
        if message.purpose != "export":
            return
        line = self.query_one(AskLine)
        if not message.value.strip():
            line.say("type the name of a file")
            return
        line.action_close()
        self.app.perform(self._export(self.app.home / Path(message.value.strip()).expanduser()))

    async def _export(self, path: Path) -> None:
        from enchanted_tui.ui.charts.chart_files import write_chart
        from enchanted_tui.ui.widgets.replacing import may_replace

        if not self._drawn.x:
            return  # another run has been opened since it was asked for
        draw = charts.file_drawing(self.results, self._drawn, self._shown)
        if await in_thread(path.exists) and not await may_replace(self, path):
            return
        await in_thread(write_chart, path, draw)
        self.notify(f"Wrote {path}", markup=False)
