"""What a person chooses for a plot: columns, colour, axes, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from enchanted_tui.plotting.figure_files import PlotData
from enchanted_tui.plotting.plot_wanted import GRAINS, PlotWanted, colourings, telling_columns
from enchanted_tui.ui.opening import OpenedOfRun
from enchanted_tui.ui.screens.figure_writing import FigureWriting
from enchanted_tui.ui.screens.front_showing import objective_names
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.column_chooser import ColumnChooser
from enchanted_tui.ui.widgets.cursor_plot import CursorPlot
from enchanted_tui.ui.widgets.objective_chooser import ObjectiveChooser
from enchanted_tui.views.dataset_statistics import Results

_TITLES = {
    "x": "Along the bottom",
    "y": "On the left",
    "value": "Mean of",
    "error": "Errors of the column on the left",
    "colour": "Colour by",
}
_OF_BINS = "none: mean and standard deviation of bins"


class PlotChoosing(OpenedOfRun, FigureWriting):
    """A screen that shows a plot."""

    wanted: PlotWanted  #: what the person has chosen
    results: Results
    first = 0  #: of the columns that are shown, where not all fit

    @property
    def drawn_wanted(self) -> PlotWanted:
        """What is chosen, with columns that the dataset has."""
        raise NotImplementedError

    @property
    def data(self) -> PlotData:
        """What is drawn."""
        raise NotImplementedError

    @property
    def plot(self) -> CursorPlot:
        """Where it is drawn."""
        raise NotImplementedError

    def _refresh_view(self) -> None:
        """Show what is chosen now."""
        raise NotImplementedError

    def _choose_to(self, **changes: Any) -> None:
        self.wanted = replace(self.wanted, **changes)
        self.plot.forget_cursor()
        self._refresh_view()

    # -- columns -----------------------------------------------------------------------------------

    def action_plots_axes(self) -> None:
        self.app.perform(self._choose_all())

    async def _choose_all(self) -> None:
        for what in ("x", "y", "value", "error", "columns", "objectives"):
            if what in self.wanted.how.goes_by and not await self._choose(what):
                return
        if self.wanted.how.of_tasks:
            self.notify("This plot is of tasks, not of columns.")

    def action_plots_colour(self) -> None:
        if "colour" not in self.wanted.how.goes_by:
            self.notify("Only points and lines are coloured by a column; show Scatter or Parallel.")
            return
        self.action_choose("colour")

    def action_choose(self, what: str) -> None:
        """Choose one of x, y, value, error, colour, columns and objectives."""
        self.app.perform(self._choose(what))

    async def _choose(self, what: str) -> bool:
        """Let a person choose, and show it; return whether they did."""
        if what == "columns":
            return await self._choose_columns()
        if what == "objectives":
            return await self._choose_objectives()
        names = colourings(self.results) if what == "colour" else self.results.numeric
        if not names:
            self.notify("There is no column of numbers yet.")
            return False
        lines = [_OF_BINS, *names] if what == "error" else names
        current = getattr(self.drawn_wanted, what)
        place = lines.index(current) if current in lines else 0
        chosen = await self.app.ask(self, Chooser(_TITLES[what], lines, place))
        if chosen is not None:
            found = "" if what == "error" and not chosen else lines[chosen]
            self._choose_to(**{what: found})
        return chosen is not None

    async def _choose_columns(self) -> bool:
        """Let a person take columns in and out, each seen at once, and go to one of them."""
        telling = telling_columns(self.results)
        names = [*telling, *(name for name in self.results.numeric if name not in telling)]
        if not names:
            self.notify("There is no column of numbers yet.")
            return False
        before = self.drawn_wanted.columns

        def take(hidden: frozenset[str]) -> None:
            self.first = 0
            self._choose_to(columns=tuple(name for name in names if name not in hidden))

        dialog = ColumnChooser(names, [name for name in names if name not in before], take)
        chosen = await self.app.ask(self, dialog)
        shown = self.drawn_wanted.columns
        if chosen is not None and names[chosen] in shown:
            self.first = max(0, min(shown.index(names[chosen]), len(shown) - 2))
            self._refresh_view()
        return chosen is not None or shown != before

    async def _choose_objectives(self) -> bool:
        """Let a person change by what samples are compared, each change seen at once."""
        names = objective_names(self.results)
        if not names:
            self.notify("There is no column of numbers yet.")
            return False

        def take(objectives: Mapping[str, str]) -> None:
            self._choose_to(objectives=replace(self.wanted.objectives, objectives=objectives))

        before = self.wanted.objectives
        await self.app.ask(self, ObjectiveChooser(names, before.objectives, take))
        return self.wanted.objectives != before

    def _step(self, axis: str, by: int) -> None:
        wanted = self.drawn_wanted
        if "columns" in wanted.how.goes_by and axis == "x":
            self.first = max(0, min(self.first + by, len(wanted.columns) - 2))
            self._refresh_view()
        elif axis in wanted.how.goes_by:
            names = self.results.numeric
            if names:
                place = names.index(getattr(wanted, axis)) + by
                self._choose_to(**{axis: names[place % len(names)]})

    def action_plots_next_x(self) -> None:
        self._step("x", 1)

    def action_plots_previous_x(self) -> None:
        self._step("x", -1)

    def action_plots_next_y(self) -> None:
        self._step("y", 1)

    def action_plots_previous_y(self) -> None:
        self._step("y", -1)

    # -- axes and grain ----------------------------------------------------------------------------

    def action_plots_log(self) -> None:
        wanted = self.wanted
        if "log_x" not in wanted.how.goes_by:
            self.notify("The axes of this plot are never logarithmic.")
            return
        number = (wanted.log_y + 2 * wanted.log_x + 1) % 4
        self._choose_to(log_x=bool(number & 2), log_y=bool(number & 1))

    def action_plots_grain(self) -> None:
        if self.wanted.kind != "scatter":
            self.notify("Only the points of Scatter are drawn finer or coarser.")
            return
        if self.app.no_color:
            self.notify(
                "Without colours, signs tell points apart; their size follows from the room."
            )
            return
        grain = GRAINS[(GRAINS.index(self.wanted.grain) + 1) % len(GRAINS)]
        self._choose_to(grain=grain)

    # -- writing and copying -----------------------------------------------------------------------

    def action_plots_write(self) -> None:
        self.write_figure(self.data, self.drawn_wanted)

    def action_plots_copy(self) -> None:
        self.app.copy(self.plot.text, "the plot as text")
