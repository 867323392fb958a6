"""Samplers of somebody else's, with the interface that the older program's plugins have: drawn,
resumed, extended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from helpers.campaign import Campaign
from helpers.configs import campaign_config
from helpers.marks import in_full

COUNTING = {"type": "helpers.parts.scripted:CountingSampler", "parameters": ["x"]}
LEARNING = {"type": "helpers.parts.scripted:LearningSampler", "parameters": ["x"]}


def config(sampler: dict[str, Any], **sizes: int) -> dict[str, Any]:
    return campaign_config({**sampler, **sizes})


def drawn(campaign: Campaign) -> list[int]:
    return [int(value) for value in campaign.column("x")]


@pytest.mark.parametrize("sampler", [COUNTING, LEARNING], ids=["counting", "learning"])
def test_it_draws_its_budget_exactly(campaign: Campaign, sampler: dict[str, Any]) -> None:
    """7 in batches of 3: 3, 3 and 1."""
    assert campaign.run(config=config(sampler, budget=7, batch_size=3)) == 0
    assert drawn(campaign) == list(range(7))
    assert len(campaign.records("batch_complete")) == 3


def test_a_learning_sampler_gets_the_rows_of_every_batch_before_the_next(
    campaign: Campaign,
) -> None:
    """Each batch has seen all rows before it."""
    assert campaign.run(config=config(LEARNING, budget=7, batch_size=3)) == 0
    assert [int(value) for value in campaign.column("seen")] == [0, 0, 0, 3, 3, 3, 6]


def reading(campaign: Campaign, **sizes: int) -> dict[str, Any]:
    """A sampler that reads the dataset itself."""
    files = {
        "dataset": str(campaign.path("enchanted_dataset.csv")),
        "notes": str(campaign.root / "notes"),
    }
    return config(
        {"type": "helpers.parts.scripted:ReadingSampler", "parameters": ["x"], **files}, **sizes
    )


def test_a_sampler_told_of_results_finds_them_in_the_dataset(campaign: Campaign) -> None:
    """Samplers of the older program may read enchanted_dataset.csv: it has every row told of, in
    order, the last batch's too.
    """
    assert campaign.run(config=reading(campaign, budget=7, batch_size=3)) == 0
    notes = campaign.root / "notes"
    assert notes.read_text().splitlines() == ["3 of 3: True", "3 of 6: True", "1 of 7: True"]
    notes.unlink()
    campaign.budget(9)
    assert campaign.resume() == 0
    assert notes.read_text().splitlines() == ["7 of 7: True", "2 of 9: True"]


def test_a_killed_campaign_goes_on_though_the_sampler_cannot_skip(campaign: Campaign) -> None:
    """What is on record is drawn again and left out, in whatever batches that now comes; the
    message of a kill says that it goes on.
    """
    sampler = {
        "type": "helpers.parts.scripted:UnskippableSampler",
        "parameters": ["x"],
        "mark": str(campaign.root / "mark"),
    }
    path = campaign.write(config(sampler, budget=11, batch_size=2))
    command = [sys.executable, "-m", "enchanted_tui", str(path), "--no-ui"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        command, env=environment, cwd=campaign.root, capture_output=True, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL, ended
    assert campaign.resume() == 0
    campaign.write(config(sampler, budget=13, batch_size=5))
    assert campaign.resume() == 0
    assert drawn(campaign) == list(range(13))


@pytest.mark.parametrize("sampler", [COUNTING, *in_full(LEARNING)], ids=["counting", "learning"])
def test_a_raised_budget_goes_on_where_it_stopped(
    campaign: Campaign, sampler: dict[str, Any]
) -> None:
    """4 then 10, in batches of 2: no point twice, none left out, none run again."""
    assert campaign.run(config=config(sampler, budget=4, batch_size=2)) == 0
    campaign.budget(10)
    assert campaign.resume() == 0
    assert drawn(campaign) == list(range(10))
    assert set(campaign.executions().values()) == {1}


@pytest.mark.parametrize("sampler", [LEARNING, *in_full(COUNTING)], ids=["learning", "counting"])
def test_extending_adds_the_budget(campaign: Campaign, sampler: dict[str, Any]) -> None:
    """4 extended by 4, twice: the sampler is told of the larger budget, otherwise it would have
    nothing more to give.
    """
    assert campaign.run(config=config(sampler, budget=4, batch_size=2)) == 0
    for count in (8, 12):
        assert campaign.extend() == 0
        assert drawn(campaign) == list(range(count))


@pytest.mark.parametrize("sizes", [{"batch_size": 7}, *in_full({}, {"batch_size": 1})])
def test_another_batch_size_leaves_out_no_sample(campaign: Campaign, sizes: dict[str, int]) -> None:
    """The older program skipped batches of the present size: with 4 in batches of 2 and then
    another size it lost samples or ran none.
    """
    assert campaign.run(config=config(COUNTING, budget=4, batch_size=2)) == 0
    assert campaign.resume("--set", "samplers.s0.budget=4") == 0
    campaign.config = config(COUNTING, budget=9, **sizes)
    assert campaign.resume() == 0
    assert drawn(campaign) == list(range(9))


def test_a_sampler_that_runs_dry_says_so(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fewer samples than the budget are no error, but no secret either."""
    assert campaign.run(config=config(COUNTING, budget=6, at_most=4)) == 0
    assert drawn(campaign) == list(range(4))
    assert "nothing more to give: 4 of 6 samples" in capsys.readouterr().err


def test_a_resumed_learning_sampler_has_learnt_everything(campaign: Campaign) -> None:
    """The rows of the sessions before are given to it before it draws on."""
    assert campaign.run(config=config(LEARNING, budget=4, batch_size=2)) == 0
    campaign.budget(8)
    assert campaign.resume() == 0
    assert [int(value) for value in campaign.column("seen")] == [0, 0, 2, 2, 4, 4, 6, 6]


def test_a_plugin_can_be_an_inner_stage(campaign: Campaign) -> None:
    """Its samples are combined with every parent, as any other's."""
    inner = {
        "type": "helpers.parts.scripted:CountingSampler",
        "parameters": ["y"],
        "budget": 3,
        "batch_size": 2,
    }
    assert campaign.run(config=campaign_config({**COUNTING, "budget": 2}, inner)) == 0
    assert [(row["x"], row["y"]) for row in campaign.rows()] == [
        ("0", "0"), ("0", "1"), ("1", "0"), ("1", "1"), ("0", "2"), ("1", "2"),
    ]  # fmt: skip
