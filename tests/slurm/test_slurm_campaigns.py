"""Whole campaigns on a real cluster: the same results as on this machine, and every sample on
record exactly once.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.supervisor.control import mark_watched
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    return SlurmCampaign(tmp_path, cluster.environment)


def test_a_killed_supervisor_finds_its_jobs_again(campaign: SlurmCampaign) -> None:
    """Protects work in progress: after SIGKILL, jobs go on, and resume collects what they did
    meanwhile and submits nothing twice.
    """
    campaign.config["runners"]["r0"]["seconds"] = 0.7
    campaign.executor.update(samples_per_job=4, max_jobs=2)
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    campaign.kill(process)
    campaign.wait_for_runs(6)
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}
    assert {row["success"] for row in campaign.rows()} == {"True"}, (
        "resuming has done something to running jobs"
    )
    assert len(campaign.events("intent")) == 1


@pytest.mark.full
def test_drain_lets_running_jobs_finish_and_withdraws_the_others(
    campaign: SlurmCampaign, cluster: Bed
) -> None:
    """Protects against waiting for the queue: what runs is finished and recorded, what waits is
    taken back and run by the resume.
    """
    campaign.config["runners"]["r0"]["seconds"] = 0.5
    campaign.executor.update(samples_per_job=4, max_jobs=2, array_throttle=1)
    process = campaign.supervise()
    campaign.wait_for_runs(1)
    process.send_signal(signal.SIGINT)
    assert campaign.finish(process) == 130, campaign.said
    assert len(campaign.recorded()) == 4
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_abort_cancels_its_own_jobs_alone(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects other work of the same person: an abort cancels the campaign's jobs at once and no
    others.
    """
    other = cluster.slurm("sbatch", "--parsable", "-o", "/dev/null", "--wrap", "sleep 60").strip()
    campaign.config["runners"]["r0"]["seconds"] = 60
    campaign.executor.update(samples_per_job=4, max_jobs=2)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    process.send_signal(signal.SIGINT)
    wait_for("the drain", lambda: "drain" in campaign.main_log())
    process.send_signal(signal.SIGINT)
    assert campaign.finish(process) == 130
    states = dict(
        line.split()
        for line in cluster.slurm("squeue", "-h", "-t", "all", "-o", "%F %T").splitlines()
    )
    cluster.slurm("scancel", other)
    assert states[other] in ("RUNNING", "PENDING")
    own = campaign.events("submitted")[0]["job"]
    assert states[own] == "CANCELLED"
    assert not campaign.left_over()
    campaign.config["runners"]["r0"]["seconds"] = 0
    assert campaign.resume() == 0
    campaign.check_complete(8)


@pytest.mark.full
def test_values_of_options_are_never_seen_by_a_shell(
    campaign: SlurmCampaign, cluster: Bed, tmp_path: Path
) -> None:
    """Protects against injection: quotes, dollars and spaces reach SLURM as they were written."""
    nasty = f"a 'b' \"c\" $(touch {tmp_path}/made) `touch {tmp_path}/made` \\ # d"
    campaign.executor["sbatch"]["comment"] = nasty
    assert campaign.run() == 0, campaign.said
    job = campaign.events("submitted")[0]["job"]
    assert nasty in cluster.slurm("scontrol", "show", "job", job)
    assert not (tmp_path / "made").exists()


@pytest.mark.full
def test_node_local_storage_is_found_on_the_node(campaign: SlurmCampaign, tmp_path: Path) -> None:
    """Protects node-local disks: the variable is read where the job runs, files come home, nothing
    stays on the node.
    """
    local = tmp_path / "node"
    local.mkdir()
    campaign.config["supervisor"]["local_storage"] = "PROBE_DISK"
    campaign.executor["job_script_prologue"] = [f"export PROBE_DISK={local}"]
    assert campaign.run() == 0, campaign.said
    assert len(list(campaign.run_dir.glob("data/*/enchanted_datapoint.csv"))) == 8
    assert list(local.iterdir()) == []
    campaign.check_complete(8)


def test_few_files_and_few_questions(campaign: SlurmCampaign) -> None:
    """Protects quotas and the scheduler: files grow with jobs, and it is asked once an interval at
    most, whatever the number of samples.
    """
    calls = campaign.count_calls()
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(300)])
    campaign.executor.update(
        samples_per_job=100, max_jobs=3, scheduler_interval=40, scheduler_interval_max=180
    )
    campaign.config["supervisor"]["canary"] = False  # whose samples have a job of their own
    began = time.monotonic()
    process = campaign.supervise()
    most = 0
    while process.poll() is None:
        most = max(most, len(campaign.left_over()))
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    took = time.monotonic() - began  # on a busy machine, more than one interval
    assert process.returncode == 0, process.communicate()[0]
    campaign.check_complete(300)
    assert most <= 3 * 3 + 1
    said = calls.read_text().split()
    assert said.count("sbatch") == 1
    # jobs that had not ended yet, as on a busy machine, are looked up and ended
    at_the_end = 2 if "scancel" in said else 0
    assert said.count("squeue") <= 1 + took / 40 + at_the_end
    assert said.count("sacct") == 0
    assert said.count("scontrol") == 1


def test_the_dry_run_shows_the_script_that_is_submitted(
    campaign: SlurmCampaign, cluster: Bed
) -> None:
    """Protects trust in the dry run: what it prints is what SLURM gets, and nothing is submitted by
    it.
    """
    campaign.executor["job_script_prologue"] = ["export PROBE=1"]
    before = cluster.slurm("squeue", "-h", "-t", "all")
    assert campaign.run("--dry-run") == 0
    assert cluster.slurm("squeue", "-h", "-t", "all") == before
    for expected in (
        "#SBATCH --time=00:10:00",
        "export PROBE=1",
        "--job-name=run-",
        "sbatch --parsable",
    ):
        assert expected in campaign.said


