"""Several campaigns in one picture: each with a colour and a sign of its own, on the same axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from enchanted_tui.ui.charts.chart_axes import ChartAxis, axis_over
from enchanted_tui.ui.charts.drawing import Marking, nothing, scatter, steps
from enchanted_tui.ui.charts.picture import Frame, Picture, dots, sign
from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.views.dataset_statistics import Floats

COLOURS = ("primary", "warning", "success", "accent")
_SIGNS = ("●■▲◆", "ox^#")


def sign_of(run: int) -> str:
    """Return the sign of a campaign, by its number."""
    return _SIGNS[is_ascii()][run]


def overlaid_scatter(
    size: tuple[int, int],
    x: Sequence[Floats],
    y: Sequence[Floats],
    titles: tuple[str, str],
    log: tuple[bool, bool],
) -> Picture:
    """Draw the points of several campaigns; a character shows the one that most of its points are
    of.
    """
    classes = np.repeat(np.arange(len(x)), [len(values) for values in x])
    marking = Marking(
        classes.astype(np.intp),
        tuple(str(run) for run in range(len(x))),
        COLOURS[: len(x)],
        tuple(map(sign_of, range(len(x)))),
    )
    return scatter(size, np.concatenate(x), np.concatenate(y), titles, log=log, marking=marking)


def overlaid_histogram(
    size: tuple[int, int], values: Sequence[Floats], title: str, *, log: bool
) -> Picture:
    """Draw which share of each campaign's samples lies where, in the same bins."""
    axis = axis_over(np.concatenate(values), log=log)
    if axis is None:
        return nothing(size, "There is no finite number in this column, or none above 0.")
    shown = [axis.share(one) for one in values]
    shown = [one[~np.isnan(one)] for one in shown]
    most = max(map(len, shown))
    bins = max(5, min(40, (size[0] - 8) // 3, int(2 * most ** (1 / 3)) + 1))
    shares = [
        np.bincount(np.minimum((one * bins).astype(int), bins - 1), minlength=bins)
        / max(1, len(one))
        for one in shown
    ]
    picture = Picture(*size)
    up = ChartAxis(0.0, max(float(one.max()) for one in shares) * 1.05 or 1.0)
    frame = Frame(picture, axis, up, title, "share of samples")
    edges = _between(axis, np.arange(bins + 1) / bins)
    middles = _between(axis, (np.arange(bins) + 0.5) / bins)
    for run, share in enumerate(shares):
        columns, rows = steps(frame, edges, np.append(share, share[-1]))
        _dots(frame, columns, rows, run)
    for run, share in enumerate(shares):
        _signs(frame, middles, share, run)
    return picture


def overlaid_curves(
    size: tuple[int, int], output: Mapping[str, Any], across: str, names: Sequence[str]
) -> Picture:
    """Draw the learning curves of an output over ``samples`` or ``core_hours``, on logarithmic
    axes. `names` are those of all runs, in their order: some may have too few samples for a curve.
    """
    runs = [names.index(curve["run"]) for curve in output["curves"]]
    x = [_values(curve, across) for curve in output["curves"]]
    y = [_values(curve, "rmse") for curve in output["curves"]]
    axes = axis_over(np.concatenate(x), log=True), axis_over(np.concatenate(y), log=True)
    if axes[0] is None or axes[1] is None:
        return nothing(size, "There is no error above 0 to be drawn.")
    picture = Picture(*size)
    title = "samples learnt from" if across == "samples" else "core-hours"
    frame = Frame(picture, axes[0], axes[1], title, f"RMSE of {output['name']}")
    for run, horizontal, errors in zip(runs, x, y, strict=True):
        positive = (horizontal > 0) & (errors > 0)
        if positive.sum() > 1:
            ends = np.log(horizontal[positive])
            between = np.linspace(ends[0], ends[-1], 4 * max(1, frame.width))
            line = np.exp(np.interp(between, ends, np.log(errors[positive])))
            columns, rows, _ = frame.cells(np.exp(between), line, 2 * frame.width, 4 * frame.height)
            _dots(frame, columns, rows, run)
    for run, horizontal, errors in zip(runs, x, y, strict=True):
        _signs(frame, horizontal, errors, run)
    return picture


def _values(curve: Mapping[str, Any], name: str) -> Floats:
    return np.array([point[name] for point in curve["points"]], dtype=np.float64)


def _between(axis: ChartAxis, share: Floats) -> Floats:
    """Return the values at shares of an axis."""
    if axis.log:
        low, high = np.log(axis.low), np.log(axis.high)
        found: Floats = np.exp(low + share * (high - low))
    else:
        found = axis.low + share * (axis.high - axis.low)
    return np.clip(found, axis.low, axis.high)


def _dots(frame: Frame, columns: Any, rows: Any, run: int) -> None:
    bits = dots(columns, rows, frame.width, frame.height)
    for row, column in zip(*np.nonzero(bits), strict=True):
        frame.put(int(column), int(row), sign(int(bits[row, column])), COLOURS[run])


def _signs(frame: Frame, x: Floats, y: Floats, run: int) -> None:
    columns, rows, _ = frame.cells(x, y, frame.width, frame.height)
    for column, row in zip(columns.tolist(), rows.tolist(), strict=True):
        frame.put(column, row, sign_of(run), COLOURS[run])
