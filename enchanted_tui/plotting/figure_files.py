"""Figures in files, and the scripts that draw them again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from enchanted_tui.comparison.figures import figure_of
from enchanted_tui.errors import RefusedError
from enchanted_tui.plotting.figure_look import FigureLook, check_format, labels_of
from enchanted_tui.plotting.plot_wanted import (
    BY_FRONT,
    BY_NOTHING,
    BY_SUCCESS,
    PlotWanted,
    usual_bins,
)
from enchanted_tui.views.dataset_statistics import Results
from enchanted_tui.views.task_times import Times
from enchanted_tui.warning_filters import no_warnings
from enchanted_tui.whole_files import open_replacement, write_atomically

_MOST_BINS = 80, 30  #: of distributions and grids, and of error bars


@dataclass(frozen=True)
class PlotData:
    """What plots of a campaign are drawn from."""

    results: Results
    times: Times | None = None  #: of its tasks, where they are shown
    units: Mapping[str, str] | None = None
    condition: str = ""  #: which of the rows `results` are

    def beside(self, figure: Path) -> list[Path]:
        """Return the files that the script of a figure comes with: itself and, where it is of some
        rows, these.
        """
        return [figure.with_suffix(".py"), *([figure.with_suffix(".csv")] * bool(self.condition))]


@dataclass(frozen=True)
class FigureParts:
    """What one figure is drawn from: nothing of it changes while a campaign goes on."""

    columns: Mapping[str, Any]
    told: Mapping[str, Any]  #: what is wanted, as plain data
    settings: Mapping[str, Any]  #: matplotlib's

    @contextmanager
    def drawn(self, size: tuple[float, float]) -> Iterator[Any]:
        """Give the figure of so many inches, to be saved inside. Raises EnvironmentProblem without
        matplotlib.
        """
        from enchanted_tui.plotting.figure_script import DRAWINGS

        # a font lacks a sign: a box is shown
        with figure_of(size, **self.settings) as figure, no_warnings():
            DRAWINGS[self.told["kind"]].draw(figure, self.columns, self.told)
            yield figure


def figure_parts(data: PlotData, wanted: PlotWanted, look: FigureLook) -> FigureParts:
    """Return what a figure is drawn from. `wanted` is settled. Raises RefusedError if there is
    nothing to draw.
    """
    told = as_told(data, wanted, look)
    return FigureParts(_columns(data, told), told, look.settings())


def write_figure(
    path: Path,
    data: PlotData,
    wanted: PlotWanted,
    look: FigureLook,
    script_of: Path | None = None,
) -> None:
    """Draw a figure into a file whose suffix says the format; with `script_of`, a run directory,
    write the script that draws it again beside it too. `wanted` is settled.

    Raises RefusedError if there is nothing to draw, EnvironmentProblem without matplotlib, OSError.
    """
    check_format(path)
    parts, size = figure_parts(data, wanted, look), (look.width, look.height)
    with parts.drawn(size) as figure:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_replacement(path) as file:
            figure.savefig(file, format=path.suffix.lower()[1:])
    if script_of is None:
        return
    from enchanted_tui.plotting.figure_script import write_script

    place, *rows = [one.absolute() for one in data.beside(path)]
    if rows:
        _write_rows(rows[0], parts.columns)
    source = rows[0] if rows else None
    told, settings = parts.told, parts.settings
    write_script(place, path.absolute(), script_of.absolute(), told, size, settings, source)


def _write_rows(path: Path, columns: Mapping[str, Any]) -> None:
    """Write the rows that a figure is of, with the columns that are drawn, as the dataset has
    them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        writer.writerow("" if cell is None or cell != cell else cell for cell in row)
    write_atomically(path, text.getvalue())


