"""Ranks of a sample that is continued hear the signal, each once, whichever launcher started them.

The truth comes from the ranks, each of which writes down what it hears and writes.

Every day one launcher; all, and kills, with ``--full``.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from helpers import long_code
from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import all_pids, command_of, send, wait_for
from helpers.slurm.campaign import SlurmCampaign, array, through_ssh
from helpers.slurm.mixed import launcher
from helpers.slurm.mpi import MPIS, environment, program
from helpers.slurm.ranks import LAUNCHES

#: Every day one, whose launcher starts ranks by itself.
TELLING = ("mpirun-openmpi", "shell")
OTHERS = [(launch, form) for launch in LAUNCHES for form in ("list", "shell")]
OTHERS.remove(TELLING)


@pytest.mark.parametrize(("launch", "form"), [TELLING, *in_full(*OTHERS)])
def test_every_rank_hears_the_signal_once(
    launch: str, form: str, shares: SlurmCampaign, gpu_nodes: Bed, mpi_programs: Path
) -> None:
    """Protects checkpoints of parallel codes: the launcher passes the signal on to all ranks, on
    both nodes, and nobody who does not know it is killed by it.
    """
    campaign = shares
    mpi, words = LAUNCHES[launch]
    command = f"{words} {program(mpi_programs, 'long_ranks', mpi)} {campaign.log} 14 500"
    campaign.config["samplers"] = {"s0": array("x", [1])}
    campaign.config["runners"] = {
        "r0": {
            **long_code.runner(campaign.log, 14, 0.5, signal="USR1", before=1, exit_codes=[85]),
            "command": command.split() if form == "list" else f"true; {command}; exit $?",
            "shell": form == "shell",
        }
    }
    campaign.executor.update(
        sbatch={"time": "00:10:00", "nodes": 2, "ntasks": 2, "mem-per-cpu": "300M"}, max_jobs=1
    )
    run_and_tell(campaign, gpu_nodes)


@pytest.mark.full
@pytest.mark.parametrize(
    ("starter", "mpi", "far"),
    [
        *((starter, mpi, False) for starter in ("srun", "mpirun") for mpi in MPIS),
        ("srun", "openmpi", True),
        ("mpirun", "mpich", True),
    ],
)
def test_ranks_that_hold_shares(
    starter: str, mpi: str, far: bool, shares: SlurmCampaign, gpu_nodes: Bed, mpi_programs: Path
) -> None:
    """Protects the same where the sample holds a share of two nodes, by the launch line that is
    made for it, in a job that stays and one that follows it; from afar too, where the checkpoint is
    on the cluster alone.
    """
    sample_with_a_share(shares, starter, mpi, mpi_programs)
    shares.executor.update(idle_timeout=60)
    if far:
        through_ssh(shares, gpu_nodes)
    run_and_tell(shares, gpu_nodes)


def sample_with_a_share(
    campaign: SlurmCampaign, starter: str, mpi: str, mpi_programs: Path
) -> None:
    """Have one sample of two ranks on two nodes that writes 14 checkpoints."""
    words = [str(program(mpi_programs, "long_ranks", mpi)), str(campaign.log), "14", "500"]
    campaign.config["samplers"] = {"s0": array("x", [1])}
    campaign.config["runners"] = {
        "r0": {
            **long_code.runner(campaign.log, 14, 0.5, signal="USR1", before=1, exit_codes=[85]),
            "command": words,
            "resources": {"nodes": 2, "ranks": 2, "mem": "250M"},
        }
    }
    campaign.executor.update(
        sbatch={"time": "00:10:00"}, max_jobs=1, launcher=launcher(starter, mpi)
    )


def run_and_tell(campaign: SlurmCampaign, nodes: Bed) -> None:
    """Run one sample, tell its job that the end is near, and check what each of its ranks heard."""
    running = campaign.supervise()
    wait_for("a checkpoint", lambda: " wrote 3 " in campaign.log_text(), 60, 0.05)
    nodes.slurm("scancel", "--signal=USR1", "--batch", f"--user={nodes.user}")
    assert campaign.finish(running, 120) == 0, campaign.said
    said = [line.split() for line in campaign.log_text().splitlines()]
    for rank in ("0", "1"):
        own = [(what, step) for _, _, who, what, step, _ in said if who.startswith(f"{rank}@")]
        assert [what for what, _ in own if what != "wrote"] == [
            *("from", "told", "stops"),
            *("from", "done"),
        ]
        [stopped] = [int(step) for what, step in own if what == "stops"]
        assert [int(step) for what, step in own if what == "from"] == [0, stopped]
    hosts = {who.partition("@")[2].partition(":")[0] for _, _, who, what, _, _ in said}
    assert len(hosts) == 2
    [row] = campaign.rows()
    assert (row["result"], row["restarts_r0"]) == ("21.0", "1")


# -- kills -----------------------------------------------------------------------------------------


def worker(campaign: SlurmCampaign, running: subprocess.Popen[str], nodes: Bed) -> int:
    """Kill the process of the job that runs its samples; return how the campaign ends."""
    jobs = str(campaign.run_dir / "state" / "jobs")
    found = [pid for pid in all_pids() if ".pyz" in command_of(pid) and jobs in command_of(pid)]
    send(min(found))
    return campaign.finish(running, 180)


def supervisor_and_job(campaign: SlurmCampaign, running: subprocess.Popen[str], nodes: Bed) -> int:
    """Kill the campaign and cancel its job; return how the campaign ends that is resumed."""
    campaign.kill(running)
    nodes.slurm("scancel", f"--user={nodes.user}")
    # where it finds the job cancelled by somebody else, it stops once
    return campaign.resume() and campaign.resume(timeout=180)


@pytest.mark.full
@pytest.mark.parametrize(("starter", "mpi"), [("srun", "openmpi"), ("mpirun", "mpich")])
@pytest.mark.parametrize("kill", [worker, supervisor_and_job])
def test_ranks_go_on_whatever_is_killed(
    kill: Callable[[SlurmCampaign, subprocess.Popen[str], Bed], int],
    starter: str,
    mpi: str,
    shares: SlurmCampaign,
    gpu_nodes: Bed,
    mpi_programs: Path,
) -> None:
    """Protects checkpoints of parallel codes: all ranks go on from the last one, and none does
    while one of an earlier run lives.
    """
    sample_with_a_share(shares, starter, mpi, mpi_programs)
    shares.executor.update(max_retries=3)
    running = shares.supervise()
    wait_for("a checkpoint", lambda: " wrote 3 " in shares.log_text(), 60, 0.05)
    assert kill(shares, running, gpu_nodes) == 0, (shares.said, shares.main_log())
    assert_went_on(shares)


@pytest.mark.full
def test_ranks_go_on_when_a_node_dies(
    tmp_path: Path, mpi_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the same from a node that dies with a part of the ranks."""
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(tmp_path / "bed", nodes=4, hostnames=True, mpi="pmix", sshd=False, prefix="m") as bed:
        for name, value in bed.environment.items():
            monkeypatch.setenv(name, value)
        campaign = SlurmCampaign(tmp_path, {**bed.environment, **environment()})
        sample_with_a_share(campaign, "srun", "mpich", mpi_programs)
        campaign.executor.update(max_retries=3)
        running = campaign.supervise()
        wait_for("a checkpoint", lambda: " wrote 3 " in campaign.log_text(), 60, 0.05)
        [host] = re.findall(r" 1@(\w+):\d+ from ", campaign.log_text())
        bed.crash_node(host)
        assert campaign.finish(running, 240) == 0, (campaign.said, campaign.main_log())
        assert_went_on(campaign)


