"""A limit of core-hours and jobs of SLURM, which count for all of their walltime until they end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, array

_WALLTIME = 300.0


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    made = SlurmCampaign(tmp_path, cluster.environment)
    made.config["samplers"]["s0"] = array("x", [float(number) for number in range(3)])
    made.config["runners"]["r0"]["seconds"] = 2.0
    made.executor["sbatch"] = {"time": "00:05:00", "cpus_per_task": 2}
    made.executor.update(samples_per_job=1, max_jobs=4)
    return made


def limited(campaign: SlurmCampaign, core_seconds: float) -> None:
    campaign.config["supervisor"]["max_core_hours"] = core_seconds / 3600


def jobs_held(campaign: SlurmCampaign) -> dict[str, float]:
    return {
        job: held for record in campaign.records("held") for job, held in record["jobs"].items()
    }


def test_jobs_keep_to_core_hours(campaign: SlurmCampaign) -> None:
    """Protects a budget: a job that may hold more than is left is not submitted, and a sentence
    says so; those that fit run, no more at a time than may use up the rest; what they held is on
    record, also of those that end while nobody looks.
    """
    limited(campaign, 1.9 * _WALLTIME)
    assert campaign.run() == 3
    assert campaign.records("end")[-1]["reason"] == "max_core_hours"
    assert "a job may hold 2 cores for 5 min = 0.167 core-hours" in campaign.said
    assert "ask for less time or fewer cores, or raise the limit" in campaign.said
    assert not campaign.events("intent")

    limited(campaign, 3.9 * _WALLTIME)  # of which each job may hold two
    process = campaign.supervise("--run-mode", "resume")
    campaign.wait_for_runs(1)
    campaign.kill(process)
    time.sleep(3)
    process = campaign.supervise("--run-mode", "resume")
    most = 0
    while process.poll() is None:
        try:
            live = json.loads((campaign.run_dir / "state" / "live.json").read_text())
        except (OSError, ValueError):
            live = {}
        most = max(most, len([job for job in live.get("jobs", ()) if job["state"] != "COMPLETED"]))
        time.sleep(0.2)
    assert campaign.finish(process) == 0, campaign.said
    campaign.check_complete(3)
    assert set(campaign.executions().values()) == {1}
    assert most <= 1
    held = jobs_held(campaign)
    assert len(held) == 3
    assert all(2 * 2.0 <= seconds < 2 * _WALLTIME for seconds in held.values()), held
