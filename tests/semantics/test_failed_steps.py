"""A step that fails in the middle: what later steps are handed, and what the dataset shows of
it.
"""

from __future__ import annotations

import ast
from typing import Any

import pytest

from helpers.campaign import Campaign
from helpers.configs import array_sampler, campaign_config

RELAY = "helpers.parts.scripted:RelayRunner"


def steps(*runners: dict[str, Any], **supervisor: Any) -> dict[str, Any]:
    """Give a campaign of one stage with x = 1 and 2, and a step for each runner."""
    names = [f"step{index}" for index in range(len(runners))]
    config = campaign_config(
        array_sampler("x", [1, 2]), runners=dict(zip(names, runners, strict=True)), **supervisor
    )
    config["supervisor"]["run_order"][0] |= {"executor": ["here"] * len(runners), "runner": names}
    return config


def handed(campaign: Campaign, sample: int, step: int) -> dict[str, Any]:
    return ast.literal_eval(campaign.path(f"data/d0_b0_s{sample}_r{step}/handed.txt").read_text())


def test_a_failed_middle_step_does_not_take_values_from_later_ones(campaign: Campaign) -> None:
    """Failing samples go on to the next step with the values they had; before, `output` was gone
    and every later step failed of it.
    """
    mesh = {"type": RELAY, "returns": {"output": 10, "mesh": 7}}
    failing = {"type": RELAY, "fails": [2]}
    assert (
        campaign.run(config=steps(mesh, failing, {"type": RELAY, "fails": [2]}, {"type": RELAY}))
        == 0
    )
    for step in (1, 2, 3):
        assert handed(campaign, 0, step) == {"x": 1, "output": [10, 1], "mesh": [7, 1]}
        assert handed(campaign, 1, step) == {"x": 2, "output": [10, 2], "mesh": [7, 2]}


def test_the_dataset_never_shows_an_older_value_for_a_step_that_failed(campaign: Campaign) -> None:
    """The row of a sample whose second step failed has no `output`, although the first step's went
    on to the third, which succeeded.
    """
    runners = (
        {"type": RELAY, "returns": {"output": 10}},
        {"type": RELAY, "returns": {"output": 20}, "fails": [2]},
        {"type": RELAY},
    )
    assert campaign.run(config=steps(*runners)) == 0
    assert campaign.column("success") == ["True", "True"]
    assert campaign.column("success_step1") == ["True", "False"]
    assert campaign.column("output") == ["[20, 1]", ""]


def test_a_later_step_that_returns_the_value_shows_its_own(campaign: Campaign) -> None:
    """What was hidden is hidden no more once a step returns it."""
    runners = (
        {"type": RELAY, "returns": {"output": 10}},
        {"type": RELAY, "fails": [2]},
        {"type": RELAY, "returns": {"output": 30}},
    )
    assert campaign.run(config=steps(*runners)) == 0
    assert campaign.column("output") == ["[30, 1]", "[30, 2]"]


def test_a_resume_between_the_steps_hands_over_the_same(campaign: Campaign) -> None:
    """Values that a failed step's row does not show are found again after an interruption."""
    flaky = {"type": "helpers.parts.scripted:RelayRunner", "fails": [2]}
    config = steps({"type": RELAY, "returns": {"output": 10}}, flaky, {"type": RELAY})
    assert campaign.run(config=config) == 0
    journal = campaign.path("state/journal.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(
        b"".join(
            line
            for line in lines
            if not (b'"task":[0,0,' in line and b',2],"outcome"' in line) and b'"end"' not in line
        )
    )
    campaign.path("data/d0_b0_s1_r2/handed.txt").unlink()
    assert campaign.resume() == 0
    assert handed(campaign, 1, 2) == {"x": 2, "output": [10, 2]}
    assert campaign.column("output") == ["[10, 1]", ""]


@pytest.mark.parametrize("fails", [[], [2]])
def test_a_runner_that_says_what_it_returns_hides_nothing_else(
    campaign: Campaign, fails: list[int]
) -> None:
    """A failed check that declares its outputs leaves an earlier step's `output` in the dataset;
    its own inherited ones it hides.
    """
    command = ["sh", "-c", f"case {{{{ x }}}} in {'2' if fails else 'none'}) exit 3;; esac; echo 1"]
    check = {
        "type": "CommandRunner",
        "command": command,
        "outputs": {"energy": {"file": "stdout.txt", "regex": r"(\d+)"}},
    }
    before = {"type": RELAY, "returns": {"output": 10, "energy": 5}}
    assert campaign.run(config=steps(before, check)) == 0
    assert campaign.column("output") == ["[10, 1]", "[10, 2]"]
    assert campaign.column("energy") == ["1.0", "" if fails else "1.0"]
