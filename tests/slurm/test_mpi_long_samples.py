"""Ranks of a sample that is continued hear the signal, each once, whichever launcher started them.

The truth comes from the ranks, each of which writes down what it hears and writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import long_code
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array
from helpers.slurm.ranks import LAUNCHES, Ranks, environment, what_is_missing_for_mpi


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the ranks, for each MPI."""
    reason = what_is_missing_for_mpi()
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    directory = tmp_path_factory.mktemp("programs")
    Ranks.make(directory, "long_ranks.c")
    return directory


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A cluster whose nodes have names, so that mpirun can start ranks on several."""
    if os.getuid():
        pytest.skip("host names of their own need root")
    with Bed(
        tmp_path_factory.mktemp("mpi") / "bed", nodes=2, hostnames=True, mpi="pmix", sshd=False
    ) as bed:
        yield bed


@pytest.mark.parametrize("form", ["list", "shell"])
@pytest.mark.parametrize("launch", LAUNCHES)
def test_every_rank_hears_the_signal_once(
    launch: str, form: str, nodes: Bed, programs: Path, tmp_path: Path
) -> None:
    """Protects checkpoints of parallel codes: the launcher passes the signal on to all ranks, on
    both nodes, and nobody who does not know it is killed by it.
    """
    campaign = SlurmCampaign(tmp_path, {**nodes.environment, **environment()})
    mpi, words = LAUNCHES[launch]
    command = f"{words} {programs / mpi} {campaign.log} 14 500"
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
