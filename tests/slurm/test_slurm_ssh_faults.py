"""A connection that breaks: jobs run on, nothing is submitted twice, and every sample is on record
once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    with Bed(tmp_path / "bed", nodes=2) as made:
        yield made


@pytest.fixture
def campaign(tmp_path: Path, bed: Bed) -> SlurmCampaign:
    campaign = SlurmCampaign(tmp_path, {})
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(12)])
    campaign.config["runners"]["r0"]["seconds"] = 1.0
    campaign.executor.update(
        ssh=ssh_options(bed), remote_dir=str(tmp_path / "far"), samples_per_job=6, max_jobs=2
    )
    return campaign


def check(campaign: SlurmCampaign) -> None:
    campaign.check_complete(12)
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert set(campaign.executions().values()) == {1}


def test_a_connection_that_is_cut_while_results_come_in(campaign: SlurmCampaign, bed: Bed) -> None:
    """Protects against losing results half-way: what was read but not brought home is brought when
    the connection is back.
    """
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    for _ in range(3):
        bed.drop_ssh()
        time.sleep(1)
    assert campaign.finish(process) == 0, campaign.said
    check(campaign)


@pytest.mark.full
def test_a_connection_that_is_cut_while_jobs_are_submitted(
    campaign: SlurmCampaign, bed: Bed
) -> None:
    """Protects against submitting twice: the scheduler takes the job, and its answer is lost on the
    way.
    """
    bin_dir = campaign.root / "bin"
    campaign.wrap_sbatch('$real "$@" > /dev/null; sleep 20; exit 0')
    campaign.executor["ssh"]["prologue"] = [f"export PATH={bin_dir}:$PATH"]
    process = campaign.supervise()
    wait_for("sbatch", lambda: (campaign.root / "once").exists(), 60)
    time.sleep(1)
    bed.drop_ssh()
    assert campaign.finish(process, 120) == 0, campaign.said
    assert len(campaign.events("intent")) == 1
    check(campaign)


@pytest.mark.full
def test_a_server_that_is_down_for_a_minute(campaign: SlurmCampaign, bed: Bed) -> None:
    """Protects against giving up: the campaign waits, and goes on when the server is back."""
    process = campaign.supervise()
    campaign.wait_for_runs(1)
    bed.kill_sshd()
    time.sleep(60)
    assert process.poll() is None
    bed.start("sshd")
    assert campaign.finish(process, 200) == 0, campaign.said
    check(campaign)


@pytest.mark.full
def test_a_supervisor_that_is_killed(campaign: SlurmCampaign, bed: Bed) -> None:
    """Protects a laptop that is closed: resume logs in again and brings home what was done
    meanwhile.
    """
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    campaign.kill(process)
    campaign.wait_for_runs(12)
    assert campaign.resume() == 0, campaign.said
    check(campaign)
    assert not list((campaign.root / "far").iterdir())


@pytest.mark.full
def test_a_remote_directory_that_cannot_be_written(campaign: SlurmCampaign) -> None:
    """Protects a person from a traceback: one sentence with the directory, and the campaign can be
    resumed.
    """
    (campaign.root / "file").write_text("")
    campaign.executor["remote_dir"] = str(campaign.root / "file" / "far")
    assert campaign.run() == 3, campaign.said
    assert str(campaign.root / "file") in campaign.said
    assert "Traceback" not in campaign.said
    campaign.executor["remote_dir"] = str(campaign.root / "far")
    assert campaign.resume() == 0, campaign.said
    check(campaign)
