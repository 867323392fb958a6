"""Samples that run far longer than the others are ended, once most of a batch or stage is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.ui.overview_facts import pace
from enchanted_tui.views.viewing import Viewer
from helpers.campaign import Campaign
from helpers.marks import in_full
from helpers.processes import wait_until

RULE = {"after": 0.8, "factor": 3}


def waits(rule: dict[str, Any] | None, seconds: list[float], **executor: Any) -> dict[str, Any]:
    """A campaign of programs that start others, and wait for them."""
    code = {"type": "CommandRunner", "shell": True, "command": "sleep {{ seconds }} & wait"}
    here = {"type": "LocalExecutor", "n_workers": 2, "straggler": rule, **executor}
    samples = {"type": "ArraySampler", "parameters": ["seconds"], "bounds": [seconds]}
    return {
        "executors": {"here": here},
        "samplers": {"s0": samples},
        "runners": {"code": code},
        "supervisor": {
            "base_run_dir": "run",
            "run_order": [{"executor": "here", "sampler": "s0", "runner": "code"}],
        },
    }


def kinds(campaign: Campaign) -> dict[str, str]:
    return {failure["task"]: failure["kind"] for failure in campaign.failures()}


def test_killed_and_resumed_in_the_middle(tmp_path: Path) -> None:
    """Protects the rule from a supervisor that dies: what the samples before took is on record, a
    straggler runs once more and is ended with all it has started; it can be retried.
    """
    seconds = [0.05] * 8 + [300.0, 300.0]
    campaign = Campaign.apart(tmp_path, waits({"after": 0.9, "factor": 3}, seconds))
    with campaign.at_work(8):  # 0.9 is never reached: both of the last hang
        pass
    assert not kinds(campaign)
    campaign.wait_for_no_process(20)
    campaign.config["executors"]["here"]["straggler"] = RULE
    campaign.write()
    campaign.complete()
    assert kinds(campaign) == dict.fromkeys(("d0_b0_s8_r0", "d0_b0_s9_r0"), "straggler")
    assert "usually take 0." in campaign.failures()[0]["message"]
    campaign.wait_for_no_process()
    campaign.assert_sound_record()
    without = "executors.here.straggler=null"
    process = campaign.start("--retry-failed", "run", "--set", without)
    wait_until(lambda: sum("sleep 300" in line for line in campaign.processes().values()) >= 2, 30)
    process.kill()
    process.communicate()


def test_what_is_said_while_only_stragglers_run(tmp_path: Path) -> None:
    """Protects whoever waits: nobody knows when they end, and so `--status` and the Monitor say,
    not "about 0 s left".
    """
    campaign = Campaign.apart(tmp_path, waits(None, [0.05] * 10 + [300.0, 300.0]))
    words = "waiting for 2 samples that run longer than usual, no estimate"
    with campaign.at_work(10):
        wait_until(lambda: words in campaign.command_here("--status", "run").out, 20)
        status = campaign.command_here("--status", "run").out
        viewer = Viewer(campaign.run_dir)
        assert words in pace(viewer.refresh(), 200, lambda _: "").plain
        viewer.close()
    assert "0 s left" not in status


def test_somebody_is_told_of_stragglers(tmp_path: Path) -> None:
    """Protects nodes that a few samples hold: `notify` tells that they run where nothing ends them,
    and that they were ended where a rule does.
    """
    campaign = Campaign.apart(tmp_path, waits(None, [0.05] * 19 + [300.0]))
    script = campaign.root / "tell.sh"
    script.write_text('#!/bin/sh\necho "$ENCHANTED_EVENT: $ENCHANTED_MESSAGE" >> told\n')
    script.chmod(0o755)
    campaign.config["supervisor"]["notify"] = {"command": ["./tell.sh"], "events": ["straggler"]}
    campaign.write()
    said = campaign.root / "told"
    with campaign.at_work(19):
        wait_until(said.exists, 30)
    assert "straggler: 1 task left that runs far longer (the others took 0." in said.read_text()
    said.unlink()
    campaign.wait_for_no_process(20)
    campaign.config["executors"]["here"]["straggler"] = RULE
    campaign.write()
    campaign.complete()
    wait_until(said.exists, 20)
    assert said.read_text().startswith("straggler: 1 sample has been ended as a straggler;")


@pytest.mark.full
def test_a_batch_has_its_stragglers_and_each_step_its_run_times(tmp_path: Path) -> None:
    """Protects samplers that need a whole batch: it counts, however little of the stage is done;
    and a step that takes long is judged by itself.
    """
    quick, slow = [0.02] * 9, [0.02] * 9
    config = waits(RULE, [*quick, 300.0, *slow * 6])
    config["samplers"]["s0"]["batch_size"] = 10
    config["executors"]["later"] = {"type": "LocalExecutor", "n_workers": 4, "straggler": RULE}
    config["runners"]["longer"] = {"type": "CommandRunner", "command": ["sleep", "1.5"]}
    config["supervisor"]["run_order"][0].update(
        executor=["here", "later"], runner=["code", "longer"]
    )
    campaign = Campaign.apart(tmp_path, config)
    assert campaign.run_here().code == 0
    assert kinds(campaign)["d0_b0_s9_r0"] == "straggler"
    assert set(kinds(campaign)) <= {"d0_b0_s9_r0", "d0_b0_s9_r1"}
    order = [record["task"] for record in campaign.records("task")]
    assert order.index([0, 0, 9, 0]) < 0.8 * len(order)


@pytest.mark.parametrize("share", in_full(0.5))
def test_a_time_limit_that_is_shorter_stays(tmp_path: Path, share: float) -> None:
    """Protects the kind of a failure: a sample at its time limit is no straggler."""
    config = waits({"after": share, "factor": 100}, [1.0] * 4 + [300.0], timeout_sec=4)
    campaign = Campaign.apart(tmp_path, config)
    assert campaign.run_here().code == 0
    assert kinds(campaign) == {"d0_b0_s4_r0": "timeout"}
