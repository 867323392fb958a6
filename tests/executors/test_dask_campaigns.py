"""Campaigns on Dask clusters: the same results as anywhere, and nothing left behind.

Every day the dataset, a cluster that runs already, a kill and two clear stops; the rest with
``--full``.
"""

from __future__ import annotations

import functools
import os
import signal
import statistics
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from enchanted_tui.supervisor.supervisor import Supervisor
from helpers import shapes
from helpers.dask_cluster import LOCAL, contents_on_dask, dask_cluster, live, on_dask, wait_until
from helpers.files import tree, without_runtimes
from helpers.marks import in_full
from helpers.odd_samples import CASES, check_leaving, leaving
from helpers.odd_samples import config as odd_config
from helpers.odd_samples import samples as odd_samples
from helpers.processes import assert_one_sentence, finish

NAMED: dict[str, Any] = {
    **LOCAL,
    "LocalCluster_config": {**LOCAL["LocalCluster_config"], "name": "shared"},
}


def two_stages():
    """Two stages, one of them of two steps, some samples failing in every way."""
    return shapes.nested(12, 3, inner_steps=2, mischief=True)


def parent_of(pid: int) -> int | None:
    try:
        return psutil.Process(pid).ppid()
    except psutil.NoSuchProcess:
        return None


def test_same_dataset_as_local(campaign):
    """Row for row and file for file but for run times; the executors of three steps name one
    cluster, which is started once.
    """
    config = two_stages()
    local = campaign(config, "local")
    assert local.run_here().code == 0
    dask = campaign(on_dask(config, NAMED), "dask")
    ended = dask.run_here()
    assert ended.code == 0, ended
    dask.assert_like(contents_on_dask(local))
    dask.wait_for_no_process()
    assert os.listdir(dask.root / "tmp") == []


@pytest.mark.full
def test_what_a_sample_leaves_ends_with_it(campaign, tmp_path):
    """The same as under local execution: no daemon lives beside the next sample."""
    config = leaving(tmp_path / "left")
    config["executors"] = {
        "local": {
            "type": "DaskExecutor",
            "LocalCluster_config": {"n_workers": 1, "threads_per_worker": 1},
        }
    }
    left = campaign(config)
    assert left.run_here().code == 0
    check_leaving(left)


@pytest.mark.full
def test_odd_samples_do_the_same_as_local(campaign):
    """Whatever a sample does to its process is on record as under local execution, its printed
    output and its failure's reason too.
    """
    cases = [case for case in odd_samples() if case != "kills_its_group"]
    config = odd_config(cases)
    config["executors"]["local"]["timeout_sec"] = 5
    local = campaign(config, "local")
    assert local.run_here().code == 0
    dask = campaign(on_dask(config, timeout_sec=5), "dask")
    ended = dask.run_here()
    assert ended.code == 0, ended
    assert len(cases) > len(CASES)
    for name in ("enchanted_dataset.csv", "enchanted_failures.csv"):
        assert sorted(without_runtimes(dask.run_dir / name)) == sorted(
            without_runtimes(local.run_dir / name)
        ), name
    assert [path for path in tree(dask.run_dir) if path.startswith("data/")] == [
        path for path in tree(local.run_dir) if path.startswith("data/")
    ]
    dask.wait_for_no_process()
    assert os.listdir(dask.root / "tmp") == []


@pytest.mark.full
def test_one_cluster_for_all_executors_that_name_it(campaign):
    """Two executors with one named cluster, used in different stages: one process holds it from the
    first to the last.
    """
    config = two_stages()
    config["executors"] = {"first": NAMED, "second": {**NAMED, "timeout_sec": 50}}
    config["supervisor"]["run_order"][0]["executor"] = "first"
    config["supervisor"]["run_order"][1]["executor"] = ["second", "first"]
    for runner in config["runners"].values():
        runner["sleep"] = 0.05
    shared = campaign(config)
    process = shared.supervise()
    holders: set[int] = set()

    def ended() -> bool:
        found = {pid for pid, line in shared.processes().items() if "executors.dask.server" in line}
        # a child has its parent's name until it begins to run
        holders.update(pid for pid in found if parent_of(pid) not in found)
        return process.poll() is not None

    wait_until(ended, 90)
    assert finish(process).code == 0
    assert len(holders) == 1
    shared.wait_for_no_process()


