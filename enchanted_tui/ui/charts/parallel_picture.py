"""Parallel coordinates: each sample a line over all columns, drawn with dots of braille.

A. Inselberg, The plane with parallel coordinates, The Visual Computer 1 (1985) 69-91.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui import formats
from enchanted_tui.ui.charts.chart_axes import axis_over
from enchanted_tui.ui.charts.drawing import Marking, nothing, prevailing
from enchanted_tui.ui.charts.picture import Picture, dots, sign
from enchanted_tui.ui.charts.spots import DrawnPlot, spots_of
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.views.dataset_statistics import Floats

_APART = 8  #: columns between two axes, at least
_LINES_A_ROW = 6  #: more would leave nothing to be told apart
_TOP = 2  #: rows above the axes, for names and upper ends

Bends = NDArray[np.intp]  #: by sample and axis, row of dots; -1 where there is no number


def parallel_picture(
    size: tuple[int, int],
    columns: Mapping[str, Floats],
    marking: Marking | None,
    *,
    first: int,
    chosen: int | None,
) -> DrawnPlot:
    """Draw samples over the columns from the one numbered `first` on, as many as there is room
    for; the sample `chosen` on top of all others.
    """
    names = list(columns)[first : first + max(2, size[0] // _APART)]
    axes = {name: axis_over(columns[name]) for name in names}
    names = [name for name in names if axes[name] is not None]
    height = size[1] - _TOP - 1
    if len(names) < 2 or height < 1 or size[0] < _APART:
        return DrawnPlot(nothing(size, "There are fewer than two columns of numbers to be shown."))
    picture = Picture(*size)
    places = np.linspace(3, max(4, size[0] - 4), len(names)).astype(np.intp)
    share = np.stack([axes[name].share(columns[name]) for name in names], axis=1)  # type: ignore[union-attr]
    with np.errstate(invalid="ignore"):
        bends = np.where(
            np.isnan(share), -1, 4 * height - 1 - np.minimum(share * 4 * height, 4 * height - 1)
        ).astype(np.intp)
    apart = max(1, -(-len(bends) // (_LINES_A_ROW * height)))
    _lines(picture, places, bends[::apart], marking, apart, height)
    if chosen is not None and chosen < len(bends):
        _line_of(picture, places, bends[chosen], height)
    for place, name in zip(places.tolist(), names, strict=True):
        axis = axes[name]
        assert axis is not None
        _label(picture, place, 0, cut_name(name, _APART - 1), "")
        _label(picture, place, 1, f"{axis.high:.3g}", "dim")
        _label(picture, place, _TOP + height, f"{axis.low:.3g}", "dim")
    samples, axis_numbers = np.nonzero(bends >= 0)
    spots = spots_of(
        places[axis_numbers], _TOP + bends[samples, axis_numbers] // 4, samples.astype(np.intp)
    )

    def says(spot: int) -> str:
        members = spots.members(spot)
        axis = int(np.argmin(np.abs(places - spots.columns[spot])))
        value = formats.number(float(columns[names[axis]][members[0]]))
        more = f", and {members.size - 1:,} more here" if members.size > 1 else ""
        return f"{names[axis]} {value}{more}"

    legend = ((f"every {apart:,}th sample", "dim"),) if apart > 1 else ()
    return DrawnPlot(picture, spots, says, legend, int((bends < 0).any(axis=1).sum()))


def _label(picture: Picture, place: int, row: int, text: str, colour: str) -> None:
    left = max(0, min(place - len(text) // 2, picture.width - len(text)))
    picture.put(left, row, text, colour)


def _lines(
    picture: Picture,
    places: Bends,
    bends: Bends,
    marking: Marking | None,
    apart: int,
    height: int,
) -> None:
    """Draw samples: of lines that lie upon each other one, in the colour of most of them. `bends`
    are those of every `apart`-th one.
    """
    classes = np.zeros(len(bends), dtype=np.intp) if marking is None else marking.classes[::apart]
    count = 1 if marking is None else len(marking.names)
    bits = np.zeros((height, picture.width), dtype=np.int64)
    held = [np.zeros(0, dtype=np.intp)] * 3
    for number in range(len(places) - 1):
        begin, end = bends[:, number], bends[:, number + 1]
        both = (begin >= 0) & (end >= 0)
        keys = (begin[both] * 4 * height + end[both]) * (count + 1) + classes[both] + 1
        lines = np.unique(keys)
        left, right = 2 * places[number], 2 * places[number + 1]
        along = np.arange(left, right + 1)
        ends = np.divmod(lines // (count + 1), 4 * height)
        share = (along - left) / max(1, right - left)
        rows = np.rint(ends[0][:, None] + share * (ends[1] - ends[0])[:, None]).astype(np.intp)
        columns = np.broadcast_to(along, rows.shape)
        bits |= dots(columns.ravel(), rows.ravel(), picture.width, height)
        kinds = np.broadcast_to((lines % (count + 1) - 1)[:, None], rows.shape)
        taken = (columns.ravel() // 2, rows.ravel() // 4, kinds.ravel())
        held = [np.append(one, more) for one, more in zip(held, taken, strict=True)]
    shown = prevailing((held[0], held[1]), held[2], (height, picture.width), count)
    for row, column in zip(*np.nonzero(bits), strict=True):
        kind = int(shown[row, column])
        colour = "primary" if marking is None else "dim" if kind < 0 else marking.colours[kind]
        picture.put(int(column), _TOP + int(row), sign(int(bits[row, column])), colour)
    for place in places.tolist():
        for row in range(height):
            if not bits[row, place]:
                picture.put(place, _TOP + row, glyph("vertical"), "dim")


def _line_of(picture: Picture, places: Bends, bend: Bends, height: int) -> None:
    """Draw one sample with a sign of its own."""
    for number in range(len(places) - 1):
        if bend[number] < 0 or bend[number + 1] < 0:
            continue
        along = np.arange(places[number], places[number + 1] + 1)
        rows = np.interp(along, places[number : number + 2], bend[number : number + 2]) // 4
        for column, row in zip(along.tolist(), rows.astype(int).tolist(), strict=True):
            picture.put(column, _TOP + min(row, height - 1), glyph("point"), "accent")
