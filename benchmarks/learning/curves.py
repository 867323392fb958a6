"""Figures of medians over seeds, as SVG and as PNG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy

#: title, label of a curve, one list of numbers a seed
Panels = dict[str, dict[str, list[list[float]]]]


@dataclass(frozen=True)
class Figure:
    """What to draw: medians with the quartiles shaded, one panel beside the other."""

    name: str
    panels: Panels
    x_label: str
    y_label: str
    sizes: Sequence[int] | None = None  #: places of the numbers; without them, 1, 2, 3 ...


def draw(directory: Path, figure: Figure) -> None:
    """Write a figure with the endings ``.svg`` and ``.png``."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise SystemExit(
            "Figures are drawn with matplotlib, which is not installed: pip install"
            " 'enchanted-tui[plot]'"
        ) from None
    mpl.use("agg")
    mpl.rcParams.update(
        {
            "svg.hashsalt": "enchanted-tui",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )
    from matplotlib import pyplot

    panels, sizes = figure.panels, figure.sizes
    drawing, axes = pyplot.subplots(
        1, len(panels), figsize=(4.6 * len(panels), 3.2), squeeze=False, layout="constrained"
    )
    for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
        for label, runs in curves.items():
            lower, median, upper = numpy.quantile(runs, [0.25, 0.5, 0.75], axis=0)
            places = numpy.arange(1, len(median) + 1) if sizes is None else sizes
            (line,) = axis.plot(
                places, median, label=label, marker=None if sizes is None else "o", markersize=3
            )
            axis.fill_between(places, lower, upper, alpha=0.15, color=line.get_color(), linewidth=0)
        axis.set(title=title, xlabel=figure.x_label, ylabel=figure.y_label, yscale="log")
        axis.legend(frameon=False, fontsize=7)
    drawing.savefig(directory / f"{figure.name}.svg", metadata={"Date": None})
    drawing.savefig(directory / f"{figure.name}.png", dpi=110, metadata={"Software": None})
    pyplot.close(drawing)
