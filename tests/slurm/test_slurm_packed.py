"""``save_files: packed`` on a cluster: jobs leave archives, and nothing is lost or doubled."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from helpers.marks import in_full
from helpers.packed import READS_PARENT, WRITES_THREE, files_of_tasks, loose, packed_tasks
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

N_PARENTS, N_CHILDREN = 6, 2


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    """Parents that leave files and children that read them, three jobs for each stage."""
    made = SlurmCampaign(tmp_path, cluster.environment)
    slow = {**WRITES_THREE, "command": f"sleep 0.5; {WRITES_THREE['command']}"}
    made.config["samplers"] = {
        "s0": array("x", [float(number) for number in range(N_PARENTS)]),
        "s1": array("y", [float(number) for number in range(N_CHILDREN)]),
    }
    made.config["runners"] = {"r0": slow, "r1": READS_PARENT}
    made.config["supervisor"] |= {
        "save_files": "packed",
        "run_order": [
            {"executor": "cluster", "sampler": f"s{depth}", "runner": f"r{depth}"}
            for depth in (0, 1)
        ],
    }
    made.executor["samples_per_job"] = 3
    return made


def place(campaign: SlurmCampaign, cluster: Bed, where: str) -> Path:
    """Have jobs run so; return where they leave their archives."""
    if where == "remote_dir":
        campaign.executor.update(ssh=ssh_options(cluster), remote_dir=str(campaign.root / "far"))
        return campaign.root / "far"
    if where == "local_storage":
        (campaign.root / "node").mkdir()
        campaign.config["supervisor"]["local_storage"] = str(campaign.root / "node")
    return campaign.run_dir


def wait_for_archive(campaign: SlurmCampaign, process: subprocess.Popen[str], jobs: Path) -> None:
    """Wait until a job has packed something, as long as the campaign runs."""

    def is_there() -> bool:
        if any(jobs.glob("**/packed/job-*/*.index")):
            return True
        if process.poll() is not None:
            campaign.finish(process)
            raise AssertionError(f"no job has packed anything:\n{campaign.said}")
        return False

    wait_for("the archive of a job", is_there, 120)


def check_packed(campaign: SlurmCampaign) -> None:
    names = [f"d0_b0_s{sample}_r0" for sample in range(N_PARENTS)]
    names += [f"d1_b0_s{sample}_r0" for sample in range(N_PARENTS * N_CHILDREN)]
    assert packed_tasks(campaign.run_dir) == sorted(names)
    assert loose(campaign.run_dir) == []
    files: dict[str, Any] = files_of_tasks(campaign.run_dir)
    for sample in range(N_PARENTS * N_CHILDREN):
        x, y = float(sample // N_CHILDREN), float(sample % N_CHILDREN)
        assert files[f"d1_b0_s{sample}_r0/out.txt"].decode() == f"{x}\nv={x}\nw={y}\n"
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert not list(campaign.run_dir.glob("packed/job-*"))


@pytest.mark.parametrize("where", ["local_storage", "remote_dir", *in_full("shared")])
def test_a_job_leaves_an_archive_and_no_directories(
    campaign: SlurmCampaign, cluster: Bed, where: str
) -> None:
    """It packs on its node before its results are read; children find what parents have left; in
    the end all is in the archives of the campaign.
    """
    jobs = place(campaign, cluster, where)
    process = campaign.supervise()
    wait_for_archive(campaign, process, jobs)
    assert campaign.finish(process) == 0, campaign.said
    check_packed(campaign)
    if where != "shared":
        assert not list((campaign.root / "node").glob("*/*"))


@pytest.mark.parametrize("where", ["shared", *in_full("local_storage", "remote_dir")])
def test_a_killed_supervisor_finds_what_its_jobs_have_packed(
    campaign: SlurmCampaign, cluster: Bed, where: str
) -> None:
    """Jobs go on without it; nothing is lost, doubled or run again."""
    jobs = place(campaign, cluster, where)
    process = campaign.supervise()
    wait_for_archive(campaign, process, jobs)
    campaign.kill(process)
    assert campaign.resume() == 0, campaign.said
    check_packed(campaign)
    assert len(campaign.recorded()) == N_PARENTS * (1 + N_CHILDREN)
