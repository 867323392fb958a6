"""What ran where and when, and what that has used, drawn with characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.durations import whole_duration
from enchanted_tui.sizes import size as bytes_in_words
from enchanted_tui.ui import formats
from enchanted_tui.ui.charts.chart_axes import ChartAxis
from enchanted_tui.ui.charts.colour_maps import ink_of
from enchanted_tui.ui.charts.drawing import nothing
from enchanted_tui.ui.charts.picture import Frame, Picture, dots, sign
from enchanted_tui.ui.charts.spots import DrawnPlot, Spots, spots_of
from enchanted_tui.ui.facts_in_line import cut_name
from enchanted_tui.ui.glyphs import glyph, is_ascii
from enchanted_tui.views.dataset_statistics import Floats
from enchanted_tui.views.task_index import decode
from enchanted_tui.views.task_times import AT_WORK, DONE, FAILED, Times, lanes_of, mean_between

_NOTHING = "No task has finished yet."
_COLOURS = {DONE: "success", FAILED: "error", AT_WORK: "accent"}
_WORDS = {DONE: "ok", FAILED: "failed", AT_WORK: "at work"}


def _span(times: Times) -> tuple[float, float]:
    """Return from when to when tasks ran; they are apart."""
    low, high = float(times.started.min()), float(times.ended.max())
    return low, max(high, low + 1e-3)


def _unit(seconds: float) -> tuple[float, str]:
    for length, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 3 * length:
            return length, name
    return 1, "seconds"


# -- timeline --------------------------------------------------------------------------------------


def timeline(size: tuple[int, int], times: Times) -> DrawnPlot:
    """Draw a row for each task at once on each host, or for several where there are more than rows:
    the more ink, the more of the time tasks ran.
    """
    if not len(times) or size[1] < 4 or size[0] < 12:
        return DrawnPlot(nothing(size, _NOTHING))
    lanes, labels = lanes_of(times.started, times.ended, times.host, times.hosts)
    low, high = _span(times)
    room = size[1] - 2
    together = -(-len(labels) // room)
    rows = -(-len(labels) // together)
    label = min(18, max(6, size[0] // 5), max(map(len, times.hosts)) + 1)
    width = size[0] - label - 1
    edges = np.linspace(low, high, width + 1)
    picture = Picture(*size)
    shown = np.zeros(0, dtype=np.intp)
    for row in range(rows):
        inside = np.flatnonzero(lanes // together == row)
        _row(picture, row, label, times.of(inside), edges, together)
        host = labels[row * together]
        if not row or host != labels[(row - 1) * together]:
            picture.put(0, row, cut_name(host, label - 1))
        shown = np.append(shown, inside)
    _time_axis(picture, label, rows, low, high)
    spots = _spots_of_tasks(times, lanes // together, lanes, edges, label)

    def says(spot: int) -> str:
        return task_words(times, int(spots.members(spot)[0]))

    several = f", {together} in a row" if together > 1 else ""
    legend = [
        *((f"{glyph('bar')} {_WORDS[state]}", _COLOURS[state]) for state in _WORDS),
        (f"{len(labels):,} at once{several}", ""),
    ]
    return DrawnPlot(picture, spots, says, tuple(legend))


def _row(
    picture: Picture, row: int, label: int, times: Times, edges: Floats, together: int
) -> None:
    """Draw how much of the time tasks ran in each character of a row."""
    ones = np.ones(len(times)) / together
    busy = mean_between(edges, times.started, times.ended, ones)
    failed = np.zeros(edges.size - 1, dtype=bool)
    ends = np.clip(
        np.searchsorted(edges, times.ended[times.state == FAILED]) - 1, 0, edges.size - 2
    )
    failed[ends] = True
    works = mean_between(
        edges,
        times.started[times.state == AT_WORK],
        times.ended[times.state == AT_WORK],
        ones[times.state == AT_WORK],
    )
    begun = np.clip(np.searchsorted(edges, times.started, side="right") - 1, 0, edges.size - 2)
    touched = np.zeros(edges.size - 1, dtype=bool)
    touched[begun] = True
    signs = ink_of(np.where((busy > 1e-9) | touched, np.minimum(busy, 1.0), np.nan), 0.0, 1.0)
    for column, ink in enumerate(signs.tolist()):
        if ink != " ":
            state = FAILED if failed[column] else AT_WORK if works[column] > 0 else DONE
            ink = ("x" if is_ascii() else glyph("failed")) if failed[column] else ink
            picture.put(label + 1 + column, row, ink, _COLOURS[state])


def _time_axis(picture: Picture, label: int, row: int, low: float, high: float) -> None:
    """Draw the axis of a picture whose frame has no other one: time since the first task began."""
    scale, unit = _unit(high - low)
    axis = ChartAxis(0.0, (high - low) / scale)
    width = picture.width - label - 1
    picture.put(label + 1, row, glyph("horizontal") * width, "dim")
    end = picture.width - len(unit)
    for tick in axis.ticks(max(2, width // 12)):
        place = label + 1 + min(width - 1, int(float(axis.share(np.array([tick]))[0]) * width))
        text = f"{tick:g}"
        if place + len(text) < end:
            picture.put(place, row, "+" if is_ascii() else "┴", "dim")
            picture.put(place, row + 1, text, "dim")
    picture.put(end, row + 1, unit)


def _spots_of_tasks(
    times: Times, rows: NDArray[np.intp], lanes: NDArray[np.intp], edges: Floats, label: int
) -> Spots:
    """Point, in each character, at the task that ran in its middle, and before it at those that
    failed there: by their codes, since those at work have other places once others have ended.
    """
    middles = (edges[:-1] + edges[1:]) / 2
    columns, at, members = [], [], []
    failed = np.flatnonzero(times.state == FAILED)
    columns.append(np.clip(np.searchsorted(edges, times.ended[failed]) - 1, 0, middles.size - 1))
    at.append(rows[failed])
    members.append(failed)
    begun = np.clip(np.searchsorted(edges, times.started, side="right") - 1, 0, middles.size - 1)
    last = np.clip(np.searchsorted(edges, times.ended) - 1, begun, middles.size - 1)
    order = np.lexsort((times.started, lanes))
    for lane in np.unique(lanes):
        tasks = order[
            np.searchsorted(lanes[order], lane) : np.searchsorted(lanes[order], lane, "right")
        ]
        places = np.searchsorted(times.started[tasks], middles, side="right") - 1
        found = tasks[np.maximum(places, 0)]
        hit = np.flatnonzero((places >= 0) & (times.ended[found] >= middles))
        columns.append(hit)
        at.append(rows[found[hit]])
        members.append(found[hit])
    short = np.flatnonzero(begun == last)  # may lie between two middles
    columns.append(begun[short])
    at.append(rows[short])
    members.append(short)
    return spots_of(
        label + 1 + np.concatenate(columns).astype(np.intp),
        np.concatenate(at).astype(np.intp),
        times.codes[np.concatenate(members).astype(np.intp)],
    )


def task_words(times: Times, code: int) -> str:
    """Say what is known of a task's run in a line, by its code."""
    found = np.flatnonzero(times.codes == code)
    if not found.size:
        return decode(code).name
    number = int(found[0])
    length = float(times.ended[number] - times.started[number])
    parts = [
        decode(code).name,
        _WORDS[int(times.state[number])],
        f"on {times.hosts[int(times.host[number])]}",
        f"from {formats.clock(float(times.started[number]))}",
        f"for {whole_duration(length) if length >= 1 else f'{1000 * length:.3g} ms'}",
    ]
    if times.cores[number] != 1:
        parts.append(f"{times.cores[number]:g} cores")
    if np.isfinite(times.memory[number]):
        parts.append(bytes_in_words(int(times.memory[number])))
    return "  ".join(parts)


