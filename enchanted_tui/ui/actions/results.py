"""Actions: results."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_DATASET = "less RUN_DIR/enchanted_dataset.csv"
_PLOTS = "plots are a matter of the screen; the dataset is RUN_DIR/enchanted_dataset.csv"
_SCREEN = "a matter of the screen"

register(
    Action(
        "results.table",
        "t",
        "Table",
        "Show the dataset as a table.",
        command_line=_DATASET,
        shown=False,
    ),
    Action(
        "results.histogram",
        "d",
        "Histogram",
        "Show how the values of a column are distributed.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "results.scatter",
        "s",
        "Scatter",
        "Show two columns against each other.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "results.best",
        "b",
        "Best",
        "Show the best value so far, sample by sample.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "results.coverage",
        "v",
        "Coverage",
        "Show how evenly the parameters are covered.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "results.summary",
        "u",
        "Summary",
        "Show count, median, mean and more of each column.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "results.surrogate",
        "f",
        "Surrogate",
        "Show how good a surrogate from these samples is, and whether more would help.",
        command_line="enchanted-tui --fit RUN_DIR",
        shown=False,
    ),
    Action(
        "results.sensitivity",
        "i",
        "Sensitivity",
        "Show which parameters matter.",
        command_line="enchanted-tui --sensitivity RUN_DIR",
        shown=False,
    ),
    Action(
        "results.compute",
        "n",
        "Compute",
        "Fit a surrogate to the samples there are now, or work out what matters.",
        command_line="enchanted-tui --fit RUN_DIR, --sensitivity RUN_DIR",
        shown=False,
    ),
    Action("results.axes", "a", "Axes…", "Choose the columns that are drawn.", reason=_SCREEN),
    Action(
        "results.colour",
        "c",
        "Colour…",
        "Choose what the points are coloured and marked by.",
        reason=_SCREEN,
    ),
    Action(
        "results.log",
        "L",
        "Log",
        "Make the axes logarithmic: the left one, the lower one, both, none.",
        reason=_SCREEN,
    ),
    Action(
        "results.goal",
        "m",
        "Min/max",
        "Take the smallest value for the best, or the largest.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "results.sort",
        "o",
        "Order…",
        "Choose the column by which the table is sorted.",
        reason=_SCREEN,
    ),
    Action(
        "results.open",
        "enter",
        "Open",
        "Open the task of the row under the cursor or, in Best, of the best sample.",
        reason="its directory is below RUN_DIR/data",
        shown=False,
    ),
    Action(
        "results.export",
        "w",
        "Write…",
        "Write the chart to a PNG, SVG or PDF file.",
        reason=_PLOTS,
        changes=True,
    ),
    Action(
        "results.copy",
        "y",
        "Copy",
        "Copy the chart as text, or the row under the cursor.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "results.back",
        "escape",
        "Back",
        "Go back to the table, then to the campaign.",
        reason="moves within the app",
        shown=False,
    ),
)
