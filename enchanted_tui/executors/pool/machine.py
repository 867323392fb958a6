"""What there is to be held: CPUs, GPUs and memory of this machine, or of all nodes of the job that
this is.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Mapping
from typing import Optional

from enchanted_tui.executors.job import cpus_of_nodes
from enchanted_tui.executors.pool.book import Node
from enchanted_tui.executors.pool.rank_launcher import OF_THE_JOB
from enchanted_tui.resources import DEVICE_VARIABLES, numbers
from enchanted_tui.runners.control_groups import memory_files

_ANSWER = 20.0  #: seconds in which scontrol has to answer
_ON_NODES = re.compile(
    r"Nodes=(?P<nodes>\S+) CPU_IDs=(?P<cpus>\S+) Mem=(?P<mem>\d+)(?: GRES=(?P<gres>\S*))?"
)
#: Run on each node: its name, and the CPUs that a process may use there.
_TELL_CPUS = """echo "$SLURMD_NODENAME $(sed -n 's/^Cpus_allowed_list://p' /proc/self/status)\""""
_INDICES = re.compile(r"gpu[^,]*?\(IDX:([\d,-]+)\)")


def this_machine() -> list[Node]:
    """Return this machine as the one node there is: what this process may use of it."""
    return [Node(host(), usable_cpus(), visible_gpus(), available_memory())]


def nodes_of_job(environment: Mapping[str, str] = os.environ) -> Optional[list[Node]]:
    """Return the nodes of the job of SLURM that this process is in, and what the job holds of each;
    None if there is no job, or nobody says.
    """
    job = environment.get("SLURM_JOB_ID", "")
    if not job:
        return None
    told = _line_of(_asked(["scontrol", "-o", "-d", "show", "job", job]), job)
    nodes = [
        Node(name, numbers(found["cpus"]), _gpus_of(found["gres"]), int(found["mem"]))
        for found in _ON_NODES.finditer(told)
        for name in _host_names(found["nodes"])
    ]
    return _as_numbered_here(nodes or _by_environment(environment)) or None


def end_of_job(environment: Mapping[str, str] = os.environ) -> Optional[float]:
    """Return when the time of the job of SLURM is up that this process is in, seconds since the
    epoch; None if there is no job, or nobody says.
    """
    job = environment.get("SLURM_JOB_ID", "")
    if not job:
        return None
    seconds = {**environment, "SLURM_TIME_FORMAT": "%s"}
    told = _line_of(_asked(["scontrol", "-o", "show", "job", job], seconds), job)
    found = re.search(r" EndTime=(\d+)(?:\s|\Z)", told)
    said = found[1] if found else environment.get("SLURM_JOB_END_TIME", "")
    return float(said) if said.isdigit() else None


def _by_environment(environment: Mapping[str, str]) -> list[Node]:
    """Return the nodes as the job's variables tell, where the controller does not answer."""
    names = _host_names(environment.get("SLURM_JOB_NODELIST", ""))
    counts = cpus_of_nodes(environment)
    gpus = visible_gpus() if environment.get("SLURM_GPUS_ON_NODE") else ()
    mem = environment.get("SLURM_MEM_PER_NODE", "")
    return [
        Node(name, tuple(range(cpus)), gpus, int(mem) if mem.isdigit() else 0)
        for name, cpus in zip(names, counts)  # noqa: B905 - Python 3.9
    ]


def _as_numbered_here(nodes: list[Node]) -> list[Node]:
    """Return nodes with CPUs and GPUs by the numbers by which a process is bound to them.

    Devices that a job may not see are no longer counted in it: where those of this node begin at 0,
    so do those of the others.
    """
    here = next((node for node in nodes if node.name == host()), None)
    if here is None:
        return nodes
    seen = visible_gpus()
    renumbered = bool(here.gpus) and seen == tuple(range(len(here.gpus)))
    found = []
    for node in nodes:
        gpus = tuple(range(len(node.gpus))) if renumbered else node.gpus
        if node is here and len(seen) == len(node.gpus):
            gpus = seen
        found.append(Node(node.name, node.cpus, gpus, node.mem))
    return as_bound(found, {host(): usable_cpus()})


