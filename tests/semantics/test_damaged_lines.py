"""A damaged line of the journal that held samples, or the list of parents: what had finished is
kept, and only what had not runs.

Every day one shape, twice; all of them six times with ``--full``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from enchanted_tui import cli
from enchanted_tui.record.folding import fold
from helpers.campaign import Campaign
from helpers.configs import (
    array_sampler,
    campaign_config,
    counting,
    lhs,
    random_sampler,
    two_stages,
)
from helpers.marks import in_full, rounds

Lines = list[bytes]


def lines_of(campaign: Campaign) -> Lines:
    return campaign.path("state/journal.jsonl").read_bytes().splitlines(keepends=True)


def put(campaign: Campaign, lines: Lines) -> None:
    campaign.path("state/journal.jsonl").write_bytes(b"".join(lines))


def damaged(lines: Lines, *numbers: int) -> Lines:
    return [
        line.replace(b'"v":1', b'"v":7') if number in numbers else line
        for number, line in enumerate(lines)
    ]


def of_kind(lines: Lines, *kinds: str) -> list[int]:
    return [
        number
        for number, line in enumerate(lines)
        if any(b'"type":"%s"' % kind.encode() in line for kind in kinds)
    ]


def names(lines: Lines) -> set[str]:
    """Give the tasks on record."""
    found = (
        line.split(b'"task":[')[1].split(b"]")[0].split(b",")
        for line in lines
        if b'"type":"task"' in line
    )
    return {"d{}_b{}_s{}_r{}".format(*(int(number) for number in task)) for task in found}


SHAPES: dict[str, Callable[[], dict[str, Any]]] = {
    "one batch": lambda: campaign_config(random_sampler(6)),
    "batches": lambda: campaign_config(random_sampler(7, 2)),
    "hypercubes": lambda: campaign_config(lhs(7, 3)),
    "nested": lambda: two_stages(array_sampler("x", [0, 1, 2]), random_sampler(4, 2, ("y",))),
    "nested, failed parents left out": lambda: two_stages(
        array_sampler("x", [0, 1, 2]), lhs(4, 2, "y"), failed_parents="skip"
    ),
    "parents in batches": lambda: two_stages(
        array_sampler("x", [0, 1, 2, 3, 4], batch_size=2), random_sampler(2, None, ("y",))
    ),
}


#: Every day the one with most kinds of lines.
TELLING = "nested, failed parents left out"


@pytest.mark.parametrize(
    "shape", [TELLING, *in_full(*(shape for shape in SHAPES if shape != TELLING))]
)
def test_whatever_line_is_damaged_and_wherever_it_was_killed(
    campaign: Campaign, shape: str
) -> None:
    """Cut the journal of a whole campaign anywhere, damage lines of samples and parents in it,
    resume: the whole dataset comes out again.

    Only what had no result runs, and what has one is as it was, to the byte.
    """
    chance = random.Random(shape)
    assert campaign.run(config=SHAPES[shape]()) == 0
    whole, rows = lines_of(campaign), campaign.rows()
    for _ in range(rounds(2, 6)):
        end = chance.randrange(2, len(whole) + 1)
        kept = whole[:end]
        candidates = of_kind(kept, "samples", "parents")
        hit = chance.sample(candidates, min(len(candidates), chance.choice((1, 1, 2))))
        put(campaign, damaged(kept, *hit))
        campaign.forget_executions()
        assert campaign.resume() == 0, (end, hit)
        assert set(campaign.executions()) == names(whole) - names(kept), (end, hit)
        assert set(campaign.executions().values()) <= {1}
        measured = [name for name in campaign.columns() if name.startswith("runtime_sec_")]
        assert [_without(row, measured) for row in campaign.rows()] == [
            _without(row, measured) for row in rows
        ], (end, hit)
        state, _ = fold(campaign.path("state/journal.jsonl"))
        assert state.complete
        assert not state.waiting_results
        assert all(
            batch.finished_at is not None for stage in state.stages for batch in stage.batches
        )
        before = lines_of(campaign)
        campaign.forget_executions()
        assert campaign.resume() == 0
        assert not campaign.executions()
        assert len(lines_of(campaign)) == len(before) + 2  # open and end


def _without(row: dict[str, str], names: list[str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in names}


def test_a_rebuild_alone_finds_all_rows_of_a_finished_campaign(campaign: Campaign) -> None:
    """Its only batch was in one line; before, the rebuilt dataset was empty."""
    assert campaign.run(config=campaign_config(random_sampler(6))) == 0
    before = {
        name: campaign.path(name).read_bytes()
        for name in ("enchanted_dataset.csv", "enchanted_failures.csv", "enchanted_run.yaml")
    }
    lines = lines_of(campaign)
    put(campaign, damaged(lines, *of_kind(lines, "samples")))
    assert cli.main(["--rebuild", str(campaign.run_dir)]) == 0
    assert {name: campaign.path(name).read_bytes() for name in before} == before


def test_results_that_wait_are_told(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a campaign that was killed nobody can say how large the batch was before its sampler is
    asked: a resume brings them back.
    """
    assert campaign.run(config=campaign_config(random_sampler(6))) == 0
    lines = lines_of(campaign)
    killed = lines[: of_kind(lines, "task")[3] + 1]
    put(campaign, damaged(killed, *of_kind(killed, "samples")))
    capsys.readouterr()
    assert cli.main(["--status", str(campaign.run_dir)]) == 0
    said = capsys.readouterr().out
    assert "held the samples of 4 results; a resume draws them again" in said
    assert "0/6 samples" in said
    assert campaign.resume() == 0
    assert sum(campaign.executions().values()) == 6 + 2
    capsys.readouterr()
    assert cli.main(["--status", str(campaign.run_dir)]) == 0
    assert "results take their place" not in capsys.readouterr().out