def as_told(data: PlotData, wanted: PlotWanted, look: FigureLook) -> dict[str, Any]:
    """Return what is wanted as plain data, as functions that draw are given it. Raises RefusedError
    if there is nothing to draw.
    """
    results = data.results
    _check_enough(data, wanted)
    kind = colour_kind(results, wanted)
    names = _names(wanted, kind)
    return {
        "kind": wanted.kind,
        "names": names,
        **{name: getattr(wanted, name) for name in ("x", "y", "value", "error", "colour")},
        "columns": list(wanted.columns),
        "colour_kind": kind,
        "objectives": dict(wanted.objectives.objectives),
        "limits": {name: list(limit) for name, limit in wanted.objectives.limits.items()},
        **{name: getattr(wanted, name) for name in ("log_x", "log_y", "largest")},
        "bins": wanted.bins
        or usual_bins(wanted.kind, len(results), _MOST_BINS[wanted.kind == "errors"]),
        "place": _place(results),
        "colour_bar": look.colour_bar,
        **labels_of(wanted, look, data.units or {}),
    }


def _check_enough(data: PlotData, wanted: PlotWanted) -> None:
    if wanted.how.of_tasks:
        if data.times is None or not len(data.times):
            raise RefusedError("No task has finished yet, so there is nothing to draw.")
        return
    if not data.results.numeric:
        raise RefusedError("The dataset has no column of numbers yet, so there is nothing to draw.")
    if wanted.kind == "front" and len(wanted.objectives.objectives) < 2:
        one = next(iter(wanted.objectives.objectives), None)
        lacks = "the configuration names none" if one is None else f"here is {one} alone"
        raise RefusedError(
            f"A front needs two objectives, and {lacks}; name them, as in"
            " --front mass=minimize,beta=maximize"
        )
    lacking = [name for name in wanted.objectives.columns if name not in data.results.numeric]
    if wanted.kind == "front" and lacking:
        raise RefusedError(
            f"{lacking[0]} is no column of numbers of the dataset; choose another objective."
        )
    for name, log in ((wanted.x, wanted.log_x), (wanted.y, wanted.log_y)):
        if wanted.kind in ("density", "mean") or (wanted.kind == "errors" and name == wanted.x):
            numbers = data.results.columns[name].numbers
            if not (np.isfinite(numbers) & ((numbers > 0) | (not log))).any():
                above = " above 0, which a logarithmic axis needs" if log else ""
                raise RefusedError(f"{name} holds no finite number{above}; choose another column.")


def colour_kind(results: Results, wanted: PlotWanted) -> str:
    """Return what the colour says: ``nothing``, ``success``, ``number``, ``truth`` or ``text``."""
    if wanted.colour == BY_SUCCESS:
        return "success"
    column = results.columns.get(wanted.colour)
    if wanted.colour in (BY_NOTHING, BY_FRONT) or column is None:
        return "nothing"
    return column.kind if column.kind in ("number", "truth") else "text"


def _names(wanted: PlotWanted, kind: str) -> list[str]:
    """Return the columns that are drawn, each once."""
    by = wanted.how.goes_by
    found = [getattr(wanted, name) for name in ("x", "y", "value", "error") if name in by]
    found += wanted.columns if "columns" in by else ()
    found += (
        [*wanted.objectives.objectives, *wanted.objectives.limits] if "objectives" in by else []
    )
    if "colour" in by and kind in ("number", "truth", "text"):
        found.append(wanted.colour)
    return [name for name in dict.fromkeys(found) if name]


def _place(results: Results) -> list[int]:
    """Return stage and step of the tasks that the rows are of."""
    if not len(results):
        return [0, 0]
    task = results.tasks[-1]
    return [task.depth, task.step]


def _columns(data: PlotData, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a function that draws is given."""
    if told["kind"] in ("timeline", "use"):
        assert data.times is not None
        return dict(vars(data.times))
    results = data.results
    order = np.arange(len(results))
    if told["kind"] != "best":  # as in the dataset, so that a script draws the same upon each other
        order = np.argsort(np.array(results.tasks.codes, dtype=np.int64), kind="stable")
    columns: dict[str, Any] = {"success": results.success.astype(float)[order]}
    for name in told["names"]:
        column = results.columns[name]
        cells = column.numbers if column.numeric else np.array(column.raw, dtype=object)
        columns[name] = cells[order]
    return columns
