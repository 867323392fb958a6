"""Outputs that do not depend on a parameter, as samples show that differ in nothing else: the fit
would have no best noise there, and was worse than none.
"""

from __future__ import annotations

import warnings
from math import sin
from pathlib import Path
from typing import Any

import pytest

import enchanted_tui
from helpers.marks import in_full
from helpers.surrogates import analysed, asked, fitted, rmse, run_code

_PARENTS = {
    "type": "RandomSampler",
    "parameters": ["p", "q"],
    "bounds": [[0, 1], [1, 2]],
    "budget": 24,
}
_CHILDREN = {
    "type": "RandomSampler",
    "parameters": {
        "t": {"low": 0, "high": 6},
        "u": {"low": 1, "high": 10, "scale": "log"},
        "kind": {"values": ["a", "b", "c"]},
    },
    "budget": 4,
}
_NESTED = """
    import math

    def run(p, q, t=None, u=None, kind=None, par=None, vec=None):
        if t is None:
            return {"par": p * q, "vec": [p, q, p * q], "count": int(p > 0.999)}
        return {"own": par * math.sin(t) + math.log(u) * (kind == "a")}
"""


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of 24 parents, with outputs of their own, and 4 children each."""
    return run_code(tmp_path_factory.mktemp("nested"), _NESTED, _PARENTS, _CHILDREN)


def test_an_output_of_the_parent_is_learnt_from_one_row_of_each(
    nested: Path, tmp_path: Path
) -> None:
    """Protects fits of what is the same in all children: they are as good as those to parents
    alone, in the report and as `predict` gives them, and say why.
    """
    found = {one["name"]: one for one in fitted(nested, "--outputs", "par,vec,own")["outputs"]}
    assert found["par"]["does_not_depend_on"] == ["t", "u", "kind"]
    assert found["vec"]["does_not_depend_on"] == ["t", "u", "kind"]
    assert found["own"]["does_not_depend_on"] == []
    assert found["par"]["rmse_of_spread"] < 0.01
    assert found["vec"]["rmse_of_spread"] < 0.05

    frame, model = enchanted_tui.load(nested), enchanted_tui.load_model(nested)
    asked_for = frame.assign(t=3.0, u=2.0, kind="b")
    predicted = model.predict(asked_for).mean["par"].to_numpy()
    assert rmse(predicted, frame["par"].to_numpy()) < found["par"]["rmse"]
    out = asked("--fit", nested, "--outputs", "par")[1]
    said = "par does not depend on t, u, kind, as far as samples show: 72 that differ from another"
    assert f"  {said.removeprefix('par ')}" in out
    page = tmp_path / "page.html"
    assert asked("--report", nested, "--outputs", "par", "--out", page)[0] == 0
    assert said in page.read_text()


def test_an_output_of_the_parent_has_no_index_of_a_child(nested: Path) -> None:
    """Protects indices from what a bad fit makes of children, and their intervals from parts that
    hold children of one parent on both sides.
    """
    (one,) = analysed(nested, "--outputs", "par")["outputs"]
    found = {index["name"]: index for index in one["indices"]}
    assert {name: found[name]["total"] for name in ("t", "u", "kind")} == {
        "t": 0.0,
        "u": 0.0,
        "kind": 0.0,
    }
    # of p q, with p from 0 to 1 and q from 1 to 2
    assert found["p"]["first_low"] <= 27 / 31 <= found["p"]["first_high"]
    said = asked("--sensitivity", nested, "--outputs", "par")[2]
    assert "21 fits of a Gaussian process for each; about" in said


@pytest.mark.parametrize("model", ["gp", "trees", "linear"])
def test_an_axis_of_a_grid_that_does_nothing(model: str, tmp_path: Path) -> None:
    """Protects the other designs in which samples differ in nothing but what does not matter, and
    every model.
    """
    grid = {"type": "GridSampler", "parameters": ["x", "y", "z"], "bounds": [[-1, 1]] * 3}
    code = """
        from math import sin

        def run(x, y, z):
            return {"even": x * x + 2 * y, "all": x + y * z, "rough": sin(9 * x) + sin(11 * y)}
    """
    run_dir = run_code(tmp_path, code, {**grid, "num_samples": [5, 4, 3]})
    found = {one["name"]: one for one in fitted(run_dir, "--model", model)["outputs"]}
    assert found["even"]["does_not_depend_on"] == ["z"]
    assert found["all"]["does_not_depend_on"] == []
    rows: Any = {"x": [0.3, 0.3], "y": [0.1, 0.1], "z": [-1.0, 1.0]}
    first, second = enchanted_tui.load_model(run_dir).predict(rows).mean["even"]
    assert first == second
    # samples that differ in z alone are on one side: what the others do not tell is not known
    assert found["rough"]["counted_in"] == "points" and found["rough"]["rmse_of_spread"] > 0.2
    assert found["rough"]["learning_curve"][-1]["count"] == 16


def test_few_parents_are_not_known_from_their_children(tmp_path: Path) -> None:
    """Protects errors where there are too few parents to hold out as such: children with the value
    of their parent are held out together all the same, and so is what `--sensitivity` explains.
    """
    code = """
        from math import sin

        def run(p, q, t=None, par=None):
            return {"par": sin(20 * p) + sin(17 * q)} if t is None else {"own": t}
    """
    children = {"type": "RandomSampler", "parameters": ["t"], "bounds": [[0, 1]], "budget": 8}
    run_dir = run_code(tmp_path, code, {**_PARENTS, "budget": 8}, children)
    (one,) = fitted(run_dir, "--outputs", "par")["outputs"]
    assert one["does_not_depend_on"] == ["t"] and one["rmse_of_spread"] > 0.5
    assert (one["counted_in"], one["verdict"]) == ("parents", "too few")
    (index,) = analysed(run_dir, "--outputs", "par")["outputs"]
    assert index["explained"] < 0.5


@pytest.mark.parametrize("sampler", ["RandomSampler", *in_full("SobolSequenceSampler")])
def test_points_that_all_parents_have_are_held_out_too(sampler: str, tmp_path: Path) -> None:
    """Protects errors from children at the same points for each parent: what lies between these
    has no sample, however many parents there are; fits and indices know that.
    """
    code = """
        from math import sin

        def run(a, b=None, par=None):
            return {"par": a} if b is None else {"out": par + sin(12 * b)}
    """
    stages = [
        {"type": sampler, "parameters": [name], "bounds": [[0, 1]], "budget": budget}
        for name, budget in (("a", 24), ("b", 4))
    ]
    run_dir = run_code(tmp_path, code, *stages)
    (one,) = fitted(run_dir, "--outputs", "out", "--model", "gp")["outputs"]
    frame = enchanted_tui.load(run_dir)
    assert frame["b"].nunique() == 4
    new = {"a": [(n % 20) / 20 for n in range(400)], "b": [(n // 20) / 20 for n in range(400)]}
    true = [a + sin(12 * b) for a, b in zip(new["a"], new["b"], strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # between the points is outside of their box, too
        predicted = enchanted_tui.load_model(run_dir).predict(new).mean["out"].to_numpy()
    assert one["rmse"] > 0.5 * rmse(predicted, true) and one["verdict"] != "enough"
    assert "children at the same 4 points" in asked("--fit", run_dir, "--outputs", "out")[1]
    (found,) = analysed(run_dir, "--outputs", "out")["outputs"]
    first = {index["name"]: index for index in found["indices"]}["b"]
    assert first["first_high"] - first["first_low"] > 0.2


def test_a_test_set_holds_nothing_that_is_learnt_from(nested: Path, tmp_path: Path) -> None:
    """Protects errors on a test set: children of parents that are learnt from have the value of a
    parent's output, and say nothing of new ones.
    """
    test = tmp_path / "test.csv"
    frame = enchanted_tui.load(nested)
    frame.iloc[::4].to_csv(test, index=False)
    call = ("--test", test, "--out", tmp_path / "m.npz", "--overwrite")
    code, _, said = asked("--fit", nested, "--outputs", "par", *call)
    assert code == 2 and "par cannot be tested: all 24 samples of the test set differ" in said
    found = fitted(nested, "--outputs", "par,own", *call)
    assert [one["name"] for one in found["outputs"]] == ["own"]
    assert any("24 of 24 samples of the test set have a parent" in note for note in found["notes"])
    frame[frame["p"].isin(sorted(set(frame["p"]))[::4])].to_csv(test, index=False)
    (one,) = fitted(nested, "--outputs", "par", *call)["outputs"]
    assert one["rmse_of_spread"] < 0.1


def test_outputs_over_decades_are_not_the_same(tmp_path: Path) -> None:
    """Protects a parameter that changes small values tenfold, next to which others are large: equal
    means equal, and the fit of what is almost equal errs like that of the large values alone.
    """
    code = """
        def run(p, q, t=None, par=None):
            return {"par": p * q} if t is None else {"almost": par + 1e-6 * t}
    """
    children = {"type": "RandomSampler", "parameters": ["t"], "bounds": [[0, 1]], "budget": 4}
    run_dir = run_code(tmp_path, code, _PARENTS, children)
    found = {one["name"]: one for one in fitted(run_dir, "--model", "gp")["outputs"]}
    assert found["almost"]["does_not_depend_on"] == []
    assert found["almost"]["rmse_of_spread"] < 0.05


def test_a_part_of_the_samples_may_have_one_point(tmp_path: Path) -> None:
    """Protects the learning curve where a parameter is the same in a small part of the samples, and
    the other one does nothing.
    """
    points = tmp_path / "points.csv"
    rows = [f"{int(row % 12 == 0)},{row / 150}" for row in range(150)]
    points.write_text("\n".join(["x,z", *rows]) + "\n")
    sampler = {"type": "CSVSampler", "csv_path": str(points), "parameters": ["x", "z"]}
    run_dir = run_code(tmp_path, "def run(x, z):\n    return {'y': 2 * x + 1}\n", sampler)
    (one,) = fitted(run_dir)["outputs"]
    assert one["does_not_depend_on"] == ["z"] and one["counted_in"] == "points"


def test_values_that_hardly_differ_show_nothing(tmp_path: Path) -> None:
    """Protects the parameter on which a rare value depends: that samples at one level have it in
    common is chance where nearly all samples do.
    """
    points = {
        "type": "RandomSampler",
        "parameters": {"n": {"low": 1, "high": 20, "integer": True}, "x": {"low": 0, "high": 1}},
        "budget": 60,
    }
    code = "def run(n, x):\n    return {'jump': int(x > 0.97), 'noise': x}\n"
    run_dir = run_code(tmp_path, code, points)
    frame = enchanted_tui.load(run_dir)
    assert 1 <= frame["jump"].sum() <= 3 and frame["n"].nunique() < 60
    (one,) = fitted(run_dir, "--outputs", "jump")["outputs"]
    assert "x" not in one["does_not_depend_on"]


def test_what_is_said_of_a_fit_agrees_with_itself(nested: Path, tmp_path: Path) -> None:
    """Protects the next step from a promise that the line above it takes back, and says what is
    left out for its kind, and what a test set cannot be.
    """
    code, out, _ = asked("--fit", nested, "--outputs", "own", "--model", "linear")
    assert code == 0 and ("too few to say" in out) == ("draw more parents to judge own" in out)
    text = tmp_path / "code.py"
    text.write_text("x = 1\n")
    code, _, said = asked("--fit", nested, "--test", text)
    assert code == 2 and "code.py is no table: Parquet, HDF5 and CSV files" in said
    flags = "def run(x):\n    return {'y': x * x, 'flag': x > 0.5}\n"
    line = {"type": "RandomSampler", "parameters": ["x"], "bounds": [[0, 1]], "budget": 15}
    run_dir = run_code(tmp_path / "flags", flags, line)
    out = asked("--fit", run_dir)[1]
    assert "flag is left out: it is true or false; --outputs flag fits it as 1 and 0" in out
    assert [one["name"] for one in fitted(run_dir, "--outputs", "flag")["outputs"]] == ["flag"]
