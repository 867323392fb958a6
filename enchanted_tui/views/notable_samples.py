"""Samples worth a look where a view shows columns rather than samples: at the ends and in the
middle of a column, and beside the widest gap of a parameter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from enchanted_tui.views.dataset_statistics import Mask, Results, coverage

_BINS = 20


class NotableSample(NamedTuple):
    """A sample, and why it is named."""

    why: str
    column: str
    value: float
    row: int  #: in the dataset, or in the rows that were chosen


def notable_samples(
    results: Results, names: Sequence[str], among: Mask | None = None, *, gaps: bool = False
) -> list[NotableSample]:
    """Return samples of some columns, of those rows that are `among`; with `gaps`, also those on
    either side of the widest gap of a column. Columns without a finite value have none.
    """
    found: list[NotableSample] = []
    for name in dict.fromkeys(names):
        column = results.columns.get(name)
        if column is not None and column.numeric:
            found += _of_column(results, name, among, gaps=gaps)
    return found


def _of_column(
    results: Results, name: str, among: Mask | None, *, gaps: bool
) -> Iterator[NotableSample]:
    numbers = results.columns[name].numbers
    usable = np.isfinite(numbers) if among is None else np.isfinite(numbers) & among
    rows = np.flatnonzero(usable)
    if not rows.size:
        return
    values = numbers[rows]
    order = np.argsort(values, kind="stable")
    places = {"smallest": 0, "median": (rows.size - 1) // 2, "largest": rows.size - 1}
    for why, place in places.items():
        row = int(rows[order[place]])
        yield NotableSample(why, name, float(numbers[row]), row)
    evenness = coverage(name, values, _BINS) if gaps else None
    if evenness is not None and evenness.gap[0] < evenness.gap[1]:
        for why, edge in zip(("below the gap", "above the gap"), evenness.gap, strict=True):
            row = int(rows[np.flatnonzero(values == edge)[0]])
            yield NotableSample(why, name, edge, row)
