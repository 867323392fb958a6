"""Stragglers beside Dask workers: those that were told before a worker came end them too."""

from __future__ import annotations

import pytest

from helpers.dask_cluster import on_dask
from helpers.processes import wait_until

pytestmark = pytest.mark.full


def waiting(seconds):
    code = {"type": "CommandRunner", "shell": True, "command": "sleep {{ seconds }} & wait"}
    samples = {"type": "ArraySampler", "parameters": ["seconds"], "bounds": [seconds]}
    return {
        "executors": {"here": {"type": "LocalExecutor"}},
        "samplers": {"s0": samples},
        "runners": {"code": code},
        "supervisor": {
            "run_order": [{"executor": "here", "sampler": "s0", "runner": "code"}],
        },
    }


@pytest.mark.parametrize("fresh", [False, True])
def test_killed_and_resumed_in_the_middle(campaign, fresh):
    """Protects the rule under a cluster that dies with its supervisor: after the resume run times
    on record are enough, and a straggler is ended with all that it has started.
    """
    rule = {"after": 0.9, "factor": 3}
    config = on_dask(waiting([0.05] * 10 + [300.0]), straggler=rule, fresh_process=fresh)
    dask = campaign(config)
    process = dask.supervise()
    dask.wait_for_tasks(8, process, 60)
    process.kill()
    process.communicate(timeout=30)
    dask.wait_for_no_process(40)
    dask.complete()
    failures = dask.failures()
    assert [row["kind"] for row in failures] == ["straggler"] * len(failures)
    assert "d0_b0_s10_r0" in {row["task"] for row in failures}
    wait_until(lambda: not dask.processes(), 20)
    dask.assert_sound_record()
