"""A disk of the cluster that fills up: the campaign says so, stops, and goes on where it was once
there is room.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

pytestmark = pytest.mark.full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(place)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(
            "a small file system cannot be mounted here, which takes root:"
            f" {mounted.stderr.strip()}"
        )
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def campaign(tmp_path: Path, shared_bed: Bed, small_disk: Path) -> SlurmCampaign:
    """Twelve samples of 1 MB each, through SSH."""
    campaign = SlurmCampaign(tmp_path, {})
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(12)])
    campaign.config["runners"]["r0"].update(seconds=0.3, kilobytes=1024)
    campaign.executor.update(ssh=ssh_options(shared_bed), samples_per_job=6, max_jobs=2)
    return campaign


def make_room(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)


def check_stops_and_goes_on(campaign: SlurmCampaign, disk: Path) -> None:
    """The campaign stops with one sentence; nothing of it is a failed sample; resumed with more
    room, it is complete.
    """
    assert campaign.run(timeout=200) == 3, campaign.said
    assert "the disk" in campaign.said or "No space left" in campaign.said, campaign.said
    assert "make room" in campaign.said, campaign.said
    assert "Traceback" not in campaign.said
    make_room(disk)
    assert campaign.resume(timeout=200) == 0, campaign.said
    campaign.check_complete(12)
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert {path.stat().st_size for path in campaign.run_dir.glob("data/*/written")} == {1 << 20}
    assert len(list(campaign.run_dir.glob("data/*/written"))) == 12


def test_the_remote_directory_is_full(campaign: SlurmCampaign, small_disk: Path) -> None:
    """Protects a campaign from the cluster's quota: neither lost nor failed samples, and nothing is
    left there in the end.
    """
    campaign.executor["remote_dir"] = str(small_disk / "far")
    check_stops_and_goes_on(campaign, small_disk)
    assert not list((small_disk / "far").iterdir())


def test_the_shared_run_directory_is_full(campaign: SlurmCampaign, small_disk: Path) -> None:
    """Protects a campaign whose own records are on the disk that is full."""
    campaign.run_dir = small_disk / "run"
    campaign.config["supervisor"]["base_run_dir"] = str(campaign.run_dir)
    check_stops_and_goes_on(campaign, small_disk)


def test_there_is_no_room_for_the_inputs(campaign: SlurmCampaign, small_disk: Path) -> None:
    """Protects against submitting jobs without their shares: it is said before anything runs."""
    campaign.executor["remote_dir"] = str(small_disk / "far")
    (small_disk / "ballast").write_bytes(bytes((8 << 20) - 8192))
    assert campaign.run() == 3, campaign.said
    assert "No space left on device; make room there" in campaign.said, campaign.said
    assert not campaign.executions()
    (small_disk / "ballast").unlink()
    make_room(small_disk)
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(12)
