"""Work that is finished but not yet collected: whatever happens then, it is neither lost nor done
again.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

pytestmark = pytest.mark.full

OnBed = Callable[..., tuple[SlurmCampaign, Bed]]


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    return SlurmCampaign(tmp_path, cluster.environment)


@pytest.fixture
def on_bed(tmp_path: Path) -> Iterator[OnBed]:
    """Make a campaign on a cluster of its own, to be reconfigured."""
    beds: list[Bed] = []

    def make(**options: Any) -> tuple[SlurmCampaign, Bed]:
        bed = Bed(tmp_path / "bed", **{"nodes": 2, "sshd": False, **options})
        beds.append(bed)
        bed.up()
        return SlurmCampaign(tmp_path, bed.environment), bed

    yield make
    for bed in beds:
        bed.down()


def abort(campaign: SlurmCampaign, process: subprocess.Popen[str]) -> None:
    """Stop at once, as by Ctrl-C twice."""
    process.send_signal(signal.SIGINT)
    wait_for("the drain", lambda: "drain" in campaign.main_log())
    process.send_signal(signal.SIGINT)
    assert campaign.finish(process) == 130, campaign.said


def check_each_ran_once(campaign: SlurmCampaign, tasks: int) -> None:
    campaign.check_complete(tasks)
    assert set(campaign.executions().values()) == {1}


def test_a_job_that_the_scheduler_knows_to_have_ended_before_its_results_are_read(
    campaign: SlurmCampaign,
) -> None:
    """Protects against running a sample again whose result lies there: results are collected more
    rarely than the scheduler is asked.
    """
    campaign.config["samplers"]["s0"] = array("x", [1.0])
    campaign.config["runners"]["r0"]["seconds"] = 14
    campaign.executor.update(results_interval=30, scheduler_interval=1, scheduler_interval_max=1)
    assert campaign.run() == 0, campaign.said
    check_each_ran_once(campaign, 1)
    assert len(campaign.events("intent")) == 1


def end_of(path: Path) -> bytes:
    """Return the last 2 kB of a file of many megabytes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2000))
        return file.read()


def test_results_that_are_too_large_for_one_look(campaign: SlurmCampaign) -> None:
    """Protects results of many megabytes: a job that ended while nobody looked is read to its end
    before it is taken for unfinished.
    """
    campaign.config["runners"]["r0"].update(seconds=0.3, text_megabytes=8)
    campaign.executor.update(samples_per_job=6, max_jobs=1)
    campaign.executor["sbatch"] = {**campaign.executor.get("sbatch", {}), "mem": 300}
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(6)])
    process = campaign.supervise()
    campaign.wait_for_runs(1)
    campaign.kill(process)
    [results] = wait_for(
        "the results", lambda: list(campaign.run_dir.glob("state/jobs/*/*/results.0"))
    )
    wait_for("the end of the job", lambda: b'"bye"' in end_of(results), 120)
    assert campaign.resume() == 0, campaign.said
    check_each_ran_once(campaign, 6)


def test_an_abort_keeps_what_had_finished(campaign: SlurmCampaign) -> None:
    """Protects finished samples of jobs that are cancelled: those that had not been collected are
    on record all the same.
    """
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(60)])
    campaign.config["runners"]["r0"]["seconds"] = 0.5
    campaign.executor.update(samples_per_job=60, max_jobs=1, results_interval=60)
    process = campaign.supervise()
    campaign.wait_for_runs(12)
    abort(campaign, process)
    begun = sum(campaign.executions().values())
    assert begun < 60
    assert len(campaign.recorded()) >= begun - 1
    assert not campaign.left_over()
    campaign.config["runners"]["r0"]["seconds"] = 0
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(60)
    assert sum(campaign.executions().values()) <= 61


def test_python_of_the_login_node_that_does_not_work_for_a_while(
    tmp_path: Path, shared_bed: Bed
) -> None:
    """Protects jobs from a login node in trouble: the campaign stops with a sentence, its jobs run
    on, and resume collects them.
    """
    campaign = SlurmCampaign(tmp_path, {})
    campaign.config["runners"]["r0"]["seconds"] = 1.0
    broken = tmp_path / "broken"
    broken.mkdir()
    campaign.executor.update(
        ssh={**ssh_options(shared_bed), "prologue": [f"PATH={broken}:$PATH"]},
        samples_per_job=4,
        max_jobs=2,
    )
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    (broken / "python3").write_text(
        "#!/bin/sh\necho 'fork: Resource temporarily unavailable' >&2\nexit 254\n"
    )
    (broken / "python3").chmod(0o755)
    assert campaign.finish(process) == 3, campaign.said
    assert "Resource temporarily unavailable" in campaign.said
    assert "jobs run on" in campaign.said
    (broken / "python3").unlink()
    campaign.wait_for_runs(8)
    assert campaign.resume() == 0, campaign.said
    check_each_ran_once(campaign, 8)
    assert len(campaign.events("intent")) == 1


