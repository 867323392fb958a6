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

from enchanted_tui.executors.pool.book import Node
from enchanted_tui.resources import numbers

#: Variables that say which GPUs a process may use, of CUDA, ROCm and oneAPI.
DEVICE_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ZE_AFFINITY_MASK",
)
_ANSWER = 20.0  #: seconds in which scontrol has to answer
_ON_NODES = re.compile(
    r"Nodes=(?P<nodes>\S+) CPU_IDs=(?P<cpus>\S+) Mem=(?P<mem>\d+)(?: GRES=(?P<gres>\S*))?"
)
_INDICES = re.compile(r"gpu[^,]*?\(IDX:([\d,-]+)\)")


def this_machine() -> list[Node]:
    """Return this machine as the one node there is: what this process may use of it."""
    return [Node(host(), usable_cpus(), visible_gpus(), available_memory())]


def nodes_of_job(environment: Mapping[str, str] = os.environ) -> Optional[list[Node]]:
    """Return the nodes of the job of SLURM that this process is in, and what the job holds of each;
    None if SLURM does not say.
    """
    job = environment.get("SLURM_JOB_ID", "")
    if not job:
        return None
    told = _asked(["scontrol", "-o", "-d", "show", "job", job])
    nodes: list[Node] = []
    line = _line_of(told, job)
    for found in _ON_NODES.finditer(line):
        gpus = _INDICES.search(found["gres"] or "")
        for name in _host_names(found["nodes"]):
            cpus = numbers(found["cpus"])
            nodes.append(
                Node(
                    name,
                    _as_bound(cpus) if name == host() else cpus,
                    numbers(gpus[1]) if gpus else (),
                    int(found["mem"]),
                )
            )
    return nodes or None


def _as_bound(cpus: tuple[int, ...]) -> tuple[int, ...]:
    """Return the CPUs of this node by the numbers of the machine: SLURM counts cores, and the
    kernel their threads; where the job is bound to so many, these are they.
    """
    usable = usable_cpus()
    return usable if len(usable) == len(cpus) else cpus


def pinnable(node: Node) -> bool:
    """Tell whether the CPUs of a node, as they are numbered, are those that this process may use:
    where a job is not bound, nobody knows which CPUs are its own.
    """
    return set(node.cpus) <= set(usable_cpus())


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
    """Return the MiB of memory that can be used: of the machine, or of the control group if that
    has less; 0 where nobody says.
    """
    amounts = []
    with contextlib.suppress(OSError), open("/proc/meminfo", encoding="ascii") as file:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", file.read(), re.MULTILINE)
        if found is not None:
            amounts.append(int(found[1]) // 1024)
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
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


def _asked(command: list[str]) -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER,
            check=True,
        ).stdout
    return ""


def _listed(directory: str) -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir(directory)
    return []
