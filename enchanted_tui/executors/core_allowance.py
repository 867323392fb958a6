"""How many core-seconds the jobs of a campaign may still hold, where that is limited
(`supervisor.max_core_hours`).
"""

from __future__ import annotations

import math
import threading

from enchanted_tui.durations import duration


class CoreAllowance:
    """What is left of the limit. Executors ask from threads of their own, before they submit."""

    def __init__(self, most: float | None) -> None:
        """`most`: core-seconds that the campaign may hold; None for any number."""
        self.most = most
        self._lock = threading.Lock()
        self._besides = math.inf  #: what is held, or promised, besides these jobs
        self._of_jobs: dict[str, float] = {}  #: by executor

    def set_besides(self, core_seconds: float) -> None:
        """Say what has been held, or is to be, by anything but the jobs that executors report."""
        with self._lock:
            self._besides = core_seconds

    def report(self, executor: str, core_seconds: float) -> None:
        """Say what all jobs of an executor have held, or may hold until their walltimes end."""
        with self._lock:
            self._of_jobs[executor] = core_seconds

    def of_jobs(self) -> float:
        with self._lock:
            return sum(self._of_jobs.values())

    def left(self) -> float:
        """Return the core-seconds that nothing is promised of."""
        with self._lock:
            return self._left()

    def take(self, executor: str, each: float, wanted: int) -> int:
        """Return how many jobs of up to `wanted` may be submitted, each of which holds so many
        core-seconds at most. They are promised until the executor reports again.
        """
        with self._lock:
            left = self._left()
            fit = (
                wanted if math.isinf(left) and left > 0 else int(max(0.0, left) // max(each, 1e-9))
            )
            number = min(wanted, fit)
            self._of_jobs[executor] = self._of_jobs.get(executor, 0.0) + number * each
            return number

    def _left(self) -> float:
        if self.most is None:
            return math.inf
        return self.most - self._besides - sum(self._of_jobs.values())


def job_words(walltime: float, cpus: int) -> str:
    """Say what a job may hold: ``a job may hold 16 cores for 2 h = 32 core-hours``."""
    cores = f"{cpus} core" if cpus == 1 else f"{cpus} cores"
    hours = walltime * cpus / 3600.0
    return f"a job may hold {cores} for {duration(walltime)} = {hours:.3g} core-hours"


class CoreHolder:
    """What holds CPU cores for tasks: jobs, or else the tasks themselves while they run."""

    cores: float = 1.0  #: that a task holds which was given no share of its own

    def core_seconds_of_jobs(self) -> dict[str, float] | None:
        """Return for how many core-seconds each of its jobs has held CPUs from its start until now
        or its end, by a name that is the same in all sessions; None where tasks hold them.
        """
        return None

    def keep_to(self, allowance: CoreAllowance) -> None:
        """Submit no job from now on that does not fit into this; called once, before any task."""

    def does_not_fit(self) -> str:
        """Return what the next job could hold, as a clause, if that is why none is submitted and
        none is there; empty otherwise.
        """
        return ""

    def core_hours(self) -> float:
        """Return the hours of CPU cores that its jobs have been given in this session."""
        return 0.0

    def core_use(self) -> tuple[float, float] | None:
        """Return for how many core-seconds its jobs have held CPUs, and for how many of these tasks
        have; each over a job's whole life. None where that is not known.
        """
        return None
