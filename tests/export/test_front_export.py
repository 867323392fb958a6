"""`--export RUN_DIR --front` writes the rows of the Pareto front and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from enchanted_tui import cli
from helpers.files import read_csv
from helpers.random_campaign import run_random_campaign

CODE = """
def run(x, y):
    if x > 0.9:
        raise ValueError("too far")
    return {"gain": x * (1 - y), "cost": x + y, "success": True}
"""


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign of 32 random samples, of which some failed; it names no objectives."""
    return run_random_campaign(tmp_path_factory.mktemp("front"), CODE, "gain_code", 32)


def export(run_dir: Path, *arguments: object) -> int:
    return cli.main(["--export", str(run_dir), *map(str, arguments)])


def test_the_rows_are_those_that_no_other_one_betters(run_dir: Path, tmp_path: Path) -> None:
    """Failed samples neither on the front nor against it; columns and splits go on as they do."""
    out = tmp_path / "out.csv"
    chosen = ("--front", "gain=max,cost=minimize", "--columns", "gain,cost")
    assert export(run_dir, *chosen, "--out", out) == 0
    rows = read_csv(run_dir / "enchanted_dataset.csv")
    pairs = [(float(row["gain"]), float(row["cost"])) for row in rows if row["success"] == "True"]
    assert len(pairs) < 32
    expected = [
        (gain, cost)
        for gain, cost in pairs
        if not any(a >= gain and b <= cost and (a, b) != (gain, cost) for a, b in pairs)
    ]
    assert [(float(row["gain"]), float(row["cost"])) for row in read_csv(out)] == expected
    assert export(run_dir, *chosen, "--out", out, "--split", "0.5/0.5") == 0
    parts = [read_csv(tmp_path / f"out-{name}.csv") for name in ("train", "test")]
    assert sum(map(len, parts)) == len(expected)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (["--front"], "names no objectives; name them, as in --front mass=minimize"),
        (["--front", "gian=max,cost=min"], "no column of numbers 'gian'; did you mean 'gain'?"),
        (["--front", "gain=best"], "'gain=best' is no objective"),
        (["--front", "gain=max,gain=min"], "'gain' is named twice"),
    ],
)
def test_what_cannot_be_compared_is_said(
    run_dir: Path, written: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one sentence, and nothing is written."""
    assert export(run_dir, *written) == 2
    assert words in capsys.readouterr().err


def test_it_goes_with_an_export_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Without one it would be read and ignored."""
    assert cli.main(["--status", "run", "--front", "a=min"]) == 2
    assert "--front goes with --export RUN_DIR" in capsys.readouterr().err
