"""`--export --pivot`: children of a nested campaign gathered below their parents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import enchanted_tui
from enchanted_tui import cli

CODE = """
import numpy as np

def parent(a):
    return {"field": a * np.arange(3.0), "name": "p"}

def child(a, field, t):
    if t > 0.5 and a > 1.5:
        raise ValueError("unstable")
    return {"energy": a + t, "steps": int(10 * t), "stable": t < 0.4, "curve": t * field,
            "word": "x"}
"""
CONFIG = {
    "samplers": {
        "outer": {"type": "ArraySampler", "parameters": ["a"], "bounds": [[1.0, 2.0]]},
        "inner": {
            "type": "ArraySampler",
            "parameters": ["t"],
            "bounds": [[0.1, 0.3, 0.7]],
            "batch_size": 2,
        },
    },
    "runners": {
        "above": {"type": "PythonRunner", "function": "pivot_code:parent"},
        "below": {"type": "PythonRunner", "function": "pivot_code:child"},
    },
    "executors": {"here": {"type": "LocalExecutor", "n_workers": 2}},
    "supervisor": {
        "seed": 3,
        "units": {"a": "m", "energy": "J"},
        "run_order": [
            {"sampler": "outer", "executor": "here", "runner": "above"},
            {"sampler": "inner", "executor": "here", "runner": "below"},
        ],
    },
}


@pytest.fixture(scope="module")
def nested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of two parents with three children each, of which one has failed."""
    root = tmp_path_factory.mktemp("pivot")
    (root / "pivot_code.py").write_text(CODE)
    (root / "c.yaml").write_text(yaml.safe_dump(CONFIG))
    run_dir = root / "run"
    assert cli.main([str(root / "c.yaml"), "--no-ui", "--base-run-dir", str(run_dir)]) == 0
    return run_dir


def test_a_row_is_a_parent(nested: Path) -> None:
    """Protects a model of whole parents: each child at its place, numbers as arrays, NaN where a
    child has failed, the parent's own columns as they are.
    """
    frame = enchanted_tui.load(nested, pivot=True)
    assert list(frame["a"]) == [1.0, 2.0]
    assert frame["field"].iloc[1].tolist() == [0.0, 2.0, 4.0]
    assert all(cell.tolist() == [0.1, 0.3, 0.7] for cell in frame["t"])
    assert frame["energy"].iloc[0].tolist() == [1.1, 1.3, 1.7]
    np.testing.assert_array_equal(frame["energy"].iloc[1], [2.1, 2.3, np.nan])
    assert frame["success"].iloc[1].tolist() == [True, True, False]
    assert frame["curve"].iloc[0].shape == (3, 3)
    np.testing.assert_array_equal(frame["curve"].iloc[0][2], 0.7 * np.arange(3.0))
    assert frame["word"].iloc[1] == ["x", "x", None]
    assert frame.attrs["units"]["energy"] == "J"


@pytest.mark.parametrize("to", ["csv", "parquet", "hdf5", "netcdf"])
def test_every_format_gives_it_back(nested: Path, tmp_path: Path, to: str) -> None:
    """Whatever the format, `load` gives the same frame as from the run directory."""
    out = tmp_path / "out.file"
    arguments = ["--export", str(nested), "--pivot", "--to", to, "--out", str(out)]
    assert cli.main(arguments) == 0
    pd.testing.assert_frame_equal(enchanted_tui.load(out), enchanted_tui.load(nested, pivot=True))


def test_only_successes(nested: Path, tmp_path: Path) -> None:
    """A child that failed has no values at all, and places stay where they are."""
    out = tmp_path / "out.parquet"
    assert (
        cli.main(["--export", str(nested), "--pivot", "--successes-only", "--out", str(out)]) == 0
    )
    frame = enchanted_tui.load(out)
    np.testing.assert_array_equal(frame["t"].iloc[1], [0.1, 0.3, np.nan])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pivot", "--provenance"], "export it without --pivot"),
        (["--pivot", "--front", "energy=min"], "leave one of them out"),
        (["--pivot", "--columns", "enrgy"], "did you mean 'energy'?"),
    ],
)
def test_what_does_not_go_together(
    nested: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with the remedy, and no file."""
    assert cli.main(["--export", str(nested), "--out", str(nested.parent / "no"), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (nested.parent / "no").exists()


def test_a_campaign_of_one_stage_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There are no parents, which the sentence says."""
    config = {**CONFIG, "supervisor": {**CONFIG["supervisor"]}}  # type: ignore[dict-item]
    config["supervisor"]["run_order"] = CONFIG["supervisor"]["run_order"][:1]  # type: ignore[index]
    (tmp_path / "pivot_code.py").write_text(CODE)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
    run_dir = tmp_path / "run"
    assert cli.main([str(tmp_path / "c.yaml"), "--no-ui", "--base-run-dir", str(run_dir)]) == 0
    assert cli.main(["--export", str(run_dir), "--pivot"]) == 2
    assert "leave --pivot out" in capsys.readouterr().err
