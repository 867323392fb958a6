"""What the tests on a real cluster share: the cluster. It stands until this process goes on to tests
of another room: daemons that nobody asks use the processor too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


_standing: dict[str, Bed] = {}


def _shared(name: str, places: pytest.TempPathFactory, **options: Any) -> Bed:
    """Return a cluster that tests share which do not damage it; start it if it does not stand."""
    if name not in _standing:
        _standing[name] = Bed(places.mktemp(name) / "bed", **options).__enter__()
    return _standing[name]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """End what is shared behind the last test of this room."""
    try:
        yield
    finally:
        if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
            while _standing:
                _standing.popitem()[1].down()


@pytest.fixture
def shared_bed(tmp_path_factory: pytest.TempPathFactory) -> Bed:
    """A cluster that tests share which do not damage it."""
    return _shared("shared", tmp_path_factory)


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


@pytest.fixture
def gpu_nodes(tmp_path_factory: pytest.TempPathFactory) -> Bed:
    """Four nodes with names, so that mpirun can start ranks on several; four CPUs and two GPUs
    each.
    """
    if os.getuid():
        pytest.skip("host names of their own need root")
    return _shared("gpus", tmp_path_factory, nodes=4, hostnames=True, mpi="pmix", gpus=2)


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
