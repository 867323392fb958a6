"""A simulation that takes its time: run by workers, standard library only."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.learning.functions import branin


class SleepingBranin:
    """Branin's function after a sleep of `longest` / 10 to `longest` seconds, by the sample's last
    digits.
    """

    def __init__(self, longest: float, **_: Any) -> None:
        self._longest = longest

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        time.sleep(self._longest * (0.1 + 0.9 * ((params["x"] + params["y"]) * 1e5 % 1)))
        return {"output": branin([params["x"], params["y"]]), "success": True}
