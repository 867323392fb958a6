"""Samples longer than a walltime: they go on from their checkpoints in later jobs, whoever is
killed.

The truth comes from the code, which writes down from which checkpoint it went on and what it wrote.

Every day the notice and an abort; kills and a node that dies with ``--full``.
"""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from helpers import long_code
from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import all_pids, command_of, send, wait_for
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options


@pytest.fixture
def campaign(cluster: Bed, tmp_path: Path) -> SlurmCampaign:
    return SlurmCampaign(tmp_path, cluster.environment)


def of_long_code(
    campaign: SlurmCampaign, samples: int, steps: int, seconds: float, *words: str, **restart: Any
) -> None:
    campaign.config["samplers"] = {"s0": array("x", list(range(samples)))}
    campaign.config["runners"] = {
        "r0": long_code.runner(campaign.log, steps, seconds, *words, **restart)
    }


def test_a_notice_of_the_end_is_passed_on(cluster: Bed, campaign: SlurmCampaign) -> None:
    """Protects a job from the signal that sbatch promises its users: it ended the process that runs
    the samples, which were lost, and the node was excluded.
    """
    of_long_code(campaign, 2, 20, 0.4, signal="USR1", before=1, exit_codes=[85])
    campaign.executor.update(sbatch={"time": "00:10:00", "signal": "B:USR1@520"}, max_jobs=2)
    running = campaign.supervise()
    wait_for("checkpoints", lambda: len(long_code.runs(campaign.log)) == 2, 60, 0.1)
    time.sleep(2)
    cluster.slurm("scancel", "--signal=USR1", "--batch", f"--user={cluster.user}")
    assert campaign.finish(running, 120) == 0, campaign.said
    found = long_code.check(campaign.log, 20, 2)
    assert [[run.end for run in lives] for lives in found.values()] == [["stops", "done"]] * 2
    assert "exclude" not in campaign.said
    assert [row["restarts_r0"] for row in campaign.rows()] == ["1", "1"]
    campaign.check_complete(2)


@pytest.mark.full
def test_a_notice_without_restart_harms_nobody(cluster: Bed, campaign: SlurmCampaign) -> None:
    """Protects samples that nobody continues from the signal that sbatch sends: the process that
    runs them was killed by it, they were lost, and the node was excluded.
    """
    campaign.config["samplers"] = {"s0": array("seconds", [8.0] * 2 + [0.5] * 4)}
    campaign.executor.update(
        sbatch={"time": "00:10:00", "signal": "B:USR1@520"}, max_jobs=2, samples_per_job=3
    )
    running = campaign.supervise()
    campaign.wait_for_runs(2)
    cluster.slurm("scancel", "--signal=USR1", "--batch", f"--user={cluster.user}")
    assert campaign.finish(running, 120) == 0, campaign.said
    campaign.check_complete(6)
    assert set(campaign.executions().values()) == {1}
    assert {row["success"] for row in campaign.rows()} == {"True"}
    assert "exclude" not in campaign.said + campaign.main_log()


@pytest.mark.parametrize(
    ("how", "layout"), [("abort", "flat"), *in_full(("kill", "flat"), ("abort", "spread"))]
)
def test_checkpoints_wait_on_a_far_cluster(
    cluster: Bed, campaign: SlurmCampaign, tmp_path: Path, how: str, layout: str
) -> None:
    """Protects checkpoints where the cluster has files of its own: they stay there from session to
    session, come down with the result, and then nothing is left there.
    """
    far = tmp_path / "far"
    far.mkdir()
    campaign.config["supervisor"]["run_directories"] = layout
    of_long_code(campaign, 2, 24, 0.4, signal="USR1", before=1, exit_codes=[85])
    campaign.executor.update(ssh=ssh_options(cluster), remote_dir=str(far), max_jobs=2)
    running = campaign.supervise()
    wait_for("checkpoints", lambda: campaign.log_text().count(" wrote 3 ") == 2, 60, 0.05)
    if how == "abort":
        running.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        campaign.finish(running)
    else:
        campaign.kill(running)
        cluster.slurm("scancel", f"--user={cluster.user}")
    assert not list(campaign.run_dir.glob("data/**/restart.dat"))
    code = campaign.resume()
    if how == "kill":  # it sees that jobs were cancelled by somebody else
        code = campaign.resume()
    assert code == 0, campaign.said
    found = long_code.check(campaign.log, 24, 2)
    assert all(len(lives) == 2 for lives in found.values())
    assert [row["restarts_r0"] for row in campaign.rows()] == ["1", "1"]
    where = "data/*" if layout == "flat" else "data/???/*"
    assert len(list(campaign.run_dir.glob(f"{where}/restart.dat"))) == 2
    assert not list(far.iterdir())