def test_a_partition_that_is_closed_meanwhile(on_bed: OnBed) -> None:
    """Protects running jobs when no more are taken (a closed partition, an account that is used
    up): they finish, and are collected.
    """
    campaign, bed = on_bed()
    campaign.config["samplers"]["s0"] = array("seconds", [0.5, 0.5, 4, 4, 0.5, 0.5])
    campaign.executor.update(samples_per_job=2, max_jobs=2)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    bed.slurm("scontrol", "update", "partition=main", "state=DRAIN")
    assert campaign.finish(process) == 3, campaign.said
    assert "partition" in campaign.said
    assert len(campaign.recorded()) == 4
    assert len(campaign.events("intent")) == 2, "it was tried again and again"
    bed.slurm("scontrol", "update", "partition=main", "state=UP")
    assert campaign.resume() == 0, campaign.said
    check_each_ran_once(campaign, 6)


def one_runs_and_one_waits(campaign: SlurmCampaign) -> subprocess.Popen[str]:
    """Begin two jobs of four samples where there is room for one."""
    campaign.config["runners"]["r0"]["seconds"] = 2.0
    campaign.executor.update(samples_per_job=4, max_jobs=2)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    return process


def test_a_partition_that_is_down_for_a_while(on_bed: OnBed) -> None:
    """Protects campaigns from maintenance: a partition that was open before opens again, and jobs
    wait for it.
    """
    campaign, bed = on_bed(nodes=1, cpus=1)
    process = one_runs_and_one_waits(campaign)
    bed.slurm("scontrol", "update", "partition=main", "state=DOWN")
    wait_for("the reason", lambda: "PartitionDown" in bed.slurm("squeue", "-h", "-o", "%r"), 60)
    campaign.wait_for_runs(4)
    time.sleep(4)
    bed.slurm("scontrol", "update", "partition=main", "state=UP")
    assert campaign.finish(process) == 0, campaign.said
    check_each_ran_once(campaign, 8)


def test_a_limit_that_is_lowered_meanwhile(on_bed: OnBed) -> None:
    """Protects running jobs when those that wait can never start: the first finish and are
    collected, the others are withdrawn.
    """
    campaign, bed = on_bed(nodes=1, cpus=1)
    process = one_runs_and_one_waits(campaign)
    bed.slurm("scontrol", "update", "partition=main", "maxtime=1")
    assert campaign.finish(process) == 3, campaign.said
    assert "would wait for ever (PartitionTimeLimit)" in campaign.said
    assert len(campaign.recorded()) == 4
    bed.slurm("scontrol", "update", "partition=main", "maxtime=100")
    assert campaign.resume() == 0, campaign.said
    check_each_ran_once(campaign, 8)


def test_jobs_that_wait_are_withdrawn_once_the_scheduler_answers(on_bed: OnBed) -> None:
    """Protects a drain from a scheduler that hangs just then: jobs that wait in the queue do not
    begin afterwards all the same.
    """
    campaign, bed = on_bed(nodes=1, cpus=1)
    campaign.config["runners"]["r0"]["seconds"] = 4.0
    campaign.executor.update(samples_per_job=4, max_jobs=2)
    process = campaign.supervise()
    campaign.wait_for_runs(1)
    bed.stop("slurmctld")
    process.send_signal(signal.SIGINT)
    wait_for("the silence to be noticed", lambda: "does not answer" in campaign.main_log(), 60)
    bed.go_on("slurmctld")
    assert campaign.finish(process) == 130, campaign.said
    assert sum(campaign.executions().values()) == 4
    assert len(campaign.recorded()) == 4


def test_a_number_that_somebody_else_has_now(on_bed: OnBed) -> None:
    """Protects other jobs of the same person: a controller that has lost its memory gives their
    number a second time.
    """
    campaign, bed = on_bed(min_job_age=2)
    campaign.config["runners"]["r0"]["seconds"] = 2.0
    campaign.executor.update(samples_per_job=8, max_jobs=1, grace=600)
    process = campaign.supervise()
    campaign.wait_for_runs(1)
    campaign.kill(process)
    job = campaign.events("submitted")[0]["job"]
    bed.slurm("scancel", job)
    bed.kill("slurmctld")
    for file in (bed.root / "controller").iterdir():
        if file.is_file() and file.name.startswith(("job_state", "last_config", "job_id")):
            file.unlink()
    bed.start("slurmctld")
    bed.wait_idle()
    other = bed.slurm("sbatch", "--parsable", "-o", "/dev/null", "--wrap", "sleep 60").strip()
    assert other == job, "the controller still knows its numbers, so this shows nothing"
    again = campaign.supervise("--run-mode", "resume")
    wait_for(
        "the resumed session",
        lambda: campaign.main_log().count("SlurmExecutor") or len(campaign.records("open")) > 1,
        30,
    )
    abort(campaign, again)
    state = bed.slurm("squeue", "-h", "-j", other, "-o", "%T").strip()
    assert state in ("RUNNING", "PENDING")
