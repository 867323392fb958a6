"""``save_files: packed`` on a cluster: jobs leave archives, and nothing is lost or doubled."""

from __future__ import annotations

import os
import subprocess
import threading
from glob import glob
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
        # of glob, not of Path: directories of samples come and go meanwhile
        if glob("**/packed/job-*/*.index", root_dir=jobs, recursive=True, include_hidden=True):
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


# -- many ------------------------------------------------------------------------------------------

MANY, FEW = 10_000, 100


def count_files(root: Path) -> int:
    """Count what lies below a directory but for what is in progress: the directories of samples
    that have no result yet, and what is put together under a hidden name.
    """
    count, waiting = 0, [str(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listing:
                for entry in listing:
                    if entry.name == "data" or entry.name.startswith("."):
                        continue
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:
            continue
    return count


@pytest.mark.full
@pytest.mark.parametrize("where", ["shared", "remote_dir"])
def test_ten_thousand_samples_leave_few_files(
    campaign: SlurmCampaign, cluster: Bed, where: str
) -> None:
    """Of three files each: a hundred at most in the run directory, at every instant, and likewise
    where the jobs run; in the end each file is in an archive.
    """
    jobs = place(campaign, cluster, where)
    campaign.config["samplers"] = {"s0": array("x", list(range(MANY)))}
    campaign.config["runners"] = {"r0": WRITES_THREE}
    del campaign.config["supervisor"]["run_order"][1]
    campaign.config["storage"] = {"type": "table"}
    campaign.executor["samples_per_job"] = 2_500
    most, ended = {campaign.run_dir: 0, jobs: 0}, threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            for root in most:
                most[root] = max(most[root], count_files(root))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        code = campaign.run(timeout=900)
    finally:
        ended.set()
        watcher.join()
    assert code == 0, campaign.said
    assert all(0 < count <= FEW for count in most.values()), most
    assert count_files(campaign.run_dir) <= FEW and loose(campaign.run_dir) == []
    assert packed_tasks(campaign.run_dir) == sorted(f"d0_b0_s{n}_r0" for n in range(MANY))
    files = files_of_tasks(campaign.run_dir)
    assert len(files) == 4 * MANY  # with the datapoint
    assert all(files[f"d0_b0_s{n}_r0/sub/out.txt"] == b"v=%d\n" % n for n in range(MANY))
