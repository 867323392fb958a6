"""Samples that a job has too little memory for run again in a larger one."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.parts import hungry
from helpers.slurm.bed import Bed, limits_memory
from helpers.slurm.campaign import SlurmCampaign, array

pytestmark = pytest.mark.full


@pytest.fixture(params=["kernel", "slurm"])
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bed]:
    """A cluster of one node of 2 GB, where the kernel limits the memory of jobs, or SLURM kills
    whole jobs.
    """
    by_kernel = request.param == "kernel"
    if by_kernel and not limits_memory():
        pytest.skip("needs root and control groups of version 1")
    made = Bed(
        tmp_path / "bed",
        nodes=1,
        cpus=2,
        memory=2000,
        sshd=False,
        memory_limits=by_kernel,
        prefix=f"y{os.getpid()}x" if by_kernel else "n",
    )
    made.up()
    yield made
    made.down()


def attempts(campaign: SlurmCampaign) -> dict[int, list[tuple[int, int, str]]]:
    found: dict[int, list[tuple[int, int, str]]] = {}
    for record in campaign.records("task"):
        told = (record["attempt"], record["resources"]["mem"], record.get("kind", "ok"))
        found.setdefault(record["task"][2], []).append(told)
    return found


def test_a_sample_gets_a_larger_job(bed: Bed, tmp_path: Path) -> None:
    """Protects a sample that its job has no room for: it alone runs again, in a job that follows
    from what it asks for then, and what is asked for is never more than a node has.
    """
    campaign = SlurmCampaign(tmp_path, bed.environment)
    campaign.config["samplers"]["s0"] = array("how", [0, 6, 0, 0])
    campaign.config["runners"]["r0"]["resources"] = {"mem": "100M"}
    campaign.executor.update(memory_retry=6, max_retries=0, samples_per_job=4, launcher="none")
    assert campaign.run(timeout=200) == 0, campaign.said
    assert attempts(campaign) == {
        0: [(0, 100, "ok")],
        1: [(0, 100, "memory"), (1, 600, "ok")],
        2: [(0, 100, "ok")],
        3: [(0, 100, "ok")],
    }
    first, *_, last = (record["job"] for record in campaign.events("submitted"))
    assert _memory_of(bed, first) < 300 < _memory_of(bed, last) < 1000


def _memory_of(bed: Bed, job: str) -> int:
    """Return what a job was given of a node, in MiB."""
    told = bed.slurm("scontrol", "-o", "show", "job", job)
    found = re.search(r"MinMemoryNode=(\d+)M", told)
    assert found is not None, told
    return int(found[1])


def test_a_rank_that_slurm_has_killed(bed: Bed, tmp_path: Path) -> None:
    """Protects codes that srun starts: their ranks are in groups of their own, of whose kills SLURM
    tells srun.
    """
    campaign = SlurmCampaign(tmp_path, bed.environment)
    if not bed.options.memory_limits:
        pytest.skip("SLURM kills the whole job here")
    campaign.config["samplers"]["s0"] = array("needed", [50, 140, 9_999])
    campaign.config["runners"]["r0"] = {
        "type": "CommandRunner",
        "command": [sys.executable, "-S", hungry.__file__, "until", "{{ needed }}"],
        "resources": {"mem": "100M", "ranks": 1},
    }
    campaign.executor.update(
        memory_retry={"factor": 1.5, "times": 2}, max_retries=0, samples_per_job=3, launcher="srun"
    )
    assert campaign.run(timeout=200) == 0, campaign.said
    assert attempts(campaign) == {
        0: [(0, 100, "ok")],
        1: [(0, 100, "memory"), (1, 150, "ok")],
        2: [(0, 100, "memory"), (1, 150, "memory"), (2, 225, "memory")],
    }
    assert not any("cpu" in record or "memory" in record for record in campaign.records("task"))
