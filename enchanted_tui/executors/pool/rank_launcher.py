"""How the ranks of a sample are started: by nothing, `srun`, `mpirun` or `mpiexec`, or words of the
user's own.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from enchanted_tui.resources import DEVICE_VARIABLES, THREAD_VARIABLES, Resources, Share, ranges

AUTO, NONE, SRUN = "auto", "none", "srun"
KNOWN = (AUTO, NONE, SRUN, "mpirun", "mpiexec")
OPEN_MPI, HYDRA, OTHER = "Open MPI", "Hydra", "other"

_ANSWER = 20.0  #: seconds in which a launcher has to tell its version
#: What of a job's own description srun and mpirun would take for the size of the sample.
OF_THE_JOB = (
    *("SLURM_NTASKS", "SLURM_NPROCS", "SLURM_NTASKS_PER_NODE", "SLURM_NTASKS_PER_CORE"),
    *("SLURM_CPUS_PER_TASK", "SRUN_CPUS_PER_TASK", "SLURM_TRES_PER_TASK", "SLURM_DISTRIBUTION"),
    *("SLURM_MEM_PER_CPU", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_GPU", "SLURM_THREADS_PER_CORE"),
    *("SLURM_GPUS", "SLURM_GPUS_PER_NODE", "SLURM_GPUS_PER_TASK", "SLURM_EXACT", "SLURM_OVERLAP"),
    *("SLURM_NTASKS_PER_GPU", "SLURM_EXCLUSIVE", "SLURM_WHOLE", "SLURM_HINT"),
)


@dataclass(frozen=True)
class RankLauncher:
    """What starts ranks here."""

    words: str  #: none, srun, mpirun, mpiexec, a path of one of them, or words of the user's own
    family: str = OTHER  #: of mpirun and mpiexec
    job: Mapping[str, str] = field(default_factory=dict)  #: see `missing_of_job`

    @property
    def name(self) -> str:
        return os.path.basename(self.words.split()[0]) if self.words.split() else NONE

    @property
    def pins(self) -> bool:
        """Whether nothing but ourselves binds a sample to its CPUs."""
        return self.name == NONE

    @property
    def places_ranks(self) -> bool:
        """Whether it is told the CPUs of every rank, on other nodes too."""
        return is_mpirun(self.name) and self.family in (OPEN_MPI, HYDRA)

    def line(self, share: Share, directory: str, label: str, *, binds: bool) -> list[str]:
        """Return the words that come before the command of a sample; none of them holds a blank.

        `directory`: where a file that the launcher reads may be made; `label`: what its step is
        called; `binds`: whether the CPUs of the share are those of the machines, by their numbers.
        """
        if self.name == NONE:
            return []
        if "{" in self.words:
            return _own(self.words, share)
        if self.name == SRUN:
            return _srun(self.words, share, label)
        if is_mpirun(self.name):
            if self.family == OPEN_MPI:
                return _open_mpi(self.words, share, directory if binds else None)
            if self.family == HYDRA:
                return _hydra(self.words, share, binds=binds)
            return [*self.words.split(), "-n", str(share.resources.ranks)]
        return _own(self.words, share)

    def environment(self, share: Share) -> dict[str, Optional[str]]:
        """Return variables that the launcher is to see, None for those that it is not to see."""
        changes: dict[str, Optional[str]] = dict.fromkeys(OF_THE_JOB)
        if is_mpirun(self.name) and "SLURM_JOB_ID" in os.environ:
            # its daemons on other nodes are steps, of which each would have a node to itself
            changes["SLURM_OVERLAP"] = "1"
            # what it takes for the number of slots of each node of the job
            changes["SLURM_TASKS_PER_NODE"] = os.environ.get("SLURM_JOB_CPUS_PER_NODE", "1")
            changes.update(self.job)
        return changes


def launcher_for(words: str, *, single: bool, nodes: int) -> RankLauncher:
    """Return the launcher that `words` stand for here; `single`: every sample is one process on one
    node, `nodes`: of the job, or 1.

    Raises OSError with a sentence if there is none.
    """
    if words == AUTO:
        words = _found(single=single and nodes == 1)
    name = os.path.basename(words.split()[0]) if words.split() else NONE
    if is_mpirun(name):
        return RankLauncher(words, family_of(words.split()[0]))
    return RankLauncher(words)


def is_mpirun(name: str) -> bool:
    """Tell whether a program by this name is some MPI's mpirun: ``mpiexec.hydra``."""
    return name.startswith(("mpirun", "mpiexec", "orterun", "prterun"))


def _found(*, single: bool) -> str:
    if single:
        return NONE
    if os.environ.get("SLURM_JOB_ID") and shutil.which("srun"):
        return SRUN
    for name in ("mpirun", "mpiexec"):
        if shutil.which(name):
            return name
    raise OSError(
        "nothing that starts MPI ranks is in PATH (srun, mpirun, mpiexec); load the module of your"
        " MPI in job_script_prologue, or set launcher"
    )


def family_of(program: str) -> str:
    """Return whose `mpirun` this is, by what it says."""
    said = ""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER,
        ).stdout
    if "Open MPI" in said or "OpenRTE" in said or "PRTE" in said:
        return OPEN_MPI
    return HYDRA if "HYDRA" in said or "Intel(R) MPI" in said else OTHER