@pytest.mark.full
def test_only_the_node_that_died_is_excluded(tmp_path: Path) -> None:
    """Protects the other nodes of a job: all were excluded with the one that died, and nothing was
    left to run on. The sample goes on from its checkpoint.
    """
    with Bed(tmp_path / "bed", nodes=3, sshd=False) as bed:
        bed.slurm("scontrol", "update", "nodename=n3", "state=drain", "reason=test")
        campaign = SlurmCampaign(tmp_path, bed.environment)
        of_long_code(campaign, 1, 40, 0.5)
        campaign.executor["sbatch"].update(nodes=2, ntasks=2)
        running = campaign.supervise()
        wait_for("a checkpoint", lambda: " wrote 3 " in campaign.log_text(), 60, 0.05)
        bed.slurm("scontrol", "update", "nodename=n3", "state=resume")
        bed.crash_node("n2")
        assert campaign.finish(running, 180) == 0, campaign.said
        [lives] = long_code.check(campaign.log, 40, 1).values()
        assert len(lives) == 2
        submitted = [record["job"] for record in campaign.events("submitted")]
        asked = bed.slurm("scontrol", "show", "job", submitted[-1])
        assert "ExcNodeList=n2\n" in asked.replace(" ", "\n")
        assert "NodeList=n[1,3]\n" in asked.replace(" ", "\n")


@pytest.mark.full
@pytest.mark.parametrize("how", ["salloc", "script"])
def test_the_end_of_an_allocation(
    cluster: Bed, campaign: SlurmCampaign, tmp_path: Path, how: str
) -> None:
    """Protects checkpoints where the campaign itself runs in an allocation of an hour: its samples
    are told before that ends, none begins for which too little time is left, and the campaign says
    so and ends. It goes on in the next allocation.
    """
    of_long_code(campaign, 2, 360, 0.5, signal="USR1", before=30, exit_codes=[85])
    campaign.config["executors"]["cluster"] = {"type": "LocalExecutor", "n_workers": 2}
    campaign.within = ["salloc", "-Q", "-N1", "-n2", "-t3"]
    if how == "script":
        script = tmp_path / "job.sh"
        script.write_text('#!/bin/sh\nexec "$@"\n')
        campaign.within = ["sbatch", "-Q", "-W", "-N1", "-n2", "-t3", "-o", "out.txt", str(script)]
    assert campaign.run(timeout=400) == 3, campaign.said
    lives = [run for of in long_code.runs(campaign.log).values() for run in of]
    assert [run.end for run in lives] == ["stops", "stops"], lives
    assert "samples that are continued go on in the next one" in campaign.main_log()
    campaign.within[campaign.within.index("-t3")] = "-t10"
    assert campaign.resume(timeout=400) == 0, campaign.said
    found = long_code.check(campaign.log, 360, 2)
    assert [len(of) for of in found.values()] == [2, 2]
    assert [row["restarts_r0"] for row in campaign.rows()] == ["1", "1"]


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2])
def test_three_walltimes_while_all_is_killed_at_random(tmp_path: Path, seed: int) -> None:
    """Protects days of work: a sample of three walltimes is done while supervisor, jobs and the
    processes in them are killed, and never goes on from an older checkpoint than the last one.
    """
    chance = random.Random(seed)
    with Bed(tmp_path / "bed", nodes=2, sshd=False) as bed:
        campaign = SlurmCampaign(tmp_path, bed.environment)
        of_long_code(campaign, 2, 300, 0.5, signal="USR1", before=15, exit_codes=[85], most=60)
        campaign.executor.update(sbatch={"time": "1"}, max_jobs=2, max_retries=3)
        mode, code, blows = "fresh", -1, []
        until = time.monotonic() + 420
        while code != 0 and time.monotonic() < until + 600:
            assert code != 4, campaign.failures()
            running = campaign.supervise("--run-mode", mode)
            mode = "auto"
            while running.poll() is None and time.monotonic() < until:
                time.sleep(chance.uniform(1, 25))
                blows.append(strike(bed, campaign, running, chance))
            code = campaign.finish(running, 400)
        assert len(set(blows)) >= 3, blows
        found = long_code.check(campaign.log, 300, 2)
        assert all(len(lives) >= 4 for lives in found.values())
        for row in campaign.rows():
            assert row["success"] == "True"
            assert int(row["restarts_r0"]) >= len(found[Path(row["run_dir"]).name]) - 1
        campaign.check_complete(2)


def strike(bed: Bed, campaign: SlurmCampaign, running: Any, chance: random.Random) -> str:
    """Kill something; say what."""
    what = chance.choice(["supervisor", "abort", "job", "process", "process", "nothing"])
    if what == "supervisor":
        campaign.kill(running)
    elif what == "abort":
        running.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
    elif what == "job":
        bed.slurm("scancel", f"--user={bed.user}", check=False)
    elif what == "process":
        own = [pid for pid in all_pids() if "worker-" in command_of(pid)]
        found = [pid for pid in own if str(campaign.run_dir) in command_of(pid)]
        if found:
            send(chance.choice(found))
    return what
