"""Which parameters matter: Sobol indices as bars, with their intervals, main effects and
correlations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from enchanted_tui.ui.glyphs import glyph
from enchanted_tui.ui.widgets.computed_view import ComputedView

_NARROWEST, _WIDEST = 10, 40  # of a bar
_BESIDE = 56  # characters for name, index and interval


class SensitivityView(ComputedView):
    """Two bars a parameter: what it does by itself, and with all others."""

    WHAT = "sensitivity"
    EMPTY = "Which parameters matter has not been worked out."

    def words(self, report: dict[str, Any]) -> Iterator[str]:
        from enchanted_tui.surrogate.sensitivity_text import (
            conclusion,
            correlation_lines,
            input_lines,
        )

        width = max(_NARROWEST, min(_WIDEST, self.size.width - _BESIDE))
        for one in report["outputs"]:
            yield (
                f"{one['name']}: {conclusion(one)} (a model of {one['samples']:,} samples, which"
                f" explains {one['explained']:.1%} of the variance of others)"
            )
            effects = {effect["name"]: effect["mean"] for effect in one["effects"]}
            longest = max(len(index["name"]) for index in one["indices"])
            for index in one["indices"]:
                yield from _bars(index, longest, width)
            for name, mean in effects.items():
                yield f"  {name:<{longest}}  mean over the others {_course(mean)}"
            yield ""
        yield from correlation_lines(report["correlations"])
        yield ""
        yield from input_lines(report)


def _bars(index: Mapping[str, Any], longest: int, width: int) -> Iterator[str]:
    for kind, name in (("first", index["name"]), ("total", "")):
        filled = round(index[kind] * width)
        bar = glyph("bar") * filled + glyph("bar_empty") * (width - filled)
        interval = f"{index[f'{kind}_low']:.2f} to {index[f'{kind}_high']:.2f}"
        yield f"  {name:<{longest}}  {kind} {bar} {index[kind]:.2f} ({interval})"


def _course(mean: Sequence[float]) -> str:
    """Draw values as a row of bars, from the lowest to the highest."""
    values = np.array(mean)
    low, high = float(values.min()), float(values.max())
    signs = glyph("spark")
    steps = (values - low) / (high - low) if high > low else np.zeros(len(values))
    bars = "".join(signs[min(7, int(step * 8))] for step in steps)
    return f"{bars} from {low:.4g} to {high:.4g}"
