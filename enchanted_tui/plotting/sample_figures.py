"""Figures of the samples of a dataset, by matplotlib, of which `figure` is one.

Each function is given columns by name (numbers as float64, NaN where there is none; texts as
objects) and what is wanted as plain data. It needs numpy, matplotlib and the functions that
`figure_script` names beside it, no more: a figure's script carries their text, so that whoever
redraws a figure runs the very lines that have drawn it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from enchanted_tui.samplers.dominance import on_front
from enchanted_tui.views.binning import (
    edges_over,
    places_in,
    places_on_grid,
    statistics_by_place,
)
from enchanted_tui.views.rank_correlation import correlation_matrix


def draw_histogram(figure: Any, data: Any, wanted: Any) -> None:
    """Draw how often values occur, failures on top."""
    axes = figure.add_subplot()
    values, ok = data[wanted["x"]], data["success"] == 1
    usable = np.isfinite(values) & ((values > 0) | (not wanted["log_x"]))
    if usable.any():
        edges = edges_over(values, wanted["bins"], log=wanted["log_x"])
        parts = [values[usable & ok], values[usable & ~ok]]
        axes.hist(
            parts, bins=edges, stacked=True, color=["#0072b2", "#d55e00"], label=["ok", "failed"]
        )
        axes.legend(fontsize="small")
    finish(axes, wanted)


def draw_scatter(figure: Any, data: Any, wanted: Any) -> None:
    """Draw two columns against each other, in colours of a third."""
    axes = figure.add_subplot()
    x, y = data[wanted["x"]], data[wanted["y"]]
    many = x.size > 20_000  # dots in an image, or a PDF would be huge
    if wanted["colour_kind"] == "number":
        numbers = data[wanted["colour"]]
        dots = axes.scatter(x, y, s=9, c=numbers, cmap="viridis", linewidths=0, rasterized=many)
        if wanted["colour_bar"]:
            figure.colorbar(dots, label=wanted["colour_label"])
    else:
        for name, chosen, colour, sign in classes_of(data, wanted):
            axes.scatter(
                x[chosen], y[chosen], s=12, color=colour, marker=sign, label=name, rasterized=many
            )
        if wanted["colour_kind"] != "nothing":
            axes.legend(fontsize="small", title=wanted["colour_label"] or None)
    finish(axes, wanted)


def draw_best(figure: Any, data: Any, wanted: Any) -> None:
    """Draw the values of successes in the order in which they finished, and the best so far."""
    axes = figure.add_subplot()
    values = data[wanted["y"]]
    usable = (data["success"] == 1) & np.isfinite(values) & ((values > 0) | (not wanted["log_y"]))
    best = np.where(usable, values, -np.inf if wanted["largest"] else np.inf)
    best = (np.maximum if wanted["largest"] else np.minimum).accumulate(best)
    numbers = np.arange(1, values.size + 1)
    axes.scatter(
        numbers[usable], values[usable], s=6, color="#999999", linewidths=0, label="each sample"
    )
    best = np.where(np.isinf(best), np.nan, best)
    axes.step(numbers, best, where="post", color="#0072b2", label="best so far")
    axes.legend(fontsize="small")
    finish(axes, wanted)


def draw_front(figure: Any, data: Any, wanted: Any) -> None:
    """Draw the first two objectives, with the samples that no other one betters."""
    axes = figure.add_subplot()
    usable = data["success"] == 1
    for name, (low, high) in wanted["limits"].items():
        usable = usable & np.isfinite(data[name])
        usable &= (data[name] >= (-np.inf if low is None else low)) & (
            data[name] <= (np.inf if high is None else high)
        )
    signs = [-1.0 if aim == "minimize" else 1.0 for aim in wanted["objectives"].values()]
    values = np.stack([data[name] for name in wanted["objectives"]], axis=1) * np.array(signs)
    front = np.zeros(len(values), dtype=bool)
    front[np.flatnonzero(usable)] = on_front(values[usable])
    x, y = (data[name] for name in list(wanted["objectives"])[:2])
    for chosen, colour, size, name in (
        (~front, "#999999", 6, "others"),
        (front, "#0072b2", 16, "on the front"),
    ):
        axes.scatter(x[chosen], y[chosen], s=size, color=colour, linewidths=0, label=name)
    axes.legend(fontsize="small")
    finish(axes, wanted)


def draw_grid(figure: Any, data: Any, wanted: Any) -> None:
    """Draw how many samples lie in each cell of a grid, or the mean of their values."""
    axes = figure.add_subplot()
    x, y = data[wanted["x"]], data[wanted["y"]]
    x_edges = edges_over(x, wanted["bins"], log=wanted["log_x"])
    y_edges = edges_over(y, wanted["bins"], log=wanted["log_y"])
    cells = places_on_grid(x, y, x_edges, y_edges)
    values = data[wanted["value"]] if wanted["kind"] == "mean" else np.ones(x.size)
    counts, means, _ = statistics_by_place(cells, values, wanted["bins"] ** 2)
    shown = means if wanted["kind"] == "mean" else counts.astype(float)
    shown = np.where(counts > 0, shown, np.nan).reshape(wanted["bins"], wanted["bins"])
    mesh = axes.pcolormesh(x_edges, y_edges, shown.T, cmap="viridis", rasterized=True)
    if wanted["colour_bar"]:
        figure.colorbar(mesh, label=wanted["colour_label"])
    finish(axes, wanted)


def draw_errors(figure: Any, data: Any, wanted: Any) -> None:
    """Draw points with their errors, or means of bins with standard deviations."""
    axes = figure.add_subplot()
    x, y = data[wanted["x"]], data[wanted["y"]]
    if wanted["error"]:
        error, label = np.abs(data[wanted["error"]]), f"error: {wanted['error']}"
    else:
        edges = edges_over(x, wanted["bins"], log=wanted["log_x"])
        places = places_in(x, edges)
        label = "mean and standard deviation"
        _, y, error = statistics_by_place(places, y, edges.size - 1)
        x = edges[:-1] / 2 + edges[1:] / 2
        if wanted["log_x"]:
            x = np.sqrt(edges[:-1]) * np.sqrt(edges[1:])
        error = np.where(np.isfinite(y), np.nan_to_num(error), np.nan)
    shown = np.isfinite(x) & np.isfinite(y)
    axes.errorbar(
        x[shown],
        y[shown],
        yerr=np.nan_to_num(error[shown]),
        fmt="o",
        markersize=4,
        capsize=2,
        linewidth=1,
        color="#0072b2",
        label=label,
    )
    axes.legend(fontsize="small")
    finish(axes, wanted)


def draw_correlation(figure: Any, data: Any, wanted: Any) -> None:
    """Draw Spearman's correlations of columns as coloured numbers."""
    axes = figure.add_subplot()
    names = wanted["columns"]
    found, _ = correlation_matrix({name: data[name] for name in names})
    image = axes.imshow(found, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    for row, column in np.ndindex(found.shape) if len(names) <= 15 else ():
        value = found[row, column]
        if np.isfinite(value):
            ink = "white" if abs(value) > 0.6 else "black"
            axes.text(
                column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize="small"
            )
    if wanted["colour_bar"]:
        figure.colorbar(image, label=wanted["colour_label"])
    axes.set_title(wanted["title"])


def draw_parallel(figure: Any, data: Any, wanted: Any) -> None:
    """Draw each sample as a line over all columns, each on an axis of its own."""
    from matplotlib.collections import LineCollection

    axes = figure.add_subplot()
    names = wanted["columns"]
    columns = np.stack([data[name] for name in names], axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        whole = np.isfinite(columns)
        low = np.min(np.where(whole, columns, np.inf), axis=0)
        high = np.max(np.where(whole, columns, -np.inf), axis=0)
        wide = np.where(high > low, high / 2 - low / 2, 1.0)
        share = np.where(high > low, (columns / 2 - low / 2) / wide, 0.5)
        share = np.where(whole, share, np.nan)
    places = np.broadcast_to(np.arange(len(names), dtype=float), share.shape)
    lines = np.stack([places, share], axis=2)
    look = {"linewidths": 0.6, "alpha": 0.6, "rasterized": len(lines) > 2000}
    if wanted["colour_kind"] == "number":
        drawn = LineCollection(list(lines), cmap="viridis", **look)
        drawn.set_array(data[wanted["colour"]])
        axes.add_collection(drawn)
        if wanted["colour_bar"]:
            figure.colorbar(drawn, label=wanted["colour_label"])
    else:
        for name, chosen, colour, _ in classes_of(data, wanted):
            axes.add_collection(LineCollection(list(lines[chosen]), color=colour, **look))
            axes.plot([], [], color=colour, label=name)
        if wanted["colour_kind"] != "nothing":
            axes.legend(fontsize="small", title=wanted["colour_label"] or None)
    for place in range(len(names)):
        axes.axvline(place, color="#888888", linewidth=0.8)
        for height, end in ((1.02, high[place]), (-0.02, low[place])):
            text = f"{end:.4g}" if np.isfinite(end) else ""
            axes.text(
                place,
                height,
                text,
                ha="center",
                va="bottom" if height > 0 else "top",
                fontsize="small",
            )
    axes.set(xlim=(-0.3, len(names) - 0.7), ylim=(-0.12, 1.12), yticks=[])
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.spines[:].set_visible(False)
    axes.set_title(wanted["title"])


def classes_of(data: Any, wanted: Any) -> Any:
    """Return (name, which rows, colour, sign) of the classes that rows are marked by; colours by
    Okabe and Ito, for all eyes.
    """
    kind, count = wanted["colour_kind"], len(data["success"])
    if kind == "nothing":
        found = [("all", np.ones(count, dtype=bool))]
    elif kind in ("success", "truth"):
        values = data["success" if kind == "success" else wanted["colour"]]
        names = ("ok", "failed") if kind == "success" else ("True", "False")
        found = [(names[0], values == 1), (names[1], values == 0)]
    else:
        words = sorted({word for word in data[wanted["colour"]] if isinstance(word, str) and word})
        found = [
            (word, np.array([one == word for one in data[wanted["colour"]]])) for word in words
        ]
    colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#f0e442", "#444"]
    # matplotlib leaves names that begin with _ out of its legends
    return [
        (
            name if name[0] != "_" else f"\u200b{name}",
            chosen,
            colours[number % 8],
            "oxs^vDP*"[number % 8],
        )
        for number, (name, chosen) in enumerate(found)
    ]


def finish(axes: Any, wanted: Any) -> None:
    """Label the axes, and make logarithmic what is to be."""
    axes.set(xlabel=wanted["x_label"], ylabel=wanted["y_label"], title=wanted["title"])
    for which in "xy":
        if wanted[f"log_{which}"]:
            axes.set(**{f"{which}scale": "log"})
    axes.grid(alpha=0.25)
