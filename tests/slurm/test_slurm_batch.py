"""Many samples in one call, in SLURM jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.parts.many import rows_of, write_points
from helpers.processes import TESTS
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, through_ssh


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


@pytest.mark.full
def test_calls_of_commands_on_the_cluster_alone(cluster: Bed, tmp_path: Path) -> None:
    """Protects `batch` of a CommandRunner with `remote_dir`: one input for many samples is put
    where the job is, rows come back from there, and a call that dies is divided.
    """
    write = 'NR == 1 {print "x,y"; next} $1 == 13 {exit 3} {print $1 "," 2 * $1; fflush()}'
    runner = {
        "type": "CommandRunner",
        "files": {"points.csv": "x,fate\n{{ x }},{{ fate }}\n"},
        "command": ["awk", "-F,", write, "points.csv"],
        "outputs": {"double": {"file": "stdout.txt", "csv": "y"}},
    }
    points = [(x, "well") for x in range(24)]
    single = _campaign(tmp_path / "single", cluster, points)
    many = _campaign(tmp_path / "many", cluster, points)
    single.config["runners"]["r0"] = runner
    text = "x,fate\n{% for s in samples %}\n{{ s.x }},{{ s.fate }}\n{% endfor %}\n"
    many.config["runners"]["r0"] = {**runner, "batch": 8, "files": {"points.csv": text}}
    through_ssh(many, cluster)
    assert (single.run(), many.run()) == (0, 0), (single.said, many.said)
    assert rows_of(many) == rows_of(single)
    assert len(many.failures()) == 1
