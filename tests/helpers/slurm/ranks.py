"""A small MPI program and what its ranks say of when and where they lived: the truth about what was
ended.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from helpers.slurm.bed_processes import command_of, name_of
from helpers.slurm.mpi import program

#: By name, which MPI a launch needs and the words that start two ranks, on two nodes where there
#: are two.
LAUNCHES = {
    "srun-openmpi": ("openmpi", "srun --mpi=pmix --exact -n 2"),
    "srun-mpich": ("mpich", "srun --mpi=pmi2 --exact -n 2"),
    "mpirun-openmpi": (
        "openmpi",
        "env SLURM_OVERLAP=1 mpirun.openmpi --oversubscribe --bind-to none -n 2",
    ),
    "mpirun-mpich": ("mpich", "env SLURM_OVERLAP=1 mpirun.mpich -n 2"),
}


@dataclass
class Life:
    """One rank, from its first to its last sign of life, seconds since the epoch."""

    launch: str
    host: str
    pid: int
    first: float
    last: float


class Ranks:
    """The directory of the programs, and that in which ranks leave their signs of life."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self.programs, self.directory = programs, directory
        directory.mkdir(exist_ok=True)

    def shell(
        self,
        launch: str,
        seconds: float | str,
        *,
        words: str = "",
        stubborn: bool = False,
        before: str = "exec",
    ) -> str:
        """Give a shell command that starts ranks of a sample, whose launch is named by its run
        directory and the time.
        """
        mpi, usual = LAUNCHES[launch]
        last = " stubborn" if stubborn else ""
        name = "$(basename $PWD)@$(date +%s%N)"
        return (
            f"{before} {words or usual} {program(self.programs, 'rank', mpi)} {self.directory}"
            f" {name} {seconds}{last}"
        )

    def lives(self) -> list[Life]:
        """Give all ranks that have lived."""
        found = []
        for path in self.directory.iterdir():
            launch, _, host, pid = path.name.rsplit(".", 3)
            times = path.read_text().split()
            if times:
                found.append(Life(launch, host, int(pid), float(times[0]), float(times[-1][:17])))
        return found

    def count(self) -> int:
        return sum(1 for path in self.directory.iterdir() if path.stat().st_size)

    def living(self) -> list[Life]:
        """Give the ranks that are alive now; one that is dead and waits to be collected has no
        command any more.
        """
        alive = [life for life in self.lives() if command_of(life.pid)]
        return [life for life in alive if name_of(life.pid).startswith("rank-")]

    def of_samples(self) -> dict[str, list[Life]]:
        """Give the ranks by the name of their sample."""
        found = defaultdict(list)
        for life in self.lives():
            found[life.launch.partition("@")[0]].append(life)
        return found

    def assert_none_twice(self) -> None:
        """Check that a sample never ran while ranks of an earlier launch of it lived."""
        for sample, lives in self.of_samples().items():
            launches: dict[str, tuple[float, float]] = {}
            for life in lives:
                first, last = launches.get(life.launch, (life.first, life.last))
                launches[life.launch] = min(first, life.first), max(last, life.last)
            spans = sorted(launches.values())
            for (_, before), (after, _) in pairwise(spans):
                assert before < after, f"{sample} ran twice at the same time"
