"""Who holds which CPUs and GPUs of which node, from what the running supervisor says of nodes and
workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from enchanted_tui.record.live import LiveNode
from enchanted_tui.resources import numbers, places, ranges


class NodeUse(Struct):
    """One node, and the tasks that hold its CPUs and GPUs: by id, in the order of their names."""

    name: str
    mem: int = 0  #: MiB; 0 where it is not known
    cpus: dict[int, list[str]] = field(default_factory=dict)
    gpus: dict[int, list[str]] = field(default_factory=dict)

    @property
    def tasks(self) -> list[str]:
        """Names of all tasks that hold something of it."""
        return sorted(
            {task for held in (self.cpus, self.gpus) for by in held.values() for task in by}
        )

    def told(self) -> LiveNode:
        """Return it as it is told to viewers."""
        return LiveNode(
            name=self.name,
            cpus=ranges(self.cpus),
            gpus=ranges(self.gpus),
            mem=self.mem,
            busy_cpus=sum(map(bool, self.cpus.values())),
            busy_gpus=sum(map(bool, self.gpus.values())),
            tasks=len(self.tasks),
        )


def busy_cores(live: Mapping[str, Any] | None) -> str:
    """Say how many of the cores that samples may be given they hold: ``12/16 cores busy``; nothing
    where they are not counted.
    """
    cores = (live or {}).get("cores", 0)
    return f"{live['busy_cores']:,}/{cores:,} cores busy" if live and cores else ""


def use_of_nodes(
    nodes: Iterable[Mapping[str, Any]], workers: Iterable[Mapping[str, Any]]
) -> list[NodeUse]:
    """Return each node once, with who holds what of it. Parts of one node that several jobs hold
    are put together, and what a worker says to hold beyond its nodes is left out.
    """
    found: dict[str, NodeUse] = {}
    for node in nodes:
        use = found.setdefault(node["name"], NodeUse(node["name"]))
        cpus = numbers(node["cpus"])
        if not use.cpus.keys() & set(cpus):  # or another executor gives shares of the same part
            use.mem += node["mem"]
        use.cpus.update((cpu, []) for cpu in cpus)
        use.gpus.update((gpu, []) for gpu in numbers(node["gpus"]))
    if not found:
        return []
    for worker in sorted(workers, key=lambda worker: worker["task"] or ""):
        for place in places(worker.get("where") or ""):
            use = found.get(place.node, NodeUse(""))
            for held, ids in ((use.cpus, place.cpus), (use.gpus, place.gpus)):
                for one in ids:
                    if one in held:
                        held[one].append(worker["task"])
    return list(found.values())
