"""Who holds which CPUs, GPUs and memory of which node.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import itertools
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
    whole_gpus: int = field(init=False, default=0)  #: that samples hold which share none

    def __post_init__(self) -> None:
        self.free_cpus, self.free_mem = set(self.cpus), self.mem
        self.free_gpus = dict.fromkeys(self.gpus, _PARTS)

    def emptied(self) -> Node:
        """Return the same node of which nothing is held."""
        return Node(self.name, self.cpus, self.gpus, self.mem)

    def mem_of(self, wanted: Resources, cpus: int) -> int:
        """Return the MiB that go with so many CPUs: what is said, or else their part of the
        node.
        """
        if not self.mem:
            return wanted.mem
        return wanted.mem or self.mem * cpus // max(1, len(self.cpus))

    def has_room(self, wanted: Resources, ranks: int) -> bool:
        """Tell whether there is room for so many ranks of a sample, devices apart."""
        cpus = ranks * wanted.cpus_per_rank
        return len(self.free_cpus) >= cpus and (
            not self.mem or self.mem_of(wanted, cpus) <= self.free_mem
        )

    def usable_gpus(self, wanted: Resources, *, slurm_chooses: bool) -> list[int]:
        """Return the GPUs of which a sample can have what it needs of each; those first of which
        others hold a part already.

        Where SLURM chooses the devices of samples that share none, one of them might get a device
        of which it does not know that others share it: these are never on a node at the same time.
        """
        parts = _parts_of(wanted)
        if slurm_chooses:
            shared = sum(self.free_gpus.values()) != _PARTS * (len(self.gpus) - self.whole_gpus)
            if shared if wanted.gpus >= 1 else self.whole_gpus:
                return []
        usable = [gpu for gpu, free in self.free_gpus.items() if free >= parts]
        return sorted(usable, key=lambda gpu: (self.free_gpus[gpu], gpu))


class Book:
    """Nodes, and who holds what of them. May be used from several threads."""

    def __init__(
        self, nodes: Sequence[Node], most: int | None = None, *, slurm_chooses: bool = False
    ) -> None:
        """`most`: how many samples may hold something at the same time; None for what fits.
        `slurm_chooses`: whether SLURM shows each sample its devices, on each node others, and not
        we, by one variable for all of its nodes.
        """
        self.nodes = list(nodes)
        self.most = most
        self.slurm_chooses = slurm_chooses
        self._problems: dict[Resources, Optional[str]] = {}
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
            node.whole_gpus += len(held.gpus) if parts == _PARTS else 0
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
                node.whole_gpus -= len(held.gpus) if parts == _PARTS else 0
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
        if wanted not in self._problems:
            empty = Book([node.emptied() for node in self.nodes], slurm_chooses=self.slurm_chooses)
            self._problems[wanted] = (
                f"it needs {wanted.shown()}, and there is only {self.shown()}"
                if empty.take(wanted) is None
                else None
            )
        return self._problems[wanted]

    def most_at_once(self, wanted: Resources) -> int:
        """Return how many samples like this could run at the same time, at least 1."""
        cpus = wanted.ranks_on(wanted.nodes - 1) * wanted.cpus_per_rank
        fit = []
        for node in self.nodes:
            number = len(node.cpus) // cpus
            if wanted.gpus_on_node:
                number = min(number, int(len(node.gpus) / wanted.gpus_on_node + 1e-9))
            if wanted.mem and node.mem:
                number = min(number, node.mem // wanted.mem)
            fit.append(number)
        all_cpus = sum(len(node.cpus) for node in self.nodes)
        return max(1, min(sum(fit) // wanted.nodes, all_cpus // wanted.cpus))

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
        """Return a share of each of the nodes that are to be used; None if there are not enough."""
        if wanted.nodes == 1 or not wanted.gpus or self.slurm_chooses:
            return self._placed(wanted, self._devices(wanted))
        # one set of visible devices has to do for all nodes
        usable = [set(those or ()) for those in self._devices(wanted, all_of_them=True)]
        number = int(wanted.gpus_on_node)
        for devices in itertools.combinations(sorted(set().union(*usable)), number):
            theirs = [devices if found.issuperset(devices) else None for found in usable]
            shares = self._placed(wanted, theirs)
            if shares is not None:
                return shares
        return None

    def _devices(
        self, wanted: Resources, *, all_of_them: bool = False
    ) -> list[Optional[tuple[int, ...]]]:
        """Return the devices that a sample would have on each node, or could have; None where there
        are not enough.
        """
        number = int(-(-wanted.gpus_on_node // 1))
        if not number:
            return [()] * len(self.nodes)
        found = [node.usable_gpus(wanted, slurm_chooses=self.slurm_chooses) for node in self.nodes]
        return [
            tuple(those if all_of_them else those[:number]) if len(those) >= number else None
            for those in found
        ]

    def _placed(
        self, wanted: Resources, devices: Sequence[Optional[tuple[int, ...]]]
    ) -> Optional[list[NodeShare]]:
        """Return a share of each of the nodes that are to be used, with these devices; None if
        there are not enough of them.
        """
        able = [
            (node, those)
            for node, those in zip(self.nodes, devices)  # noqa: B905 - Python 3.9
            if those is not None
        ]
        chosen = _nodes_for(wanted, able)
        if chosen is None:
            return None
        common = set.intersection(*(node.free_cpus for node, _ in chosen))
        shares = []
        for index, (node, those) in enumerate(chosen):
            ranks = wanted.ranks_on(index)
            cpus = ranks * wanted.cpus_per_rank
            ids = _neighbours(common if len(common) >= cpus else node.free_cpus, cpus)
            shares.append(NodeShare(node.name, ranks, ids, those, node.mem_of(wanted, cpus)))
        return shares

    def _node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)


def _parts_of(wanted: Resources) -> int:
    """Return the parts that it needs of each GPU that it uses."""
    return _PARTS if wanted.gpus >= 1 else max(1, round(wanted.gpus * _PARTS))


_Able = tuple[Node, tuple[int, ...]]


def _nodes_for(wanted: Resources, able: Sequence[_Able]) -> Optional[list[_Able]]:
    """Return the nodes for a sample, in the order of the job, as which launchers fill them.

    Of the nodes that have room, the fullest ones: what is left free together stays together. Where
    the first nodes have one rank more, these are the first ones with room for it.
    """
    more, least = wanted.ranks % wanted.nodes, wanted.ranks // wanted.nodes
    if not more:
        room = [(node, those) for node, those in able if node.has_room(wanted, least)]
        places = sorted(
            range(len(room)),
            key=lambda place: (
                len(room[place][0].free_cpus),
                sum(room[place][0].free_gpus.values()),
            ),
        )
        chosen = [room[place] for place in sorted(places[: wanted.nodes])]
    else:
        chosen = []
        for node, those in able:
            ranks = least + (len(chosen) < more)
            if len(chosen) < wanted.nodes and node.has_room(wanted, ranks):
                chosen.append((node, those))
    return chosen if len(chosen) == wanted.nodes else None


def _neighbours(free: Iterable[int], wanted: int) -> tuple[int, ...]:
    """Return so many numbers, one after the other where that is possible: they share caches."""
    numbers = sorted(free)
    for start in range(len(numbers) - wanted + 1):
        run = numbers[start : start + wanted]
        if run[-1] - run[0] == wanted - 1:
            return tuple(run)
    return tuple(numbers[:wanted])
