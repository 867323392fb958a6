"""Functions and runners that use no run directory, or one, of the tests of run directories."""

from __future__ import annotations

import math
import os
from typing import Any

from enchanted_tui.plugins import Runner


def double(x: float) -> float:
    return 2 * x


def says(x: float) -> float:
    print("large" if x > 0.5 else "small")
    return 2 * x


def differs(x: float) -> dict[str, Any]:
    """Print something, fail, or give what is hard to write down, by turns."""
    number = round(x)
    if number % 4 == 1:
        print(f"said of {number}")
    if number % 4 == 2:
        raise ValueError(f'no {number}, and "none"\nat all')
    return {
        "text": f'{number},\r\n"é\u2028"' if number % 4 == 3 else "",
        "number": [math.nan, 0.1 + 0.2, -0.0, 1e300][number % 4],
        "many": [number, None, {"a": number}],
        "large": 2**70 + number,
        "success": True,
    }


def writes(x: float, run_dir: str) -> float:
    for name in ("wanted.txt", "unwanted.txt"):
        with open(os.path.join(run_dir, name), "w") as file:
            file.write(str(x))
    return 2 * x


def looks_back(x: float, parent_run_dir: str) -> float:
    return float(len(os.listdir(parent_run_dir)))


class NowhereRunner(Runner):
    """Says that it uses no run directory."""

    uses_run_dir = False

    def single_code_run(self, run_dir: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"output": params["x"], "there": os.path.exists(run_dir), "success": True}


class SomewhereRunner(NowhereRunner):
    """What is said of a class is not said of those derived from it."""
