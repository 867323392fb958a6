"""Nested stages: children begin as soon as their parents have rows, or when the stage before is
complete, and everything that is written is the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.errors import ExitCode
from enchanted_tui.record.state import CampaignState
from helpers.campaign import Campaign
from helpers.configs import Config, array_sampler, campaign_config, counting, random_sampler
from helpers.marks import in_full
from helpers.processes import LIMIT, finish, wait_until
from helpers.shapes import after_stage, deep, nested, skipping

_ROUGH = deep(5, 4, 3, mischief=True, sleep=[0.0, 0.02])

SHAPES: dict[str, Config] = {
    "two stages": nested(6, 5, 2, mischief=True, sleep=[0.0, 0.02]),
    "three stages": _ROUGH,
    "failed parents left out": skipping(_ROUGH),
    "steps": skipping(nested(7, 4, 3, inner_steps=2, mischief=True)),
    "one sample a batch": deep(4, 3, 2, mischief=True),
}
for _part in SHAPES["one sample a batch"]["samplers"].values():
    _part["batch_size"] = 1
EVERYDAY = "failed parents left out"


@pytest.mark.parametrize(
    "shape", [EVERYDAY, *in_full(*(name for name in SHAPES if name != EVERYDAY))]
)
def test_the_same_files_either_way(tmp_path: Path, shape: str) -> None:
    """Names, numbers, rows and their order, failures, reports: all but run times are those of
    stages one after another.
    """
    found = []
    for name, config in (("parent", SHAPES[shape]), ("stage", after_stage(SHAPES[shape]))):
        (tmp_path / name).mkdir()
        campaign = Campaign.apart(tmp_path / name, config)
        ended = campaign.run_here()
        assert ended.code == 0, ended
        campaign.assert_sound_record()
        found.append((campaign.contents(), campaign))
    (streamed, first), (barrier, second) = found
    second.assert_like(streamed)
    first.assert_like(barrier)
    assert _ran_ahead(first) and not _ran_ahead(second)


def _ran_ahead(campaign: Campaign) -> bool:
    """Tell whether a task of a stage is on record before the one before is complete."""
    complete = -1
    for record in campaign.records():
        if record["type"] == "stage_complete":
            complete = record["depth"]
        elif record["type"] == "task" and record["task"][0] > complete + 1:
            return True
    return False


# -- when children begin ---------------------------------------------------------------------------


def _gated(start: str | None = None, **more: Any) -> Config:
    """Return a campaign whose last parent ends only when a child has begun."""
    config = campaign_config(
        array_sampler("x", [1, 2, 3]),
        random_sampler(4, 2, ("y",)),
        runners={
            "r0": {
                "type": "helpers.parts.scripted:WaitingParentRunner",
                "gate": "gate",
                "parameter": "x",
                "last": 3,
            },
            "r1": {"type": "helpers.parts.scripted:ChildRunner", "gate": "gate", **more},
        },
    )
    if start is not None:
        config["supervisor"]["run_order"][1]["start"] = start
    return config


@pytest.mark.parametrize("start", [None, "after_parent"])
def test_children_run_while_a_parent_is_still_at_work(
    campaign: Campaign, start: str | None
) -> None:
    """All children of the two parents that have rows run, of both batches, before the third one
    ends.
    """
    assert campaign.run(config=_gated(start, after=8)) == 0
    begun = campaign.begun()
    before = begun[: begun.index("d0_b0_s2_r0_ended")]
    assert {name for name in before if name.startswith("d1_")} == {
        f"d1_b{batch}_s{sample}_r0" for batch in range(2) for sample in range(4)
    }
    assert len(campaign.rows()) == 12


def test_after_stage_waits_for_all_parents(campaign: Campaign) -> None:
    """No child begins before the last parent has ended."""
    (campaign.root / "gate").touch()
    assert campaign.run(config=_gated("after_stage")) == 0
    begun = campaign.begun()
    first = next(place for place, name in enumerate(begun) if name.startswith("d1_"))
    assert sum(name.endswith("_ended") for name in begun[:first]) == 3


def test_learning_samplers_and_those_of_others_wait(campaign: Campaign) -> None:
    """A class that does not say that it draws without results gets all of its parents at once."""
    config = campaign_config(
        array_sampler("x", [1, 2, 3]),
        {"type": "helpers.parts.scripted:CountingSampler", "budget": 2, "parameters": ["y"]},
    )
    assert campaign.run(config=config) == 0
    assert not _ran_ahead(campaign)
    assert [record["ranges"] for record in campaign.records("parents")] == [[[0, 0, 3]]]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": "after_parents"}, "after_parent"),
        (
            {"start": "after_parent", "start_from": "nearest"},
            "samples begin in the order of their distances",
        ),
        ({"start": "after_parent", "sampler": "s2"}, "the sampler 's2' may learn from results"),
        ({"start": "after_parent", "sampler": "s3"}, "only one that has `points` can draw"),
    ],
)
def test_a_start_that_cannot_hold_is_an_error(
    campaign: Campaign, capsys: pytest.CaptureFixture[str], change: Config, sentence: str
) -> None:
    """It is said where it is written, and why."""
    config = campaign_config(array_sampler("x", [1, 2]), random_sampler(2, None, ("y",)))
    config["samplers"]["s2"] = {
        "type": "helpers.parts.scripted:CountingSampler",
        "budget": 2,
        "parameters": ["y"],
    }
    config["samplers"]["s3"] = {"type": "helpers.parts.scripted:PlainIndependentSampler"}
    config["supervisor"]["run_order"][1].update(change)
    assert campaign.run(config=config) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert sentence in said and "start" in said
    line = next(line for line in said.splitlines() if sentence in line)
    assert f"{campaign.config_path.name}:" in line


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "each begins as soon as its parent has its row"),
        ({"start": "after_stage"}, "stage before is complete: start: after_stage"),
        ({"sampler": "s2"}, "stage before is complete: the sampler 's2' may learn from results"),
        ({"executor": "other"}, "stage before is complete: it has workers of its own"),
    ],
)
def test_a_dry_run_says_why_a_stage_waits(
    campaign: Campaign, capsys: pytest.CaptureFixture[str], change: Config, sentence: str
) -> None:
    """Protects whoever wonders why most workers wait for the last parent: the reason, beforehand."""
    config = campaign_config(array_sampler("x", [1, 2]), random_sampler(2, None, ("y",)))
    config["samplers"]["s2"] = {
        "type": "helpers.parts.scripted:CountingSampler",
        "budget": 2,
        "parameters": ["y"],
    }
    config["executors"]["other"] = {"type": "LocalExecutor", "n_workers": 1}
    config["supervisor"]["run_order"][1].update(change)
    assert cli.main([str(campaign.write(config)), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert sentence in said and said.count("stage before is complete") == bool(change)
    assert cli.main([str(campaign.config_path), "--dry-run", "--json"]) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert stages[0]["waits_because"] == "" and bool(stages[1]["waits_because"]) == bool(change)


def test_the_first_stage_has_no_parents(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that could have no effect is an error too."""
    config = campaign_config(array_sampler("x", [1, 2]))
    config["supervisor"]["run_order"][0]["start"] = "after_stage"
    assert campaign.run(config=config) == ExitCode.USAGE
    assert "the first stage has no parents" in capsys.readouterr().err


