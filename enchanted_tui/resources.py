"""What one sample needs of the machines, and the share of them that it is given.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

LAUNCH = "ENCHANTED_LAUNCH"  #: variable with the words that come before a command
#: Variables that say how many threads numerical libraries may start.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
#: Variables that say which GPUs a process may use, of CUDA, ROCm and oneAPI.
DEVICE_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ZE_AFFINITY_MASK",
)

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?\Z", re.IGNORECASE)
_MIB = {"": 1.0, "K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}


@dataclass(frozen=True)
class Resources:
    """What one sample needs.

    Ranks fill the nodes evenly, the first ones have one more where they do not come out even.
    """

    nodes: int = 1
    ranks: int = 1
    cpus_per_rank: int = 1
    gpus: float = 0.0  #: of all nodes together; below 1, a part of one that others share
    mem: int = 0  #: MiB on each node; 0 where nothing is said

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> Resources:
        """Return the resources that plain data stand for. Raises ValueError with a sentence."""
        found = cls(
            nodes=_whole("nodes", wanted.get("nodes", 1)),
            ranks=_whole("ranks", wanted.get("ranks", wanted.get("nodes", 1))),
            cpus_per_rank=_whole("cpus_per_rank", wanted.get("cpus_per_rank", 1)),
            gpus=_gpus(wanted.get("gpus", 0)),
            mem=mebibytes(wanted.get("mem", 0)),
        )
        if found.ranks < found.nodes:
            raise ValueError(
                f"ranks: {found.ranks} ranks cannot be on {found.nodes} nodes; give at least one"
                " rank a node"
            )
        if found.gpus > 1 and found.gpus % found.nodes:
            raise ValueError(
                f"gpus: {found.gpus:g} GPUs cannot be divided evenly among {found.nodes} nodes"
            )
        if 0 < found.gpus < found.nodes and found.nodes > 1:
            raise ValueError("gpus: a part of a GPU is for a sample on one node")
        return found

    def message(self) -> dict[str, Any]:
        """Return plain data that `of` takes; what is as it is by default is left out."""
        return {
            name: value for name, value in asdict(self).items() if value != getattr(_DEFAULT, name)
        }

    @property
    def cpus(self) -> int:
        """CPUs of all nodes together."""
        return self.ranks * self.cpus_per_rank

    def ranks_on(self, node: int) -> int:
        """Return how many ranks are on the node with this index."""
        whole, rest = divmod(self.ranks, self.nodes)
        return whole + (node < rest)

    @property
    def cpus_on_node(self) -> int:
        """The most CPUs that it needs on one of its nodes."""
        return self.ranks_on(0) * self.cpus_per_rank

    @property
    def gpus_on_node(self) -> float:
        return self.gpus / self.nodes

    @property
    def is_single(self) -> bool:
        """Whether it is one process on one node, which no launcher has to start."""
        return self.nodes == 1 and self.ranks == 1

    def shown(self) -> str:
        """Return it in words: ``2 nodes, 8 ranks x 4 CPUs, 2 GPUs, 16G``."""
        words = [f"{self.nodes} nodes"] if self.nodes > 1 else []
        words.append(
            f"{_counted(self.ranks, 'rank')} x {_counted(self.cpus_per_rank, 'CPU')}"
            if self.ranks > 1
            else _counted(self.cpus_per_rank, "CPU")
        )
        if self.gpus:
            words.append(f"{self.gpus:g} GPU{'' if self.gpus <= 1 else 's'}")
        if self.mem:
            words.append(f"{shown_mebibytes(self.mem)}{' a node' if self.nodes > 1 else ''}")
        return ", ".join(words)


_DEFAULT = Resources()


@dataclass(frozen=True)
class NodeShare:
    """What a sample holds of one node."""

    name: str
    ranks: int
    cpus: tuple[int, ...]
    gpus: tuple[int, ...] = ()
    mem: int = 0  #: MiB


@dataclass(frozen=True)
class Share:
    """What a sample holds while it runs."""

    slot: int  #: number that no other sample has which runs at the same time
    resources: Resources
    nodes: tuple[NodeShare, ...]

    def where(self) -> str:
        """Return the places in short: ``n1:0-3+gpu0 n2:0-3``."""
        return " ".join(
            f"{node.name}:{ranges(node.cpus)}" + (f"+gpu{ranges(node.gpus)}" if node.gpus else "")
            for node in self.nodes
        )


class Place(NamedTuple):
    """What a sample holds of one node, as `Share.where` tells it."""

    node: str
    cpus: tuple[int, ...]
    gpus: tuple[int, ...]


def places(where: str) -> list[Place]:
    """Return the places that `Share.where` has written in short."""
    found = []
    for part in where.split():
        node, _, held = part.rpartition(":")
        cpus, _, gpus = held.partition("+gpu")
        found.append(Place(node, numbers(cpus), numbers(gpus)))
    return found


def cores_at(where: str) -> int:
    """Return how many CPUs the places have that `Share.where` has written."""
    return sum(len(place.cpus) for place in places(where))


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers that ranges stand for: ``0-3,7``."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)


def ranges(those: Iterable[int]) -> str:
    """Return numbers as ranges: ``0-3,7``."""
    said: list[str] = []
    first = last = None
    for number in sorted(those):
        if last is not None and number == last + 1:
            last = number
            said[-1] = f"{first}-{last}"
        else:
            first = last = number
            said.append(str(number))
    return ",".join(said)


def mebibytes(value: Any) -> int:
    """Return an amount of memory in MiB: ``200G``, ``512MB``, or a number of MiB, as for sbatch.

    Raises ValueError.
    """
    if value in (None, "", 0):
        return 0
    text = str(value).strip()
    found = _MEMORY.match(text)
    amount = float(found[1]) * _MIB[found[2].upper()] if found else 0.0
    if amount <= 0:
        raise ValueError(f"mem: {text!r} is no amount of memory; write 4G, 512M or a number of MiB")
    return math.ceil(amount)


def shown_mebibytes(amount: int) -> str:
    """Return an amount of memory as people write it: ``16G``."""
    return f"{amount // 1024}G" if amount >= 1024 and amount % 1024 == 0 else f"{amount}M"


def _whole(name: str, value: Any) -> int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not number >= 1 or number != int(number):
        raise ValueError(f"{name}: {value!r} is no whole number of at least 1")
    return int(number)


def _gpus(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not 0 <= number < math.inf:
        raise ValueError(f"gpus: {value!r} is no number of GPUs")
    if number > 1 and number != int(number):
        raise ValueError(f"gpus: {value!r}: only less than one GPU may be a fraction")
    return number


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
