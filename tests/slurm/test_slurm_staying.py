"""Jobs that stay for further work: one wait in the queue for all of it, and nothing ever twice.

Every day a kill, a drain and later stages; the rest, and kills at random instants, with ``--full``.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import all_pids, command_of, send, stat_of, wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    """Two jobs that stay."""
    campaign = SlurmCampaign(tmp_path, cluster.environment)
    campaign.executor.update(max_jobs=2, idle_timeout=60)
    return campaign


def adaptive(budget: int) -> dict[str, Any]:
    return {
        "type": "BayesianOptimizationSampler",
        "parameters": ["x"],
        "bounds": [[0, 10]],
        "budget": budget,
        "initial_samples": 4,
        "asynchronous": True,
        "ahead": 0,
        "observations": ["value"],
    }


def check_once(campaign: SlurmCampaign, tasks: int) -> None:
    campaign.check_complete(tasks)
    assert set(campaign.executions().values()) == {1}
    assert {row["success"] for row in campaign.rows()} == {"True"}


def submitted(campaign: SlurmCampaign) -> int:
    """How many jobs there have been."""
    return sum(len(record["elements"]) for record in campaign.events("intent"))


def two_steps(campaign: SlurmCampaign) -> None:
    """Sixty adaptive samples, each of two steps."""
    campaign.config["samplers"]["s0"] = adaptive(60)
    campaign.config["runners"]["r1"] = campaign.probe(seconds=0.1)
    campaign.config["supervisor"]["run_order"] = [
        {"executor": ["cluster", "cluster"], "sampler": "s0", "runner": ["r0", "r1"]}
    ]


@pytest.mark.full
def test_adaptive_samples_of_two_steps_on_two_jobs(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects against the queue: whatever is drawn later, and each later step, goes to the jobs
    that are there.
    """
    two_steps(campaign)
    assert campaign.run(timeout=240) == 0, campaign.said
    check_once(campaign, 120)
    assert submitted(campaign) == 2


@pytest.mark.full
def test_killed_and_resumed_in_the_middle(campaign: SlurmCampaign) -> None:
    """Protects work in progress: jobs that stay are found again, with what they were given later,
    and nothing runs twice.
    """
    two_steps(campaign)
    for enough in (30, 75):
        process = campaign.supervise(*(("--run-mode", "resume") if enough > 30 else ()))
        campaign.wait_for_runs(enough, 120)
        campaign.kill(process)
    assert campaign.resume(timeout=240) == 0, campaign.said
    check_once(campaign, 120)
    assert submitted(campaign) == 2


def states(cluster: Bed, campaign: SlurmCampaign) -> set[str]:
    """How the jobs of a campaign stand, as SLURM says."""
    numbers = [record["job"] for record in campaign.events("submitted")]
    listed = cluster.slurm("squeue", "-h", "-t", "all", "-o", "%F %T").splitlines()
    return {state for number, state in map(str.split, listed) if number in numbers}


def test_later_stages_and_executors_with_equal_options(
    campaign: SlurmCampaign, cluster: Bed
) -> None:
    """Protects the queue from one campaign: the second stage, its runners and an executor that is
    configured alike use the jobs that are there. These end well, not cancelled.
    """
    campaign.config["executors"]["twin"] = campaign.executor
    campaign.config["runners"]["sum"] = {"type": "SumRunner", "params_to_sum": ["x", "y"]}
    campaign.config["samplers"] = {"s0": array("x", [1, 2, 3]), "s1": array("y", [1, 2])}
    campaign.config["supervisor"]["run_order"] = [
        {"executor": "cluster", "sampler": "s0", "runner": "r0"},
        {"executor": ["twin", "cluster"], "sampler": "s1", "runner": ["sum", "r0"]},
    ]
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(3 + 6 + 6)
    assert submitted(campaign) == 2
    wait_for("the end", lambda: states(cluster, campaign) == {"COMPLETED"}, 15, 0.5)


@pytest.mark.full
def test_drain_takes_back_what_has_not_begun(campaign: SlurmCampaign) -> None:
    """Protects a person's time: what has begun is finished, the rest is given back at once and run
    by the resume.
    """
    campaign.config["samplers"]["s0"] = array("seconds", [3.0] * 16)
    campaign.executor.update(samples_per_job=8)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    process.send_signal(signal.SIGINT)
    assert campaign.finish(process) == 130, campaign.said
    done = len(campaign.recorded())
    assert 2 <= done <= 10
    assert sum(campaign.executions().values()) == done
    assert not campaign.left_over()
    assert campaign.resume() == 0, campaign.said
    check_once(campaign, 16)


