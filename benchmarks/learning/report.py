"""The figures and tables of ``docs/learning.md`` from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy

from benchmarks.learning.curves import Figure, Panels, draw
from benchmarks.learning.regret import summary

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = (
    "<!-- made by python -m benchmarks.learning report -->",
    "<!-- end of what was measured -->",
)
Run = dict[str, Any]
Results = dict[str, list[Run]]


class Section(NamedTuple):
    """A part of the page."""

    paragraphs: list[str]
    figure: Figure | None = None


def write(results: Results, docs: Path = DOCS) -> None:
    """Draw the figures of whatever has been measured and put the tables into the page
    ``learning.md`` in `docs`.
    """
    (docs / "figures").mkdir(exist_ok=True)
    made = sections(results)
    for section in made:
        if section.figure is not None:
            draw(docs / "figures", section.figure)
    page = docs / "learning.md"
    page.write_text(put_in(page.read_text(encoding="utf-8"), made), encoding="utf-8")


def put_in(page: str, made: list[Section]) -> str:
    """Give the page with these sections between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n\n".join(
        [
            f"{before}{BEGIN}",
            *(paragraph for section in made for paragraph in section.paragraphs),
            f"{END}{after}",
        ]
    )


def sections(results: Results) -> list[Section]:
    """Give a section for each kind of result that there is."""
    makers = {
        "machine": _machine,
        "regret": _regret,
        "surrogate": _surrogate,
        "tokamak": _tokamak,
        "busy": _busy,
    }
    return [make(results) for kind, make in makers.items() if results[kind]]


def _machine(results: Results) -> Section:
    machines = " and ".join(
        f"Python {run['python']} and numpy {run['numpy']} on {run['cores']} cores"
        for run in results["machine"]
    )
    sentence = (
        f"Measured with {machines} that other work was using too, one thread a process: seconds are"
        " upper bounds, and seconds of different rows cannot be compared closely; regrets and"
        " errors do not depend on the machine's speed."
    )
    return Section([sentence])


def _regret(results: Results) -> Section:
    found = summary(results["regret"])
    rows = [
        (
            "| function | contender | seeds | median regret (quartiles) | s a proposal, on busy"
            " cores |"
        ),
        "|---|---|---:|---:|---:|",
    ]
    for (function, contender), numbers in sorted(found.items()):
        spread = f"{numbers['median']:.2g} ({numbers['lower']:.2g} to {numbers['upper']:.2g})"
        rows.append(
            f"| {function} | {contender} | {numbers['seeds']} | {spread} |"
            f" {numbers['seconds']:.2g} |"
        )
    panels = {}
    for function in dict.fromkeys(run["function"] for run in results["regret"]):
        runs = [run for run in results["regret"] if run["function"] == function]
        panels[function] = {
            name: [run["regret"] for run in mine]
            for name, mine in sorted(_by_contender(runs).items())
        }
    figure = Figure("learning_regret", panels, "evaluations", "regret")
    evaluations = len(results["regret"][0]["regret"])
    paragraphs = [
        f"### Regret after {evaluations} evaluations",
        "\n".join(rows),
        "![Median regret against evaluations](figures/learning_regret.svg)",
    ]
    return Section(paragraphs, figure)


def _surrogate(results: Results) -> Section:
    runs = _by_contender(results["surrogate"])
    sizes = results["surrogate"][0]["sizes"]
    curves = {name: [run["errors"] for run in mine] for name, mine in runs.items()}
    figure = Figure(
        "learning_surrogate", {"double Gaussian": curves}, "samples", "error / spread", sizes
    )
    paragraphs = [
        "### A surrogate of the double Gaussian",
        (
            "Root mean square error of the same Gaussian process on a grid of 41 x 41, as a share"
            " of the output's standard deviation; medians. A grid and a Latin hypercube are a new"
            " design for each *n*, and nothing of a smaller one can be kept: the largest grid of at"
            " most *n* points whose numbers of values differ by one at most, and one hypercube of"
            " *n* points, not batches of smaller ones. The others go on from the points that they"
            " have."
        ),
        _error_table(curves, sizes),
        "![Error of a surrogate against samples](figures/learning_surrogate.svg)",
    ]
    return Section(paragraphs, figure)


