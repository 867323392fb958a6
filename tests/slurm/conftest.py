"""What the tests on a real cluster share: the cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed, what_is_missing
from helpers.slurm.campaign import SlurmCampaign, campaign_on
from helpers.slurm.mpi import make_programs, what_is_missing_for_mpi
from helpers.slurm.placed import Placed
from helpers.slurm.ranks import Ranks


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """Say which Debian packages to install where they are missing."""
    reason = what_is_missing()
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="session")
def shared_bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A cluster that tests share which do not damage it."""
    with Bed(tmp_path_factory.mktemp("shared") / "bed") as bed:
        yield bed


@pytest.fixture
def cluster(shared_bed: Bed, monkeypatch: pytest.MonkeyPatch) -> Bed:
    """The shared cluster, as seen by this process and those it starts."""
    for name, value in shared_bed.environment.items():
        monkeypatch.setenv(name, value)
    return shared_bed


# -- programs of MPI, on nodes that have names -----------------------------------------------------


@pytest.fixture(scope="session")
def mpi_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the programs of `helpers.slurm`, made for each MPI."""
    reason = what_is_missing_for_mpi()
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    directory = tmp_path_factory.mktemp("programs")
    make_programs(directory)
    return directory


@pytest.fixture(scope="session")
def gpu_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """Four nodes with names, so that mpirun can start ranks on several; four CPUs and two GPUs
    each.
    """
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(
        tmp_path_factory.mktemp("gpus") / "bed", nodes=4, hostnames=True, mpi="pmix", gpus=2
    ) as bed:
        yield bed


@pytest.fixture
def shares(
    gpu_nodes: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlurmCampaign]:
    """A campaign on these nodes."""
    with campaign_on(gpu_nodes, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def placed(mpi_programs: Path, tmp_path: Path) -> Placed:
    return Placed(mpi_programs, tmp_path / "ranks")


@pytest.fixture
def ranks(mpi_programs: Path, tmp_path: Path) -> Ranks:
    return Ranks(mpi_programs, tmp_path / "ranks")
