"""Oscillators with ngspice: a compiled code, run from templates in two steps."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from helpers.real_campaign import ROOT, assert_same_rows

CONFIG = "configs/ngspice/oscillator.yaml"
FEW = ("--set", "samplers.circuits.budget=40", "--set", "executors.local.n_workers=2")
SAMPLED = ("inductance_nh", "capacitance_pf", "quality_factor", "tail_current_ma")

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def uninterrupted(ngspice, real_campaign):
    campaign = real_campaign(CONFIG, "uninterrupted", *FEW)
    campaign.whole()
    return campaign


@pytest.mark.full
def test_killed_and_resumed(real_campaign, uninterrupted):
    """Protects the ngspice campaign of the tutorial: after `kill -9` no ngspice is left running,
    and the resumed campaign has the samples,
    outputs and failures of an uninterrupted one, without running anything again."""
    killed = real_campaign(CONFIG, "killed", *FEW)
    before = killed.run_and_kill(after_tasks=30)
    assert 30 <= len(before) < 80
    simulated = killed.written(before)
    killed.go_on()

    assert killed.written(before) == simulated
    rows = killed.comparable_rows()
    assert [row["run_dir"].split("_")[2] for row in rows] == [f"s{number}" for number in range(40)]
    assert [[row[name] for name in SAMPLED] for row in rows] == [
        [row[name] for name in SAMPLED] for row in uninterrupted.comparable_rows()
    ]
    assert_same_rows(rows, uninterrupted.comparable_rows(), tolerance=0)
    assert killed.reasons() == uninterrupted.reasons()


def test_physics_and_failures(uninterrupted):
    """Protects what the tutorial says: step 2 oscillates where step 1 predicts growth, and each
    kind of failure has its reason.
    """
    failures = uninterrupted.reasons()
    for row in uninterrupted.comparable_rows():
        task = row["run_dir"]
        if row["success"] == "True":
            assert float(row["growth_per_period"]) > 0
            assert math.isclose(float(row["frequency_hz"]), float(row["resonance_hz"]), rel_tol=0.1)
        elif row["success_linear"] == "False":
            assert task.endswith("_r0") and failures[task][1].startswith(
                "no resonance between 1.5 and 8 GHz"
            )
            assert failures[task[:-1] + "1"][0] == "skipped"
        else:
            assert float(row["growth_per_period"]) < 0.1
            assert failures[task][0] == "reported"
    reasons = " ".join(message for _, message in failures.values())
    assert "no resonance" in reasons and "does not start" in reasons


def test_picture(uninterrupted, tmp_path):
    """Protects the tutorial's picture: its script draws any run of the campaign."""
    picture = tmp_path / "ngspice.png"
    subprocess.run(
        [sys.executable, ROOT / "configs" / "ngspice" / "plot.py", uninterrupted.run_dir, picture],
        check=True,
        timeout=60,
    )
    assert picture.stat().st_size > 10_000
