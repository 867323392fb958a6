"""Each kind of plot, drawn with characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.blas_threads import one_thread
from enchanted_tui.plotting.figure_files import PlotData
from enchanted_tui.plotting.plot_wanted import BY_FRONT, PlotWanted, usual_bins
from enchanted_tui.ui import formats
from enchanted_tui.ui.charts import chart_choice, drawing
from enchanted_tui.ui.charts.chart_choice import ChartChoice
from enchanted_tui.ui.charts.correlation_picture import correlation_picture
from enchanted_tui.ui.charts.error_bars import error_bars
from enchanted_tui.ui.charts.fine_scatter import fine_scatter
from enchanted_tui.ui.charts.heat_pictures import heat_picture
from enchanted_tui.ui.charts.parallel_picture import parallel_picture
from enchanted_tui.ui.charts.spots import DrawnPlot
from enchanted_tui.ui.charts.time_pictures import timeline, use_over_time
from enchanted_tui.views.dataset_statistics import Floats, Results
from enchanted_tui.views.front import front_of
from enchanted_tui.views.rank_correlation import correlation_matrix

_ANY = 1000  #: bins, which are as many as there is room for


@dataclass(frozen=True)
class Surface:
    """What is drawn upon, and how it is looked at."""

    #: colours of the theme by name; None where there are none
    colours: Mapping[str, str] | None = None
    first: int = 0  #: of the columns that are shown, where not all fit
    chosen: int | None = None  #: row of the dataset that stands out


class PlotDrawer:
    """Draws plots; what takes long is worked out once for as long as the dataset stays as it is."""

    def __init__(self) -> None:
        #: what the correlations were of, and these; one thing, since threads come and go
        self._known: tuple[object, tuple[Floats, NDArray[np.intp]] | None] = (None, None)

    def draw(
        self, data: PlotData, wanted: PlotWanted, size: tuple[int, int], surface: Surface
    ) -> DrawnPlot:
        """Draw what is wanted, which is settled; may take a while for many samples."""
        if wanted.how.of_tasks:
            if data.times is None:
                return DrawnPlot(drawing.nothing(size, "Reading the tasks."))
            return (timeline if wanted.kind == "timeline" else use_over_time)(size, data.times)
        results = data.results
        if not len(results) or not results.numeric:
            return DrawnPlot(drawing.nothing(size, "There is no column of numbers yet."))
        if wanted.kind == "correlation":
            found, counts = self._correlations(results, wanted)
            return correlation_picture(
                size,
                wanted.columns,
                found,
                counts,
                first=surface.first,
                coloured=surface.colours is not None,
            )
        if wanted.kind == "parallel":
            return self._parallel(results, wanted, size, surface)
        return _of_two(results, wanted, size, surface)

    def _correlations(
        self, results: Results, wanted: PlotWanted
    ) -> tuple[Floats, NDArray[np.intp]]:
        key = (results.tasks.codes.tobytes(), wanted.columns)
        known, found = self._known
        if known != key or found is None:
            numbers = {name: results.columns[name].numbers for name in wanted.columns}
            with one_thread():  # or threads of BLAS wait for each other where samples run
                found = correlation_matrix(numbers)
            self._known = key, found
        return found

    def forget(self) -> None:
        """Forget what was worked out: the rows are others now."""
        self._known = None, None

    def _parallel(
        self, results: Results, wanted: PlotWanted, size: tuple[int, int], surface: Surface
    ) -> DrawnPlot:
        marks = chart_choice.marking(results, wanted.colour)
        found = parallel_picture(
            size,
            {name: results.columns[name].numbers for name in wanted.columns},
            marks,
            first=surface.first,
            chosen=surface.chosen,
        )
        legend = tuple(marks.legend("dot")) if marks is not None else ()
        # lines have no signs of their own
        plain = tuple((text.partition(" ")[2] or text, colour) for text, colour in legend)
        said = found.says

        def says(spot: int) -> str:
            row = int(found.spots.members(spot)[0])
            return f"{results.tasks[row].name}  {said(spot)}"

        return replace(found, legend=(*plain, *found.legend), says=says)


def _of_two(
    results: Results, wanted: PlotWanted, size: tuple[int, int], surface: Surface
) -> DrawnPlot:
    """Draw what is of two columns, or of one."""
    x, y = (results.columns[name].numbers for name in (wanted.x, wanted.y))
    titles, log = (wanted.x, wanted.y), (wanted.log_x, wanted.log_y)
    bins = wanted.bins or usual_bins(wanted.kind, len(results), _ANY)
    if wanted.kind in ("histogram", "best"):
        choice = ChartChoice(wanted.x, wanted.y, log_x=log[0], log_y=log[1], largest=wanted.largest)
        return DrawnPlot(chart_choice.picture(results, choice, wanted.kind, *size))
    if wanted.kind in ("density", "mean"):
        is_mean = wanted.kind == "mean"
        return heat_picture(
            size,
            (x, y),
            results.columns[wanted.value].numbers if is_mean else None,
            (*titles, f"mean {wanted.value}" if is_mean else "samples"),
            log=log,
            bins=bins,
            coloured=surface.colours is not None,
        )
    if wanted.kind == "errors":
        errors = results.columns[wanted.error].numbers if wanted.error else None
        bins = wanted.bins or usual_bins("errors", len(results), max(2, size[0] // 4))
        return error_bars(size, (x, y), errors, titles, log=log, bins=bins)
    return _points(results, wanted, size, surface)


def _points(
    results: Results, wanted: PlotWanted, size: tuple[int, int], surface: Surface
) -> DrawnPlot:
    """Draw a scatter plot, or the front of the first two objectives."""
    colour, names = wanted.colour, (wanted.x, wanted.y)
    marks = chart_choice.marking(results, colour)
    if wanted.kind == "front":
        aims = list(wanted.objectives.objectives)
        if len(aims) < 2:
            return DrawnPlot(drawing.nothing(size, "A front needs two objectives; choose them."))
        lacking = [name for name in wanted.objectives.columns if name not in results.numeric]
        if lacking:
            said = f"There is no column of numbers {lacking[0]}; choose another objective."
            return DrawnPlot(drawing.nothing(size, said))
        front = front_of(
            wanted.objectives, lambda name: results.columns[name].numbers, results.success
        )
        colour, names = BY_FRONT, (aims[0], aims[1])
        marks = drawing.by_front(front, len(results))
    column = results.columns.get(colour)
    numbers = column.numbers if column is not None and column.kind == "number" else None
    points = results.columns[names[0]].numbers, results.columns[names[1]].numbers
    drawn = fine_scatter(
        size,
        points,
        names,
        log=(wanted.log_x, wanted.log_y),
        marking=marks,
        numbers=numbers,
        grain=wanted.grain,
        colours=None if surface.colours is None else dict(surface.colours),
    )
    spots = drawn.spots

    def says(spot: int) -> str:
        members = spots.members(spot)
        row = int(members[0])
        more = f"  and {members.size - 1:,} more here" if members.size > 1 else ""
        also = [colour] if numbers is not None else []
        also += wanted.objectives.objectives if wanted.kind == "front" else []
        shown = dict.fromkeys([*names, *also])
        values = formats.values({name: results.columns[name].raw[row] for name in shown})
        return f"{results.tasks[row].name}  {values}{more}"

    return replace(drawn, says=says, legend=_legend(marks, wanted, numbers, len(results), size))


def _legend(
    marks: drawing.Marking | None,
    wanted: PlotWanted,
    numbers: Floats | None,
    count: int,
    size: tuple[int, int],
) -> tuple[tuple[str, str], ...]:
    if marks is None:
        return ()
    if wanted.grain == "auto":
        return tuple(marks.legend(drawing.grain_for(count, size)))
    if wanted.grain == "blocks" and numbers is not None and np.isfinite(numbers).any():
        low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
        return ((f"dark {low:.3g}, light {high:.3g}", ""),)
    return tuple(zip(marks.names, marks.colours, strict=True))
