"""What LocalCluster and SLURMCluster take, so that a misspelt option is found before anything is
started. No Dask is imported for it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LOCAL = (
    "name n_workers threads_per_worker processes host scheduler_port silence_logs dashboard_address"
    " worker_dashboard_address services "
    "worker_services service_kwargs security protocol blocked_handlers interface worker_class"
    " scheduler_kwargs scheduler_sync_interval "
    # of the workers
    "memory_limit local_directory resources lifetime lifetime_stagger lifetime_restart"
    " death_timeout preload preload_argv env port "
    "heartbeat_interval memory_target_fraction memory_spill_fraction memory_pause_fraction"
    " memory_terminate_fraction validate "
    "contact_address preload_nanny preload_nanny_argv config"
)
_SLURM = (
    "n_workers security shared_temp_directory silence_logs name scheduler_options scheduler_cls"
    " interface protocol config_name queue project account walltime job_cpu job_mem cores memory"
    " processes nanny death_timeout local_directory extra worker_command worker_extra_args"
    " job_extra job_extra_directives env_extra job_script_prologue header_skip job_directives_skip"
    " log_directory shebang python job_name"
)
LOCAL, SLURM = frozenset(_LOCAL.split()), frozenset(_SLURM.split())
_OURS = frozenset(("asynchronous", "loop", "job_cls", "start", "ip"))
_LOCAL_COUNTS = ("n_workers", "threads_per_worker")
_SLURM_COUNTS = ("n_workers", "cores", "processes")
_LISTS = (
    "job_script_prologue",
    "job_extra_directives",
    "worker_extra_args",
    "job_directives_skip",
    "env_extra",
    "job_extra",
    "extra",
)


def unknown(
    option: str, config: Mapping[str, Any], known: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield a warning for each key that is not known."""
    for key in config:
        if key not in known and key not in _OURS:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield f"{option}.{key}", f"is not an option that we know of{hint}"


def local_problems(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _problems("LocalCluster_config", config, _LOCAL_COUNTS)


def slurm_problems(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _problems("SLURMcluster_config", config, _SLURM_COUNTS)
    option = "SLURMcluster_config"
    walltime = config.get("walltime")
    if (
        walltime is not None
        and type(walltime) is not int
        and not (isinstance(walltime, str) and re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", walltime))
    ):
        yield (
            f"{option}.walltime",
            f"expected a time such as '01:30:00', found {walltime!r}; put it in quotes",
        )
    for key in _LISTS:
        value = config.get(key)
        if value is not None and not isinstance(value, list):
            yield (
                f"{option}.{key}",
                f"expected a list of lines, found {value!r:.60}; write it in brackets, [...]",
            )
    cores, processes = config.get("cores"), config.get("processes")
    if type(cores) is int and type(processes) is int and processes > cores > 0:
        yield (
            f"{option}.processes",
            f"is above cores ({processes} > {cores}), so that a worker would have no thread",
        )


def slurm_warnings(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from unknown("SLURMcluster_config", config, SLURM)
    if type(config.get("walltime")) is int:  # YAML makes one number of 10:30:00
        yield (
            "SLURMcluster_config.walltime",
            f"means {config['walltime']} minutes; a time such as '10:30:00' has to be in quotes",
        )


def local_warnings(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from unknown("LocalCluster_config", config, LOCAL)


def _problems(
    option: str, config: Mapping[str, Any], counts: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for key in _OURS & set(config):
        yield f"{option}.{key}", "is set by the program; remove it"
    for key in counts:
        value = config.get(key)
        if value is not None and (type(value) is not int or value < 1):
            yield f"{option}.{key}", f"expected an integer >= 1, found {value!r:.60}"
