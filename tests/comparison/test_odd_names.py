"""Names that a shell, a terminal, a legend or a character set takes for something else: of run
directories, columns and messages of samples.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import matplotlib
import pytest

import enchanted_tui
from enchanted_tui import cli
from enchanted_tui.surrogate.model_inputs import SurrogateError
from helpers.crates import PREVIEW, entities
from helpers.surrogates import asked, run_code

_CODE = r"""
def run(a, b):
    if a > 0.75:
        raise RuntimeError("\x1b]0;title\x07\x1b[31m in red")
    return {"height": a - b, "\x1b[2Jcolumn": a + b, "word": "\x1b[1mbold\x9b31m"}
"""
_DOLLAR, _ESCAPE = "cost$HOME and ~", "\x1b[31mred\r"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One campaign, in directories with three names."""
    root = tmp_path_factory.mktemp("odd")
    sampler = {"type": "SobolSequenceSampler", "parameters": ["a", "b"], "budget": 32}
    run = run_code(root, _CODE, {**sampler, "bounds": [[0, 1], [0, 1]]})
    return [Path(shutil.copytree(run, root / name)) for name in ("_first", _DOLLAR, _ESCAPE)]


def test_every_run_is_in_the_legend(runs: list[Path], tmp_path: Path) -> None:
    """Protects a figure from curves that nobody can name: matplotlib leaves out what begins with
    `_`, and takes what stands between dollars for formulas.
    """
    out = tmp_path / "curves.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # texts stay texts
        code, told, said = asked("--compare", *runs[:2], "--model", "linear", "--out", out)
    assert code == 0, said
    drawn = out.read_text()
    assert "_first<" in drawn and f"{_DOLLAR}<" in drawn
    assert "cannot be read" not in told + said


def test_a_directory_with_a_dollar_goes_on(
    runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the name of a run directory that exists: nothing in it is a variable."""
    monkeypatch.chdir(runs[1].parent)
    before = sorted(Path.cwd().iterdir())
    for name in (_DOLLAR, str(runs[1])):
        assert cli.main([name, "--no-ui"]) == 0
    assert asked("--sensitivity", _DOLLAR, "--model", "linear")[0] == 0
    assert sorted(Path.cwd().iterdir()) == before


def test_no_name_reaches_the_terminal_as_a_command(runs: list[Path], tmp_path: Path) -> None:
    """Protects a terminal from names and messages of samples: controls are shown as numbers."""
    for arguments in (
        ("--compare", *runs, "--model", "linear"),
        ("--fit", runs[2], "--model", "linear", "--out", tmp_path / "m.npz"),
        ("--sensitivity", runs[2], "--model", "linear"),
    ):
        code, told, said = asked(*arguments)
        assert code == 0, said
        assert not {"\x1b", "\x07", "\r", "\x9b"} & set(told + said), arguments
        assert "\\x1b[2Jcolumn" in told


def test_a_crate_of_odd_names(runs: list[Path], tmp_path: Path) -> None:
    """Protects whoever gets one: names that are no UTF-8 are written in another way, of the
    campaign, of files, in directory and archive; the page moves nothing.
    """
    run = Path(shutil.copytree(runs[0], tmp_path / os.fsdecode(b"caf\xe9")))
    task = next((run / "data").iterdir())
    (task / os.fsdecode(b"\xff.nc")).write_text("1")
    (task / "\\xff.nc").write_text("2")
    about = [
        "--description",
        "\x1b[31m",
        "--author",
        os.fsdecode(b"Ren\xe9"),
        "--licence",
        "CC0-1.0",
    ]
    for name in ("crate", "crate.zip"):
        arguments = ["--export", run, "--crate", *about, "--with-files", "*.nc"]
        code, _, said = asked(*arguments, "--out", tmp_path / name)
        assert code == 0, said
    shutil.unpack_archive(tmp_path / "crate.zip", tmp_path / "unpacked")
    for crate in (tmp_path / "crate", tmp_path / "unpacked"):
        found = entities(crate)
        assert found["./"]["name"] == r"Dataset of the campaign caf\udce9"
        files = sorted(path.read_text() for path in crate.glob("files/*/*"))
        assert files == ["1", "2"]
        page = (crate / PREVIEW).read_text(encoding="utf-8")
        assert not {"\x1b", "\x9b"} & set(page)
        assert "\\x1b[31m" in page and "\\x1b[1mbold\\x9b31m" in page


def test_wrong_arguments_are_said_all_at_once(runs: list[Path]) -> None:
    """Protects notebooks from a comparison of characters and of models that there are not."""
    wrong = {"outputs": "height", "folds": 1, "model": "gpp", "test": "t.csv"}
    with pytest.raises(SurrogateError) as raised:
        enchanted_tui.compare(*runs[:2], **wrong)  # type: ignore[arg-type]
    for said in (
        "write outputs=['height']",
        "folds=1: expected a whole number, 2 or more",
        "folds and test are two ways",
        "did you mean 'gp'?",
    ):
        assert said in str(raised.value)
    with pytest.raises(SurrogateError, match=r"write compare\(\*run_dirs\)"):
        enchanted_tui.compare(runs)  # type: ignore[arg-type]


def test_no_more_parts_than_points_are_held_out(runs: list[Path]) -> None:
    """Protects from a sentence that speaks of parts which there were not: both have the same 24."""
    found = enchanted_tui.compare(*runs[:2], model="linear", folds=1000, outputs=["height"])
    assert found.judged_by == "24-fold cross-validation on the samples of all"
    assert any("no more than 24 parts" in note for note in found.notes)
