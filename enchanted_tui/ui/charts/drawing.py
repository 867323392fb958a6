"""Scatter plots, histograms and courses, drawn with characters. Any values may come in: NaN,
infinities, constants, none at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.ui.charts.chart_axes import ChartAxis, axis_over
from enchanted_tui.ui.charts.picture import Frame, Picture, block, dots, sign
from enchanted_tui.ui.glyphs import glyph, is_ascii
from enchanted_tui.views.dataset_statistics import Floats, Mask, bin_of

#: What plain points are drawn as: whole characters, quarters of one, or dots of braille, of which
#: there are eight in one.
Grain = Literal["point", "block", "dot"]
_POINTS: Mapping[Grain, Callable[[int], str]] = {
    "point": lambda _: glyph("point"),
    "block": block,
    "dot": sign,
}


@dataclass(frozen=True)
class Marking:
    """Which class each point belongs to, and how the classes are drawn and called."""

    classes: NDArray[np.intp]  #: by point; -1 for a point that belongs to none
    names: tuple[str, ...]
    colours: tuple[str, ...]  #: names of theme colours
    signs: tuple[str, ...]  #: a character each; empty for plain points

    def legend(self, grain: Grain) -> list[tuple[str, str]]:
        """Return (text, colour) of each class, as `grain` draws plain points."""
        return [
            (f"{mark or _POINTS[grain](0xFF)} {name}", colour)
            for name, colour, mark in zip(self.names, self.colours, self.signs, strict=True)
        ]


def grain_for(points: int, size: tuple[int, int]) -> Grain:
    """Say how points are best seen: one by one where there is room, coarse while most are alone in
    their character, else fine.
    """
    cells = size[0] * size[1]
    return "point" if 4 * points <= cells else "block" if points <= 2 * cells else "dot"


def by_success(ok: Mask) -> Marking:
    """Mark successes and failures."""
    return Marking(
        np.where(ok, 0, 1), ("ok", "failed"), ("success", "error"), ("", glyph("failed"))
    )


_RAMP = ("·∘○◍●", ".:oO@")
_RAMP_COLOURS = ("secondary", "primary", "success", "warning", "error")


def by_front(front: Mask, count: int) -> Marking:
    """Mark which of `count` points are on the Pareto front; the last ones may not be judged yet."""
    found = np.ones(count, dtype=np.intp)
    found[: len(front)][front] = 0
    return Marking(
        found, ("on the front", "others"), ("success", "secondary"), ("", _RAMP[is_ascii()][0])
    )


def by_value(values: Floats) -> Marking:
    """Mark points by a number, in five steps with the same number of points each; the more ink, the
    larger.
    """
    finite = np.isfinite(values)
    edges = (
        np.unique(np.quantile(values[finite], [0, 0.2, 0.4, 0.6, 0.8, 1]))
        if finite.any()
        else np.array([])
    )
    count = max(1, edges.size - 1)
    inner = edges[1:-1]
    classes = np.where(
        finite, np.searchsorted(inner, np.where(finite, values, 0.0), side="right"), -1
    )
    names = tuple(f"to {edge:.3g}" for edge in edges[1:]) or tuple(f"{edge:.3g}" for edge in edges)
    ramp = _RAMP[is_ascii()]
    steps = (
        np.linspace(0, len(ramp) - 1, count).round().astype(int)
        if count > 1
        else np.array([len(ramp) - 1])
    )
    return Marking(
        classes.astype(np.intp),
        names or ("no value",),
        tuple(_RAMP_COLOURS[step] for step in steps),
        tuple(ramp[step] for step in steps),
    )


def by_word(values: Sequence[object], words: Sequence[str]) -> Marking:
    """Mark points by a text, one sign a text."""
    number = {word: index for index, word in enumerate(words)}
    classes = np.array(
        [number.get(value, -1) if isinstance(value, str) else -1 for value in values], dtype=np.intp
    )
    letters = "abcdefgh"[: len(words)]
    colours = (
        "primary",
        "success",
        "warning",
        "error",
        "secondary",
        "accent",
        "foreground",
        "dim",
    )[: len(words)]
    return Marking(classes, tuple(words), tuple(colours), tuple(letters))


def scatter(
    size: tuple[int, int],
    x: Floats,
    y: Floats,
    titles: tuple[str, str],
    *,
    log: tuple[bool, bool] = (False, False),
    marking: Marking | None = None,
) -> Picture:
    """Draw points: few as characters, many as dots. A character that holds several classes shows
    the one most of them belong to.
    """
    usable = np.isfinite(x) & np.isfinite(y)
    axes = axis_over(x[usable], log=log[0]), axis_over(y[usable], log=log[1])
    if axes[0] is None or axes[1] is None:
        return nothing(size, _reason(log, usable))
    picture = Picture(*size)
    frame = Frame(picture, axes[0], axes[1], *titles)
    columns, rows, on = frame.cells(x, y, 2 * frame.width, 4 * frame.height)
    bits = dots(columns, rows, frame.width, frame.height)
    kinds = (
        prevailing(
            (columns // 2, rows // 4),
            marking.classes[on],
            (frame.height, frame.width),
            len(marking.names),
        )
        if marking is not None
        else None
    )
    drawn = _POINTS[grain_for(columns.size, size)]
    for row, column in zip(*np.nonzero(bits), strict=True):
        kind = int(kinds[row, column]) if kinds is not None else -1
        point = drawn(int(bits[row, column]))
        if marking is None or kind < 0:
            frame.put(int(column), int(row), point, "primary" if marking is None else "dim")
        else:
            frame.put(int(column), int(row), marking.signs[kind] or point, marking.colours[kind])
    return picture


def _reason(log: tuple[bool, bool], usable: Mask) -> str:
    if not usable.any():
        return "There is no row with a number in both columns."
    return (
        "A logarithmic axis shows values above 0 only, and there are none."
        if any(log)
        else "There is nothing to show."
    )


def prevailing(
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    classes: NDArray[np.intp],
    shape: tuple[int, int],
    count: int,
) -> NDArray[np.intp]:
    """Return the class that most points of each place (column, row) of a grid, shape (rows,
    columns), belong to, the last of several; -1 without any.
    """
    known = classes >= 0
    keys = (classes[known] * shape[0] + places[1][known]) * shape[1] + places[0][known]
    held = np.bincount(keys, minlength=count * shape[0] * shape[1]).reshape(count, *shape)
    found = count - 1 - np.argmax(held[::-1], axis=0)
    return np.where(held.sum(axis=0) > 0, found, -1)


_LABELS = 8  # columns left to the labels of a histogram


def histogram(
    size: tuple[int, int], values: Floats, ok: Mask, title: str, *, log: bool = False
) -> Picture:
    """Draw how often values occur: failures at the bottom, successes on top of them."""
    axis = axis_over(values, log=log)
    if axis is None:
        return nothing(
            size,
            "This column holds no finite number."
            if not log
            else "This column holds no number above 0.",
        )
    on = ~np.isnan(axis.share(values))
    room = max(1, size[0] - _LABELS)
    bar = max(1, room // max(5, min(60, int(2 * on.sum() ** (1 / 3)) + 1)))  # Rice's rule
    bins = max(1, room // bar)
    places = np.minimum((axis.share(values[on]) * bins).astype(np.intp), bins - 1)
    total = np.bincount(places, minlength=bins)
    failed = np.bincount(places[~ok[on]], minlength=bins)
    picture = Picture(*size)
    frame = Frame(
        picture,
        axis,
        ChartAxis(0.0, max(1, int(total.max())) * 1.02),
        title,
        "samples",
        width=bins * bar,
    )
    for index in range(bins):
        _bar(frame, index * bar, bar - (bar > 2), int(total[index]), int(failed[index]))
    return picture


def _bar(frame: Frame, left: int, width: int, total: int, failed: int) -> None:
    """Draw one bar; whatever is above zero is seen, a failure wherever there is room beside the
    successes.
    """
    rows_each = frame.height / frame.y.high
    eighths = max(1, round(8 * total * rows_each)) if total else 0
    rows = -(-eighths // 8)
    below = min(rows, max(round(failed * rows_each), int(failed > 0)))
    if failed < total and below == rows:
        below = rows - 1 if rows > 1 or 2 * failed < total else rows
    for step in range(rows):
        row = frame.height - 1 - step
        if step < below:
            frame.put(left, row, ("x" if is_ascii() else "▒") * width, "error")
        else:
            part = min(8, eighths - 8 * step)
            frame.put(
                left, row, ("#" if is_ascii() else glyph("spark")[part - 1]) * width, "success"
            )


def course(
    size: tuple[int, int],
    values: Floats,
    best: Floats,
    titles: tuple[str, str],
    *,
    log: bool = False,
) -> Picture:
    """Draw values in the order of the rows as points, and the best so far as a line over them."""
    numbers = np.arange(1, values.size + 1, dtype=np.float64)
    y = axis_over(values, log=log)
    if y is None:
        return nothing(
            size,
            "No success has a finite value in this column."
            if not log
            else "No success has a value above 0 in this column.",
        )
    picture = Picture(*size)
    frame = Frame(
        picture,
        axis_over(np.array([1.0, max(2.0, float(values.size))])) or ChartAxis(1, 2),
        y,
        *titles,
    )
    columns, rows, _ = frame.cells(numbers, values, frame.width, frame.height)
    for column, row in set(zip(columns.tolist(), rows.tolist(), strict=True)):
        frame.put(column, row, glyph("dot"), "dim")
    columns, rows = steps(frame, numbers, best)
    bits = dots(columns, rows, frame.width, frame.height)
    for row, column in zip(*np.nonzero(bits), strict=True):
        frame.put(int(column), int(row), sign(int(bits[row, column])), "primary")
    return picture


def steps(frame: Frame, x: Floats, y: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the dots of a line of steps through points from left to right."""
    columns, rows, _ = frame.cells(x, y, 2 * frame.width, 4 * frame.height)
    if not columns.size:
        return columns, rows
    # the last point in each column of dots
    last = np.append(np.nonzero(np.diff(columns))[0], columns.size - 1)
    place, height = columns[last], rows[last]
    across = np.arange(place[0], 2 * frame.width)
    level = height[np.searchsorted(place, across, side="right") - 1]
    level = level[across <= place[-1]]
    across = across[across <= place[-1]]
    parts = [(across, level)]
    for index in np.nonzero(np.diff(level))[0]:
        low, high = sorted((int(level[index]), int(level[index + 1])))
        parts.append((np.full(high - low + 1, across[index + 1]), np.arange(low, high + 1)))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def nothing(size: tuple[int, int], reason: str) -> Picture:
    """Return a picture that says why there is none."""
    picture = Picture(*size)
    picture.put(max(0, (picture.width - len(reason)) // 2), picture.height // 2, reason, "dim")
    return picture


def spread(values: Floats, low: float, high: float, width: int) -> str:
    """Draw how values are spread over a range as one row of bars."""
    finite = values[np.isfinite(values)]
    counts = (
        np.bincount(bin_of(finite, low, high, width), minlength=width)
        if finite.size
        else np.zeros(width, dtype=int)
    )
    most = max(1, int(counts.max()))
    signs = " " + glyph("spark")
    return "".join(signs[-(-int(count) * 8 // most)] for count in counts)
