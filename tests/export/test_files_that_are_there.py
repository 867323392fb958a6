"""Files of a person's own are never lost to an option that writes one: a file that is there is
replaced by `--overwrite` alone, but for what was exported of the same campaign before.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.surrogates import asked, function_campaign

_OWN = "weeks of work"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two finished campaigns with few samples."""
    root = tmp_path_factory.mktemp("there")
    return [function_campaign(root / name, "double_gaussian", 30) for name in ("first", "other")]


@pytest.mark.parametrize(
    ("command", "name", "arguments"),
    [
        ("--export", "table.parquet", ()),
        ("--export", "table.csv.schema.json", ("--out", "table.csv")),
        ("--export", "table-test.csv", ("--split", "0.5/0.5", "--out", "table.csv")),
        ("--fit", "model.npz", ("--model", "linear")),
        ("--report", "page.html", ("--model", "linear")),
        ("--report", "run-report.html", ("--out", "")),
        ("--compare", "curves.csv", ("--model", "linear")),
        ("--compare", "curves.svg", ("--model", "linear")),
    ],
)
def test_a_file_that_is_there_is_refused(
    pair: list[Path],
    command: str,
    name: str,
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is worked out, by a sentence that says what to do; with `--overwrite` it is
    replaced.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(_OWN)
    runs = pair if command == "--compare" else pair[:1]
    given = list(arguments)
    if "--out" not in given:
        given += ["--out", name]
    elif not given[-1]:  # the name of its own
        given = given[:-2]
    code, _, said = asked(command, *runs, *given)
    assert code == 2, said
    assert (
        said == f"--out {name}: this is there already; remove it, name another place, or add"
        " --overwrite\n"
    )
    assert (tmp_path / name).read_text() == _OWN
    assert [path.name for path in tmp_path.iterdir()] == [name]
    code, _, said = asked(command, *runs, *given, "--overwrite")
    assert code == 0, said
    assert (tmp_path / name).read_bytes() != _OWN.encode()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".h5"])
def test_an_export_made_again_takes_the_place_of_the_last(
    pair: list[Path], suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects scripts that export after every resume; that of another campaign, or one that
    somebody has worked on, stays.
    """
    monkeypatch.chdir(tmp_path)
    given = ("--out", f"t{suffix}", "--split", "0.5/0.5", "--provenance")
    assert asked("--export", pair[0], *given)[0] == 0
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    code, _, said = asked("--export", pair[0], *given)
    assert code == 0, said
    assert before.keys() == {path.name for path in tmp_path.iterdir()}
    assert all(path.stat().st_ino != before[path.name] for path in tmp_path.iterdir())
    code, _, said = asked("--export", pair[1], *given)
    assert code == 2 and "are there already" in said
    train = tmp_path / f"t-train{suffix}"
    train.write_text(_OWN)
    code, _, said = asked("--export", pair[0], *given)
    assert code == 2 and f"t-train{suffix}" in said and "t-test" not in said
    assert train.read_text() == _OWN


def test_all_that_is_there_is_said_at_once(
    pair: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects from mending one after the other; a crate takes the place of nothing."""
    monkeypatch.chdir(tmp_path)
    for part in ("train", "test"):
        (tmp_path / f"t-{part}.h5").write_text(_OWN)
    code, _, said = asked("--export", pair[0], "--out", "t.h5", "--split", "0.5/0.5")
    assert code == 2 and "--out t-train.h5, t-test.h5: these are there already" in said
    code, _, said = asked("--export", pair[0], "--crate", "--overwrite")
    assert code == 2 and "a crate never takes the place of what is there" in said
    code, _, said = asked("--status", pair[0], "--overwrite")
    assert code == 2 and "--overwrite goes with" in said
