"""Whatever is killed at whatever instant: no CPU and no GPU is held twice, no sample runs twice at
the same time, none is lost, and nothing is left running.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import all_pids, command_of, environment_of, send, wait_for
from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.mixed import (
    FOUR,
    NODES_GPU,
    ONE,
    ONE_GPU,
    TWO_NODES,
    assert_shares_held,
    in_an_allocation,
    launcher,
    mixed,
)
from helpers.slurm.mpi import environment
from helpers.slurm.placed import Placed, assert_none_outlives_its_record

KINDS = [ONE, TWO_NODES, ONE_GPU, FOUR, NODES_GPU, ONE, ONE_GPU, ONE]
SECONDS = 1.5  #: of a sample
LONGEST = 9.0  #: seconds after the first rank until which something is killed


@pytest.fixture
def breakable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bed]:
    """A cluster of its own, since a node of it is broken."""
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(
        tmp_path / "bed", nodes=4, hostnames=True, mpi="pmix", gpus=2, sshd=False, prefix="k"
    ) as bed:
        for name, value in bed.environment.items():
            monkeypatch.setenv(name, value)
        yield bed


def check_kill(
    campaign: SlurmCampaign,
    placed: Placed,
    kill: Callable[[SlurmCampaign, subprocess.Popen[str]], None],
    delay: float,
) -> None:
    """Kill something some time after the first rank has begun, and go on to the end: what ran then
    is no failure, nor a success.
    """
    campaign.executor["max_retries"] = 3
    process = campaign.supervise()
    wait_for("a rank", placed.ranks, 60, 0.05)
    time.sleep(delay)
    kill(campaign, process)
    process.communicate(timeout=180)
    # the ranks of a supervisor that is killed in an allocation, or of jobs that run on
    for _ in range(4):
        if len(campaign.recorded()) == len(KINDS) and process.returncode == 0:
            break
        campaign.resume(timeout=180)
    assert len(campaign.recorded()) == len(KINDS), (campaign.said, campaign.main_log())
    assert set(campaign.recorded().values()) == {1}
    wait_for("the ranks to end", lambda: not placed.living(), 30, 0.1)
    ranks = placed.ranks()
    failed = [record for record in campaign.records("task") if record["outcome"] != "ok"]
    assert not failed, failed
    assert {rank.sample for rank in ranks} == {f"s{number}" for number in range(len(KINDS))}
    assert_shares_held(KINDS, ranks)
    assert_none_outlives_its_record(campaign, ranks)


def in_jobs_of_two_nodes(campaign: SlurmCampaign, starter: str) -> None:
    """Have two jobs of two nodes each."""
    sbatch = {"time": 10, "nodes": 2, "ntasks-per-node": 4, "mem": 3000, "gres": "gpu:2"}
    campaign.executor.update(launcher=starter, max_jobs=2, samples_per_job=4, sbatch=sbatch)


def in_jobs_that_stay(campaign: SlurmCampaign, starter: str) -> None:
    """Have two such jobs that are given a part of the samples at first and the rest later."""
    in_jobs_of_two_nodes(campaign, starter)
    campaign.executor.update(samples_per_job=2, idle_timeout=60)


def supervisor(campaign: SlurmCampaign, process: subprocess.Popen[str]) -> None:
    campaign.kill(process)


def worker_of_a_job(campaign: SlurmCampaign, process: subprocess.Popen[str]) -> None:
    """Kill the process of a job that runs its share."""
    found = [
        pid
        for pid in all_pids()
        if "worker" in command_of(pid)
        and f"SLURM_CONF={conf(campaign)}".encode() in environment_of(pid)
    ]
    assert found or len(campaign.recorded()) == len(KINDS), "no job has a worker"
    for pid in sorted(found)[:1]:  # parents come first
        send(pid, signal.SIGKILL)


def cancelled_jobs(campaign: SlurmCampaign, process: subprocess.Popen[str]) -> None:
    subprocess.run(["scancel", "--user", str(os.getuid())], check=True, env=campaign.environment)


def jobs_at_their_time_limit(campaign: SlurmCampaign, process: subprocess.Popen[str]) -> None:
    """End the jobs by their time limit; what begins from now on takes no longer than others."""
    listed = ["squeue", "--noheader", "--array", "--format=%A"]
    found = subprocess.run(
        listed, check=True, env=campaign.environment, capture_output=True, text=True
    )
    for job in found.stdout.split():
        update = ["scontrol", "update", f"jobid={job}", "EndTime=now+1"]
        subprocess.run(update, check=True, env=campaign.environment)
    (campaign.root / "ended").touch()


def conf(campaign: SlurmCampaign) -> str:
    return campaign.environment["SLURM_CONF"]


def instants(number: int, seed: int) -> list[float]:
    draw = random.Random(seed)
    return [round(draw.uniform(0.0, LONGEST), 2) for _ in range(number)]


@pytest.mark.parametrize("delay", [1.0, *in_full(*instants(17, 1))])
def test_a_killed_supervisor(delay: float, shares: SlurmCampaign, placed: Placed) -> None:
    """Protects machines and results from `kill -9` of the campaign: jobs run on, and what they do
    is not done a second time.
    """
    mixed(shares, placed, KINDS, SECONDS, "mpich")
    in_jobs_of_two_nodes(shares, launcher("srun", "mpich"))
    check_kill(shares, placed, supervisor, delay)


@pytest.mark.full
@pytest.mark.parametrize("delay", [2.0, *in_full(*instants(16, 2))])
def test_a_killed_worker(delay: float, shares: SlurmCampaign, placed: Placed) -> None:
    """Protects them from `kill -9` of what runs the share of a job."""
    mixed(shares, placed, KINDS, SECONDS, "openmpi", shell=True)
    in_jobs_of_two_nodes(shares, launcher("srun", "openmpi"))
    check_kill(shares, placed, worker_of_a_job, delay)


@pytest.mark.parametrize(
    ("starter", "mpi", "delay"),
    in_full(("srun", "openmpi", 0.5), ("srun", "mpich", 2.2), ("mpirun", "mpich", 1.0)),
)
def test_cancelled_jobs(
    starter: str, mpi: str, delay: float, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects samples from scancel: what their ranks die of is no failure of theirs."""
    mixed(shares, placed, KINDS, SECONDS, mpi)
    in_jobs_of_two_nodes(shares, launcher(starter, mpi))
    check_kill(shares, placed, cancelled_jobs, delay)


