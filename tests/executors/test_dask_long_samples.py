"""Samples that are continued on a Dask cluster whose workers die."""

from __future__ import annotations

import os
import signal

import pytest

from helpers import long_code
from helpers.dask_cluster import LOCAL, dask_worker_processes, on_dask, wait_until


@pytest.mark.full
def test_going_on_after_a_dask_worker_has_died(campaign):
    """Protects checkpoints: what the worker had begun goes on elsewhere, where it stopped."""
    config = {
        "executors": {"local": {"type": "LocalExecutor"}},
        "samplers": {"s": {"type": "ArraySampler", "parameters": ["x"], "bounds": [[0, 1]]}},
        "runners": {"code": {"type": "SumRunner"}},
        "supervisor": {"run_order": [{"sampler": "s", "executor": "local", "runner": "code"}]},
    }
    two = {**LOCAL, "LocalCluster_config": {"n_workers": 2, "threads_per_worker": 1}}
    dask = campaign(on_dask(config, two))
    dask.config["runners"]["code"] = long_code.runner(dask.log, 40, 0.2, exit_codes=[85])
    dask.write()
    running = dask.supervise()
    wait_until(lambda: dask.log.exists() and dask.log.read_text().count(" wrote 5 ") == 2)
    os.kill(dask_worker_processes(running.pid)[0].pid, signal.SIGKILL)
    assert running.wait(90) == 0
    lives = long_code.check(dask.log, 40, 2).values()
    assert sorted(len(runs) for runs in lives) == [1, 2]
    assert sorted(row["restarts_code"] for row in dask.rows()) == ["0", "1"]