def _srun(words: str, share: Share, label: str) -> list[str]:
    wanted = share.resources
    gpus = int(-(-wanted.gpus_on_node // 1)) if wanted.gpus >= 1 else 0
    memory = max((node.mem for node in share.nodes), default=0)
    devices = ",".join(map(str, share.nodes[0].gpus))
    return [
        *words.split(),
        "--exact",
        f"--nodes={wanted.nodes}",
        f"--ntasks={wanted.ranks}",
        f"--cpus-per-task={wanted.cpus_per_rank}",
        *((f"--ntasks-per-node={wanted.ranks_on(0)}",) if wanted.nodes > 1 else ()),
        *((f"--mem={memory}M",) if memory else ()),
        f"--gres=gpu:{gpus}" if gpus else "--gres=none",
        f"--nodelist={','.join(node.name for node in share.nodes)}",
        f"--job-name={label}",
        "--kill-on-bad-exit=1",
        # SLURM hides from a step what it has not counted for it, such as a part of a GPU
        *(("env", f"CUDA_VISIBLE_DEVICES={devices}") if 0 < wanted.gpus < 1 else ()),
    ]


def missing_of_job(cpus: Mapping[str, int]) -> dict[str, str]:
    """Return the variables that describe the job of SLURM to an mpirun and are not set, since
    somebody has entered the job by its id alone: without them, it would try to reach other nodes by
    ssh. `cpus`: how many the job holds, by node, in SLURM's order.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if not job or {"SLURM_JOBID", "SLURM_NODELIST"} <= os.environ.keys():
        return {}
    return {
        "SLURM_JOBID": job,
        "SLURM_NODELIST": ",".join(cpus),
        "SLURM_NNODES": str(len(cpus)),
        "SLURM_TASKS_PER_NODE": ",".join(map(str, cpus.values())),
    }


def _open_mpi(words: str, share: Share, directory: Optional[str]) -> list[str]:
    """Every rank has its CPUs by a file in `directory`: without one, ranks of concurrent samples
    are bound to the same first cores. None: they are bound to none.
    """
    hosts = ",".join(f"{node.name}:{node.ranks}" for node in share.nodes)
    binding = ["--bind-to", "none"] if directory is None else _rank_file(share, directory)
    exported = [word for name in _exported() for word in ("-x", name)]
    count = str(share.resources.ranks)
    return [*words.split(), "-np", count, "--host", hosts, *binding, *exported]


def _rank_file(share: Share, directory: str) -> list[str]:
    """Write down the CPUs of each rank; return the words that have it read."""
    if len(directory.split()) > 1:  # no word of the line may hold a blank
        directory = "/tmp"  # noqa: S108 - the file is named by this process, and read at once
    path = os.path.join(directory, f"enchanted-ranks-{os.getpid()}")
    with open(path, "w", encoding="ascii") as file:
        for rank, (name, cpus) in enumerate(_cpus_of_ranks(share)):
            file.write(f"rank {rank}={name} slot={ranges(cpus)}\n")
    return ["--mca", "rmaps_rank_file_physical", "1", "--rankfile", path]


def _exported() -> tuple[str, ...]:
    """Return the variables that ranks on other nodes are to see as well."""
    return tuple(
        name for name in sorted(os.environ) if name.startswith("ENCHANTED_") or name in _PASSED_ON
    )


_PASSED_ON = (*THREAD_VARIABLES, *DEVICE_VARIABLES)


def _hydra(words: str, share: Share, *, binds: bool) -> list[str]:
    """Ranks of every node are bound to the same CPUs, so that binding is left out where a sample
    holds different ones.
    """
    wanted = share.resources
    hosts = ",".join(f"{node.name}:{node.ranks}" for node in share.nodes)
    alike = len({node.cpus[: wanted.cpus_per_rank * share.nodes[-1].ranks] for node in share.nodes})
    binding = ",".join(
        "+".join(map(str, cpus)) for _, cpus in _cpus_of_ranks(share) if _ == share.nodes[0].name
    )
    return [
        *words.split(),
        *("-n", str(wanted.ranks)),
        *("-hosts", hosts),
        *("-bind-to", f"user:{binding}" if binds and alike == 1 else "none"),
    ]


def _cpus_of_ranks(share: Share) -> list[tuple[str, tuple[int, ...]]]:
    """Return node and CPUs of each rank, in their order."""
    each = share.resources.cpus_per_rank
    return [
        (node.name, node.cpus[rank * each : (rank + 1) * each])
        for node in share.nodes
        for rank in range(node.ranks)
    ]


def _own(words: str, share: Share) -> list[str]:
    """Fill in the user's own words: ``{ranks}``, ``{nodes}`` and so on."""
    known = own_words(share.resources)
    known["hosts"] = ",".join(node.name for node in share.nodes)
    return [word.format_map(known) for word in words.split()]


def own_words(wanted: Resources) -> dict[str, str]:
    """Return what may stand in braces in a launch line of the user's own."""
    return {
        "nodes": str(wanted.nodes),
        "ranks": str(wanted.ranks),
        "ranks_per_node": str(wanted.ranks_on(0)),
        "cpus_per_rank": str(wanted.cpus_per_rank),
        "gpus": f"{wanted.gpus:g}",
        "gpus_per_node": f"{wanted.gpus_on_node:g}",
        "mem": f"{wanted.mem}M",
        "hosts": "",
    }


def single_everywhere(options: Mapping[str, Mapping[str, object]]) -> bool:
    """Tell whether the `resources` of all runners, by name, as written, say one process on one
    node.
    """
    return all(
        str(wanted.get("nodes", 1)) == "1" and str(wanted.get("ranks", 1)) == "1"
        for wanted in options.values()
    )
