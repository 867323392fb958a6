"""Samples longer than a walltime: they go on from their checkpoints in later jobs, whoever is killed.

The truth comes from the code, which writes down from which checkpoint it went on and what it wrote.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from helpers import long_code
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array


@pytest.fixture
def campaign(cluster: Bed, tmp_path: Path) -> SlurmCampaign:
    return SlurmCampaign(tmp_path, cluster.environment)


def of_long_code(
    campaign: SlurmCampaign, samples: int, steps: int, seconds: float, *words: str, **restart: Any
) -> None:
    campaign.config["samplers"] = {"s0": array("x", list(range(samples)))}
    campaign.config["runners"] = {
        "r0": long_code.runner(campaign.log, steps, seconds, *words, **restart)
    }


def test_a_notice_of_the_end_is_passed_on(cluster: Bed, campaign: SlurmCampaign) -> None:
    """Protects a job from the signal that sbatch promises its users: it ended the process that runs
    the samples, which were lost, and the node was excluded.
    """
    of_long_code(campaign, 2, 20, 0.4, signal="USR1", before=1, exit_codes=[85])
    campaign.executor.update(sbatch={"time": "00:10:00", "signal": "B:USR1@520"}, max_jobs=2)
    running = campaign.supervise()
    wait_for("checkpoints", lambda: len(long_code.runs(campaign.log)) == 2, 60, 0.1)
    time.sleep(2)
    cluster.slurm("scancel", "--signal=USR1", "--batch", f"--user={cluster.user}")
    assert campaign.finish(running, 120) == 0, campaign.said
    found = long_code.check(campaign.log, 20, 2)
    assert [[run.end for run in lives] for lives in found.values()] == [["stops", "done"]] * 2
    assert "exclude" not in campaign.said
    assert [row["restarts_r0"] for row in campaign.rows()] == ["1", "1"]
    campaign.check_complete(2)
