"""`--plot`: each kind of plot as text and as a figure, whose script draws the same picture again."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from enchanted_tui import cli
from enchanted_tui.plotting import figure_look
from enchanted_tui.plotting.plot_wanted import KINDS
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign

#: What a kind needs besides, and the columns and words that its text shows.
WORDS = {
    "histogram": ("c1", "samples"),
    "scatter": ("c1", "energy", "ok", "failed"),
    "best": ("finished samples", "energy", "smallest"),
    "front": ("energy", "mass", "on the front"),
    "density": ("c1", "c2", "samples"),
    "mean": ("c1", "c2", "mean of energy"),
    "errors": ("c1", "energy"),
    "correlation": ("c1", "c2", "energy", "mass", "1.00"),
    "parallel": ("c1", "c2", "energy", "mass", "ok", "failed"),
    "timeline": ("ok", "failed", "at once"),
    "use": ("cores", "memory", "held"),
}
MORE = {"front": ("--front", "energy=max,mass=min")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign with successes and failures."""
    return run_campaign(tmp_path_factory.mktemp("plotted"), budget=60, batch_size=20)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm")


def _plot(*arguments: str | Path) -> int:
    return cli.main(["--plot", *map(str, arguments)])


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"], ids=["unicode", "ascii"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_plot_is_printed(
    run: Path, kind: str, locale: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As text that fits the terminal and needs no library; in ASCII where that is all there is."""
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert _plot(kind, run, *MORE.get(kind, ())) == 0
    said = capsys.readouterr().out
    for word in WORDS[kind] if kind != "best" else WORDS[kind][:2]:
        assert word in said
    lines = said.splitlines()
    assert len(lines) <= 23 and max(map(len, lines)) <= 80
    assert locale != "C" or said.isascii()


EVERY_DAY = ("density", "timeline")


@pytest.mark.parametrize(
    "kind", [*EVERY_DAY, *in_full(*(kind for kind in KINDS if kind not in EVERY_DAY))]
)
def test_a_script_draws_the_figure_again(run: Path, kind: str, tmp_path: Path) -> None:
    """With numpy and matplotlib alone, and not this program, from the files of the run directory:
    the same picture, dot by dot.
    """
    figure, again = tmp_path / "figure.png", tmp_path / "again.png"
    assert _plot(
        kind, run, *MORE.get(kind, ()), "--out", figure, "--dpi", "50", "--script"
    ) == 0  # fmt: skip
    script = figure.with_suffix(".py")
    source = re.search(r"else '(.*)'", script.read_text())
    assert source is not None and "enchanted_tui" not in _code(script)
    done = subprocess.run(
        [sys.executable, script, source[1], again], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert _pixels(again) == _pixels(figure)


def _code(script: Path) -> str:
    return script.read_text().partition('"""\n\n')[2]


def _pixels(path: Path) -> bytes:
    from matplotlib.image import imread

    assert path.read_bytes().startswith(b"\x89PNG")
    return imread(path).tobytes()


