"""A campaign whose samples start from neighbours, killed at any instant: choices hold, and no
sample starts from what nobody has recorded.
"""

from __future__ import annotations

import os
import random

import pytest

from helpers.continuation import check_neighbours
from helpers.marks import in_full
from helpers.shapes import sampler

SCALE = {"x": 1.0, "y": 1.0}


def config(order: str, sleep: float = 0.02) -> dict:
    box = sampler("x", 40) | {"parameters": ["x", "y"], "bounds": [[0, 1], [0, 1]]}
    arguments = {"fails_above": 1.3, "sleep": sleep}
    solve = {
        "type": "PythonRunner",
        "function": "helpers.parts.continuing:solve",
        "arguments": arguments,
    }
    stage = {"sampler": "s", "executor": ["here"] * 2, "runner": ["first", "second"]}
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {"s": box},
        "runners": {"first": solve, "second": solve},
        "supervisor": {"run_order": [{**stage, "start_from": "nearest", "order": order}]},
    }


def chosen_on_record(campaign) -> dict[str, str]:
    """Return what is chosen for tasks that have no result yet."""
    found = {}
    for record in campaign.records():
        if record["type"] == "neighbours":
            for batch, sample, step, *neighbour in record["chosen"]:
                name = "d0_b{}_s{}_r{}".format(*neighbour, step) if neighbour else ""
                found[f"d0_b{batch}_s{sample}_r{step}"] = name
        elif record["type"] == "task":
            found.pop("d{}_b{}_s{}_r{}".format(*record["task"]), None)
    return found


def killed_and_completed(campaign, number: int) -> None:
    chance = random.Random(number)
    promised: dict[str, str] = {}
    for _ in range(chance.choice((1, 2, 4))):
        campaign.kill_after(
            chance.uniform(0.4, 2.5), "--run-mode", "resume" if campaign.records() else "auto"
        )
        found = chosen_on_record(campaign)
        assert all(found.get(task, name) == name for task, name in promised.items())
        promised |= found
    campaign.complete()
    campaign.wait_for_no_process()
    found = check_neighbours(campaign, SCALE)
    assert len(found) == 80
    assert all(found[task] == name for task, name in promised.items())
    rows = {os.path.basename(row["run_dir"]): row for row in campaign.rows()}
    written = {task: int(row["chain"]) for task, row in rows.items() if row["success"] == "True"}
    for task, neighbour in found.items():
        if task in written and task.endswith("_r1"):
            assert written[task] == (written[neighbour] + 1 if neighbour else 0)


@pytest.mark.parametrize(("order", "number"), [("nearest", 2), *in_full(("drawn", 1))])
def test_choices_survive_kills(campaign, order, number):
    """Protects `kill -9`: every sample has the neighbour that was on record before it ran, and its
    files are the neighbour's.
    """
    killed_and_completed(campaign(config(order)), number)


@pytest.mark.full
@pytest.mark.parametrize("order", ["drawn", "nearest"])
@pytest.mark.parametrize("number", range(10, 35))
def test_choices_survive_kills_at_many_more_instants(campaign, order, number):
    """The same at 25 times as many instants."""
    killed_and_completed(campaign(config(order)), number)


def test_a_worker_that_dies_leaves_the_choice(campaign):
    """Protects a lost fork server: its samples run again from the neighbours that they had."""
    killed = campaign(config("nearest", sleep=0.2))
    process = killed.supervise("--run-mode", "auto")
    killed.wait_for_tasks(8, process)
    servers = [pid for pid, line in killed.processes().items() if "fork_server" in line]
    assert servers
    for pid in servers:
        os.kill(pid, 9)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert len(check_neighbours(killed, SCALE)) == 80