@pytest.mark.full
def test_another_executor_does_not_take_over_from_running_jobs(campaign: SlurmCampaign) -> None:
    """Protects run directories: as long as jobs may work in them, nobody else does."""
    campaign.config["runners"]["r0"]["seconds"] = 1.0
    process = campaign.supervise()
    campaign.wait_for_runs(1)
    campaign.kill(process)
    cluster = dict(campaign.executor)
    campaign.config["executors"]["cluster"] = {"type": "LocalExecutor"}
    assert campaign.resume() == 3
    assert "may still work on samples" in campaign.said
    campaign.config["executors"]["cluster"] = cluster
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_what_people_see_of_jobs(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects the view of a running campaign: state, node, samples done of held, times and
    core-hours, those of its own jobs alone.
    """
    other = cluster.slurm(
        "sbatch", "--parsable", "-o", "/dev/null", "--exclusive", "--wrap", "sleep 60"
    ).strip()
    time.sleep(4)
    campaign.config["runners"]["r0"]["seconds"] = 1.0
    campaign.executor.update(samples_per_job=8, max_jobs=1)
    process = campaign.supervise()
    seen = wait_for(
        "a job with results",
        lambda: [job for job in live(campaign).get("jobs", []) if job["done"]],
        60,
        0.2,
    )
    running = live(campaign)
    assert campaign.finish(process) == 0
    cluster.slurm("scancel", other)
    [job] = seen
    assert job["state"] == "RUNNING"
    assert job["node"] in ("n1", "n2", "n3")
    assert job["held"] == 8
    assert 0 <= running["core_hours"] * 3600 <= 9
    assert job["since"] <= time.time() <= job["ends"] <= job["since"] + 610
    assert running["workers"][0]["name"] == job["job"]


@pytest.mark.full
def test_core_hours_of_jobs_that_have_ended(campaign: SlurmCampaign) -> None:
    """Protects the sum that is shown: jobs that begin and end between two questions to the
    scheduler are counted by their own clock.
    """
    campaign.config["samplers"]["s0"] = array("seconds", [2, 2, 2, 20])
    campaign.executor.update(
        samples_per_job=1, max_jobs=1, scheduler_interval=600, scheduler_interval_max=600
    )
    process = campaign.supervise()
    campaign.wait_for_runs(4)
    wait_for("the count", lambda: live(campaign).get("core_hours", 0) * 3600 >= 5.5, 15, 0.2)
    campaign.kill(process)
    assert campaign.resume() == 0, campaign.said


@pytest.mark.full
def test_the_scheduler_is_asked_more_often_while_somebody_looks(campaign: SlurmCampaign) -> None:
    """Protects both the scheduler and the person: long intervals as long as nobody looks at the
    jobs, short ones while somebody does.
    """
    calls = campaign.count_calls()
    campaign.config["runners"]["r0"]["seconds"] = 60
    campaign.executor.update(
        samples_per_job=8,
        max_jobs=1,
        scheduler_interval=600,
        scheduler_interval_max=600,
        scheduler_interval_watched=1,
    )
    process = campaign.supervise()
    wait_for(
        "a running job",
        lambda: [job for job in live(campaign).get("jobs", []) if job["since"]],
        60,
        0.2,
    )
    asked = queries(calls)
    mark = campaign.run_dir / "state" / "control" / "jobs.watched"

    def looked(times: int) -> bool:
        mark_watched(mark.parent)
        return queries(calls) >= asked + times

    wait_for("three more questions", lambda: looked(3), 60, 0.5)
    wait_for("the mark to be taken away", lambda: not mark.exists(), 30, 0.2)
    process.send_signal(signal.SIGINT)
    wait_for("the drain", lambda: "drain" in campaign.main_log())
    process.send_signal(signal.SIGINT)
    assert campaign.finish(process) == 130
    assert '"watch' not in (campaign.run_dir / "state" / "journal.jsonl").read_text()


def queries(calls: Path) -> int:
    return calls.read_text().count("squeue") if calls.exists() else 0


def live(campaign: SlurmCampaign) -> dict[str, Any]:
    path = campaign.run_dir / "state" / "live.json"
    return json.loads(path.read_text()) if path.exists() else {}


@pytest.mark.full
def test_a_sampler_that_learns_asks_for_as_many_jobs_as_there_may_be(
    campaign: SlurmCampaign,
) -> None:
    """Protects weeks: drawn for the jobs of a moment, samples would come one after the other as
    soon as the first jobs have gone.
    """
    campaign.config["samplers"]["s0"] = {
        "type": "BayesianOptimizationSampler",
        "parameters": ["x"],
        "bounds": [[0, 10]],
        "budget": 12,
        "initial_samples": 4,
        "asynchronous": True,
        "ahead": 0,
        "observations": ["value"],
    }
    campaign.config["runners"]["r0"]["seconds"] = 1
    campaign.executor.update(max_jobs=4, results_interval=0.5)
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(12)
    journal = campaign.run_dir / "state" / "journal.jsonl"
    drawn, finished, under_way = 0, 0, []
    for record in map(json.loads, journal.read_text().splitlines()):
        if record["type"] == "samples":
            drawn += len(record["rows"])
            under_way.append(drawn - finished)
        finished += record["type"] == "task"
    assert min(under_way[:-1]) >= 2, "results may arrive while samples are chosen"
