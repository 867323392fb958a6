"""`enchanted-tui --compare`: errors that anybody finds on the same samples, what campaigns cost to
reach them, what they do not share, and what is refused.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.ui.charts.overlaid import overlaid_curves, sign_of
from helpers.surrogates import asked, function_campaign, rmse, run_code
from helpers.ui.campaigns import run_campaign

_BOX = {"type": "RandomSampler", "parameters": ["a", "b"], "bounds": [[0, 1], [0, 2]]}
_CODE = """
def run(a, b):
    if a > 0.8:
        raise RuntimeError(f"no convergence after {int(1e6 * a)} steps")
    return {"height": 3 * a - b + a * b, "MORE": a, "success": True}
"""
_NOISE = """
import math

def run(a, b):
    return {"noise": math.sin(1e5 * a + 3e5 * b), "success": True}
"""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two campaigns with one output in common: a fifth of the samples of both fail."""
    short = tmp_path_factory.mktemp("short")
    long = tmp_path_factory.mktemp("long")
    first = run_code(short, _CODE.replace("MORE", "width"), {**_BOX, "budget": 40})
    second = run_code(
        long,
        _CODE.replace("MORE", "depth"),
        {**_BOX, "type": "LatinHypercubeSampler", "budget": 90},
        2,
    )
    return first, second


def _compared(*arguments: object) -> Mapping[str, Any]:
    code, out, said = asked("--compare", *arguments, "--json")
    assert code == 0, said
    found: Mapping[str, Any] = json.loads(out)
    return found


def _plane(points: Any, values: Any, at: Any) -> Any:
    """Return what a plane through some points predicts."""
    known, asked_at = (np.column_stack([np.ones(len(one)), one]) for one in (points, at))
    return asked_at @ np.linalg.lstsq(known, values, rcond=None)[0]


