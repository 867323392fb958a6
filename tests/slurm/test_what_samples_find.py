"""What samples with shares of several nodes and GPUs find in their environment, as they say it
themselves.

All with ``--full``.
"""

from __future__ import annotations

import pytest

from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.mixed import NODES_GPU, in_one_job, launcher, mixed
from helpers.slurm.placed import Placed

pytestmark = pytest.mark.full

#: Said by the sample's shell, before its ranks begin and at its first attempt alone after them.
NAMES = ("NODES", "RANKS", "CPUS", "GPUS", "SLOT", "ATTEMPT", "RESTART")


@pytest.mark.parametrize(("starter", "mpi"), [("srun", "openmpi"), ("mpirun", "mpich")])
def test_a_sample_finds_its_share(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects codes that read where they run: nodes, ranks and GPUs are those of the ranks, and
    samples beside each other have slots of their own.
    """
    kinds = [NODES_GPU] * 4
    mixed(shares, placed, kinds, 4, mpi, shell=True)
    runner = shares.config["runners"]["r0"]
    words = " ".join(f"$ENCHANTED_{name}" for name in NAMES)
    said = shares.root / "said"
    said.mkdir()
    runner["command"] = f'echo "{words}" > {said}/s{{{{ number }}}}; {runner["command"]}'
    in_one_job(shares, launcher(starter, mpi))
    assert shares.run() == 0, (shares.said, shares.failures())
    of_samples = placed.of_samples()
    assert len(of_samples) == len(kinds)
    for sample, ranks in of_samples.items():
        nodes, number, cpus, gpus, slot, attempt, restart = (said / sample).read_text().split()
        first = [rank for rank in ranks if rank.host == nodes.split(",")[0]]
        assert sorted(nodes.split(",")) == sorted({rank.host for rank in ranks})
        assert int(number) == len(ranks) == 4
        assert len(cpus.split(",")) == len(first) == 2
        assert {rank.gpus for rank in first} == {tuple(map(int, gpus.split(",")))}
        assert {rank.slot for rank in ranks} == {slot}
        assert (attempt, restart) == ("0", "0")
        for other, those in of_samples.items():
            together = ranks[0].first < those[0].last and those[0].first < ranks[0].last
            if other != sample and together:
                assert those[0].slot != slot
