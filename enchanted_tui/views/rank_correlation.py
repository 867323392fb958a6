"""How columns go together: correlations of their ranks (Spearman) or values (Pearson).

C. Spearman, The Proof and Measurement of Association between Two Things, American Journal of
Psychology 15 (1904) 72-101. Uses numpy and nothing else; the functions stand by themselves, so that
the script of a figure can carry their text.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.views.dataset_statistics import Floats


def average_ranks(values: Floats) -> Floats:
    """Return the ranks of values without NaN, from 1; equal values share the mean of theirs."""
    if not values.size:
        return np.zeros(0)
    order = np.argsort(values)
    placed = values[order]
    apart = placed[1:] != placed[:-1]
    ranks = np.empty(values.size)
    if apart.all():
        ranks[order] = np.arange(1.0, values.size + 1)
        return ranks
    begins = np.flatnonzero(np.concatenate([[True], apart]))
    ends = np.append(begins[1:], values.size)
    ranks[order] = np.repeat((begins + ends + 1) / 2, ends - begins)
    return ranks


def correlation_matrix(
    columns: Mapping[str, Floats], *, ranked: bool = True
) -> tuple[Floats, NDArray[np.intp]]:
    """Return the correlations of k columns of equal length, shape (k, k), and how many rows each is
    of: those in which both columns have a finite number. NaN where a column has one value only.

    Ranks are taken among the rows of a pair. Columns that lack the same rows are ranked once.
    """
    values = list(columns.values())
    found = np.full((len(values), len(values)), np.nan)
    counts = np.zeros((len(values), len(values)), dtype=np.intp)
    groups: dict[bytes, tuple[Any, list[int]]] = {}
    for number, column in enumerate(values):
        finite = np.isfinite(column)
        groups.setdefault(np.packbits(finite).tobytes(), (finite, []))[1].append(number)
    ready: dict[tuple[int, bytes], Floats] = {}
    pairs = itertools.combinations_with_replacement(groups.values(), 2)
    for (here, ours), (there, theirs) in pairs:
        both = here & there
        key = np.packbits(both).tobytes()
        for number in {*ours, *theirs}:
            if (number, key) not in ready:
                ready[number, key] = standard_scores(values[number][both], ranked=ranked)
        if both.any():
            left = np.stack([ready[number, key] for number in ours])
            right = np.stack([ready[number, key] for number in theirs])
            block = np.clip(left @ right.T, -1, 1)
            found[np.ix_(ours, theirs)], found[np.ix_(theirs, ours)] = block, block.T
        counts[np.ix_(ours, theirs)] = int(both.sum())
        counts[np.ix_(theirs, ours)] = int(both.sum())
    return found, counts


def standard_scores(values: Floats, *, ranked: bool) -> Floats:
    """Return values, or their ranks, moved and scaled to mean 0 and a sum of squares of 1; NaN if
    there is one value only.
    """
    scores = average_ranks(values) if ranked else values / (np.abs(values).max(initial=0) or 1.0)
    if not values.size or values.min() == values.max():
        return np.full(values.size, np.nan)
    scores = scores - scores.mean()
    size = float(np.sqrt(np.square(scores).sum()))
    return scores / size if size > 0 else np.full(values.size, np.nan)
