"""`--export RUN_DIR --where CONDITION`, `load(where=...)` and `--fit --where`: the rows that keep a
condition and no others.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.export.selection import ExportError
from helpers.files import read_csv
from helpers.random_campaign import run_random_campaign

CODE = """
def run(x, y):
    if x > 0.9:
        raise ValueError("too far")
    return {"gain": x * (1 - y), "kind": "steep" if y < 0.5 else "flat", "success": True}
"""


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign of 40 random samples, of which some failed."""
    return run_random_campaign(tmp_path_factory.mktemp("where"), CODE, "steep_code", 40)


def export(run_dir: Path, *arguments: object) -> int:
    return cli.main(["--export", str(run_dir), "--overwrite", *map(str, arguments)])


CONDITION = "gain > 0.2 and success and kind == 'steep'"


def test_the_rows_are_those_that_keep_it(run_dir: Path, tmp_path: Path) -> None:
    """The same rows by the command line, in parts, with a front among them, and in a notebook; the
    file says by which condition.
    """
    out = tmp_path / "out.csv"
    rows = read_csv(run_dir / "enchanted_dataset.csv")
    expected = [
        row["run_dir"]
        for row in rows
        if row["success"] == "True" and float(row["gain"]) > 0.2 and row["kind"] == "steep"
    ]
    assert 2 < len(expected) < len(rows) - 5
    assert export(run_dir, "--where", CONDITION, "--out", out) == 0
    assert [row["run_dir"] for row in read_csv(out)] == expected
    schema = json.loads(Path(f"{out}.schema.json").read_text())
    assert schema["provenance"]["where"] == CONDITION
    frame = enchanted_tui.load(run_dir, where=CONDITION)
    assert list(frame["run_dir"]) == expected
    assert frame.attrs["provenance"]["where"] == CONDITION
    assert list(enchanted_tui.load(out, where="gain > 0.4")["gain"]) == [
        gain for gain in frame["gain"] if gain > 0.4
    ]
    assert export(run_dir, "--where", CONDITION, "--split", "0.5/0.5", "--out", out) == 0
    parts = [read_csv(tmp_path / f"out-{name}.csv") for name in ("train", "test")]
    assert sum(map(len, parts)) == len(expected)
    assert export(run_dir, "--where", CONDITION, "--front", "gain=max,x=min", "--out", out) == 0
    kept = [(float(row["gain"]), float(row["x"])) for row in rows if row["run_dir"] in expected]
    front = [
        (gain, x)
        for gain, x in kept
        if not any(a >= gain and b <= x and (a, b) != (gain, x) for a, b in kept)
    ]
    assert [(float(row["gain"]), float(row["x"])) for row in read_csv(out)] == front


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("gian > 1", "--where gian > 1: at character 1, there is no column 'gian'; did you mean"),
        ("gain > 'a'", "gain holds numbers"),
        ("gain >", "at character 7, the condition breaks off here"),
        ("gain > 100", "none of the 40 rows keeps this condition"),
        ("", "--where: nothing is given"),
    ],
)
def test_what_is_no_condition_is_said(
    run_dir: Path,
    written: str,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In one sentence, with the exit code of usage, and nothing is written."""
    assert export(run_dir, "--where", written, "--out", tmp_path / "out.csv") == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    if written == "gian > 1":
        with pytest.raises(ExportError, match="did you mean gain"):
            enchanted_tui.load(run_dir, where=written)


def test_a_surrogate_learns_from_these_rows(
    run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--fit` and `--sensitivity` take the same condition and say so; others refuse it."""
    place = tmp_path / "model.npz"
    fit = ["--fit", str(run_dir), "--out", str(place)]
    for asked, where in ((fit, "gain > 0.05"), (["--sensitivity", str(run_dir)], "x < 0.8")):
        count = len(enchanted_tui.load(run_dir, where=where))
        options = ("--where", where, "--outputs", "gain", "--model", "linear", "--json")
        assert cli.main([*asked, *options]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["samples"] == count
        assert told["notes"][0] == f"only the {count} of 40 samples where {where}"
    assert cli.main(["--sensitivity", str(run_dir), "--where", "gain > 0.05"]) == 2
    assert "give a condition that shortens the range of one parameter" in capsys.readouterr().err
    assert cli.main(["--status", str(run_dir), "--where", "gain > 1"]) == 2
    said = capsys.readouterr().err
    assert "--where goes with --export RUN_DIR, --plot KIND RUN_DIR, --fit RUN_DIR or" in said
