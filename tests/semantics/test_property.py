"""Random small campaigns: every output file against a simple model, and the files against each
other.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from enchanted_tui import cli, values
from enchanted_tui.config.lookup import find
from helpers.campaign import Campaign
from helpers.files import h5_rows, read_h5, read_parquet
from helpers.marks import rounds
from helpers.model import ModelStage, Row, header, run_model, with_run_times
from helpers.parts.scripted import BEHAVIOURS

SEED = 11

#: Files that are byte for byte the same whenever they are written from the same journal.
EXACT = (
    "enchanted_dataset.csv",
    "last_complete_enchanted_dataset.csv",
    "enchanted_failures.csv",
    "enchanted_run.yaml",
)

# -- random campaigns ------------------------------------------------------------------------------


@st.composite
def samplers(draw: st.DrawFn, depth: int, most: int) -> Row:
    """Draw a sampler of at most `most` samples; its parameters are called p<depth>_<index>."""
    kind = draw(
        st.sampled_from(
            [
                "RandomSampler",
                "SobolSequenceSampler",
                "LatinHypercubeSampler",
                "GridSampler",
                "ArraySampler",
            ]
        )
    )
    names = [f"p{depth}_{index}" for index in range(draw(st.integers(1, 2)))]
    sampler: Row = {"type": kind, "parameters": names}
    if kind == "ArraySampler":
        value = st.one_of(
            st.integers(-9, 9),
            st.sampled_from(["L", 'a "b", c', "", "007", "True"]),
            st.floats(0, 1),
        )
        sampler["bounds"] = [
            draw(st.lists(value, min_size=1, max_size=max(1, most // (index * most or 1))))
            for index in range(len(names))
        ]
    elif kind == "GridSampler":
        sampler["bounds"] = [[-1.0, 1.0]] * len(names)
        sampler["num_samples"] = [
            draw(st.integers(1, max(1, most))) if index == 0 else 1 for index in range(len(names))
        ]
    else:
        sampler["bounds"] = [[-1.0, 1.0]] * len(names)
        sampler["budget"] = draw(st.sampled_from([*range(1, most + 1)] * 3 + [0]))
    if draw(st.booleans()):
        sampler["batch_size"] = draw(st.integers(1, 4))
    return sampler


@st.composite
def campaigns(draw: st.DrawFn) -> Row:
    """Draw a campaign of 1 to 3 stages with 1 to 3 steps each, and options that change what becomes
    of failures.
    """
    n_stages = draw(st.integers(1, 3))
    most = {1: 7, 2: 5, 3: 3}[n_stages]
    runners = {}
    for name in ("alpha", "beta", "gamma", "delta"):
        chances = draw(
            st.lists(st.integers(0, 3), min_size=len(BEHAVIOURS), max_size=len(BEHAVIOURS)).filter(
                any
            )
        )
        runners[name] = {
            "type": "helpers.parts.scripted:ScriptedRunner",
            "salt": draw(st.integers(0, 99)),
            "chances": chances,
        }
    order = []
    for depth in range(n_stages):
        steps = draw(st.lists(st.sampled_from(sorted(runners)), min_size=1, max_size=3))
        order.append({"executor": ["here"] * len(steps), "sampler": f"s{depth}", "runner": steps})
    return {
        "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {f"s{depth}": draw(samplers(depth, most)) for depth in range(n_stages)},
        "runners": runners,
        "storage": {"type": draw(st.sampled_from(["hdf5", "none"]))},
        "supervisor": {
            "base_run_dir": draw(st.sampled_from(["run", "./run"])),
            "seed": SEED,
            "summary_datatype": draw(st.sampled_from(["csv", "parquet"])),
            "failed_steps": draw(st.sampled_from(["pass_on", "skip"])),
            "failed_parents": draw(st.sampled_from(["expand", "skip"])),
            "save_files": draw(st.sampled_from(["all", "custom", "none"])),
            "run_order": order,
        },
    }


def drawn_by(sampler: Row, depth: int) -> list[list[Row]]:
    """Give the batches that a sampler must give, its points computed apart from the campaign."""
    points = _points(sampler)
    total = len(points) if points is not None else sampler["budget"]
    size = sampler.get("batch_size") or max(total, 1)
    batches = []
    for number, first in enumerate(range(0, total, size)):
        count = min(size, total - first)
        if points is not None:
            batches.append(points[first : first + count])
        else:
            options = {name: value for name, value in sampler.items() if name != "type"}
            alone = find("sampler", sampler["type"]).cls(**options)
            alone.place(SEED, depth)
            batches.append(alone.points(number, first, count, 0, count))
    return batches


def _points(sampler: Row) -> list[Row] | None:
    """Give all points of a sampler that has a fixed number of them."""
    if sampler["type"] == "ArraySampler":
        axes = sampler["bounds"]
    elif sampler["type"] == "GridSampler":
        axes = [
            numpy.linspace(low, high, count).tolist()
            for (low, high), count in zip(sampler["bounds"], sampler["num_samples"], strict=True)
        ]
    else:
        return None
    return [
        dict(zip(sampler["parameters"], point, strict=True)) for point in itertools.product(*axes)
    ]


# -- the checks ------------------------------------------------------------------------------------


@contextmanager
def empty_directory() -> Iterator[Campaign]:
    """A campaign in an empty working directory of its own."""
    before, variable = Path.cwd(), "SEMANTICS_RUNS"
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        os.environ[variable] = str(Path(name) / "runs.log")
        try:
            yield Campaign(Path(name))
        finally:
            os.chdir(before)
            del os.environ[variable]


def check(config: Row) -> None:
    """Run a campaign and compare everything it leaves with the model."""
    note(yaml.safe_dump(config, sort_keys=False))
    stages = run_model(
        config,
        [drawn_by(sampler, depth) for depth, sampler in enumerate(config["samplers"].values())],
    )
    with empty_directory() as campaign:
        code = campaign.run(config=config)
        last = next((stage for stage in reversed(stages) if stage.samples), None)
        assert code == (
            4 if last is not None and all(steps[-1].failed for steps in last.samples) else 0
        )
        measured = check_journal(campaign, stages)
        expected = [list(with_run_times(stage.rows, measured)) for stage in stages]
        check_datasets(campaign, stages, expected)
        check_failures(campaign, stages, measured)
        check_hdf5(campaign, config, stages, expected)
        check_parquet(campaign, config, expected)
        check_run_state(campaign, stages)
        check_run_directories(campaign, config, stages, measured)
        check_again(campaign, stages)


def check_journal(campaign: Campaign, stages: list[ModelStage]) -> dict[Any, float]:
    """Every task is on record once, with exactly the model's row; give the measured run times."""
    records = {tuple(record["task"]): record for record in campaign.records("task")}
    assert len(records) == len(campaign.records("task"))
    tasks = [task for stage in stages for task in stage.tasks]
    assert set(records) == {task.key for task in tasks}
    measured = {key: record["runtime"] for key, record in records.items()}
    for task in tasks:
        record = records[task.key]
        (expected,) = with_run_times([task.row], measured)
        assert list(record["row"].items()) == list(expected.items())
        assert record.get("kind", "ok") == task.kind
    executed = {task.name for task in tasks if task.kind != "skipped"}
    assert campaign.executions() == dict.fromkeys(executed, 1)
    return measured


