"""A matrix of correlations, drawn as coloured numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui.charts.colour_maps import DIVERGING, colours_of, ink_on
from enchanted_tui.ui.charts.drawing import nothing
from enchanted_tui.ui.charts.picture import Picture
from enchanted_tui.ui.charts.spots import DrawnPlot, spots_of
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.views.dataset_statistics import Floats

_NARROWEST, _WIDEST = 6, 14  #: of a cell
_LABEL = 16


def correlation_picture(
    size: tuple[int, int],
    names: Sequence[str],
    found: Floats,
    counts: NDArray[np.intp],
    *,
    first: int,
    coloured: bool,
) -> DrawnPlot:
    """Draw the correlations of columns with those from the one numbered `first` on, as many as
    there is room for. A spot shows the number of a pair, row * columns + column.
    """
    label = min(_LABEL, max(4, size[0] // 4))
    longest = max(map(len, names), default=0) + 1
    room = (size[0] - label) // max(1, len(names))
    cell = max(_NARROWEST, min(longest, room, _WIDEST))
    across = np.arange(first, min(len(names), first + max(1, (size[0] - label) // cell)))
    down = np.arange(min(len(names), max(0, size[1] - 1)))
    if len(names) < 2:
        return DrawnPlot(nothing(size, "There are fewer than two columns of numbers."))
    picture = Picture(*size)
    colours = colours_of(found, -1.0, 1.0, DIVERGING)
    for place, column in enumerate(across.tolist()):
        picture.put(label + cell * place, 0, cut_name(names[column], cell - 1).rjust(cell - 1))
    for row in down.tolist():
        picture.put(0, row + 1, cut_name(names[row], label - 1).ljust(label))
        for place, column in enumerate(across.tolist()):
            value, colour = float(found[row, column]), str(colours[row, column])
            text = "-" if value != value else f"{value:.2f}"
            shown = f"{ink_on(colour)} on {colour}" if coloured and colour else ""
            picture.put(label + cell * place, row + 1, text.rjust(cell - 1), shown)
    rows, columns = (one.ravel() for one in np.meshgrid(down, across, indexing="ij"))
    spots = spots_of(
        label + cell * (columns - first) + cell - 2, rows + 1, rows * len(names) + columns
    )

    def says(spot: int) -> str:
        row, column = divmod(int(spots.members(spot)[0]), len(names))
        value = found[row, column]
        words = "no correlation: one value only" if value != value else f"Spearman {value:.3f}"
        return f"{names[row]} and {names[column]}: {words}, of {counts[row, column]:,} samples"

    return DrawnPlot(picture, spots, says)
