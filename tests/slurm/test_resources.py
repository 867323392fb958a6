"""Samples hold shares of nodes: no CPU and no GPU is held by two at any instant, and few idle.

The truth comes from the ranks, each of which writes down where it lives, with what and for how
long.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from helpers.marks import in_full
from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.mixed import (
    CPUS,
    FOUR,
    FOUR_GPU,
    NODES,
    NODES_GPU,
    ONE,
    ONE_GPU,
    TWO_NODES,
    assert_all_ran,
    assert_shares_held,
    in_an_allocation,
    in_one_job,
    launcher,
    mixed,
)
from helpers.slurm.placed import (
    SRUN,
    Placed,
    Rank,
    assert_none_outlives_its_record,
    most_at_once,
)

#: Of which 16 CPUs have two rounds, where the best order is found.
TWO_ROUNDS = [ONE, TWO_NODES, FOUR, *[ONE] * 4, NODES_GPU, *[ONE_GPU] * 3, FOUR_GPU, *[ONE] * 8]


@pytest.mark.parametrize(
    ("where", "starter", "mpi", "shell"),
    [
        (in_one_job, "srun", "openmpi", False),
        *in_full(
            (in_one_job, "mpirun", "mpich", True),
            (in_one_job, "srun", "mpich", True),
            (in_one_job, "mpirun", "openmpi", False),
            (in_an_allocation, "srun", "openmpi", True),
            (in_an_allocation, "srun", "mpich", False),
            (in_an_allocation, "mpirun", "openmpi", True),
            (in_an_allocation, "mpirun", "mpich", False),
        ),
    ],
)
def test_mixed_samples_share_nodes(
    where: Callable[[SlurmCampaign, str], None],
    starter: str,
    mpi: str,
    shell: bool,
    shares: SlurmCampaign,
    placed: Placed,
) -> None:
    """Protects results and machines: samples of one rank, of four and on two nodes, some with GPUs,
    fill four nodes almost wholly, and nothing is held twice.
    """
    assert sum(kind.all_cpus for kind in TWO_ROUNDS) == 2 * NODES * CPUS
    mixed(shares, placed, TWO_ROUNDS, 5, mpi, shell=shell)
    where(shares, launcher(starter, mpi))
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(TWO_ROUNDS, ranks)
    assert_shares_held(TWO_ROUNDS, ranks)
    assert_none_outlives_its_record(shares, ranks)
    assert most_at_once((rank.first, rank.last, 1) for rank in ranks) == NODES * CPUS
    assert rounds(ranks) == 2


@pytest.mark.full
@pytest.mark.parametrize("mpi", ["openmpi", "mpich"])
def test_mixed_samples_take_hardly_longer_than_the_best_packing(
    mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects core-hours: in 90 % of the time that samples of 5 s take here, they are done by a
    script that starts the best packing by hand with the same srun.
    """
    mixed(shares, placed, TWO_ROUNDS, 5, mpi)
    in_one_job(shares, launcher("srun", mpi))
    assert shares.run() == 0, (shares.said, shares.failures())
    ours = placed.ranks()
    by_hand = Placed(placed.programs, shares.root / "by_hand")
    large = [number for number, kind in enumerate(TWO_ROUNDS) if kind.ranks > 1]
    small = [number for number, kind in enumerate(TWO_ROUNDS) if kind.ranks == 1]
    lines = [
        " ".join(line_by_hand(by_hand, mpi, number)) + " &" if number >= 0 else "wait"
        for number in (*large, -1, *small, -1)
    ]
    script = shares.root / "best.sh"
    script.write_text("\n".join(lines) + "\n")
    salloc = ["salloc", "-Q", "-N4", "-n16", "--mem=3000", "--gres=gpu:2", "sh", str(script)]
    subprocess.run(salloc, check=True, env=shares.environment, cwd=shares.root)
    best = by_hand.ranks()
    assert len(best) == len(ours)
    print(f"{mpi}: {span(ours):.2f} s, by hand {span(best):.2f} s")
    assert span(best) >= 0.9 * span(ours)


def line_by_hand(by_hand: Placed, mpi: str, number: int) -> list[str]:
    """Return what a person would type for a sample."""
    kind = TWO_ROUNDS[number]
    gres = f"--gres=gpu:{int(kind.gpus) // kind.nodes}" if kind.gpus else "--gres=none"
    size = [f"-N{kind.nodes}", f"-n{kind.ranks}", "-c1", f"--mem={kind.ranks * 700 // kind.nodes}M"]
    return [*SRUN[mpi].split(), "--exact", *size, gres, *by_hand.command(mpi, f"s{number}", 5)]


def span(ranks: list[Rank]) -> float:
    return max(rank.last for rank in ranks) - min(rank.first for rank in ranks)


def rounds(ranks: list[Rank]) -> int:
    """Return the largest number of ranks of which each lived after the other."""
    number, end = 0, 0.0
    for rank in sorted(ranks, key=lambda rank: rank.last):
        if rank.first > end:
            number, end = number + 1, rank.last
    return number
