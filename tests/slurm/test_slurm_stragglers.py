"""Stragglers in jobs: they are told while they run, and end them when nobody else is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array

RULE = {"after": 0.8, "factor": 3}
HANGS = 300.0


def said_to_jobs(campaign: SlurmCampaign) -> list[Path]:
    """The files that say how long samples may run."""
    return list(campaign.run_dir.glob("state/jobs/*/*/limits"))


def results(campaign: SlurmCampaign) -> str:
    """What jobs have written."""
    files = campaign.run_dir.glob("state/jobs/*/*/results.*")
    return "".join(file.read_text() for file in files)


@pytest.mark.parametrize("stays", [None, *in_full(60)])
def test_a_job_ends_stragglers_without_a_supervisor(
    tmp_path: Path, cluster: Bed, stays: float | None
) -> None:
    """Protects core-hours while nobody looks: what a job has been told it does, though the
    supervisor was killed; the next one finds the failure, and runs nothing twice.
    """
    campaign = SlurmCampaign(tmp_path, cluster.environment)
    campaign.config["samplers"]["s0"] = array("seconds", [0.3] * 8 + [HANGS] * 2)
    campaign.executor.update(straggler={**RULE, "factor": 20}, processes_per_job=2, max_jobs=1)
    campaign.executor.update(idle_timeout=stays, samples_per_job=10)
    process = campaign.supervise()
    wait_for("what a straggler is", lambda: said_to_jobs(campaign), 60, 0.1)
    campaign.kill(process)
    assert "straggler" not in results(campaign)
    wait_for("the job's own decision", lambda: results(campaign).count('"straggler"') == 2, 60, 0.2)
    campaign.executor["straggler"] = None  # nothing is left to be ended
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(10)
    assert [failure["kind"] for failure in campaign.failures()] == ["straggler"] * 2
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_a_rule_that_is_gone_holds_in_no_job(tmp_path: Path, cluster: Bed) -> None:
    """Protects samples of a campaign that is resumed without the rule: jobs of the session before
    are told so.
    """
    campaign = SlurmCampaign(tmp_path, cluster.environment)
    campaign.config["samplers"]["s0"] = array("seconds", [0.3] * 9 + [25.0])
    campaign.executor.update(straggler={**RULE, "factor": 50}, samples_per_job=10, max_jobs=1)
    process = campaign.supervise()
    wait_for("what a straggler is", lambda: said_to_jobs(campaign), 60, 0.1)
    campaign.kill(process)
    campaign.executor["straggler"] = None
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(10)
    assert not campaign.failures()