def test_workers_of_its_own_keep_a_stage_waiting(campaign: Campaign) -> None:
    """Two pools of this machine together may be too many for it: they work one after the other,
    unless it is asked for.
    """
    config = campaign_config(array_sampler("x", [1, 2, 3]), random_sampler(4, None, ("y",)))
    config["executors"]["other"] = {"type": "LocalExecutor", "n_workers": 1}
    config["supervisor"]["run_order"][1]["executor"] = "other"
    assert campaign.run(config=config) == 0
    assert not _ran_ahead(campaign)


def test_two_stages_are_shown_and_given_points(campaign: Campaign) -> None:
    """While a parent runs, everybody is told of both stages, and points reach either of them."""
    campaign.write(_gated(after=1_000))
    process = campaign.supervise()
    try:
        campaign.wait_for_tasks(2 + 8, process)
        live = campaign.path("state/live.json")
        wait_until(lambda: json.loads(live.read_text())["depths"] == [0, 1], LIMIT, "both stages")
        told = campaign.command_here("--status", "run").out
        assert [line for line in told.splitlines() if line.endswith("in progress")] == [
            line for line in told.splitlines() if line.startswith("  stage ")
        ]
        for stage, text in ((0, "x\n4\n"), (1, "y\n0.5\n")):
            (campaign.root / f"{stage}.csv").write_text(text)
            assert (
                campaign.command_here(
                    "--add-points", f"{stage}.csv", "run", "--stage", str(stage)
                ).code
                == 0
            )
        campaign.wait_for_tasks(2 + 8 + 1 + 4 + 3, process)
        assert not [line for line in campaign.begun() if line == "d0_b0_s2_r0_ended"]
        (campaign.root / "gate").touch()
        assert finish(process).code == 0
    finally:
        process.kill()
        process.communicate()
    assert len(campaign.rows()) == 4 * 5
    assert {"d1_b2_s0_r0", "d1_b2_s3_r0", "d0_b1_s0_r0"} <= set(campaign.begun())


# -- going on --------------------------------------------------------------------------------------


def test_extended_either_way(campaign: Campaign) -> None:
    """25 children and 25 more for each parent are the 50 of one campaign, also where the way in
    which they start is changed in between.
    """
    whole = campaign_config(random_sampler(3), random_sampler(50, None, ("y",)))
    assert campaign.run(config=whole) == 0
    expected = sorted(campaign.column("output"))
    campaign.run_dir.rename(campaign.root / "whole")
    half = campaign_config(random_sampler(3), random_sampler(25, None, ("y",)))
    assert campaign.run(config=half) == 0
    assert len(campaign.rows()) == 75
    half["supervisor"]["run_order"][1]["start"] = "after_stage"
    campaign.write(half)
    assert campaign.extend() == 0
    assert sorted(campaign.column("output")) == expected


