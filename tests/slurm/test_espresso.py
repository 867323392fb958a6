"""Silicon with Quantum ESPRESSO: a real MPI code in two stages, with ranks by placeholder."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from helpers.packages import installed
from helpers.processes import wait_until
from helpers.real_campaign import ROOT
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import QUICK, SlurmCampaign
from helpers.slurm.mpi import environment

SOURCES = ROOT / "configs" / "espresso"


@pytest.fixture(scope="module")
def program() -> str:
    """The path of pw.x."""
    found = installed("pw.x", "quantum-espresso")
    if found is None:
        pytest.skip("needs pw.x: apt-get install --no-install-recommends quantum-espresso")
    return found


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Bed]:
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(tmp_path / "bed", nodes=2, hostnames=True, mpi="pmix", sshd=False) as bed:
        yield bed


@pytest.fixture
def campaign(program: str, nodes: Bed, tmp_path: Path) -> SlurmCampaign:
    """The campaign of the tutorial with two of its three pressures; each rank of pw.x notes where
    it begins.
    """
    made = SlurmCampaign(tmp_path, {**nodes.environment, **environment()})
    made.environment["OMPI_MCA_mpi_yield_when_idle"] = "1"  # more ranks than cores
    shutil.copytree(SOURCES, tmp_path, dirs_exist_ok=True)
    noting = tmp_path / "bin" / "pw.x"
    noting.parent.mkdir()
    noting.write_text(f'#!/bin/sh\necho "$PWD" >> {tmp_path}/begun\nexec {program} "$@"\n')
    noting.chmod(0o755)
    made.environment["PATH"] = f"{noting.parent}:{made.environment['PATH']}"
    made.config = yaml.safe_load((SOURCES / "silicon.yaml").read_text())
    made.config["samplers"]["pressures"]["bounds"] = [[0, 100]]
    made.config["supervisor"]["base_run_dir"] = "run"
    made.executor.update(QUICK)
    return made


@pytest.mark.full
def test_killed_and_resumed(campaign: SlurmCampaign) -> None:
    """Protects the campaign of the tutorial: killed while several samples run and resumed, each has
    begun once, with as many ranks as its row says, in the one job; and its results make sense.
    """
    process = campaign.supervise()
    wait_until(lambda: len(campaign.recorded()) >= 6, 240, "6 tasks on record")
    campaign.kill(process)
    assert len(campaign.recorded()) < 12
    assert campaign.resume(timeout=240) == 0, campaign.said

    campaign.check_complete(12)
    rows = campaign.rows()
    assert [row["success"] for row in rows] == ["True"] * 8
    assert [row["processes"] for row in rows] == [row["ranks"] for row in rows]
    assert [row["ranks"] for row in rows] == ["1", "2", "2", "4"] * 2
    begun = Counter((campaign.root / "begun").read_text().split())
    assert sorted(begun.values()) == sorted([2, 2, *(int(row["ranks"]) for row in rows)])
    gaps = [float(row["bottom_ev"]) - float(row["top_ev"]) for row in rows]
    assert all(0.4 < pressed < free < 0.9 for free, pressed in zip(gaps[:4], gaps[4:], strict=True))
