"""The SLURM jobs of a Dask cluster: how many there should be, which were lost, and what the queue
says of those that wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from enchanted_tui.executors.base import JobInfo
from enchanted_tui.executors.dask.problem import ClusterProblem
from enchanted_tui.executors.dask.queues import DaskWorker
from enchanted_tui.executors.prologue import failed_line
from enchanted_tui.executors.slurm_terms import LIVE, pending_reason, seconds

#: seconds without any of its workers after which a job that had some counts as ended, whatever the
#: queue says
_LOST_AFTER = 20.0
_GONE_AFTER = 2.0  #: seconds without any after which the queue is asked about it
_IDLE_AFTER = 30.0  #: seconds without work for it after which a job above the minimum is given back
#: seconds between two queries of the queue: the first after a submission, and at most
_QUERY = (
    5.0,
    180.0,
)
_OUTPUT_TAIL = 600  #: bytes of a job's output that are shown
_STILLBORN = 3  #: jobs in a row that may end without any worker having connected


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A job as the queue told of it."""

    state: str
    since: float | None  #: when it began, seconds since the epoch
    ends: float | None  #: when its walltime is over, seconds since the epoch
    core_seconds: float
    node: str
    reason: str
    cpus: int
    asked: float  #: seconds since the epoch


class SlurmJobs:
    """The jobs that hold the workers of a `dask_jobqueue.SLURMCluster`."""

    def __init__(self, cluster: Any, count: int | None, limits: tuple[int, int] | None) -> None:
        self._cluster = cluster
        self._limits = limits
        self.least, self.most = limits or (count or 1, count or 1)
        self._last_alive: dict[Any, float] = {}
        self._busy_until = 0.0
        self._asked = 0.0
        self._interval = _QUERY[0]
        self._asked_about: set[str] = set()
        self._queue: dict[str, QueueRow] | None = None
        #: what the queue has said of each job last, also of those that have ended
        self._rows: dict[str, QueueRow] = {}
        self.submitted: set[str] = set()  #: numbers of all jobs
        self._stillborn = 0

    async def adjust(self, jobs_wanted: int, allowed: int | None) -> None:
        """Submit, replace and give back jobs; `allowed`: how many may be submitted in all, None for
        any number.

        Raises RuntimeError with what sbatch says, FileNotFoundError without sbatch, ClusterProblem
        if jobs end before they are of use.
        """
        self._note_alive()
        if set(self._cluster.workers) - set(self._last_alive) or self._some_have_gone():
            await self._ask()
        await self._forget_lost()
        count = self._count(jobs_wanted)
        if allowed is not None:
            for name in set(self._cluster.worker_spec) - set(self._cluster.workers):
                self._cluster.worker_spec.pop(name)  # or it would be submitted anew, unasked
            room = max(0, allowed - len(self.submitted))
            count = min(count, len(self._cluster.worker_spec) + room)
        running = len(self._cluster.worker_spec)
        if count > running or self._missing():
            self._asked, self._interval = time.monotonic(), _QUERY[0]
            try:
                self._cluster.scale(jobs=count)
                await self._cluster
            finally:
                self._forget_unsubmitted()
                self.submitted |= {str(job.job_id) for job in self._cluster.workers.values()}
        elif count < running:
            await self._give_back(running - count)

    def _count(self, wanted: int) -> int:
        if self._limits is None:
            return self.most
        now = time.monotonic()
        count = min(self.most, max(self.least, wanted))
        if count >= len(self._cluster.worker_spec):
            self._busy_until = now + _IDLE_AFTER
        return (
            count
            if now > self._busy_until or count > len(self._cluster.worker_spec)
            else len(self._cluster.worker_spec)
        )

    def _forget_unsubmitted(self) -> None:
        """Drop the jobs that SLURM did not take, so that they are tried again."""
        for name in [name for name, job in self._cluster.workers.items() if job.job_id is None]:
            self._cluster.workers.pop(name)
            self._cluster.worker_spec.pop(name, None)

    def _missing(self) -> bool:
        return bool(set(self._cluster.worker_spec) - set(self._cluster.workers))

    def _note_alive(self) -> None:
        """Take note which jobs have workers."""
        now = time.monotonic()
        alive = {worker["name"] for worker in self._cluster.scheduler_info["workers"].values()}
        for name in self._cluster.workers:
            if alive & self._workers_of(name):
                self._last_alive[name] = now
                self._stillborn = 0

    def _some_have_gone(self) -> bool:
        """Tell whether a job has lost its workers, so that the queue is to be asked soon: it has
        ended, or Dask starts them again.
        """
        gone = any(time.monotonic() - seen > _GONE_AFTER for seen in self._last_alive.values())
        if gone:
            self._interval = _QUERY[0]
        return gone

    async def _forget_lost(self) -> None:
        """Drop the jobs whose workers have all gone, so that others take their place."""
        now = time.monotonic()
        for name, job in list(self._cluster.workers.items()):
            if now - self._last_alive.get(name, now) > _LOST_AFTER or self._has_ended(name, job):
                if name not in self._last_alive:
                    self._stillborn += 1
                    self._check_prologue(str(job.job_id))
                self._last_alive.pop(name, None)
                self._note_end(str(job.job_id))
                self._cluster.workers.pop(name, None)
                self._cluster.worker_spec.pop(name, None)
                with contextlib.suppress(Exception):
                    await job.close()
        if self._stillborn >= _STILLBORN:
            raise ClusterProblem(
                f"{self._stillborn} SLURM jobs ended before their Dask workers had connected; their"
                f" output in {self._logs()} says why, often it is memory, interface or python"
            )

    def _logs(self) -> str:
        """Return the directory that takes what jobs print."""
        return str(getattr(self._cluster._dummy_job, "log_directory", None) or os.getcwd())

    def _check_prologue(self, number: str) -> None:
        """Raise ClusterProblem if a line before the Dask worker has ended this job: it would end
        all others, too.
        """
        for path in sorted(glob.glob(f"{glob.escape(self._logs())}/*-{number}.*")):
            with contextlib.suppress(OSError), open(path, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _OUTPUT_TAIL))
                printed = file.read().decode("utf-8", "replace")
                failed = failed_line(printed)
                if failed is not None:
                    raise ClusterProblem(
                        f"SLURM job {number} ended before its Dask worker began: {failed[0]!r} in"
                        f" job_script_prologue failed with exit code {failed[1]}; the job printed:"
                        f" {' '.join(printed.split())}. Correct that line, or add `|| true` where"
                        " it may fail"
                    )

    def _has_ended(self, name: Any, job: Any) -> bool:
        """Tell whether a job without workers is one that the queue no longer knows."""
        without = (
            name not in self._last_alive or time.monotonic() - self._last_alive[name] > _GONE_AFTER
        )
        return (
            without
            and self._queue is not None
            and job.job_id in self._asked_about - set(self._queue)
        )

    def _workers_of(self, name: Any) -> set[Any]:
        group = (self._cluster.worker_spec.get(name) or {}).get("group")
        return {f"{name}{suffix}" for suffix in group} if group else {name}

    async def _give_back(self, surplus: int) -> None:
        """Cancel jobs: first those that wait in the queue, then those without work."""
        workers = self._cluster.scheduler.workers.values()
        busy = {state.name for state in workers if state.processing}
        alive = {state.name for state in workers}
        waiting = [name for name in self._cluster.worker_spec if not alive & self._workers_of(name)]
        idle = [
            name
            for name in self._cluster.worker_spec
            if name not in waiting and not busy & self._workers_of(name)
        ]
        chosen = (waiting + idle)[:surplus]
        if chosen:
            await self._cluster.scale_down(chosen)

    # -- the queue ---------------------------------------------------------------------------------

    async def reason(self) -> str:
        """Say what the queue tells about the jobs; empty if there is no squeue or it does not
        answer.
        """
        await self._ask()
        ids = [job.job_id for job in self._cluster.workers.values() if job.job_id]
        if self._queue is None or not ids:
            return ""
        known = {number: self._queue[number] for number in ids if number in self._queue}
        if not known:
            return (
                f"none of the jobs {', '.join(ids[:5])} is in the queue any more; their output"
                " says why"
            )
        state, reason = next((row.state, row.reason) for row in known.values())
        meaning = pending_reason(reason)
        text = f"{len(known)} of {len(ids)} jobs in the queue, the first is {state}"
        if state == "PENDING":
            text += f" ({reason}{f': {meaning.meaning}' if meaning else ''})"
        return text

    def held(self, known_workers: Iterable[DaskWorker]) -> list[JobInfo]:
        """Return the jobs as people are shown them; `known_workers` are the workers that they
        hold.
        """
        by_name = {worker.name: worker for worker in known_workers}
        return [
            self._shown(str(job.job_id), self._workers_of(name), by_name)
            for name, job in self._cluster.workers.items()
            if job.job_id
        ]

    def _shown(
        self, number: str, workers: set[Any], known_workers: dict[str, DaskWorker]
    ) -> JobInfo:
        here = [known_workers[str(name)] for name in workers if str(name) in known_workers]
        row = (self._queue or {}).get(number)
        state = (
            row.state
            if row is not None and not (here and row.state == "PENDING")
            else "RUNNING"
            if here
            else "SUBMITTED"
        )
        done = sum(worker.done for worker in here)
        return JobInfo(
            name=str(getattr(self._cluster, "name", "")),
            job=number,
            state=state,
            reason=row.reason if row is not None and row.reason != "None" else "",
            node=(
                row.node
                if row is not None and row.node
                else ", ".join(sorted({worker.host for worker in here}))
            ),
            held=done + sum(worker.held for worker in here),
            done=done,
            since=row.since if row is not None else None,
            ends=row.ends if row is not None else None,
        )

    def told_of_held(self) -> dict[str, tuple[float, int, float, bool]]:
        """Return, by number, the core-seconds of each job of this session, its CPUs, when the queue
        told so, and whether it still holds them.
        """
        live = {str(job.job_id) for job in self._cluster.workers.values()}
        return {
            number: (
                row.core_seconds,
                row.cpus,
                row.asked,
                number in live and row.state in LIVE and row.since is not None,
            )
            for number, row in self._rows.items()
        }

    def _note_end(self, number: str) -> None:
        """A job has been given up: it has held CPUs until now at most."""
        row = self._rows.get(number)
        if row is not None and row.state in LIVE and row.since is not None:
            held = row.core_seconds + (time.time() - row.asked) * row.cpus
            self._rows[number] = replace(row, core_seconds=held, state="ENDED")

    async def look(self) -> None:
        """Ask the queue how the jobs stand, if it has not been asked for a while."""
        await self._ask()

    async def _ask(self) -> None:
        """Ask the queue about all jobs at once, not too often."""
        now = time.monotonic()
        if now - self._asked < self._interval or shutil.which("squeue") is None:
            return
        ids = [job.job_id for job in self._cluster.workers.values() if job.job_id]
        if not ids:
            return
        self._asked = now
        self._interval = min(_QUERY[1], 2 * self._interval)
        command = (
            "squeue",
            "--noheader",
            "--states=all",
            f"--jobs={','.join(ids)}",
            "--format=%i|%T|%M|%L|%C|%N|%r",
        )
        pipe = asyncio.subprocess.PIPE
        with contextlib.suppress(OSError):
            process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
            try:
                out, err = await asyncio.wait_for(process.communicate(), 30)
            except TimeoutError:
                process.kill()
                return
            if process.returncode == 0 or b"Invalid job id" in err:
                rows = dict(
                    _row(line, time.time())
                    for line in out.decode(errors="replace").splitlines()
                    if line.count("|") >= 6
                )
                self._rows.update(rows)
                self._queue = {number: row for number, row in rows.items() if row.state in LIVE}
                self._asked_about = set(ids)


def _row(line: str, now: float) -> tuple[str, QueueRow]:
    number, state, elapsed, left, cpus, node, reason = line.split("|", 6)
    began, rest = seconds(elapsed), seconds(left)
    since = round(now - began) if began is not None and state != "PENDING" else None
    ends = round(now + rest) if rest is not None and state != "PENDING" else None
    number_of_cpus = int(cpus or 1)
    return number.strip(), QueueRow(
        state, since, ends, (began or 0.0) * number_of_cpus, node, reason, number_of_cpus, now
    )