@pytest.mark.full
def test_jobs_that_have_left_meanwhile(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects core-hours: without a supervisor, jobs leave after `idle_timeout`; the resume finds
    what they have done and submits another one for the rest.
    """
    campaign.executor.update(idle_timeout=2, max_jobs=1)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    campaign.kill(process)
    wait_for("the end", lambda: states(cluster, campaign) == {"COMPLETED"}, 40, 0.5)
    done = sum(campaign.executions().values())
    assert done < 8
    assert campaign.resume() == 0, campaign.said
    check_once(campaign, 8)
    assert submitted(campaign) == 2


@pytest.mark.full
def test_jobs_of_a_campaign_that_was_complete_but_for_its_end(
    campaign: SlurmCampaign, cluster: Bed
) -> None:
    """Protects core-hours: a resume that finds nothing to run still ends the jobs that stay."""
    campaign.executor.update(idle_timeout=600)
    process = campaign.supervise()
    wait_for("the last record", lambda: len(campaign.recorded()) == 8, 60, 0.02)
    campaign.kill(process)
    assert states(cluster, campaign) == {"RUNNING"}
    assert campaign.resume() == 0, campaign.said
    check_once(campaign, 8)
    wait_for("the end", lambda: states(cluster, campaign) == {"COMPLETED"}, 15, 0.5)


@pytest.fixture
def own_bed(tmp_path: Path) -> Iterator[Bed]:
    with Bed(tmp_path / "bed", nodes=2) as bed:
        yield bed


@pytest.mark.full
def test_through_ssh_with_files_of_its_own(tmp_path: Path, own_bed: Bed) -> None:
    """Protects laptops: jobs are given more through the connection too, with the files that later
    steps and stages need there, and after it was cut.
    """
    campaign = SlurmCampaign(tmp_path, {})
    (tmp_path / "given").write_text("a file\n")
    campaign.executor.update(
        ssh=ssh_options(own_bed), remote_dir=str(tmp_path / "far"), max_jobs=2, idle_timeout=60
    )
    campaign.config["samplers"] = {"s0": array("x", [1, 2, 3, 4]), "s1": array("y", [1, 2])}
    campaign.config["runners"]["shell"] = {
        "type": "CommandRunner",
        "command": ["sh", "-c", "cat given; test -e {{ run_dir }}/enchanted_datapoint.csv"],
        "copy": ["given"],
        "outputs": {"code": {"exit_code": True}},
    }
    campaign.config["supervisor"]["run_order"] = [
        {"executor": "cluster", "sampler": "s0", "runner": "r0"},
        {"executor": ["cluster", "cluster"], "sampler": "s1", "runner": ["r0", "shell"]},
    ]
    process = campaign.supervise()
    campaign.wait_for_runs(5)
    own_bed.drop_ssh()
    assert campaign.finish(process, 180) == 0, campaign.said
    campaign.check_complete(4 + 8 + 8)
    assert set(campaign.executions().values()) == {1}
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert submitted(campaign) == 2
    assert not list((tmp_path / "far").glob("*/*"))


def workers_of(campaign: SlurmCampaign) -> list[int]:
    """The processes that run shares, of this campaign's jobs; not those that they have forked."""
    jobs = str(campaign.run_dir / "state" / "jobs")
    found = []
    for pid in all_pids():
        command = command_of(pid)
        if ".pyz" in command and jobs in command:
            found.append(pid)
    return [pid for pid in found if (stat := stat_of(pid)) and stat[1] not in found]


@pytest.mark.full
@pytest.mark.parametrize("seed", [0, *in_full(*range(1, 12))])
def test_killed_at_random_instants(tmp_path: Path, own_bed: Bed, seed: int) -> None:
    """Protects every sample: whoever is killed whenever, supervisor or what runs in a job, each
    sample is on record once, and never do two run the same one at the same time.
    """
    chance = random.Random(seed)
    campaign = SlurmCampaign(tmp_path, own_bed.environment)
    (tmp_path / "locks").mkdir()
    probe = campaign.probe(seconds=0.8, alone=str(tmp_path / "locks"))
    campaign.config["runners"] = {"r0": probe, "r1": probe}
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(24)])
    campaign.config["supervisor"]["run_order"] = [
        {"executor": ["cluster", "cluster"], "sampler": "s0", "runner": ["r0", "r1"]}
    ]
    campaign.executor.update(
        idle_timeout=60, max_jobs=3, processes_per_job=2, max_retries=50, samples_per_job=4
    )
    process = campaign.supervise()
    campaign.wait_for_runs(1)  # jobs that never get as far stop a campaign
    for _ in range(chance.randrange(2, 5)):
        time.sleep(chance.uniform(0.5, 6.0))
        if chance.random() < 0.6:
            campaign.kill(process)
            process = campaign.supervise("--run-mode", "resume")
        else:
            for pid in chance.sample(found, 1) if (found := workers_of(campaign)) else ():
                send(pid)
    assert campaign.finish(process, 240) == 0, campaign.said
    campaign.check_complete(48)
    assert {row["success"] for row in campaign.rows()} == {"True"}, campaign.failures()