def assert_went_on(campaign: SlurmCampaign) -> None:
    """Check that both ranks went on from the last checkpoint, and never while one of before lived."""
    runs = runs_of_ranks(campaign)
    assert len(runs[0]) == len(runs[1]) >= 2, runs
    for of_rank in runs.values():
        for (_, before), (after, _) in pairwise((run[0][0], run[-1][0]) for run in of_rank):
            assert before < after, "two runs at the same time"
    for earlier, later, others in zip(runs[0], runs[0][1:], runs[1][1:], strict=False):
        assert later[0][2] == others[0][2] >= earlier[-1][2], "not from the last checkpoint"
    assert [run[-1][1] for run in (runs[0][-1], runs[1][-1])] == ["done", "done"]
    [row] = campaign.rows()
    assert (row["result"], row["success"]) == ("21.0", "True")


def runs_of_ranks(campaign: SlurmCampaign) -> dict[int, list[list[tuple[float, str, int]]]]:
    """Return, by rank, what each of its runs said: when, what, and at which step."""
    found: dict[int, dict[str, list[tuple[float, str, int]]]] = {0: {}, 1: {}}
    for line in campaign.log_text().splitlines():
        when, _, who, what, step, _ = line.split()
        own = found[int(who.partition("@")[0])]
        own.setdefault(who, []).append((float(when), what, int(step)))
    return {rank: list(of_rank.values()) for rank, of_rank in found.items()}
