"""What used to go wrong with MPI and GPU codes, one test each; the truth comes from the ranks.

Every day ranks that are dead, jobs that follow from samples, GPUs, core-hours and runners in
Python; the rest with ``--full``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from helpers.marks import in_full
from helpers.slurm.campaign import SlurmCampaign, array
from helpers.slurm.mixed import (
    CPUS,
    FOUR,
    NODES_GPU,
    ONE,
    ONE_GPU,
    TWO_NODES,
    Kind,
    assert_all_ran,
    assert_shares_held,
    in_an_allocation,
    in_one_job,
    launcher,
    mixed,
)
from helpers.slurm.placed import Placed, assert_none_outlives_its_record, assert_none_twice

BOTH = [("srun", "mpich"), *in_full(("mpirun", "openmpi"))]
UNEVEN = Kind(nodes=2, ranks=3)
HYBRID = Kind(ranks=2, cpus=2)


def kinds_of_records(campaign: SlurmCampaign) -> list[str]:
    return sorted(record.get("kind", "ok") for record in campaign.records("task"))


# -- time limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starter", "mpi"), [("srun", "openmpi"), *in_full(("srun", "mpich"), ("mpirun", "mpich"))]
)
def test_a_share_is_free_when_its_ranks_are_dead(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects the next sample: at a time limit all ranks on all nodes die, even those that ignore
    SIGTERM, and only then does it get their CPUs; its wait is not counted against its own limit.
    """
    kinds = [TWO_NODES] * 4
    mixed(shares, placed, kinds, 600, mpi)
    shares.config["runners"]["r0"]["command"].append("stubborn")
    in_one_job(shares, launcher(starter, mpi))
    shares.executor["timeout_sec"] = 8
    assert shares.run() == 4, shares.said
    assert kinds_of_records(shares) == ["timeout"] * 4
    ranks = placed.ranks()
    assert len(ranks) == 16, "each had its time"
    assert placed.living() == []
    assert_shares_held(kinds, ranks)
    assert_none_outlives_its_record(shares, ranks)


# -- mixed sizes -----------------------------------------------------------------------------------


@pytest.mark.full
def test_waiting_for_room_is_no_run_time(shares: SlurmCampaign, placed: Placed) -> None:
    """Protects time limits: samples of all sizes wait longer than they may run, and none is timed
    out; uneven ones and threads included.
    """
    kinds = [TWO_NODES, FOUR, TWO_NODES, UNEVEN, HYBRID, ONE, FOUR, TWO_NODES, FOUR]
    mixed(shares, placed, kinds, 3, "mpich")
    shares.executor.update(
        launcher=launcher("srun", "mpich"),
        max_jobs=1,
        timeout_sec=12,
        sbatch={"time": 10, "nodes": 2, "ntasks-per-node": 4, "mem": 3000},
    )
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_shares_held(kinds, ranks)
    assert max(rank.last for rank in ranks) - min(rank.first for rank in ranks) > 12