def as_bound(nodes: list[Node], usable: Mapping[str, tuple[int, ...]]) -> list[Node]:
    """Return nodes with CPUs by the kernel's numbers, where those are known; `usable`: by node, the
    CPUs that processes of this job may use there.

    SLURM counts cores in an order of its own, and the kernel their threads: where a job is bound on
    a node to as many as it holds, these are they.
    """
    return [
        Node(node.name, cpus if len(cpus) == len(node.cpus) else node.cpus, node.gpus, node.mem)
        for node in nodes
        for cpus in [usable.get(node.name, node.cpus)]
    ]


def cpus_by_node(nodes: list[Node]) -> dict[str, tuple[int, ...]]:
    """Return, by name, the CPUs that processes started by srun may use on the nodes of this job, by
    the kernel's numbers: what the daemons of an mpirun find there. A node that does not answer is
    left out.
    """
    count = str(len(nodes))
    environment = {name: text for name, text in os.environ.items() if name not in OF_THE_JOB}
    environment["SLURM_OVERLAP"] = "1"  # beside steps that hold the CPUs, as its daemons will be
    words = ["srun", "--mpi=none", "--cpu-bind=none", f"--nodes={count}", f"--ntasks={count}"]
    words += ["--ntasks-per-node=1", "sh", "-c", _TELL_CPUS]
    told = [line.split() for line in _asked(words, environment).splitlines()]
    return {line[0]: numbers(line[1]) for line in told if len(line) == 2}


def _gpus_of(gres: Optional[str]) -> tuple[int, ...]:
    found = _INDICES.search(gres or "")
    return numbers(found[1]) if found else ()


def host() -> str:
    """Return the name of this node as SLURM has it, or else as the machine has it."""
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname().partition(".")[0]


def usable_cpus() -> tuple[int, ...]:
    """Return the ids of the CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


def visible_gpus() -> tuple[int, ...]:
    """Return the GPUs that this process may use, by the ids that the variables of
    `DEVICE_VARIABLES` take.
    """
    for name in DEVICE_VARIABLES:
        value = os.environ.get(name)
        if value is not None:
            ids = [part.strip() for part in value.split(",") if part.strip()]
            return tuple(int(part) for part in ids if part.isdigit())
    listed = [name for name in _listed("/dev") if re.fullmatch(r"nvidia\d+", name)]
    if listed:
        return tuple(range(len(listed)))
    if os.path.exists("/dev/kfd"):  # AMD's: a render node for each
        return tuple(range(len([n for n in _listed("/dev/dri") if n.startswith("renderD")])))
    return ()


def available_memory() -> int:
    """Return the MiB of memory that can be used: of the machine, or of a control group that we are
    in if that has less; 0 where nobody says.
    """
    amounts = []
    with contextlib.suppress(OSError), open("/proc/meminfo", encoding="ascii") as file:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", file.read(), re.MULTILINE)
        if found is not None:
            amounts.append(int(found[1]) // 1024)
    for path in memory_files("memory.limit_in_bytes", "memory.max"):
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:
            amounts.append(int(file.read()) >> 20)
    return min(amounts, default=0)


def _line_of(told: str, job: str) -> str:
    """Return the line of this very job: asked for the last element of an array, scontrol tells of
    all.
    """
    lines = told.splitlines()
    return next((line for line in lines if line.startswith(f"JobId={job} ")), "")


def _host_names(nodes: str) -> list[str]:
    if "[" not in nodes:
        return nodes.split(",")
    return _asked(["scontrol", "show", "hostnames", nodes]).split()


def _asked(command: list[str], environment: Optional[Mapping[str, str]] = None) -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER,
            check=True,
        ).stdout
    return ""


def _listed(directory: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(directory)
    return []