def test_more_parents_for_what_was_complete(campaign: Campaign) -> None:
    """New parents take places at the end; the dataset has the rows of all in the end."""
    config = campaign_config(
        random_sampler(3), random_sampler(2, None, ("y",)), random_sampler(2, 1, ("z",))
    )
    assert campaign.run(config=config) == 0
    before = campaign.rows()
    campaign.forget_executions()
    campaign.write(config)
    campaign.budget(5)
    assert campaign.resume() == 0
    after = campaign.rows()
    assert [row for row in after if row in before] == before and len(after) == 20
    assert len(campaign.begun()) == 2 + 4 + 8


def test_the_first_children_beside_new_parents(campaign: Campaign) -> None:
    """Protects the dataset of a stage that was complete without a sample, since its parents had
    failed, and runs now while its parents do: it has the rows of one stage, and those that a
    rebuild gives, at each end of a session.
    """
    config = campaign_config(
        counting(1),
        array_sampler("y", [1, 2]),
        random_sampler(2, None, ("z",)),
        runners={
            "r0": {
                "type": "helpers.parts.scripted:TracingRunner",
                "add": ["x"],
                "fail_when": {"x": [0]},
            },
            "r1": {
                "type": "helpers.parts.scripted:WaitingParentRunner",
                "gate": "gate",
                "parameter": "y",
                "last": 2,
            },
        },
        failed_parents="skip",
    )
    assert campaign.run(config=config) == 4
    campaign.budget(2)
    campaign.write(campaign.config)
    process = campaign.supervise("--run-mode", "resume")
    try:
        campaign.wait_for_tasks(1 + 1 + 1 + 2, process)  # parents, a child, two of its children
        assert campaign.command_here("--control", "abort", "run").code == 0
    finally:
        ended = finish(process)
    assert ended.code == ExitCode.INTERRUPTED, ended
    before = campaign.rows()
    assert [row["y"] for row in before] == ["1", "1"] and all(row["z"] for row in before)
    names = ("enchanted_dataset.csv", "last_complete_enchanted_dataset.csv")
    files = [campaign.path(name).read_bytes() for name in names]
    assert campaign.command_here("--rebuild", "run").code == 0
    assert [campaign.path(name).read_bytes() for name in names] == files
    (campaign.root / "gate").touch()
    assert campaign.resume() == 0
    after = campaign.rows()
    assert [row["y"] for row in after] == ["1", "1", "2", "2"] and after[:2] == before
    assert len(campaign.rows(names[1])) == 2


# -- the record ------------------------------------------------------------------------------------


def test_the_list_of_parents_only_grows(campaign: Campaign) -> None:
    """Wherever the journal ends, the fold has a beginning of the final list, and every result in
    its place.
    """
    config = campaign_config(
        random_sampler(6, 2, ("p0_0",)),
        random_sampler(4, 2, ("p1_0",)),
        random_sampler(2, 1, ("p2_0",)),
        failed_parents="skip",
    )
    for depth in (0, 1):
        config["runners"][f"r{depth}"] = {
            "type": "helpers.parts.scripted:ScriptedRunner",
            "salt": 5,
            "chances": [3, 0, 0, 1, 1],
        }
    assert campaign.run(config=config) in (0, ExitCode.FAILURES)
    lines = campaign.journal.read_bytes().splitlines(keepends=True)
    final = _folded(lines)
    assert any(record.get("after") for record in campaign.records("parents"))
    state, offset = CampaignState(), 0
    for line in lines:
        state.apply(json.loads(line), offset)
        offset += len(line)
        assert not state.irregular and not state.waiting_results
        for stage, whole in zip(state.stages[1:], final.stages[1:], strict=False):
            places = [stage.parent(index) for index in range(stage.n_parents)]
            assert places == [whole.parent(index) for index in range(stage.n_parents)]


def _folded(lines: list[bytes]) -> CampaignState:
    state, offset = CampaignState(), 0
    for line in lines:
        state.apply(json.loads(line), offset)
        offset += len(line)
    return state


def test_a_lost_or_doubled_line_of_parents_is_mended(campaign: Campaign) -> None:
    """Whichever line of the list is missing, or there twice, a resume has every row again."""
    config = skipping(deep(5, 3, 2, mischief=True))
    config["supervisor"] |= {"base_run_dir": "run", "seed": 7}
    assert campaign.run(config=config) in (0, ExitCode.FAILURES)
    whole, rows = campaign.journal.read_bytes().splitlines(keepends=True), campaign.rows()
    places = [place for place, line in enumerate(whole) if json.loads(line)["type"] == "parents"]
    for place in (places[0], places[-1]):
        for lines in (whole[:place] + whole[place + 1 :], whole[:place] + whole[place - 1 :]):
            campaign.journal.write_bytes(b"".join(lines))
            assert campaign.resume() in (0, ExitCode.FAILURES)
            assert _inputs(campaign.rows()) == _inputs(rows)


def _inputs(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    return [(row["run_dir"], row["x"], row["y"], row["z"]) for row in rows]
