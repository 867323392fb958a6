"""Jobs that the cluster takes away: preempted, put back into the queue, or killed for their
memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from helpers import long_code
from helpers.slurm.bed import Bed, limits_memory
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array

pytestmark = pytest.mark.full

_URGENT = """\
PreemptType=preempt/partition_prio
PreemptMode={mode}
PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=10 State=UP
"""

OnBed = Callable[..., tuple[SlurmCampaign, Bed]]


@pytest.fixture
def on_bed(tmp_path: Path) -> Iterator[OnBed]:
    """Make a campaign of one job of six samples, on a cluster of one processor."""
    beds: list[Bed] = []

    def make(**options: Any) -> tuple[SlurmCampaign, Bed]:
        bed = Bed(tmp_path / "bed", **{"nodes": 1, "cpus": 1, "sshd": False, **options})
        beds.append(bed)
        bed.up()
        campaign = SlurmCampaign(tmp_path, bed.environment)
        campaign.config["samplers"]["s0"] = array("x", [float(number) for number in range(6)])
        campaign.config["runners"]["r0"]["seconds"] = 1.0
        campaign.executor.update(samples_per_job=6, max_jobs=1, max_retries=0)
        return campaign, bed

    yield make
    for bed in beds:
        bed.down()


def check_undisturbed(campaign: SlurmCampaign) -> None:
    """Every sample is there once and well, and at most one was begun twice, although no sample may
    fail even once.
    """
    campaign.check_complete(6)
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert 6 <= sum(campaign.executions().values()) <= 7


@pytest.mark.parametrize("mode", ["CANCEL", "REQUEUE"])
def test_a_job_that_is_preempted(on_bed: OnBed, mode: str) -> None:
    """Protects cheap partitions: what a job of somebody else interrupts runs again, whether the job
    ends or waits again, and no attempt
    is counted."""
    campaign, bed = on_bed(more=_URGENT.format(mode=mode))
    campaign.executor["sbatch"].update(requeue=mode == "REQUEUE")
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    bed.slurm("sbatch", "-p", "urgent", "-o", "/dev/null", "--exclusive", "--wrap", "sleep 3")
    assert campaign.finish(process, 120) == 0, campaign.said
    check_undisturbed(campaign)
    assert len(campaign.events("intent")) == (1 if mode == "REQUEUE" else 2)


_CHEAP = (
    "PartitionName=cheap Nodes=ALL MaxTime=INFINITE PriorityTier=1 GraceTime={grace} State=UP\n"
)


@pytest.mark.parametrize("launcher", ["srun", "none"])
@pytest.mark.parametrize("mode", ["CANCEL", "REQUEUE"])
def test_a_long_sample_that_is_preempted(on_bed: OnBed, mode: str, launcher: str) -> None:
    """Protects long samples on cheap partitions: they go on from their last checkpoint in a later
    job, and no preemption is an attempt. In the time that a job is granted, SLURM ends its steps,
    so that what srun has started dies of SIGTERM, and that is no failure of the sample.
    """
    campaign, bed = on_bed(more=_URGENT.format(mode=mode) + _CHEAP.format(grace=12))
    campaign.config["samplers"]["s0"] = array("x", [0.0])
    code = long_code.runner(campaign.log, 90, 0.5, signal="USR1", exit_codes=[85])
    campaign.config["runners"]["r0"] = {**code, "resources": {"ranks": 1}}
    campaign.executor["sbatch"].update(partition="cheap", requeue=mode == "REQUEUE")
    campaign.executor["launcher"] = launcher
    process = campaign.supervise()
    for number in (1, 2):
        wait_for("a checkpoint", partial(_has_run, campaign.log, number), 90, 0.1)
        bed.slurm("sbatch", "-p", "urgent", "-o", "/dev/null", "--exclusive", "--wrap", "sleep 1")
    assert campaign.finish(process, 240) == 0, campaign.said
    [lives] = long_code.check(campaign.log, 90, 1).values()
    assert len(lives) == 3
    [record] = campaign.records("task")
    assert record["attempt"] == 0
    assert campaign.rows()[0]["restarts_r0"] == "2"


def _has_run(log: Path, times: int) -> bool:
    """Tell whether the sample has begun so often, and has written two checkpoints since."""
    lives = next(iter(long_code.runs(log).values()), [])
    return len(lives) == times and lives[-1].wrote >= lives[-1].start + 2


def test_a_job_that_is_put_back_by_hand(on_bed: OnBed) -> None:
    """Protects against an administrator's `scontrol requeue`: the second life of a job goes on
    where the first one was.
    """
    campaign, bed = on_bed()
    campaign.executor["sbatch"].update(requeue=True)
    process = campaign.supervise()
    campaign.wait_for_runs(3)
    job = wait_for(
        "the job's number", lambda: [record["job"] for record in campaign.events("submitted")]
    )[0]
    bed.slurm("scontrol", "requeue", job)
    assert campaign.finish(process, 120) == 0, campaign.said
    check_undisturbed(campaign)
    assert len(campaign.events("intent")) == 1


def hungry(campaign: SlurmCampaign) -> None:
    """Let the third of six samples take 400 MB, in jobs of 100 MB."""
    campaign.config["samplers"]["s0"] = array("how", [0, 0, 6, 0, 0, 0])
    campaign.executor["sbatch"]["mem"] = "100M"


def check_one_without_memory(campaign: SlurmCampaign) -> None:
    campaign.check_complete(6)
    [failure] = campaign.failures()
    assert failure["kind"] == "memory"
    assert "ask for more under sbatch: mem" in failure["message"]
    assert [row["success"] for row in campaign.rows()].count("True") == 5


def test_a_sample_that_the_kernel_kills_for_its_memory(on_bed: OnBed) -> None:
    """Protects the others in the job, and the reason: the kernel ends one process, and SLURM calls
    the job OUT_OF_MEMORY at its end.
    """
    if not limits_memory():
        pytest.skip(
            "needs root and control groups of version 1, by which SLURM can have the kernel limit a"
            " job's memory"
        )
    campaign, bed = on_bed(memory_limits=True, prefix=f"m{os.getpid()}x")
    hungry(campaign)
    assert campaign.run(timeout=120) == 0, campaign.said
    assert "OUT_OF_MEMORY" in bed.slurm("squeue", "-h", "-t", "all", "-o", "%T")
    check_one_without_memory(campaign)
    assert len(campaign.events("intent")) == 1


def test_a_job_that_slurm_kills_for_its_memory(on_bed: OnBed) -> None:
    """Protects samples that only shared the job: without control groups, SLURM itself kills the
    whole job.
    """
    campaign, _ = on_bed()
    hungry(campaign)
    assert campaign.run(timeout=120) == 0, campaign.said
    check_one_without_memory(campaign)
    assert len(campaign.events("intent")) == 2