@pytest.mark.parametrize("sampler", [lhs, random_sampler])
def test_a_result_never_goes_to_another_sample(
    campaign: Campaign, sampler: Callable[..., dict[str, Any]]
) -> None:
    """The batch is drawn again with another size, since the configuration has other batches now:
    what is not the same sample runs again.
    """
    config = campaign_config(array_sampler("x", [10, 20]), sampler(4, None))
    config["samplers"]["s1"] |= {"parameters": ["y"]}
    config["runners"]["r1"]["add"] = ["x", "y"]
    assert campaign.run(config=config) == 0
    lines = lines_of(campaign)
    put(campaign, damaged(lines[:-4], *of_kind(lines, "samples")[1:]))
    config["samplers"]["s1"]["batch_size"] = 3
    campaign.forget_executions()
    assert campaign.resume() == 0
    assert len(campaign.rows()) == 8
    assert {(row["x"], row["y"]) for row in campaign.rows()} == {
        (x, y) for x in ("10", "20") for y in {row["y"] for row in campaign.rows()}
    }
    assert len({row["y"] for row in campaign.rows()}) == 4
    assert all(float(row["output"]) == float(row["x"]) + float(row["y"]) for row in campaign.rows())
    assert set(campaign.executions().values()) <= {1}
    assert not fold(campaign.path("state/journal.jsonl"))[0].waiting_results


@pytest.mark.parametrize("batch", [1, *in_full(0, 2)])
def test_a_plugin_that_replays(campaign: Campaign, batch: int) -> None:
    """What it has drawn is taken from the rows, whether or not it would draw the same again."""
    assert campaign.run(config=campaign_config(counting(7, 3))) == 0
    lines, rows = lines_of(campaign), campaign.rows()
    put(campaign, damaged(lines[:-2], of_kind(lines, "samples")[batch]))
    campaign.forget_executions()
    assert campaign.resume() == 0
    assert not campaign.executions()
    assert campaign.rows() == rows
    assert campaign.extend() == 0
    assert campaign.column("x") == [str(number) for number in range(14)]


def test_failures_come_back_once(campaign: Campaign) -> None:
    """Failed tasks among the results that waited are in the failures file, each once, and can be
    run again.
    """
    runner = {
        "type": "helpers.parts.scripted:TracingRunner",
        "add": ["x"],
        "fail_when": {"x": [2, 3]},
    }
    assert (
        campaign.run(
            config=campaign_config(array_sampler("x", [1, 2, 3, 4]), runners={"r0": runner})
        )
        == 0
    )
    failures = sorted(row["task"] for row in campaign.failures())
    lines = lines_of(campaign)
    put(campaign, damaged(lines[:-3], *of_kind(lines, "samples")))
    for _ in range(2):
        assert campaign.resume() == 0
        assert sorted(row["task"] for row in campaign.failures()) == failures
    campaign.forget_executions()
    assert cli.main(["--retry-failed", str(campaign.run_dir)]) == 0
    assert sorted(campaign.executions()) == failures