@pytest.mark.full
def test_same_name_for_clusters_that_differ(campaign):
    """As copied configurations have it: each executor gets the cluster that it describes. What
    concerns the executor alone may differ.
    """
    config = two_stages()
    smaller = {**NAMED, "LocalCluster_config": {**NAMED["LocalCluster_config"], "n_workers": 1}}
    patient = {**NAMED, "timeout": 60, "block_until_cluster_started": True}
    config["executors"] = {"first": NAMED, "second": smaller, "third": patient}
    config["supervisor"]["run_order"][0]["executor"] = "first"
    config["supervisor"]["run_order"][1]["executor"] = ["second", "third"]
    differing = campaign(config)
    ended = differing.run_here()
    assert ended.code == 0, ended
    differing.wait_for_no_process()


@pytest.mark.parametrize("by", ["file", *in_full("address")])
def test_running_cluster_is_used_and_left_as_it_was(campaign, tmp_path, by):
    """By its scheduler file and by its address; afterwards its workers live, without anything of
    ours below them.
    """
    config = shapes.flat(40, children=True)
    local = campaign(config, "local")
    assert local.run_here().code == 0
    with dask_cluster(tmp_path / "dask", workers=2) as cluster:
        address = {"type": "DaskExecutor", "scheduler_address": cluster.address}
        dask = campaign(on_dask(config, cluster.executor if by == "file" else address), "dask")
        ended = dask.run_here()
        assert ended.code == 0, ended
        dask.assert_like(contents_on_dask(local))
        dask.wait_for_no_process()
        wait_until(
            lambda: cluster.below_workers() == [],
            10,
            "the workers keep processes of a campaign that has ended",
        )
        assert all(worker.poll() is None for worker in cluster.workers)


@pytest.mark.parametrize(
    "kill",
    [
        signal.SIGKILL,
        *(
            pytest.param(number, marks=pytest.mark.full)
            for number in (signal.SIGINT, signal.SIGTERM)
        ),
    ],
)
def test_supervisor_that_ends_takes_everything_with_it(campaign, kill):
    """Cluster, workers and samples are gone soon after, whatever ended the supervisor; resume
    completes what an undisturbed run gives.
    """
    config = shapes.flat(60, sleep=0.1, mischief=True)
    reference = campaign(config, "reference")
    assert reference.run_here().code == 0
    dask = campaign(on_dask(config))
    process = dask.supervise()
    dask.wait_for_tasks(5, process, 60)
    process.send_signal(kill)
    ended = finish(process)
    assert ended.code == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[kill], ended
    dask.wait_for_no_process(20)
    assert os.listdir(dask.root / "tmp") == []
    dask.complete()
    dask.assert_like(contents_on_dask(reference))


@pytest.mark.full
def test_program_that_runs_a_campaign_is_left_alone(tmp_path, monkeypatch):
    """Signal handlers, threads, logging, modules and ports of a host program are after a campaign
    what they were before.
    """
    monkeypatch.chdir(tmp_path)

    def surroundings():
        me = psutil.Process()
        return {
            "signals": {
                number: signal.getsignal(number)
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
            },
            "threads": sorted(thread.name for thread in threading.enumerate()),
            "children": [child.pid for child in me.children(recursive=True)],
            "ports": [found.laddr.port for found in me.net_connections("inet")],
            "descriptors": me.num_fds(),
            "dask": [
                name
                for name in sys.modules
                if name.split(".")[0] in ("dask", "distributed", "dask_jobqueue")
            ],
        }

    config: dict[str, Any] = {
        "executors": {"d": LOCAL},
        "samplers": {"s": shapes.sampler("x", 20)},
        "runners": {"g": {"type": "SyntheticDoubleGaussianRunner"}},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "d", "sampler": "s", "runner": "g"}],
        },
    }
    Supervisor({**config, "supervisor": {**config["supervisor"], "base_run_dir": "warm"}}).start()
    before = surroundings()
    assert Supervisor(config).start().code == 0
    assert surroundings() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "warm"]


@pytest.mark.full
def test_no_more_than_n_workers_at_a_time(campaign):
    """`n_workers` holds also where the cluster has more threads."""
    config = shapes.flat(20)
    config["runners"]["probe"] = {"type": "helpers.parts.deadly:Gauge"}
    counts = {}
    for limit in (1, None):
        executor = {
            **LOCAL,
            "LocalCluster_config": {"n_workers": 1, "threads_per_worker": 3},
            "n_workers": limit,
        }
        dask = campaign(on_dask(config, executor), f"limit{limit}")
        assert dask.run_here().code == 0
        counts[limit] = max(int(row[0]) for row in dask.contents()["dataset"][1:])
    assert counts[1] == 1
    assert 2 <= counts[None] <= 3