def test_errors_and_costs_are_those_of_the_first_samples_on_the_test_set(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    """Whoever chooses a sampler by this gets the truth: at each point of a curve the error is that
    which anybody finds with the samples that had finished first, and the cost what had been spent
    by then.
    """
    new = np.random.default_rng(3).uniform([0, 0], [0.8, 2], (200, 2))
    truth = 3 * new[:, 0] - new[:, 1] + new[:, 0] * new[:, 1]
    test = tmp_path / "test.csv"
    rows = "\n".join(f"{a!r},{b!r},{y!r}" for (a, b), y in zip(new.tolist(), truth, strict=True))
    test.write_text(f"a,b,height\n{rows}\n".replace("np.float64(", "").replace(")", ""))
    told = _compared(*pair, "--test", test, "--model", "linear")
    (output,) = told["outputs"]
    assert told["judged_by"] == "the 200 samples of test.csv"
    for run_dir, run, curve in zip(pair, told["runs"], output["curves"], strict=True):
        frame = enchanted_tui.load(run_dir)
        finished = _finished_first(run_dir)
        frame = frame.iloc[finished][frame["success"].to_numpy()[finished]]
        for point in curve["points"]:
            some = frame.iloc[: point["samples"]]
            predicted = _plane(some[["a", "b"]].to_numpy(), some["height"].to_numpy(), new)
            assert point["rmse"] == pytest.approx(rmse(predicted, truth), rel=1e-4)
        assert point["samples"] == len(frame)
        costs = [point["core_hours"] for point in curve["points"]]
        assert costs == sorted(costs) and 0 < costs[0] < costs[-1] <= run["core_hours"] * 1.000001
        assert run["samples"] == len(finished) and run["failed"] == run["samples"] - len(frame)
    assert output["target"] == max(
        min(point["rmse"] for point in curve["points"]) for curve in output["curves"]
    )


def _finished_first(run_dir: Path) -> list[int]:
    """Return the numbers of the dataset's rows in the order in which they finished."""
    lines = map(json.loads, (run_dir / "state" / "journal.jsonl").read_text().splitlines())
    names = [tuple(line["task"][1:3]) for line in lines if line.get("type") == "task"]
    return [sorted(names).index(name) for name in names]


def test_what_is_not_shared_is_left_out_and_told(pair: tuple[Path, Path]) -> None:
    """Protects a comparison of campaigns that have grown apart: what they share is compared, and
    everybody is told what is not.
    """
    code, text, said = asked("--compare", *pair, "--model", "linear")
    assert code == 0, said
    told = _compared(*pair, "--model", "linear")
    assert [output["name"] for output in told["outputs"]] == ["height"]
    assert told["shared_columns"] == ["height", "a", "b"]
    names = [run["name"] for run in told["runs"]]
    assert names == [f"{root.parent.name}/run" for root in pair]  # the last part is the same
    for note in (
        f"only {names[0]} has the column width",
        f"no surrogates of depth are compared: it is an output of {names[1]} only",
    ):
        assert note in told["notes"]
        assert f"note: {note}" in text
    keys = {one["key"]: one["values"] for one in told["configuration"]}
    assert keys["samplers.s0.budget"] == ["40", "90"]
    assert "supervisor.base_run_dir" not in keys
    # what failed, with what tells it from the rest
    (pattern,) = told["runs"][1]["failures"]
    assert "no convergence after" in pattern["pattern"] and pattern["condition"].startswith("a > 0")
    assert pattern["condition"] in text
    best = told["runs"][0]["outputs"][0]
    frame = enchanted_tui.load(pair[0])
    assert best["largest"]["value"] == frame["height"].max()
    assert best["largest"]["parameters"]["b"] == frame["b"].iloc[int(frame["height"].argmax())]
    code, _, said = asked("--compare", *pair, "--outputs", "width")
    assert code == 2 and f"{names[1]}: --outputs: the dataset has no output 'width'" in said


def test_a_run_without_a_curve_leaves_the_others_their_signs() -> None:
    """Whoever compares must not take one campaign for another: signs are those of the legend."""
    points = [
        {"samples": number, "core_hours": 1.0, "rmse": 1.0 / number} for number in (10, 20, 40)
    ]
    output = {"name": "height", "curves": [{"run": "second", "points": points}]}
    both = overlaid_curves((60, 12), output, "samples", ["first", "second"])
    alone = overlaid_curves((60, 12), output, "samples", ["second"])
    assert sign_of(1) in both.text() and sign_of(0) not in both.text()
    assert sign_of(0) in alone.text()


def test_a_sample_of_both_is_not_learnt_from_where_it_is_tested(tmp_path: Path) -> None:
    """Protects campaigns that share points, such as one that was extended from a copy: what is held
    out of one is held out of the other.
    """
    first = run_code(tmp_path / "one", _NOISE, {**_BOX, "budget": 40})
    second = tmp_path / "copy"
    shutil.copytree(first, second)
    told = _compared(first, second, "--model", "gp")
    (output,) = told["outputs"]
    assert all(point["r2"] < 0.5 for curve in output["curves"] for point in curve["points"])
    assert output["curves"][0]["points"] == output["curves"][1]["points"]


def test_a_campaign_that_runs_is_compared(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Protects whoever looks while samples come: nothing is written, and it is said what there is
    so far.
    """
    (tmp_path / "slow_code.py").write_text(
        "import time\n\ndef run(a, b):\n    time.sleep(0.1)\n    return {'height': a + b}\n"
    )
    (tmp_path / "campaign.yaml").write_text(
        json.dumps(
            {
                "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
                "samplers": {"s": {**_BOX, "budget": 500}},
                "runners": {"code": {"type": "PythonRunner", "function": "slow_code:run"}},
                "supervisor": {
                    "base_run_dir": str(tmp_path / "run"),
                    "run_order": [{"sampler": "s", "executor": "here", "runner": "code"}],
                },
            }
        )
    )
    command = [sys.executable, "-m", "enchanted_tui", str(tmp_path / "campaign.yaml"), "--no-ui"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=tmp_path) as campaign:
        try:
            journal = tmp_path / "run" / "state" / "journal.jsonl"
            deadline = time.monotonic() + 60
            dataset = tmp_path / "run" / "enchanted_dataset.csv"  # the last file of its own
            while not (dataset.exists() and journal.read_text().count('"outcome"') >= 12):
                assert time.monotonic() < deadline and campaign.poll() is None
                time.sleep(0.1)
            before = sorted(os.listdir(tmp_path / "run"))
            told = _compared(tmp_path / "run", pair[0], "--model", "linear")
            assert sorted(os.listdir(tmp_path / "run")) == before
        finally:
            campaign.send_signal(signal.SIGTERM)
            campaign.wait(60)
    running = told["runs"][0]
    assert running["phase"] == "running" and 12 <= running["samples"] < running["expected"] == 500
    assert told["outputs"][0]["curves"][0]["points"]


def test_from_python_into_a_table_and_files(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Protects scripts: the same numbers from Python, in a CSV file and in the JSON."""
    found = enchanted_tui.compare(*pair, model="linear", folds=4)
    frame = found.curves()
    told = _compared(*pair, "--model", "linear", "--cv", 4, "--out", tmp_path / "curves.csv")
    assert told["written"] == str(tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["rmse"]) for row in rows] == frame["rmse"].tolist()
    assert {row["sampler"] for row in rows} == {"RandomSampler", "LatinHypercubeSampler"}
    assert "to an RMSE of" in str(found)
    code, said, _ = asked(
        "--compare", *pair, "--model", "linear", "--out", tmp_path / "new" / "curves.svg"
    )
    assert code == 0 and f"wrote {tmp_path}/new/curves.svg" in said
    drawing = (tmp_path / "new" / "curves.svg").read_text()
    assert drawing.startswith("<?xml") and drawing.count("<path") > 20


def test_what_cannot_be_compared_is_said_all_at_once(
    pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Protects people from asking again and again."""
    assert cli.main(["--compare", str(tmp_path), str(tmp_path / "nowhere"), str(pair[0])]) == 3
    said = capsys.readouterr().err
    assert f"{tmp_path} holds no campaign" in said
    assert f"{tmp_path / 'nowhere'} is not a directory" in said
    for arguments, sentence in (
        ((pair[0],), "name two run directories at least"),
        ((pair[0], f"{pair[0]}/."), "is named twice"),
        ((*pair, "--out", "curves.xyz"), "is written as .csv, or drawn as .png, .svg, .pdf"),
        ((*pair, "--out", pair[0] / "enchanted_dataset.csv"), "keeps its own files"),
        ((*pair, "--seed", 1), "--seed goes with --export"),
        ((*pair, "--cv", 5, "--test", "x.csv"), "--cv and --test are two ways"),
    ):
        assert cli.main(["--compare", *map(str, arguments)]) == 2, arguments
        assert sentence in capsys.readouterr().err
    few = function_campaign(tmp_path / "few", "ishigami", 5)
    told = _compared(few, pair[0])
    assert told["outputs"] == []
    said = "no surrogates of few/run: it has 5 successful samples, and 10 are the least"
    assert said in told["notes"]


def test_best_values_are_told_though_one_has_none(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Protects the comparison while one of the campaigns has nothing to show yet, or ever."""
    hopeless = run_campaign(tmp_path, function="hopeless", budget=3)
    exit_code, out, said = asked("--compare", pair[0], hopeless)
    assert exit_code == 0, said
    lines = {line.split("  ")[0]: line.split() for line in out.splitlines()}
    assert lines["height from"][-1] == lines["height to"][-1] == "-"
    assert "d0_b0" in lines["height to"][-2]
