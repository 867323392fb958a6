"""`enchanted-tui --sensitivity`: indices that are known, from random samples of which some have
failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.marks import in_full, rounds
from helpers.surrogates import analysed, asked, function_campaign, run_code


def _ishigami() -> dict[str, tuple[float, float]]:
    """Return first-order and total indices: T. Ishigami, T. Homma (1990), with a = 7, b = 0.1."""
    a, b = 7.0, 0.1
    by_first = 0.5 * (1 + b * pi**4 / 5) ** 2
    by_second = a**2 / 8
    together = b**2 * pi**8 * 8 / 225
    total = by_first + by_second + together
    return {
        "x1": (by_first / total, (by_first + together) / total),
        "x2": (by_second / total, by_second / total),
        "x3": (0.0, together / total),
    }


def _g_function() -> dict[str, tuple[float, float]]:
    """Return those of Sobol's g-function: A. Saltelli, I. M. Sobol, Reliability Engineering and
    System Safety 50 (1995).
    """
    by_one = np.array([1 / (3 * (1 + a) ** 2) for a in (0, 1, 4.5, 9)])
    total = float(np.prod(1 + by_one)) - 1
    with_others = by_one * np.prod(1 + by_one) / (1 + by_one)
    return {
        f"x{number + 1}": (float(first), float(whole))
        for number, (first, whole) in enumerate(
            zip(by_one / total, with_others / total, strict=True)
        )
    }


KNOWN = {"ishigami": _ishigami(), "g": _g_function()}


def held(report: Mapping[str, Any], known: Mapping[str, tuple[float, float]]) -> bool:
    """Tell whether all intervals hold the indices that are known."""
    (output,) = report["outputs"]
    return all(
        index["first_low"] - 1e-9 <= known[index["name"]][0] <= index["first_high"] + 1e-9
        and index["total_low"] - 1e-9 <= known[index["name"]][1] <= index["total_high"] + 1e-9
        for index in output["indices"]
    )


@pytest.mark.parametrize("name", ["ishigami", *in_full("g")])
def test_indices_are_those_that_are_known(tmp_path: Path, name: str) -> None:
    """Protects the answer to *what matters*: random samples, of which a tenth fail, give
    intervals that hold the analytic indices and are worth something.
    """
    count = rounds(1, 20)
    reports = [
        analysed(
            function_campaign(tmp_path / str(seed), name, rounds(300, 500), seed, failing=True)
        )
        for seed in range(1, count + 1)
    ]
    assert all(0.05 < 1 - report["succeeded"] / report["samples"] < 0.15 for report in reports)
    assert sum(held(report, KNOWN[name]) for report in reports) >= 0.9 * count
    for report in reports:
        for index in report["outputs"][0]["indices"]:
            assert index["first_high"] - index["first_low"] < 0.25
            assert index["total_high"] - index["total_low"] < 0.35


def test_what_does_not_matter_is_said(tmp_path: Path) -> None:
    """Protects categories, arrays and words: indices of an array by the variance of its elements, a
    parameter that does nothing, and correlations by ranks where they are not linear.
    """
    code = """
        import numpy as np

        def run(size, kind, idle):
            factor = {"a": 1.0, "b": 2.0, "c": 3.0}[kind]
            return {
                "steep": np.exp(6 * size),
                "curve": factor * np.array([0.0, 1.0, 2.0]) + 0.1 * size,
                "success": True,
            }
    """
    sampler = {
        "type": "SobolSequenceSampler",
        "parameters": {
            "size": {"low": 0, "high": 1},
            "kind": {"choice": ["a", "b", "c"]},
            "idle": {"low": 0, "high": 1},
        },
        "budget": 64,
    }
    run_dir = run_code(tmp_path, code, sampler)
    code_, out, said = asked("--sensitivity", run_dir)
    assert code_ == 0, said
    assert "size matters most; hardly matter: " in out and "kind matters most" in out
    report = analysed(run_dir)
    by_name = {
        one["name"]: {index["name"]: index for index in one["indices"]} for one in report["outputs"]
    }
    assert by_name["curve"]["kind"]["total"] > 0.95 and by_name["steep"]["size"]["total"] > 0.95
    assert by_name["steep"]["idle"]["total_high"] < 0.1
    found = report["correlations"]
    size, steep = found["names"].index("size"), found["names"].index("steep")
    assert found["spearman"][size][steep] == pytest.approx(1.0)
    assert 0.6 < found["pearson"][size][steep] < 0.95
    (effect,) = [
        effect
        for one in report["outputs"]
        for effect in one["effects"]
        if (one["name"], effect["name"]) == ("steep", "size")
    ]
    assert list(effect["mean"]) == sorted(effect["mean"])


def test_a_logarithmic_parameter_is_as_it_was_drawn(tmp_path: Path) -> None:
    """Protects what indices are of: the distribution that the campaign drew from, in which the
    logarithm counts.
    """
    code = """
        import math

        def run(p, q):
            return {"output": math.log10(p) + q, "success": True}
    """
    sampler = {
        "type": "RandomSampler",
        "parameters": {
            "p": {"low": 1, "high": 1e6, "scale": "log"},
            "q": {"low": 0, "high": 6},
        },
        "budget": 60,
    }
    report = analysed(run_code(tmp_path, code, sampler))
    assert report["inputs"] == ["p as it was drawn", "q as it was drawn"]
    assert held(report, {"p": (0.5, 0.5), "q": (0.5, 0.5)})


def test_one_parameter_has_it_all(tmp_path: Path) -> None:
    """Protects the smallest case."""
    code = "def run(x): return {'output': x ** 2, 'success': True}"
    sampler = {"type": "GridSampler", "parameters": ["x"], "bounds": [[0, 2]], "num_samples": 25}
    (index,) = analysed(run_code(tmp_path, code, sampler))["outputs"][0]["indices"]
    assert index["first"] == index["total"] == 1.0


def test_an_output_with_few_values_is_not_left_out_in_silence(tmp_path: Path) -> None:
    """Protects whoever looks for an output: why it is not there is said, in text and in JSON."""
    code = """
    def run(a, b):
        return {"often": a - b, **({"seldom": a + b} if a > 0.75 else {})}
    """
    sampler = {"type": "SobolSequenceSampler", "parameters": ["a", "b"], "budget": 32}
    run_dir = run_code(tmp_path, code, {**sampler, "bounds": [[0, 1], [0, 1]]})
    report = analysed(run_dir, "--model", "linear")
    assert [one["name"] for one in report["outputs"]] == ["often"]
    assert "seldom is left out: it has fewer than 20 values" in report["notes"]
    code_, _, said = asked("--sensitivity", run_dir, "--outputs", "seldom", "--model", "linear")
    assert code_ == 2 and "seldom is left out: it has fewer than 20 values" in said
