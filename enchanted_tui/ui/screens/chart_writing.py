"""What the Results screen does of its charts beyond showing them: figures, and plots with a
cursor.
"""

from __future__ import annotations

from dataclasses import replace

from enchanted_tui.plotting.figure_files import PlotData
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.ui.charts.choice_line import CHARTS
from enchanted_tui.ui.screens.figure_writing import FigureWriting
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.front import FrontAim


class ChartWriting(FigureWriting):
    """A screen that shows charts of a dataset, one at a time."""

    results: Results
    choice: charts.ChartChoice  #: what a person has chosen, and ...
    #: ... the same with columns that `results` has
    _drawn: charts.ChartChoice
    _shown: str  #: the name of the view

    @property
    def condition(self) -> str:
        """Which of the dataset's rows are shown; empty for all."""
        return ""

    @property
    def aim(self) -> FrontAim:
        """By what samples are compared."""
        return FrontAim()

    def _go(self, name: str) -> None:
        """Show a view."""
        raise NotImplementedError

    def action_results_export(self) -> None:
        if self.app.root is None or not self._drawn.x:
            self.notify("There is nothing to write yet.")
            return
        if self._shown not in CHARTS:
            self._go("scatter")
        units = self.viewer.units if self.viewer is not None else {}
        wanted = charts.wanted_of(self._drawn, self._shown).settled(self.results)
        self.write_figure(PlotData(self.results, None, units, self.condition), wanted)

    def action_results_plots(self) -> None:
        """Show the plots with a cursor, of the columns that are drawn here."""
        from enchanted_tui.ui.screens.plots import PlotsScreen

        wanted = replace(charts.wanted_of(self.choice, "scatter"), objectives=self.aim)
        self.app.open_over(self, PlotsScreen(wanted, self.condition))
