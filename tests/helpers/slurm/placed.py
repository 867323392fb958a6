"""A small MPI program whose ranks say where they live, with what, and for how long: the truth about
what samples hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from helpers.slurm.bed_processes import command_of
from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.mpi import program

#: By MPI, the words that start its ranks in a job of SLURM and those that do without srun.
SRUN = {"openmpi": "srun --mpi=pmix", "mpich": "srun --mpi=pmi2"}
MPIRUN = {"openmpi": "mpirun.openmpi", "mpich": "mpiexec.hydra"}


@dataclass(frozen=True)
class Rank:
    """One rank, from its first to its last sign of life, seconds since the epoch."""

    sample: str
    pid: int
    rank: int
    size: int
    host: str
    cpus: tuple[int, ...]  #: to which it is bound
    gpus: tuple[int, ...] | None  #: that it sees; None where nobody says
    threads: str
    slot: str
    first: float
    last: float


class Placed:
    """The directory of the programs, and that in which ranks leave their lines."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self.programs, self.directory = programs, directory
        directory.mkdir(exist_ok=True)

    def command(self, mpi: str, sample: str, seconds: float | str, *more: str) -> list[str]:
        """Return the words of the program without what starts its ranks."""
        words = [str(program(self.programs, "placed", mpi)), str(self.directory)]
        return [*words, sample, str(seconds), *more]

    def ranks(self) -> list[Rank]:
        """Return all ranks that have lived."""
        found = []
        for path in self.directory.iterdir():
            words = path.read_text().split()
            if len(words) == 9:  # not before the first line
                found.append(_rank(path.name, words))
        return found

    def living(self) -> list[Rank]:
        """Return the ranks that are alive now."""
        return [rank for rank in self.ranks() if "placed-" in command_of(rank.pid)]

    def of_samples(self) -> dict[str, list[Rank]]:
        """Return the ranks by the name of their sample."""
        found = defaultdict(list)
        for rank in self.ranks():
            found[rank.sample].append(rank)
        return found


def _rank(name: str, words: list[str]) -> Rank:
    sample, _, pid = name.rsplit(".", 2)
    rank, size, host, cpus, gpus, threads, slot, first, last = words
    seen = None if gpus == "-" else _numbers(gpus)
    ends = float(first), float(last)
    return Rank(
        sample, int(pid), int(rank), int(size), host, _numbers(cpus), seen, threads, slot, *ends
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(",") if word.isdigit())


# -- what must hold at every instant ---------------------------------------------------------------


def most_at_once(lives: Iterable[tuple[float, float, float]]) -> float:
    """Return the largest sum of the weights of those that live at the same time, of (first, last,
    weight).
    """
    changes = sorted(
        change for first, last, held in lives for change in ((first, held), (last, -held))
    )
    most = now = 0.0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def assert_cpus_suffice(
    ranks: Iterable[Rank], cpus: int, each: Callable[[Rank], float] = lambda rank: 1
) -> None:
    """Check that at no instant the ranks on a node have more CPUs than it; `each`: of a rank."""
    for host, those in _by(ranks, lambda rank: rank.host).items():
        most = most_at_once((rank.first, rank.last, each(rank)) for rank in those)
        assert most <= cpus, f"{host}: {most} CPUs are held, of {cpus}"


def assert_gpus_suffice(
    ranks: Iterable[Rank], part: Callable[[Rank], float] = lambda rank: 1.0
) -> None:
    """Check that at no instant a GPU is held by more samples than can share it; `part`: of each GPU
    that a sample sees, how much it holds.
    """
    held: dict[tuple[str, int], dict[str, tuple[float, float, float]]] = defaultdict(dict)
    for rank in ranks:
        for gpu in rank.gpus or ():
            # the ranks of a sample on a node share its GPUs
            spans, name = held[rank.host, gpu], f"{rank.sample} {rank.slot}"
            first, last, _ = spans.get(name, (rank.first, rank.last, 0))
            spans[name] = min(first, rank.first), max(last, rank.last), part(rank)
    for held_gpu, spans in held.items():
        most = most_at_once(spans.values())
        assert most <= 1 + 1e-9, f"GPU {held_gpu[1]} of {held_gpu[0]} is held {most} times: {spans}"


def assert_none_twice(ranks: Iterable[Rank]) -> None:
    """Check that a sample never ran while ranks of an earlier launch of it lived."""
    for name, those in _by(ranks, lambda rank: (rank.sample, rank.rank)).items():
        spans = sorted((rank.first, rank.last) for rank in those)
        for (_, before), (after, _) in pairwise(spans):
            assert before < after, f"{name} ran twice at the same time"


def assert_none_outlives_its_record(
    campaign: SlurmCampaign, ranks: Iterable[Rank], grace: float = 0.0
) -> None:
    """Check that no rank lives longer than its sample by the record; `grace`: seconds."""
    ends = {
        f"s{float(record['row']['number']):g}": record["started"] + record["runtime"]
        for record in campaign.records("task")
    }
    for rank in ranks:
        end = ends.get(rank.sample)
        assert end is None or rank.last <= end + grace, (rank, end)


def _by(ranks: Iterable[Rank], key: Callable[[Rank], object]) -> dict[object, list[Rank]]:
    found: dict[object, list[Rank]] = defaultdict(list)
    for rank in ranks:
        found[key(rank)].append(rank)
    return found
