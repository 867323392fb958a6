"""Samples hold shares of this machine; the truth comes from the commands, each of which writes down
what it finds and when it lived.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from enchanted_tui.executors.pool import holding
from enchanted_tui.resources import DEVICE_VARIABLES
from helpers.campaign import Campaign
from helpers.marks import in_full

CPUS = sorted(os.sched_getaffinity(0))
#: Begin and end, CPUs, GPUs, threads, slot, attempt, whether there is a directory of its own.
COMMAND = """\
b=$(date +%s%N); c=$(sed -n 's/Cpus_allowed_list:[[:space:]]*//p' /proc/self/status); sleep 0.3
[ -d "$TMPDIR" ] && d=yes
echo "$b $(date +%s%N) $c [$CUDA_VISIBLE_DEVICES] $OMP_NUM_THREADS $ENCHANTED_SLOT $ENCHANTED_ATTEMPT $d $TMPDIR" > log
{{ x }}
"""


def config(resources: dict[str, Any], samples: int, **executor: Any) -> dict[str, Any]:
    return {
        "executors": {"here": {"type": "LocalExecutor", **executor}},
        "samplers": {
            "s0": {"type": "ArraySampler", "parameters": ["x"], "bounds": [["true"] * samples]}
        },
        "runners": {
            "code": {
                "type": "CommandRunner",
                "shell": True,
                "resources": resources,
                "command": COMMAND,
                "outputs": {"code": {"exit_code": True}},
            }
        },
        "supervisor": {
            "base_run_dir": "run",
            "seed": 1,
            "run_order": [{"executor": "here", "sampler": "s0", "runner": "code"}],
        },
    }


def logs(campaign: Campaign) -> list[list[str]]:
    found = [path.read_text().split() for path in campaign.root.rglob("log")]
    return sorted(found)


def overlap(those: list[list[str]]) -> bool:
    return any(int(after[0]) < int(before[1]) for before, after in pairwise(sorted(those)))


@pytest.mark.skipif(len(CPUS) < 2, reason="needs two CPUs")
def test_samples_are_bound_to_cpus_of_their_own(
    campaign: Callable[..., Campaign],
) -> None:
    """Protects run times: samples beside each other never share a CPU, and all CPUs are used."""
    made = campaign(config({"cpus_per_rank": 1}, 3 * len(CPUS)))
    ended = made.run_here()
    assert ended.code == 0, (ended, made.failures())
    found = logs(made)
    assert {int(words[2]) for words in found} == set(CPUS)
    for cpu in CPUS:
        assert not overlap([words for words in found if words[2] == str(cpu)])
    assert {words[4] for words in found} == {"1"}
    assert {words[7] for words in found} == {"yes"}
    assert not any(os.path.exists(words[8]) for words in found)


def test_a_sample_with_threads_has_all_its_cpus(campaign: Callable[..., Campaign]) -> None:
    """Protects threaded codes: as many threads as CPUs, and none beside them."""
    made = campaign(config({"cpus_per_rank": len(CPUS)}, 3))
    ended = made.run_here()
    assert ended.code == 0, (ended, made.failures())
    found = logs(made)
    assert {words[4] for words in found} == {str(len(CPUS))}
    assert not overlap(found)


@pytest.mark.skipif(len(CPUS) < 2, reason="needs two CPUs")
@pytest.mark.parametrize(
    ("gpus", "seen", "shared"),
    [
        (1, {"[0]", "[3]"}, False),
        (0.5, {"[0]"}, True),
        *in_full((2, {"[0,3]"}, False), (0, {"[]"}, True)),
    ],
)
def test_each_sample_sees_its_own_gpus(
    gpus: float, seen: set[str], shared: bool, campaign: Callable[..., Campaign]
) -> None:
    """Protects the second GPU from idling, and the first from two samples that need all of it."""
    made = campaign(config({"gpus": gpus}, 4, n_workers=2))
    made.environment["CUDA_VISIBLE_DEVICES"] = "0,3"
    ended = made.run_here()
    assert ended.code == 0, (ended, made.failures())
    found = logs(made)
    assert {words[3] for words in found} == seen
    for device in seen:
        assert overlap([words for words in found if words[3] == device]) == shared


def test_samples_without_room_are_refused_before_anything_runs(
    campaign: Callable[..., Campaign],
) -> None:
    """Protects from finding out at night: a sample that fits nowhere is an error at the start; one
    whose size depends on it fails alone.
    """
    made = campaign(config({"cpus_per_rank": 4000}, 1))
    ended = made.run_here()
    assert ended.code == 2, ended
    assert "no sample can run on the executor 'here'" in ended.err
    assert not made.run_dir.exists()

    changed = config({"cpus_per_rank": "{{ x }}"}, 1)
    changed["samplers"]["s0"]["bounds"] = [[4000, 1]]
    changed["runners"]["code"]["command"] = "echo {{ x }} > log"
    made = campaign(changed, "varied")
    ended = made.run_here()
    assert [path.read_text() for path in made.root.rglob("log")] == ["1\n"], ended
    [failure] = made.failures()
    assert "it needs 4000 CPUs" in str(failure)


FUNCTION = """\
import os, time

def code(x):
    began = time.time()
    time.sleep(0.3)
    cpus = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    gpus, threads = os.environ["CUDA_VISIBLE_DEVICES"], os.environ["OMP_NUM_THREADS"]
    return {"began": began, "ended": time.time(), "cpus": cpus, "gpus": gpus, "threads": threads}
"""


@pytest.mark.skipif(len(CPUS) < 2, reason="needs two CPUs")
@pytest.mark.parametrize("fresh", [False, True])
def test_functions_hold_shares(fresh: bool, campaign: Callable[..., Campaign]) -> None:
    """Protects Python codes: each sample has a CPU and a GPU of its own, also in a process of its
    own, and nothing is left of its share for a sample after it.
    """
    changed = config({"gpus": 1}, 1)
    changed["samplers"]["s0"]["bounds"] = [[1, 2, 3, 4]]
    changed["runners"]["code"] = {
        "type": "PythonRunner",
        "function": "held:code",
        "resources": {"gpus": 1},
        "fresh_process": fresh,
    }
    made = campaign(changed)
    (made.root / "held.py").write_text(FUNCTION)
    made.environment["CUDA_VISIBLE_DEVICES"] = "1,2"
    ended = made.run_here()
    assert ended.code == 0, ended
    rows = made.rows()
    assert {row["gpus"] for row in rows} == {"1", "2"}
    assert {row["threads"] for row in rows} == {"1"}
    for name in ("gpus", "cpus"):
        for held in {row[name] for row in rows}:
            spans = sorted((row["began"], row["ended"]) for row in rows if row[name] == held)
            assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_devices_of_amd_are_shown_by_their_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects codes on AMD's GPUs: each variable that is set chooses among what the one before has
    left, so the ids stand in one of them alone.
    """
    monkeypatch.setattr(holding.os.path, "exists", lambda path: path == "/dev/kfd")
    assert holding._devices((1, 3)) == {
        "ROCR_VISIBLE_DEVICES": "1,3",
        "CUDA_VISIBLE_DEVICES": None,
        "HIP_VISIBLE_DEVICES": None,
        "GPU_DEVICE_ORDINAL": None,
    }
    monkeypatch.setattr(holding.os.path, "exists", lambda path: False)
    for name in DEVICE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert holding._devices((1, 3)) == {"CUDA_VISIBLE_DEVICES": "1,3"}
