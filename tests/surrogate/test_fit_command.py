"""`enchanted-tui --fit`: errors that somebody else's library finds too, what it says of inputs,
arrays and failures, and what it refuses.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.surrogate.model_inputs import SurrogateError
from helpers.campaign import Campaign
from helpers.marks import in_full
from helpers.privileges import as_somebody
from helpers.surrogates import (
    asked,
    fitted,
    function_campaign,
    independent_errors,
    parameters_of,
    rmse,
    run_code,
    truth,
)

_CODE = """
import numpy as np

def run(pressure, shape, coils, spread):
    if shape == "D" and pressure > 1e5:
        raise RuntimeError("no equilibrium")
    height = np.log10(pressure) * (2.0 if shape == "D" else 1.0) + 0.1 * coils
    profile = height * np.sin(np.linspace(0, 3, 40)) + spread * np.linspace(0, 1, 40) ** 2
    return {"height": height, "profile": profile, "label": "x", "same": 1.0, "success": True}
"""
_PARAMETERS = {
    "pressure": {"low": 1e3, "high": 1e6, "scale": "log"},
    "shape": {"choice": ["D", "circle", "bean"]},
    "coils": {"low": 2, "high": 8, "integer": True},
    "spread": {"distribution": "normal", "mean": 0.0, "sd": 1.0},
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with a logarithmic, a named, a whole and a normal parameter, whose numbers and
    arrays follow from them; samples of one shape fail at high pressure.
    """
    sampler = {"type": "SobolSequenceSampler", "parameters": _PARAMETERS, "budget": 128}
    return run_code(
        tmp_path_factory.mktemp("mixed"), _CODE, sampler, units={"pressure": "Pa", "height": "m"}
    )


@pytest.fixture(scope="module")
def mixed_report(mixed: Path) -> Mapping[str, Any]:
    """The report of its fit, whose model is there too."""
    return fitted(mixed)


@pytest.fixture(scope="module")
def double_gaussian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return function_campaign(tmp_path_factory.mktemp("double"), "double_gaussian", 120)


@pytest.mark.parametrize(
    ("name", "budget", "orders"),
    [("ishigami", 120, 2), *in_full(("double_gaussian", 250, 8), ("friedman", 150, 4))],
)
def test_errors_are_those_of_an_independent_script_and_of_new_samples(
    tmp_path: Path, name: str, budget: int, orders: int
) -> None:
    """Whoever trusts the report gets what it says: another library's cross-validation agrees, and
    the model that was written errs as much on samples that it has never seen.
    """
    run_dir = function_campaign(tmp_path, name, budget)
    (report,) = fitted(run_dir)["outputs"]
    names, (low, high) = parameters_of(name)
    frame = enchanted_tui.load(run_dir)
    points = (frame[names].to_numpy() - low) / (high - low)
    by_others = independent_errors(points, frame["output"].to_numpy(), orders)
    # folds differ, and the errors of a few samples at the edge decide
    assert 0.6 * min(by_others) < report["rmse"] < 1.6 * max(by_others)
    new = np.random.default_rng(5).uniform(low, high, (2000, len(names)))
    mean, std = enchanted_tui.load_model(run_dir).predict(dict(zip(names, new.T, strict=True)))
    errors = mean["output"] - truth(name, new)
    # of a fifth more samples; where the errors of a few decide, the report says how uncertain it is
    noise = 3 * report["learning_curve"][-1]["rmse_error"]
    found = float(np.sqrt((errors**2).mean()))
    assert abs(found - report["rmse"]) < max(0.6 * report["rmse"], noise), (found, report)
    assert float((np.abs(errors) < 2 * std["output"]).mean()) > 0.7


def test_the_report_says_what_more_samples_would_bring(double_gaussian: Path) -> None:
    """Protects the answer to *is it enough*: a curve, a forecast within bounds, a verdict and a
    next step that can be typed.
    """
    code, out, said = asked("--fit", double_gaussian)
    assert code == 0
    assert "120 successful samples, 2 inputs, 1 output: Gaussian process, judged by 5-fold" in said
    (report,) = json.loads(asked("--fit", double_gaussian, "--json")[1])["outputs"]
    curve = report["learning_curve"]
    assert [point["samples"] for point in curve][-1] == 96
    assert curve[0]["rmse"] > curve[-1]["rmse"] == report["rmse"]
    ahead = report["forecast"]
    assert ahead["samples"] == 192 and ahead["low"] < ahead["rmse"] < ahead["high"]
    assert report["verdict"] == "helps" and report["advice"].startswith("more samples help: ")
    assert f"next: draw more samples, which help output: enchanted-tui {double_gaussian}" in out
    assert report["advice"] in out and f"wrote {double_gaussian}/enchanted_surrogate.npz" in out


