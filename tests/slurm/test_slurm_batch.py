"""Many samples in one call, in SLURM jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.parts.many import rows_of, write_points
from helpers.processes import TESTS
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign


def _campaign(place: Path, bed: Bed, points, **options) -> SlurmCampaign:
    place.mkdir()
    made = SlurmCampaign(place, {**bed.environment, "PYTHONPATH": str(TESTS)})
    made.executor.update(timeout_sec=20, processes_per_job=2, max_jobs=4)
    made.config["samplers"]["s0"] = {"type": "CSVSampler", "path": "points.csv"}
    made.config["runners"]["r0"] = {"type": "helpers.parts.many:ManyRunner", **options}
    write_points(place, points)
    return made


@pytest.mark.parametrize("stays", [False, *in_full(True)], ids=["end", "stay, with shares"])
def test_calls_in_jobs(cluster: Bed, tmp_path: Path, stays: bool) -> None:
    """A job runs calls, divides those that die, and records each sample; the rows and failures are
    those of samples that run one by one. Also in jobs that are given more as they go, where each
    call holds a share.
    """
    fates = {7: "raises", 40: "nothing", 41: "exits", 90: "killed"}
    points = [(x / 8, fates.get(x, "well")) for x in range(160)]
    single = _campaign(tmp_path / "single", cluster, points)
    many = _campaign(
        tmp_path / "many",
        cluster,
        points,
        batch=40,
        log=str(tmp_path / "calls.log"),
        gives="iterator",
    )
    many.config["supervisor"]["canary"] = False  # whose samples have a job of their own
    if stays:
        many.executor.update(idle_timeout=60, max_jobs=2)
        many.executor["sbatch"]["ntasks"] = 2
        many.config["runners"]["r0"]["resources"] = {"cpus_per_rank": 1}
    assert (single.run(), many.run()) == (0, 0), many.said
    assert rows_of(many) == rows_of(single)
    calls = [int(line) for line in (tmp_path / "calls.log").read_text().split()]
    assert max(calls) == 40
    assert len(many.records("jobs")) <= 4
