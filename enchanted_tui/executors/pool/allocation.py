"""Samples that are continued, in an allocation in which the campaign itself runs: none begins when
there is too little time left for it.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Optional

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.job import job_here
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.booking import Booking
from enchanted_tui.executors.pool.machine import end_of_job


class AllocationBacklog(Backlog):
    """Tasks of which those that are continued begin as long as there is more time left for work
    than the notice that they are given before the end; the others begin at any time, and so does
    the very first one, since the next allocation may be no longer.
    """

    def __init__(self, ends: float, before: Mapping[str, float], booking: Optional[Booking]):
        """`ends`: when the allocation does, seconds since the epoch; `before`: by runner, the
        notice of its samples, seconds.
        """
        super().__init__(booking)
        self._ends, self._before = ends, before
        self._begun = False

    def next(self) -> Optional[Task]:
        task = super().next()
        self._begun = self._begun or task is not None
        return task

    def may_begin(self, task: Task) -> bool:
        left, before = self._ends - time.time(), self._before.get(task.runner)
        return before is None or left >= 2 * before or (left > 0 and not self._begun)

    def why_not(self) -> Optional[str]:
        if not self._waiting or any(map(self.may_begin, self._first_ones())):
            return None
        at = time.strftime("%H:%M:%S", time.localtime(self._ends))
        return (
            f"job {job_here()}, in which this campaign runs, ends at {at}: samples that are"
            " continued go on in the next one"
        )


def end_for(runners: Mapping[str, Mapping[str, Any]]) -> Optional[float]:
    """Return when the job ends that this process is in, seconds since the epoch, where samples of
    these runners of a `TaskContext` are continued; None otherwise, or if nobody says.
    """
    return end_of_job() if before_end(runners) else None


def before_end(runners: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return, by runner, how many seconds before the end its samples are told to end."""
    return {
        name: spec["restart"]["before"] for name, spec in runners.items() if spec.get("restart")
    }


def backlog_until(
    ends: Optional[float], runners: Mapping[str, Mapping[str, Any]], booking: Optional[Booking]
) -> Backlog:
    """Return the backlog of a pool in an allocation that `ends` then, see `end_for`."""
    if ends is None:
        return Backlog(booking)
    return AllocationBacklog(ends, before_end(runners), booking)
