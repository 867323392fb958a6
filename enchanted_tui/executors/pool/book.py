"""Who holds which CPUs, GPUs and memory of which node.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Optional

from enchanted_tui.resources import NodeShare, Resources, Share, shown_mebibytes

_PARTS = 1000  #: into which a GPU can be divided; whole numbers add up exactly


@dataclass
class Node:
    """One node and what is free of it."""

    name: str
    cpus: tuple[int, ...]
    gpus: tuple[int, ...] = ()
    mem: int = 0  #: MiB; 0 where it is not known, and then it is not counted

    free_cpus: set[int] = field(init=False)
    free_gpus: dict[int, int] = field(init=False)  #: by id, the parts that are free
    free_mem: int = field(init=False)

    def __post_init__(self) -> None:
        self.free_cpus, self.free_mem = set(self.cpus), self.mem
        self.free_gpus = dict.fromkeys(self.gpus, _PARTS)

    def mem_of(self, wanted: Resources, cpus: int) -> int:
        """Return the MiB that go with so many CPUs: what is said, or else their part of the node."""
        if not self.mem:
            return wanted.mem
        return wanted.mem or self.mem * cpus // max(1, len(self.cpus))

    def could_hold(self, wanted: Resources, cpus: int) -> bool:
        """Tell whether the whole node is enough."""
        gpus = wanted.gpus_on_node
        return (
            cpus <= len(self.cpus)
            and (not gpus or -(-gpus // 1) <= len(self.gpus))
            and (not self.mem or wanted.mem <= self.mem)
        )


class Book:
    """Nodes, and who holds what of them. May be used from several threads."""

    def __init__(self, nodes: Sequence[Node], most: int | None = None) -> None:
        """`most`: how many samples may hold something at the same time; None for what fits."""
        self.nodes = list(nodes)
        self.most = most
        self.held: dict[int, Share] = {}
        self.look_again = math.inf  #: seconds after which others may have given something back
        self._parts: dict[int, int] = {}  #: by slot, the parts of a GPU that it holds
        self._lock = threading.Lock()
        #: called after something has been given back, in whatever thread that happens
        self.on_free: list[Callable[[], None]] = []

    def take(self, wanted: Resources) -> Optional[Share]:
        """Take what a sample needs; None if that is not free now."""
        with self._lock:
            if self.most is not None and len(self.held) >= self.most:
                return None
            chosen = self._choose(wanted)
            if chosen is None:
                return None
            slot = next(number for number in range(len(self.held) + 1) if number not in self.held)
            share = Share(slot, wanted, tuple(chosen))
            self.count(share)
            return share

    def count(self, share: Share) -> None:
        """Take note of what somebody holds."""
        self.held[share.slot] = share
        self._parts[share.slot] = parts = _parts_of(share.resources)
        for held in share.nodes:
            node = self._node(held.name)
            node.free_cpus.difference_update(held.cpus)
            node.free_mem -= held.mem
            for gpu in held.gpus:
                node.free_gpus[gpu] -= parts

    def give_back(self, share: Share) -> None:
        """Give back what a sample held that has ended."""
        with self._lock:
            if self.held.pop(share.slot, None) is None:
                return
            parts = self._parts.pop(share.slot)
            for held in share.nodes:
                node = self._node(held.name)
                node.free_cpus.update(held.cpus)
                node.free_mem += held.mem
                for gpu in held.gpus:
                    node.free_gpus[gpu] += parts
        for call in self.on_free:
            call()

    def free_cpus(self) -> int:
        """Return how many CPUs nobody holds, if one more sample may run at all."""
        if self.most is not None and len(self.held) >= self.most:
            return 0
        return sum(len(node.free_cpus) for node in self.nodes)

    def problem(self, wanted: Resources) -> Optional[str]:
        """Say why a sample can never run here, or None."""
        able = sum(
            node.could_hold(wanted, wanted.ranks_on(index) * wanted.cpus_per_rank)
            for index, node in enumerate(self.nodes)
        )
        if able >= wanted.nodes:
            return None
        return f"it needs {wanted.shown()}, and there is only {self.shown()}"

    def most_at_once(self, wanted: Resources) -> int:
        """Return how many samples like this could run at the same time, at least 1."""
        cpus = max(1, wanted.cpus_on_node)
        fit = []
        for node in self.nodes:
            number = len(node.cpus) // cpus
            if wanted.gpus_on_node:
                number = min(number, int(len(node.gpus) / wanted.gpus_on_node + 1e-9))
            if wanted.mem and node.mem:
                number = min(number, node.mem // wanted.mem)
            fit.append(number)
        return max(1, sum(fit) // wanted.nodes)

    def shown(self) -> str:
        """Return what there is in words: ``4 nodes with 4 CPUs, 2 GPUs, 16G each``."""
        kinds: dict[str, int] = {}
        for node in self.nodes:
            words = [f"{len(node.cpus)} CPU{'' if len(node.cpus) == 1 else 's'}"]
            if node.gpus:
                words.append(f"{len(node.gpus)} GPU{'' if len(node.gpus) == 1 else 's'}")
            if node.mem:
                words.append(shown_mebibytes(node.mem))
            kinds[", ".join(words)] = kinds.get(", ".join(words), 0) + 1
        if len(self.nodes) == 1:
            return f"one node with {next(iter(kinds))}"
        return "; ".join(f"{number} nodes with {what}" for what, number in kinds.items())

    def _choose(self, wanted: Resources) -> Optional[list[NodeShare]]:
        """Return a share of each of the nodes that are to be used; None if there are not enough.

        Of the nodes that have room, the fullest ones: what is left free together stays together.
        """
        counts = [wanted.ranks_on(index) for index in range(wanted.nodes)]
        room = [node for node in self.nodes if self._has_room(node, wanted)]
        if len(room) < wanted.nodes:
            return None
        room.sort(key=lambda node: (len(node.free_cpus), sum(node.free_gpus.values())))
        chosen = room[: wanted.nodes]
        common = set.intersection(*(node.free_cpus for node in chosen))
        whole = set.intersection(*(_usable_gpus(node, wanted) for node in chosen))
        gpus = int(-(-wanted.gpus_on_node // 1))
        if len(whole) < gpus:  # one set of visible devices has to do for all nodes
            return None
        devices = tuple(sorted(whole, key=lambda gpu: (chosen[0].free_gpus[gpu], gpu))[:gpus])
        shares = []
        for index, node in enumerate(chosen):
            ranks = counts[index]
            cpus = ranks * wanted.cpus_per_rank
            ids = _neighbours(common if len(common) >= cpus else node.free_cpus, cpus)
            shares.append(NodeShare(node.name, ranks, ids, devices, node.mem_of(wanted, cpus)))
        return shares

    def _has_room(self, node: Node, wanted: Resources) -> bool:
        cpus = wanted.cpus_on_node
        gpus = wanted.gpus_on_node
        return (
            len(node.free_cpus) >= cpus
            and len(_usable_gpus(node, wanted)) >= -(-gpus // 1)
            and (not node.mem or node.mem_of(wanted, cpus) <= node.free_mem)
        )

    def _node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)


def _parts_of(wanted: Resources) -> int:
    """Return the parts that it needs of each GPU that it uses."""
    return _PARTS if wanted.gpus >= 1 else max(1, round(wanted.gpus * _PARTS))


def _usable_gpus(node: Node, wanted: Resources) -> set[int]:
    if not wanted.gpus:
        return set(node.gpus)
    return {gpu for gpu, free in node.free_gpus.items() if free >= _parts_of(wanted)}


def _neighbours(free: Iterable[int], wanted: int) -> tuple[int, ...]:
    """Return so many numbers, one after the other where that is possible: they share caches."""
    numbers = sorted(free)
    for start in range(len(numbers) - wanted + 1):
        run = numbers[start : start + wanted]
        if run[-1] - run[0] == wanted - 1:
            return tuple(run)
    return tuple(numbers[:wanted])