def test_noise_is_not_worth_more_samples(tmp_path: Path) -> None:
    """Protects computing time: where what is left is noise, the verdict says that more samples
    hardly help.
    """
    code = """
        import random

        def run(x):
            return {"output": x + random.gauss(0, 0.3), "success": True}
    """
    sampler = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 200}
    (report,) = fitted(run_code(tmp_path, code, sampler))["outputs"]
    assert report["verdict"] == "hardly helps" and "noise" in report["advice"]
    assert 0.24 < report["rmse"] < 0.36


def test_parameters_of_all_kinds_and_arrays(mixed: Path, mixed_report: Mapping[str, Any]) -> None:
    """Protects what a model is told: logarithms, categories, whole numbers, normal deviates; arrays
    come back in their shape, and what cannot be fitted is named.
    """
    report = mixed_report
    found = {one["name"]: one for one in report["outputs"]}
    assert sorted(found) == ["height", "profile"]
    assert found["height"]["r2"] > 0.99 and found["profile"]["r2"] > 0.99
    assert found["height"]["unit"] == "m"
    assert any("label is left out: it holds no numbers" in note for note in report["notes"])
    assert any(
        "same is left out: it is the same in all samples" in note for note in report["notes"]
    )
    model = enchanted_tui.load_model(mixed)
    assert model.inputs == ["pressure", "shape", "coils", "spread"]
    assert model.bounds["pressure"] == (1e3, 1e6) and model.bounds["shape"] == (
        "D",
        "bean",
        "circle",
    )
    assert model.units == {"pressure": "Pa", "height": "m"}
    asked_of = {"pressure": [1e4], "shape": ["circle"], "coils": [4], "spread": [0.5]}
    mean, std = model.predict(asked_of)
    wanted = 4.4 * np.sin(np.linspace(0, 3, 40)) + 0.5 * np.linspace(0, 1, 40) ** 2
    assert mean["profile"][0].shape == (40,) == std["profile"][0].shape
    assert rmse(mean["profile"][0], wanted) < 0.2
    assert abs(mean["height"][0] - 4.4) < 0.2


def test_failures_are_learnt_from(mixed: Path, mixed_report: Mapping[str, Any]) -> None:
    """Protects *failures are data*: where samples fail is said, and the model knows how probable
    success is.
    """
    success = mixed_report["success"]
    assert success["tells"] and success["auc"] > 0.9 and "pressure" in success["condition"]
    assert abs(success["predicted_rate"] - success["rate"]) < 0.05
    model = enchanted_tui.load_model(mixed)
    rows = {"pressure": [8e5, 8e5], "shape": ["D", "circle"], "coils": [5, 5], "spread": [0.0, 0.0]}
    fails, succeeds = model.probability_of_success(rows)
    assert fails < 0.4 < 0.7 < succeeds


