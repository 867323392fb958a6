"""The same charts as PNG or SVG files, by matplotlib, which is optional."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from enchanted_tui.record.outcome import EnvironmentProblem
from enchanted_tui.ui.charts.drawing import Marking
from enchanted_tui.views.dataset_statistics import Floats, Mask
from enchanted_tui.whole_files import open_replacement

FORMATS = (".png", ".svg", ".pdf")
_SIZE = (7.0, 4.6)  # inches
# Okabe and Ito, for all eyes
_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#f0e442",
    "#444444",
)
_SIGNS = ("o", "x", "s", "^", "v", "D", "P", "*")

Draw = Callable[[Any], None]  # draws on matplotlib's axes


def write_chart(path: Path, draw: Draw) -> None:
    """Draw a chart into a file whose suffix says the format; raises EnvironmentProblem with a
    sentence if that is impossible.
    """
    if path.suffix.lower() not in FORMATS:
        raise EnvironmentProblem(
            f"{path.name}: a chart is written as {', '.join(FORMATS)}; end the name with one of"
            " these."
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise EnvironmentProblem(
            "Charts are written by matplotlib, which is not installed here; install it with: pip"
            " install 'enchanted-tui[plot]'"
        ) from None
    figure = Figure(figsize=_SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure.add_subplot())
    with open_replacement(path) as file:
        figure.savefig(file, format=path.suffix.lower()[1:], dpi=200)


def scatter_draw(
    x: Floats, y: Floats, titles: tuple[str, str], log: tuple[bool, bool], marking: Marking | None
) -> Draw:
    """Return what draws a scatter plot."""

    def draw(axes: Any) -> None:
        if marking is None:
            axes.scatter(x, y, s=8, color=_COLOURS[0], linewidths=0)
        else:
            for number, name in enumerate(marking.names):
                chosen = marking.classes == number
                sign = _SIGNS[number % len(_SIGNS)]
                axes.scatter(
                    x[chosen],
                    y[chosen],
                    s=12,
                    color=_COLOURS[number % len(_COLOURS)],
                    marker=sign,
                    label=name,
                )
            axes.legend(fontsize="small")
        _finish(axes, titles, log)

    return draw


def histogram_draw(values: Floats, ok: Mask, title: str, *, log: bool) -> Draw:
    """Return what draws a histogram, failures below successes."""

    def draw(axes: Any) -> None:
        usable = np.isfinite(values) & ((values > 0) | (not log))
        shown = values[usable]
        edges: Any = "auto"
        if log and shown.size and shown.min() < shown.max():
            edges = np.geomspace(shown.min(), shown.max(), 41)
        edges = np.histogram_bin_edges(
            shown,
            (
                edges
                if isinstance(edges, np.ndarray)
                else min(60, max(5, int(2 * shown.size ** (1 / 3))))
            ),
        )
        parts = [shown[~ok[usable]], shown[ok[usable]]]
        axes.hist(parts, bins=edges, stacked=True, color=_COLOURS[1::-1], label=["failed", "ok"])
        axes.legend(fontsize="small")
        _finish(axes, (title, "samples"), (log, False))

    return draw


def course_draw(values: Floats, best: Floats, titles: tuple[str, str], *, log: bool) -> Draw:
    """Return what draws the best so far over the values."""

    def draw(axes: Any) -> None:
        numbers = np.arange(1, values.size + 1)
        axes.scatter(numbers, values, s=6, color="#999999", linewidths=0, label="each sample")
        axes.step(numbers, best, where="post", color=_COLOURS[0], label="best so far")
        axes.legend(fontsize="small")
        _finish(axes, titles, (False, log))

    return draw


def _finish(axes: Any, titles: tuple[str, str], log: tuple[bool, bool]) -> None:
    axes.set_xlabel(titles[0])
    axes.set_ylabel(titles[1])
    if log[0]:
        axes.set_xscale("log")
    if log[1]:
        axes.set_yscale("log")
    axes.grid(alpha=0.25)
