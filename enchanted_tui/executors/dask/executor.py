"""DaskExecutor: tasks run on a Dask cluster."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.executors import inherited
from enchanted_tui.executors.base import Deliver, Executor, Running, TaskContext
from enchanted_tui.executors.dask.cluster_process import ClusterProcess
from enchanted_tui.executors.dask.job_grants import JobGrants
from enchanted_tui.executors.dask.keywords import LocalClusterKeywords, SlurmClusterKeywords
from enchanted_tui.executors.dask.running import DaskRunning
from enchanted_tui.executors.dask.worker_traps import launch_warnings
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.launcher_option import launcher_option, launcher_problems
from enchanted_tui.executors.local.executor import usable_cpus
from enchanted_tui.executors.sample_traps import longer_than_its_job
from enchanted_tui.executors.slurm_terms import seconds

_CLUSTERS = ("LocalCluster_config", "SLURMcluster_config", "scheduler_address", "scheduler_file")


class DaskExecutor(Executor):
    """Run tasks on a Dask cluster: of this machine, of SLURM jobs, or one that already runs.

    Each sample runs in a process beside its Dask worker: one that raises, exits, crashes or hangs
    past `timeout_sec` costs that sample alone. A worker that is lost costs at most the samples it
    held, and these run again, `max_retries` times, in clean directories.
    """

    gives_shares: ClassVar[bool] = True

    n_workers: int | None = option(
        None,
        doc=(
            "How many tasks run at the same time at most; by default as many as the cluster has"
            " threads."
        ),
        ge=1,
    )
    LocalCluster_config: dict[str, Any] | None = option(
        None,
        doc=(
            "Options of `dask.distributed.LocalCluster`, for workers on this machine. This is the"
            " default, with `n_workers` single threads."
        ),
        nested=LocalClusterKeywords,
        example={"n_workers": 4, "threads_per_worker": 1},
    )
    SLURMcluster_config: dict[str, Any] | None = option(
        None,
        doc=(
            "Options of `dask_jobqueue.SLURMCluster`, for workers in SLURM jobs. Needs the package"
            " dask-jobqueue."
        ),
        nested=SlurmClusterKeywords,
        example={
            "account": "project_1",
            "queue": "small",
            "cores": 16,
            "processes": 16,
            "memory": "32GB",
            "walltime": "01:00:00",
        },
    )
    scheduler_address: str | None = option(
        None,
        doc=(
            "Address of a Dask scheduler that already runs; its cluster stays when the campaign"
            " ends."
        ),
        example="tcp://10.0.0.1:8786",
    )
    scheduler_file: str | None = option(
        None,
        doc=(
            "File in which a running Dask scheduler has written its address, as with `dask"
            " scheduler --scheduler-file`."
        ),
        path=True,
    )
    scale_n_jobs: int | None = option(
        None,
        doc=(
            "Number of SLURM jobs, each with `processes` workers; by default 1. Jobs that end"
            " before the campaign are replaced."
        ),
        ge=1,
    )
    scale_n_jobs_min: int | None = option(
        None,
        doc=(
            "Least number of jobs (workers of a LocalCluster) where it follows the work; together"
            " with `scale_n_jobs_max`."
        ),
        ge=0,
    )
    scale_n_jobs_max: int | None = option(
        None,
        doc=(
            "Greatest number of jobs (workers of a LocalCluster) where it follows the work;"
            " together with `scale_n_jobs_min`."
        ),
        ge=1,
    )
    block_until_cluster_started: bool = option(
        False,
        doc="Run nothing until all workers (of `scale_n_jobs_min` jobs) are there.",
        aliases=("block_unitil_cluster_started",),
    )
    timeout: float | None = option(
        None,
        doc=(
            "Stop the campaign, resumable, when there is work but no worker (with"
            " `block_until_cluster_started`: not all of them) so long. By default 120 s, and for"
            " SLURM jobs as long as the queue takes."
        ),
        unit="s",
        gt=0,
    )

    launcher: str = launcher_option()

    # -- options -----------------------------------------------------------------------------------

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        yield from launcher_problems(self.launcher)
        low, high = self.scale_n_jobs_min, self.scale_n_jobs_max
        if (low is None) != (high is None) and self.scale_n_jobs is None:
            given, missing = (
                ("scale_n_jobs_min", "scale_n_jobs_max")
                if high is None
                else ("scale_n_jobs_max", "scale_n_jobs_min")
            )
            yield given, f"needs {missing} beside it"
        if low is not None and high is not None and low > high:
            yield "scale_n_jobs_min", f"is above scale_n_jobs_max ({low} > {high})"
        if self.scheduler_address is not None and self.scheduler_file is not None:
            yield "scheduler_file", "only one of scheduler_address and scheduler_file can be given"

    def warnings(self) -> Iterator[tuple[str, str]]:
        used = self._cluster_option()
        for name in _CLUSTERS:
            if getattr(self, name) is not None and name != used:
                yield name, f"ignored, because {used} is given"
        if self.scale_n_jobs is not None and self.scale_n_jobs_max is not None:
            yield "scale_n_jobs_max", "ignored, because scale_n_jobs is given"
        yield from self._scale_warnings()
        written = str((self.SLURMcluster_config or {}).get("walltime") or "")
        walltime = seconds(written) if self.kind_of_cluster == "slurm" else None
        if walltime is not None and self.timeout_sec is not None and self.timeout_sec > walltime:
            yield "timeout_sec", longer_than_its_job(walltime, "walltime")
        if self.kind_of_cluster == "slurm" and importlib.util.find_spec("dask_jobqueue") is None:
            yield (
                "SLURMcluster_config",
                "needs the package dask-jobqueue here: pip install 'enchanted-tui[jobqueue]'",
            )

    def _scale_warnings(self) -> Iterator[tuple[str, str]]:
        if self.kind_of_cluster == "running":
            for name in ("scale_n_jobs", "scale_n_jobs_min", "scale_n_jobs_max"):
                if getattr(self, name) is not None:
                    yield name, "ignored: the cluster that runs already is not ours to scale"
        size = (self.LocalCluster_config or {}).get("n_workers")
        if self.kind_of_cluster == "local" and size is not None:
            if self.scale_n_jobs not in (None, size):
                yield "scale_n_jobs", f"ignored: a LocalCluster has its n_workers ({size})"
            if self.scale_n_jobs is None and self.scale_n_jobs_max is not None:
                yield (
                    "scale_n_jobs_max",
                    (
                        f"ignored: a LocalCluster has its n_workers ({size}); remove these to let"
                        " their number vary"
                    ),
                )

    @property
    def kind_of_cluster(self) -> str:
        """``local``, ``slurm`` or ``running``."""
        kinds = {"LocalCluster_config": "local", "SLURMcluster_config": "slurm"}
        return kinds.get(self._cluster_option(), "running")

    def _cluster_option(self) -> str:
        order = (
            "scheduler_address",
            "scheduler_file",
            "SLURMcluster_config",
            "LocalCluster_config",
        )
        return next(
            (name for name in order if getattr(self, name) is not None), "LocalCluster_config"
        )

    def cluster_spec(self) -> dict[str, Any]:
        """Return what the cluster is to be, as plain data."""
        kind = self.kind_of_cluster
        config = (
            dict((self.SLURMcluster_config if kind == "slurm" else self.LocalCluster_config) or {})
            if kind != "running"
            else {}
        )
        adaptive = None
        if (
            self.scale_n_jobs is None
            and self.scale_n_jobs_min is not None
            and self.scale_n_jobs_max is not None
        ):
            adaptive = (self.scale_n_jobs_min, self.scale_n_jobs_max)
        if kind == "local":
            if not config:
                config["threads_per_worker"] = 1
            if "n_workers" in config:
                adaptive = None
            elif adaptive is None:
                config["n_workers"] = self.scale_n_jobs or self.n_workers or usable_cpus()
        return {
            "kind": kind,
            "config": config,
            "jobs": self.scale_n_jobs,
            "adaptive": adaptive,
            "address": self.scheduler_address,
            "file": None if self.scheduler_address else self.scheduler_file,
            "timeout": self.timeout,
        }

    @classmethod
    def resource(cls, options: Mapping[str, Any]) -> str | None:
        """Name the cluster that an executor with these options shares with others; None if it has
        one of its own.
        """
        executor = cls(**options)
        kind = executor.kind_of_cluster
        if kind == "running":
            return f"dask {executor.scheduler_address or executor.scheduler_file}"
        spec = executor.cluster_spec()
        if spec["config"].get("name") is None:
            return None
        settings = json.dumps(
            [spec["config"], spec["jobs"], spec["adaptive"]], sort_keys=True, default=str
        )
        return f"dask {kind} {spec['config']['name']} {settings}"

    @classmethod
    def holds_jobs(cls, options: Mapping[str, Any]) -> bool:
        return cls(**options).kind_of_cluster == "slurm"

    def launch_warnings(self, launcher: str) -> Iterator[tuple[str, str]]:
        given = self._cluster_option()
        option = given if getattr(self, given) else "n_workers"
        return launch_warnings(option, self.cluster_spec(), self.n_workers, launcher)

    def dry_run(self, run_dir: str, wanted: Sequence[Mapping[str, Any]] = ()) -> str:
        if self.kind_of_cluster != "slurm":
            return ""
        from enchanted_tui.executors.dask.job_script import job_script

        low, high = self.scale_n_jobs_min, self.scale_n_jobs_max
        varying = self.scale_n_jobs is None and high is not None
        jobs = f"{low} to {high}" if varying else str(self.scale_n_jobs or 1)
        config = self.SLURMcluster_config or {}
        script = job_script(config)
        seen = inherited.told(config.get("account") or config.get("project"))
        return f"{jobs} jobs, each with this script:\n\n{script}\n{seen}"

    def worker_count(self) -> int:
        """Where the cluster follows the work, as many as it may have: those of a moment say nothing
        of what would run.
        """
        spec = self.cluster_spec()
        if self.n_workers or spec["adaptive"] is None:
            return super().worker_count()
        of_each = ("cores", "processes") if spec["kind"] == "slurm" else ("threads_per_worker",)
        threads = next(
            (int(spec["config"][name]) for name in of_each if spec["config"].get(name)), 1
        )
        return int(spec["adaptive"][1]) * threads

    # -- running -----------------------------------------------------------------------------------

    def open(
        self, context: TaskContext, deliver: Deliver, left_over_jobs: Sequence[Submission]
    ) -> Running:
        resource = self.resource({name: getattr(self, name) for name in self.options()})
        share = f"{context.session} {resource}" if resource is not None else None
        return DaskRunning(
            ClusterProcess.acquire({**self.cluster_spec(), "limited": context.core_limit}, share),
            dataclasses.replace(context, launcher=self.launcher),
            deliver,
            timeout=self.timeout_sec,
            max_retries=self.max_retries,
            n_workers=self.n_workers,
            expected_workers=self.worker_count(),
            blocks=self.block_until_cluster_started,
            patience=self.timeout,
            grants=self._grants(),
        )

    def _grants(self) -> JobGrants | None:
        if self.kind_of_cluster != "slurm":
            return None
        _, most = self.cluster_spec()["adaptive"] or (0, self.scale_n_jobs or 1)
        return JobGrants(self.configured_name, self.SLURMcluster_config or {}, most)
