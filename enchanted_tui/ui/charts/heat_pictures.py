"""Heat maps drawn with characters: half blocks, two colours each, or ink where there are no
colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui import formats
from enchanted_tui.ui.charts.chart_axes import ChartAxis
from enchanted_tui.ui.charts.colour_maps import EVEN, colours_of, ink_of
from enchanted_tui.ui.charts.drawing import nothing
from enchanted_tui.ui.charts.picture import Frame, Picture
from enchanted_tui.ui.charts.spots import DrawnPlot, Spots, spots_of
from enchanted_tui.views.binning import edges_over, places_in, statistics_by_place
from enchanted_tui.views.dataset_statistics import Floats

_BAR = 12  #: columns for the scale at the right
_NARROWEST = 50  #: with a scale


def heat_picture(
    size: tuple[int, int],
    points: tuple[Floats, Floats],
    values: Floats | None,
    titles: tuple[str, str, str],
    *,
    log: tuple[bool, bool],
    bins: int,
    coloured: bool,
) -> DrawnPlot:
    """Draw how many points lie in each cell of a grid or, with `values`, the mean of theirs.
    `titles`: of both axes and of the colour; `bins` along each axis, or as many as there is room
    for.
    """
    x, y = points
    usable = [
        np.isfinite(one) & ((one > 0) | (not by_log))
        for one, by_log in zip(points, log, strict=True)
    ]
    shown = usable[0] & usable[1]
    if not shown.any():
        return DrawnPlot(
            nothing(size, "There is no row with a number on both axes."), left_out=x.size
        )
    scale = _BAR if size[0] >= _NARROWEST else 0
    picture = Picture(*size)
    frame = Frame(
        picture,
        _axis(x[shown], log=log[0]),
        _axis(y[shown], log=log[1]),
        *titles[:2],
        width=size[0] - scale - 10 if scale else None,
    )
    down = (2 if coloured else 1) * frame.height
    x_edges = edges_over(x[shown], min(bins, frame.width), log=log[0])
    y_edges = edges_over(y[shown], min(bins, down), log=log[1])
    columns, rows = places_in(x, x_edges), places_in(y, y_edges)
    nx, ny = x_edges.size - 1, y_edges.size - 1
    cells = np.where((columns >= 0) & (rows >= 0), columns * ny + rows, -1)
    counts, means, _ = statistics_by_place(
        cells, np.ones(x.size) if values is None else values, nx * ny
    )
    grid = np.where(counts > 0, counts if values is None else means, np.nan).reshape(nx, ny)
    low = 0.0 if values is None else float(np.nanmin(grid, initial=np.inf))
    high = float(np.nanmax(grid, initial=-np.inf))
    if low > high:
        return DrawnPlot(nothing(size, f"{titles[2]}: no row has a number."), left_out=x.size)
    _paint(frame, grid, (low, high), coloured=coloured)
    if scale:
        _scale(frame, (low, high), titles[2], coloured=coloured)
    spots = _spots(frame, cells, (nx, ny), values)
    return DrawnPlot(
        picture,
        spots,
        lambda spot: _said(spots.members(spot), points, values, titles),
        left_out=int((cells < 0).sum()),
    )


def _axis(values: Floats, *, log: bool) -> ChartAxis:
    low, high = edges_over(values, 1, log=log).tolist()
    return ChartAxis(low, high, log)


def _paint(frame: Frame, grid: Floats, ends: tuple[float, float], *, coloured: bool) -> None:
    """Fill the frame with a grid, shape (columns, rows from below)."""
    nx, ny = grid.shape
    down = frame.height * (2 if coloured else 1)
    across = np.arange(frame.width) * nx // frame.width
    up = (down - 1 - np.arange(down)) * ny // down
    shown = grid[across][:, up].T
    if coloured:
        paint_halves(frame, colours_of(shown, *ends))
        return
    for row, signs in enumerate(ink_of(shown, *ends)):
        frame.put(0, row, "".join(signs))


def paint_halves(frame: Frame, colours: NDArray[np.object_]) -> None:
    """Paint colours, shape (2 * height, width), with half blocks; an empty one is left out."""
    for row in range(frame.height):
        for column, (upper, lower) in enumerate(
            zip(colours[2 * row].tolist(), colours[2 * row + 1].tolist(), strict=True)
        ):
            if upper and lower:
                frame.put(column, row, "▀", f"{upper} on {lower}")
            elif upper or lower:
                frame.put(column, row, "▀" if upper else "▄", upper or lower)


def _scale(frame: Frame, ends: tuple[float, float], title: str, *, coloured: bool) -> None:
    """Draw beside the frame which colour is which value, the largest at the top."""
    picture, left = frame.picture, frame.left + frame.width + 3
    steps = np.linspace(ends[1], ends[0], 2 * frame.height)
    picture.put(max(0, picture.width - len(title)), 0, title)
    for row in range(frame.height):
        pair = steps[2 * row : 2 * row + 2]
        if coloured:
            upper, lower = colours_of(pair, *ends, EVEN).tolist()
            picture.put(left, frame.top + row, "▀▀", f"{upper} on {lower}")
        else:
            picture.put(left, frame.top + row, str(ink_of(pair, *ends)[0]) * 2)
    for row, share in ((0, 1.0), (frame.height // 2, 0.5), (frame.height - 1, 0.0)):
        value = ends[0] * (1 - share) + ends[1] * share
        picture.put(left + 3, frame.top + row, f"{value:.3g}", "dim")


def _spots(
    frame: Frame, cells: NDArray[np.intp], shape: tuple[int, int], values: Floats | None
) -> Spots:
    """Point at cells by their middles."""
    members = np.flatnonzero((cells >= 0) & (True if values is None else np.isfinite(values)))
    nx, ny = shape
    columns, rows = cells[members] // ny, cells[members] % ny
    across = ((columns + 0.5) * frame.width / nx).astype(np.intp)
    down = frame.height - 1 - ((rows + 0.5) * frame.height / ny).astype(np.intp)
    return spots_of(frame.left + 1 + across, frame.top + down, members)


def _said(
    members: NDArray[np.intp],
    points: tuple[Floats, Floats],
    values: Floats | None,
    titles: tuple[str, str, str],
) -> str:
    """Say what is in a cell."""
    parts = [f"{members.size:,} sample{'' if members.size == 1 else 's'}"]
    if values is not None:
        found = statistics_by_place(np.zeros(members.size, np.intp), values[members], 1)
        parts.append(f"{titles[2]} {formats.number(float(found[1][0]))}")
    for title, numbers in zip(titles, points, strict=False):
        low, high = float(numbers[members].min()), float(numbers[members].max())
        ends = formats.number(low) if low == high else f"{low:.4g} to {high:.4g}"
        parts.append(f"{title} {ends}")
    return ", ".join(parts)
