"""What a campaign costs a cluster: files, questions to the scheduler, log-ins, and time beside a
hand-written job array.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from enchanted_tui.executors.slurm.scheduler import Scheduler
from enchanted_tui.executors.slurm.transport import LocalTransport
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

_SCRIPT = """\
#!/bin/bash
for i in $(seq $((SLURM_ARRAY_TASK_ID * {each})) $((SLURM_ARRAY_TASK_ID * {each} + {each} - 1))); do
  mkdir {directory}/$i; cd {directory}/$i
  sh -c "sleep 0.1; echo $i > out"
done
touch {directory}/done.$SLURM_ARRAY_TASK_ID
"""


@pytest.mark.full
def test_two_thousand_short_samples_by_ssh(tmp_path: Path) -> None:
    """At most 4 files an array element, one question an interval, one log-in, and 1.5 times the
    time of a hand-written array.
    """
    samples, jobs = 2_000, 8
    with Bed(tmp_path / "bed", nodes=2) as bed:
        campaign = SlurmCampaign(tmp_path, {})
        calls = campaign.count_calls(by_ssh=True)
        campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(samples)])
        campaign.config["runners"]["r0"] = {
            "type": "CommandRunner",
            "command": ["sh", "-c", "sleep 0.1; echo {{ x }} > out"],
        }
        campaign.executor.update(
            ssh={**ssh_options(bed), "prologue": [f"export PATH={campaign.root}/bin:$PATH"]},
            samples_per_job=samples // jobs,
            max_jobs=jobs,
        )
        campaign.config["supervisor"]["canary"] = False  # whose samples have a job of their own
        for name in (
            "results_interval",
            "scheduler_interval",
            "scheduler_interval_max",
            "grace",
            "heartbeat",
        ):
            del campaign.executor[name]
        by_hand = hand_written(bed, tmp_path / "before", samples, jobs)
        began = time.monotonic()
        process = campaign.supervise()
        most = 0
        while process.poll() is None:
            most = max(most, len(campaign.left_over()))
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        took = time.monotonic() - began
        assert process.returncode == 0, process.communicate()[0]
        campaign.check_complete(samples)
        # other work on this machine comes and goes
        by_hand = max(by_hand, hand_written(bed, tmp_path / "after", samples, jobs))
        log_ins = (bed.root / "log" / "sshd.out").read_text().count("Accepted publickey")
    said = calls.read_text().split()
    print(f"{took:.1f} s, by hand {by_hand:.1f} s; {most} files; {log_ins} log-in; {said}")
    assert most <= 4 * jobs
    assert said.count("squeue") <= 1 + took / 40
    assert said.count("sbatch") == 1
    assert said.count("sacct") == 0
    assert log_ins == 1
    assert took <= 1.5 * by_hand


@pytest.mark.full
def test_executors_of_one_cluster_log_in_once(tmp_path: Path, shared_bed: Bed) -> None:
    """Protects people at sites with one-time codes: two executors that are used side by side share
    a connection, to the end.
    """
    log = shared_bed.root / "log" / "sshd.out"
    before = log.read_text().count("Accepted publickey")
    campaign = SlurmCampaign(tmp_path, {})
    campaign.executor.update(ssh=ssh_options(shared_bed), samples_per_job=4, max_jobs=2)
    campaign.config["executors"]["other"] = dict(campaign.executor)
    campaign.config["supervisor"]["run_order"] = [
        {"executor": ["cluster", "other"], "sampler": "s0", "runner": ["r0", "r0"]}
    ]
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(16)
    assert {record["executor"] for record in campaign.events("intent")} == {"cluster", "other"}
    assert log.read_text().count("Accepted publickey") - before == 1


def test_executors_of_one_cluster_share_what_squeue_says(
    tmp_path: Path, cluster: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the scheduler: an answer that is new enough serves everybody once; who needs to know
    how it is now, or has had the answer
    already, asks."""
    campaign = SlurmCampaign(tmp_path, {})
    calls = campaign.count_calls()
    monkeypatch.setenv("PATH", campaign.environment["PATH"])
    one, other = Scheduler(LocalTransport()), Scheduler(LocalTransport())
    before = time.monotonic()
    for ask, asked in [
        (lambda: one.jobs(before), 1),
        (lambda: other.jobs(before), 1),
        (lambda: other.jobs(before), 2),
        (lambda: one.jobs(before), 2),
        (lambda: one.jobs(), 3),
        (lambda: other.jobs(time.monotonic()), 4),
    ]:
        ask()
        assert calls.read_text().split().count("squeue") == asked


def hand_written(bed: Bed, directory: Path, samples: int, jobs: int) -> float:
    """Give the seconds that a plain job array takes for the same."""
    directory.mkdir()
    script = _SCRIPT.format(each=samples // jobs, directory=directory)
    began = time.monotonic()
    command = [
        shutil.which("sbatch") or "sbatch",
        f"--array=0-{jobs - 1}",
        "-o",
        "/dev/null",
        "-t",
        "10",
    ]
    subprocess.run(
        command,
        input=script,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", **bed.environment},
    )
    wait_for("the array", lambda: len(list(directory.glob("done.*"))) == jobs, 200, 0.1)
    return time.monotonic() - began
