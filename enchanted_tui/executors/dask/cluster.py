"""The Dask cluster behind one or more executors: started here on this machine or as SLURM jobs, or
found running.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import os
import time
from dataclasses import astuple
from typing import Any

from enchanted_tui.executors.dask.job_script import job_options
from enchanted_tui.executors.dask.problem import ClusterProblem
from enchanted_tui.executors.dask.queues import DaskWorker
from enchanted_tui.executors.dask.slurm_jobs import SlurmJobs

_CONNECT = 10.0  #: seconds in which a scheduler has to answer
_ANSWER = 5.0  #: seconds in which it has to say which workers it has
_CLOSE = 10.0  #: seconds in which a cluster has to close
DEFAULT_PATIENCE = 120.0  #: seconds in which workers have to appear where no queue is waited for


class Cluster:
    """A cluster and a client of it. `spec`: what `DaskExecutor.cluster_spec` gives."""

    expected_slots = 0  #: tasks at a time when all workers are there; 0 if that is not ours to know
    least_slots = 1  #: the same when there are as few as there ever should be
    patience: float | None = (
        #: seconds without any worker after which to give up, unless the user says otherwise
        DEFAULT_PATIENCE
    )

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.client: Any = None
        self.cluster: Any = None

    async def open(self) -> None:
        """Start or find the cluster. Raises ClusterProblem."""
        raise NotImplementedError

    async def scale(self, slots_wanted: int) -> None:
        """Called now and then: replace what was lost, and have as many workers as the work needs
        where that may vary.
        """

    async def reason(self) -> str:
        """Say why there are no workers, as far as it is known."""
        return ""

    async def ask_queue(self) -> None:
        """Called now and then: find out how the scheduler's jobs stand."""

    def jobs_held(self, known_workers: list[DaskWorker]) -> list[tuple[Any, ...]]:
        """Return the fields of `JobInfo` of each job of a scheduler; `known_workers` are all
        workers.
        """
        return []

    def told_of_jobs(self) -> dict[str, Any]:
        """Return what the jobs of this session hold, and how many were submitted."""
        return {"held": {}, "submitted": 0}

    def allow(self, jobs: int) -> None:
        """Submit no more jobs than this, in all."""

    async def identity(self) -> dict[str, Any]:
        """Return the workers by address. Raises OSError when the scheduler does not answer."""
        try:
            found: dict[str, Any] = await asyncio.wait_for(
                self.client.scheduler.identity(n_workers=-1), _ANSWER
            )
        except (
            TypeError,
            ValueError,
        ):  # a scheduler of before 2025 gives all workers without being asked
            found = await asyncio.wait_for(self.client.scheduler.identity(), _ANSWER)
        workers: dict[str, Any] = found["workers"]
        return workers

    def dashboard(self) -> str | None:
        """Return the address of the dashboard, if there is one."""
        if importlib.util.find_spec("bokeh") is None:
            return None
        with contextlib.suppress(Exception):  # depends on the user's own template
            return str(self.client.dashboard_link) or None
        return None

    async def close(self) -> None:
        for part in (self.client, self.cluster):
            if part is not None:
                with contextlib.suppress(Exception):  # it may have gone already
                    await asyncio.wait_for(part.close(), _CLOSE)

    async def _connect(self, target: Any) -> None:
        from distributed import Client

        self.client = await Client(
            target, asynchronous=True, set_as_default=False, timeout=_CONNECT
        )  # type: ignore[no-untyped-call]


