"""`--fit` of outputs that some successful samples do not have, or have as next to nothing."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import enchanted_tui
from enchanted_tui import cli
from helpers.surrogates import analysed, asked, fitted, run_code

_CODE = """
import math

def run(a, b):
    odd = a + b * b
    if a > 0.75:
        odd = math.nan if b > 0.25 else math.inf
    found = {
        "fine": 1 + a + b,
        "odd": odd,
        "nearly": 1e-310 if a < 0.02 else 1 + a,
        "rough": a + b + (0.0005 * math.sin(60 * a) if a > 0.8 else 0.0),
        "profile": [a, odd, 1.0],
    }
    if a > 0.05:
        found["gap"] = a - b
    return found
"""


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sampler = {"type": "SobolSequenceSampler", "parameters": ["a", "b"], "budget": 128}
    return run_code(tmp_path_factory.mktemp("gaps"), _CODE, {**sampler, "bounds": [[0, 1], [0, 1]]})


def _by_name(report: Any) -> dict[str, Any]:
    return {one["name"]: one for one in report["outputs"]}


def test_samples_without_a_finite_value_are_counted(campaign: Path) -> None:
    """Protects from samples that vanish: how many, why and where, in text and JSON; whether they
    succeeded is what the campaign says.
    """
    report = fitted(campaign, "--model", "linear")
    found = {name: one["left_out"] for name, one in _by_name(report).items()}
    assert found["fine"]["samples"] == 0
    assert (found["odd"]["nan"], found["odd"]["infinite"], found["odd"]["missing"]) == (24, 8, 0)
    assert (found["profile"]["nan"], found["profile"]["infinite"]) == (24, 8)
    assert found["gap"]["missing"] == found["gap"]["samples"] > 0
    assert found["odd"]["condition"].startswith("a > 0.7") and found["odd"]["caught"] == 1.0
    assert _by_name(report)["odd"]["samples"] == 96
    note = (
        "odd: 32 of 128 successful samples are left out of what is learnt of it: 24 with NaN, 8 with"
        " an infinite value; 100% of them lie where a > 0.7"
    )
    assert any(one.startswith(note) for one in report["notes"])
    assert report["success"]["succeeded"] == 128
    code, out, said = asked("--fit", campaign, "--model", "linear")
    assert code == 0 and f"note: {note}" in out and note in said
    assert not any(one.startswith("fine: ") for one in report["notes"])
    model = enchanted_tui.load_model(campaign)
    assert model.probability_of_success({"a": [0.9], "b": [0.9]})[0] == 1.0
    others = analysed(campaign, "--model", "linear", "--outputs", "odd")
    assert any(one.startswith(note) for one in others["notes"])


def test_a_value_of_next_to_nothing_is_a_value(campaign: Path) -> None:
    """Protects a whole output from one value whose share nothing can be: no error is infinite, JSON
    is JSON, and nothing overflows.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        code, out, said = asked("--fit", campaign, "--json", "--outputs", "nearly,fine")
    assert code == 0, said

    def refused(word: str) -> None:
        raise AssertionError(word)

    found = _by_name(json.loads(out, parse_constant=refused))
    assert found["nearly"]["mape"] is None and found["nearly"]["rmse"] < 0.5
    assert found["nearly"]["left_out"]["samples"] == 0 and found["nearly"]["samples"] == 128
    assert 0 <= found["fine"]["mape"] < 0.01


def test_test_samples_without_a_finite_value_are_counted(campaign: Path, tmp_path: Path) -> None:
    """Protects the number of samples that an error is of."""
    out = tmp_path / "part.csv"
    assert cli.main(["--export", str(campaign), "--split", "0.5/0.5", "--out", str(out)]) == 0
    test = tmp_path / "part-test.csv"
    lacks = int((~enchanted_tui.load(test)["odd"].between(-9, 9)).sum())
    call = ("--test", test, "--model", "linear", "--out", tmp_path / "m.npz")
    report = fitted(campaign, *call)
    note = f"odd: {lacks} of 64 samples of part-test.csv have no finite value of it"
    assert any(one.startswith(note) for one in report["notes"])


def test_a_tiny_error_is_no_reason_for_another_campaign(campaign: Path, tmp_path: Path) -> None:
    """Protects from advice that contradicts itself: what is good enough is used, and where it errs
    most is told, not recommended.
    """
    report = fitted(
        *(campaign, "--outputs", "rough", "--model", "linear", "--out", tmp_path / "m.npz")
    )
    (one,) = report["outputs"]
    assert one["verdict"] == "enough" and one["errs_most_where"]["condition"].startswith("a > 0.")
    assert report["next"] == ["rough: use the model, its error is below 0.1% of the spread"]
    some = fitted(
        *(campaign, "--outputs", "fine", "--model", "linear"),
        *("--where", "a < 0.15", "--out", tmp_path / "some.npz"),
    )
    assert some["outputs"][0]["power_law"] is None  # too few for one
    assert some["outputs"][0]["verdict"] == "enough" and "use the model" in some["next"][-1]
