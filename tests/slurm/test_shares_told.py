"""What people are told of who runs where in a job is what its ranks say themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from enchanted_tui import headless
from enchanted_tui.resources import places
from enchanted_tui.views.viewing import Viewer
from helpers.marks import in_full
from helpers.slurm.bed_processes import wait_for
from helpers.slurm.campaign import SlurmCampaign
from helpers.slurm.mixed import (
    CPUS,
    FOUR_GPU,
    GPUS,
    NODES,
    ONE,
    ONE_GPU,
    TWO_NODES,
    in_an_allocation,
    in_one_job,
    launcher,
    mixed,
)
from helpers.slurm.placed import Placed

KINDS = [TWO_NODES, FOUR_GPU, ONE_GPU, ONE_GPU, ONE]


def _live(campaign: SlurmCampaign) -> dict[str, Any]:
    path = campaign.run_dir / "state" / "live.json"
    return json.loads(path.read_text()) if path.exists() else {}


@pytest.mark.parametrize("where", [in_one_job, *in_full(in_an_allocation)])
def test_where_samples_run_is_told_as_their_ranks_have_it(
    where: Any, shares: SlurmCampaign, placed: Placed
) -> None:
    """Protects the map of nodes: which nodes, how many cores and GPUs of each, how much is idle,
    and the record in the end.
    """
    mixed(shares, placed, KINDS, 12)
    where(shares, launcher("srun", "openmpi"))
    process = shares.supervise()
    wanted = sum(kind.all_cpus for kind in KINDS)
    wait_for("all to run", lambda: _live(shares).get("busy_cores") == wanted, 60, 0.2)
    told = _live(shares)
    assert told["cores"] == NODES * CPUS
    assert [len(node["gpus"].split("-")) for node in told["nodes"]] == [GPUS] * NODES
    assert sum(node["busy_gpus"] for node in told["nodes"]) == 3
    ranks: Any = wait_for("all ranks", lambda: _all(placed), 30, 0.2)
    held = {worker["task"]: worker["where"] for worker in told["workers"] if worker["task"]}
    for number in range(len(KINDS)):
        those = ranks[f"s{number}"]
        stated = places(held[f"d0_b0_s{number}_r0"])
        assert {place.node for place in stated} == {rank.host for rank in those}
        for place in stated:
            here = [rank for rank in those if rank.host == place.node]
            assert len(place.cpus) == len(here) * KINDS[number].cpus
            assert len(place.gpus) == len(here[0].gpus or ())
    cores = [(p.node, cpu) for words in held.values() for p in places(words) for cpu in p.cpus]
    assert len(cores) == len(set(cores)) == wanted  # nobody is said to share one

    viewer = Viewer(shares.run_dir)
    lines = "\n".join(headless.status_lines(viewer.refresh()))
    viewer.close()
    assert f"{NODES} nodes, {wanted}/{NODES * CPUS} cores busy" in lines
    if where is in_one_job:
        assert 0 < told["idle_share"] < 1
    assert shares.finish(process) == 0, shares.said
    for record in shares.records():
        if record["type"] == "task":
            assert record["where"] == held[f"d0_b0_s{record['task'][2]}_r0"]
            assert record.get("cores", 1) == KINDS[record["task"][2]].all_cpus


def _all(placed: Placed) -> dict[str, list[Any]] | None:
    found = placed.of_samples()
    count = sum(map(len, found.values()))
    return found if count == sum(kind.ranks for kind in KINDS) else None
