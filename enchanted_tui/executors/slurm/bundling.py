"""How many tasks go into one job, and how many jobs there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_SHORTEST_JOB = 60.0  #: seconds of work that make a job worth its start
_LONGEST_JOB = 4 * 3600.0  #: seconds of work of a job whose walltime is not known
_OF_WALLTIME = 0.8  #: part of the walltime that is planned with
_UNMEASURED = 64  #: tasks for each process of a job, as long as no run time is known
_UNMEASURED_AHEAD = 2  #: the same of a job that is given more as soon as it needs it
MOST_HELD = 20_000  #: tasks that are taken at a time


@dataclass(frozen=True)
class Bundling:
    """What decides how tasks are divided among jobs."""

    per_job: int | None  #: fixed number of tasks of a job; None to go by the run times
    processes: int
    max_jobs: int
    walltime: float | None
    #: seconds of work that a job which stays is given at a time; 0 where jobs do not stay
    horizon: float = 0.0
    calls: int = 1  #: samples that one call of a process takes at most, by the runners' `batch`

    def ahead(self, mean: float | None, left: float | None) -> int:
        """Return how many tasks of `mean` seconds a job that stays holds at most, which has `left`
        seconds of its walltime.
        """
        if self.per_job is not None:
            return self.per_job
        if mean is None:
            return self.processes * max(_UNMEASURED_AHEAD, self.calls)
        seconds = self.horizon if left is None else min(self.horizon, left * _OF_WALLTIME)
        return max(self.processes * self.calls, int(seconds * self.processes / max(mean, 1e-4)))

    def is_worth_a_job(self, waiting: int, held: int, jobs: int, mean: float) -> bool:
        """Tell whether tasks that wait need another job, beside so many that stay and hold
        tasks.
        """
        return not jobs or (waiting + held) * mean / (self.processes * jobs) > _SHORTEST_JOB

    def bundle_size(self, waiting: int, free: int, mean: float | None) -> int:
        """Return how many tasks one job gets, of those that wait, where `free` more jobs are
        allowed and tasks take `mean` seconds.

        As many jobs as are allowed, but each worth its start, and none with more than fits well
        into its walltime.
        """
        if self.per_job is not None:
            return self.per_job
        even = -(-waiting // max(1, free))
        if self.calls > 1:  # each process has a whole call
            even = max(even, self.processes * self.calls)
        if mean is None:
            most = _UNMEASURED_AHEAD if self.horizon else _UNMEASURED
            return max(1, min(even, self.processes * max(most, self.calls)))
        rate = self.processes / max(mean, 1e-4)
        if self.horizon:
            return max(
                1, min(max(even, int(_SHORTEST_JOB * rate)), self.ahead(mean, self.walltime))
            )
        longest = self.walltime * _OF_WALLTIME if self.walltime else _LONGEST_JOB
        return max(1, min(max(even, int(_SHORTEST_JOB * rate)), int(longest * rate)))

    def capacity(self, mean: float | None) -> int:
        """Return how many tasks it can usefully hold, in jobs and waiting for one."""
        if self.per_job is not None:
            size = self.per_job
        elif mean is None:
            size = self.processes * max(_UNMEASURED, self.calls)
        else:
            size = self.bundle_size(MOST_HELD, self.max_jobs, mean)
        return max(
            1,
            min(MOST_HELD, max(2 * size, self.max_jobs * size + min(self.max_jobs * size, 1_000))),
        )

    def divide(
        self, tasks: Sequence[T], free: int, array_limit: int, mean: float | None
    ) -> list[list[T]]:
        """Return the bundles of the next job array."""
        size = self.bundle_size(len(tasks), free, mean)
        most = min(free, array_limit)
        return [list(tasks[start : start + size]) for start in range(0, len(tasks), size)][:most]
