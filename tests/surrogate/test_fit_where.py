"""`--fit` and `--sensitivity` with `--where`: indices, box and failures are those of the part that
the condition keeps, or it is said why there are none.
"""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest

import enchanted_tui
from enchanted_tui.surrogate.model_inputs import SurrogateError
from helpers.surrogates import analysed, asked, fitted, run_code

_CODE = """
def run(a, b, kind):
    if b > 0.8:
        raise RuntimeError("no solution")
    return {"o": (10 if a < 0.5 else 1) * a + b + (5 if kind == "odd" else 0)}
"""
_PARAMETERS = {
    "a": {"low": 0, "high": 1},
    "b": {"low": 0, "high": 1},
    "kind": {"choice": ["plain", "round", "odd"]},
}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign whose output is another plane in each half of `a`, and fails at high `b`."""
    sampler = {"type": "SobolSequenceSampler", "parameters": _PARAMETERS, "budget": 128}
    return run_code(tmp_path_factory.mktemp("parts"), _CODE, sampler)


def test_indices_of_a_part_are_taken_over_the_part(campaign: Path) -> None:
    """Protects from tight intervals about what no sample of the part has seen: `a` goes from 0.5 to
    1 there, so that its variance is a quarter of that of `b`.
    """
    told = analysed(campaign, "--where", "a > 0.5", "--model", "linear")
    found = {one["name"]: one for one in told["outputs"][0]["indices"]}
    by_kind = 25 * 2 / 9
    total = 1 / 48 + 1 / 12 + by_kind
    for name, share in (("a", 1 / 48 / total), ("b", 1 / 12 / total), ("kind", by_kind / total)):
        assert found[name]["total"] == pytest.approx(share, rel=0.06)
    assert told["inputs"][0].startswith("a as it was drawn, from 0.5")
    assert any("those of a part: a, from 0.5" in note for note in told["notes"])


def test_indices_of_some_values_regard_no_others(campaign: Path) -> None:
    """Protects the same of a parameter without order: of two kinds one is left out."""
    told = analysed(campaign, "--where", "kind != 'odd' and success", "--model", "linear")
    found = {one["name"]: one for one in told["outputs"][0]["indices"]}
    assert found["kind"]["total"] < 0.1 and found["a"]["total"] > 0.5
    assert "kind as it was drawn, of plain, round" in told["inputs"]


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("a + b > 1", "it is about a, b, and inputs would not be independent of each other"),
        ("o > 2", "it is about o, and inputs would not be independent"),
        ("a < 0.2 or a > 0.8", "it cuts a piece out of the range"),
    ],
)
def test_a_part_that_is_no_box_has_no_indices(campaign: Path, where: str, why: str) -> None:
    """Protects from indices of inputs that are not independent of each other."""
    code, out, said = asked("--sensitivity", campaign, "--where", where, "--model", "linear")
    assert (code, out) == (2, "") and f"--where {where}: {why}" in said
    assert "shortens the range of one parameter" in said and len(said.splitlines()) == 1


def test_a_model_of_a_part_knows_how_far_it_has_learnt(campaign: Path, tmp_path: Path) -> None:
    """Protects predictions beyond the part: they warn; those between the last sample and the end of
    the range of a whole campaign do not.
    """
    fitted(campaign, "--where", "a < 0.4", "--model", "linear", "--out", tmp_path / "part.npz")
    part = enchanted_tui.load_model(tmp_path / "part.npz")
    low, high = part.bounds["a"]
    samples = enchanted_tui.load(campaign)["a"]
    assert (low, high) == (samples.min(), samples[samples < 0.4].max())
    row = pandas.DataFrame({"a": [0.7], "b": [0.5], "kind": ["odd"]})
    with pytest.warns(UserWarning, match="outside the box"):
        part.predict(row)
    fitted(campaign, "--model", "linear", "--out", tmp_path / "whole.npz")
    whole = enchanted_tui.load_model(tmp_path / "whole.npz")
    assert whole.bounds["a"] == whole.bounds["b"] == (0.0, 1.0)


def test_a_parameter_reaches_as_far_as_its_samples(tmp_path: Path) -> None:
    """Protects predictions at values of a grid that the campaign does not come to."""
    code = "def run(a, b): return {'o': a + b * b}"
    sampler = {"type": "GridSampler", "parameters": ["a", "b"], "bounds": [[0, 1], [0, 1]]}
    run_dir = run_code(tmp_path, code, {**sampler, "num_samples": 5, "constraints": ["a < 0.9"]})
    fitted(run_dir, "--model", "linear")
    assert enchanted_tui.load_model(run_dir).bounds == {"a": (0.0, 0.75), "b": (0.0, 1.0)}


def test_failures_that_a_condition_hides_are_not_denied(campaign: Path, tmp_path: Path) -> None:
    """Protects from *no sample has failed* where failed samples have no output to judge by; by
    parameters they are judged as the others.
    """
    place = tmp_path / "part.npz"
    code, out, said = asked(
        *("--fit", campaign, "--where", "o >= 0", "--model", "linear", "--out", place)
    )
    assert code == 0, said
    assert "no sample has failed" not in out
    assert "nothing is learnt of where samples fail: the condition is about o, by which" in out
    model = enchanted_tui.load_model(place)
    row = pandas.DataFrame({"a": [0.7], "b": [0.9], "kind": ["odd"]})
    with pytest.raises(SurrogateError, match="the condition is about o"):
        model.probability_of_success(row)
    place = tmp_path / "other.npz"
    report = fitted(campaign, "--where", "a > 0.3", "--model", "linear", "--out", place)
    assert 0.7 < report["success"]["rate"] < 0.9 and report["success"]["tells"]
    assert enchanted_tui.load_model(place).probability_of_success(row)[0] < 0.5