def check_datasets(campaign: Campaign, stages: list[ModelStage], expected: list[list[Row]]) -> None:
    """The dataset holds the deepest stage that has rows, the last complete one the stage before;
    columns in their order.
    """
    deepest = max((depth for depth, stage in enumerate(stages) if stage.samples), default=None)
    if deepest is None:
        assert not campaign.path("enchanted_dataset.csv").exists()
        return
    assert_csv(campaign, "enchanted_dataset.csv", expected[deepest])
    held_back = deepest if deepest < len(stages) - 1 else deepest - 1
    if held_back >= 0:
        assert_csv(campaign, "last_complete_enchanted_dataset.csv", expected[held_back])
    else:
        assert not campaign.path("last_complete_enchanted_dataset.csv").exists()


def assert_csv(campaign: Campaign, name: str, rows: list[Row]) -> None:
    columns = header(rows)
    assert campaign.columns(name) == columns
    assert campaign.rows(name) == [
        {column: values.cell(row.get(column)) for column in columns} for row in rows
    ]


def check_failures(
    campaign: Campaign, stages: list[ModelStage], measured: dict[Any, float]
) -> None:
    """One line for each failed task, with its inputs."""
    failed = {task.name: task for stage in stages for task in stage.tasks if task.failed}
    lines = campaign.failures()
    assert sorted(line["task"] for line in lines) == sorted(failed)
    for line in lines:
        task = failed[line["task"]]
        (inputs,) = with_run_times([task.inputs], measured)
        assert (line["kind"], line["run_dir"]) == (task.kind, task.row["run_dir"])
        assert list(json.loads(line["params"]).items()) == list(inputs.items())
        assert line["message"]


