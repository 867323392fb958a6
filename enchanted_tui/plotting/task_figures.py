"""Figures of what ran where and when, by matplotlib; as those of `sample_figures`, each is carried
by its script.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from enchanted_tui.views.task_times import lanes_of, mean_between


def draw_timeline(figure: Any, data: Any, wanted: Any) -> None:
    """Draw each task as a bar: hosts below each other, with a lane for each task at once."""
    from matplotlib.collections import PolyCollection

    axes = figure.add_subplot()
    started, ended = data["started"], data["ended"]
    lanes, labels = lanes_of(started, ended, data["host"], data["hosts"])
    since = started.min()
    scale, unit = time_unit(ended.max() - since)
    left, right = (started - since) / scale, (ended - since) / scale
    for state, colour, name in (
        (0, "#0072b2", "ok"),
        (1, "#d55e00", "failed"),
        (2, "#56b4e9", "at work"),
    ):
        chosen = data["state"] == state
        if chosen.any():
            x = np.stack([left, left, right, right], axis=1)[chosen]
            y = lanes[chosen, None] + np.array([-0.4, 0.4, 0.4, -0.4])
            bars = PolyCollection(
                list(np.stack([x, y], axis=2)),
                facecolors=colour,
                edgecolors=colour,
                linewidths=0.3,  # or what is short would not be seen
                rasterized=len(x) > 5000,
                label=name,
            )
            axes.add_collection(bars)
    hosts = sorted(set(labels))
    middles = [np.mean([lane for lane, one in enumerate(labels) if one == host]) for host in hosts]
    axes.set_yticks(middles, hosts)
    axes.set(xlim=(0, right.max() * 1.01 or 1), ylim=(len(labels) - 0.4, -0.6))
    axes.set(xlabel=wanted["x_label"] or f"time ({unit})", title=wanted["title"])
    axes.set_ylabel(wanted["y_label"])
    axes.legend(fontsize="small")


def draw_use(figure: Any, data: Any, wanted: Any) -> None:
    """Draw cores held and kept busy, and below them the memory of the tasks at work."""
    started, ended = data["started"], data["ended"]
    since, last = started.min(), ended.max()
    edges = np.linspace(since, max(last, since + 1e-3), 241)
    scale, unit = time_unit(last - since)
    lasted = np.maximum(ended - started, 1e-9)
    held = mean_between(edges, started, ended, data["cores"])
    used = mean_between(edges, started, ended, np.nan_to_num(data["cpu"]) / lasted)
    memory = mean_between(edges, started, ended, np.nan_to_num(data["memory"])) / 1e9
    upper, lower = figure.subplots(2, sharex=True)
    places = (edges - since) / scale
    upper.stairs(held, places, label="held", color="#0072b2", linewidth=1.2)
    upper.stairs(used, places, label="processor time", color="#d55e00", fill=True, alpha=0.6)
    upper.set_ylabel(wanted["y_label"] or "cores")
    upper.legend(fontsize="small")
    lower.stairs(memory, places, color="#009e73", fill=True, alpha=0.6)
    lower.set(xlabel=wanted["x_label"] or f"time ({unit})", ylabel="memory (GB)")
    upper.set_title(wanted["title"])
    for axes in (upper, lower):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.25)


def time_unit(seconds: Any) -> Any:
    """Return the seconds of a unit that suits a length of time, and its name."""
    for length, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 3 * length:
            return length, name
    return 1, "seconds"
