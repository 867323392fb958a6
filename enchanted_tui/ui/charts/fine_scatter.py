"""Points of any number at the full resolution of characters: as in `drawing`, or always as dots of
braille, or as half blocks with a colour each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.plotting.plot_wanted import Grain
from enchanted_tui.ui.charts.chart_axes import axis_over
from enchanted_tui.ui.charts.colour_maps import colours_of
from enchanted_tui.ui.charts.drawing import Marking, prevailing, scatter
from enchanted_tui.ui.charts.heat_pictures import paint_halves
from enchanted_tui.ui.charts.picture import Frame, Picture, dots, sign
from enchanted_tui.ui.charts.spots import DrawnPlot, spots_of
from enchanted_tui.views.binning import statistics_by_place
from enchanted_tui.views.dataset_statistics import Floats


def fine_scatter(
    size: tuple[int, int],
    points: tuple[Floats, Floats],
    titles: tuple[str, str],
    *,
    log: tuple[bool, bool],
    marking: Marking | None,
    numbers: Floats | None,
    grain: Grain,
    colours: dict[str, str] | None,
) -> DrawnPlot:
    """Draw points; `marking` says which classes they are of, `numbers` the value that is their
    colour, `colours` the theme's by name: none where there are no colours, and signs tell classes
    apart.
    """
    x, y = points
    usable = np.isfinite(x) & np.isfinite(y)
    axes = axis_over(x[usable], log=log[0]), axis_over(y[usable], log=log[1])
    if axes[0] is None or axes[1] is None or colours is None or grain == "auto":
        picture = scatter(size, x, y, titles, log=log, marking=marking)
        frame = None
        if axes[0] is not None and axes[1] is not None:
            frame = Frame(Picture(*size), axes[0], axes[1], *titles)
    else:
        picture = Picture(*size)
        frame = Frame(picture, axes[0], axes[1], *titles)
        if grain == "blocks":
            _blocks(frame, points, marking, numbers, colours)
        else:
            _dots(frame, points, marking)
    if frame is None:
        return DrawnPlot(picture, left_out=x.size)
    columns, rows, on = frame.cells(x, y, frame.width, frame.height)
    spots = spots_of(frame.left + 1 + columns, frame.top + rows, np.flatnonzero(on))
    return DrawnPlot(picture, spots, left_out=int((~on).sum()))


def _dots(frame: Frame, points: tuple[Floats, Floats], marking: Marking | None) -> None:
    """Draw dots of braille, each character in the colour of what most of its points are."""
    columns, rows, on = frame.cells(*points, 2 * frame.width, 4 * frame.height)
    bits = dots(columns, rows, frame.width, frame.height)
    kinds = None
    if marking is not None:
        kinds = prevailing(
            (columns // 2, rows // 4),
            marking.classes[on],
            (frame.height, frame.width),
            len(marking.names),
        )
    for row, column in zip(*np.nonzero(bits), strict=True):
        kind = int(kinds[row, column]) if kinds is not None else -1
        colour = "primary" if marking is None else "dim" if kind < 0 else marking.colours[kind]
        frame.put(int(column), int(row), sign(int(bits[row, column])), colour)


def _blocks(
    frame: Frame,
    points: tuple[Floats, Floats],
    marking: Marking | None,
    numbers: Floats | None,
    colours: dict[str, str],
) -> None:
    """Draw half blocks: a colour each, of the mean value or of what most of the points are."""
    shape = (2 * frame.height, frame.width)
    columns, rows, on = frame.cells(*points, shape[1], shape[0])
    if numbers is not None:
        places = rows * shape[1] + columns
        _, means, _ = statistics_by_place(places, numbers[on], shape[0] * shape[1])
        if np.isfinite(means).any():
            ends = float(np.nanmin(means)), float(np.nanmax(means))
            paint_halves(frame, colours_of(means, *ends).reshape(shape))
        return
    names: NDArray[np.object_] = np.full(shape, "", dtype=object)
    if marking is None:
        names[rows, columns] = colours.get("primary", "")
    else:
        kinds = prevailing((columns, rows), marking.classes[on], shape, len(marking.names))
        palette = [
            colours.get(name, "") or colours.get("foreground", "") for name in marking.colours
        ]
        for kind, colour in enumerate(palette):
            names[kinds == kind] = colour
    paint_halves(frame, names)
