"""Samples that were killed for want of memory, and only they, run again with more of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import array_sampler
from helpers.marks import in_full
from helpers.memory_group import can_limit_memory, memory_group
from helpers.parts import hungry

#: whose limit is what was asked for, so that the kernel refuses more
NEEDS = {
    "type": "PythonRunner",
    "function": "helpers.parts.hungry:needs",
    "fresh_process": True,
    "resources": {"mem": "100M"},
}


def wants(
    runner: dict[str, Any], retry: Any, megabytes: list[float], **executor: Any
) -> dict[str, Any]:
    return {
        "executors": {
            "here": {"type": "LocalExecutor", "n_workers": 2, "memory_retry": retry, **executor}
        },
        "samplers": {"s0": array_sampler("megabytes", megabytes)},
        "runners": {"code": runner},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s0", "runner": "code"}],
        },
    }


def attempts(campaign: Campaign) -> dict[int, list[tuple[int, int, str]]]:
    """Return, by sample, number, MiB asked for and kind of failure of each attempt on record."""
    found: dict[int, list[tuple[int, int, str]]] = {}
    for record in campaign.records("task"):
        told = (record["attempt"], record["resources"]["mem"], record.get("kind", "ok"))
        found.setdefault(record["task"][2], []).append(told)
    return found


def test_killed_and_resumed_in_the_middle(tmp_path: Path) -> None:
    """Protects what was learnt from a supervisor that dies: a sample goes on with the request that
    it was at, each attempt is on record with its own, and nobody hears of those before the last.
    """
    runner = {**NEEDS, "arguments": {"seconds": 0.15}}
    campaign = Campaign.apart(tmp_path / "apart", wants(runner, 1.5, [10, 170, 2_000, 10]))
    with campaign.at_work(5):
        pass
    campaign.wait_for_no_process(20)
    before = attempts(campaign)
    campaign.complete()
    assert attempts(campaign) == {
        0: [(0, 100, "ok")],
        1: [(0, 100, "memory"), (1, 150, "memory"), (2, 225, "ok")],
        2: [(0, 100, "memory"), (1, 150, "memory"), (2, 225, "memory"), (3, 338, "memory")],
        3: [(0, 100, "ok")],
    }
    assert all(attempts(campaign)[sample][: len(made)] == made for sample, made in before.items())
    assert campaign.column("success") == ["True", "True", "False", "True"]
    [failure] = campaign.failures()
    assert (failure["task"], failure["kind"]) == ("d0_b0_s2_r0", "memory")
    assert "MemoryError" in failure["message"]
    told = campaign.command_here("--status", "run").out
    assert "killed for want of it: 2 again with more" in told
    assert "of 236 MB (" in told
    campaign.command_here("--retry-failed", "run", "--set", "executors.here.memory_retry=3")
    assert [mem for _, mem, _ in attempts(campaign)[2][4:]] == [100, 300, 900, 2700]


@pytest.mark.parametrize(
    ("retry", "asked"),
    [
        ({"factor": 4, "most": "300M"}, [100, 300]),
        (None, [100]),
        *in_full(({"factor": 2, "times": 1}, [100, 200])),
    ],
)
def test_how_far_it_goes(retry: Any, asked: list[int], tmp_path: Path) -> None:
    """Protects the limits: at most so often, never more than `most`, and not unless it is wanted."""
    campaign = Campaign.apart(tmp_path / "apart", wants(NEEDS, retry, [2_000]))
    assert campaign.run_here().code == 4
    assert [mem for _, mem, _ in attempts(campaign)[0]] == asked


@pytest.mark.skipif(not can_limit_memory(), reason="needs root, to limit memory by control groups")
def test_what_the_kernel_kills(tmp_path: Path) -> None:
    """Protects samples that a control group has no room for, programs and workers alike: they are
    told from those that somebody else has killed, which do not run again.
    """
    program = {
        "type": "CommandRunner",
        "shell": True,
        "command": "eval {{ command }}",
        "resources": {"mem": "100M"},
    }
    grows = f"exec {sys.executable} -S {hungry.__file__} until"
    commands = [f"{grows} 50", f"{grows} 140", f"{grows} 9999", "kill -9 $$"]
    config = wants(program, {"factor": 1.5, "times": 1}, [], n_workers=1)
    config["samplers"]["s0"] = array_sampler("command", commands)
    campaign = Campaign.apart(tmp_path / "programs", config)
    inside = Campaign.apart(
        tmp_path / "inside",
        wants(
            {**NEEDS, "function": "helpers.parts.hungry:grow_until"}, 1.5, [50, 140], n_workers=1
        ),
    )
    with memory_group(400) as words:
        for each in (campaign, inside):
            each.program = (*words, *each.program)
            ended = each.run_apart()
            assert ended.code == 0, ended
    assert attempts(campaign) == {
        0: [(0, 100, "ok")],
        1: [(0, 100, "memory"), (1, 150, "ok")],
        2: [(0, 100, "memory"), (1, 150, "memory")],
        3: [(0, 100, "signal")],
    }
    assert attempts(inside) == {0: [(0, 100, "ok")], 1: [(0, 100, "memory"), (1, 150, "ok")]}


def test_no_more_than_there_is(tmp_path: Path) -> None:
    """Protects from a request that nothing could ever meet, which would turn the failure into
    another one.
    """
    if not can_limit_memory():
        pytest.skip("needs root, to limit memory by control groups")
    campaign = Campaign.apart(tmp_path / "apart", wants(NEEDS, 10, [3_000]))
    with memory_group(600) as words:
        campaign.program = (*words, *campaign.program)
        assert campaign.run_apart().code == 4
    (_, first, _), (_, second, kind) = attempts(campaign)[0]
    assert (first, kind) == (100, "memory")
    assert 200 < second <= 600


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("executors", "here", "memory_retry", 0.5), "factor above 1"),
        (("executors", "here", "memory_retry", {"factr": 2}), "did you mean 'factor'"),
        (("executors", "here", "memory_retry", {"most": "much"}), "no amount of memory"),
        (("runners", "code", "resources", {"ranks": 1}), "resources: {mem: ...}"),
    ],
)
def test_what_is_said_of_a_wrong_one(
    change: tuple[Any, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Protects from an option that has no effect, or another one than was meant."""
    monkeypatch.chdir(tmp_path)
    config = wants(NEEDS, 1.5, [1])
    section, name, option, value = change
    config[section][name][option] = value
    path = Campaign(tmp_path, config).write()
    cli.main([str(path), "--check"])
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
