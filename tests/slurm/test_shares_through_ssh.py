"""Samples that hold shares of nodes, through SSH with `remote_dir`: how they run and how they end.

The truth comes from the ranks. All with ``--full``: what ends a sample in a job is the same as
without SSH, which other modules see every day.
"""

from __future__ import annotations

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, through_ssh
from helpers.slurm.mixed import (
    FOUR,
    NODES_GPU,
    ONE,
    ONE_GPU,
    TWO_NODES,
    assert_all_ran,
    assert_shares_held,
    in_one_job,
    launcher,
    mixed,
)
from helpers.slurm.placed import Placed, assert_none_outlives_its_record

pytestmark = pytest.mark.full

LAUNCHERS = pytest.mark.parametrize(("starter", "mpi"), [("srun", "openmpi"), ("mpirun", "mpich")])


@pytest.mark.parametrize(
    ("starter", "mpi", "shell"),
    [("mpirun", "mpich", True), ("srun", "openmpi", True), ("srun", "mpich", False)],
)
def test_shares_are_held(
    starter: str, mpi: str, shell: bool, shares: SlurmCampaign, placed: Placed, gpu_nodes: Bed
) -> None:
    """Protects campaigns from afar: the same shares, with run directories on the cluster alone
    while samples run.
    """
    kinds = [TWO_NODES, NODES_GPU, FOUR, ONE, ONE_GPU, ONE]
    mixed(shares, placed, kinds, 1, mpi, shell=shell)
    in_one_job(shares, launcher(starter, mpi))
    through_ssh(shares, gpu_nodes)
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_shares_held(kinds, ranks)
    assert_none_outlives_its_record(shares, ranks)


@LAUNCHERS
def test_no_rank_outlives_a_time_limit(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed, gpu_nodes: Bed
) -> None:
    """Protects the far machine: ranks that ignore SIGTERM die on both of their nodes before their
    sample is recorded, and the next one has their share only then.
    """
    kinds = [TWO_NODES] * 3
    mixed(shares, placed, kinds, 600, mpi)
    shares.config["runners"]["r0"]["command"].append("stubborn")
    in_one_job(shares, launcher(starter, mpi))
    shares.executor.update(timeout_sec=8)
    shares.executor["sbatch"]["nodes"] = 2
    through_ssh(shares, gpu_nodes)
    assert shares.run(timeout=120) == 4, shares.said
    assert [record.get("kind") for record in shares.records("task")] == ["timeout"] * 3
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert placed.living() == []
    assert_shares_held(kinds, ranks)
    assert_none_outlives_its_record(shares, ranks)


@LAUNCHERS
def test_a_cancelled_job_is_no_failure_of_its_samples(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed, gpu_nodes: Bed
) -> None:
    """Protects samples from scancel on the far machine: they run again with the next session, in
    which no rank of before lives.
    """
    kinds = [TWO_NODES] * 2
    mixed(shares, placed, kinds, 15, mpi)
    in_one_job(shares, launcher(starter, mpi))
    through_ssh(shares, gpu_nodes)
    process = shares.supervise()
    wait_for("the ranks", lambda: len(placed.ranks()) == 8, 60, 0.1)
    gpu_nodes.slurm("scancel", f"--user={gpu_nodes.user}")
    shares.finish(process)
    assert placed.living() == []
    assert not shares.recorded(), "the end of a job is no end of its samples"
    assert shares.resume() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert len(ranks) == 16
    assert placed.living() == []
    assert_shares_held(kinds, ranks)
    assert_none_outlives_its_record(shares, ranks)
