"""Tokamak equilibria with FreeGS: a simulation in Python, with an environment of its own.

Every day a kill and the physics; continuation and the comparison of samplers with ``--full``.
"""

from __future__ import annotations

import subprocess

import pytest

import enchanted_tui
from helpers.continuation import neighbours_in
from helpers.files import journal_records
from helpers.real_campaign import ROOT, assert_same_rows
from helpers.surrogates import fitted, independent_errors

CONFIG = "configs/freegs/tokamak.yaml"
FEW = ("--set", "samplers.operating_points.budget=6", "--set", "executors.local.n_workers=2")
CONTINUED = "configs/freegs/tokamak_continuation.yaml"
WIDTHS = (1.9e4, 3.0e5, 0.28)  #: of the parameters' bounds
SAMPLED = ("pressure_on_axis", "plasma_current", "x_point_z")

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def uninterrupted(freegs_python, real_campaign):
    campaign = real_campaign(CONFIG, "uninterrupted", *FEW, python=freegs_python)
    campaign.whole()
    return campaign


@pytest.mark.full
def test_from_equilibria_to_a_surrogate(freegs_python, real_campaign):
    """Protects the tutorial's way to a model: its error is that of an independent script, and the
    file beside the campaign uses it.
    """
    campaign = real_campaign(
        CONFIG, "surrogate", "--set", "samplers.operating_points.budget=32", python=freegs_python
    )
    campaign.whole()
    (report,) = fitted(campaign.run_dir, "--outputs", "poloidal_beta")["outputs"]
    frame = enchanted_tui.load(campaign.run_dir)
    good = frame[frame["success"]]
    points = good[list(SAMPLED)].to_numpy(dtype=float)
    points = (points - points.min(axis=0)) / (points.max(axis=0) - points.min(axis=0))
    by_others = independent_errors(points, good["poloidal_beta"].to_numpy(dtype=float), 4)
    assert 0.6 * min(by_others) < report["rmse"] < 1.6 * max(by_others)
    script = ROOT / "configs" / "freegs" / "surrogate.py"
    done = subprocess.run(
        [freegs_python, script, campaign.run_dir], check=True, capture_output=True, text=True
    )
    assert "poloidal_beta" in done.stdout and "uncertain_by" in done.stdout


@pytest.mark.full
def test_killed_and_resumed(freegs_python, real_campaign, uninterrupted):
    """Protects the FreeGS campaign of the tutorial: after `kill -9` no solve is left running, and
    the resumed campaign has the samples,
    outputs and failures of an uninterrupted one, without solving anything again."""
    killed = real_campaign(CONFIG, "killed", *FEW, python=freegs_python)
    before = killed.run_and_kill(after_tasks=2)
    assert 2 <= len(before) < 6
    solved = killed.written(before)
    killed.go_on()

    assert killed.written(before) == solved
    rows = killed.comparable_rows()
    assert [row["run_dir"] for row in rows] == [f"d0_b0_s{number}_r0" for number in range(6)]
    assert [[row[name] for name in SAMPLED] for row in rows] == [
        [row[name] for name in SAMPLED] for row in uninterrupted.comparable_rows()
    ]
    assert_same_rows(rows, uninterrupted.comparable_rows(), tolerance=1e-6)
    assert killed.reasons() == uninterrupted.reasons()


@pytest.mark.full
def test_physics_and_failures(freegs_python, uninterrupted, tmp_path):
    """Protects what the tutorial says: equilibria are physical and stored, points without one fail
    with FreeGS' own reason,
    its messages are in the run directory, and the picture can be drawn."""
    rows = {row["run_dir"]: row for row in uninterrupted.comparable_rows()}
    assert uninterrupted.reasons() == {
        "d0_b0_s4_r0": ("exception", "ValueError: No O-points found!")
    }
    assert rows["d0_b0_s4_r0"]["success"] == "False"
    assert (
        "No O points found"
        in (uninterrupted.run_dir / "data" / "d0_b0_s4_r0" / "stdout.txt").read_text()
    )
    for name, row in rows.items():
        if row["success"] == "True":
            q = [float(row[key]) for key in ("q05", "q25", "q50", "q75", "q95")]
            assert q == sorted(q)
            assert 0 < float(row["poloidal_beta"]) < 1
            assert 1.2 < float(row["axis_r"]) < 1.5
            assert 1.1 < float(row["elongation"]) < 1.5
            assert (
                uninterrupted.run_dir / "data" / name / "equilibrium.geqdsk"
            ).stat().st_size > 50_000
    picture = tmp_path / "freegs.png"
    subprocess.run(
        [freegs_python, ROOT / "configs" / "freegs" / "plot.py", uninterrupted.run_dir, picture],
        check=True,
        timeout=60,
    )
    assert picture.stat().st_size > 10_000


@pytest.mark.full
def test_more_equilibria_by_continuation(freegs_python, real_campaign, uninterrupted):
    """Protects what the page on continuation says: from its nearest neighbour also that point
    converges which does not from FreeGS' own first guess, all in fewer iterations, to the same
    equilibria.
    """
    continued = real_campaign(CONTINUED, "continued", *FEW, python=freegs_python)
    continued.whole()
    found = neighbours_in(
        journal_records(continued.run_dir), dict(zip(SAMPLED, WIDTHS, strict=True))
    )
    assert len(found) == 6
    assert list(found.values()).count("") <= 2
    rows = {row["run_dir"]: row for row in continued.comparable_rows()}
    cold = {row["run_dir"]: row for row in uninterrupted.comparable_rows()}
    assert cold["d0_b0_s4_r0"]["success"] == "False"
    assert all(row["success"] == "True" for row in rows.values())
    both = [name for name, row in cold.items() if row["success"] == "True" and found[name]]
    assert sum(float(rows[name]["iterations"]) for name in both) < 0.7 * sum(
        float(cold[name]["iterations"]) for name in both
    )
    for name in both:
        beta = [float(row[name]["poloidal_beta"]) for row in (rows, cold)]
        assert abs(beta[0] / beta[1] - 1) < 0.05


@pytest.mark.full
def test_comparison_of_samplers(freegs_python, tmp_path, monkeypatch):
    """Protects the comparison that the tutorial links: campaigns are run, read and judged, and
    finished ones taken as they are.
    """
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.learning import tokamak

    found = tokamak.errors(freegs_python, tmp_path, "Sobol", 0, sizes=(6, 8), test_size=8)
    assert 3 <= found["solved"][0] <= found["solved"][1] <= 8
    assert set(found["errors"]) == {"poloidal_beta", "q95"}
    assert all(0 < error < 3 for errors in found["errors"].values() for error in errors)
    written = {
        path: path.stat().st_mtime_ns for path in tmp_path.glob("*/data/*/enchanted_datapoint.csv")
    }
    assert len(written) == 16
    assert tokamak.errors(freegs_python, tmp_path, "Sobol", 0, sizes=(6, 8), test_size=8) == found
    assert {path: path.stat().st_mtime_ns for path in written} == written
