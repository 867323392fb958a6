"""What samples with shares of several nodes and GPUs find in their environment, as they say it
themselves.

All with ``--full``.
"""

from __future__ import annotations

import pytest

from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.mixed import NODES_GPU, ONE, assert_all_ran, in_one_job, launcher, mixed
from helpers.slurm.placed import Placed

pytestmark = pytest.mark.full

#: Said by the shell of a sample before its ranks begin.
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


def test_a_sample_that_is_tried_again_knows(shares: SlurmCampaign, placed: Placed) -> None:
    """Protects codes that do something else at a second attempt: the first one, which ends with
    its job, is number 0.
    """
    mixed(shares, placed, [ONE], 0.1, "mpich", shell=True)
    runner, said = shares.config["runners"]["r0"], shares.root / "said"
    cut = "scontrol update jobid=$SLURM_JOB_ID EndTime=now+1 && sleep 600"
    runner["command"] = (
        f"echo $ENCHANTED_ATTEMPT $ENCHANTED_RESTART >> {said}; "
        f"[ $ENCHANTED_ATTEMPT -gt 0 ] || {{ {cut}; }}; {runner['command']}"
    )
    shares.executor.update(launcher=launcher("srun", "mpich"), max_jobs=1, max_retries=2)
    assert shares.run() == 0, (shares.said, shares.failures(), shares.main_log())
    assert said.read_text().splitlines() == ["0 0", "1 0"]
    assert_all_ran([ONE], placed.ranks())
