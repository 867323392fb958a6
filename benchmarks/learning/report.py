"""The figures and tables of ``docs/learning.md`` from what was measured."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import numpy

from benchmarks.learning.regret import summary

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "learning.md"
BEGIN, END = "<!-- made by python -m benchmarks.learning report -->", "<!-- end of what was measured -->"
Results = dict[str, list[dict[str, Any]]]


def write(results: Results) -> None:
    """Draw the figures and put the tables into the page."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "enchanted-tui", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    (DOCS / "figures").mkdir(exist_ok=True)
    parts = [_machine()]
    for made in (_regret, _surrogate, _busy):
        parts += made(results)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", encoding="utf-8")


def _machine() -> str:
    return (
        f"Measured with Python {platform.python_version()} and numpy {numpy.__version__} on {os.cpu_count()} cores that other work was "
        "using too, one thread a process: seconds are upper bounds, regrets and errors do not depend on the machine's speed."
    )


def _regret(results: Results) -> list[str]:
    found = summary(results["regret"])
    rows = ["| function | contender | seeds | median regret (quartiles) | s a proposal |", "|---|---|---:|---:|---:|"]
    for (function, contender), numbers in sorted(found.items()):
        spread = f"{numbers['median']:.2g} ({numbers['lower']:.2g} to {numbers['upper']:.2g})"
        rows.append(f"| {function} | {contender} | {numbers['seeds']} | {spread} | {numbers['seconds']:.2g} |")
    panels = {}
    for function in dict.fromkeys(run["function"] for run in results["regret"]):
        runs = [run for run in results["regret"] if run["function"] == function]
        names = sorted({run["contender"] for run in runs})
        panels[function] = {name: [run["regret"] for run in runs if run["contender"] == name] for name in names}
    _curves("learning_regret.svg", panels, "evaluations", "regret")
    return ["### Regret after 50 evaluations", "\n".join(rows), "![Median regret against evaluations](figures/learning_regret.svg)"]


def _surrogate(results: Results) -> list[str]:
    runs = results["surrogate"]
    sizes = runs[0]["sizes"]
    names = sorted({run["contender"] for run in runs}, key=[run["contender"] for run in runs].index)
    curves = {name: [run["errors"] for run in runs if run["contender"] == name] for name in names}
    rows = ["| points | seeds | " + " | ".join(f"n = {size}" for size in sizes) + " | samples for random's error |"]
    rows.append("|---|" + "---:|" * (len(sizes) + 2))
    medians = {name: numpy.median(errors, axis=0) for name, errors in curves.items()}
    target = medians["random"][-1]
    for name, errors in curves.items():
        needed = next((size for size, error in zip(sizes, medians[name], strict=True) if error <= target), None)
        cells = " | ".join(f"{error:.3f}" for error in medians[name])
        rows.append(f"| {name} | {len(errors)} | {cells} | {needed or f'more than {sizes[-1]}'} |")
    _curves("learning_surrogate.svg", {"double Gaussian": curves}, "samples", "error / spread", sizes)
    return [
        "### Active learning on the double Gaussian",
        "Root mean square error of the same Gaussian process on a grid of 41 x 41, as a share of the output's standard deviation; medians.",
        "\n".join(rows),
        "![Error of a surrogate against samples](figures/learning_surrogate.svg)",
    ]


def _busy(results: Results) -> list[str]:
    rows = [
        "| mode | busy until the last sample starts | busy to the end | campaign, s | s a fit | seeds | median regret at 25 | at 50 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    panels: dict[str, dict[str, list[list[float]]]] = {"Branin, four workers": {}}
    for mode in ("asynchronous", "batches"):
        runs = [run for run in results["busy"] if run["mode"] == mode]
        regrets = [run["regret"] for run in results["quality"] if run["mode"] == mode]
        panels["Branin, four workers"][mode] = regrets
        medians = numpy.median(regrets, axis=0)
        shares = [f"{100 * numpy.median([run[name] for run in runs]):.1f} %" for name in ("busy", "whole")]
        seconds = [f"{numpy.median([run[name] for run in runs]):.3g}" for name in ("seconds", "fit")]
        cells = [*shares, *seconds, str(len(regrets)), f"{medians[24]:.2g}", f"{medians[-1]:.2g}"]
        rows.append(f"| {mode} | {' | '.join(cells)} |")
    _curves("learning_asynchronous.svg", panels, "evaluations", "regret")
    longest = results["busy"][0]["longest"]
    return [
        "### Asynchronous drawing",
        f"Real campaigns of 48 samples on four workers, run times of {longest / 10:g} to {longest:g} s; regrets on a simulated clock with "
        "run times spread likewise, in the order in which samples end.",
        "\n".join(rows),
        "![Median regret, asynchronous and in batches](figures/learning_asynchronous.svg)",
    ]


def _curves(name: str, panels: dict[str, dict[str, list[list[float]]]], x_label: str, y_label: str, sizes: Any = None) -> None:
    """Draw medians with the quartiles shaded, one panel beside the other."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.2), squeeze=False, layout="constrained")
    for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
        for label, runs in curves.items():
            lower, median, upper = numpy.quantile(runs, [0.25, 0.5, 0.75], axis=0)
            places = numpy.arange(1, len(median) + 1) if sizes is None else sizes
            (line,) = axis.plot(places, median, label=label)
            axis.fill_between(places, lower, upper, alpha=0.15, color=line.get_color(), linewidth=0)
        axis.set(title=title, xlabel=x_label, ylabel=y_label, yscale="log")
        axis.legend(frameon=False, fontsize=7)
    figure.savefig(DOCS / "figures" / name, metadata={"Date": None})
    pyplot.close(figure)
