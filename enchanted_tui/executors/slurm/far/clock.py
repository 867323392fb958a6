"""How much time a job has left, and whether a task fits into it.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import Any

_KEPT = 50  #: run times of each runner that are remembered
_SAFETY = 1.1  #: a task may take so much longer than the longest one so far


class Clock:
    """The end of the job, and the run times so far."""

    def __init__(self, header: dict[str, Any]) -> None:
        self.ends = _end_of_job(header.get("walltime"))
        self._margin = min(30.0, 0.03 * header["walltime"]) if header.get("walltime") else 5.0
        self._timeout = header.get("timeout")
        self._runtimes: dict[str, deque[float]] = {
            runner: deque([longest], maxlen=_KEPT) for runner, longest in header.get("runtimes", {}).items()
        }

    def left(self) -> float:
        return float("inf") if self.ends is None else self.ends - self._margin - time.time()

    def took(self, runner: str, seconds: float) -> None:
        self._runtimes.setdefault(runner, deque(maxlen=_KEPT)).append(seconds)

    def fits(self, runner: str) -> bool:
        """Tell whether a task of this runner that starts now ends before the job does, judged by the longest of the latest ones."""
        left = self.left()
        if left <= 0:
            return False
        known = self._runtimes.get(runner)
        if not known:
            return True
        longest = max(known) * _SAFETY
        return left >= (longest if self._timeout is None else min(longest, self._timeout))


def _end_of_job(walltime: float | None) -> float | None:
    """Give when the job's time is up, seconds since the epoch: as SLURM says, or its time limit from now on; None without a limit."""
    said = os.environ.get("SLURM_JOB_END_TIME", "")
    if said.isdigit():
        return float(said)
    return time.time() + walltime if walltime else None
