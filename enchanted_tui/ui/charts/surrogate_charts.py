"""How good a surrogate is, drawn with characters: its learning curve with the forecast, and
predictions beside the values that they are of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from enchanted_tui.surrogate.fit_text import counts, learnt_from
from enchanted_tui.ui.charts.chart_axes import ChartAxis, axis_over
from enchanted_tui.ui.charts.drawing import nothing
from enchanted_tui.ui.charts.picture import Frame, Picture
from enchanted_tui.ui.glyphs import glyph, is_ascii
from enchanted_tui.views.dataset_statistics import Floats


def curve_picture(size: tuple[int, int], one: Mapping[str, Any]) -> Picture:
    """Draw the RMSE of an output over what was learnt from, on logarithmic axes, and behind it
    the forecast with its bounds.
    """
    curve, forecast = one["learning_curve"], one["forecast"]
    samples = np.array(counts(one), dtype=np.float64)
    errors = np.array([point["rmse"] for point in curve], dtype=np.float64)
    ahead = [forecast[name] for name in ("low", "rmse", "high")] if forecast else []
    last = [float(forecast.get("count", forecast["samples"]))] if forecast else []
    across = axis_over(np.array([*samples, *last]), log=True)
    up = axis_over(np.array([*errors, *ahead]), log=True)
    if across is None or up is None:
        return nothing(size, "There is no error above 0 to be drawn.")
    picture = Picture(*size)
    frame = Frame(picture, across, up, f"{learnt_from(one)} learnt from", f"RMSE of {one['name']}")
    if forecast:
        _bar(frame, last[0], ahead[0], ahead[2])
        _put(frame, np.array(last), np.array(ahead[1:2]), "O" if is_ascii() else "○", "warning")
    _put(frame, samples, errors, glyph("point"), "primary")
    return picture


def parity_picture(size: tuple[int, int], one: Mapping[str, Any], *, residuals: bool) -> Picture:
    """Draw predictions of held-out samples, or their errors, over the values."""
    values = np.array(one["parity"]["value"], dtype=np.float64)
    predicted = np.array(one["parity"]["predicted"], dtype=np.float64)
    shown = predicted - values if residuals else predicted
    across = axis_over(values)
    up = axis_over(shown if residuals else np.concatenate([values, shown]))
    if across is None or up is None:
        return nothing(size, "There is nothing to show.")
    picture = Picture(*size)
    title = "error of the prediction" if residuals else "predicted"
    frame = Frame(picture, across, up, one["name"], title)
    line = np.linspace(across.low, across.high, 4 * max(1, frame.width))
    _put(frame, line, line * (not residuals), glyph("dot"), "dim")
    _put(frame, values, shown, glyph("bullet"), "primary")
    return picture


def _put(frame: Frame, x: Floats, y: Floats, sign: str, colour: str) -> None:
    columns, rows, _ = frame.cells(x, y, frame.width, frame.height)
    for column, row in set(zip(columns.tolist(), rows.tolist(), strict=True)):
        frame.put(column, row, sign, colour)


def _bar(frame: Frame, x: float, low: float, high: float) -> None:
    """Draw an interval."""
    axis: ChartAxis = frame.y
    share = axis.share(np.array([low, high]))
    if np.isnan(share).any():
        return
    y = np.geomspace(low, high, 2 * max(1, frame.height))
    _put(frame, np.full(len(y), x), y, glyph("vertical"), "warning")