def _tokamak(results: Results) -> Section:
    runs = _by_contender(results["tokamak"])
    first = results["tokamak"][0]
    sizes, panels, parts = first["sizes"], Panels(), []
    for output in first["errors"]:
        curves = {name: [run["errors"][output] for run in mine] for name, mine in runs.items()}
        panels[output] = curves
        parts += [f"`{output}`:", _error_table(curves, sizes)]
    figure = Figure("learning_tokamak", panels, "samples", "error / spread", sizes)
    solved = ", ".join(
        f"{name} {numpy.mean([run['solved'][-1] for run in mine]):.0f}"
        for name, mine in runs.items()
    )
    paragraphs = [
        "### A surrogate of tokamak equilibria",
        (
            "Real campaigns of the [FreeGS tutorial](tutorials/freegs.md), three parameters, at a"
            f" resolution of 33; error at the equilibria among {first['test']} random points of a"
            " campaign of its own; designs as above. Samples that fail count as samples and give"
            f" the surrogate nothing: of {sizes[-1]}, these have an equilibrium: {solved}. Active"
            f" learning is told `{next(iter(first['errors']))}` alone and keeps away from failures"
            f" (`failure_prob_filter`), with {sizes[0]} random samples at the beginning and batches"
            " of 6."
        ),
        *parts,
        (
            "![Error of a surrogate of tokamak equilibria against"
            " samples](figures/learning_tokamak.svg)"
        ),
    ]
    return Section(paragraphs, figure)


def _busy(results: Results) -> Section:
    rows = [
        (
            "| mode | busy until the last sample starts | busy to the end | campaign, s | s a fit |"
            " seeds | median regret at 25 | at 50 |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    panels: Panels = {"Branin, four workers": {}}
    for mode in ("asynchronous", "batches"):
        runs = [run for run in results["busy"] if run["mode"] == mode]
        regrets = [run["regret"] for run in results["quality"] if run["mode"] == mode]
        panels["Branin, four workers"][mode] = regrets
        medians = numpy.median(regrets, axis=0)
        shares = [
            f"{100 * numpy.median([run[name] for run in runs]):.1f} %" for name in ("busy", "whole")
        ]
        seconds = [
            f"{numpy.median([run[name] for run in runs]):.3g}" for name in ("seconds", "fit")
        ]
        cells = [*shares, *seconds, str(len(regrets)), f"{medians[24]:.2g}", f"{medians[-1]:.2g}"]
        rows.append(f"| {mode} | {' | '.join(cells)} |")
    figure = Figure("learning_asynchronous", panels, "evaluations", "regret")
    longest = results["busy"][0]["longest"]
    paragraphs = [
        "### Asynchronous drawing",
        (
            f"Real campaigns of 48 samples on four workers, run times of {longest / 10:g} to"
            f" {longest:g} s; regrets on a simulated clock with run times spread likewise, in the"
            " order in which samples end."
        ),
        "\n".join(rows),
        "![Median regret, asynchronous and in batches](figures/learning_asynchronous.svg)",
    ]
    return Section(paragraphs, figure)


def _by_contender(runs: list[Run]) -> dict[str, list[Run]]:
    """Give the runs of each contender, designs that are made beforehand first."""
    order = ("random", "grid", "Latin hypercube", "Sobol")
    names = sorted(
        dict.fromkeys(run["contender"] for run in runs),
        key=lambda name: order.index(name) if name in order else len(order),
    )
    return {name: [run for run in runs if run["contender"] == name] for name in names}


def _error_table(curves: dict[str, list[list[float]]], sizes: Sequence[int]) -> str:
    """Give medians by contender and number of samples, and where each has the error that random
    points have at the end.
    """
    rows = [
        "| points | seeds | "
        + " | ".join(f"n = {size}" for size in sizes)
        + f" | samples for random's error at {sizes[-1]} |"
    ]
    rows.append("|---|" + "---:|" * (len(sizes) + 2))
    medians = {name: numpy.median(errors, axis=0) for name, errors in curves.items()}
    target = medians["random"][-1]
    for name, errors in curves.items():
        needed = next(
            (size for size, error in zip(sizes, medians[name], strict=True) if error <= target),
            None,
        )
        cells = " | ".join(f"{error:.3f}" for error in medians[name])
        rows.append(f"| {name} | {len(errors)} | {cells} | {needed or f'more than {sizes[-1]}'} |")
    return "\n".join(rows)
