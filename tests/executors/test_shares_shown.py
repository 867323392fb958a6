"""What people and scripts are told of the cores and GPUs that samples hold, while they run and
afterwards.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import headless
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.core_time import CoreTime
from enchanted_tui.executors.slurm.element import Element, elements_of
from enchanted_tui.journal_lines import TaskId, seal
from enchanted_tui.record.node_use import busy_cores, use_of_nodes
from enchanted_tui.resources import NodeShare, Resources, Share, numbers, places
from enchanted_tui.views.viewing import Viewer
from helpers.campaign import Campaign
from helpers.dask_cluster import LOCAL
from helpers.processes import wait_until

CONFIG: dict[str, Any] = {
    "executors": {"here": {"type": "LocalExecutor"}},
    "samplers": {
        "s0": {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 2}
    },
    "runners": {
        "code": {
            "type": "CommandRunner",
            "shell": True,
            "resources": {"cpus_per_rank": 1, "mem": "10M"},
            "command": 'while [ ! -e "$GO_ON" ]; do sleep 0.05; done',
        }
    },
    "supervisor": {
        "base_run_dir": "run",
        "seed": 1,
        "run_order": [{"executor": "here", "sampler": "s0", "runner": "code"}],
    },
}


def _live(run: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((run / "state" / "live.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def test_a_local_campaign_tells_who_holds_which_core(tmp_path: Path) -> None:
    """Protects the running state through all layers: the pool's book, live.json, `--status`, the
    display, the view, and the record in the end.
    """
    campaign = Campaign.apart(tmp_path / "c", CONFIG)
    campaign.environment["GO_ON"] = str(tmp_path / "go_on")
    process = campaign.supervise()
    cpus = sorted(os.sched_getaffinity(0))
    busy = min(2, len(cpus))
    wait_until(lambda: _live(campaign.run_dir).get("busy_cores") == busy, 30, "busy cores")
    live = _live(campaign.run_dir)
    [node] = live["nodes"]
    assert numbers(node["cpus"]) == tuple(cpus)
    assert (node["busy_cpus"], node["tasks"], live["cores"]) == (busy, busy, len(cpus))
    held = [place for worker in live["workers"] for place in places(worker["where"])]
    assert {place.node for place in held} == {node["name"]}
    assert len({cpu for place in held for cpu in place.cpus}) == busy  # nobody shares one

    viewer = Viewer(campaign.run_dir)
    view = viewer.refresh()
    words = f"{busy}/{len(cpus)} cores busy"
    assert f"  nodes      1 node, {words}" in headless.status_lines(view)
    assert headless.one_line(view.snapshot, busy=busy_cores(live)).endswith(words)
    assert words in "".join(headless.picture(view.snapshot, 120, busy=busy_cores(live)))
    assert viewer.line(TaskId(0, 0, 0, 0)).where in {worker["where"] for worker in live["workers"]}

    (tmp_path / "go_on").touch()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    viewer.refresh()
    line = viewer.line(TaskId(0, 0, 0, 0))
    viewer.close()
    assert line.resources == {"mem": 10}
    assert places(line.where)[0].node == node["name"]


@pytest.mark.full
def test_samples_on_dask_workers_tell_it_too(campaign: Any) -> None:
    """Protects the map where Dask workers give out the shares of a machine between them."""
    made = campaign({**CONFIG, "executors": {"here": LOCAL}}, "dask")
    go_on = made.root / "go_on"
    made.environment["GO_ON"] = str(go_on)
    process = made.supervise()
    cpus = len(os.sched_getaffinity(0))
    busy = min(2, cpus)
    try:
        wait_until(lambda: _live(made.run_dir).get("busy_cores") == busy, 60, "busy cores")
        live = _live(made.run_dir)
    finally:
        go_on.touch()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    [node] = live["nodes"]  # that of all workers
    assert (len(numbers(node["cpus"])), node["tasks"]) == (cpus, busy)
    told = {worker["task"]: worker["where"] for worker in live["workers"] if worker["task"]}
    recorded = {
        TaskId(*record["task"]).name: record["where"]
        for record in made.records()
        if record["type"] == "task"
    }
    assert told.items() <= recorded.items()


def test_places_are_read_as_they_are_written() -> None:
    """Protects the one form in which everybody is told where a sample ran."""
    wanted = Resources(nodes=2, ranks=8, gpus=2)
    share = Share(
        3, wanted, (NodeShare("n-1", 4, (0, 1, 2, 7), (0,)), NodeShare("n2", 4, (4, 5, 6, 7)))
    )
    found = places(share.where())
    assert [(place.node, place.cpus, place.gpus) for place in found] == [
        ("n-1", (0, 1, 2, 7), (0,)),
        ("n2", (4, 5, 6, 7), ()),
    ]
    assert places("") == []


def test_parts_of_a_node_are_put_together() -> None:
    """Protects the map of nodes that several jobs share, and of GPUs that several samples do."""
    nodes = [
        {"name": "n1", "cpus": "0-1", "gpus": "0", "mem": 10},
        {"name": "n1", "cpus": "2-3", "gpus": "", "mem": 5},
    ]
    workers: list[dict[str, Any]] = [
        {"task": "b", "where": "n1:2+gpu0"},
        {"task": "a", "where": "n1:0+gpu0 n9:4"},
        {"task": None, "where": ""},
        {"task": "old"},
    ]
    [use] = use_of_nodes(nodes, workers)
    assert (use.cpus, use.gpus) == ({0: ["a"], 1: [], 2: ["b"], 3: []}, {0: ["a", "b"]})
    assert use.told() == {
        "name": "n1", "cpus": "0-3", "gpus": "0", "mem": 15,
        "busy_cpus": 2, "busy_gpus": 1, "tasks": 2,
    }  # fmt: skip
    assert busy_cores({"cores": 4, "busy_cores": 2}) == "2/4 cores busy"
    assert busy_cores({}) == busy_cores(None) == busy_cores({"cores": 0, "busy_cores": 0}) == ""


# -- what a job of SLURM says ----------------------------------------------------------------------


@pytest.fixture
def element() -> Element:
    tasks = [(TaskId(0, 0, sample, 0), 0) for sample in range(3)]
    return elements_of(Submission("token", "here", "name", "/dir", [tasks], job="47"))[0]


def _note(**fields: Any) -> bytes:
    return b"#" + json.dumps(fields).encode() + b"\n"


def test_a_job_tells_of_its_nodes_and_of_what_tasks_hold(element: Element) -> None:
    """Protects the map while jobs run: their nodes, and each task's place, until they end."""
    nodes = [{"name": "n1", "cpus": [0, 1, 2, 3], "gpus": [0], "mem": 8}]
    hello = {"op": "hello", "at": 100.0, "ends": None, "cpus": 4, "pid": 1, "node": "n1"}
    element.take(_note(**hello, nodes=nodes))
    element.take(_note(op="begin", task=[0, 0, 0, 0], at=100.0, where="n1:0-1+gpu0"))
    element.take(_note(op="begin", task=[0, 0, 1, 0], at=101.0))  # of an earlier version
    [node] = element.nodes()
    assert (node.name, node.cpus, node.gpus, node.mem) == ("n1", "0-3", "0", 8)
    assert [worker.where for worker in element.workers()] == ["n1:0-1+gpu0", ""]
    element.take(_note(op="bye", why="done", at=120.0, left=1))
    assert element.nodes() == []


