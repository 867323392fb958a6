"""Shares of the machine on Dask workers: what the samples themselves saw."""

from __future__ import annotations

import os
import sys
from itertools import combinations

import pytest

from helpers.dask_cluster import LOCAL

NAMES = ("began", "ended", "cpu", "gpu")
SAMPLE = """
import os, sys, time
began = time.time()
open(f"../../begun-{os.getpid()}", "w").close()
while sum(name.startswith("begun-") for name in os.listdir("../..")) < 2:
    time.sleep(0.02)  # the first two meet, however long the workers take to start
time.sleep(0.5)
print(began, time.time(), *sorted(os.sched_getaffinity(0)), os.environ["CUDA_VISIBLE_DEVICES"] or "-")
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_workers_of_one_machine_share_its_cpus_and_gpus(campaign, monkeypatch):
    """Two Dask workers are two processes that know nothing of each other: samples on both of them
    at the same time never have a CPU or a GPU in common.
    """
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    made = campaign(
        {
            "executors": {"cluster": LOCAL},
            "samplers": {
                "points": {
                    "type": "RandomSampler",
                    "parameters": ["x"],
                    "bounds": [[0, 5]],
                    "budget": 6,
                }
            },
            "runners": {
                "code": {
                    "type": "CommandRunner",
                    "resources": {"cpus_per_rank": 1, "gpus": 1},
                    "command": [sys.executable, "-c", SAMPLE, "{{ x }}"],
                    "outputs": {
                        "began": {"file": "stdout.txt", "regex": r"^(\S+)"},
                        "ended": {"file": "stdout.txt", "regex": r"^\S+ (\S+)"},
                        "cpu": {"file": "stdout.txt", "regex": r"^\S+ \S+ (\S+) "},
                        "gpu": {"file": "stdout.txt", "regex": r"(\S+)$"},
                    },
                }
            },
            "supervisor": {
                "base_run_dir": "run",
                "run_order": [{"executor": "cluster", "sampler": "points", "runner": "code"}],
            },
        },
        "dask",
    )
    ended = made.run_here()
    assert ended.code == 0, ended
    rows = [{name: float(row[name]) for name in NAMES} for row in made.rows()]
    assert len(rows) == 6
    for one, other in combinations(rows, 2):
        if one["began"] < other["ended"] and other["began"] < one["ended"]:
            assert one["cpu"] != other["cpu"]
            assert one["gpu"] != other["gpu"]
    assert {row["gpu"] for row in rows} == {0.0, 1.0}


@pytest.mark.full  # every day on workers of this machine, in test_memory_retry
def test_samples_that_lack_memory_run_again_with_more(campaign):
    """Protects `memory_retry` on Dask workers, which count the memory of their machine: each attempt
    holds what it asks for.
    """
    made = campaign(
        {
            "executors": {"cluster": {**LOCAL, "memory_retry": 2}},
            "samplers": {
                "points": {
                    "type": "ArraySampler",
                    "parameters": ["megabytes"],
                    "bounds": [[10, 230]],  # far from 200 MiB, and from 400 beside the worker's own
                }
            },
            "runners": {
                "code": {
                    "type": "PythonRunner",
                    "function": "helpers.parts.hungry:needs",
                    "fresh_process": True,
                    "resources": {"mem": "100M"},
                }
            },
            "supervisor": {
                "base_run_dir": "run",
                "run_order": [{"executor": "cluster", "sampler": "points", "runner": "code"}],
            },
        },
        "memory",
    )
    ended = made.run_here()
    assert ended.code == 0, ended
    told = [
        (record["task"][2], record["attempt"], record["resources"]["mem"], record["outcome"])
        for record in made.records("task")
    ]
    assert sorted(told) == [
        (0, 0, 100, "ok"),
        (1, 0, 100, "failed"),
        (1, 1, 200, "failed"),
        (1, 2, 400, "ok"),
    ]
