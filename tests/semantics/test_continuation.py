"""Samples that start from their nearest neighbour: which one, what they are given, and what is said
where that cannot be.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import Config, random_sampler
from helpers.continuation import check_neighbours, neighbours_in

SOLVE = {"type": "PythonRunner", "function": "helpers.parts.continuing:solve"}


def continued(
    *samplers: dict[str, Any], runner: dict[str, Any] = SOLVE, steps: int = 1, **stage: Any
) -> Config:
    """Return a configuration in which each stage starts from neighbours."""
    samplers = samplers or (random_sampler(30, parameters=("x", "y")),)
    names = [f"r{step}" for step in range(steps)]
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {f"s{depth}": dict(sampler) for depth, sampler in enumerate(samplers)},
        "runners": {
            f"{name}_{depth}": dict(runner) for name in names for depth in range(len(samplers))
        },
        "supervisor": {
            "base_run_dir": "run",
            "seed": 7,
            "run_order": [
                {
                    "executor": ["here"] * steps,
                    "sampler": f"s{depth}",
                    "runner": [f"{name}_{depth}" for name in names],
                    "start_from": "nearest",
                    **stage,
                }
                for depth in range(len(samplers))
            ],
        },
    }


def failing(limit: float) -> dict[str, Any]:
    return {**SOLVE, "arguments": {"fails_above": limit}}


def chains(campaign: Campaign) -> dict[str, str]:
    """Return what each successful sample has left, by task."""
    return {
        os.path.basename(row["run_dir"]): row["chain"]
        for row in campaign.rows()
        if row["success"] == "True"
    }


@pytest.mark.parametrize("order", ["drawn", "nearest"])
def test_each_sample_starts_from_the_nearest_success(campaign: Campaign, order: str) -> None:
    """Protects the choice: the nearest success on record, never a failure, and its files are there
    for the sample, which the chains that the runner writes show.
    """
    assert campaign.run(config=continued(runner=failing(1.3), order=order)) == 0
    found = check_neighbours(campaign, {"x": 1.0, "y": 1.0})
    assert len(found) == 30
    assert 2 <= list(found.values()).count("") < 10
    assert 0 < len(campaign.failures()) < 15
    written = chains(campaign)
    for task, neighbour in found.items():
        if task in written:
            assert int(written[task]) == (int(written[neighbour]) + 1 if neighbour else 0)
    assert campaign.column("neighbour_r0_0") == [found[f"d0_b0_s{n}_r0"] for n in range(30)]


def test_the_order_spreads_out_from_what_has_succeeded(campaign: Campaign) -> None:
    """Protects `order: nearest`: with one worker each sample begins next to what is done, so that
    steps are shorter than in the order of drawing, and rows stay in that order.
    """
    lengths = {}
    for order in ("drawn", "nearest"):
        campaign.run_dir = campaign.root / order
        config = continued(random_sampler(40, parameters=("x",)), order=order)
        config["executors"]["here"]["n_workers"] = 1
        config["supervisor"]["base_run_dir"] = order
        assert campaign.run(config=config) == 0
        found = check_neighbours(campaign, {"x": 1.0})
        x = {os.path.basename(row["run_dir"]): float(row["x"]) for row in campaign.rows()}
        assert list(x) == [f"d0_b0_s{n}_r0" for n in range(40)]
        lengths[order] = sum(abs(x[task] - x[other]) for task, other in found.items() if other)
    assert lengths["nearest"] < 0.5 * lengths["drawn"]


def test_stages_and_steps_each_have_their_own_neighbours(campaign: Campaign) -> None:
    """Protects nested stages and sequential steps: neighbours are of the same step, the distance
    counts what the stages before have drawn too, and each step has a column.
    """
    config = continued(
        random_sampler(5), random_sampler(4, parameters=("y",)), runner=failing(1.2), steps=2
    )
    assert campaign.run(config=config) == 0
    found = check_neighbours(campaign, {"x": 1.0})
    found |= check_neighbours(campaign, {"x": 1.0, "y": 1.0}, depth=1)
    assert len(found) == 2 * (5 + 20)
    for task, neighbour in found.items():
        assert not neighbour or neighbour[-1] == task[-1]
    assert {"neighbour_r0_0", "neighbour_r1_0", "neighbour_r0_1", "neighbour_r1_1"} <= set(
        campaign.columns()
    )


def test_nothing_is_chosen_ahead_of_the_workers(campaign: Campaign) -> None:
    """Protects late choices: with one worker each sample knows all those before it; `ahead` hands
    out more, which then know less.
    """
    for ahead in (0, 3):
        config = continued(
            random_sampler(12, parameters=("x", "y")),
            start_from={"nearest": "all", "ahead": ahead},
        )
        campaign.run_dir = campaign.root / f"ahead{ahead}"
        config["supervisor"]["base_run_dir"] = f"ahead{ahead}"
        config["executors"]["here"]["n_workers"] = 1
        assert campaign.run(config=config) == 0
        check_neighbours(campaign, {"x": 1.0, "y": 1.0})
        waiting = most = 0
        for record in campaign.records():
            waiting += len(record["chosen"]) if record["type"] == "neighbours" else 0
            waiting -= record["type"] == "task"
            most = max(most, waiting)
        assert most == 1 + ahead


def test_distances_are_scaled(campaign: Campaign) -> None:
    """Protects the metric: bounds, a width of one's own, logarithms, text that differs, and how far
    a neighbour may be.
    """
    start_from = {"nearest": ["kind", "rate", "x"], "scale": {"x": 0.5}, "within": 0.9}
    config = continued(runner={"type": "helpers.parts.continuing:NotingRunner"})
    sampler = {
        "type": "NestedSampler",
        "samplers": {
            "kinds": {"type": "ArraySampler", "parameters": ["kind"], "bounds": [["L", "H"]]},
            "rates": random_sampler(10, parameters=("rate",), distribution="loguniform")
            | {"bounds": [[1e-6, 1.0]]},
            "xs": random_sampler(2),
        },
    }
    config["samplers"]["s0"] = sampler
    config["supervisor"]["run_order"][0]["start_from"] = start_from
    assert campaign.run(config=config) == 0
    records = campaign.records()
    for record in records:
        if record["type"] == "task":
            record["row"]["rate"] = math.log(record["row"]["rate"])
    scale = {"kind": 1.0, "rate": math.log(1e6), "x": 0.5}
    found = neighbours_in(records, scale, within=0.9)
    assert len(found) == 40
    assert 2 <= list(found.values()).count("") < 20
    assert campaign.column("given") == campaign.column("neighbour_r0_0")


def test_what_a_command_is_given(campaign: Campaign) -> None:
    """Protects the placeholder: a copied or linked file is left out for a cold start, an expression
    gives something else, and elsewhere it is an empty text.
    """
    runner = {
        "type": "CommandRunner",
        "shell": True,
        "copy": {
            "before.txt": "{{ neighbour_run_dir }}/restart.txt",
            "other.txt": "{{ neighbour_run_dir or '" + str(campaign.root) + "' }}/restart.txt",
        },
        "link": ["{{ neighbour_run_dir }}/restart.txt"],
        "environment": {"FROM": "{{ neighbour_run_dir }}"},
        "files": {"deck": "{% if neighbour_run_dir %}restart{% else %}cold{% endif %}\n"},
        "command": 'rm -f restart.txt; echo {{ x }} > restart.txt; echo "$FROM" > from.txt;'
        " ls > listing.txt",
        "outputs": {
            "deck": {"file": "deck", "text": True},
            "listing": {"file": "listing.txt", "text": True},
            "before": {"file": "before.txt", "text": True, "default": "none"},
            "other": {"file": "other.txt", "text": True},
            "begun_from": {"file": "from.txt", "text": True},
        },
    }
    (campaign.root / "restart.txt").write_text("the first")
    assert campaign.run(config=continued(random_sampler(8), runner=runner)) == 0
    found = check_neighbours(campaign, {"x": 1.0})
    rows = {os.path.basename(row["run_dir"]): row for row in campaign.rows()}
    for task, neighbour in found.items():
        row = rows[task]
        if neighbour:
            assert row["deck"].strip() == "restart"
            assert row["before"].strip() == row["other"].strip() == rows[neighbour]["x"]
            assert row["begun_from"].strip() == str(campaign.path(f"data/{neighbour}"))
        else:
            assert (row["deck"].strip(), row["before"]) == ("cold", "none")
            assert (row["other"], row["begun_from"].strip()) == ("the first", "")
            assert "before.txt" not in row["listing"]


@pytest.mark.full
def test_several_samples_in_one_call(campaign: Campaign) -> None:
    """Protects `batch`: a call is still given several samples, each with a neighbour of its own."""
    config = continued(runner={"type": "helpers.parts.continuing:ManyNotingRunner"})
    config["executors"]["here"]["n_workers"] = 1
    assert campaign.run(config=config) == 0
    check_neighbours(campaign, {"x": 1.0, "y": 1.0})
    assert campaign.column("given") == campaign.column("neighbour_r0_0")
    assert max(campaign.numbers("together")) > 1


@pytest.mark.full
def test_a_sampler_that_learns(campaign: Campaign) -> None:
    """Protects samplers that draw batch after batch: neighbours come from all batches."""
    sampler = {
        "type": "BayesianOptimizationSampler",
        "parameters": ["x", "y"],
        "bounds": [[0.0, 1.0], [0.0, 1.0]],
        "observations": ["chain"],
        "budget": 8,
        "initial_samples": 4,
        "acquisition_batch_size": 2,
    }
    assert campaign.run(config=continued(sampler, order="nearest")) == 0
    found = check_neighbours(campaign, {"x": 1.0, "y": 1.0})
    assert len(found) == 8
    assert all(name for task, name in found.items() if not task.startswith("d0_b0"))


@pytest.mark.full
@pytest.mark.dask
def test_on_dask_workers(campaign: Campaign) -> None:
    """Protects Dask: samples there are given their neighbours too."""
    config = continued(random_sampler(8))
    config["executors"]["here"] = {
        "type": "DaskExecutor",
        "LocalCluster_config": {"n_workers": 2, "threads_per_worker": 1},
    }
    assert campaign.run(config=config) == 0
    found = check_neighbours(campaign, {"x": 1.0})
    written = chains(campaign)
    for task, neighbour in found.items():
        assert int(written[task]) == (int(written[neighbour]) + 1 if neighbour else 0)


def test_without_the_option_nothing_changes(campaign: Campaign) -> None:
    """Protects other campaigns: no column, no record, and a function with the argument starts
    cold.
    """
    config = continued(random_sampler(4))
    del config["supervisor"]["run_order"][0]["start_from"]
    assert campaign.run(config=config) == 0
    assert not [name for name in campaign.columns() if name.startswith("neighbour")]
    assert campaign.records("neighbours") == []
    assert campaign.column("chain") == ["0"] * 4


def test_failures_that_run_again_have_more_to_choose_from(campaign: Campaign) -> None:
    """Protects `--retry-failed`: the failed samples choose anew, among all that have succeeded
    since.
    """
    config = continued(runner=failing(1.0))
    assert campaign.run(config=config) == 0
    failed = {row["task"] for row in campaign.failures()}
    change = ("--set", "runners.r0_0.arguments.fails_above=1.5")
    assert cli.main(["--retry-failed", str(campaign.run_dir), *change]) == 0
    found = check_neighbours(campaign, {"x": 1.0, "y": 1.0})
    assert failed
    assert all(found[task] for task in failed)
    assert len(campaign.failures()) < len(failed)


def test_a_campaign_may_begin_to_continue_later(campaign: Campaign) -> None:
    """Protects resume with `start_from` added: rows of before count as neighbours, and have an
    empty cell.
    """
    config = continued(random_sampler(5))
    start_from = config["supervisor"]["run_order"][0].pop("start_from")
    assert campaign.run(config=config) == 0
    config["supervisor"]["run_order"][0]["start_from"] = start_from
    config["samplers"]["s0"]["budget"] = 9
    campaign.config = config
    assert campaign.resume() == 0
    assert [bool(name) for name in campaign.column("neighbour_r0_0")] == [False] * 5 + [True] * 4


# -- run directories that are gone -----------------------------------------------------------------


def test_a_neighbour_without_its_directory_is_not_chosen(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    """Protects a campaign whose run directories somebody has removed: others are chosen, without
    any left samples start cold, and that is said.
    """
    config = continued(random_sampler(6))
    assert campaign.run(config=config) == 0
    for number in range(3):
        shutil.rmtree(campaign.path(f"data/d0_b0_s{number}_r0"))
    config["samplers"]["s0"]["budget"] = 12
    campaign.config = config
    assert campaign.resume() == 0
    assert "3 run directories of finished samples are gone" in caplog.text
    chosen = campaign.column("neighbour_r0_0")[6:]
    assert not {f"d0_b0_s{number}_r0" for number in range(3)} & set(chosen)
    assert all(chosen)


def test_what_was_chosen_and_is_gone_is_chosen_anew(
    campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    """Protects a resume between which a chosen neighbour was removed: another one takes its place,
    on record and with a notice.
    """
    config = continued(random_sampler(8))
    config["executors"]["here"]["n_workers"] = 1
    assert campaign.run(config=config) == 0
    task, neighbour = cut_behind_a_choice(campaign)
    shutil.rmtree(campaign.path(f"data/{neighbour}"))
    assert campaign.resume() == 0
    assert f"{task} was to start from {neighbour}, which is gone" in caplog.text
    found = check_neighbours(campaign, {"x": 1.0}, gone=True)
    assert found[task] not in ("", neighbour)


def test_what_was_chosen_stays(campaign: Campaign) -> None:
    """Protects a resume: a sample that had not ended starts from the very neighbour on record."""
    config = continued(random_sampler(8))
    config["executors"]["here"]["n_workers"] = 1
    assert campaign.run(config=config) == 0
    task, neighbour = cut_behind_a_choice(campaign)
    assert campaign.resume() == 0
    assert check_neighbours(campaign, {"x": 1.0})[task] == neighbour


def cut_behind_a_choice(campaign: Campaign) -> tuple[str, str]:
    """Cut the journal behind the fifth choice, as a kill does; return task and neighbour."""
    lines = campaign.journal.read_bytes().splitlines(keepends=True)
    ends = [n for n, line in enumerate(lines) if b'"type":"neighbours"' in line]
    campaign.journal.write_bytes(b"".join(lines[: ends[4] + 1]))
    batch, sample, step, *neighbour = json.loads(lines[ends[4]])["chosen"][0]
    return f"d0_b{batch}_s{sample}_r{step}", "d0_b{}_s{}_r{}".format(*neighbour, step)


def test_only_with_the_files_it_takes(campaign: Campaign) -> None:
    """Protects `files`: a success that has not left them is passed over."""
    config = continued(random_sampler(10), start_from={"nearest": "all", "files": ["restart.txt"]})
    assert campaign.run(config=config) == 0
    for number in range(0, 10, 2):
        campaign.path(f"data/d0_b0_s{number}_r0/restart.txt").unlink()
    config["samplers"]["s0"]["budget"] = 20
    campaign.config = config
    assert campaign.resume() == 0
    for name in campaign.column("neighbour_r0_0")[10:]:
        assert name not in {f"d0_b0_s{number}_r0" for number in range(0, 10, 2)}


@pytest.mark.parametrize("save_files", ["none", "custom"])
def test_files_stay_until_nobody_starts_from_them(campaign: Campaign, save_files: str) -> None:
    """Protects `save_files`: run directories are removed when the campaign is complete, not
    before.
    """
    config = continued(random_sampler(12))
    config["supervisor"] |= {"save_files": save_files}
    if save_files == "custom":
        config["supervisor"]["save_files_list"] = ["restart.txt"]
    assert campaign.run(config=config) == 0
    found = check_neighbours(campaign, {"x": 1.0})
    assert len(campaign.failures()) == 0
    assert list(found.values()).count("") <= 2
    left = sorted(path.name for path in campaign.path("data").glob("*/*"))
    assert left == (["restart.txt"] * 12 if save_files == "custom" else [])


def test_what_would_run(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    """Protects `--dry-run`: it says what the distance is measured in."""
    config = continued(order="nearest")
    assert cli.main([str(campaign.write(config)), "--dry-run"]) == 0
    assert "each starts from its nearest neighbour in x, y" in capsys.readouterr().out


# -- what the check says ---------------------------------------------------------------------------


def check(campaign: Campaign, config: Config) -> int:
    return cli.main([str(campaign.write(config)), "--check"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start_from": "next"}, ("run_order[0].start_from", "'nearest' or a mapping")),
        ({"start_from": {"nearest": ["z"]}}, ("nearest[0]", "no sampler draws 'z'")),
        ({"start_from": {"nearest": ["xx"]}}, ("did you mean",)),
        ({"start_from": {"nearest": []}}, ("names no parameter",)),
        ({"start_from": {"within": 0.1}}, ("start_from.nearest", "is required")),
        ({"start_from": {"nearest": "all", "scale": {"z": 1.0}}}, ("scale.z", "not measured in")),
        ({"start_from": {"nearest": "all", "scale": {"x": 0}}}, ("scale.x", "> 0")),
        ({"start_from": {"nearest": "all", "files": ["../a"]}}, ("files[0]", "below a run")),
        ({"start_from": {"nearest": "all", "withn": 0.1}}, ("did you mean 'within'",)),
        ({"start_from": None, "order": "nearest"}, ("order", "write start_from: nearest")),
        ({"order": "closest"}, ("order", "'drawn', 'nearest'")),
        ({"start_form": "nearest"}, ("no such key", "did you mean 'start_from'")),
    ],
)
def test_mistakes_are_named(
    campaign: Campaign,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    words: tuple[str, ...],
) -> None:
    """Protects the check: each mistake with its place and what to write instead."""
    check(campaign, continued(**change))
    said = "".join(capsys.readouterr())
    for word in words:
        assert word in said


def test_a_placeholder_without_the_option(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever writes the placeholder and forgets the stage: the remedy is named."""
    runner = {
        "type": "CommandRunner",
        "command": ["cat", "{{ neighbour_run_dir }}/a"],
        "outputs": {"a": {"file": "stdout.txt", "text": True}},
    }
    config = continued(runner=runner)
    del config["supervisor"]["run_order"][0]["start_from"]
    assert check(campaign, config) == 2
    said = "".join(capsys.readouterr())
    assert "'neighbour_run_dir'" in said
    assert "start_from: nearest" in said


def test_an_option_that_nothing_uses(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever asks for neighbours and does not use them, or has their files removed."""
    runner = {
        "type": "CommandRunner",
        "command": ["echo", "{{ x }}", "{{ y }}"],
        "outputs": {"a": {"file": "stdout.txt", "text": True}},
    }
    config = continued(runner=runner)
    config["supervisor"]["save_files"] = "none"
    assert check(campaign, config) == 0
    said = "".join(capsys.readouterr())
    assert "uses neighbour_run_dir, so every sample starts cold" in said
    assert "save_files: none removes files then" in said


def test_what_reaches_how_far_is_not_known(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects samplers of others: without bounds, the width has to be said, and then it works."""
    config = continued(random_sampler(4), random_sampler(3, parameters=("y",)))
    stage = config["supervisor"]["run_order"][1]
    stage["start_from"] = {"nearest": ["chain", "y"]}
    assert check(campaign, config) == 2
    assert "scale: {chain: 1.0}" in "".join(capsys.readouterr())
    stage["start_from"]["scale"] = {"chain": 2.0}
    assert campaign.run(config=config) == 0
    check_neighbours(campaign, {"x": 1.0})
