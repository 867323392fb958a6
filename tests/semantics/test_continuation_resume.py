"""Random campaigns whose samples start from neighbours, cut off anywhere and resumed: every choice
is right at its time, and holds.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from helpers.campaign import Campaign
from helpers.configs import Config
from helpers.continuation import check_neighbours
from helpers.shapes import sampler

_NUMBERS = itertools.count()


@st.composite
def campaigns(draw: st.DrawFn) -> Config:
    """Draw one or two stages of one or two steps; some samples fail."""
    stages = draw(st.integers(1, 2))
    steps = [draw(st.integers(1, 2)) for _ in range(stages)]
    budgets = (12,) if stages == 1 else (4, 4)
    names = [[f"r{depth}_{step}" for step in range(count)] for depth, count in enumerate(steps)]
    batch_size = st.sampled_from([None, 3])
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": draw(st.integers(1, 3))}},
        "samplers": {
            f"s{depth}": sampler("xy"[depth], budgets[depth], draw(batch_size))
            for depth in range(stages)
        },
        "runners": {
            name: {
                "type": "PythonRunner",
                "function": "helpers.parts.continuing:solve",
                "arguments": {"fails_above": draw(st.sampled_from([0.5, 0.9, 1.4, 2.0]))},
            }
            for name in itertools.chain(*names)
        },
        "supervisor": {
            "seed": draw(st.integers(0, 99)),
            "failed_steps": draw(st.sampled_from(["pass_on", "skip"])),
            "run_order": [
                {
                    "executor": ["here"] * steps[depth],
                    "sampler": f"s{depth}",
                    "runner": names[depth],
                    "start_from": draw(
                        st.sampled_from(["nearest", {"nearest": "all", "within": 0.2, "ahead": 2}])
                    ),
                    "order": draw(st.sampled_from(["drawn", "nearest"])),
                }
                for depth in range(stages)
            ],
        },
    }


def check(campaign: Campaign) -> dict[str, str]:
    """Check all choices of a complete campaign; return the neighbours."""
    found: dict[str, str] = {}
    for depth, stage in enumerate(campaign.config["supervisor"]["run_order"]):
        within = 0.2 if isinstance(stage["start_from"], dict) else float("inf")
        scale = {"x": 1.0, "y": 1.0} if depth else {"x": 1.0}
        found |= check_neighbours(campaign, scale, depth=depth, within=within)
    return found


def cut(campaign: Campaign, chance: random.Random) -> dict[tuple[int, ...], list[int]]:
    """Cut the journal anywhere behind its first line; return the choices on record of tasks that
    have no result there.
    """
    data = campaign.journal.read_bytes()
    campaign.journal.write_bytes(data[: chance.randint(data.index(b"\n") + 1, len(data))])
    open_choices: dict[tuple[int, ...], list[int]] = {}
    for record in campaign.records():
        if record["type"] == "neighbours":
            for batch, sample, step, *neighbour in record["chosen"]:
                open_choices[record["depth"], batch, sample, step] = neighbour
        elif record["type"] == "task":
            open_choices.pop(tuple(record["task"]), None)
    return open_choices


@pytest.mark.parametrize("cuts", [1, pytest.param(3, marks=pytest.mark.full)])
def test_a_campaign_cut_off_anywhere_keeps_its_choices(campaign: Campaign, cuts: int) -> None:
    """Protects resume: what was chosen for a sample that had not ended is what it starts from, to
    the last one, and everything chosen afterwards is the nearest success on record by then.
    """

    @settings(
        max_examples=4 if cuts == 1 else 60,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(campaigns(), st.integers(0, 2**32).map(random.Random))
    def runs(config: Config, chance: random.Random) -> None:
        name = f"run{next(_NUMBERS)}"
        config["supervisor"]["base_run_dir"] = name
        campaign.run_dir = campaign.root / name
        assert campaign.run(config=config) in (0, 1, 4)  # some fail, or all
        expected: dict[str, Any] = {row["run_dir"]: row for row in campaign.rows()}
        check(campaign)
        for _ in range(cuts):
            kept = cut(campaign, chance)
            note(f"open choices: {kept}")
            assert campaign.resume() in (0, 1, 4)  # some fail, or all
            found = check(campaign)
            for (depth, *task), neighbour in kept.items():
                of = "d{}_b{}_s{}_r{}".format(depth, *task)
                wanted = "d{}_b{}_s{}_r{}".format(depth, *neighbour, task[2]) if neighbour else ""
                assert found[of] == wanted
        assert {row["run_dir"] for row in campaign.rows()} == expected.keys()

    runs()
