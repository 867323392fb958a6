"""How evenly the parameters are covered, as text: each on an axis of its own, and in pairs."""

from __future__ import annotations

import math
from itertools import combinations, islice

from rich.text import Text

from enchanted_tui.ui.charts.drawing import spread
from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.views.dataset_statistics import Results, coverage, expected_filled, pair_filled

_PAIRS = 30
_BINS = 20


def coverage_text(results: Results, width: int) -> Text:
    """Return three lines a parameter, then a line for each pair."""
    text = Text()
    if not results.parameters:
        return Text("There is no finished sample yet.")
    for name in results.parameters:
        column = results.columns.get(name)
        found = (
            coverage(name, column.numbers, _BINS) if column is not None and column.numeric else None
        )
        if column is None or found is None:
            text.append(f"{name}", style="bold").append(": no numbers\n\n")
            continue
        text.append(name, style="bold").append(
            f"  {found.low:.4g} {glyph('ellipsis')} {found.high:.4g}\n"
        )
        text.append(
            spread(column.numbers, found.low, found.high, max(10, width)) + "\n", style="not bold"
        )
        text.append(
            f"{found.filled:.0%} of {_BINS} bins hold a sample; widest gap {found.gap[0]:.4g}"
            f" {glyph('ellipsis')} {found.gap[1]:.4g}\n\n"
        )
    return text.append_text(_pairs(results))


def _pairs(results: Results) -> Text:
    """Say how many cells of a grid over each pair hold a sample, beside what chance gives: grids
    finer with more samples.
    """
    text = Text()
    bins = max(2, min(_BINS, math.isqrt(len(results) // 3)))
    chance = expected_filled(len(results), bins**2)
    names = [
        name
        for name in results.parameters
        if name in results.columns and results.columns[name].numeric
    ]
    pairs = list(islice(combinations(names, 2), _PAIRS + 1))
    if pairs:
        text.append(f"Pairs: cells of a {bins} x {bins} grid that hold a sample", style="bold")
        text.append(f"\n (of independent uniform samples on average {chance:.0%})\n")
    for one, other in pairs[:_PAIRS]:
        share = pair_filled(results.columns[one].numbers, results.columns[other].numbers, bins)
        text.append(f" {one} x {other}: {'no samples' if share is None else f'{share:.0%}'}\n")
    if len(pairs) > _PAIRS:
        text.append(f" and more; the first {_PAIRS} are shown\n", style="dim")
    return text
