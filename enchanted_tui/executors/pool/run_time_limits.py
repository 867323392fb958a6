"""How long what workers run may take: the time limit of all samples, and the shorter one of those
that would be stragglers.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Optional

from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.journal_lines import TaskId


class RunTimeLimits:
    """The limits of one pool, in whose thread they are used."""

    def __init__(self, timeout: Optional[float]) -> None:
        """`timeout`: seconds that each task may run; None for as long as it takes."""
        self._timeout = math.inf if timeout is None else timeout
        self._told: dict[tuple[int, int, int], RunTimeLimit] = {}

    def tell(self, limits: Iterable[RunTimeLimit]) -> None:
        """Go by these from now on, besides the time limit."""
        self._told = {(limit.depth, limit.batch, limit.step): limit for limit in limits}

    def due(self, worker: WorkerChannel) -> float:
        """Return the monotonic time at which what a worker runs has had its time."""
        limit = self.straggler_limit(worker.assigned[0].left[0].id)
        return worker.due(self._timeout if limit is None else limit.seconds)

    def straggler_limit(self, task: TaskId) -> Optional[RunTimeLimit]:
        """Return how long a task may run before it is a straggler; None where the time limit comes
        first, or there is none.
        """
        limit = self._told.get((task.depth, task.batch, task.step)) if self._told else None
        return None if limit is None or limit.seconds >= self._timeout else limit

    def __bool__(self) -> bool:
        return bool(self._told) or self._timeout < math.inf
