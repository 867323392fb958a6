"""What of this process's environment reaches what it starts: the commands of SLURM, jobs and
samples.

Whoever is started in a job of SLURM, in one of its steps or by mpirun inherits variables that
describe that job, that step and one rank. `srun` and MPI libraries take them for their own, and
`sbatch` hands them to the jobs. SLURM's commands moreover take options from variables, before those
of a job script: sites set them in modules, people in start-up files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from enchanted_tui.resources import DEVICE_VARIABLES

ACCOUNT = "SBATCH_ACCOUNT"  #: who pays, where the configuration does not say it

#: What says where the cluster is and how one is let in, and how its `srun` starts MPI.
_KEPT = (
    "SLURM_CONF",
    "SLURM_CONF_SERVER",
    "SLURM_CLUSTERS",
    "SLURM_JWT",
    "SLURM_MPI_TYPE",
    ACCOUNT,
)
_OF_SLURM = (
    *("SLURM_*", "SLURMD_*", "SBATCH_*", "SALLOC_*", "SRUN_*"),
    *("SQUEUE_*", "SACCT_*", "SCANCEL_*", "SCONTROL_*"),
)
#: What describes the step and the task in which this process runs. The rest describes the job, by
#: which `srun` finds it.
_OF_A_STEP = (
    *(
        "SLURM_STEP_*",
        "SLURM_STEPID",
        "SLURM_STEPMGR",
        "SLURM_PROCID",
        "SLURM_LOCALID",
        "SLURM_NODEID",
        "SLURM_GTIDS",
        "SLURM_TASK_PID",
    ),
    *(
        "SLURM_SRUN_*",
        "SLURM_LAUNCH_NODE_IPADDR",
        "SLURM_CPU_BIND*",
        "SLURM_MEM_BIND*",
        "SLURM_GPU_BIND",
        "SLURM_PTY_*",
    ),
)
#: Settings of people that are named like what describes a rank.
_SETTINGS = (
    "PMIX_MCA_*",
    "HYDRA_LAUNCHER*",
    "HYDRA_BOOTSTRAP*",
    "HYDRA_IFACE",
    "HYDRA_HOST_FILE",
    "HYDRA_ENV",
)
_OF_A_RANK = (
    *(
        "PMI_*",
        "PMI2_*",
        "PMIX_*",
        "PRTE_LAUNCHED",
        "PALS_*",
        "ALPS_APP_*",
        "HYDI_*",
        "HYDRA_*",
        "MPI_LOCALRANKID",
        "MPI_LOCALNRANKS",
    ),
    *(
        "MV2_COMM_WORLD_*",
        "MVP_COMM_WORLD_*",
        "OMPI_COMM_WORLD_*",
        "OMPI_UNIVERSE_SIZE",
        "OMPI_APP_CTX_*",
        "OMPI_NUM_APP_CTX",
    ),
    *(
        "OMPI_FIRST_RANKS",
        "OMPI_COMMAND",
        "OMPI_ARGV",
        "OMPI_FILE_LOCATION",
        "OMPI_MCA_ess*",
        "OMPI_MCA_initial_wdir",
    ),
    *(
        "OMPI_MCA_orte_ess*",
        "OMPI_MCA_orte_hnp*",
        "OMPI_MCA_orte_local_daemon*",
        "OMPI_MCA_orte_launch",
        "OMPI_MCA_orte_bound_at_launch",
    ),
    *(
        "OMPI_MCA_orte_app_num",
        "OMPI_MCA_orte_num_nodes",
        "OMPI_MCA_orte_top_session*",
        "OMPI_MCA_orte_jobfam*",
    ),
)
#: What SLURM sets to the devices of a job.
_DEVICES = (
    *DEVICE_VARIABLES,
    "GPU_DEVICE_ORDINAL",
)

#: A line for a shell that withholds from the commands after it what `withheld_from_jobs` names.
WITHHOLD = (
    r"for v in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do "
    f"case $v in {'|'.join((*_KEPT, *_SETTINGS))}) ;; {'|'.join((*_OF_SLURM, *_OF_A_RANK))}) unset"
    ' "$v" ;; esac; done'
)


def for_jobs(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what SLURM's commands are started with, and through `sbatch` the jobs."""
    return _without(environment, withheld_from_jobs(environment))


def withheld_from_jobs(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Name the variables that neither SLURM's commands nor jobs are to see."""
    devices = _DEVICES if "SLURM_JOB_ID" in environment else ()
    kept = (*_KEPT, *_SETTINGS)
    return sorted(
        name
        for name in environment
        if _is_one(name, (*_OF_SLURM, *_OF_A_RANK, *devices)) and not _is_one(name, kept)
    )


def told(account: str | None) -> str:
    """Say what `sbatch` and its jobs see of the environment; `account`: whom the configuration has
    pay for them.
    """
    withheld = withheld_from_jobs()
    said = [f"Withheld from sbatch and the jobs: {', '.join(withheld)}."] if withheld else []
    if account is None and ACCOUNT in os.environ:
        said.append(f"The account is {os.environ[ACCOUNT]}, by {ACCOUNT} of the environment.")
    return "\n".join(said) or "The jobs get the environment as it is here."


def for_samples(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what samples on this machine are started with: in an allocation its job, so that
    `srun` works, but neither step nor rank.
    """
    rank = [
        name
        for name in environment
        if _is_one(name, (*_OF_A_STEP, *_OF_A_RANK)) and not _is_one(name, _SETTINGS)
    ]
    return _without(environment, rank)


def _without(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    withheld = set(names)
    return {name: value for name, value in environment.items() if name not in withheld}


def _is_one(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name is one of these, which may end in ``*``."""
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in patterns
    )
