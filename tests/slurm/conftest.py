"""What the tests on a real cluster share: the cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from helpers.slurm.bed import Bed, what_is_missing


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
