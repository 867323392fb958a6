"""``run_directories: spread`` on a cluster: jobs, and who brings files there and home, find and make
directories in their groups.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.packed import READS_PARENT, WRITES_THREE, files_of_tasks, packed_tasks
from helpers.slurm.bed import Bed
from helpers.slurm.campaign import SlurmCampaign, array, ssh_options

#: (x of its parent, y) of each child, in order
CHILDREN = [(x, y) for x in (0.0, 1.0, 2.0) for y in (0.0, 1.0)]
PLACES = {f"00{n}/d0_b0_s{n}_r0" for n in range(3)} | {f"00{n}/d1_b0_s{n}_r0" for n in range(6)}


@pytest.fixture
def campaign(tmp_path: Path, cluster: Bed) -> SlurmCampaign:
    """Parents that leave files and children that read them, two jobs or more for each stage."""
    made = SlurmCampaign(tmp_path, cluster.environment)
    made.config["samplers"] = {
        "s0": array("x", [0.0, 1.0, 2.0]),
        "s1": array("y", [0.0, 1.0]),
    }
    made.config["runners"] = {"r0": WRITES_THREE, "r1": READS_PARENT}
    made.config["supervisor"] |= {
        "run_directories": "spread",
        "run_order": [
            {"executor": "cluster", "sampler": f"s{depth}", "runner": f"r{depth}"}
            for depth in (0, 1)
        ],
    }
    made.executor["samples_per_job"] = 2
    return made


def placed(campaign: SlurmCampaign, cluster: Bed, where: str) -> Path:
    """Have jobs run so; return the directory that they have to themselves."""
    far = campaign.root / "far"
    far.mkdir()
    if where == "remote_dir":
        campaign.executor.update(ssh=ssh_options(cluster), remote_dir=str(far))
    elif where == "local_storage":
        campaign.config["supervisor"]["local_storage"] = str(far)
    return far


def check(campaign: SlurmCampaign) -> None:
    """All samples have succeeded, and children have read what their parents have left."""
    assert [row["success"] for row in campaign.rows()] == ["True"] * len(CHILDREN)
    files = files_of_tasks(campaign.run_dir)
    for sample, (x, y) in enumerate(CHILDREN):
        assert files[f"d1_b0_s{sample}_r0/out.txt"].decode() == f"{x}\nv={x}\nw={y}\n"
    for row in campaign.rows():
        assert row["run_dir"].split("/")[-3:-1] == ["data", f"00{row['run_dir'][-4]}"]


@pytest.mark.parametrize("where", ["remote_dir", *in_full("shared", "local_storage")])
def test_directories_come_home_into_their_groups(
    campaign: SlurmCampaign, cluster: Bed, where: str
) -> None:
    """And nothing stays where the jobs ran."""
    far = placed(campaign, cluster, where)
    assert campaign.run() == 0, campaign.said
    check(campaign)
    data = campaign.run_dir / "data"
    assert {str(path.relative_to(data)) for path in data.glob("*/*")} == PLACES
    assert [path for path in data.iterdir() if len(path.name) != 3] == []
    assert list(far.iterdir()) == []


@pytest.mark.parametrize("where", in_full("remote_dir", "shared", "local_storage"))
def test_packed_by_jobs(campaign: SlurmCampaign, cluster: Bed, where: str) -> None:
    """What they have packed is found by children, and no group is left."""
    campaign.config["supervisor"]["save_files"] = "packed"
    far = placed(campaign, cluster, where)
    assert campaign.run() == 0, campaign.said
    check(campaign)
    assert packed_tasks(campaign.run_dir) == sorted(place[4:] for place in PLACES)
    assert list((campaign.run_dir / "data").iterdir()) == list(far.iterdir()) == []
