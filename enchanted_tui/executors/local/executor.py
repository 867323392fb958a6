"""LocalExecutor: tasks run in worker processes of this machine."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.executors import inherited
from enchanted_tui.executors.base import Deliver, Executor, Running, TaskContext
from enchanted_tui.executors.ends.preemption import Preemption
from enchanted_tui.executors.ends.steps import is_over
from enchanted_tui.executors.job import cpus_of_job
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.launcher_option import launcher_option, launcher_problems
from enchanted_tui.executors.pool.allocation import backlog_until, end_for
from enchanted_tui.executors.pool.book import Book
from enchanted_tui.executors.pool.booking import booking, nodes_here, size_for
from enchanted_tui.executors.pool.fork_server_handle import ForkServerHandle
from enchanted_tui.executors.pool.machine import visible_gpus
from enchanted_tui.executors.pool.pool import Pool
from enchanted_tui.executors.pool.pool_settings import PoolSettings
from enchanted_tui.executors.sample_traps import THREADS, all_gpus_seen, beside_each_other
from enchanted_tui.resources import THREAD_VARIABLES, Resources
from enchanted_tui.runners.memory_kills import MemoryKills

MOST_WORKERS = 4096  #: each is a process, which is started at once
_LOGIN_NODE_WORKERS = 4


class LocalExecutor(Executor):
    """Run tasks in worker processes of this machine.

    Each worker runs samples one after another. Between them it puts working directory, environment,
    signals and random numbers back, and ends what a sample has left running. What a sample leaves
    in memory, such as a cache or Fortran's SAVE behind f2py, the next one finds, unless
    `fresh_process` is set. A sample that raises, exits, crashes, runs out of memory or hangs past
    `timeout_sec` costs that sample alone. Executors without `n_workers` share one set of workers.
    """

    shares_workers: ClassVar[bool] = True

    n_workers: int | None = option(
        None,
        doc="How many tasks run at the same time; by default the CPUs this process may use.",
        ge=1,
        le=MOST_WORKERS,
    )
    launcher: str = launcher_option()
    gives_shares: ClassVar[bool] = True

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        yield from launcher_problems(self.launcher)

    def open(
        self, context: TaskContext, deliver: Deliver, left_over_jobs: Sequence[Submission]
    ) -> Running:
        shares = booking(context.runners, self.launcher, self._size(), self._most_cpus())
        workers = self.worker_count() if shares is None else size_for(shares, context.runners)
        context = dataclasses.replace(context, cores=cores_for_each(workers))
        ends = end_for(context.runners)
        settings = PoolSettings(
            size=workers,
            timeout=self.timeout_sec,
            max_retries=self.max_retries,
            starter=fork_server(context, thread_limits(workers)),
            job_ends=job_ends(),
            why_killed=why_killed_here(),
            ends=lambda: ends,
        )
        backlog = backlog_until(ends, context.runners, shares)
        pool = LocalWorkers(settings, context, deliver, backlog)
        pool.cores = context.cores
        pool.start()
        return pool

    def worker_count(self) -> int:
        """Return how many tasks run at the same time."""
        return self._size() or (_LOGIN_NODE_WORKERS if too_many_for_here() else usable_cpus())

    def room_problem(self, wanted: Resources) -> str | None:
        return Book(nodes_here(self._most_cpus())).problem(wanted)

    def _most_cpus(self) -> int | None:
        """Return how many CPUs samples may have together where others work here too; None for
        all.
        """
        return _LOGIN_NODE_WORKERS if self._size() is None and too_many_for_here() else None

    def launch_warnings(self, launcher: str) -> Iterator[tuple[str, str]]:
        if launcher and self.worker_count() > 1:
            yield "n_workers", beside_each_other(launcher, self.worker_count())
        gpus = len(visible_gpus())
        if gpus > 1 and self.worker_count() > 1:
            yield "n_workers", all_gpus_seen(f"sees all {gpus} GPUs of this machine")

    def threads_told(self) -> int | None:
        threads = thread_limits(self.worker_count()).get(THREADS)
        return None if threads is None else int(threads)

    def _size(self) -> int | None:
        """Return the number of workers that is configured, if one is."""
        return self.n_workers

    def notices(self) -> list[str]:
        if self._size() is not None or not too_many_for_here():
            return []
        return [
            "This machine has sbatch and this is no job, so it looks like a login node: at most"
            f" {_LOGIN_NODE_WORKERS} local workers are used. Set n_workers on the executor to"
            " choose another number."
        ]


class LocalWorkers(Pool, Running):
    """Workers of this machine, for an executor."""

    def worker_count(self) -> int:
        return self._size


class JoblibExecutor(LocalExecutor):
    """The local workers under the name they had when joblib ran them; `n_jobs` is honoured."""

    shares_workers = True

    n_jobs: int | None = option(
        None,
        doc=(
            "Number of workers as joblib counts them: -1 means all CPUs, -2 all but one, and so on."
            " `n_workers` comes first."
        ),
        le=MOST_WORKERS,
    )

    def _size(self) -> int | None:
        if self.n_workers is not None or self.n_jobs in (None, 0):
            return self.n_workers
        assert self.n_jobs is not None
        return self.n_jobs if self.n_jobs > 0 else max(1, usable_cpus() + 1 + self.n_jobs)


def fork_server(
    context: TaskContext, environment: Mapping[str, str]
) -> Callable[[dict[str, Any]], ForkServerHandle]:
    """Return what starts workers here, with these additional variables. All that they start bears
    the mark of this session of the campaign: the next one ends what is left of it.
    """
    mark = f"{context.campaign}:{context.session}"
    return lambda shared: ForkServerHandle(shared, {**inherited.for_samples(), **environment}, mark)


def usable_cpus() -> int:
    """How many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def job_ends() -> Callable[[], bool]:
    """Return what tells whether this process is in a job of SLURM that is known to be at its
    end.
    """
    job, preemption = os.environ.get("SLURM_JOB_ID", ""), Preemption()
    return lambda: bool(job) and (is_over(job) or preemption.has_begun())


def why_killed_here() -> Callable[[], tuple[str, str] | None]:
    """Return what tells why a worker was killed, if that was for want of memory."""
    kills = MemoryKills()
    return lambda: kills.reason(
        "have fewer samples run at the same time, by n_workers or mem under resources of the runner"
    )


def on_login_node() -> bool:
    """Tell whether this looks like a login node: jobs can be submitted here and this is not one."""
    return shutil.which("sbatch") is not None and "SLURM_JOB_ID" not in os.environ


def too_many_for_here() -> bool:
    """Tell whether a worker for each CPU would be too many here, because others work here too."""
    return usable_cpus() > _LOGIN_NODE_WORKERS and on_login_node()


def cores_for_each(workers: int) -> float:
    """Return the CPU cores that each of so many workers holds: its share of the job that this is,
    or else the threads it may use.
    """
    held = cpus_of_job()
    if held is not None:
        return held / workers
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return (
        float(threads)
        if threads.isdigit() and int(threads)
        else float(max(1, usable_cpus() // workers))
    )


def thread_limits(workers: int) -> dict[str, str]:
    """Return environment variables that keep numerical libraries from starting more threads than
    there are CPUs, where unset.
    """
    share = str(max(1, usable_cpus() // workers))
    return {name: share for name in THREAD_VARIABLES if name not in os.environ}
