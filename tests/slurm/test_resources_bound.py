"""Samples that run beside each other are bound to different CPUs, where nodes have real ones.

Every day several mpirun on a node; other launchers and two nodes with ``--full``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, campaign_on
from helpers.slurm.mixed import ONE, Kind, assert_all_ran, launcher, mixed
from helpers.slurm.placed import Placed, Rank

CPUS = os.cpu_count() or 1
#: One node has all CPUs of this machine; with fewer than two nobody runs beside another.
pytestmark = pytest.mark.skipif(CPUS < 2, reason="needs two CPUs")


@pytest.fixture(scope="module")
def real_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """Two nodes whose CPUs are this machine's, to which SLURM binds."""
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(
        tmp_path_factory.mktemp("real") / "bed",
        nodes=2,
        hostnames=True,
        mpi="pmix",
        real_cpus=True,
        sshd=False,
    ) as bed:
        yield bed


@pytest.fixture
def bound(
    real_nodes: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlurmCampaign]:
    with campaign_on(real_nodes, tmp_path, monkeypatch) as made:
        yield made


def assert_different_cpus(ranks: list[Rank]) -> None:
    """Check that ranks on a node that live at the same time are bound to CPUs of their own."""
    for one in ranks:
        assert len(one.cpus) == 1, one
        for other in ranks:
            together = one.first < other.last and other.first < one.last
            if one is not other and one.host == other.host and together:
                assert not set(one.cpus) & set(other.cpus), (one, other)


@pytest.mark.parametrize(
    ("words", "mpi"),
    [
        (launcher("mpirun", "openmpi"), "openmpi"),
        *in_full(
            ("none", "mpich"),
            (launcher("mpirun", "mpich"), "mpich"),
            (launcher("srun", "openmpi"), "openmpi"),
            (launcher("srun", "mpich"), "mpich"),
        ),
    ],
)
def test_concurrent_samples_have_cpus_of_their_own(
    words: str, mpi: str, bound: SlurmCampaign, placed: Placed
) -> None:
    """Protects run times: OpenMPI binds the ranks of every mpirun to the same first core, unless it
    is told; single programs are bound as well.
    """
    kinds = [ONE] * 2 * CPUS
    mixed(bound, placed, kinds, 1.5, mpi)
    if words == "none":
        bound.config["runners"]["r0"]["resources"].update(nodes=1, ranks=1)
    sbatch = {"time": 10, "nodes": 1, "ntasks": CPUS, "mem": 3000}
    bound.executor.update(launcher=words, max_jobs=1, sbatch=sbatch)
    assert bound.run() == 0, (bound.said, bound.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_different_cpus(ranks)
    assert {rank.cpus for rank in ranks} == {(cpu,) for cpu in range(CPUS)}


@pytest.mark.full
@pytest.mark.parametrize("mpi", ["openmpi", "mpich"])
def test_ranks_on_two_nodes_are_bound(mpi: str, bound: SlurmCampaign, placed: Placed) -> None:
    """Protects ranks of a sample from each other, on every one of its nodes."""
    kinds = [Kind(nodes=2, ranks=2 * CPUS), Kind(nodes=2, ranks=2), Kind(nodes=2, ranks=2)]
    mixed(bound, placed, kinds, 1.5, mpi)
    sbatch = {"time": 10, "nodes": 2, "ntasks-per-node": CPUS, "mem": 3000}
    bound.executor.update(launcher=launcher("mpirun", mpi), max_jobs=1, sbatch=sbatch)
    assert bound.run() == 0, (bound.said, bound.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_different_cpus(ranks)


@pytest.mark.full
@pytest.mark.parametrize("mpi", ["openmpi", "mpich"])
def test_samples_on_this_machine_are_bound(mpi: str, bound: SlurmCampaign, placed: Placed) -> None:
    """Protects run times on a workstation, where no SLURM says which CPUs are whose."""
    kinds = [ONE] * 2 * CPUS
    mixed(bound, placed, kinds, 1.5, mpi)
    local = {"type": "LocalExecutor", "launcher": launcher("mpirun", mpi), "n_workers": CPUS}
    bound.config["executors"] = {"cluster": local}
    assert bound.run() == 0, (bound.said, bound.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_different_cpus(ranks)
    assert {rank.cpus for rank in ranks} == {(cpu,) for cpu in range(CPUS)}
