"""A simulation that fails as files in the working directory say."""

from __future__ import annotations

import os
import signal
import time
from typing import Any


def run(x: float, run_dir: str, wait: float = 0.0, share: float = 0.0) -> dict[str, Any]:
    """Give the square of `x`, after `wait` seconds. With a file ``broken`` every sample fails, with
    ``lost`` what starts the workers dies; else `share` of them fail.
    """
    number = int(run_dir.rpartition("_s")[2].partition("_")[0])
    time.sleep(wait)
    if os.path.exists("lost"):
        os.kill(_parent(os.getppid()), signal.SIGKILL)
        time.sleep(60)
    if os.path.exists("broken") and number >= _first_broken():
        raise ValueError(f"no equilibrium for {x} in {run_dir}")
    if number * 7919 % 1000 < 1000 * share:
        raise ValueError(f"no convergence after {number} steps")
    return {"y": x * x}


def _first_broken() -> int:
    with open("broken", encoding="utf-8") as file:
        return int(file.read())


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])
