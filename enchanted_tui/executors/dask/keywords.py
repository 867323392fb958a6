"""What LocalCluster and SLURMCluster take, so that a misspelt option is found before anything is
started. No Dask is imported for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from enchanted_tui.config.options import Nested, option

_OURS = dict.fromkeys(
    ("asynchronous", "loop", "job_cls", "start", "ip"), "is set by the program; remove it"
)
_LOCAL_ALSO = (
    "host scheduler_port silence_logs worker_dashboard_address services worker_services "
    "service_kwargs security protocol blocked_handlers interface worker_class "
    "scheduler_kwargs scheduler_sync_interval resources lifetime lifetime_stagger "
    "lifetime_restart death_timeout preload preload_argv env port heartbeat_interval "
    "memory_target_fraction memory_spill_fraction memory_pause_fraction "
    "memory_terminate_fraction validate contact_address preload_nanny preload_nanny_argv "
    "config"
)
_SLURM_ALSO = (
    "security shared_temp_directory silence_logs scheduler_options scheduler_cls protocol "
    "config_name project nanny death_timeout worker_command header_skip shebang job_name"
)


class LocalClusterKeywords(Nested):
    """Workers on this machine: the keywords of `dask.distributed.LocalCluster`."""

    passes_on = True
    refused = _OURS
    also = tuple(_LOCAL_ALSO.split())

    n_workers: int | None = option(None, doc="Number of worker processes.", ge=1)
    threads_per_worker: int | None = option(
        None, doc="How many samples each of them runs at the same time.", ge=1
    )
    processes: Any = option(None, doc="Whether workers are processes (true) or threads.")
    memory_limit: Any = option(
        None, doc="Memory of each worker, such as `4GB`, `auto`, or 0 for no limit."
    )
    dashboard_address: Any = option(None, doc="Address of the dashboard, such as `:8787`.")
    local_directory: Any = option(None, doc="Directory for the workers' own files.")
    name: Any = option(
        None, doc="Name of the cluster; executors that agree on it and all else share it."
    )


class SlurmClusterKeywords(Nested):
    """Workers in SLURM jobs: the keywords of `dask_jobqueue.SLURMCluster`."""

    passes_on = True
    refused = _OURS
    also = tuple(_SLURM_ALSO.split())

    account: Any = option(None, doc="Account that the jobs are charged to.")
    queue: Any = option(None, doc="Partition that they are submitted to.")
    cores: int | None = option(None, doc="Cores of each job.", ge=1)
    memory: Any = option(None, doc="Memory of each job, such as `32GB`.")
    processes: int | None = option(
        None, doc="Workers in each job; they share its cores as threads.", ge=1
    )
    n_workers: int | None = option(None, doc="Number of workers to begin with.", ge=1)
    walltime: Any = option(None, doc="Time limit of each job, such as `'01:30:00'`.")
    job_cpu: Any = option(None, doc="Cores to ask SLURM for, where it is not `cores`.")
    job_mem: Any = option(None, doc="Memory to ask SLURM for, where it is not `memory`.")
    interface: Any = option(None, doc="Network interface of the nodes, such as `ib0`.")
    local_directory: Any = option(None, doc="Directory of the nodes for the workers' own files.")
    log_directory: Any = option(None, doc="Directory for the jobs' output.")
    python: Any = option(None, doc="Python of the jobs.")
    name: Any = option(
        None, doc="Name of the cluster; executors that agree on it and all else share it."
    )
    job_script_prologue: list[Any] | None = option(
        None, doc="Lines of the job script before the workers start."
    )
    job_extra_directives: list[Any] | None = option(
        None, doc="Further options, each as it follows in `#SBATCH --gres=gpu:1`."
    )
    job_directives_skip: list[Any] | None = option(
        None, doc="`#SBATCH` lines to leave out: those that hold one of these texts."
    )
    worker_extra_args: list[Any] | None = option(None, doc="Further arguments of `dask worker`.")
    env_extra: list[Any] | None = option(None, doc="Older name of `job_script_prologue`.")
    job_extra: list[Any] | None = option(None, doc="Older name of `job_extra_directives`.")
    extra: list[Any] | None = option(None, doc="Older name of `worker_extra_args`.")

    def problems(self) -> Iterator[tuple[str, str]]:
        walltime = self.walltime
        if (
            walltime is not None
            and type(walltime) is not int
            and not (isinstance(walltime, str) and re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", walltime))
        ):
            yield (
                "walltime",
                f"expected a time such as '01:30:00', found {walltime!r}; put it in quotes",
            )
        if self.cores is not None and self.processes is not None and self.processes > self.cores:
            yield (
                "processes",
                f"is above cores ({self.processes} > {self.cores}), so that a worker would have no"
                " thread",
            )

    def warnings(self) -> Iterator[tuple[str, str]]:
        if type(self.walltime) is int:  # YAML makes one number of 10:30:00
            yield (
                "walltime",
                f"means {self.walltime} minutes; a time such as '10:30:00' has to be in quotes",
            )
