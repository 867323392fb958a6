"""How large jobs are: what `sbatch` says, and what follows from the samples where it does not."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.executors.slurm.script import option_name
from enchanted_tui.resources import Resources, mebibytes

#: Options by which sbatch is told how many CPUs there are to be; with one of them, all is said.
_OF_CPUS = frozenset(
    (
        *("ntasks", "ntasks-per-node", "ntasks-per-core", "ntasks-per-socket", "cpus-per-task"),
        *("mincpus", "exclusive", "sockets-per-node", "cores-per-socket", "cpus-per-gpu"),
    )
)
_OF_MEMORY = frozenset(("mem", "mem-per-cpu", "mem-per-gpu"))
_OF_GPUS = frozenset(("gres", "gpus", "gpus-per-node", "gpus-per-task", "gpus-per-socket"))
#: MiB that the processes take which run the samples of a job: once, and for each at the same time
_MEMORY_OF_JOB, _MEMORY_OF_WORKER = 64, 48
_GPU_OF_GRES = re.compile(r"(?:^|,)(?:gres/)?gpu(?::[A-Za-z_][\w.-]*)?(?:[:=](\d+))?(?=,|\Z)")


@dataclass(frozen=True)
class JobSize:
    """What a job for samples of one kind asks for."""

    more: Mapping[str, str]  #: options of sbatch besides those that are given
    at_once: int  #: samples that it runs at the same time, as far as can be said


def is_said(sbatch: Mapping[str, Any], template: str | None) -> bool:
    """Tell whether the configuration says how large jobs are, so that samples of any kind go into
    the same ones.
    """
    return template is not None or bool(_OF_CPUS & _given(sbatch))


def job_size(
    sbatch: Mapping[str, Any], template: str | None, wanted: Resources, processes: int | None
) -> JobSize:
    """Return the size of a job for samples that need so much; `processes`: how many of them at the
    same time at most, None for what fits.
    """
    if template is not None:
        return JobSize({}, processes or 1)
    if is_said(sbatch, template):
        fits = _said(sbatch).most_at_once(wanted)
        number = min(fits, processes or fits)
        return JobSize(_rest(sbatch, wanted, number), number)
    nodes = _number(sbatch, "nodes")
    side_by_side = max(1, (nodes or wanted.nodes) // wanted.nodes)
    number = processes or side_by_side
    more = {"ntasks": str(number * wanted.ranks), "cpus-per-task": str(wanted.cpus_per_rank)}
    if nodes is None:
        more["nodes"] = str(wanted.nodes)
    if (nodes or wanted.nodes) > 1:
        more["ntasks-per-node"] = str(math.ceil(number / side_by_side) * wanted.ranks_on(0))
    return JobSize({**more, **_rest(sbatch, wanted, number)}, number)


def size_for_all(
    sbatch: Mapping[str, Any],
    template: str | None,
    sizes: Collection[Resources],
    processes: int | None,
) -> JobSize:
    """Return the size of a job for samples of several sizes, of which the one with most CPUs says
    how many; memory and GPUs are enough for each.
    """
    made = {wanted: job_size(sbatch, template, wanted, processes) for wanted in sizes}
    largest = made[max(made, key=lambda wanted: wanted.cpus)]
    more = dict(largest.more)
    for name, amount in (("mem", mebibytes), ("gres", _gpus_in)):
        asked = [size.more[name] for size in made.values() if name in size.more]
        if asked:
            more[name] = max(asked, key=amount)
    return JobSize(more, largest.at_once)


def _gpus_in(asked: str) -> int:
    return int(asked.rpartition(":")[2])


def room_problem(sbatch: Mapping[str, Any], template: str | None, wanted: Resources) -> str | None:
    """Say why a sample fits into no job, as far as the configuration says how large jobs are."""
    if template is not None or "exclusive" in _given(sbatch):
        return None
    if is_said(sbatch, template):
        why = _said(sbatch).problem(wanted)
        return None if why is None else f"{why}, by sbatch; ask for more there, or leave it out"
    nodes = _number(sbatch, "nodes")
    if nodes is not None and nodes < wanted.nodes:
        return f"it needs {wanted.nodes} nodes, and sbatch asks for {nodes}"
    memory = _memory(sbatch)
    if memory and wanted.mem > memory:
        return f"it needs {wanted.mem} MiB on a node, and sbatch asks for {memory}"
    return None


def most_memory(
    sbatch: Mapping[str, Any], template: str | None, of_jobs: int | None, of_nodes: int | None
) -> int | None:
    """Return how many MiB of a node a sample can be given at most, None where nobody knows.

    `of_jobs`: what the jobs that run have of a node, `of_nodes`: what the cluster's nodes have.
    """
    if template is None and not _OF_MEMORY & _given(sbatch):
        return None if of_nodes is None else of_nodes - _MEMORY_OF_JOB - _MEMORY_OF_WORKER
    return _memory(sbatch) or of_jobs or 0  # jobs of another size are not to be had


def cpus_asked_for(sbatch: Mapping[str, Any], template: str | None) -> int | None:
    """Return how many CPUs a job has, as far as the configuration says it; None if SLURM has to
    say it.
    """
    given = _OF_CPUS & _given(sbatch)
    if template is not None or given - {"ntasks", "ntasks-per-node", "cpus-per-task"}:
        return None
    return sum(len(node.cpus) for node in _said(sbatch).nodes)


def gpus_of_node(sbatch: Mapping[str, Any]) -> int:
    """Return how many GPUs jobs ask for on a node; 0 where they ask for none."""
    return _gpus(sbatch, _number(sbatch, "nodes") or 1)


def cpus_of_one_task(sbatch: Mapping[str, Any]) -> int:
    """Return how many CPUs the only task of jobs has on a node; 1 where there are several tasks."""
    tasks = _number(sbatch, "ntasks") or _number(sbatch, "ntasks-per-node") or 1
    return (_number(sbatch, "cpus-per-task") or 1) if tasks == 1 else 1


def _rest(sbatch: Mapping[str, Any], wanted: Resources, number: int) -> dict[str, str]:
    """Return memory and GPUs, where samples need them and nothing is said of them."""
    given, more = _given(sbatch), {}
    each = math.ceil(number / max(1, (_number(sbatch, "nodes") or wanted.nodes) // wanted.nodes))
    if wanted.mem and not _OF_MEMORY & given:
        more["mem"] = f"{each * (wanted.mem + _MEMORY_OF_WORKER) + _MEMORY_OF_JOB}M"
    if wanted.gpus and not _OF_GPUS & given:
        more["gres"] = f"gpu:{math.ceil(each * wanted.gpus_on_node)}"
    return more


def _said(sbatch: Mapping[str, Any]) -> Book:
    """Return the nodes that the options ask for; what they do not say counts as enough."""
    each = _number(sbatch, "cpus-per-task") or 1
    nodes = _number(sbatch, "nodes") or 1
    a_node = _number(sbatch, "ntasks-per-node")
    tasks = _number(sbatch, "ntasks") or nodes * (a_node or 1)
    on_node = a_node or math.ceil(tasks / nodes)
    cpus = max(on_node * each, _number(sbatch, "mincpus") or 1)
    if "exclusive" in _given(sbatch):
        cpus = max(cpus, 4096)
    gpus = _gpus(sbatch, nodes)
    return Book(
        [
            Node(f"node {index}", tuple(range(cpus)), tuple(range(gpus)), _memory(sbatch))
            for index in range(nodes)
        ]
    )


def _gpus(sbatch: Mapping[str, Any], nodes: int) -> int:
    for name, value in sbatch.items():
        found = _GPU_OF_GRES.search(str(value))
        if option_name(name) == "gres":
            return int(found[1] or 1) if found else 0
        if option_name(name) in _OF_GPUS:
            number = str(value).rpartition(":")[2]
            if number.isdigit():
                per_node = option_name(name) == "gpus-per-node"
                return int(number) if per_node else math.ceil(int(number) / nodes)
            return 64
    return 0


def _memory(sbatch: Mapping[str, Any]) -> int:
    """Return the MiB of a node, 0 where they are not said as such."""
    for name, value in sbatch.items():
        if option_name(name) == "mem":
            try:
                return mebibytes(value)
            except ValueError:
                return 0
    return 0


def _given(sbatch: Iterable[str]) -> set[str]:
    return {option_name(name) for name in sbatch}


def _number(sbatch: Mapping[str, Any], wanted: str) -> int | None:
    """Return a number that an option gives, the least one of a range; None if it gives none."""
    for name, value in sbatch.items():
        if option_name(name) == wanted:
            found = re.match(r"\d+", str(value))
            return int(found[0]) if found else None
    return None
