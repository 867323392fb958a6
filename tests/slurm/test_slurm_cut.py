"""An SSH connection that is cut while nothing is under way, once and again and again: nobody
notices but the log.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

pytestmark = pytest.mark.full


@pytest.fixture
def bed(tmp_path: Path) -> Any:
    with Bed(tmp_path / "bed", nodes=2) as made:
        yield made


@pytest.fixture
def campaign(tmp_path: Path, bed: Bed) -> SlurmCampaign:
    """Two jobs of six samples of 3 s, looked after every 5 s: most of the time nothing is under
    way.
    """
    campaign = SlurmCampaign(tmp_path, {})
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(12)])
    campaign.config["runners"]["r0"]["seconds"] = 3.0
    campaign.executor.update(
        ssh=ssh_options(bed), remote_dir=str(tmp_path / "far"), samples_per_job=6, max_jobs=2
    )
    campaign.executor.update(results_interval=5, scheduler_interval=5, scheduler_interval_max=5)
    return campaign


def log_ins(bed: Bed) -> int:
    return (bed.root / "log" / "sshd.out").read_text().count("Accepted publickey")


def cut_while_idle(bed: Bed) -> None:
    """Cut the connection at a moment at which it has been quiet for a while."""

    def quiet() -> bool:
        return bed.is_quiet_on_ssh() and (time.sleep(0.3), bed.is_quiet_on_ssh())[1]

    wait_for("a quiet moment", quiet, 60, 0.05)
    bed.drop_ssh()


def check(campaign: SlurmCampaign) -> None:
    campaign.check_complete(12)
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert set(campaign.executions().values()) == {1}
    assert len(campaign.events("intent")) == 1


def test_between_two_looks(campaign: SlurmCampaign, bed: Bed) -> None:
    """Protects a laptop that sleeps for a moment: the next look finds the connection gone, makes a
    new one, and all goes on.
    """
    process = campaign.supervise()
    campaign.wait_for_runs(4)
    cut_while_idle(bed)
    assert campaign.finish(process, 120) == 0, campaign.said
    check(campaign)
    assert log_ins(bed) == 2


def test_through_a_whole_campaign(campaign: SlurmCampaign, bed: Bed) -> None:
    """Protects campaigns behind a network that drops every connection: each quiet moment is used to
    cut, from the first job to the last
    result."""
    process = campaign.supervise()
    cuts = 0

    def quiet() -> bool:
        return log_ins(bed) > cuts and bed.is_quiet_on_ssh()

    while process.poll() is None:
        with contextlib.suppress(TimeoutError):
            wait_for(
                "a quiet moment, or the end", lambda: process.poll() is not None or quiet(), 5, 0.1
            )
        if process.poll() is None and quiet():
            bed.drop_ssh()
            cuts += 1
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(4)
    assert campaign.finish(process) == 0, campaign.said
    check(campaign)
    assert cuts >= 3
    assert cuts <= log_ins(bed) <= cuts + 1
