"""How many jobs a Dask cluster may submit where core-hours are limited, and what its jobs hold."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from enchanted_tui.executors.base import JobInfo
from enchanted_tui.executors.core_allowance import CoreAllowance, CoreHolder, job_words
from enchanted_tui.executors.slurm_terms import seconds


class JobGrants:
    """The supervisor's side: the cluster submits no more jobs than it has been granted, in all. A
    job counts for all of its walltime until it has ended, and so does a grant that is not used.

    One thread hears, another one grants: a job that has been submitted and is not among those that
    are there yet would be counted by nobody.
    """

    def __init__(self, name: str, config: Mapping[str, Any], most: int) -> None:
        """`config`: options of the `SLURMCluster`; `most`: jobs at the same time."""
        self._name, self._most = name, most
        self.allowance = CoreAllowance(None)
        self._walltime = seconds(str(config["walltime"])) if config.get("walltime") else None
        self._cpus: int | None = config.get("job_cpu") or config.get("cores")
        self._granted = self._submitted = 0
        self._jobs: list[JobInfo] | None = None  #: that are there, once the cluster has said it
        self._held: dict[str, tuple[float, int, float, bool]] = {}
        self.refused = ""
        self._lock = threading.Lock()

    def hear(self, message: Mapping[str, Any], jobs: list[JobInfo]) -> None:
        """Take what the cluster says of its jobs."""
        with self._lock:
            self._held, self._submitted = message["held"], message["submitted"]
            self._granted = max(self._granted, self._submitted)
            self._jobs = jobs
            for job in jobs:
                if job.since is not None and job.job in self._held:
                    self._cpus = self._held[job.job][1]
                    self._walltime = job.ends - job.since if job.ends else self._walltime

    def held(self) -> dict[str, float]:
        """Return the core-seconds of each job until now."""
        now = time.time()
        return {
            job: core_seconds + (max(0.0, now - asked) * cpus if runs else 0.0)
            for job, (core_seconds, cpus, asked, runs) in self._held.items()
        }

    def end(self) -> None:
        """The cluster has been left: nothing more is held, or promised."""
        held = self.held()
        with self._lock:
            self._held = {job: (seconds, 1, 0.0, False) for job, seconds in held.items()}
            self._jobs = None
        self.allowance.report(self._name, sum(held.values()))

    def grant(self, tell: Callable[[int], None]) -> None:
        """Grant as many more jobs as there may be and fit; `tell` the cluster how many in all."""
        with self._lock:
            more = self._grant()
            granted = self._granted
        if more:
            tell(granted)

    def _grant(self) -> int:
        """Grant more jobs; return how many."""
        if self._jobs is None or self.allowance.most is None:
            return 0
        unused = self._granted - self._submitted
        each = (self._walltime or 0.0) * (self._cpus or 0)
        held = self.held()
        total = unused * each + sum(max(each, held.pop(job.job, 0.0)) for job in self._jobs)
        self.allowance.report(self._name, total + sum(held.values()))
        if math.isinf(self.allowance.left()):  # it has not been counted yet
            return 0
        alone = not self._jobs and not unused
        more = self._most - len(self._jobs) - unused
        if not each:  # one job tells how large they are
            more = int(alone and self.allowance.left() > 0)
        else:
            more = self.allowance.take(self._name, each, max(0, more))
        self._granted += more
        self.refused = ""
        if not more and alone and self._walltime and self._cpus:
            self.refused = job_words(self._walltime, self._cpus)
        return more


class GrantHolder(CoreHolder):
    """The part of a running executor that says what its jobs hold; without grants its workers are
    in no jobs of its own.
    """

    _grants: JobGrants | None

    def core_seconds_of_jobs(self) -> dict[str, float] | None:
        return None if self._grants is None else self._grants.held()

    def keep_to(self, allowance: CoreAllowance) -> None:
        if self._grants is not None:
            self._grants.allowance = allowance

    def does_not_fit(self) -> str:
        return "" if self._grants is None else self._grants.refused
