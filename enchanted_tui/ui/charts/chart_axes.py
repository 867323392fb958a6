"""Axes: where a value lies between two ends, and the round numbers written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from sys import float_info

import numpy as np

from enchanted_tui.views.dataset_statistics import Floats

_LARGEST = float_info.max


@dataclass(frozen=True)
class ChartAxis:
    """A range, linear or logarithmic; `low` is below `high`, and above 0 on a logarithmic axis."""

    low: float
    high: float
    log: bool = False

    def share(self, values: Floats) -> Floats:
        """Return where values lie, 0 at `low` to 1 at `high`; NaN for those outside and for what is
        no number.
        """
        with np.errstate(all="ignore"):
            if self.log:
                low, high = math.log10(self.low), math.log10(self.high)
                share = (np.log10(np.where(values > 0, values, np.nan)) - low) / (high - low)
            else:
                half = self.high / 2 - self.low / 2
                share = (values / 2 - self.low / 2) / half
            return np.where((share >= -1e-9) & (share <= 1 + 1e-9), np.clip(share, 0, 1), np.nan)

    def ticks(self, most: int) -> list[float]:
        """Return at most `most` round values on the axis (at least one), evenly spaced: steps of 1,
        2 or 5 times a power of ten.
        """
        if self.log:
            found = self._log_ticks(most)
            if len(found) >= 2:
                return found
        return self._linear_ticks(max(1, most))

    def _linear_ticks(self, most: int) -> list[float]:
        half = self.high / 2 - self.low / 2
        exponent = math.floor(math.log10(half)) - 2 if half > 0 else 0
        while exponent < 308:
            for factor in (1, 2, 5):
                step = factor * 10.0 ** max(exponent, -323)
                first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
                if last - first + 1 <= most:
                    ticks = [min(number * step, _LARGEST) for number in range(first, last + 1)]
                    return ticks or [self.low]
            exponent += 1
        return [self.low]

    def _log_ticks(self, most: int) -> list[float]:
        first, last = (
            math.ceil(math.log10(self.low) - 1e-9),
            math.floor(math.log10(self.high) + 1e-9),
        )
        decades = list(range(first, last + 1))
        every = max(1, -(-len(decades) // max(1, most)))
        if len(decades) >= 3:
            return [10.0**exponent for exponent in decades[::every]]
        fine = [
            factor * 10.0**exponent
            for exponent in range(first - 1, last + 1)
            for factor in (1, 2, 5)
        ]
        found = [
            value
            for value in fine
            if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9) and math.isfinite(value)
        ]
        return found if len(found) <= most else found[:: -(-len(found) // max(1, most))]


def axis_over(values: Floats, *, log: bool = False) -> ChartAxis | None:
    """Return an axis that holds all finite values (all positive ones, if logarithmic); None if
    there are none.
    """
    finite = values[np.isfinite(values)]
    if log:
        finite = finite[finite > 0]
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    if log:
        low, high = max(low, 1e-307), max(high, 1e-307)
        return (
            ChartAxis(low / 1.5, min(high * 1.5, _LARGEST), True)
            if high / low < 1.01
            else ChartAxis(low, high, True)
        )
    return ChartAxis(low, high) if _apart(low, high) else _around(low)


def _apart(low: float, high: float) -> bool:
    """Tell whether there are enough numbers between two for an axis."""
    return high / 2 - low / 2 > max(abs(low), abs(high)) * 1e-12 and high - low > 1e-300


def _around(value: float) -> ChartAxis:
    margin = abs(value) * 0.1 if abs(value) > 1e-290 else 1.0
    return ChartAxis(max(-_LARGEST, value - margin), min(_LARGEST, value + margin))


def labels(ticks: list[float]) -> list[str]:
    """Return the shortest texts that tell ticks apart, all with the same number of decimals."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    if largest >= 1e5 or 0 < largest < 1e-3 or _spread(ticks):
        return [_scientific(tick, ticks) for tick in ticks]
    for decimals in range(9):
        texts = [f"{tick:.{decimals}f}" for tick in ticks]
        if len(set(texts)) == len(ticks) and all(
            abs(float(text) - tick) <= 1e-9 * largest
            for text, tick in zip(texts, ticks, strict=True)
        ):
            return texts
    return [f"{tick:.6g}" for tick in ticks]


def _spread(ticks: list[float]) -> bool:
    """Tell whether ticks are decades apart."""
    positive = [tick for tick in ticks if tick > 0]
    return len(positive) == len(ticks) > 1 and max(positive) / min(positive) > 1e4


def _scientific(tick: float, ticks: list[float]) -> str:
    if 1e-3 <= abs(tick) < 1e5 and _close(float(f"{tick:g}"), tick):
        return f"{tick:g}"
    for digits in range(1, 17):
        if len({f"{other:.{digits}g}" for other in ticks}) == len(ticks) and _close(
            float(f"{tick:.{digits}g}"), tick
        ):
            text = f"{tick:.{digits}g}"
            break
    else:
        text = repr(tick)
    return text.replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * abs(other)
