"""Jobs that stay for further work: one wait in the queue for all of it, and nothing ever twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    """Two jobs that stay."""
    campaign = SlurmCampaign(tmp_path, cluster.environment)
    campaign.executor.update(max_jobs=2, idle_timeout=60)
    return campaign


def adaptive(budget: int) -> dict[str, Any]:
    return {
        "type": "BayesianOptimizationSampler",
        "parameters": ["x"],
        "bounds": [[0, 10]],
        "budget": budget,
        "initial_samples": 4,
        "asynchronous": True,
        "ahead": 0,
        "observations": ["value"],
    }


def check_once(campaign: SlurmCampaign, tasks: int) -> None:
    campaign.check_complete(tasks)
    assert set(campaign.executions().values()) == {1}
    assert {row["success"] for row in campaign.rows()} == {"True"}


def submitted(campaign: SlurmCampaign) -> int:
    """How many jobs there have been."""
    return sum(len(record["elements"]) for record in campaign.events("intent"))


def two_steps(campaign: SlurmCampaign) -> None:
    """Sixty adaptive samples, each of two steps."""
    campaign.config["samplers"]["s0"] = adaptive(60)
    campaign.config["runners"]["r1"] = campaign.probe(seconds=0.1)
    campaign.config["supervisor"]["run_order"] = [
        {"executor": ["cluster", "cluster"], "sampler": "s0", "runner": ["r0", "r1"]}
    ]


def test_adaptive_samples_of_two_steps_on_two_jobs(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects against the queue: whatever is drawn later, and each later step, goes to the jobs
    that are there.
    """
    two_steps(campaign)
    assert campaign.run(timeout=240) == 0, campaign.said
    campaign.check_complete(120)
    assert submitted(campaign) == 2


def test_killed_and_resumed_in_the_middle(campaign: SlurmCampaign) -> None:
    """Protects work in progress: jobs that stay are found again, with what they were given later,
    and nothing runs twice.
    """
    two_steps(campaign)
    campaign.config["samplers"]["s0"]["budget"] = 16
    for enough in (7, 17):
        process = campaign.supervise(*(("--run-mode", "resume") if enough > 7 else ()))
        campaign.wait_for_runs(enough, 120)
        campaign.kill(process)
    assert campaign.resume(timeout=240) == 0, campaign.said
    check_once(campaign, 32)
    assert submitted(campaign) == 2
