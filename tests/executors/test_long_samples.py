"""Samples that are continued: from their checkpoints, in their own directory, whoever was killed.

The truth comes from the code, which writes down from which checkpoint it went on and what it wrote.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from helpers import long_code
from helpers.campaign import Campaign
from helpers.marks import in_full
from helpers.processes import Finished, finish, wait_until

Configure = Callable[..., Campaign]


@pytest.fixture
def of_long_code(tmp_path: Path) -> Configure:
    """Make a campaign of samples of the long code."""

    def make(samples: int, steps: int, seconds: float, *words: str, **restart: Any) -> Campaign:
        log = tmp_path / "case" / "runs.log"
        config = {
            "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
            "samplers": {
                "s": {
                    "type": "ArraySampler",
                    "parameters": ["x"],
                    "bounds": [list(range(samples))],
                }
            },
            "runners": {"code": long_code.runner(log, steps, seconds, *words, **restart)},
            "supervisor": {
                "run_order": [{"executor": "here", "sampler": "s", "runner": "code"}],
            },
        }
        return Campaign.apart(tmp_path / "case", config)

    return make


def retry(campaign: Campaign, change: str) -> Finished:
    """Run what has failed again, with one change of the option `restart`."""
    run_dir = str(campaign.run_dir)
    return campaign.command_here(
        "--retry-failed", run_dir, "--set", f"runners.code.restart.{change}"
    )


def run_dirs(campaign: Campaign) -> list[Path]:
    return sorted((campaign.run_dir / "data").rglob("d0_*"))


@pytest.mark.parametrize("layout", ["flat", *in_full("spread")])
def test_a_code_that_asks_to_go_on(of_long_code: Configure, layout: str) -> None:
    """Protects codes with a limit of their own: they go on until they are done, with the output of
    each run kept, and the row says how often.
    """
    campaign = of_long_code(2, 10, 0.02, "stop=4", exit_codes=[85])
    campaign.config["supervisor"]["run_directories"] = layout
    campaign.write()
    assert campaign.run_here().code == 0
    found = long_code.check(campaign.log, 10, 2)
    assert all([run.wrote for run in lives] == [4, 8, 10] for lives in found.values())
    assert [(row["result"], row["restarts_code"]) for row in campaign.rows()] == [("15.0", "2")] * 2
    assert len(run_dirs(campaign)) == 2
    for run_dir in run_dirs(campaign):
        outputs = [run_dir / f"stdout.txt{number}" for number in (".1", ".2", "")]
        assert [path.read_text().split()[:2] for path in outputs] == [
            ["from", str(step)] for step in (0, 4, 8)
        ]
    assert all(float(row["runtime_sec_code"]) > 10 * 0.02 for row in campaign.rows())


@pytest.mark.parametrize("blow", ["kill", *in_full("abort")])
def test_going_on_after_the_supervisor_has_ended(of_long_code: Configure, blow: str) -> None:
    """Protects long samples on this machine: killed with the supervisor, or ended by an abort, they
    go on from the last checkpoint; an abort has them write one more.
    """
    campaign = of_long_code(2, 30, 0.1, signal="USR1", exit_codes=[85])
    for number in range(1, 4):
        running = campaign.supervise("--run-mode", "auto")
        wait_until(partial(each_has_run, campaign, 2, number), what="a checkpoint of each")
        if blow == "abort":
            running.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            running.send_signal(signal.SIGTERM)
        else:
            running.kill()
        finish(running)
    if blow == "abort":
        ends = [run.end for lives in long_code.runs(campaign.log).values() for run in lives]
        assert set(ends) == {"stops"}
    campaign.complete()
    found = long_code.check(campaign.log, 30, 2)
    assert all(len(lives) == 4 for lives in found.values())
    assert [row["restarts_code"] for row in campaign.rows()] == ["3", "3"]


def each_has_run(campaign: Campaign, samples: int, times: int) -> bool:
    """Tell whether each sample has begun so often, and has written checkpoints since."""
    found = long_code.runs(campaign.log)
    return len(found) == samples and all(
        len(lives) == times and lives[-1].wrote >= lives[-1].start + 2 for lives in found.values()
    )


def test_a_sample_that_does_not_advance_is_given_up(of_long_code: Configure) -> None:
    """Protects core-hours: a sample that is to go on again and again without a checkpoint fails as
    any whose worker was lost.
    """
    campaign = of_long_code(1, 5, 0.01, "stop=0", exit_codes=[85])
    assert campaign.run_here().code == 4
    [failure] = campaign.failures()
    assert failure["kind"] == "lost"
    assert "changed no file that matches restart.*" in failure["message"]
    assert len(long_code.runs(campaign.log)["d0_b0_s0_r0"]) == 2  # max_retries is 1
    assert campaign.rows()[0]["restarts_code"] == "1"


def test_a_sample_that_goes_on_too_often(of_long_code: Configure) -> None:
    """Protects core-hours, and what was done with them: after `most` times the sample has failed,
    and tried again with more it goes on where it stopped.
    """
    campaign = of_long_code(1, 10, 0.01, "stop=2", exit_codes=[85], most=2)
    assert campaign.run_here().code == 4
    [failure] = campaign.failures()
    assert failure["kind"] == "timeout"
    assert "raise restart: most" in failure["message"]
    assert retry(campaign, "most=4").code == 0
    assert [run.start for run in long_code.check(campaign.log, 10, 1)["d0_b0_s0_r0"]] == [
        *(0, 2, 4, 6, 8),
    ]


def test_a_sample_that_failed_of_itself_begins_anew(of_long_code: Configure) -> None:
    """Protects against going on from a checkpoint that may be the reason of the failure."""
    campaign = of_long_code(1, 6, 0.01, "stop=4", exit_codes=[7])
    assert campaign.run_here().code == 4
    [failure] = campaign.failures()
    assert failure["kind"] == "exit"
    assert retry(campaign, "exit_codes=[85]").code == 0
    assert [run.start for run in long_code.runs(campaign.log)["d0_b0_s0_r0"]] == [0, 0, 4]
    assert campaign.rows()[0]["restarts_code"] == "1"


def test_inputs_are_not_put_over_checkpoints(of_long_code: Configure, tmp_path: Path) -> None:
    """Protects a code that begins from a file which it overwrites: that is an input once."""
    campaign = of_long_code(1, 10, 0.01, "stop=3", exit_codes=[85])
    (campaign.root / "restart.dat").write_text("2")
    campaign.config["runners"]["code"] |= {
        "copy": ["restart.dat"],
        "files": {"deck.inp": "x = {{ x }}"},
    }
    campaign.write()
    assert campaign.run_here().code == 0
    assert [run.start for run in long_code.runs(campaign.log)["d0_b0_s0_r0"]] == [2, 5, 8]
    [run_dir] = run_dirs(campaign)
    state = json.loads((run_dir / "enchanted_restart.json").read_text())
    assert state["restarts"] == 2


def test_a_directory_of_before_restart_was_configured(of_long_code: Configure) -> None:
    """Protects whoever learns of `restart` when the first walltime is over: the sample goes on."""
    campaign = of_long_code(1, 30, 0.05)
    restart = campaign.config["runners"]["code"].pop("restart")
    campaign.write()
    running = campaign.supervise()
    wait_until(lambda: campaign.log.exists() and " wrote 5 " in campaign.log.read_text())
    running.kill()
    finish(running)
    campaign.config["runners"]["code"]["restart"] = restart
    campaign.write()
    campaign.complete()
    first, second = long_code.runs(campaign.log)["d0_b0_s0_r0"]
    assert second.start >= first.wrote >= 5
    assert campaign.rows()[0]["restarts_code"] == "1"


def test_a_function_that_is_continued(of_long_code: Configure) -> None:
    """Protects Python codes: a function goes on in its directory, by sys.exit or by the exception
    for it, and finds how often it has been.
    """
    campaign = of_long_code(1, 1, 0.0)
    campaign.config["runners"]["code"] = {
        "type": "PythonRunner",
        "function": "helpers.parts.going_on:go_on",
        "restart": {"keep": ["step"], "exit_codes": [85]},
    }
    campaign.write()
    assert campaign.run_here().code == 0
    [row] = campaign.rows()
    assert (row["seen"], row["restarts_code"]) == ("0 1 2", "2")
