"""Tasks that a failing file system has kept from running, and how often they are run again for it.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import time

from enchanted_tui.journal_lines import TaskId

_TIMES = 3  #: a task that takes long may meet several outages, each of them a short one


class Outages:
    """Counts them. Only the thread of the pool touches it."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds for which one task may meet errors, however often."""
        self._patience = patience
        self._met: dict[TaskId, tuple[float, int]] = {}  #: when at first, and how often

    def bears(self, task: TaskId) -> bool:
        """Take note that a task was kept from running; tell whether it is to run again."""
        first, times = self._met.get(task, (time.monotonic(), 0))
        self._met[task] = first, times + 1
        return times < _TIMES or time.monotonic() - first < self._patience
