"""What is recorded as ended has ended: ranks of MPI under srun and mpirun, at time limits, ends of
jobs and aborts.

The truth comes from the ranks, each of which writes down when and where it lives.

Every day a time limit in jobs and a kill in an allocation; with ``--full`` also allocations at a
time limit, ranks that are left, cancelled jobs, and the long series.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import descendants, wait_for
from helpers.slurm.campaign import SlurmCampaign, array
from helpers.slurm.ranks import LAUNCHES, Ranks

AFTER_THE_LIMIT = 600  #: seconds that a rank would live
KILLED = "kill -KILL $!; wait $!"  #: what a script does to the launcher that it has begun


@pytest.fixture
def nodes(gpu_nodes: Bed) -> Bed:
    return gpu_nodes


@pytest.fixture
def campaign(shares: SlurmCampaign) -> SlurmCampaign:
    return shares


def samples(campaign: SlurmCampaign, commands: list[str], **runner: Any) -> None:
    """Have one sample of each of these shell commands."""
    campaign.config["samplers"] = {"s0": array("number", list(range(len(commands))))}
    cases = "".join(f"{number}) {command};; " for number, command in enumerate(commands))
    campaign.config["runners"] = {
        "r0": {
            "type": "CommandRunner",
            "shell": True,
            "command": "case {{ number }} in " + cases + "esac",
            **runner,
        }
    }


def locally(campaign: SlurmCampaign, **options: Any) -> None:
    """Run in processes of this machine."""
    campaign.config["executors"] = {"cluster": {"type": "LocalExecutor", **options}}


def within_salloc(campaign: SlurmCampaign, nodes: int = 2, tasks: int = 8) -> None:
    """Run the campaign in an allocation."""
    campaign.within = ["salloc", "-Q", f"-N{nodes}", f"-n{tasks}"]


def ends(campaign: SlurmCampaign) -> dict[str, tuple[str, str, float]]:
    """Give kind, message and end (seconds since the epoch) of each recorded task, by the name of
    its run directory.
    """
    return {
        os.path.basename(record["row"]["run_dir"]): (
            record.get("kind", "ok"),
            record.get("message", ""),
            record["started"] + record["runtime"],
        )
        for record in campaign.records("task")
    }


def assert_none_outlives_its_record(campaign: SlurmCampaign, ranks: Ranks) -> None:
    recorded = ends(campaign)
    for sample, lives in ranks.of_samples().items():
        for life in lives:
            assert sample not in recorded or life.last <= recorded[sample][2], (
                sample,
                recorded[sample],
                life,
            )


def assert_none_lives_that_is_recorded(campaign: SlurmCampaign, ranks: Ranks) -> None:
    """Check it now: a record says how long the sample itself took, and is written when what it has
    left has ended too.
    """
    recorded = {os.path.basename(record["row"]["run_dir"]) for record in campaign.records("task")}
    living = [life for life in ranks.living() if life.launch.partition("@")[0] in recorded]
    assert not living, living


# -- time limits -----------------------------------------------------------------------------------


def in_an_allocation(campaign: SlurmCampaign) -> None:
    locally(campaign, n_workers=4, timeout_sec=5)
    within_salloc(campaign, tasks=16, nodes=4)


def in_jobs(campaign: SlurmCampaign) -> None:
    campaign.executor.update(timeout_sec=5, processes_per_job=2, max_jobs=2)
    campaign.executor["sbatch"].update(nodes=2, ntasks=6)


@pytest.mark.parametrize("where", [in_jobs, *in_full(in_an_allocation)])
def test_no_rank_outlives_a_time_limit(
    where: Callable[[SlurmCampaign], None], campaign: SlurmCampaign, ranks: Ranks
) -> None:
    """Protects the machine and the record: at a time limit, ranks on every node die before the
    record says so, whatever started them, and
    also those that ignore SIGTERM."""
    commands = [
        ranks.shell(launch, AFTER_THE_LIMIT, stubborn=launch.startswith("srun"))
        for launch in LAUNCHES
    ]
    samples(campaign, commands)
    where(campaign)
    assert campaign.run() == 4, campaign.said
    found = ends(campaign)
    assert [kind for kind, _, _ in found.values()] == ["timeout"] * 4, found
    assert all(
        "everything it had started were ended" in message for _, message, _ in found.values()
    ), found
    assert set(ranks.of_samples()) == set(found)
    assert len(ranks.lives()) == 8
    assert ranks.living() == []
    assert_none_outlives_its_record(campaign, ranks)


@pytest.mark.full
def test_ranks_that_a_sample_leaves_end_with_it(campaign: SlurmCampaign, ranks: Ranks) -> None:
    """Protects cores from ranks that nobody waits for: launchers in the background, and steps whose
    srun was killed by their own script, as by `timeout -s KILL`. They end before their sample is on
    record, not with the allocation.
    """
    begun = (
        f" while [ $(ls {ranks.directory} | grep -c $(basename $PWD)@) -lt 2 ]; do sleep 0.05; done"
    )
    commands = [
        f"{ranks.shell(launch, AFTER_THE_LIMIT, before='')} > out 2>&1 &{begun}"
        for launch in LAUNCHES
    ]
    commands.append(f"{ranks.shell('srun-openmpi', AFTER_THE_LIMIT, before='')} &{begun}; {KILLED}")
    samples(campaign, commands)
    locally(campaign, n_workers=5, timeout_sec=60)
    within_salloc(campaign, tasks=16, nodes=4)
    process = campaign.supervise()
    while process.poll() is None:
        assert_none_lives_that_is_recorded(campaign, ranks)  # later, the allocation's end ends all
        time.sleep(0.05)
    campaign.finish(process)
    assert sorted(kind for kind, _, _ in ends(campaign).values()) == ["ok"] * 4 + ["signal"], ends(
        campaign
    )
    assert len(ranks.lives()) == 10
    assert ranks.living() == []


# -- aborts and deaths of the supervisor -----------------------------------------------------------


def abort(process: Any) -> None:
    for _ in range(2):
        os.kill(supervisor_of(process.pid), signal.SIGTERM)
        time.sleep(0.3)


def kill_supervisor(process: Any) -> None:
    os.kill(supervisor_of(process.pid), signal.SIGKILL)


def kill_supervisor_and_fork_server(process: Any) -> None:
    for pid in (supervisor_of(process.pid), fork_server_of(process.pid)):
        os.kill(pid, signal.SIGKILL)


def kill_all_that_is_ours(process: Any) -> None:
    for pid in sorted(descendants([process.pid])):
        os.kill(pid, signal.SIGKILL)


def supervisor_of(salloc: int) -> int:
    return min(
        pid
        for pid in descendants([salloc])
        if "enchanted_tui" in command(pid) and "fork_server" not in command(pid)
    )


def fork_server_of(salloc: int) -> int:
    return min(pid for pid in descendants([salloc]) if "fork_server" in command(pid))


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def check_abort(
    end: Callable[[Any], None], campaign: SlurmCampaign, ranks: Ranks, nodes: Bed
) -> None:
    """End a campaign in an allocation from outside and resume it: no rank of before lives when a
    sample runs again.
    """
    nodes.slurm("salloc", "-Q", "-N4", "-n16", "--no-shell")
    campaign.environment["SLURM_JOB_ID"] = nodes.slurm("squeue", "-h", "-o", "%A").strip()
    seconds = f"$(if [ -e {campaign.root}/again ]; then echo 0.5; else echo {AFTER_THE_LIMIT}; fi)"
    samples(campaign, [ranks.shell(launch, seconds) for launch in LAUNCHES])
    locally(campaign, n_workers=4)
    campaign.within = ["setsid", "--wait"]
    process = campaign.supervise()
    wait_for("the ranks", lambda: ranks.count() == 8, 60, 0.05)
    end(process)
    process.communicate(timeout=60)
    (campaign.root / "again").touch()
    assert campaign.resume() == 0, campaign.said
    assert len(ranks.lives()) == 16
    assert ranks.living() == []
    ranks.assert_none_twice()


@pytest.mark.parametrize(
    "end", [kill_supervisor_and_fork_server]
)  # the others are in the long series
def test_a_sample_never_runs_twice_at_once(
    end: Callable[[Any], None], campaign: SlurmCampaign, ranks: Ranks, nodes: Bed
) -> None:
    """Protects run directories: whatever ended a campaign in an allocation, its ranks have ended
    before anything runs there again.
    """
    check_abort(end, campaign, ranks, nodes)


# -- the end of a job ------------------------------------------------------------------------------


def cancel(nodes: Bed) -> None:
    nodes.slurm("scancel", f"--user={nodes.user}")


def time_limit(nodes: Bed) -> None:
    for job in nodes.slurm("squeue", "-h", "-r", "-o", "%A").split():
        nodes.slurm("scontrol", "update", f"jobid={job}", "EndTime=now+1")


def check_end_of_jobs(
    end: Callable[[Bed], None],
    campaign: SlurmCampaign,
    ranks: Ranks,
    nodes: Bed,
    launches: list[str],
) -> None:
    """Have jobs ended under their samples; these run again, and none is a failure."""
    again = campaign.root / "again"
    seconds = f"$(if [ -e {again} ]; then echo 0.5; else echo {AFTER_THE_LIMIT}; fi)"
    samples(campaign, [ranks.shell(launch, seconds) for launch in launches])
    campaign.executor.update(max_jobs=len(launches), samples_per_job=1)
    # mpirun and its ranks need more than what a CPU of the bed has by default, at times
    campaign.executor["sbatch"].update({"nodes": 2, "ntasks": 2, "mem-per-cpu": "300M"})
    process = campaign.supervise()
    wait_for("the ranks", lambda: ranks.count() == 2 * len(launches), 60, 0.1)
    end(nodes)
    wait_for("the ranks to end", lambda: not ranks.living(), 90, 0.1)
    again.touch()
    campaign.finish(process)
    if end is cancel:
        assert campaign.resume() == 0, campaign.said
    found = ends(campaign)
    assert [kind for kind, _, _ in found.values()] == ["ok"] * len(launches), (
        found,
        campaign.main_log(),
    )
    assert [record.get("cores") for record in campaign.records("task")] == [2] * len(launches)
    assert len(ranks.lives()) == 4 * len(launches)
    assert ranks.living() == []
    ranks.assert_none_twice()


@pytest.mark.full
def test_a_cancelled_job_is_no_failure_of_its_samples(
    campaign: SlurmCampaign, ranks: Ranks, nodes: Bed
) -> None:
    """Protects samples from scancel: what their ranks died of is the end of the job, and they run
    again with the next session.
    """
    check_end_of_jobs(cancel, campaign, ranks, nodes, list(LAUNCHES))


# -- the long series -------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("part", range(3))
def test_fifty_time_limits(part: int, campaign: SlurmCampaign, ranks: Ranks) -> None:
    """The same as `test_no_rank_outlives_a_time_limit` 51 times: in an allocation, in jobs, and by
    mpirun with neither.
    """
    names = [name for name in LAUNCHES if part < 2 or name.startswith("mpirun")]
    launches = [names[number % len(names)] for number in range(17)]
    commands = [
        ranks.shell(launch, AFTER_THE_LIMIT, stubborn=number % 3 == 0)
        for number, launch in enumerate(launches)
    ]
    samples(campaign, commands)
    (in_an_allocation, in_jobs, lambda campaign: locally(campaign, n_workers=3, timeout_sec=5))[
        part
    ](campaign)
    assert campaign.run(timeout=400) == 4, campaign.said
    found = ends(campaign)
    assert [kind for kind, _, _ in found.values()] == ["timeout"] * 17, found
    assert len(ranks.of_samples()) >= 15, "the ranks had no time to begin"
    assert ranks.living() == []
    assert_none_outlives_its_record(campaign, ranks)


@pytest.mark.full
@pytest.mark.parametrize("end", [cancel, time_limit])
@pytest.mark.parametrize("part", range(7))
def test_fifty_ends_of_jobs(
    part: int, end: Callable[[Bed], None], campaign: SlurmCampaign, ranks: Ranks, nodes: Bed
) -> None:
    """Fifty-six samples each under scancel and at a time limit, eight at once."""
    check_end_of_jobs(end, campaign, ranks, nodes, [*LAUNCHES, *LAUNCHES])


@pytest.mark.full
@pytest.mark.parametrize(
    "end", [abort, kill_supervisor, kill_supervisor_and_fork_server, kill_all_that_is_ours]
)
@pytest.mark.parametrize("part", range(4))
def test_sixty_aborts(
    part: int, end: Callable[[Any], None], campaign: SlurmCampaign, ranks: Ranks, nodes: Bed
) -> None:
    """Sixty-four samples whose campaign is aborted or killed, four at once."""
    check_abort(end, campaign, ranks, nodes)