def check_hdf5(
    campaign: Campaign, config: Row, stages: list[ModelStage], expected: list[list[Row]]
) -> None:
    """One group for each sample of every stage, the dataset's rows together, truth values as 0 and
    1.
    """
    path = campaign.path("runs.h5")
    if config["storage"]["type"] == "none":
        assert not path.exists()
        return
    content = read_h5(path)
    names = [steps[-1].name for stage in stages for steps in stage.samples]
    rows = [row for stage_rows in expected for row in stage_rows]
    runs = content["data"].get("runs", {})
    assert set(runs) == set(names)
    for name, row in zip(names, rows, strict=True):
        assert h5_rows(runs[name]) == [
            in_hdf5({column: value for column, value in row.items() if column != "run_dir"})
        ]
    deepest = next((stage_rows for stage_rows in reversed(expected) if stage_rows), [])
    assert h5_rows(content["data"]["aggregated"]) == [in_hdf5(row) for row in deepest]
    groups = content["metadata"]["run_groups"]
    for depth, entry in enumerate(config["supervisor"]["run_order"]):
        assert groups[str(depth)] == {
            "@sampler": config["samplers"][entry["sampler"]]["type"],
            "@executors": ["LocalExecutor"] * len(entry["runner"]),
            "@runners": ["ScriptedRunner"] * len(entry["runner"]),
        }


def in_hdf5(row: Row) -> Row:
    """Give a row as runs.h5 shows it: every number a float; empty text is as good as none."""
    held = {name: value if isinstance(value, str) else float(value) for name, value in row.items()}
    return {name: value for name, value in held.items() if value != ""}


def check_parquet(campaign: Campaign, config: Row, expected: list[list[Row]]) -> None:
    """The Parquet copy has the dataset's columns and rows, in types where a column has one, else as
    text.
    """
    deepest = next((rows for rows in reversed(expected) if rows), None)
    path = campaign.path("enchanted_dataset.parquet")
    if config["supervisor"]["summary_datatype"] == "csv" or deepest is None:
        assert not path.exists()
        return
    found, columns = read_parquet(path), header(deepest)
    assert [list(row) for row in found] == [columns] * len(deepest)
    for column in columns:
        held = [row.get(column) for row in deepest]
        mixed = any(isinstance(value, str) for value in held) and not all(
            isinstance(value, str) for value in held if value is not None
        )
        shown = [None if value is None else values.cell(value) for value in held] if mixed else held
        assert [row[column] for row in found] == shown


def check_run_state(campaign: Campaign, stages: list[ModelStage]) -> None:
    """enchanted_run.yaml stands at the last batch of the deepest stage that has run."""
    path = campaign.path("enchanted_run.yaml")
    for depth in reversed(range(len(stages))):
        if stages[depth].samples:
            sizes = stages[depth].batch_sizes
            assert (
                path.read_text()
                == f"batch_number: {len(sizes) - 1}\ndepth: {depth}\nsubmitted_samples:"
                f" {sum(sizes)}\n"
            )
            return
    assert not path.exists()


def check_run_directories(
    campaign: Campaign, config: Row, stages: list[ModelStage], measured: dict[Any, float]
) -> None:
    """A directory for each task that was run, its datapoint the same row; only what `save_files`
    keeps is left.
    """
    found = {path.name for path in campaign.path("data").iterdir()}
    if config["supervisor"]["save_files"] != "all":
        assert not found  # a custom list that is empty keeps nothing
        return
    tasks = [task for stage in stages for task in stage.tasks if task.kind != "skipped"]
    assert found == {task.name for task in tasks}
    for task in tasks:
        (row,) = with_run_times([task.row], measured)
        assert_csv(campaign, f"data/{task.name}/enchanted_datapoint.csv", [row])


