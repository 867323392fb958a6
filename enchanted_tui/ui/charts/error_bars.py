"""Points with error bars, drawn with characters: a column with its errors, or means of bins with
standard deviations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui import formats
from enchanted_tui.ui.charts.chart_axes import axis_over
from enchanted_tui.ui.charts.drawing import nothing
from enchanted_tui.ui.charts.picture import Frame, Picture, dots, sign
from enchanted_tui.ui.charts.spots import DrawnPlot, spots_of
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.views.binning import edges_over, places_in, statistics_by_place
from enchanted_tui.views.dataset_statistics import Floats


def error_bars(
    size: tuple[int, int],
    points: tuple[Floats, Floats],
    errors: Floats | None,
    titles: tuple[str, str],
    *,
    log: tuple[bool, bool],
    bins: int,
) -> DrawnPlot:
    """Draw points with `errors` or, without, the mean and standard deviation of each of `bins`
    bins.
    """
    x, y = points
    usable = np.isfinite(x) & np.isfinite(y) & ((x > 0) | (not log[0])) & ((y > 0) | (not log[1]))
    if not usable.any():
        return DrawnPlot(
            nothing(size, "There is no row with a number on both axes."), left_out=x.size
        )
    rows = np.flatnonzero(usable)
    middle, spread, which = _points_of(
        x[rows], y[rows], None if errors is None else errors[rows], bins, log=log[0]
    )
    with np.errstate(over="ignore"):
        ends = np.concatenate([middle[1] - spread, middle[1] + spread, middle[1]])
    axes = axis_over(x[rows], log=log[0]), axis_over(ends, log=log[1])
    if axes[0] is None or axes[1] is None:
        return DrawnPlot(nothing(size, "There is nothing to show."), left_out=x.size)
    picture = Picture(*size)
    frame = Frame(picture, axes[0], axes[1], *titles)
    _bars(frame, middle, spread)
    columns, down, on = frame.cells(*middle, frame.width, frame.height)
    for column, row in set(zip(columns.tolist(), down.tolist(), strict=True)):
        frame.put(column, row, glyph("point"), "primary")
    place = np.full(middle[0].size, -1, dtype=np.intp)
    place[on] = np.arange(columns.size)
    at = place[which]
    spots = spots_of(
        frame.left + 1 + columns[at[at >= 0]], frame.top + down[at[at >= 0]], rows[at >= 0]
    )

    def says(spot: int) -> str:
        members = spots.members(spot)
        here = np.zeros(members.size, dtype=np.intp)
        found, across = (statistics_by_place(here, one[members], 1) for one in (y, x))
        near = f"{titles[0]} {formats.number(float(across[1][0]))}"
        mean = f"{titles[1]} {formats.number(float(found[1][0]))}"
        if errors is not None and members.size == 1:
            return f"{near}, {mean} +- {formats.number(float(abs(errors[members[0]])))}"
        return (
            f"{near}, {mean} +- {formats.number(float(np.nan_to_num(found[2][0])))},"
            f" {members.size:,} samples"
        )

    return DrawnPlot(picture, spots, says, left_out=int(x.size - (at >= 0).sum()))


def _points_of(
    x: Floats, y: Floats, errors: Floats | None, bins: int, *, log: bool
) -> tuple[tuple[Floats, Floats], Floats, NDArray[np.intp]]:
    """Return where points are, how long their bars are upwards and downwards, and the point that
    each row belongs to.
    """
    if errors is not None:
        return (x, y), np.nan_to_num(np.abs(errors), posinf=0.0), np.arange(x.size)
    edges = edges_over(x, bins, log=log)
    which = places_in(x, edges)
    counts, means, deviations = statistics_by_place(which, y, bins)
    centres = edges[:-1] / 2 + edges[1:] / 2
    if log:
        centres = np.sqrt(edges[:-1]) * np.sqrt(edges[1:])
    return (np.where(counts > 0, centres, np.nan), means), np.nan_to_num(deviations), which


def _bars(frame: Frame, middle: tuple[Floats, Floats], spread: Floats) -> None:
    """Draw vertical lines of dots, all at once: where more begin than have ended there is one."""
    with np.errstate(over="ignore"):
        bottom, top = middle[1] - spread, middle[1] + spread
    low, high = (np.clip(one, frame.y.low, frame.y.high) for one in (bottom, top))
    across, down = 2 * frame.width, 4 * frame.height
    columns, bottoms, on_low = frame.cells(middle[0], low, across, down)
    tops = np.full(middle[0].size, -1, dtype=np.intp)
    _, found, on_high = frame.cells(middle[0], high, across, down)
    tops[on_high] = found
    change = np.zeros((across, down + 1), dtype=np.intp)
    begins = tops[on_low]
    np.add.at(change, (columns[begins >= 0], begins[begins >= 0]), 1)
    np.add.at(change, (columns[begins >= 0], bottoms[begins >= 0] + 1), -1)
    filled = np.nonzero(np.cumsum(change, axis=1)[:, :down] > 0)
    bits = dots(filled[0], filled[1], frame.width, frame.height)
    for row, column in zip(*np.nonzero(bits), strict=True):
        frame.put(int(column), int(row), sign(int(bits[row, column])), "secondary")
