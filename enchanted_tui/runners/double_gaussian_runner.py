"""A cheap function to try samplers on: two Gaussian peaks, one narrow and one broad, on a slope."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import exp
from typing import Any

from enchanted_tui.config.options import option
from enchanted_tui.runners.arguments import number
from enchanted_tui.runners.base import Runner

_DEFAULTS = {
    1: (0.2, 1.0, 0.001, 0.2, 0.6, 0.01, 0.7),
    2: (0.2, 0.1, 1.0, 0.02, 0.3, 0.3, 0.8, 0.04, 0.75, 0.6),
}
_NAMES = {
    1: "slope, height 1, width 1, centre 1, height 2, width 2, centre 2",
    2: "slope in x, slope in y, height 1, width 1, x 1, y 1, height 2, width 2, x 2, y 2",
}
_WIDTHS = {1: (2, 5), 2: (3, 7)}


class SyntheticDoubleGaussianRunner(Runner):
    """Evaluate a slope plus two Gaussian peaks at the parameter ``x`` (and ``y``).

    With one dimension, of [a, h1, w1, c1, h2, w2, c2]: ``a x + h1 exp(-(x - c1)**2 / w1) + h2
    exp(-(x - c2)**2 / w2)``; with two, of [ax, ay, h1, w1, x1, y1, h2, w2, x2, y2], the same with
    the squared distance from (x1, y1) and (x2, y2). Writes ``output.txt``.
    """

    dimensions: int = option(1, doc="1: needs the parameter x; 2: needs x and y.", ge=1, le=2)
    model_parameters: list[float] | None = option(
        None,
        doc=(
            f"The numbers of the function. One dimension: {_NAMES[1]}, by default"
            f" {list(_DEFAULTS[1])}. Two: {_NAMES[2]}, by default {list(_DEFAULTS[2])}."
        ),
    )

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        output = self._value(params)
        if os.path.isdir(run_dir):  # there is none where it is called as a function
            with open(os.path.join(run_dir, "output.txt"), "a", encoding="utf-8") as file:
                file.write(str(output))
        return {"output": output, "success": True}

    def _value(self, params: dict[str, Any]) -> float:
        x = number(params, "x", "SyntheticDoubleGaussianRunner")
        if self.dimensions == 1:
            slope, h1, w1, c1, h2, w2, c2 = self._model()
            return slope * x + _peak(h1, w1, x - c1) + _peak(h2, w2, x - c2)
        y = number(params, "y", "SyntheticDoubleGaussianRunner in two dimensions")
        slope_x, slope_y, h1, w1, x1, y1, h2, w2, x2, y2 = self._model()
        peaks = _peak(h1, w1, x - x1, y - y1) + _peak(h2, w2, x - x2, y - y2)
        return slope_x * x + slope_y * y + peaks

    def output_names(self) -> tuple[str, ...]:
        return ("output",)

    def required_parameters(self) -> dict[str, set[str]]:
        return {"dimensions": {"x"} if self.dimensions == 1 else {"x", "y"}}

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.dimensions not in _DEFAULTS:
            return
        model, expected = self._model(), len(_DEFAULTS[self.dimensions])
        if len(model) != expected:
            yield (
                "model_parameters",
                f"{len(model)} numbers given, {expected} needed: {_NAMES[self.dimensions]}",
            )
            return
        for index in _WIDTHS[self.dimensions]:
            if not model[index] > 0:
                yield (
                    f"model_parameters[{index}]",
                    f"the width of a peak must be above 0, not {model[index]}",
                )

    def _model(self) -> tuple[float, ...] | list[float]:
        return (
            _DEFAULTS[self.dimensions] if self.model_parameters is None else self.model_parameters
        )


def _peak(height: float, width: float, dx: float, dy: float = 0.0) -> float:
    return height * exp(-(dx * dx + dy * dy) / width)