@pytest.mark.full
def test_number_of_workers_follows_the_work(campaign):
    """From none to the greatest number."""
    executor = {
        "type": "DaskExecutor",
        "LocalCluster_config": {"dashboard_address": ":0"},
        "scale_n_jobs_min": 0,
        "scale_n_jobs_max": 2,
    }
    config = on_dask(shapes.flat(40, sleep=0.25), executor)
    dask = campaign(config)
    process = dask.supervise()
    wait_until(functools.partial(_has_workers, dask, 2), 60)
    assert finish(process).code == 0
    dask.wait_for_no_process()


def _has_workers(dask, count):
    return len({worker["pid"] for worker in live(dask).get("workers", [])}) == count


VARYING: dict[str, Any] = {
    "type": "DaskExecutor",
    "LocalCluster_config": {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"},
}


@pytest.mark.full
def test_all_workers_are_awaited_where_asked_for(campaign):
    """With `block_until_cluster_started`, nothing runs until the cluster is complete. Where the
    number of workers follows the work, that is
    the least number: the greatest, for which two samples are no reason, never comes."""
    for name, executor in {
        "fixed": LOCAL,
        "varying": {**VARYING, "scale_n_jobs_min": 1, "scale_n_jobs_max": 4},
    }.items():
        blocked = campaign(
            on_dask(shapes.flat(2), executor, block_until_cluster_started=True, timeout=120), name
        )
        ended = blocked.run_here()
        assert ended.code == 0, ended


@pytest.mark.full
def test_no_worker_is_missed_while_there_is_no_work(campaign):
    """Where the number of workers follows the work and may be none, a step elsewhere that outlasts
    `timeout` stops nothing.
    """
    config = shapes.sequence(1, None, 2)
    config["runners"]["step0"]["sleep"] = 23
    varying = {**VARYING, "scale_n_jobs_min": 0, "scale_n_jobs_max": 2, "timeout": 20}
    config["executors"] = {"here": config["executors"]["local"], "dask": varying}
    config["supervisor"]["run_order"][0]["executor"] = ["here", "dask"]
    idle = campaign(config)
    ended = idle.run_here()
    assert ended.code == 0, ended


def short_of_memory(cluster):
    """Start a worker whose memory_limit is so small that Dask pauses it."""
    cluster.add_worker(
        "--memory-limit",
        "100MB",
        preload="import dask; dask.config.set({'distributed.worker.memory.pause': 0.1})",
    )


@pytest.mark.full
def test_paused_workers_are_a_clear_stop(campaign, tmp_path):
    """On a cluster that is not ours Dask pauses workers that are short of memory: if all are for
    `timeout`, one sentence says so, and what
    they were sent goes to those that do take tasks."""
    config = shapes.flat(12, sleep=0.3)
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        short_of_memory(cluster)
        cluster.wait_for_workers(1)
        dask = campaign(on_dask(config, cluster.executor, timeout=5))
        assert_one_sentence(
            dask.run_here(), "no Dask worker that takes tasks appeared within 5 s", "memory_limit"
        )
        cluster.add_worker()
        cluster.wait_for_workers(2)
        ended = dask.run_here("--run-mode", "resume")
        assert ended.code == 0, ended
    dask.assert_sound_record()


@pytest.mark.full
def test_memory_limit_too_small_for_dask_itself_stops_nothing(campaign):
    """Many workers share the memory of a job, and Dask would pause or kill each of them for its own
    process; samples run beside it.
    """
    dask = campaign(
        on_dask(
            shapes.flat(12),
            {
                **LOCAL,
                "LocalCluster_config": {**LOCAL["LocalCluster_config"], "memory_limit": "10MB"},
            },
        )
    )
    ended = dask.run_here()
    assert ended.code == 0, ended
    assert "runs again" not in ended.err


@pytest.mark.full
def test_other_version_on_the_workers_is_a_clear_stop(campaign, tmp_path):
    """What the two say to each other may differ; results that come from another version are not
    those of this one.
    """
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        cluster.add_worker(
            preload="import enchanted_tui.version; enchanted_tui.version.__version__ = '0.0.1'"
        )
        dask = campaign(on_dask(shapes.flat(3), cluster.executor))
        assert_one_sentence(dask.run_here(), "has enchanted-tui 0.0.1", "install the same")


@pytest.mark.full
def test_no_worker_in_time_is_a_clear_stop(campaign, tmp_path):
    """Exit code 3 within seconds, a sentence with the remedy, and the campaign goes on once there
    are workers.
    """
    config = shapes.flat(10)
    reference = campaign(config, "reference")
    assert reference.run_here().code == 0
    with dask_cluster(tmp_path / "dask", workers=0) as cluster:
        dask = campaign(on_dask(config, cluster.executor, timeout=1.5))
        assert_one_sentence(dask.run_here(), "no Dask worker appeared within 1.5 s", "dask worker")
        cluster.add_worker()
        dask.config_path.write_text(
            dask.config_path.read_text().replace("timeout: 1.5", "timeout: 60")
        )
        dask.complete()
        dask.assert_like(contents_on_dask(reference))


@pytest.mark.parametrize(
    ("executor", "words"),
    [
        (
            {"scheduler_address": "tcp://127.0.0.1:9"},
            ("no Dask scheduler answers at tcp://127.0.0.1:9", "scheduler_address"),
        ),
        (
            {"scheduler_file": "nowhere.json", "timeout": 0.5},
            ("nowhere.json does not exist", "--scheduler-file"),
        ),
        *in_full(
            (
                {"scheduler_address": "tls://127.0.0.1:9"},
                ("no Dask scheduler answers at tls://127.0.0.1:9", "distributed.comm.tls"),
            )
        ),
        *in_full(
            (
                {"LocalCluster_config": {"n_workers": 1, "bogus": 1}},
                ("cannot be started", "bogus", "LocalCluster_config"),
            )
        ),
    ],
)
def test_no_cluster_is_a_clear_stop(campaign, executor, words):
    """A scheduler that is not there, or options that Dask refuses: one sentence with the remedy,
    nothing left behind.
    """
    dask = campaign(on_dask(shapes.flat(3), {"type": "DaskExecutor", **executor}))
    assert_one_sentence(dask.run_here(), *words)
    dask.wait_for_no_process()


@pytest.mark.full
def test_nothing_is_written_to_the_home_directory(campaign, tmp_path, monkeypatch):
    """dask-jobqueue and Dask copy their default configuration there when they are imported by
    themselves.
    """
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    slurm = {
        "type": "DaskExecutor",
        "SLURMcluster_config": {"cores": 1, "memory": "1GB", "interface": "lo"},
        "scale_n_jobs": 1,
    }
    dask = campaign(on_dask(shapes.flat(3), slurm))
    assert_one_sentence(dask.run_here(), "there is no sbatch here")
    dask.wait_for_no_process()
    assert not (home / ".config" / "dask").exists()
    assert not Path(dask.root / "dask-scratch-space").exists()


@pytest.mark.full
def test_a_sampler_that_learns_is_asked_for_as_many_as_a_cluster_that_follows_the_work_may_have(
    campaign,
):
    """An idle cluster shrinks; drawn for the workers of that moment, samples would come one after
    the other ever after.
    """
    sampler = {
        "type": "BayesianOptimizationSampler",
        "parameters": ["x"],
        "bounds": [[0, 1]],
        "budget": 8,
        "initial_samples": 1,
        "asynchronous": True,
        "ahead": 0,
    }
    config = {
        "executors": {"local": {"type": "LocalExecutor"}},
        "samplers": {"s": sampler},
        "runners": {"probe": {"type": "helpers.parts.probe:ProbeRunner", "sleep": 0.5}},
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "probe"}]},
    }
    following = {"type": "DaskExecutor", "scale_n_jobs_min": 1, "scale_n_jobs_max": 3}
    asked = campaign(on_dask(config, following))
    ended = asked.run_here()
    assert ended.code == 0, ended
    drawn, finished, under_way = 0, 0, []
    for record in asked.records():
        if record["type"] == "samples":
            drawn += len(record["rows"])
            under_way.append(drawn - finished)
        finished += record["type"] == "task"
    assert under_way[0] == 1
    # one may end while the next is chosen, on a busy machine more; one after the other it is always
    # 1
    assert statistics.median(under_way[1:-1]) >= 2