def test_a_job_of_an_earlier_version_has_no_nodes(element: Element) -> None:
    """Protects resuming with jobs that were submitted before."""
    element.take(_note(op="hello", at=1.0, ends=None, cpus=4, pid=1, node="n1"))
    assert element.nodes() == []


def test_idle_time_of_jobs_is_counted_in_cores(element: Element) -> None:
    """Protects the idle share: cores times time of tasks, ended and running, of cores times time
    of the job, and nothing twice.
    """
    core_time = CoreTime()
    element.take(_note(op="hello", at=0.0, ends=None, cpus=4, cores=2, pid=1, node="n1"))
    body = '{"v":1,"type":"task","task":[0,0,0,0],"outcome":"ok","runtime":10.0,"started":0.0,'
    element.take(_sealed(body + '"host":"n1","attempt":0,"cores":3.0,"row":{}}'))
    core_time.note_used(element)
    core_time.note_held(element.key, 5.0)  # asked early
    element.take(_note(op="begin", task=[0, 0, 1, 0], at=10.0, where="n1:0"))
    element.take(_note(op="begin", task=[0, 0, 2, 0], at=10.0))
    assert element.running_core_seconds(20.0) == 10 * 1 + 10 * 2
    assert element.core_seconds(20.0) == 80
    held, used = core_time.held_and_used([element])
    assert held > 1e9  # the clock of today
    element.take(_note(op="bye", why="walltime", at=20.0, left=2))
    held, used = core_time.held_and_used([element])
    assert (held, used) == (80, 30)
    core_time.note_held(element.key, element.core_seconds(0.0))
    assert core_time.held_and_used([]) == (80, 30)


def _sealed(body: str) -> bytes:
    return seal(body.encode())