def check_again(campaign: Campaign, stages: list[ModelStage]) -> None:
    """A rebuild gives the same files; a resume runs nothing and leaves them alone."""
    before = {
        name: campaign.path(name).read_bytes() for name in EXACT if campaign.path(name).exists()
    }
    progress = campaign.path("logs/all_progress.txt")
    reports = progress.read_text().count("=== PROGRESS REPORT ===") if progress.exists() else 0
    assert reports == sum(
        len(stage.batch_sizes) * len(stage.samples[0]) for stage in stages if stage.samples
    )
    for name in before:
        campaign.path(name).unlink()
    assert cli.main(["--rebuild", str(campaign.run_dir)]) == 0
    assert {
        name: campaign.path(name).read_bytes() for name in EXACT if campaign.path(name).exists()
    } == before
    executions = campaign.executions()
    assert campaign.resume() in (0, 4)
    assert campaign.executions() == executions
    assert {
        name: campaign.path(name).read_bytes() for name in EXACT if campaign.path(name).exists()
    } == before


# -- growing ---------------------------------------------------------------------------------------


@st.composite
def growing_campaigns(draw: st.DrawFn) -> tuple[Row, Row]:
    """Draw a campaign and the same one with larger budgets and other batches."""
    first = draw(campaigns())
    for depth in range(len(first["samplers"])):
        kind = draw(st.sampled_from(["RandomSampler", "SobolSequenceSampler"]))
        budget = draw(st.integers(0, 3))
        first["samplers"][f"s{depth}"] = {
            "type": kind,
            "parameters": [f"p{depth}_0"],
            "bounds": [[0.0, 1.0]],
            "budget": budget,
        }
    first["supervisor"]["save_files"] = "all"
    second = copy.deepcopy(first)
    for sampler in second["samplers"].values():
        sampler["budget"] += draw(st.integers(0, 2))
        if draw(st.booleans()):
            sampler["batch_size"] = draw(st.integers(1, 3))
    return first, second


def check_growth(first: Row, second: Row) -> None:
    """Run the smaller campaign, then go on to the larger one: the rows are the larger one's, and
    nothing ran twice.
    """
    note(yaml.safe_dump(second, sort_keys=False))
    stages = run_model(
        second,
        [drawn_by(sampler, depth) for depth, sampler in enumerate(second["samplers"].values())],
    )
    with empty_directory() as campaign:
        assert campaign.run(config=first) in (0, 4)
        campaign.config = second
        assert campaign.resume() in (0, 4)
        tasks = [task for stage in stages for task in stage.tasks]
        assert (
            sum(campaign.executions().values())
            == len(campaign.executions())
            == sum(task.kind != "skipped" for task in tasks)
        )
        found = campaign.rows() if campaign.path("enchanted_dataset.csv").exists() else []
        deepest = next((stage.rows for stage in reversed(stages) if stage.samples), [])
        columns = [name for name in header(deepest) if not name.startswith("run")]
        assert sorted([row[name] for name in columns] for row in found) == sorted(
            [values.cell(row.get(name)) for name in columns] for row in deepest
        )
        assert (
            len({row["run_dir"] for row in found}) == len(found)
            or second["supervisor"]["failed_steps"] == "skip"
        )
        assert len(campaign.failures()) == sum(task.failed for task in tasks)


#: Failing campaigns are small as they are; making them smaller would take minutes.
_SETTINGS: Row = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "database": None,
    "phases": [Phase.generate],
}


@settings(max_examples=rounds(6, 25), **_SETTINGS)
@given(campaigns())
def test_every_file_says_what_the_model_says(config: Row) -> None:
    """Dataset, last complete dataset, failures, runs.h5, Parquet, journal, run directories: all as
    defined, for any small campaign.
    """
    check(config)


@pytest.mark.full
@settings(max_examples=300, **_SETTINGS)
@given(campaigns())
def test_every_file_says_what_the_model_says_at_length(config: Row) -> None:
    """The same for many more campaigns."""
    check(config)


@settings(max_examples=rounds(3, 12), **_SETTINGS)
@given(growing_campaigns())
def test_a_grown_campaign_has_the_rows_of_the_larger_one(campaigns: tuple[Row, Row]) -> None:
    """Whatever budgets and batches change between two sessions: all combinations once, with the
    values of one longer campaign.
    """
    check_growth(*campaigns)


@pytest.mark.full
@settings(max_examples=150, **_SETTINGS)
@given(growing_campaigns())
def test_a_grown_campaign_has_the_rows_of_the_larger_one_at_length(
    campaigns: tuple[Row, Row],
) -> None:
    """The same for many more campaigns."""
    check_growth(*campaigns)
