"""The figures of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
from markupsafe import Markup

from enchanted_tui.comparison.figures import make_logarithmic
from enchanted_tui.reporting.svg_figures import FAILED, GRID, INK, OK, svg
from enchanted_tui.surrogate.fit_text import counts, learnt_from
from enchanted_tui.views.dataset_statistics import Floats, Mask

_SMALL = (3.1, 1.9)  #: inches
_WIDE = (4.4, 2.9)
_LARGEST = 1e300  #: span of values that can be drawn
_CROWDED = 100.0  #: ratio of the ends above which positive values are shown by their logarithm ...
_SKEWED = 0.05  #: ... if half of them lie within this share of the range


def histogram(name: str, title: str, values: Floats, ok: Mask) -> Markup | None:
    """Draw how the values of a column are distributed, failures on top; None without values."""
    finite = numpy.isfinite(values)
    shown = values[finite]
    if not shown.size:
        return None
    low, high = float(shown.min()), float(shown.max())
    if high - low > _LARGEST:
        return None
    log = _is_crowded(shown)
    bins = min(40, max(6, int(2 * shown.size ** (1 / 3))))
    if not high > low:
        low, high, bins = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1), 3
    edges = numpy.geomspace(low, high, bins + 1) if log else numpy.linspace(low, high, bins + 1)
    edges[0], edges[-1] = low, high
    counts = [numpy.histogram(shown[which], edges)[0] for which in (ok[finite], ~ok[finite])]

    def draw(axes: Any) -> None:
        width = numpy.diff(edges)
        axes.bar(edges[:-1], counts[0], width, align="edge", color=OK)
        if counts[1].any():
            axes.bar(edges[:-1], counts[1], width, align="edge", bottom=counts[0], color=FAILED)
        if log:
            make_logarithmic(axes, "x")
        axes.yaxis.set_major_locator(_whole_numbers())

    return svg(name, title, _SMALL, draw)


def _whole_numbers() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True)


def _is_crowded(values: Floats) -> bool:
    """Tell whether positive values crowd at the lower end of a linear axis."""
    low, high = float(values.min()), float(values.max())
    if low <= 0 or high / low < _CROWDED:
        return False
    return bool((numpy.median(values) - low) / (high - low) < _SKEWED)


def learning_curve(name: str, label: str, one: Mapping[str, Any]) -> Markup:
    """Draw the error of an output over the samples learnt from, and the forecast."""
    curve, ahead = one["learning_curve"], one["forecast"]

    def draw(axes: Any) -> None:
        axes.errorbar(
            counts(one),
            [point["rmse"] for point in curve],
            yerr=[point["rmse_error"] for point in curve],
            color=OK,
            marker="o",
            markersize=4,
            linewidth=1.2,
            capsize=2,
        )
        if ahead:
            axes.errorbar(
                [ahead.get("count", ahead["samples"])],
                [ahead["rmse"]],
                yerr=[[ahead["rmse"] - ahead["low"]], [ahead["high"] - ahead["rmse"]]],
                color=FAILED,
                marker="o",
                markerfacecolor="none",
                capsize=3,
            )
        for which in "xy":
            make_logarithmic(axes, which)
        axes.set(xlabel=f"{learnt_from(one)} learnt from", ylabel="RMSE")
        axes.grid(alpha=0.6, which="both", linewidth=0.5)

    return svg(name, f"Learning curve of {label}", _WIDE, draw)


def parity(name: str, label: str, one: Mapping[str, Any]) -> Markup:
    """Draw predictions of held-out samples over the values."""
    values, predicted = one["parity"]["value"], one["parity"]["predicted"]

    def draw(axes: Any) -> None:
        ends = [min(values), max(values)]
        axes.plot(ends, ends, color=GRID, linewidth=1)
        axes.scatter(values, predicted, s=7, color=OK, linewidths=0, alpha=0.7)
        axes.set(xlabel="value", ylabel="predicted")

    return svg(name, f"Predictions of {label} over its values", _WIDE, draw)


def indices(name: str, label: str, found: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw first-order and total Sobol indices with their intervals; labels are harmless."""
    places = numpy.arange(len(found))[::-1]

    def draw(axes: Any) -> None:
        for shift, which, colour, title in (
            (0.18, "first", OK, "by itself"),
            (-0.18, "total", FAILED, "with others"),
        ):
            values = numpy.array([one[which] for one in found])
            low = values - numpy.array([one[f"{which}_low"] for one in found])
            high = numpy.array([one[f"{which}_high"] for one in found]) - values
            axes.barh(places + shift, values, 0.34, color=colour, label=title)
            axes.errorbar(
                values,
                places + shift,
                xerr=numpy.clip([low, high], 0, None),
                fmt="none",
                ecolor=INK,
                elinewidth=0.8,
            )
        axes.set_yticks(places, [one["label"] for one in found])
        axes.set_xlim(0, max(1.0, *(one["total_high"] for one in found)))
        axes.legend(loc="lower right")

    return svg(name, f"Which parameters matter to {label}", (4.4, 0.9 + 0.42 * len(found)), draw)
