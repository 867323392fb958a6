"""The same campaign on a cluster, by every way there is, gives what it gives on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bed import Bed
from slurm_campaign import Campaign, nested, ssh_options


def outcome(campaign: Campaign) -> dict[str, Any]:
    """Give everything about a campaign that may not depend on where it ran."""
    failures = [(row.get("task", row.get("run_dir")), row["kind"], row["message"]) for row in campaign.failures()]
    files = {
        str(path.relative_to(campaign.run_dir)): ""
        if path.name in ("enchanted_datapoint.csv", "stderr.txt") or path.is_dir()
        else path.read_text()
        for path in campaign.run_dir.glob("data/**/*")
    }
    return {"rows": campaign.comparable_rows(), "failures": sorted(failures), "files": files}


@pytest.fixture(scope="module")
def on_this_machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    campaign = Campaign(tmp_path_factory.mktemp("here"), {})
    nested(campaign)
    campaign.config["executors"]["cluster"] = {"type": "LocalExecutor", "n_workers": 2, "timeout_sec": 3}
    assert campaign.run() == 0, campaign.said
    return outcome(campaign)


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("on the login node", marks=pytest.mark.full),
        pytest.param("by SSH", marks=pytest.mark.full),
        "by SSH, with files of its own",
    ],
)
def test_a_campaign_gives_the_same_as_on_this_machine(tmp_path: Path, shared_bed: Bed, on_this_machine: dict[str, Any], way: str) -> None:
    """Protects the promise that only the place differs: rows, failures, files and captured output are those of LocalExecutor."""
    far = tmp_path / "scratch"
    far.mkdir()
    campaign = Campaign(tmp_path, shared_bed.environment if way == "on the login node" else {})
    nested(campaign)
    if way != "on the login node":
        campaign.executor["ssh"] = ssh_options(shared_bed)
    if way == "by SSH, with files of its own":
        campaign.executor["remote_dir"] = str(far)
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(5 + 2 * 30)
    assert outcome(campaign) == on_this_machine
    assert list(far.iterdir()) == []