# -- use -------------------------------------------------------------------------------------------


def use_over_time(size: tuple[int, int], times: Times) -> DrawnPlot:
    """Draw cores held and processor time used, and below them the memory of the tasks at work."""
    if not len(times) or size[1] < 8 or size[0] < 20:
        return DrawnPlot(nothing(size, _NOTHING))
    low, high = _span(times)
    edges = np.linspace(low, high, 2 * max(1, size[0] - 10) + 1)
    lasted = np.maximum(times.ended - times.started, 1e-9)
    known = np.isfinite(times.cpu).any()
    held = mean_between(edges, times.started, times.ended, times.cores)
    used = mean_between(edges, times.started, times.ended, np.nan_to_num(times.cpu) / lasted)
    memory = mean_between(edges, times.started, times.ended, np.nan_to_num(times.memory))
    scale, unit = _unit(high - low)
    across = ChartAxis(0.0, (high - low) / scale)
    upper = Picture(size[0], size[1] // 2)
    lower = Picture(size[0], size[1] - upper.height)
    moments = (edges[:-1] + edges[1:] - 2 * low) / 2 / scale
    frame = Frame(upper, across, _from_zero(held), unit, "cores")
    _course(frame, moments, used, "warning", filled=True)
    _course(frame, moments, held, "primary", filled=False)
    whole, prefix = (1e9, "GB") if memory.max() >= 1e9 else (1e6, "MB")
    title = f"memory of tasks at work, {prefix}"
    frame = Frame(lower, across, _from_zero(memory / whole), unit, title)
    _course(frame, moments, memory / whole, "success", filled=True)
    places = np.arange(frame.width)
    at = np.minimum((places + 0.5) * moments.size / frame.width, moments.size - 1).astype(np.intp)
    spots = spots_of(frame.left + 1 + places, np.full(places.size, upper.height - 3), at)

    def says(spot: int) -> str:
        number = int(spots.members(spot)[0])
        when = formats.clock(float(edges[number]))
        return (
            f"{when}: {held[number]:.3g} cores held, {used[number]:.3g} at work, memory"
            f" {bytes_in_words(int(memory[number]))}"
        )

    legend = [
        (f"{'-' if is_ascii() else '─'} held", "primary"),
        (f"{glyph('bar')} processor time{'' if known else ' (not known)'}", "warning"),
    ]
    return DrawnPlot(_below(upper, lower), spots, says, tuple(legend))


def _from_zero(values: Floats) -> ChartAxis:
    return ChartAxis(0.0, float(values.max(initial=0.0)) * 1.05 or 1.0)


def _course(frame: Frame, x: Floats, y: Floats, colour: str, *, filled: bool) -> None:
    """Draw a line of dots over its frame, or all that is below it."""
    columns, rows, _ = frame.cells(x, y, 2 * frame.width, 4 * frame.height)
    if filled:
        top = np.full(2 * frame.width, 4 * frame.height)
        np.minimum.at(top, columns, np.where(y > 0, rows, 4 * frame.height))
        columns, rows = np.nonzero(np.arange(4 * frame.height) >= top[:, None])
    else:
        parts = [(columns, rows)]
        for index in np.nonzero(np.abs(np.diff(rows)) > 1)[0]:
            ends = sorted((int(rows[index]), int(rows[index + 1])))
            between = np.arange(ends[0], ends[1] + 1)
            parts.append((np.full(between.size, columns[index + 1]), between))
        columns, rows = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    bits = dots(columns, rows, frame.width, frame.height)
    for row, column in zip(*np.nonzero(bits), strict=True):
        frame.put(int(column), int(row), sign(int(bits[row, column])), colour)


def _below(upper: Picture, lower: Picture) -> Picture:
    """Put one picture below another."""
    whole = Picture(upper.width, upper.height + lower.height)
    for top, picture in ((0, upper), (upper.height, lower)):
        for row in range(picture.height):
            place = 0
            for text, colour in picture.runs(row):
                whole.put(place, top + row, text, colour)
                place += len(text)
    return whole