def test_a_nested_campaign_is_held_out_by_parents(tmp_path: Path) -> None:
    """Protects errors from children of one parent, of which the others tell the answer: a parent's
    own noise can only be learnt from its children.
    """
    code = """
        import random

        def run(a, b=None, parent=None):
            if b is None:
                return {"parent": random.gauss(0, 1), "success": True}
            return {"output": parent, "success": True}
    """
    parents = {"type": "RandomSampler", "parameters": ["a"], "bounds": [[0, 1]], "budget": 20}
    children = {"type": "RandomSampler", "parameters": ["b"], "bounds": [[0, 1]], "budget": 10}
    run_dir = run_code(tmp_path, code, parents, children)
    found = fitted(run_dir, "--outputs", "output")
    assert enchanted_tui.load_model(run_dir).inputs == ["a", "b"]
    (one,) = found["outputs"]
    assert one["r2"] < 0.5 and one["counted_in"] == "parents"


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of 40 parents with 5 children each."""
    code = """
        import math

        def run(a, b=None, parent=None):
            return {"parent": a} if b is None else {"output": math.sin(9 * a) + 0.1 * b * a}
    """
    parents = {"type": "RandomSampler", "parameters": ["a"], "bounds": [[0, 1]], "budget": 40}
    children = {"type": "RandomSampler", "parameters": ["b"], "bounds": [[0, 1]], "budget": 5}
    return run_code(tmp_path_factory.mktemp("nested"), code, parents, children)


def test_a_nested_campaign_is_counted_in_parents(nested: Path, tmp_path: Path) -> None:
    """Protects the forecast: what is held out is what is counted, whole parents, in text and JSON,
    with a test set too; and more of them are drawn by a larger budget of their stage.
    """
    call = ("--outputs", "output", "--model", "trees")
    (one,) = fitted(nested, *call)["outputs"]
    assert [(p["count"], p["samples"]) for p in one["learning_curve"]] == [
        (11, 44),
        (16, 64),
        (23, 92),
        (32, 128),
    ]
    assert (one["forecast"]["count"], one["forecast"]["samples"]) == (64, 256)
    out = asked("--fit", nested, *call)[1]
    assert "  32 parents (128 samples)  " in out and "RMSE falls as parents^-" in out
    assert "with 64 parents to learn from the error would be" in out
    assert "draw more parents, which" in out and "--run-mode resume then adds them" in out
    assert "draw more samples" not in out
    frame = enchanted_tui.load(nested)
    names = sorted(set(frame["a"]))[::8]
    test = tmp_path / "test.csv"
    frame[frame["a"].isin(names)].to_csv(test, index=False)
    (one,) = fitted(nested, *call, "--test", test, "--out", tmp_path / "m.npz")["outputs"]
    last = one["learning_curve"][-1]
    assert (last["count"], last["samples"], one["samples"]) == (35, 175, 175)


def test_repeats_are_counted_in_points(tmp_path: Path) -> None:
    """Protects the same of repeats, which are held out by points."""
    code = "import random\ndef run(x): return {'output': random.gauss(x, 0.1)}"
    sampler = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 60}
    run_dir = run_code(tmp_path, code, {**sampler, "repeats": 3})
    (one,) = fitted(run_dir, "--model", "linear")["outputs"]
    last = one["learning_curve"][-1]
    assert one["counted_in"] == "points" and last["samples"] == 3 * last["count"]


def test_a_test_set_is_not_learnt_from(double_gaussian: Path, tmp_path: Path) -> None:
    """Protects a test set that stays a test set: samples of the campaign that are in it are left
    out, and the error is that on them.
    """
    out = tmp_path / "part.csv"
    assert (
        cli.main(["--export", str(double_gaussian), "--split", "0.75/0.25", "--out", str(out)]) == 0
    )
    test = tmp_path / "part-test.csv"
    found = fitted(double_gaussian, "--test", test, "--out", tmp_path / "model.npz")
    assert found["samples"] == 90 and found["judged_by"] == "the 30 samples of part-test.csv"
    assert "30 samples are in part-test.csv too and are not learnt from" in found["notes"]
    frame = enchanted_tui.load(test)
    mean, _ = enchanted_tui.load_model(tmp_path / "model.npz").predict(frame)
    assert rmse(mean["output"].to_numpy(), frame["output"].to_numpy()) == pytest.approx(
        found["outputs"][0]["rmse"], rel=1e-9
    )
    (tmp_path / "part-test.csv.schema.json").unlink()  # a CSV of somebody else's
    again = fitted(double_gaussian, "--test", test, "--out", tmp_path / "again.npz")
    assert again["outputs"][0]["rmse"] == pytest.approx(found["outputs"][0]["rmse"], rel=1e-3)


def test_repeated_points_are_held_out_together(tmp_path: Path) -> None:
    """Protects errors from repeats of a point, which would tell its answer."""
    code = "import random\ndef run(x): return {'output': random.gauss(x, 1), 'success': True}"
    sampler = {
        "type": "RandomSampler",
        "parameters": ["x"],
        "bounds": [[0, 1]],
        "budget": 120,
        "repeats": 4,
    }
    run_dir = run_code(tmp_path, code, sampler)
    found = fitted(run_dir)
    assert enchanted_tui.load_model(run_dir).inputs == ["x"]  # and not which repeat it is
    assert found["outputs"][0]["r2"] < 0.3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--outputs", "outptu"], "has no output 'outptu'; did you mean 'output'?"),
        (["--cv", "1"], "--cv 1: expected a whole number, 2 or more"),
        (["--cv", "3", "--test", "x.csv"], "--cv and --test are two ways to judge a model"),
        (["--test", "nowhere.csv"], "nowhere.csv does not exist"),
        (["--model", "forest"], "--model: invalid choice: 'forest'"),
        (["--seed", "3"], "--seed goes with --export RUN_DIR"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    double_gaussian: Path, arguments: list[str], sentence: str
) -> None:
    """Protects whoever mistypes."""
    code, out, said = asked("--fit", double_gaussian, *arguments)
    assert (code, out) == (2, "") and sentence in said and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.csv", b"", "it is empty"),
        ("t.csv", b"x,y,output\n1,2,3\n1,2,3,4\n", "line 3 has 4 cells, those before have 3"),
        ("t.csv", b'x,y,output\n"1,2,3\n', "it is no CSV, a line of names and a line for each"),
        ("t.csv", b"x,y,output\n1,2,\xff\n", "it is no text in UTF-8"),
        ("t.csv", b"x,z,output\n1,2,3\n", "there is no column 'y'"),
        ("t.csv", b"x,y\n1,2\n", "there is no column 'output' in it"),
        ("t.csv", b"x,y,output\n1,2,low\n", "is no number of the campaign's kind in line 2"),
        ("t.csv", b"x,y,output,success\n1,2,3,yes\n1,2,3,maybe\n", "success is 'maybe' in line 3"),
        ("t.csv", b'x,y,output,success,"a\nb"\n1,2,3,1,"c\n\nd"\n\n1,2,3,maybe,e\n', "in line 7;"),
        ("t.csv", b"x,y,output,success\n1,2,3,0\n1,,3,1\n", "y must be a number; line 3 has nan"),
        ("t.csv", b"x,y,output,success\n1,2,3,0\n1,2,low,1\n", "kind in line 3"),
        ("t.csv", b"x,y,output,success\n1,2,3,no\n", "there is no successful sample in it"),
        ("t.parquet", b"PAR1 and then nothing", "it is damaged, or no file that --export has"),
        ("t.h5", b"\x89HDF\r\n\x1a\n and then nothing", "it is damaged, or no file that --export"),
    ],
)
def test_a_bad_test_set_is_a_sentence(
    double_gaussian: Path, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    """Protects whoever writes one by hand: which file, where and what, in words that are ours."""
    (tmp_path / name).write_bytes(content)
    code, out, said = asked("--fit", double_gaussian, "--test", tmp_path / name)
    assert (code, out) == (2, "") and len(said.splitlines()) == 1
    assert f"--test {tmp_path / name}: " in said and sentence in said


def test_a_row_of_a_test_set_in_parquet_is_named(double_gaussian: Path, tmp_path: Path) -> None:
    """Protects from a line where there are none, and from rows counted without failed ones."""
    test, table = tmp_path / "t.parquet", tmp_path / "whole.parquet"
    assert cli.main(["--export", str(double_gaussian), "--out", str(table)]) == 0
    whole = parquet.read_table(table)
    row = whole.column_names.index("success"), whole.column_names.index("x")
    columns = [column.to_pylist() for column in whole.columns]
    columns[row[0]][:2], columns[row[1]][2] = [False, False], math.nan
    parquet.write_table(
        pyarrow.table(
            [
                pyarrow.array(values, field.type)
                for values, field in zip(columns, whole.schema, strict=True)
            ],
            schema=whole.schema,
        ),
        test,
    )
    code, out, said = asked("--fit", double_gaussian, "--test", test)
    assert (code, out) == (2, "")
    assert f"--test {test}: x must be a number; row 2 (the first is 0) has nan" in said


@pytest.mark.parametrize("call", [["--fit"], ["--report"]])
def test_a_place_that_is_not_there_is_refused_before_the_work(
    double_gaussian: Path, tmp_path: Path, call: list[str]
) -> None:
    """Protects the work, and from directories that a slip of the pen makes: alike for both."""
    place = tmp_path / "nowhere" / "x.out"
    code, out, said = asked(*call, double_gaussian, "--out", place)
    assert (code, out) == (3, "") and len(said.splitlines()) == 1
    assert f"--out {place}: there is no directory {place.parent}; make it" in said
    assert "partial" not in said and not place.parent.exists()
    with pytest.raises(EnvironmentProblem, match=r"--out .*there is no directory"):
        enchanted_tui.fit(double_gaussian, out=place)


def test_a_run_directory_that_takes_no_model_is_refused_before_the_work(tmp_path: Path) -> None:
    """Protects whoever fits a colleague's campaign: at once, with what to do instead."""
    run_dir = function_campaign(tmp_path, "double_gaussian", 20)
    (run_dir / "enchanted_surrogate.npz").mkdir()
    code, out, said = asked("--fit", run_dir)
    assert (code, out) == (3, "") and len(said.splitlines()) == 1
    assert "enchanted_surrogate.npz is a directory; name its file with --out FILE" in said
    (run_dir / "enchanted_surrogate.npz").rmdir()
    campaign = Campaign(run_dir.parent)
    run_dir.chmod(0o555)
    try:
        finished = as_somebody(campaign, "--fit", str(run_dir))
    finally:
        run_dir.chmod(0o755)
    assert (finished.code, finished.out) == (3, "")
    assert "you may not write; name its file with --out FILE" in finished.err


