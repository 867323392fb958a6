"""A campaign on a cluster in which everything fails."""

from __future__ import annotations

from pathlib import Path

from helpers.processes import TESTS
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, array


def test_only_the_canary_is_submitted(cluster: Bed, tmp_path: Path) -> None:
    """Of a hundred samples in batch jobs five are handed out, and no job for the others; a supervisor
    that is killed meanwhile finds them again, and what has failed then counts.
    """
    campaign = SlurmCampaign(tmp_path, {**cluster.environment, "PYTHONPATH": str(TESTS)})
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(100)])
    campaign.config["runners"]["r0"] = {
        "type": "PythonRunner",
        "function": "helpers.parts.guarded:run",
        "arguments": {"wait": 1.5},
    }
    # one after another, so that results do not come all at once
    campaign.executor.update(samples_per_job=5, max_jobs=1)
    (tmp_path / "broken").write_text("0")
    process = campaign.supervise()
    campaign.wait_for_tasks(2, process)
    campaign.kill(process)
    assert campaign.resume() == 4, campaign.said
    assert campaign.finished_tasks() == 5
    [record] = campaign.records("guard")
    assert (record["rule"], record["failed"]) == ("canary", 5)
    handed_out = [runs for intent in campaign.events("intent") for runs in intent["elements"]]
    assert sum(run[4] for runs in handed_out for run in runs) == 5
