"""Simulations for campaigns that learn: their run time is a function of their parameters, and where
they fail too.

Workers import this module: standard library only.
"""

from __future__ import annotations

import math
import os
import time
from typing import Any

from helpers.parts.scripted import note_run


class HillRunner:
    """A hill of height 1 at x = 0.6, which costs x; `slow` seconds at most, ten times less at least;
    fails above `fails_above` in one of several ways.
    """

    def __init__(self, slow: float = 0.0, fails_above: float = 2.0, **_: Any) -> None:
        self._slow, self._fails_above = slow, fails_above

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        note_run(run_dir)
        x = params["x"]
        if self._slow:
            time.sleep(self._slow * (0.1 + 0.9 * (x * 1e6 % 1)))
        if x > self._fails_above:
            return self._fail(int(x * 1e6) % 3)
        with open(os.path.join(run_dir, "height.txt"), "w", encoding="ascii") as file:
            file.write(repr(hill(x) + params.get("y", 0.0)))
        return {"output": hill(x) + params.get("y", 0.0), "cost": x, "success": True}

    def _fail(self, way: int) -> dict[str, Any]:
        if way == 0:
            raise ValueError("it does not converge")
        if way == 1:
            return {"output": math.nan, "success": True}
        return {"success": False}


def hill(x: float) -> float:
    return math.exp(-((x - 0.6) ** 2) / 0.02)


class HeightParser:
    """Reads what HillRunner leaves in its run directory."""

    def collect_sample_information(self, run_dir: str, observations: list[str]) -> dict[str, Any]:
        with open(os.path.join(run_dir, "height.txt"), encoding="ascii") as file:
            return {"run_dir": run_dir, "objective": -float(file.read()), "failure": False}


class LostParser:
    """Looks for a file that is not there."""

    def collect_sample_information(self, run_dir: str, observations: list[str]) -> dict[str, Any]:
        with open(os.path.join(run_dir, "lost.txt"), encoding="ascii") as file:
            return {"objective": [float(file.read())], "failure": 0}


class SlowLearner:
    """A learning sampler of somebody else's, that takes long to learn."""

    adaptive = True

    def __init__(self, budget: int, seconds: float, **_: Any) -> None:
        self.budget, self.submitted, self._seconds = budget, 0, seconds

    @property
    def has_budget(self) -> bool:
        return self.submitted < self.budget

    def get_next_samples(self) -> list[dict[str, Any]]:
        self.submitted += 1
        return [{"x": self.submitted / 10}]

    def skip(self, n_batches: int) -> None:
        self.submitted += n_batches

    def register_future(self, dataset: Any) -> None:
        time.sleep(self._seconds)