class OwnLocalCluster(Cluster):
    """A cluster on this machine."""

    async def open(self) -> None:
        from distributed import LocalCluster

        config = dict(self.spec["config"])
        limits = self.spec["adaptive"]
        if limits is not None:
            config["n_workers"] = limits[0]
            config.setdefault("threads_per_worker", 1)
        config.setdefault("silence_logs", logging.ERROR)
        try:
            self.cluster = await LocalCluster(asynchronous=True, **config)  # type: ignore[no-untyped-call]
        except Exception as error:
            raise ClusterProblem(
                f"the Dask cluster cannot be started on this machine: {told(error)}; check"
                " LocalCluster_config"
            ) from error
        threads = self.cluster.new_spec["options"]["nthreads"]
        size = len(self.cluster.worker_spec)
        self.expected_slots = (limits[1] if limits else size) * threads
        self.least_slots = max(1, (limits[0] if limits else size) * threads)
        self._threads, self._limits = threads, limits
        await self._connect(self.cluster)

    async def scale(self, slots_wanted: int) -> None:
        count = len(self.cluster.worker_spec)
        # one took so long to come back that Dask has given it up
        if set(self.cluster.worker_spec) - set(self.cluster.workers):
            self.cluster.scale(count)
        if self._limits is not None:
            low, high = self._limits
            wanted = min(high, max(low, -(-slots_wanted // self._threads)))
            if wanted > count or (not slots_wanted and wanted < count):
                self.cluster.scale(wanted)


class OwnSlurmCluster(Cluster):
    """A cluster whose workers are SLURM jobs, by dask-jobqueue."""

    patience = None  # a queue takes as long as it takes
    hindrance = ""  #: what sbatch said when it was tried last
    _begun = False

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__(spec)
        #: jobs that may be submitted in all, None for any number
        self._allowed = 0 if spec.get("limited") else None

    async def open(self) -> None:
        try:
            from dask_jobqueue.slurm import SLURMCluster
        except ImportError:
            raise ClusterProblem(
                "SLURMcluster_config needs the package dask-jobqueue; install it with pip install"
                " 'enchanted-tui[jobqueue]'"
            ) from None
        config = job_options(self.spec["config"])
        config.setdefault("silence_logs", "error")
        _check_section(config.get("config_name"))
        try:
            self.cluster = SLURMCluster(asynchronous=True, **config)
            await self.cluster._start()
            job = self.cluster._dummy_job
        except Exception as error:
            raise ClusterProblem(
                f"the Dask scheduler cannot be started: {told(error)}; check SLURMcluster_config"
            ) from error
        self.jobs = SlurmJobs(self.cluster, self.spec["jobs"], self.spec["adaptive"])
        self.slots_per_job = max(1, job.worker_processes) * max(1, job.worker_process_threads)
        self.expected_slots = self.jobs.most * self.slots_per_job
        self.least_slots = max(1, self.jobs.least * self.slots_per_job)
        await self._connect(self.cluster)
        await self.scale(0)

    async def scale(self, slots_wanted: int) -> None:
        try:
            await self.jobs.adjust(-(-slots_wanted // self.slots_per_job), self._allowed)
        except FileNotFoundError:
            raise ClusterProblem(
                "there is no sbatch here; start on a machine from which SLURM jobs can be submitted"
            ) from None
        except RuntimeError as error:
            if self._begun:  # the controller may be away for a while; the next look tries again
                self.hindrance = _sbatch_says(error)
                return
            raise ClusterProblem(
                f"SLURM does not take the jobs of the Dask workers: {_sbatch_says(error)}"
            ) from error
        self._begun, self.hindrance = True, ""

    async def reason(self) -> str:
        return self.hindrance or await self.jobs.reason()

    async def ask_queue(self) -> None:
        await self.jobs.look()

    def jobs_held(self, known_workers: list[DaskWorker]) -> list[tuple[Any, ...]]:
        return [astuple(job) for job in self.jobs.held(known_workers)] if self._begun else []

    def told_of_jobs(self) -> dict[str, Any]:
        if not self._begun:
            return super().told_of_jobs()
        return {"held": self.jobs.told_of_held(), "submitted": len(self.jobs.submitted)}

    def allow(self, jobs: int) -> None:
        self._allowed = jobs


class ExistingCluster(Cluster):
    """A cluster that somebody else has started and goes on without us."""

    async def open(self) -> None:
        address = self.spec["address"] or await self._address_from(self.spec["file"])
        try:
            await self._connect(address)
        except (
            Exception
        ) as error:  # what Dask makes of an address, certificates and whoever answers there
            key = "scheduler_address" if self.spec["address"] else "scheduler_file"
            remedy = f"start one with 'dask scheduler', or correct {key}"
            if isinstance(error, TypeError) and "TLS" in str(error):
                remedy = (
                    "name its certificates under distributed.comm.tls in the configuration of Dask"
                    " (~/.config/dask)"
                )
            raise ClusterProblem(
                f"no Dask scheduler answers at {address} ({told(error)}); {remedy}"
            ) from error

    async def reason(self) -> str:
        return (
            f"no worker has connected to the scheduler at {self.client.scheduler.address}; start"
            " some with 'dask worker'"
        )

    async def _address_from(self, path: str) -> str:
        """Read the address from a file that the scheduler writes; it may be about to."""
        deadline = time.monotonic() + min(
            self.spec["timeout"] or DEFAULT_PATIENCE, DEFAULT_PATIENCE
        )
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError), open(path) as file:
                return str(json.load(file)["address"])
            if time.monotonic() > deadline:
                state = "names no scheduler" if os.path.exists(path) else "does not exist"
                raise ClusterProblem(
                    f"the scheduler_file {path} {state}; start one with 'dask scheduler"
                    f" --scheduler-file {path}'"
                )
            await asyncio.sleep(0.2)


def cluster_of(spec: dict[str, Any]) -> Cluster:
    """Return the cluster that a specification asks for, not started yet."""
    kinds: dict[str, type[Cluster]] = {
        "local": OwnLocalCluster,
        "slurm": OwnSlurmCluster,
        "running": ExistingCluster,
    }
    return kinds[spec["kind"]](spec)


def told(error: BaseException) -> str:
    """Return what an error says as one line, and what caused it: that a nanny failed to start says
    nothing.
    """
    text = " ".join(str(error).split())
    if (
        isinstance(error, RuntimeError)
        and error.__cause__ is not None
        and str(error.__cause__) not in text
    ):
        text = f"{text} {told(error.__cause__)}"
    return text[:500] if text else type(error).__name__


def _check_section(name: str | None) -> None:
    """Raise ClusterProblem if the configuration of Dask does not have the section from which
    defaults are to be taken.
    """
    import dask.config

    if name is not None and dask.config.get(f"jobqueue.{name}", None) is None:
        raise ClusterProblem(
            f"the configuration of Dask (~/.config/dask) has no section jobqueue.{name}; correct"
            " config_name"
        )


def _sbatch_says(error: RuntimeError) -> str:
    """Return what sbatch wrote to its standard error."""
    _, found, said = str(error).partition("stderr:\n")
    return told(RuntimeError(said)) if found and said.strip() else told(error)
