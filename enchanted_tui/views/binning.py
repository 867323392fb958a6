"""Samples in bins, over one column or two: how many there are, and mean and spread of a value.

Uses numpy and nothing else. Each function stands by itself, so that the script of a figure can
carry its text (`plotting.figure_script`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.views.dataset_statistics import Floats


def edges_over(values: Floats, bins: int, *, log: bool = False) -> Floats:
    """Return the edges, shape (bins + 1,), of bins that hold all finite values, all of one width
    or, if `log`, of one ratio, where values above 0 count alone. A single value lies in the middle.
    Raises ValueError if there is no value.
    """
    usable = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not usable.size:
        raise ValueError("there is no finite number, or none above 0 for a logarithmic axis")
    share = np.arange(bins + 1) / bins
    low, high = float(usable.min()), float(usable.max())
    if log:
        if high / low < 1.01:
            low, high = low / 1.5, min(high * 1.5, 1.7e308)
        edges = np.exp(np.log(low) * (1 - share) + np.log(high) * share)
    else:
        if not high / 2 - low / 2 > max(abs(low), abs(high)) * 1e-12:
            margin = abs(low) * 0.1 if abs(low) > 1e-290 else 1.0
            low, high = max(low - margin, -1.7e308), min(high + margin, 1.7e308)
        edges = low * (1 - share) + high * share
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges)


def places_in(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """Return the number of the bin of each value, as `numpy.histogram` counts: the last bin holds
    its upper edge too; -1 for what is outside and for NaN.
    """
    bins = edges.size - 1
    found = np.searchsorted(edges, values, side="right") - 1
    found = np.where(values == edges[-1], bins - 1, found)
    return np.where((values >= edges[0]) & (values <= edges[-1]), found, -1)


def statistics_by_place(
    places: NDArray[np.intp], values: Floats, count: int
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return, for each of `count` places, how many finite values are there, their mean and their
    standard deviation (of the sample, n - 1); NaN where there are none, or less than two. A place
    of -1 is left out. Sums do not overflow.
    """
    usable = (places >= 0) & np.isfinite(values)
    at, shown = places[usable], values[usable]
    scale = float(np.abs(shown).max(initial=0.0)) or 1.0
    scaled = shown / scale
    counts = np.bincount(at, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(at, scaled, count) / counts
        squares = np.bincount(at, (scaled - means[at]) ** 2, count)
        spread = np.sqrt(squares / np.where(counts > 1, counts - 1, np.nan))
    return counts, means * scale, spread * scale


def places_on_grid(x: Floats, y: Floats, x_edges: Floats, y_edges: Floats) -> NDArray[np.intp]:
    """Return the number of the cell of each point on a grid, `column * rows + row`; -1 for points
    beside it.
    """
    columns, rows = places_in(x, x_edges), places_in(y, y_edges)
    return np.where((columns >= 0) & (rows >= 0), columns * (y_edges.size - 1) + rows, -1)