def test_a_report_is_told_where_its_model_cannot_be_written(
    double_gaussian: Path, tmp_path: Path
) -> None:
    """Protects the work done where the disk is full all the same."""
    full = tmp_path / "model.npz"
    (tmp_path / ".model.npz.partial").mkdir()  # in the place where it is put together
    for arguments in ((), ("--json",)):
        code, out, said = asked("--fit", double_gaussian, "--out", full, *arguments)
        assert code == 3 and ("R2" in out or json.loads(out)["written"] is None)
        assert "Is a directory" in said and "wrote" not in out


def test_the_model_that_was_written_is_named(double_gaussian: Path, tmp_path: Path) -> None:
    """Protects whoever copies the last line: it loads this model, not that of the campaign."""
    out = tmp_path / "m.npz"
    last = asked("--fit", double_gaussian, "--out", out)[1].splitlines()[-1]
    assert f"load_model({str(out)!r})" in last
    with pytest.raises(SurrogateError, match="/dev/null is no plain file"):
        enchanted_tui.load_model("/dev/null")


def test_no_more_parts_than_samples_are_held_out(double_gaussian: Path) -> None:
    """Protects from a report that speaks of parts which nobody has seen."""
    run = double_gaussian
    few = function_campaign(run.parent / "few", "double_gaussian", 20)
    code, out, said = asked("--fit", few, "--model", "linear", "--cv", 1000)
    assert code == 0 and "--cv 1000: no more than 20 parts can be held out" in said
    assert "20-fold cross-validation" in out and "1000-fold" not in out + said


def test_options_of_a_fit_are_refused_elsewhere(double_gaussian: Path) -> None:
    """Protects from options that are read and ignored."""
    code, _, said = asked("--sensitivity", double_gaussian, "--cv", 5)
    assert code == 2 and "--cv goes with --fit RUN_DIR" in said
    code, _, said = asked("--status", double_gaussian, "--model", "gp")
    assert code == 2 and "--model goes with --fit RUN_DIR, --sensitivity RUN_DIR" in said


def test_too_few_samples_are_a_sentence(tmp_path: Path) -> None:
    """Protects from numbers that mean nothing."""
    run_dir = function_campaign(tmp_path, "ishigami", 6)
    code, _, said = asked("--fit", run_dir)
    assert (
        code == 2 and "6 successful samples are too few for a surrogate; 10 are the least" in said
    )


def test_trees_without_scikit_learn_are_a_sentence(
    double_gaussian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever has not installed the extra: it is named, and nothing else needs it."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    code, _, said = asked("--fit", double_gaussian, "--model", "trees")
    assert code == 2 and "pip install 'enchanted-tui[surrogate]'" in said
    assert asked("--fit", double_gaussian, "--model", "linear")[0] == 0
