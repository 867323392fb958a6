"""The scheduler's job that this process is in, by what its environment says.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

#: Variables of which one is set in each job of a scheduler.
_JOB_VARIABLES = (
    "SLURM_JOB_ID",
    "PBS_JOBID",
    "LSB_JOBID",
    "FLUX_JOB_ID",
    "COBALT_JOBID",
    "OAR_JOB_ID",
    "PJM_JOBID",
)
_CPUS = re.compile(r"(\d+)(?:\(x(\d+)\))?")


def job_here(environment: Mapping[str, str] = os.environ) -> str:
    """Return the job that this process is in; nothing if it is in none."""
    return next((environment[name] for name in _JOB_VARIABLES if environment.get(name)), "")


def cpus_of_job(environment: Mapping[str, str] = os.environ) -> int | None:
    """Return how many CPUs this job of SLURM holds on all its nodes; None if there is no job, or it
    does not say.
    """
    held = sum(cpus_of_nodes(environment))
    on_node = environment.get("SLURM_CPUS_ON_NODE", "")
    return held or (int(on_node) if on_node.isdigit() else None) or None


def cpus_of_nodes(environment: Mapping[str, str] = os.environ) -> list[int]:
    """Return how many CPUs this job of SLURM holds on each of its nodes, in their order."""
    return [
        int(cpus)
        for cpus, nodes in _CPUS.findall(environment.get("SLURM_JOB_CPUS_PER_NODE", ""))
        for _ in range(int(nodes or 1))
    ]
