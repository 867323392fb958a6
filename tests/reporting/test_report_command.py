"""`enchanted-tui --report`: one page that says what is on record, runs nothing, loads nothing and
betrays nothing, whatever the samples hold.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

import enchanted_tui
from enchanted_tui import cli
from helpers.odd_pages import ODD_PARAMETERS, odd_campaign
from helpers.surrogates import asked, campaign_to_be_mended, mend, run_code

_VOID = frozenset(("meta", "br", "hr", "img", "link", "input"))


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign in a directory with a space in its name, whose samples are out for trouble."""
    root = tmp_path_factory.mktemp("some body") / "héléna & <co>"
    return odd_campaign(root)


@pytest.fixture(scope="module")
def page(evil: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "report.html"
    code, said, problems = asked("--report", evil, "--out", place, "--model", "linear")
    assert code == 0 and said == f"wrote {place}\n", problems
    return place


@pytest.fixture(scope="module")
def told(evil: Path) -> Path:
    """The page of one output, with all paths."""
    return told_again(evil, evil.parent / "told.html")


def told_again(evil: Path, place: Path) -> Path:
    only = ("--outputs", "height", "--model", "linear", "--paths")
    code, _, problems = asked("--report", evil, "--out", place, *only)
    assert code == 0, problems
    return place


class _Reading(HTMLParser):
    """What a page holds, read strictly: whatever is opened is closed again, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_text_of_samples_is_text_and_nothing_is_loaded(page: Path) -> None:
    """Protects whoever opens the report of somebody else: names, values and messages stay text, and
    nothing comes from anywhere else.
    """
    found = _Reading(page.read_text())
    assert not found.tags.keys() & {"script", "img", "iframe", "object", "link", "b<", "base", "i"}
    assert found.tags["svg"] >= 6  # a, b, height, the evil output, and a surrogate of each
    for name, value in found.attributes:
        assert not name.startswith("on") and name != "src", (name, value)
        if name in ("href", "xlink:href"):
            assert value.startswith("#"), value
        assert not re.search(r"url\((?!#)", value)
    identifiers = [value for name, value in found.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))
    wanted = {value[1:] for name, value in found.attributes if name in ("href", "xlink:href")}
    wanted |= {one for _, value in found.attributes for one in re.findall(r"url\(#(.*?)\)", value)}
    assert wanted <= set(identifiers)
    text = " ".join(found.texts)
    assert "<script>document.title = 'hit'</script>" in text
    assert "</title><img src=x onerror=alert(1)> $x^2" in text
    assert "\\u202egnp.exe \\x00 \\u2028" in text and "\u202e" not in text and "\x00" not in text


def test_huge_texts_are_cut_and_say_how_long_they_are(page: Path) -> None:
    """Protects the page from one sample's output: 100,000 characters are no part of it."""
    text = page.read_text()
    assert len(text) < 600_000
    assert "y" * 500 not in text and "x" * 500 not in text
    assert re.search(r"x{50,} … \([\d,]+ characters\)", text)


def test_no_place_of_the_users_is_told_unless_asked_for(evil: Path, page: Path, told: Path) -> None:
    """Protects whoever hands the page on: where their files lie is nobody's business."""
    text = "".join(_Reading(page.read_text()).texts)
    for place in (str(evil.parent), str(evil.parent.parent), str(Path.home()) + "/", "/opt/code"):
        assert place not in text, place
    assert "…/héléna & <co>/surrogate_code.py" in text and "-I…/include" in text
    text = "".join(_Reading(told.read_text()).texts)
    assert str(evil.parent / "surrogate_code.py") in text and "-I/opt/code/include" in text


def test_it_says_what_is_on_record(evil: Path, page: Path, told: Path) -> None:
    """Protects the numbers: those of the dataset, and the same page for the same samples."""
    frame = enchanted_tui.load(evil)
    text = " ".join(" ".join(_Reading(page.read_text()).texts).split())
    failed = int((~frame["success"]).sum())
    assert f"samples 64 of 64 successful {64 - failed}" in re.sub(r"\s+", " ", text)
    assert re.search(rf"{failed} (RuntimeError: )?<script>", text)  # grouped: one kind of message
    assert re.search(r"a > 0\.\d+: 100% of these failures, and 0% of the successes", text)
    assert f"{frame['height'].max():.6g}" in text and f"{frame['height'].min():.6g}" in text
    for words in (
        "SobolSequenceSampler",
        "LocalExecutor",
        "linear model",
        "How good a surrogate is",
        "Which parameters matter",
        "height (m)",
        "a (<i>)",
        frame.attrs["provenance"]["campaign"],
        "budget: 64",
    ):
        assert words in text, words
    assert told_again(evil, told.with_name("again.html")).read_bytes() == told.read_bytes()


def test_a_campaign_with_nothing_to_show_has_a_page(tmp_path: Path) -> None:
    """Protects the first minutes and the worst days: no success, no number, no model."""
    code = "def run(a, shape, b):\n    raise ValueError('never')\n"
    sampler = {"type": "RandomSampler", "parameters": ODD_PARAMETERS, "budget": 3}
    with pytest.raises(AssertionError):  # every sample fails
        run_code(tmp_path, code, sampler)
    told, said, _ = asked("--report", tmp_path / "run", "--out", tmp_path / "r.html", "--json")
    assert told == 0 and json.loads(said) == {"written": [str(tmp_path / "r.html")]}
    text = " ".join(_Reading((tmp_path / "r.html").read_text()).texts)
    assert "no surrogate: there are 0 successful samples" in text and "never" in text


def test_a_fit_of_samples_that_were_run_again_is_made_anew(tmp_path: Path) -> None:
    """Protects from errors and advice of values that are not there any more: after --retry-failed
    there are as many samples as before, and others.
    """
    run = campaign_to_be_mended(tmp_path)
    assert asked("--fit", run, "--model", "linear")[0] == 0
    learnt_from = re.compile(
        r"<td>height</td><td>(linear model|Gaussian process)</td><td>(\d+)</td>"
    )
    pages = [tmp_path / f"{name}.html" for name in ("before", "after")]
    assert asked("--report", run, "--out", pages[0])[0] == 0
    assert learnt_from.findall(pages[0].read_text()) == [("linear model", "24")]  # the one on file
    mend(run)
    assert asked("--report", run, "--out", pages[1])[0] == 0
    assert learnt_from.findall(pages[1].read_text()) == [("Gaussian process", "32")]


def test_refusals(
    evil: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Protects a campaign's own files, and says what is wrong before anything is worked out."""
    own = evil / "enchanted_dataset.csv"
    for arguments, code, sentence in (
        (["--report", tmp_path], 3, "holds no campaign"),
        (["--report", evil, "--out", own], 2, "keeps its own files"),
        (["--report", evil, "--cv", 3], 2, "--cv goes with --fit RUN_DIR"),
        (["--status", evil, "--paths"], 2, "--paths goes with --report RUN_DIR"),
        (["--report", evil, "--outputs", "heigt"], 2, "did you mean 'height'?"),
    ):
        given = [str(one) for one in arguments]
        if "--outputs" in given:
            given += ["--out", str(tmp_path / "none.html")]
        assert cli.main(given) == code, given
        assert sentence in capsys.readouterr().err
    assert not (tmp_path / "none.html").exists()
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert cli.main(["--report", str(evil), "--out", str(tmp_path / "none.html")]) == 3
    assert "pip install 'enchanted-tui[plot]'" in capsys.readouterr().err
