"""What a cluster does to jobs: in the end every sample is on record exactly once, and nothing has
run twice that need not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array

NewBed = Callable[..., SlurmCampaign]


@pytest.fixture
def on_bed(tmp_path: Path) -> Iterator[NewBed]:
    """Make a campaign on a cluster of its own, to be damaged."""
    beds: list[Bed] = []

    def make(**options: Any) -> SlurmCampaign:
        bed = Bed(tmp_path / "bed", **{"nodes": 2, "sshd": False, **options})
        beds.append(bed)
        bed.up()
        campaign = SlurmCampaign(tmp_path, bed.environment)
        campaign.bed = bed  # type: ignore[attr-defined]
        return campaign

    yield make
    for bed in beds:
        bed.down()


def one_array(
    campaign: SlurmCampaign, samples: int = 8, per_job: int = 4, jobs: int = 2, seconds: float = 1.0
) -> None:
    campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(samples)])
    campaign.config["runners"]["r0"]["seconds"] = seconds
    campaign.executor.update(samples_per_job=per_job, max_jobs=jobs)


def test_a_controller_that_hangs_while_it_is_asked_to_submit(on_bed: NewBed) -> None:
    """Protects against running everything twice: sbatch fails, but the job was taken; it is found
    by its token.
    """
    campaign = on_bed()
    one_array(campaign, seconds=0.3)
    controller = campaign.bed.pid("slurmctld")  # type: ignore[attr-defined]
    campaign.wrap_sbatch(
        f'kill -STOP {controller}; $real "$@"; code=$?; kill -CONT {controller}; exit $code'
    )
    assert campaign.run() == 0, campaign.said
    assert "nobody knows whether the scheduler took" in campaign.main_log()
    assert "the scheduler has taken" in campaign.main_log()
    campaign.check_complete(8)
    assert len(campaign.events("intent")) == 1
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_a_submission_that_never_reached_the_scheduler_is_made_again(on_bed: NewBed) -> None:
    """Protects against waiting for ever for a job that was not taken: it is looked for, given up,
    and submitted again.
    """
    campaign = on_bed()
    one_array(campaign, seconds=0.1)
    campaign.wrap_sbatch(
        "echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation'"
        " >&2; exit 1"
    )
    assert campaign.run() == 0, campaign.said
    assert len(campaign.events("intent")) == 2
    assert "the scheduler has no job" in campaign.main_log()
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_a_controller_that_is_killed_and_comes_back(on_bed: NewBed) -> None:
    """Protects against believing a controller that has lost its memory: an unreachable one is no
    empty queue, nothing is recorded twice.
    """
    campaign = on_bed()
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, seconds=1.0)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    bed.kill("slurmctld")
    wait_for("the loss to be noticed", lambda: "does not answer" in campaign.main_log(), 30)
    time.sleep(2)
    bed.start("slurmctld")
    assert campaign.finish(process, 120) == 0, campaign.said
    campaign.check_complete(8)


@pytest.mark.full
def test_a_controller_that_is_down_at_first(on_bed: NewBed) -> None:
    """Protects a scheduler under maintenance: it is asked more and more rarely, the log says so
    once, and all goes on when it is back.
    """
    campaign = on_bed()
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, seconds=0.1)
    calls = campaign.count_calls()
    bed.kill("slurmctld")
    process = campaign.supervise()
    wait_for("the silence to be noticed", lambda: "does not answer" in campaign.main_log(), 30)
    time.sleep(12)
    assert campaign.main_log().count("does not answer") == 1
    assert len(calls.read_text().split()) <= 3
    bed.start("slurmctld")
    assert campaign.finish(process, 120) == 0, campaign.said
    campaign.check_complete(8)


@pytest.mark.full
def test_the_supervisor_and_the_controller_both_die(on_bed: NewBed) -> None:
    """Protects a restart after a bad night: jobs that ended meanwhile and have left the queue are
    collected from their files.
    """
    campaign = on_bed(min_job_age=2)
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, seconds=0.5)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    campaign.kill(process)
    bed.kill("slurmctld")
    time.sleep(2)
    bed.start("slurmctld")
    wait_for(
        "the queue to forget",
        lambda: not bed.slurm("squeue", "-h", "-t", "all", check=False).strip(),
        60,
        0.5,
    )
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)


@pytest.mark.full
def test_a_node_that_crashes(on_bed: NewBed) -> None:
    """Protects the samples of a lost node: those in progress are run again elsewhere in clean
    directories, finished ones are not.
    """
    campaign = on_bed()
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    bed.slurm("scontrol", "update", "nodename=n2", "state=drain", "reason=test")
    # no result just after a heartbeat: it would wait for 0.2 s
    one_array(campaign, samples=6, per_job=6, jobs=1, seconds=1.5)
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    bed.slurm("scontrol", "update", "nodename=n2", "state=resume")
    bed.crash_node("n1")
    assert campaign.finish(process, 120) == 0, campaign.said
    campaign.check_complete(6)
    assert {row["node"] for row in campaign.rows()} == {"n1", "n2"}
    assert sum(campaign.executions().values()) <= 7


@pytest.mark.full
def test_a_job_that_reaches_its_time_limit(on_bed: NewBed) -> None:
    """Protects against the walltime: a sample that does not fit is not begun, what is left goes to
    the next job, and none is lost.
    """
    campaign = on_bed()
    one_array(campaign, samples=5, per_job=5, jobs=1, seconds=17.0)
    campaign.executor["sbatch"]["time"] = "1"
    assert campaign.run(timeout=240) == 0, campaign.said
    campaign.check_complete(5)
    assert set(campaign.executions().values()) == {1}
    assert len(campaign.events("submitted")) >= 2


@pytest.mark.full
def test_a_sample_that_is_longer_than_any_job(on_bed: NewBed) -> None:
    """Protects against trying for ever: the sample is recorded as out of time, with the remedy, and
    the others are not touched by it.
    """
    campaign = on_bed()
    campaign.config["samplers"]["s0"] = array("seconds", [0.1, 300.0, 0.2])
    campaign.executor.update(samples_per_job=3, max_jobs=1, max_retries=0)
    campaign.executor["sbatch"]["time"] = "1"
    assert campaign.run(timeout=240) == 0, campaign.said
    campaign.check_complete(3)
    [failure] = campaign.failures()
    assert failure["kind"] == "timeout"
    assert "sbatch: time" in failure["message"]


@pytest.mark.full
def test_a_job_that_is_cancelled_by_hand(on_bed: NewBed) -> None:
    """Protects a person's decision: nothing more is submitted, what runs may finish, and a resume
    runs what is left.
    """
    campaign = on_bed()
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, seconds=1.0)
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    job = wait_for(
        "the job's number", lambda: [record["job"] for record in campaign.events("submitted")]
    )[0]
    bed.slurm("scancel", f"{job}_0")
    assert campaign.finish(process) == 3, campaign.said
    assert "cancelled by hand" in campaign.said
    assert len(campaign.events("intent")) == 1
    assert 4 <= len(campaign.recorded()) < 8
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(8)


@pytest.mark.full
def test_a_queue_that_forgets_at_once(on_bed: NewBed) -> None:
    """Protects against `MinJobAge` of seconds: a job that has left squeue, sacct and scontrol is
    judged by its results.
    """
    campaign = on_bed(min_job_age=2)
    one_array(campaign, seconds=0.5)
    assert campaign.run() == 0, campaign.said
    campaign.check_complete(8)
    assert set(campaign.executions().values()) == {1}


@pytest.mark.full
def test_a_queue_that_has_forgotten_many_jobs(on_bed: NewBed) -> None:
    """Protects the scheduler from a resume in the morning: of jobs whose files say how they ended
    nobody is asked, of the others once.
    """
    campaign = on_bed(min_job_age=2, cpus=4)
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, samples=6, per_job=1, jobs=2, seconds=0.5)
    campaign.executor["results_interval"] = 600
    process = campaign.supervise()
    wait_for(
        "an end",
        lambda: [
            path
            for path in campaign.run_dir.glob("state/jobs/*/*/results.1")
            if b'"bye"' in path.read_bytes()
        ],
        30,
        0.02,
    )
    campaign.kill(process)
    wait_for(
        "the queue to forget", lambda: not bed.slurm("squeue", "-h", "-t", "all").strip(), 60, 0.5
    )
    calls = campaign.count_calls()
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(6)
    assert set(campaign.executions().values()) == {1}
    assert "sacct" not in calls.read_text()


@pytest.mark.full
def test_a_killed_job_that_the_queue_has_forgotten(on_bed: NewBed) -> None:
    """Protects against a job that vanishes without a trace: after the grace period its samples are
    run again.
    """
    campaign = on_bed(min_job_age=2)
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, samples=4, per_job=4, jobs=1, seconds=1.0)
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    campaign.kill(process)
    job = campaign.events("submitted")[0]["job"]
    bed.slurm("scancel", "-s", "KILL", "--full", job)
    wait_for(
        "the queue to forget", lambda: not bed.slurm("squeue", "-h", "-t", "all").strip(), 60, 0.5
    )
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(4)


@pytest.mark.full
def test_accounting_tells_what_the_queue_has_forgotten(tmp_path: Path, on_bed: NewBed) -> None:
    """Protects the use of sacct: where it works, the end of a forgotten job is known at once and by
    its true reason.
    """
    from helpers.slurm.bed import what_is_missing

    if what_is_missing(accounting=True):
        pytest.skip(what_is_missing(accounting=True))
    campaign = on_bed(min_job_age=2, accounting=True)
    bed: Bed = campaign.bed  # type: ignore[attr-defined]
    one_array(campaign, samples=4, per_job=4, jobs=1, seconds=1.0)
    campaign.executor["grace"] = 600
    process = campaign.supervise()
    campaign.wait_for_runs(2)
    campaign.kill(process)
    job = campaign.events("submitted")[0]["job"]
    bed.slurm("scancel", "-s", "KILL", "--full", job)
    wait_for(
        "the queue to forget", lambda: not bed.slurm("squeue", "-h", "-t", "all").strip(), 60, 0.5
    )
    assert campaign.resume() == 0, campaign.said
    campaign.check_complete(4)
