"""Workers and schedulers that die: every sample is recorded once, what can be repeated is, and
nothing is repeated in secret.

Every day a sample that kills its worker and a cluster whose process dies; the rest with ``--full``.
"""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import time
from collections import Counter

import psutil
import pytest

from helpers import shapes
from helpers.dask_cluster import (
    LOCAL,
    contents_on_dask,
    dask_cluster,
    dask_worker_processes,
    on_dask,
    wait_until,
)
from helpers.processes import assert_one_sentence, finish


def deadly(kills, times=1000):
    return {
        "executors": {"local": {"type": "LocalExecutor"}},
        "samplers": {"s": {"type": "ArraySampler", "parameters": ["kills"], "bounds": [kills]}},
        "runners": {"deadly": {"type": "helpers.parts.deadly:Deadly", "times": times}},
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "deadly"}]},
    }


def deaths(campaign):
    return Counter((campaign.root / "deaths.log").read_text().split())


def failures(campaign):
    with (campaign.run_dir / "enchanted_failures.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.full
@pytest.mark.parametrize(
    "retries", [pytest.param(0, marks=pytest.mark.full), 1, pytest.param(2, marks=pytest.mark.full)]
)
def test_sample_that_kills_its_dask_worker_is_lost_alone(campaign, retries):
    """It runs once and then as often as it may, which Dask's own silent retries do not add to; then
    it is recorded as lost. The samples
    that waited in the same worker are unharmed."""
    one = {**LOCAL, "LocalCluster_config": {"n_workers": 1, "threads_per_worker": 1}}
    kills = [0] * 6 + [1] + [0] * 6
    dask = campaign(on_dask(deadly(kills), one, max_retries=retries))
    ended = dask.run_here()
    assert ended.code == 0, ended
    assert deaths(dask) == {"d0_b0_s6_r0": 1 + retries}
    lost = failures(dask)
    others = [row for row in lost if row["task"] != "d0_b0_s6_r0"]
    assert retries == 0 or others == [], (
        "samples that only were in the same worker are repeated alone"
    )
    assert [row["kind"] for row in lost] == ["lost"] * len(lost)
    assert "was lost" in next(row for row in lost if row["task"] == "d0_b0_s6_r0")["message"]
    dask.assert_sound_record()
    dask.wait_for_no_process()


@pytest.mark.full
def test_sample_whose_worker_was_lost_runs_again_in_a_clean_directory(campaign):
    """The second attempt finds an empty directory, succeeds, and says that it was the second."""
    dask = campaign(on_dask(deadly([0, 1, 0, 1], times=1)))
    ended = dask.run_here()
    assert ended.code == 0, ended
    assert deaths(dask) == {"d0_b0_s1_r0": 2, "d0_b0_s3_r0": 2}
    attempts = {
        record["task"][2]: record["attempt"]
        for record in dask.records()
        if record["type"] == "task"
    }
    assert attempts[1] >= 1
    assert attempts[3] >= 1
    assert {record["outcome"] for record in dask.records() if record["type"] == "task"} == {"ok"}
    dask.assert_sound_record()


@pytest.mark.full
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.full)]
)
def test_workers_killed_again_and_again(campaign, tmp_path, number):
    """At arbitrary moments, on a cluster of processes that we did not start: the result is that of
    an undisturbed run. SIGTERM is what a
    walltime sends; Dask takes it for an orderly farewell and starts the samples elsewhere without
    counting."""
    config = shapes.flat(80, sleep=[0.02, 0.2])
    reference = campaign(config, "reference")
    assert reference.run_here().code == 0
    with dask_cluster(tmp_path / "dask", workers=2) as cluster:
        dask = campaign(on_dask(config, cluster.executor, max_retries=10))
        process = dask.supervise()
        for done in (5, 25, 45):
            dask.wait_for_tasks(done, process, 60)
            victims = dask_worker_processes(os.getpid()) if number == signal.SIGKILL else []
            victim = victims[0].pid if victims else cluster.workers.pop(0).pid
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(victim).send_signal(number)
            if number == signal.SIGTERM:
                cluster.add_worker()
        ended = finish(process, 120)
        assert ended.code == 0, ended
        # a repeated sample ran twice, in one session: that is for the retries to say, not for the
        # record
        found, expected = dask.contents(), contents_on_dask(reference)
        for name in ("dataset", "failures", "hdf5", "samples", "tree"):
            assert found[name] == expected[name], name
        tasks = [tuple(record["task"]) for record in dask.records() if record["type"] == "task"]
        assert len(tasks) == len(set(tasks)) == 80
        repeated = sum(record["attempt"] for record in dask.records() if record["type"] == "task")
        extra = sum(Counter(dask.begun()).values()) - 80
        assert extra <= repeated


@pytest.mark.full
def test_scheduler_that_dies_is_a_clear_stop(campaign, tmp_path):
    """One sentence within seconds; with a new scheduler, resume completes what an undisturbed run
    gives.
    """
    config = shapes.flat(60, sleep=0.1, mischief=True)
    reference = campaign(config, "reference")
    assert reference.run_here().code == 0
    with dask_cluster(tmp_path / "dask", workers=2) as cluster:
        dask = campaign(on_dask(config, cluster.executor))
        process = dask.supervise()
        dask.wait_for_tasks(5, process, 60)
        cluster.kill_scheduler()
        killed = time.monotonic()
        assert_one_sentence(finish(process), "the Dask scheduler has gone", "resume")
        assert time.monotonic() - killed < 30
        dask.wait_for_no_process()
        cluster.stop()
        cluster.start(2)
        dask.complete()
        dask.assert_like(contents_on_dask(reference))


@pytest.mark.full
def test_process_that_holds_the_cluster_dies(campaign):
    """The scheduler of a LocalCluster dies with it: the same."""
    config = shapes.flat(60, sleep=0.1, mischief=True)
    reference = campaign(config, "reference")
    assert reference.run_here().code == 0
    dask = campaign(on_dask(config))
    process = dask.supervise()
    dask.wait_for_tasks(5, process, 60)
    for pid, line in dask.processes().items():
        if "executors.dask.server" in line:
            os.kill(pid, signal.SIGKILL)
    assert_one_sentence(finish(process), "the process that holds the Dask cluster has died")
    dask.wait_for_no_process(20)
    dask.complete()
    dask.assert_like(contents_on_dask(reference))


@pytest.mark.full
def test_time_limit_reaches_all_children_at_once(campaign):
    """Not at the end of the campaign only: what a timed-out sample has started is gone when its
    failure is on record.
    """
    from helpers.odd_samples import config as odd_config

    config = odd_config(["hangs_with_children", *(f"plain{number}" for number in range(300))])
    dask = campaign(on_dask(config, timeout_sec=3))
    process = dask.supervise()
    wait_until(
        lambda: any(
            record["type"] == "task" and record["outcome"] != "ok" for record in dask.records()
        ),
        60,
    )
    left = [line for line in dask.processes().values() if line.startswith("sleep")]
    assert process.poll() is None, "the campaign should still be running"
    assert left == []
    process.kill()
    process.communicate(timeout=30)
    dask.wait_for_no_process(20)
