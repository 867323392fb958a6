"""Runs side by side, and the report of one, in the real app."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from enchanted_tui.ui.screens.compare import CompareScreen
from enchanted_tui.ui.widgets.plot import Plot
from enchanted_tui.ui.widgets.table import VirtualTable
from helpers.marks import in_full
from helpers.ui.campaigns import GIVES_WAY, run_campaign
from helpers.ui.watching import Watcher, in_loop, watching


@pytest.fixture
def pair(own_run: Path) -> tuple[Path, Path]:
    """Two campaigns in one directory: 60 samples with failures, and 20 without those of the third
    batch.
    """
    return own_run, run_campaign(own_run.parent, "b_run", budget=20)


async def _compare(watcher: Watcher, *runs: Path) -> None:
    """Mark runs by hand and put them side by side."""
    await watcher.until(lambda: set(runs) <= set(watcher.screen.entries))
    table = watcher.screen.table
    for run in runs:
        table.move_to(list(table.rows).index(run))
        await watcher.press("space")
    await watcher.sees(f"{len(runs)} marked")
    await watcher.press("C")
    await watcher.until(lambda: isinstance(watcher.screen, CompareScreen))
    await watcher.until(lambda: watcher.screen.found is not None)


@pytest.mark.parametrize("size", [(120, 36), *in_full(((80, 24),))])
@in_loop
async def test_marked_runs_are_put_side_by_side(
    pair: tuple[Path, Path], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the way from a list of runs to what tells them apart: the same numbers as on the
    command line, one sign for each run in every picture, and the differences of configurations.
    """
    monkeypatch.chdir(pair[0].parent)
    async with watching(pair[0], "runs", size) as watcher:
        await _compare(watcher, *pair)
        await watcher.sees("60 of 60", "RandomSampler", "● a_run", "■ b_run")
        await watcher.press("d")
        await watcher.sees("[d Histogram]", "share of samples", "c1")
        plot = watcher.screen.query_one("#plot", Plot)
        assert "●" in plot.text and "■" in plot.text
        await watcher.press("right")
        await watcher.until(lambda: "c2" in plot.text.splitlines()[-1])
        await watcher.press("s")
        await watcher.until(lambda: plot.text.count("●") > 10 and plot.text.count("■") > 3)
        await watcher.press("L")
        await watcher.until(lambda: "(log)" in plot.text)
        await watcher.press("c")
        await watcher.sees("samplers.corner.budget", "60", "▸ 20")
        await watcher.press("y")
        await watcher.until(lambda: "samplers.corner.budget" in watcher.app.clipboard)
        await watcher.press("escape")
        await watcher.sees("[t Table]")
        await watcher.press("escape")
        await watcher.sees("2 marked")
        await watcher.press("escape")
        await watcher.lacks("2 marked")


@in_loop
async def test_learning_curves_are_worked_out_on_request(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the question that samplers are compared for; leaving ends what is worked out."""
    monkeypatch.chdir(pair[0].parent)
    async with watching(pair[0], "runs", (120, 50)) as watcher:
        await _compare(watcher, *pair)
        await watcher.press("f")
        await watcher.sees("have not been worked out", "Press n.")
        await watcher.press("n")
        await watcher.sees("Working it out: ")
        await watcher.sees("surrogates of", "which all have reached, it took", timeout=GIVES_WAY)
        plot = watcher.screen.query_one("#compared-curves", Plot)
        assert "●" in plot.text and "■" in plot.text and "samples learnt from" in plot.text
        plot.focus()
        await watcher.press("down")
        await watcher.until(lambda: "core-hours" in plot.text)
        await watcher.press("n")
        view = watcher.screen.query_one("CurvesView")
        await watcher.until(lambda: view._process is not None)
        process = view._process
        await watcher.press("escape", "escape")
        await watcher.until(lambda: process._process.poll() is not None)


@in_loop
async def test_what_cannot_be_compared_is_said(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects from an empty screen: too few marks, too many, a directory that has gone."""
    monkeypatch.chdir(pair[0].parent)
    others = []
    for number in range(3):
        others.append(pair[0].parent / f"copy_{number}")
        shutil.copytree(pair[1], others[-1])
    async with watching(pair[0], "runs", notices=True) as watcher:
        await watcher.until(lambda: len(watcher.screen.entries) == 5)
        await watcher.press("C")
        await watcher.is_told("Mark 2 to 4 runs with Space, then press C.")
        for _ in range(5):
            await watcher.press("space", "down")
        await watcher.sees("5 marked")
        await watcher.press("C")
        await watcher.is_told("4 runs at most are compared")
        await watcher.press("home", "space")
        await watcher.sees("4 marked")


@in_loop
async def test_a_report_is_written_and_it_is_said_where(
    own_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the page that is handed on: written beside what the person works on, and never over
    one of theirs unasked.
    """
    monkeypatch.chdir(own_run.parent)
    place = own_run.parent / "a_run-report.html"
    async with watching(own_run, "results", notices=True) as watcher:
        await watcher.sees("60 rows")
        await watcher.press("W")
        await watcher.is_told("Working out the report of a_run")
        await watcher.until(place.exists, GIVES_WAY)
        await watcher.is_told(f"Wrote {place}")
        assert "<title>a_run</title>" in place.read_text()
        place.write_text("mine")
        await watcher.press("W")
        await watcher.sees("is there already")
        await watcher.press("escape")
        assert place.read_text() == "mine"
    async with watching(own_run, "results", notices=True, read_only=True) as watcher:
        await watcher.command("Campaign: Report")
        await watcher.is_told("refused")


@pytest.mark.parametrize(("width", "least"), [(80, 22), *in_full((160, 40))])
@in_loop
async def test_names_have_the_room_that_there_is(
    pair: tuple[Path, Path], width: int, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects keys of the configuration from being cut where the terminal is wide."""
    monkeypatch.chdir(pair[0].parent)
    async with watching(pair[0], "runs", (width, 36)) as watcher:
        await _compare(watcher, *pair)
        await watcher.press("c")
        await watcher.sees("[c Configuration]")
        table = watcher.screen.query_one("#differences", VirtualTable)
        await watcher.until(lambda: table.room > 0 and bool(table.row_count))
        heading = next(
            line
            for line in watcher.text.splitlines()
            if "b_run" in line and "a_run" in line and "■" not in line
        )
        assert heading.index("a_run") >= least


@in_loop
async def test_a_run_that_is_gone_is_not_marked_any_more(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects from comparing what is not there, and from counting it among those that may be."""
    monkeypatch.chdir(pair[0].parent)
    async with watching(pair[0], "runs", (120, 36)) as watcher:
        await watcher.until(lambda: set(pair) <= set(watcher.screen.entries))
        table = watcher.screen.table
        for run in pair:
            table.move_to(list(table.rows).index(run))
            await watcher.press("space")
        await watcher.sees("2 marked")
        shutil.rmtree(pair[1])
        await watcher.sees("1 marked")
        assert watcher.screen._marks.roots == [pair[0]]


@in_loop
async def test_a_run_that_has_only_begun_hides_nothing(
    own_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the comparison with what has just been started: what the other has is shown."""
    monkeypatch.chdir(own_run.parent)
    begun = run_campaign(own_run.parent, "b_run", budget=0)
    async with watching(own_run, "runs", (120, 36)) as watcher:
        await _compare(watcher, own_run, begun)
        await watcher.sees("60 of 60", "energy to", "b_run has no finished samples yet")
        for key in "ds":
            await watcher.press(key)
            await watcher.until(lambda: "●" in watcher.screen.query_one("#plot", Plot).text)
