"""The learning curves of a comparison in a file: as a table, or drawn by matplotlib."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from enchanted_tui.comparison.comparing import CURVE_COLUMNS, curve_rows
from enchanted_tui.comparison.figures import COLOURS, SIGNS, figure_of, label_of, make_logarithmic
from enchanted_tui.export.selection import ExportError, check_places
from enchanted_tui.visible_text import visible
from enchanted_tui.whole_files import open_replacement, write_atomically

DRAWN = (".png", ".svg", ".pdf")
_WIDTH, _HEIGHT = 9.0, 3.4  #: inches of a figure, and of an output in it


def check_out(path: Path, *, overwrite: bool) -> None:
    """Raise ExportError if a comparison cannot be written there, before one is made."""
    if path.suffix.lower() not in (".csv", *DRAWN):
        raise ExportError(
            f"--out {path}: a comparison is written as .csv, or drawn as {', '.join(DRAWN)}; end"
            " the name with one of these"
        )
    check_places([path], overwrite=overwrite)
    if path.suffix.lower() in DRAWN:
        with figure_of((1, 1)):
            pass  # or it is said now that matplotlib is lacking


def write_comparison(path: Path, told: Mapping[str, Any]) -> None:
    """Write the learning curves of a comparison, as `as_json` gives it. Raises ExportError if there
    are none.
    """
    if not told["outputs"]:
        raise ExportError(
            f"--out {path}: there is no learning curve to write"
            + "".join(f"; {note}" for note in told["notes"])
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(CURVE_COLUMNS)
        writer.writerows(curve_rows(told))
        write_atomically(path, text.getvalue())
    else:
        _draw(path, told)


def _draw(path: Path, told: Mapping[str, Any]) -> None:
    """Draw, for each output, the error over samples and over core-hours, on the same axes."""
    outputs, names = told["outputs"], [run["name"] for run in told["runs"]]
    with figure_of((_WIDTH, _HEIGHT * len(outputs))) as figure:
        axes = figure.subplots(len(outputs), 2, squeeze=False, sharey="row")
        for (left, right), output in zip(axes, outputs, strict=True):
            draw_curves(left, output, "samples", names)
            draw_curves(right, output, "core_hours", names)
            unit = f" ({output['unit']})" if output["unit"] else ""
            left.set(
                xlabel="samples learnt from", ylabel=visible(f"RMSE of {output['name']}{unit}")
            )
            right.set_xlabel("core-hours")
            left.legend(fontsize="small")
        with open_replacement(path) as file:
            figure.savefig(file, format=path.suffix.lower()[1:], dpi=200)


def draw_curves(axes: Any, output: Mapping[str, Any], across: str, names: Sequence[str]) -> None:
    """Draw the learning curves of an output over ``samples`` or ``core_hours``; `names` are those
    of all runs, in their order.
    """
    for curve in output["curves"]:
        number, points = names.index(curve["run"]), curve["points"]
        axes.errorbar(
            [point[across] for point in points],
            [point["rmse"] for point in points],
            yerr=[point["rmse_error"] for point in points],
            color=COLOURS[number % len(COLOURS)],
            marker=SIGNS[number % len(SIGNS)],
            markersize=4,
            linewidth=1,
            capsize=2,
            label=label_of(curve["run"]),
        )
    for which in "xy":
        make_logarithmic(axes, which)
    axes.grid(alpha=0.25, which="both")
