"""What a person wants to see of the results, and the chart that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from enchanted_tui.plotting.plot_wanted import (
    BY_FRONT,
    BY_NOTHING,
    BY_SUCCESS,
    PlotWanted,
    colourings,
)
from enchanted_tui.ui.charts import drawing
from enchanted_tui.ui.charts.picture import Picture
from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.views.dataset_statistics import Floats, Results, running_best

__all__ = ["BY_FRONT", "BY_NOTHING", "BY_SUCCESS", "ChartChoice", "colourings"]


@dataclass
class ChartChoice:
    """The columns on the axes, what the points are marked by, and the rest; kept while the campaign
    goes on.

    What a person has chosen may be no column of the dataset (any more): charts are drawn from a
    choice that has been `settled`.
    """

    x: str = ""
    y: str = ""
    colour: str = BY_SUCCESS
    log_x: bool = False
    log_y: bool = False
    largest: bool = False

    def settled(self, results: Results) -> ChartChoice:
        """Return the choice with its first parameter and its first output for columns that the
        dataset does not have.
        """
        names = results.numeric
        x = self.x if self.x in names else next(iter(names), "")
        others = (*results.outputs, *(name for name in names if name != x), *names)
        y = self.y if self.y in names else next(iter(others), "")
        return replace(
            self, x=x, y=y, colour=self.colour if self.colour in colourings(results) else BY_SUCCESS
        )

    def next_log(self) -> None:
        """Go on to the next of: none, left, lower, both."""
        number = (self.log_y + 2 * self.log_x + 1) % 4
        self.log_y, self.log_x = bool(number & 1), bool(number & 2)


def marking(results: Results, colour: str) -> drawing.Marking | None:
    """Return how points are marked; None for all alike."""
    if colour == BY_SUCCESS:
        return drawing.by_success(results.success)
    if colour == BY_FRONT:
        return drawing.by_front(results.front, len(results))
    column = results.columns.get(colour)
    if column is None:
        return None
    if column.kind == "truth":
        classes = np.where(np.isnan(column.numbers), -1, column.numbers).astype(np.intp)
        return drawing.Marking(classes, ("False", "True"), ("error", "success"), ("f", "t"))
    return (
        drawing.by_value(column.numbers)
        if column.numeric
        else drawing.by_word(column.raw, column.words())
    )


def _best(results: Results, choice: ChartChoice) -> tuple[Floats, Floats]:
    numbers = results.columns[choice.y].numbers
    values = np.where(results.success & ((numbers > 0) | (not choice.log_y)), numbers, np.nan)
    return values, running_best(values, results.success, largest=choice.largest)


def best_row(results: Results, choice: ChartChoice) -> int | None:
    """Return the number of the row that has the best value so far; None if no row has one."""
    if choice.y not in results.columns:
        return None
    values, _ = _best(results, choice)
    if not np.isfinite(values).any():
        return None
    usable = np.where(np.isfinite(values), values, np.nan)
    return int(np.nanargmax(usable) if choice.largest else np.nanargmin(usable))


def picture(results: Results, choice: ChartChoice, view: str, width: int, height: int) -> Picture:
    """Draw a view ("histogram", "scatter" or "best") with characters."""
    size = (width, height)
    if not choice.x or not choice.y:
        return drawing.nothing(size, "There is no column of numbers yet.")
    x, y = results.columns[choice.x].numbers, results.columns[choice.y].numbers
    if view == "histogram":
        return drawing.histogram(size, x, results.success, choice.x, log=choice.log_x)
    if view == "best":
        values, best = _best(results, choice)
        return drawing.course(size, values, best, ("finished samples", choice.y), log=choice.log_y)
    marks = marking(results, choice.colour)
    return drawing.scatter(
        size, x, y, (choice.x, choice.y), log=(choice.log_x, choice.log_y), marking=marks
    )


def wanted_of(choice: ChartChoice, view: str) -> PlotWanted:
    """Return what a figure of the same view shows."""
    return PlotWanted(
        view,
        x=choice.x,
        y=choice.y,
        colour=choice.colour,
        log_x=choice.log_x,
        log_y=choice.log_y,
        largest=choice.largest,
    )


def legend(
    results: Results, choice: ChartChoice, view: str, size: tuple[int, int]
) -> list[tuple[str, str]]:
    """Return (text, colour) of what the signs mean in a view of this size."""
    if view == "best":
        return [("largest" if choice.largest else "smallest", "primary")]
    marks = (
        drawing.by_success(results.success)
        if view == "histogram"
        else marking(results, choice.colour)
    )
    if marks is None:
        return []
    if view == "histogram":
        return [
            ("# ok" if is_ascii() else "█ ok", "success"),
            ("x failed" if is_ascii() else "▒ failed", "error"),
        ]
    return marks.legend(drawing.grain_for(len(results) - hidden(results, choice, view), size))


def hidden(results: Results, choice: ChartChoice, view: str) -> int:
    """Count the rows that a view cannot show: no value, NaN, infinite, or not above 0 on a
    logarithmic axis.
    """
    names = {"histogram": ((choice.x, choice.log_x),), "best": ((choice.y, choice.log_y),)}.get(
        view, ((choice.x, choice.log_x), (choice.y, choice.log_y))
    )
    shown = results.success if view == "best" else np.ones(len(results), dtype=bool)
    for name, log in names:
        numbers = results.columns[name].numbers
        shown = shown & np.isfinite(numbers) & ((numbers > 0) | (not log))
    return len(results) - int(shown.sum())
