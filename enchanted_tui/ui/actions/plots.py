"""Actions: plots with a cursor."""

from __future__ import annotations

from enchanted_tui.ui.actions.action import Action, register

_SCREEN = "a matter of the screen"


def _view(name: str, key: str, title: str, says: str) -> Action:
    return Action(
        f"plots.{name}",
        key,
        title,
        f"Show {says}.",
        command_line=f"enchanted-tui --plot {name} RUN_DIR",
        shown=False,
    )


register(
    _view("scatter", "s", "Scatter", "two columns against each other"),
    _view("density", "d", "Density", "how many samples lie where, on a grid"),
    _view("mean", "m", "Mean", "the mean of a column over two others, on a grid"),
    _view("errors", "b", "Error bars", "a column with its errors, or means of bins with theirs"),
    _view("correlation", "o", "Correlation", "which columns go together, by their ranks"),
    _view("parallel", "n", "Parallel", "each sample as a line over all columns"),
    _view("front", "F", "Front", "the Pareto front of two or more objectives"),
    _view("timeline", "t", "Timeline", "which task ran where and when"),
    _view("use", "u", "Use", "cores held, processor time and memory over time"),
    Action(
        "plots.axes",
        "a",
        "Columns…",
        "Choose the columns that are drawn, or the objectives of the front.",
        command_line="enchanted-tui --plot KIND RUN_DIR --x A --y B --columns A,B",
    ),
    Action(
        "plots.colour",
        "c",
        "Colour…",
        "Choose what the points or lines are coloured by.",
        command_line="enchanted-tui --plot scatter RUN_DIR --colour A",
    ),
    Action(
        "plots.log",
        "L",
        "Log",
        "Make the axes logarithmic: the left one, the lower one, both, none.",
        command_line="enchanted-tui --plot scatter RUN_DIR --log x,y",
    ),
    Action(
        "plots.grain",
        "f",
        "Finer",
        "Draw points as large as there is room, as dots of braille, or as half blocks.",
        reason=_SCREEN,
    ),
    Action(
        "plots.picture",
        "i",
        "As picture",
        "Show the plot as a real picture, where the terminal has them, or as characters again.",
        command_line="enchanted-tui --plot KIND RUN_DIR --out FIGURE.png",
    ),
    Action(
        "plots.next_x",
        "right_square_bracket,shift+right",
        "Next column",
        "Show the next column along the bottom, or the columns from the next one on.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "plots.previous_x",
        "left_square_bracket,shift+left",
        "Column before",
        "Show the column before along the bottom, or the columns from the one before on.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "plots.next_y",
        "right_curly_bracket,shift+down",
        "Next on the left",
        "Show the next column on the left.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "plots.previous_y",
        "left_curly_bracket,shift+up",
        "Before on the left",
        "Show the column before on the left.",
        reason=_SCREEN,
        shown=False,
    ),
    Action(
        "plots.open",
        "enter",
        "Open",
        "Open the task under the cursor; where there are several, choose one.",
        reason="its directory is below RUN_DIR/data",
        shown=False,
    ),
    Action(
        "plots.write",
        "w",
        "Write…",
        "Write the plot as a figure to publish, with the script that draws it again.",
        command_line="enchanted-tui --plot KIND RUN_DIR --out FIGURE.pdf --script",
        changes=True,
    ),
    Action(
        "plots.copy",
        "y",
        "Copy",
        "Copy the plot as text.",
        command_line="enchanted-tui --plot KIND RUN_DIR",
        shown=False,
    ),
    Action(
        "plots.back",
        "escape",
        "Back",
        "Go back to the results.",
        reason="moves within the app",
        shown=False,
    ),
)
