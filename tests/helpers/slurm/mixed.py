"""Campaigns whose samples need different shares of nodes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any, NamedTuple

from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.placed import (
    MPIRUN,
    SRUN,
    Placed,
    Rank,
    assert_cpus_suffice,
    assert_gpus_suffice,
    assert_none_twice,
)

#: of the nodes of the bed, as in its slurm.conf
NODES, CPUS, GPUS = 4, 4, 2
#: all that the nodes have, for one job
ALL_NODES = {"nodes": 4, "ntasks-per-node": 4, "mem": 3000, "gres": "gpu:2"}


class Kind(NamedTuple):
    """What a sample needs."""

    nodes: int = 1
    ranks: int = 1
    cpus: int = 1  #: of each rank
    gpus: float = 0

    @property
    def all_cpus(self) -> int:
        return self.ranks * self.cpus


ONE, FOUR, TWO_NODES = Kind(), Kind(ranks=4), Kind(nodes=2, ranks=4)
ONE_GPU, FOUR_GPU, NODES_GPU = Kind(gpus=1), Kind(ranks=4, gpus=1), Kind(nodes=2, ranks=4, gpus=2)


def mixed(
    campaign: SlurmCampaign,
    placed: Placed,
    kinds: Sequence[Kind],
    seconds: float | str,
    mpi: str = "openmpi",
    *,
    shell: bool = False,
    **runner: Any,
) -> None:
    """Have one sample of each kind."""
    path = campaign.root / "samples.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "n_nodes", "n_ranks", "n_cpus", "n_gpus"])
        writer.writerows([number, *kind] for number, kind in enumerate(kinds))
    campaign.config["samplers"] = {"s0": {"type": "CSVSampler", "path": str(path)}}
    words = placed.command(mpi, "s{{ number }}", seconds)
    campaign.config["runners"] = {
        "r0": {
            "type": "CommandRunner",
            "resources": {
                "nodes": "{{ n_nodes }}",
                "ranks": "{{ n_ranks }}",
                "cpus_per_rank": "{{ n_cpus }}",
                "gpus": "{{ n_gpus }}",
            },
            "shell": shell,
            "command": f"$ENCHANTED_LAUNCH {' '.join(words)}" if shell else words,
            **runner,
        }
    }


def in_one_job(campaign: SlurmCampaign, launcher: str) -> None:
    """Have all nodes in one job."""
    campaign.executor.update(launcher=launcher, max_jobs=1, sbatch={"time": 10, **ALL_NODES})


def in_an_allocation(campaign: SlurmCampaign, launcher: str) -> None:
    """Have the whole campaign in an allocation of all nodes."""
    campaign.config["executors"] = {"cluster": {"type": "LocalExecutor", "launcher": launcher}}
    campaign.within = ["salloc", "-Q", "-N4", "-n16", "--mem=3000", "--gres=gpu:2"]


def launcher(name: str, mpi: str) -> str:
    """Return the option `launcher`: srun or mpirun."""
    return (SRUN if name == "srun" else MPIRUN)[mpi]


def cpus_of(kinds: Sequence[Kind]) -> Any:
    """Return what tells the CPUs of a rank."""
    return lambda rank: kind_of(kinds, rank).cpus


def kind_of(kinds: Sequence[Kind], rank: Rank) -> Kind:
    return kinds[int(rank.sample[1:])]


def assert_shares_held(kinds: Sequence[Kind], ranks: Sequence[Rank]) -> None:
    """Check that each rank found what its sample was promised, and that nothing is held twice."""
    for rank in ranks:
        kind = kind_of(kinds, rank)
        assert rank.size == kind.ranks, rank
        assert rank.threads == str(kind.cpus), rank
        assert len(rank.gpus or ()) == -(-kind.gpus // kind.nodes), rank
    assert_cpus_suffice(ranks, CPUS, cpus_of(kinds))
    assert_gpus_suffice(ranks, lambda rank: min(1.0, kind_of(kinds, rank).gpus))
    assert_none_twice(ranks)


def assert_all_ran(kinds: Sequence[Kind], ranks: Sequence[Rank]) -> None:
    """Check that every sample ran once, with all its ranks, on as many nodes as it wanted."""
    assert len(ranks) == sum(kind.ranks for kind in kinds)
    for sample, those in _by_sample(ranks).items():
        kind = kinds[int(sample[1:])]
        assert sorted(rank.rank for rank in those) == list(range(kind.ranks)), those
        assert len({rank.host for rank in those}) == kind.nodes, those


def _by_sample(ranks: Sequence[Rank]) -> dict[str, list[Rank]]:
    found: dict[str, list[Rank]] = {}
    for rank in ranks:
        found.setdefault(rank.sample, []).append(rank)
    return found