@pytest.mark.full
@pytest.mark.parametrize(
    ("starter", "mpi"),
    [("srun", "openmpi"), ("srun", "mpich"), ("mpirun", "openmpi"), ("mpirun", "mpich")],
)
def test_jobs_at_their_time_limit(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects samples from the walltime of the job in which they hold shares: they run again in
    the next one, and what their ranks die of is no failure of theirs.
    """
    seconds = f"$(if [ -e {shares.root}/ended ]; then echo {SECONDS}; else echo 600; fi)"
    mixed(shares, placed, KINDS, seconds, mpi, shell=True)
    in_jobs_of_two_nodes(shares, launcher(starter, mpi))
    check_kill(shares, placed, jobs_at_their_time_limit, 2.0)
    once = sum(kind.ranks for kind in KINDS)
    assert len(placed.ranks()) > once, "no job ended under its samples"


@pytest.mark.full
@pytest.mark.parametrize(
    ("kill", "starter", "mpi", "delay"),
    [
        *((supervisor, "srun", "openmpi", delay) for delay in (0.6, 2.0, 3.4)),
        *((worker_of_a_job, "srun", "mpich", delay) for delay in (0.6, 2.0, 3.4)),
        (supervisor, "mpirun", "mpich", 3.0),
        (worker_of_a_job, "mpirun", "openmpi", 2.5),
        (cancelled_jobs, "srun", "openmpi", 1.5),
    ],
)
def test_jobs_that_stay(
    kill: Callable[[SlurmCampaign, subprocess.Popen[str]], None],
    starter: str,
    mpi: str,
    delay: float,
    shares: SlurmCampaign,
    placed: Placed,
) -> None:
    """Protects the book of a job that is given more work: what is added to it holds no CPU and no
    GPU of what runs there already, whoever is killed.
    """
    mixed(shares, placed, KINDS, SECONDS, mpi)
    in_jobs_that_stay(shares, launcher(starter, mpi))
    check_kill(shares, placed, kill, delay)
    assert shares.events("added"), "no job was given more work"


@pytest.mark.full
@pytest.mark.parametrize("delay", instants(17, 3))
def test_a_node_that_vanishes(delay: float, breakable: Bed, placed: Placed, tmp_path: Path) -> None:
    """Protects them from a node that dies with all that runs on it."""
    campaign = SlurmCampaign(tmp_path, {**breakable.environment, **environment()})
    mixed(campaign, placed, KINDS, SECONDS, "mpich")
    in_jobs_of_two_nodes(campaign, launcher("srun", "mpich"))

    def crash(campaign: SlurmCampaign, process: subprocess.Popen[str]) -> None:
        breakable.crash_node("k2")

    check_kill(campaign, placed, crash, delay)


@pytest.mark.parametrize(
    ("starter", "mpi", "delay"),
    in_full(*(("srun", "mpich", delay) for delay in instants(4, 4)), ("mpirun", "openmpi", 1.7)),
)
def test_a_killed_campaign_in_an_allocation(
    starter: str, mpi: str, delay: float, shares: SlurmCampaign, placed: Placed, gpu_nodes: Bed
) -> None:
    """Protects run directories: in an allocation that stays, ranks of a killed campaign have ended
    before it is resumed.
    """
    sizes = ["-N4", "-n16", "--mem=3000", "--gres=gpu:2"]
    gpu_nodes.slurm("salloc", "-Q", *sizes, "--no-shell")
    shares.environment["SLURM_JOB_ID"] = gpu_nodes.slurm("squeue", "-h", "-o", "%A").strip()
    mixed(shares, placed, KINDS, SECONDS, mpi)
    in_an_allocation(shares, launcher(starter, mpi))
    shares.within = []
    check_kill(shares, placed, supervisor, delay)
