"""Ranks of a sample that is continued hear the signal, each once, whichever launcher started them.

The truth comes from the ranks, each of which writes down what it hears and writes.

Every day one launcher, all with ``--full``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers import long_code
from helpers.marks import in_full
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign, array, through_ssh
from helpers.slurm.mixed import launcher
from helpers.slurm.mpi import MPIS, program
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
    campaign = shares
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
        sbatch={"time": "00:10:00"}, max_jobs=1, idle_timeout=60, launcher=launcher(starter, mpi)
    )
    if far:
        through_ssh(campaign, gpu_nodes)
    run_and_tell(campaign, gpu_nodes)


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
