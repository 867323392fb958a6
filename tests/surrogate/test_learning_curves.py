"""Forecasts of learning curves come true, and large datasets stay small."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from enchanted_tui.surrogate.cross_validation import CurvePoint, curve_sizes
from enchanted_tui.surrogate.power_law import power_law
from helpers.marks import in_full, rounds
from helpers.processes import with_helpers
from helpers.surrogates import fitted, function_campaign, run_code


@pytest.mark.parametrize(
    ("name", "half"),
    [("double_gaussian", 60), *in_full(("ishigami", 100), ("friedman", 80))],
)
def test_what_is_forecast_at_half_the_samples_comes_true(
    tmp_path: Path, name: str, half: int
) -> None:
    """Protects the decision whether to draw more: the error with twice as many samples is within
    the interval that was stated with half of them.
    """
    count, come_true = rounds(1, 20), 0
    for seed in range(1, count + 1):
        before = fitted(function_campaign(tmp_path / f"{seed}-half", name, half, seed))
        after = fitted(function_campaign(tmp_path / f"{seed}-all", name, 2 * half, seed))
        ahead = before["outputs"][0]["forecast"]
        curve = after["outputs"][0]["learning_curve"]
        assert ahead["samples"] == curve[-1]["samples"]
        come_true += ahead["low"] <= curve[-1]["rmse"] <= ahead["high"]
    assert come_true >= 0.8 * count


def test_a_law_is_found_again() -> None:
    """Protects the arithmetic: points of a power law give its exponent, and the forecast lies on
    it.
    """
    curve = [CurvePoint(3 * n**-0.7, None, None, n, 0.03 * n**-0.7) for n in curve_sizes(400, 3)]
    law = power_law(curve)
    assert law is not None and law.exponent == pytest.approx(0.7)
    ahead = law.forecast(800)
    assert ahead.rmse == pytest.approx(3 * 800**-0.7) and ahead.low < ahead.rmse < ahead.high
    halved = law.samples_for(1.5 * 400**-0.7)
    assert halved == pytest.approx(400 * 2 ** (1 / 0.7), rel=0.01)
    assert power_law(curve[-2:]) is None


_LARGE = """
import numpy as np

def run(**columns):
    x = np.stack([columns[f"p{k}"] for k in range(40)], axis=1)
    return {"output": 3 * x[:, 0] * x[:, 1] + np.sin(5 * x[:, 2]) + x[:, 3:8].sum(axis=1)}
"""


@pytest.mark.parametrize("samples", [1_500, *in_full(3_000, 100_000)])
def test_a_large_dataset_is_said_beforehand_and_stays_small(tmp_path: Path, samples: int) -> None:
    """Protects a login node: what will be done is said in seconds, and memory stays below 2 GB."""
    names = [f"p{k}" for k in range(40)]
    sampler = {
        "type": "RandomSampler",
        "parameters": names,
        "bounds": [[0, 1]] * 40,
        "budget": samples,
    }
    run_dir = run_code(tmp_path, _LARGE, sampler, batch=1000, save_files="none")
    model = [] if samples > 10_000 else ["--model", "linear"]
    process = subprocess.Popen(
        [sys.executable, "-m", "enchanted_tui", "--fit", str(run_dir), "--json", *model],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=with_helpers({"OMP_NUM_THREADS": "2"}),
    )
    assert process.stderr is not None
    said = ""
    while "judged by" not in said:
        said = process.stderr.readline()
        assert said
    assert f"{samples:,} successful samples, 40 inputs" in said
    assert _processor_seconds(process.pid) < 60  # wherever others are at work, too
    out, _ = process.communicate(timeout=1800)
    assert process.returncode == 0
    assert json.loads(out)["outputs"][0]["r2"] > 0.5
    if samples > 10_000:
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        assert largest < 2_000_000  # kB


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_sizes_begin_small_and_end_with_all() -> None:
    """Protects the curve's ends, and its cost: few points, about 1.4 times apart."""
    for most in (12, 80, 5_000):
        sizes = curve_sizes(most, 3)
        assert sizes[-1] == most and min(sizes) >= 10 and len(sizes) <= 8
        assert all(np.diff(sizes) > 0)
