"""The line of what is chosen for a chart: axes, colour, legend, and how many rows it leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from textual.geometry import Size

from enchanted_tui.ui import formats
from enchanted_tui.ui.charts import chart_choice as charts
from enchanted_tui.views.dataset_statistics import Results

CHARTS = ("histogram", "scatter", "best")

Part = tuple[str, str, str]  #: a text, its style, and the action of a click on it


def choice_parts(
    results: Results,
    choice: charts.ChartChoice,
    chart: str,
    plot: Size,
    width: int,
    colours: Mapping[str, str],
) -> list[Part]:
    """Return the parts of the line for a chart that is drawn on so much room; `width` in cells."""
    parts: list[Part] = []
    if chart != "best":
        parts.append((f"x {choice.x}{' (log)' if choice.log_x else ''}  ", "", "choose('x')"))
    if chart != "histogram":
        parts.append((f"y {choice.y}{' (log)' if choice.log_y else ''}  ", "", "choose('y')"))
    if chart == "scatter":
        parts.append((f"colour {choice.colour}  ", "", "choose('colour')"))
    goal = "results_goal" if chart == "best" else ""
    for text, colour in charts.legend(results, choice, chart, plot):
        parts.append((f"{text} ", colours.get(colour, ""), goal))
    if chart == "best":
        parts += _best_part(results, choice)
    return with_hidden(parts, charts.hidden(results, choice, chart), width)


def _best_part(results: Results, choice: charts.ChartChoice) -> list[Part]:
    """Name the best sample; a click opens it."""
    row = charts.best_row(results, choice)
    if row is None:
        return []
    value = formats.number(results.columns[choice.y].raw[row])
    return [(f" {value} in {results.tasks[row].name}  ", "bold", "results_open")]


def with_hidden(parts: list[Part], hidden: int, width: int) -> list[Part]:
    """Add how many rows are missing, which matters more than what is plain."""
    room = width - sum(len(words) for words, _, _ in parts) - 2
    if hidden and not _hidden_in_words(hidden, room):
        parts = [
            (words.replace(" or failure", ""), style, action) for words, style, action in parts
        ]
        room = width - sum(len(words) for words, _, _ in parts) - 2
    return [*parts, (_hidden_in_words(hidden, room), "dim", "")]


def _hidden_in_words(count: int, room: int) -> str:
    """Say how many rows a chart leaves out, in as many words as there is room for."""
    said = (
        f"  {count:,} {'row' if count == 1 else 'rows'} without a value",
        f"  {count:,} not shown",
    )
    return next((words for words in said if count and len(words) <= room), "")
