"""`--fit` of outputs that are too large, too small or too much alike for arithmetic."""

from __future__ import annotations

import warnings
from pathlib import Path

from helpers.surrogates import fitted, run_code


def test_what_cannot_be_fitted_does_not_keep_others_from_it(tmp_path: Path) -> None:
    """Protects the fit of an output from another one of extreme magnitude, which is left out with
    a reason that is true.
    """
    code = """
    def run(a, b):
        return {
            "fine": a + b * b,
            "tiny": 1e-310 * (1 + a),
            "huge": 1e300 * (1 + a),
            "alike": 1e17 + int(5 * a),
        }
    """
    sampler = {"type": "SobolSequenceSampler", "parameters": ["a", "b"], "budget": 32}
    run_dir = run_code(tmp_path, code, {**sampler, "bounds": [[0, 1], [0, 1]]})
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        report = fitted(run_dir, "--model", "linear")
    assert [one["name"] for one in report["outputs"]] == ["fine"]
    notes = " ".join(report["notes"])
    assert "tiny is left out: it differs by 1e-310 at most" in notes
    assert "huge is left out: it reaches 2e+300" in notes
    assert "alike is left out: it is about 1e+17, and differs by less than 16 digits" in notes