@pytest.mark.parametrize("kind", ["mean", *in_full("best", "front", "correlation")])
def test_rows_are_chosen(
    run: Path, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the rows that keep a condition alone; the script comes with these, and draws the same."""
    figure, again = tmp_path / "figure.png", tmp_path / "again.png"
    chosen = ("--where", "c1 < 0.5 and success")
    more = MORE.get(kind, ())
    assert _plot(kind, run, *more, *chosen, "--out", figure, "--dpi", "50", "--script") == 0
    told = capsys.readouterr().out
    assert "figure.py" in told and "figure.csv" in told
    assert _plot("scatter", run, "--x", "c1", *chosen) == 0
    assert " 0.6 " not in capsys.readouterr().out
    done = subprocess.run(
        [sys.executable, figure.with_suffix(".py"), figure.with_suffix(".csv"), again],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert _pixels(again) == _pixels(figure)
    with (run / "enchanted_dataset.csv").open() as file:
        kept = [row for row in csv.DictReader(file) if float(row["c1"]) < 0.5]
    kept = [row for row in kept if row["success"] == "True"]
    assert len(figure.with_suffix(".csv").read_text().splitlines()) == len(kept) + 1


def test_texts_of_digits_are_classes(tmp_path: Path) -> None:
    """Protects names such as those of steels: a script marks points by them too, and not by a
    number that no class has.
    """
    run = run_campaign(tmp_path, function="odd", budget=6, batch_size=6, workers=1)
    figure, again = tmp_path / "figure.png", tmp_path / "again.png"
    axes = ("--x", "c1", "--y", "c2", "--colour")
    assert _plot("scatter", run, *axes, "steel", "--out", figure, "--dpi", "50", "--script") == 0
    source = run / "enchanted_dataset.csv"
    done = subprocess.run(
        [sys.executable, figure.with_suffix(".py"), source, again],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert _pixels(again) == _pixels(figure)


def test_how_a_figure_looks(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Size, labels, units, fonts and colour bar are those that were asked for; texts stay texts."""
    wide, figure = tmp_path / "wide.png", tmp_path / "figure.svg"
    assert _plot("scatter", run, "--out", wide, "--size", "10x5 cm", "--dpi", "254") == 0
    from matplotlib.image import imread

    assert imread(wide).shape[:2] == (500, 1000)
    look = ("--title", "All $ of it", "--x-label", "gamma", "--font", "DejaVu Serif")
    assert _plot("scatter", run, "--colour", "c2", "--out", figure, *look, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"written": [str(figure)]}
    text = figure.read_text()
    for word in ("All $ of it", "gamma", "energy", "c2", "DejaVu Serif"):
        assert word in text
    bare = tmp_path / "bare.svg"
    assert _plot("scatter", run, "--colour", "c2", "--out", bare, "--no-colour-bar") == 0
    assert ">c2<" not in bare.read_text() and ">c2<" in text
    paper = tmp_path / "paper.pdf"
    assert _plot("histogram", run, "--out", paper) == 0
    assert paper.read_bytes().startswith(b"%PDF")


WRONG = [
    (("scater",), "did you mean 'scatter'?"),
    (("scatter", "--x", "c9"), "--x c9: the dataset has no such column; it has c1, c2, energy"),
    (("scatter", "--x", "enrgy", "--y", "mas"), "did you mean 'energy'?|did you mean 'mass'?"),
    (("timeline", "--x", "c1"), "--x: the plot timeline does not go by this"),
    (("density", "--log", "z", "--bins", "no"), "--log z: expected x|--bins no: expected a whole"),
    (("front",), "A front needs two objectives"),
    (("front", "--front", "energy"), "is no objective"),
    (("scatter", "--dpi", "9"), "without --out FILE the plot is printed as text"),
    (("timeline", "--where", "c1 < 1"), "--where: the plot timeline does not go by this"),
    (("scatter", "--where", "c1 > 9"), "none of the 60 rows keeps this condition"),
    (("scatter", "--out", "f.txt"), "f.txt: a figure is written as .pdf, .svg, .png"),
    (
        ("scatter", "--out", "f.png", "--size", "big", "--dpi", "1", "--font", "DejaVu Sanz"),
        "--size big: expected width and height|--dpi 1: expected a number from 20 to 2400|"
        "did you mean 'DejaVu Sans'?",
    ),
]


@pytest.mark.parametrize(("arguments", "sentences"), WRONG, ids=[" ".join(a) for a, _ in WRONG])
def test_mistakes_are_sentences(
    run: Path,
    arguments: tuple[str, ...],
    sentences: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each with what was meant or may be given, all at once, and nothing is written."""
    kind, *more = arguments
    assert _plot(kind, run, *more) == 2
    said = capsys.readouterr().err
    for sentence in sentences.split("|"):
        assert sentence in said
    assert "Traceback" not in said and not list(Path().iterdir())


def test_without_matplotlib_a_sentence_says_what_to_install(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is left behind."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(figure_look, "is_installed", lambda: False)
    assert _plot("density", run, "--out", "figure.pdf", "--script") == 3
    assert "pip install 'enchanted-tui[plot]'" in capsys.readouterr().err
    assert not list(Path().iterdir())


def test_a_place_that_is_not_a_campaign(
    tmp_path: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a directory without one nor a campaign's own files are taken, and nobody's unasked."""
    assert _plot("scatter", tmp_path) == 3
    assert "holds no campaign" in capsys.readouterr().err
    (tmp_path / "my_run").mkdir()
    assert _plot("scatter", tmp_path / "myrun") == 3
    assert f"did you mean {tmp_path / 'my_run'}?" in capsys.readouterr().err
    Path("mine.png").write_text("mine")
    assert _plot("scatter", run, "--out", "mine.png") == 2
    assert "add --overwrite" in capsys.readouterr().err and Path("mine.png").read_text() == "mine"
    assert _plot("scatter", run, "--out", "mine.png", "--overwrite") == 0
    assert _plot("scatter", run, "--out", "mine.png/below.png") == 3
    assert "mine.png is no directory; name another place" in capsys.readouterr().err
    own = run / "state" / "figure.png"
    assert _plot("scatter", run, "--out", own) == 2
    assert "keeps its own files" in capsys.readouterr().err
