"""How much time a job has left, and which tasks fit into it.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Optional

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.booking import Booking

_KEPT = 50  #: run times of each runner that are remembered
_SAFETY = 1.1  #: a task may take so much longer than the longest one so far


class Clock:
    """The end of the job, and the run times so far."""

    def __init__(self, header: dict[str, Any]) -> None:
        self.ends = _end_of_job(header.get("walltime"))
        self._margin = min(30.0, 0.03 * header["walltime"]) if header.get("walltime") else 5.0
        self._runtimes: dict[str, deque[float]] = {}
        self.learn(header)

    def learn(self, header: dict[str, Any]) -> None:
        """Go by what a share says of its tasks from now on."""
        self._timeout = header.get("timeout")
        #: by runner, how long before the end of the job its samples are told to end, seconds
        self._before = {
            name: spec["restart"]["before"]
            for name, spec in header.get("context", {}).get("runners", {}).items()
            if spec.get("restart")
        }
        runners = header.get("context", {}).get("runners", {})
        #: by runner, how many samples one call takes at most, of which a run time is a part
        self._most = {name: spec.get("batch", 1) for name, spec in runners.items()}
        for runner, longest in header.get("runtimes", {}).items():
            whole = longest * self._most.get(runner, 1)
            self._runtimes.setdefault(runner, deque([whole], maxlen=_KEPT))

    def left(self) -> float:
        return float("inf") if self.ends is None else self.ends - self._margin - time.time()

    def took(self, runner: str, seconds: float) -> None:
        self._runtimes.setdefault(runner, deque(maxlen=_KEPT)).append(seconds)

    def fits_any(self) -> bool:
        """Tell whether a task of some runner could still begin."""
        return self.left() > 0 and (
            not self._runtimes or any(self.fits(runner) for runner in self._runtimes)
        )

    def fits(self, runner: str) -> bool:
        """Tell whether a task of this runner that starts now ends before the job does, judged by
        the longest of the latest ones; or, if it is continued later, whether it gets far enough.
        """
        left = self.left()
        if left <= 0:
            return False
        if runner in self._before:  # to be continued: as long as there is more work than notice
            return bool(left >= 2 * self._before[runner])
        known = self._runtimes.get(runner)
        if not known:
            return True
        longest = max(known) * _SAFETY
        if self._timeout is not None:
            longest = min(longest, self._timeout * self._most.get(runner, 1))
        return left >= longest


class TimedBacklog(Backlog):
    """The tasks of a job: one begins if it is likely to end before the job does. The very first one
    begins in any case, since another job is no longer.
    """

    def __init__(
        self, clock: Clock, on_refusal: Callable[[], None], booking: Optional[Booking] = None
    ) -> None:
        """`on_refusal` is called where tasks wait and none may begin any more."""
        super().__init__(booking)
        self._clock = clock
        self._on_refusal = on_refusal
        self._begun = False

    def next(self) -> Optional[Task]:
        """Take the next task that fits into what is left of the job; None if there is none."""
        task = super().next()
        if task is not None:
            self._begun = True
        elif self._waiting and not any(map(self.may_begin, self._first_ones())):
            self._on_refusal()
        return task

    def may_begin(self, task: Task) -> bool:
        return self._clock.fits(task.runner) or (not self._begun and self._clock.left() > 0)

    def ran(self, task: Task, seconds: float) -> None:
        """Take note of how long a task has taken."""
        super().ran(task, seconds)
        self._clock.took(task.runner, seconds)


def _end_of_job(walltime: float | None) -> float | None:
    """Return when the job's time is up, seconds since the epoch: its time limit from its beginning
    on, or earlier, as SLURM says by the
    clock of another machine; None where neither is known."""
    ends = [time.time() - _age_of_job() + walltime] if walltime else []
    said = os.environ.get("SLURM_JOB_END_TIME", "")
    return min(ends + [float(said)] if said.isdigit() else ends, default=None)


def _age_of_job() -> float:
    """Return how long the job's script has been at work before it came to us: older SLURMs do not
    say, and loading modules takes its time.
    """
    mark = b"SLURM_JOB_ID=" + os.environ.get("SLURM_JOB_ID", "").encode()
    age, pid = 0.0, os.getpid()
    with contextlib.suppress(OSError, ValueError, IndexError):
        while pid > 1:
            if pid != os.getpid():
                with open(f"/proc/{pid}/environ", "rb") as environment:
                    if mark not in environment.read().split(b"\0"):
                        break
            with open(f"/proc/{pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
            age = max(
                age,
                time.clock_gettime(time.CLOCK_BOOTTIME)
                - int(fields[19]) / os.sysconf("SC_CLK_TCK"),
            )
            pid = int(fields[1])
    return age
