"""What each is tested for by itself, together: samples that are continued, jobs that stay, shares
of several sizes, and samples that start from neighbours.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from helpers import long_code
from helpers.continuation import check_neighbours
from helpers.shapes import sampler
from helpers.slurm.bed import Bed
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign

_STEPS = 12


def _advanced(log: Path, runs: int) -> bool:
    """Tell whether so many runs have written two checkpoints."""
    lives = [run for of in long_code.runs(log).values() for run in of]
    return sum(run.wrote >= run.start + 2 for run in lives) >= runs


@pytest.mark.full
def test_long_samples_in_jobs_that_stay(tmp_path: Path, cluster: Bed) -> None:
    """Protects checkpoints, neighbours and attempts where everything comes together: samples of two
    sizes, of which later ones start from earlier ones, in jobs that are given more and are told
    twice that their time is up.
    """
    campaign = SlurmCampaign(tmp_path, cluster.environment)
    code = long_code.runner(campaign.log, _STEPS, 0.4, signal="USR1", before=1, exit_codes=[85])
    campaign.config["runners"]["r0"] = {
        **code,
        "resources": {"cpus_per_rank": "{{ 2 if x > 0.5 else 1 }}"},
        "copy": {"before.dat": "{{ neighbour_run_dir }}/restart.dat"},
    }
    code["outputs"]["before"] = {"file": "before.dat", "text": True, "default": ""}
    campaign.config["samplers"]["s0"] = sampler("x", 6)
    campaign.config["supervisor"]["run_order"][0]["start_from"] = "nearest"
    campaign.executor.update(max_jobs=2, idle_timeout=60)
    campaign.executor["sbatch"]["ntasks"] = 2
    running = campaign.supervise()
    for runs in (1, 5):
        wait_for("checkpoints", partial(_advanced, campaign.log, runs), 90, 0.1)
        told = ["--signal=USR1", "--batch", f"--user={cluster.user}"]
        cluster.slurm("scancel", *told, check=False)
    assert campaign.finish(running, 240) == 0, campaign.said
    campaign.check_complete(6)
    found = long_code.check(campaign.log, _STEPS, 6)
    assert sum(len(lives) - 1 for lives in found.values()) >= 2
    for record in campaign.records("task"):
        lives = found[Path(record["row"]["run_dir"]).name]
        assert record["attempt"] == 0
        assert record["row"]["restarts_r0"] == len(lives) - 1
    neighbours = check_neighbours(campaign, {"x": 1.0})
    assert any(neighbours.values())
    for row in campaign.rows():
        started_from = neighbours[Path(row["run_dir"]).name]
        assert row["before"] == (str(_STEPS) if started_from else "")
