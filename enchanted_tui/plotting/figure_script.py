"""The Python script that draws a figure again, from the dataset or the journal, with numpy and
matplotlib alone.

It carries the text of the functions that have drawn the figure, so it draws the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat
from typing import Any

from enchanted_tui.plotting import figure_reading, sample_figures, task_figures
from enchanted_tui.samplers import dominance
from enchanted_tui.version import __version__
from enchanted_tui.views import binning, rank_correlation, task_times
from enchanted_tui.whole_files import write_atomically

Function = Callable[..., Any]

_GRID = (
    binning.edges_over,
    binning.places_in,
    binning.places_on_grid,
    binning.statistics_by_place,
)


@dataclass(frozen=True)
class Drawing:
    """How a kind of figure is drawn."""

    draw: Function
    needs: tuple[Function, ...] = ()  #: functions that it calls


DRAWINGS: Mapping[str, Drawing] = {
    "histogram": Drawing(
        sample_figures.draw_histogram, (binning.edges_over, sample_figures.finish)
    ),
    "scatter": Drawing(
        sample_figures.draw_scatter, (sample_figures.classes_of, sample_figures.finish)
    ),
    "best": Drawing(sample_figures.draw_best, (sample_figures.finish,)),
    "front": Drawing(
        sample_figures.draw_front,
        (
            dominance.on_front,
            dominance._front_of_two,
            dominance._front_of_many,
            dominance._dense_ranks,
            sample_figures.finish,
        ),
    ),
    "density": Drawing(sample_figures.draw_grid, (*_GRID, sample_figures.finish)),
    "mean": Drawing(sample_figures.draw_grid, (*_GRID, sample_figures.finish)),
    "errors": Drawing(sample_figures.draw_errors, (*_GRID, sample_figures.finish)),
    "correlation": Drawing(
        sample_figures.draw_correlation,
        (
            rank_correlation.average_ranks,
            rank_correlation.correlation_matrix,
            rank_correlation.standard_scores,
        ),
    ),
    "parallel": Drawing(sample_figures.draw_parallel, (sample_figures.classes_of,)),
    "timeline": Drawing(task_figures.draw_timeline, (task_times.lanes_of, task_figures.time_unit)),
    "use": Drawing(task_figures.draw_use, (task_times.mean_between, task_figures.time_unit)),
}

_READ_DATASET = (figure_reading.read_dataset, figure_reading.as_column)
_READ_TASKS = (figure_reading.read_tasks,)
_READ_COURSE = (figure_reading.read_course, figure_reading.read_tasks)

_HEAD = '''\
#!/usr/bin/env python3
"""Draws {title}.

    python {script} [SOURCE [FIGURE]]

Needs numpy and matplotlib. Written by enchanted-tui {version}.
"""

from __future__ import annotations

{imports}

import numpy
import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SOURCE = sys.argv[1] if len(sys.argv) > 1 else {source!r}
FIGURE = sys.argv[2] if len(sys.argv) > 2 else {figure!r}
SIZE = {size!r}  # inches
SETTINGS = {settings}
WANTED = {wanted}
'''
_MAIN = """
def main():
    data = {read}
    with rc_context(SETTINGS):
        figure = Figure(figsize=SIZE, layout="constrained")
        FigureCanvasAgg(figure)
        {draw}(figure, data, WANTED)
        figure.savefig(FIGURE)
    print(f"wrote {{FIGURE}}")


if __name__ == "__main__":
    main()
"""


def write_script(
    path: Path,
    figure: Path,
    run_dir: Path,
    wanted: Mapping[str, Any],
    size: tuple[float, float],
    settings: Mapping[str, Any],
    rows: Path | None = None,
) -> None:
    """Write the script of a figure; `wanted` is what its drawing function is given, `rows` a file
    of those that it is of, if it is of some. Raises OSError.
    """
    drawing = DRAWINGS[wanted["kind"]]
    source, read, functions = _reading(run_dir, wanted, rows)
    texts = [inspect.getsource(one) for one in (*functions, *drawing.needs, drawing.draw)]
    used = [
        name
        for name in ("csv", "heapq", "itertools", "json")
        if any(f"{name}." in text for text in texts)
    ]
    head = _HEAD.format(
        title=f"the figure {wanted['kind']} of a campaign",
        imports="\n".join(f"import {name}" for name in [*used, "sys"]),
        figure=str(figure),
        source=str(source),
        script=path.name,
        version=__version__,
        size=size,
        settings=pformat(dict(settings), width=90),
        wanted=pformat(dict(wanted), width=90, sort_dicts=False),
    )
    main = _MAIN.format(read=read, draw=drawing.draw.__name__)
    write_atomically(path, "\n\n".join([head, *texts, main.lstrip("\n")]))


def _reading(
    run_dir: Path, wanted: Mapping[str, Any], rows: Path | None
) -> tuple[Path, str, Sequence[Function]]:
    """Return what is read, the expression that reads it, and its functions."""
    dataset, journal = run_dir / "enchanted_dataset.csv", run_dir / "state" / "journal.jsonl"
    if wanted["kind"] in ("timeline", "use"):
        return journal, "read_tasks(SOURCE)", _READ_TASKS
    if wanted["kind"] == "best" and rows is None:
        read = f"read_course(SOURCE, {wanted['y']!r}, {wanted['place']!r})"
        return journal, read, _READ_COURSE
    texts = [wanted["colour"]] if wanted["colour_kind"] == "text" else []
    said = f", {texts!r}" if texts else ""
    return rows or dataset, f"read_dataset(SOURCE, {wanted['names']!r}{said})", _READ_DATASET
