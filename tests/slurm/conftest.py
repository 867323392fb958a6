"""What the tests on a real cluster share: the cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed, what_is_missing
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.placed import Placed
from helpers.slurm.ranks import environment, what_is_missing_for_mpi


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


# -- samples that hold shares of nodes -------------------------------------------------------------


@pytest.fixture(scope="session")
def placed_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program whose ranks say what they hold, for each MPI."""
    reason = what_is_missing_for_mpi()
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    directory = tmp_path_factory.mktemp("placed")
    Placed.make(directory)
    return directory


@pytest.fixture(scope="session")
def gpu_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """Four nodes with names, four CPUs and two GPUs each."""
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(
        tmp_path_factory.mktemp("gpus") / "bed", nodes=4, hostnames=True, mpi="pmix", gpus=2
    ) as bed:
        yield bed


@pytest.fixture
def placed(placed_programs: Path, tmp_path: Path) -> Placed:
    return Placed(placed_programs, tmp_path / "ranks")


@pytest.fixture
def shares(
    gpu_nodes: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlurmCampaign]:
    """A campaign on these nodes."""
    for name, value in gpu_nodes.environment.items():
        monkeypatch.setenv(name, value)
    yield SlurmCampaign(tmp_path, {**gpu_nodes.environment, **environment()})
    gpu_nodes.slurm("scancel", "--full", f"--user={gpu_nodes.user}")
    wait_for("the nodes to be idle", lambda: set(gpu_nodes.states().values()) == {"idle"}, 60, 0.1)
