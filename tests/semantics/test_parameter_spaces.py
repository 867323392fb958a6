"""Described parameters, constraints and derived columns through the front door."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import cli
from helpers.campaign import Campaign
from helpers.configs import campaign_config
from helpers.files import journal_records, read_csv

SAMPLER: dict[str, Any] = {
    "type": "RandomSampler",
    "parameters": {
        "T": {"low": 1, "high": 100, "scale": "log", "unit": "keV"},
        "k": {"low": 1, "high": 8, "integer": True},
        "label": {"choice": ["a", "b"]},
    },
    "constraints": ["k * T < 50", "label == 'a' or k > 2"],
    "derived": {"kT": "k * T"},
    "budget": 25,
    "batch_size": 10,
}
RUNNER: dict[str, Any] = {
    "type": "SumRunner",
    "params_to_sum": ["T", "k"],
    "derived": {"merit": "abs(output - 20)", "ratio": "merit / (k - 3)"},
}


def config(sampler: dict[str, Any], runner: dict[str, Any] = RUNNER) -> dict[str, Any]:
    return {
        "executors": {"local": {"type": "LocalExecutor", "n_workers": 2}},
        "samplers": {"s0": sampler},
        "runners": {"sum": runner},
        "supervisor": {
            "base_run_dir": "run",
            "seed": 3,
            "run_order": [{"executor": "local", "sampler": "s0", "runner": "sum"}],
        },
    }


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def without_times(path: Path) -> list[dict[str, str]]:
    return [
        {name: cell for name, cell in row.items() if "runtime" not in name and name != "run_dir"}
        for row in read_csv(path)
    ]


@pytest.mark.parametrize("kind", ["RandomSampler", "SobolSequenceSampler"])
def test_extended_by_as_many_it_is_the_longer_campaign(here, kind):
    """25 + 25 equals 50, with constraints, derived columns and another process's memory of none."""
    sampler = {**SAMPLER, "type": kind}
    campaign = Campaign(here, config(sampler))
    assert campaign.run() == 0
    assert campaign.extend() == 0
    extended = without_times(here / "run" / "enchanted_dataset.csv")
    (here / "one").mkdir()
    longer = Campaign(here / "one", config({**sampler, "budget": 50}), run_dir="run")
    longer.config["supervisor"]["base_run_dir"] = str(here / "one" / "run")
    assert longer.run() == 0
    assert extended == without_times(here / "one" / "run" / "enchanted_dataset.csv")
    assert len(extended) == 50
    for row in extended:
        assert float(row["k"]) * float(row["T"]) < 50
        assert row["label"] == "a" or int(row["k"]) > 2  # whole numbers without a point
        assert float(row["kT"]) == float(row["T"]) * int(row["k"])
        assert float(row["merit"]) == abs(float(row["output"]) - 20)
        assert math.isnan(float(row["ratio"])) == (row["k"] == "3")
        assert row["success"] == "True"
    opened = next(r for r in journal_records(here / "run") if r["type"] == "open")
    assert opened["units"] == {"T": "keV"}


def test_a_changed_space_is_refused(here, capsys):
    """Scale, constraint or a file's content determine the points: another campaign."""
    (here / "p.csv").write_text("p\n1\n2\n")
    sampler = {
        "type": "RandomSampler",
        "parameters": {"T": {"file": "p.csv", "column": "p"}, "k": {"low": 1, "high": 2}},
        "budget": 3,
    }
    campaign = Campaign(here, config(sampler))
    assert campaign.run() == 0
    assert campaign.resume() == 0
    (here / "p.csv").write_text("p\n1\n3\n")
    assert campaign.resume() != 0
    assert "parameters.T.file" in capsys.readouterr().err
    (here / "p.csv").write_text("p\n1\n2\n")
    sampler["constraints"] = ["k > 1.5"]
    assert campaign.resume() != 0
    assert "constraints" in capsys.readouterr().err


def test_a_failed_sample_has_no_derived_columns(here):
    """A failure is a row without outputs; none is worked out from what a parent had."""
    runner = {**RUNNER, "params_to_sum": ["k"], "fail_if": 2}
    sampler = {"type": "GridSampler", "parameters": {"k": {"low": 1, "high": 4, "integer": True}},
               "num_samples": 4}  # fmt: skip
    assert (
        Campaign(here, config(sampler, {**runner, "derived": {"double": "2 * output"}})).run() == 0
    )
    rows = read_csv(here / "run" / "enchanted_dataset.csv")
    assert [row["double"] for row in rows] == ["2.0", "", "6.0", "8.0"]
    assert [row["success"] for row in rows] == ["True", "False", "True", "True"]


def test_errors_name_line_and_remedy(here, capsys):
    """What is misspelt is said where it is written."""
    (here / "bad.yaml").write_text(
        "executors: {local: {type: LocalExecutor}}\n"
        "samplers:\n"
        "  s0:\n"
        "    type: SobolSequenceSampler\n"
        "    parameters:\n"
        "      T: {low: 1, hihg: 100}\n"
        "    budget: 4\n"
        "runners:\n"
        "  sum:\n"
        "    type: SumRunner\n"
        "    params_to_sum: [T]\n"
        "    derived: {a: outptu + 1}\n"
        "supervisor:\n"
        "  base_run_dir: run\n"
        "  run_order: [{executor: local, sampler: s0, runner: sum}]\n"
    )
    assert cli.main(["--check", "bad.yaml"]) != 0
    told = capsys.readouterr()
    said = told.out + told.err
    assert "bad.yaml:6:19: samplers.s0.parameters.T.hihg: there is no such option" in said
    assert "did you mean 'high'?" in said
    text = (here / "bad.yaml").read_text().replace("hihg", "high")
    (here / "bad.yaml").write_text(text)
    assert cli.main(["--check", "bad.yaml"]) != 0
    told = capsys.readouterr()
    said = told.out + told.err
    assert "bad.yaml:12:18: runners.sum.derived.a: " in said
    assert "did you mean 'output'?" in said


def test_what_is_said_of_combinations_is_what_runs(
    campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects whoever reads how many combinations keep the constraints: it is the number that a
    run with this seed takes, and without a seed it is said that nobody knows.
    """
    x = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 10}
    y = {**x, "parameters": ["y"]}
    nested = {"type": "NestedSampler", "samplers": {"x": x, "y": y}, "constraints": ["x + y < 1"]}
    campaign.config = campaign_config(nested, seed=4)
    assert campaign.run() == 0
    rows = len(campaign.rows())
    campaign.config["samplers"]["s0"]["budget"] = 99
    path = str(campaign.write())
    capsys.readouterr()
    for _ in range(2):
        assert cli.main([path, "--check"]) == 0
        assert f"there are {rows} combinations, fewer than the budget" in capsys.readouterr().err
    assert cli.main([path, "--check", "--set", "supervisor.seed=null"]) == 0
    assert "follows from the seed that a run draws" in capsys.readouterr().err