@pytest.mark.parametrize(("starter", "mpi"), BOTH)
def test_jobs_follow_from_samples(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects users from computing jobs by hand: where sbatch says nothing of sizes, jobs of each
    size are asked for, with GPUs, and are as large as their samples.
    """
    kinds = [ONE, FOUR, TWO_NODES, NODES_GPU, ONE_GPU]
    mixed(shares, placed, kinds, 1, mpi, shell=True)
    shares.config["runners"]["r0"]["resources"]["mem"] = "500M"
    shares.executor.update(launcher=launcher(starter, mpi), sbatch={"time": 10})
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_shares_held(kinds, ranks)
    cores = sorted(record.get("cores", 1) for record in shares.records("task"))
    assert cores == [1, 1, 4, 4, 4]


# -- memory ----------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize(("starter", "mpi"), BOTH)
def test_samples_are_not_serialised_by_memory(
    starter: str, mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects throughput: with `mem` under sbatch and none in `resources`, samples of a job run
    beside each other.
    """
    kinds = [ONE] * 4
    mixed(shares, placed, kinds, 3, mpi)
    sbatch = {"time": 10, "ntasks": 4, "nodes": 1, "mem": 3000}
    shares.executor.update(launcher=launcher(starter, mpi), max_jobs=1, sbatch=sbatch)
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert max(rank.first for rank in ranks) < min(rank.last for rank in ranks)


# -- mpirun ----------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize("mpi", ["openmpi", *in_full("mpich")])
def test_mpirun_uses_all_nodes_and_has_slots_enough(
    mpi: str, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects the second node from idling, and samples from "not enough slots" where jobs are
    asked for by `cpus_per_task`.
    """
    kinds = [*[HYBRID] * 3, Kind(ranks=4)]
    mixed(shares, placed, kinds, 2, mpi)
    sbatch = {"time": 10, "nodes": 2, "ntasks": 2, "cpus-per-task": CPUS, "mem": 3000}
    shares.executor.update(launcher=launcher("mpirun", mpi), max_jobs=1, sbatch=sbatch)
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_shares_held(kinds, ranks)
    assert len({rank.host for rank in ranks}) == 2


# -- GPUs without srun -----------------------------------------------------------------------------


def test_parts_and_wholes_of_gpus_are_never_mixed_up(shares: SlurmCampaign, placed: Placed) -> None:
    """Protects GPU codes: halves share one GPU, wholes have one alone, under srun as well, where
    SLURM chooses the devices of the wholes.
    """
    half = Kind(gpus=0.5)
    kinds = [half, ONE_GPU, half, ONE_GPU, half, ONE_GPU, half]
    mixed(shares, placed, kinds, 1, "mpich")
    shares.executor.update(
        launcher=launcher("srun", "mpich"),
        max_jobs=1,
        sbatch={"time": 10, "ntasks": 4, "nodes": 1, "mem": 3000, "gres": "gpu:2"},
    )
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_all_ran(kinds, ranks)
    assert_shares_held(kinds, ranks)


@pytest.mark.full
def test_programs_of_one_process_have_a_gpu_each(shares: SlurmCampaign, placed: Placed) -> None:
    """Protects the second GPU from idling without any launcher: `auto` starts single processes by
    nothing.
    """
    kinds = [ONE_GPU] * 4
    mixed(shares, placed, kinds, 2, "mpich")
    resources = shares.config["runners"]["r0"]["resources"]
    resources.update(nodes=1, ranks=1)
    sbatch = {"time": 10, "cpus-per-task": 4, "mem": 3000, "gres": "gpu:2"}
    shares.executor.update(max_jobs=1, sbatch=sbatch)
    assert shares.run() == 0, (shares.said, shares.failures())
    ranks = placed.ranks()
    assert_shares_held(kinds, ranks)
    assert {rank.gpus for rank in ranks} == {(0,), (1,)}


# -- own words -------------------------------------------------------------------------------------


@pytest.mark.full
def test_a_launch_line_of_the_users_own(shares: SlurmCampaign, placed: Placed) -> None:
    """Protects sites whose launcher is not known: its words are filled in."""
    kinds = [TWO_NODES, ONE]
    mixed(shares, placed, kinds, 0.5, "mpich")
    words = "srun --mpi=pmi2 --exact --mem=500M -N {nodes} -n {ranks} -c {cpus_per_rank} -w {hosts}"
    in_one_job(shares, words)
    assert shares.run() == 0, (shares.said, shares.failures())
    assert_all_ran(kinds, placed.ranks())


# -- core-hours ------------------------------------------------------------------------------------


def test_core_hours_count_cores(shares: SlurmCampaign, placed: Placed) -> None:
    """Protects budgets: a limit of 30 core-seconds lets samples of 4 CPUs run for about as much."""
    kinds = [FOUR] * 12
    mixed(shares, placed, kinds, 2, "mpich")
    in_an_allocation(shares, launcher("srun", "mpich"))
    shares.executor["n_workers"] = 1
    shares.config["supervisor"]["stop_when"] = {"core_hours": 30 / 3600}
    shares.run()
    held = sum(rank.last - rank.first for rank in placed.ranks())
    assert 20 < held < 60, held


# -- what is no command ----------------------------------------------------------------------------

PLUGIN = '''
import os, time
from enchanted_tui.runners.base import Runner

class Placed(Runner):
    """Say where this process may run, and what it sees."""

    def single_code_run(self, run_dir, params):
        began = time.time()
        time.sleep(1.0)
        return {
            "success": True,
            "began": began,
            "ended": time.time(),
            "cpus": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
            "gpus": os.environ.get("CUDA_VISIBLE_DEVICES", "-"),
            "threads": os.environ["OMP_NUM_THREADS"],
            "slot": os.environ["ENCHANTED_SLOT"],
            "scratch": os.path.isdir(os.environ["TMPDIR"]),
            "launch": os.environ["ENCHANTED_LAUNCH"],
        }
'''


@pytest.mark.parametrize("fresh", [False, *in_full(True)])
def test_runners_in_python_hold_shares(fresh: bool, shares: SlurmCampaign) -> None:
    """Protects plugins: they find their GPU, their threads and a directory of their own."""
    (shares.root / "placed_plugin.py").write_text(PLUGIN)
    shares.config["samplers"] = {"s0": array("x", [1, 2, 3, 4])}
    runner: dict[str, Any] = {
        "type": "placed_plugin:Placed",
        "resources": {"cpus_per_rank": 2, "gpus": 1},
        "fresh_process": fresh,
    }
    shares.config["runners"] = {"r0": runner}
    sbatch = {"time": 10, "cpus-per-task": CPUS, "mem": 3000, "gres": "gpu:2"}
    shares.executor.update(max_jobs=1, sbatch=sbatch)
    assert shares.run() == 0, shares.said
    rows = shares.rows()
    assert {row["threads"] for row in rows} == {"2"}
    assert {row["gpus"] for row in rows} == {"0", "1"}
    assert {row["scratch"] for row in rows} == {"True"}
    assert {row["launch"] for row in rows} == {""}
    for gpu in ("0", "1"):
        spans = sorted(
            (float(row["began"]), float(row["ended"])) for row in rows if row["gpus"] == gpu
        )
        assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


@pytest.mark.full
def test_a_command_in_a_fresh_worker_is_launched_once(
    shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects samples of `fresh_process` executors: the launch line reaches them too."""
    kinds = [FOUR, ONE, ONE]
    mixed(shares, placed, kinds, 0.5, "mpich")
    in_one_job(shares, launcher("srun", "mpich"))
    shares.executor["fresh_process"] = True
    assert shares.run() == 0, (shares.said, shares.failures())
    assert_all_ran(kinds, placed.ranks())
    assert_none_twice(placed.ranks())
