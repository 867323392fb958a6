"""What a sampler has learnt, drawn as small charts side by side: error, best value and acquisition
against the number of samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from enchanted_tui.ui.charts.chart_axes import ChartAxis, axis_over
from enchanted_tui.ui.charts.drawing import nothing, steps
from enchanted_tui.ui.charts.picture import Frame, Picture, dots, sign
from enchanted_tui.ui.glyphs import is_ascii
from enchanted_tui.views.dataset_statistics import Floats

if TYPE_CHECKING:
    from enchanted_tui.record.learned import LearnedPoint

_NARROWEST = 24  #: columns of a chart
_SPREAD = 20.0  #: ratio of largest to smallest error above which the axis is logarithmic
_SERIES = (
    ("cv_error", "cross-validated error", "warning"),
    ("best", "best so far", "success"),
    ("acquisition", "acquisition", "primary"),
)


def learned(size: tuple[int, int], points: Sequence[LearnedPoint]) -> Picture:
    """Draw as many of the charts as there is room for, the error first."""
    known = np.array([point.known for point in points], dtype=np.float64)
    charts = []
    for name, title, colour in _SERIES:
        values = np.array(
            [np.nan if (value := getattr(point, name)) is None else value for point in points],
            dtype=np.float64,
        )
        if name == "best" and points[-1].front is not None:
            title = "hypervolume"
        if np.isfinite(values).any():
            charts.append((values, title, colour))
    count = min(len(charts), max(1, size[0] // _NARROWEST))
    if not count:
        return nothing(size, "No model has been fitted yet.")
    width = size[0] // count
    picture = Picture(*size)
    for place, (values, title, colour) in enumerate(charts[:count]):
        _put(
            picture,
            place * width,
            _chart((width - (place + 1 < count), size[1]), known, values, title, colour),
        )
    return picture


def _chart(
    size: tuple[int, int], known: Floats, values: Floats, title: str, colour: str
) -> Picture:
    finite = values[np.isfinite(values)]
    log = bool(finite.min() > 0 and finite.max() / finite.min() > _SPREAD)
    across = axis_over(known) or ChartAxis(0.0, 1.0)
    up = axis_over(values, log=log) or ChartAxis(0.0, 1.0)
    picture = Picture(*size)
    frame = Frame(picture, across, up, "samples", title)
    columns, rows = steps(frame, known[np.isfinite(values)], finite)
    bits = dots(columns, rows, frame.width, frame.height)
    for row, column in zip(*np.nonzero(bits), strict=True):
        frame.put(int(column), int(row), sign(int(bits[row, column])), colour)
    columns, rows, _ = frame.cells(known, values, frame.width, frame.height)
    for column, row in set(zip(columns.tolist(), rows.tolist(), strict=True)):
        frame.put(column, row, "o" if is_ascii() else "•", colour)
    return picture


def _put(picture: Picture, left: int, part: Picture) -> None:
    for y in range(part.height):
        x = left
        for text, colour in part.runs(y):
            picture.put(x, y, text, colour)
            x += len(text)
