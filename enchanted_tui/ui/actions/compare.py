"""Actions: runs side by side."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_COMMAND = "enchanted-tui --compare RUN_DIR RUN_DIR"
_PLOTS = "plots are a matter of the screen; the datasets are RUN_DIR/enchanted_dataset.csv"
_SCREEN = "a matter of the screen"

register(
    Action(
        "compare.table",
        "t",
        "Table",
        "Show counts, cost, best values and failures of each run.",
        command_line=_COMMAND,
        shown=False,
    ),
    Action(
        "compare.curves",
        "f",
        "Learning curves",
        "Show which run has reached which error of a surrogate with how many samples.",
        command_line=_COMMAND,
        shown=False,
    ),
    Action(
        "compare.histogram",
        "d",
        "Histogram",
        "Show how the values of a column are distributed in each run.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "compare.scatter",
        "s",
        "Scatter",
        "Show two columns of all runs against each other.",
        reason=_PLOTS,
        shown=False,
    ),
    Action(
        "compare.configuration",
        "c",
        "Configuration",
        "Show where the configurations differ.",
        command_line=_COMMAND,
        shown=False,
    ),
    Action(
        "compare.compute",
        "n",
        "Compute",
        "Work out the learning curves of the samples there are now.",
        command_line=_COMMAND,
    ),
    Action(
        "compare.axes",
        "a",
        "Axes…",
        "Choose the columns that are drawn, of those that all runs have.",
        reason=_SCREEN,
    ),
    Action(
        "compare.log",
        "L",
        "Log",
        "Make the axes logarithmic: the left one, the lower one, both, none.",
        reason=_SCREEN,
    ),
    Action("compare.copy", "y", "Copy", "Copy what is shown as text.", reason=_SCREEN, shown=False),
    Action(
        "compare.back",
        "escape",
        "Back",
        "Go back to the table, then to the list of runs.",
        reason="moves within the app",
        shown=False,
    ),
)
