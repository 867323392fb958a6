"""Points that are added to a campaign whose supervisor is killed: each is run, and once."""

from __future__ import annotations

import random

import pytest

from helpers.campaign import Campaign
from helpers.marks import in_full
from helpers.processes import LIMIT
from helpers.shapes import flat, nested

SHAPES = {"flat": flat(30, 6, sleep=0.15), "nested": nested(8, 4, 3, sleep=0.15)}
ROWS = {"flat": 30 + 5, "nested": (8 + 5) * 4}


def kill(campaign: Campaign, tasks: int, pause: float) -> None:
    """Kill the supervisor a moment after so many more tasks are on record."""
    process = campaign.supervise("--run-mode", "resume" if campaign.records() else "auto")
    campaign.wait_for_tasks(campaign.finished_tasks() + tasks, process)
    (campaign.root / "p.csv").write_text("x\n" + "".join(f"0.{k}25\n" for k in range(5)))
    asked = campaign.command_here("--add-points", "p.csv", "run")
    assert asked.code == 0, asked
    campaign.command_here("--status", "run") if pause > 0.5 else None
    process.kill()
    process.communicate(timeout=LIMIT)


@pytest.mark.parametrize("shape", ["nested", *in_full("flat")])
@pytest.mark.parametrize("number", [0, *in_full(*range(1, 6))])
def test_each_is_run_once(campaign, shape, number):
    """Asked for while it runs, and again after each kill, at whatever instant that was: on record
    once, run like any other sample, beside all that the sampler draws.
    """
    chance = random.Random(f"{shape} {number}")
    killed = campaign(SHAPES[shape])
    for _ in range(2):
        kill(killed, chance.randrange(1, 6), chance.random())
    killed.complete()
    killed.wait_for_no_process()
    killed.assert_sound_record()
    assert len(killed.records("added")) == 1
    assert len(killed.rows()) == ROWS[shape]
    added = {f"0.{k}25" for k in range(5)}
    assert added <= set(killed.column("x"))
    drawn = [row for record in killed.records("samples") for row in record["rows"]]
    undisturbed = campaign(SHAPES[shape], "undisturbed")
    undisturbed.complete()
    assert drawn == [row for record in undisturbed.records("samples") for row in record["rows"]]