@pytest.mark.full
def test_what_waits_in_the_queue_goes_to_a_job_that_is_idle(
    campaign: SlurmCampaign, cluster: Bed
) -> None:
    """Protects against hours: a job that has begun takes what another one was submitted with that
    still waits, and what another one has not begun; the job that waits is kept.
    """
    campaign.config["samplers"]["s0"] = array("seconds", [0.3] * 11 + [25.0])
    campaign.executor.update(samples_per_job=6, array_throttle=1)
    assert campaign.run() == 0, campaign.said
    check_once(campaign, 12)
    assert submitted(campaign) == 2
    assert campaign.events("added"), "the second job was waited for"


@pytest.mark.full
def test_smaller_samples_share_the_jobs_of_larger_ones(campaign: SlurmCampaign) -> None:
    """Protects the queue: where sbatch says how many CPUs jobs have, a step of smaller samples goes
    to the jobs of a larger one, though these asked for more memory for their sake.
    """
    large = {"resources": {"cpus_per_rank": 2, "mem": "300M"}}
    campaign.config["runners"]["r0"].update(large, seconds=0.5)
    campaign.config["runners"]["r1"] = campaign.probe(resources={"mem": "100M"}, seconds=0.5)
    campaign.config["supervisor"]["run_order"] = [
        {"executor": ["cluster", "cluster"], "sampler": "s0", "runner": ["r0", "r1"]}
    ]
    campaign.executor.update(max_jobs=2)
    campaign.executor["sbatch"]["ntasks"] = 2
    assert campaign.run(timeout=180) == 0, campaign.said
    check_once(campaign, 16)
    assert submitted(campaign) <= 2
    assert len({record["stays"] for record in campaign.events("intent")}) == 1


@pytest.mark.full
def test_a_walltime_that_ends(campaign: SlurmCampaign) -> None:
    """Protects samples from the end of a job: it leaves before, and what it has not begun goes to
    the next one.
    """
    campaign.config["samplers"]["s0"] = array("seconds", [2.0] * 40)
    campaign.executor.update(max_jobs=1, samples_per_job=6)
    campaign.executor["sbatch"]["time"] = "1"
    assert campaign.run(timeout=300) == 0, campaign.said
    check_once(campaign, 40)
    assert 2 <= submitted(campaign) <= 4


@pytest.mark.full
def test_a_job_that_is_cancelled_by_hand(campaign: SlurmCampaign, cluster: Bed) -> None:
    """Protects a person's decision: nothing more is begun, what runs is finished, and the resume
    runs the rest.
    """
    campaign.config["samplers"]["s0"] = array("seconds", [1.0] * 24)
    process = campaign.supervise()
    campaign.wait_for_runs(4)
    cluster.slurm("scancel", f"{campaign.events('submitted')[0]['job']}_0")
    assert campaign.finish(process) != 0
    assert "was cancelled by hand" in campaign.said
    assert len(campaign.recorded()) < 24
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(24)
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert max(campaign.executions().values()) <= 2


@pytest.mark.full
def test_other_options_mean_other_jobs(campaign: SlurmCampaign) -> None:
    """Protects a correction: after a resume with other options of sbatch, jobs with the old ones
    are given nothing more, and leave.
    """
    campaign.executor.update(max_jobs=1, idle_timeout=600, samples_per_job=2)
    campaign.config["runners"]["r0"]["seconds"] = 1.0
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    campaign.kill(process)
    campaign.executor["sbatch"]["comment"] = "corrected"
    assert campaign.resume() == 0, campaign.said
    check_once(campaign, 8)
    assert submitted(campaign) == 2
