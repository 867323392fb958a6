"""The line above a plot: what it is of, what its colours mean, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping

from enchanted_tui.plotting.plot_wanted import PlotWanted
from enchanted_tui.ui.charts.choice_line import Part, with_hidden
from enchanted_tui.ui.charts.spots import DrawnPlot

_SAID = {"x": "x", "y": "y", "value": "mean of", "error": "error", "colour": "colour"}


def plot_parts(
    wanted: PlotWanted,
    drawn: DrawnPlot | None,
    first: int,
    colours: Mapping[str, str],
    width: int,
) -> list[Part]:
    """Return the parts of the line, `width` cells long; a click on a name chooses another one."""
    by = wanted.how.goes_by
    parts: list[Part] = []
    for what, said in _SAID.items():
        if what in by:
            name = getattr(wanted, what) or "of bins"
            log = " (log)" if getattr(wanted, f"log_{what}", False) else ""
            parts.append((f"{said} {name}{log}  ", "", f"choose('{what}')"))
    if "objectives" in by:
        said = str(wanted.objectives) if wanted.objectives.objectives else "choose objectives"
        parts.append((f"{said}  ", "", "choose('objectives')"))
    if "columns" in by:
        beginning = (
            f" from {wanted.columns[first]}" if first < len(wanted.columns) and first else ""
        )
        parts.append((f"{len(wanted.columns)} columns{beginning}  ", "", "choose('columns')"))
    if drawn is None:
        return parts
    parts += [(f"{text} ", colours.get(colour, ""), "") for text, colour in drawn.legend]
    return with_hidden(parts, drawn.left_out, width)
