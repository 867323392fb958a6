"""The same campaign on a cluster, by every way there is, gives what it gives on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, nested, ssh_options


def outcome(campaign: SlurmCampaign) -> dict[str, Any]:
    """Give everything about a campaign that may not depend on where it ran."""
    failures = [
        (row.get("task", row.get("run_dir")), row["kind"], row["message"])
        for row in campaign.failures()
    ]
    files = {
        str(path.relative_to(campaign.run_dir)): ""
        if path.name in ("enchanted_datapoint.csv", "stderr.txt") or path.is_dir()
        else path.read_text()
        for path in campaign.run_dir.glob("data/**/*")
    }
    return {"rows": campaign.comparable_rows(), "failures": sorted(failures), "files": files}


@pytest.fixture(scope="module")
def on_this_machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    campaign = SlurmCampaign(tmp_path_factory.mktemp("here"), {})
    nested(campaign)
    campaign.config["executors"]["cluster"] = {
        "type": "LocalExecutor",
        "n_workers": 2,
        "timeout_sec": 3,
    }
    assert campaign.run() == 0, campaign.said
    return outcome(campaign)


def on_dask(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.config["executors"]["cluster"] = {
        "type": "DaskExecutor",
        "LocalCluster_config": {
            "n_workers": 2,
            "threads_per_worker": 1,
            "dashboard_address": "127.0.0.1:0",
        },
        "timeout_sec": 3,
    }


def on_dask_in_jobs(campaign: SlurmCampaign, bed: Bed) -> None:
    pytest.importorskip(
        "dask_jobqueue", reason="Dask workers as SLURM jobs: pip install dask-jobqueue"
    )
    campaign.environment.update(bed.environment)
    places = {
        "log_directory": str(campaign.root / "logs"),
        "local_directory": str(campaign.root / "dask"),
    }
    jobs = {
        "queue": "main",
        "cores": 1,
        "processes": 1,
        "memory": "500MB",
        "interface": "lo",
        "walltime": "00:10:00",
        **places,
    }
    campaign.config["executors"]["cluster"] = {
        "type": "DaskExecutor",
        "SLURMcluster_config": jobs,
        "scale_n_jobs": 2,
        "timeout_sec": 3,
    }


def on_the_login_node(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.environment.update(bed.environment)


def by_ssh(campaign: SlurmCampaign, bed: Bed) -> None:
    campaign.executor["ssh"] = ssh_options(bed)


def by_ssh_with_files_of_its_own(campaign: SlurmCampaign, bed: Bed) -> None:
    by_ssh(campaign, bed)
    campaign.executor["remote_dir"] = str(campaign.root / "scratch")


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(on_dask, marks=pytest.mark.full),
        pytest.param(on_dask_in_jobs, marks=pytest.mark.full),
        pytest.param(on_the_login_node, marks=pytest.mark.full),
        by_ssh,
        pytest.param(by_ssh_with_files_of_its_own, marks=pytest.mark.full),
    ],
)
def test_a_campaign_gives_the_same_as_on_this_machine(
    tmp_path: Path,
    shared_bed: Bed,
    on_this_machine: dict[str, Any],
    way: Callable[[SlurmCampaign, Bed], None],
) -> None:
    """Protects the promise that only the place differs: rows, failures, files and captured output
    are those of LocalExecutor.
    """
    (tmp_path / "scratch").mkdir()
    campaign = SlurmCampaign(tmp_path, {})
    nested(campaign)
    way(campaign, shared_bed)
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(5 + 2 * 30)
    assert outcome(campaign) == on_this_machine
    assert list((tmp_path / "scratch").iterdir()) == []
