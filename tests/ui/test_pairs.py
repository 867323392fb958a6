"""From every screen on one run to every screen on another: what is shown and kept is of the run that is open."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from random_input import WatchedApp
from ui_harness import run_campaign, until
from watching import Watcher, in_loop

from enchanted_tui.ui.opening import OpenedOfRun
from enchanted_tui.ui.screens.failures import FailuresScreen
from enchanted_tui.ui.screens.log import LogScreen
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.results import ResultsScreen

#: How each place is come to: the mode, then keys.
PLACES: dict[str, tuple[str, ...]] = {
    "runs": ("runs",),
    "config": ("config", "escape"),
    "monitor": ("monitor", "t"),
    "files": ("monitor", "f", "down", "down"),
    "task": ("monitor", "t", "enter"),
    "file": ("monitor", "f", "enter"),
    "failures": ("failures",),
    "failed tasks": ("failures", "enter", "down"),
    "table": ("results", "t", "down"),
    "scatter": ("results", "s"),
    "best": ("results", "b"),
    "summary": ("results", "u"),
    "log": ("log", "v"),
}
#: The runs, and every ordered pair of them, that of one with itself included: it is opened anew.
RUNS = ("usual", "other columns", "empty")
PAIRS = list(itertools.product(RUNS, RUNS))


@pytest.fixture(scope="module")
def runs(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A usual run, one whose dataset has other columns and no failures, and one of which nothing is on record."""
    home = tmp_path_factory.mktemp("pairs")
    usual = shutil.copytree(finished_run, home / "usual")
    other = run_campaign(home / "work", "other", function="tidy", budget=7, batch_size=7)
    empty = home / "empty"
    shutil.copytree(other, empty)
    (empty / "state" / "journal.jsonl").unlink()
    return dict(zip(RUNS, (usual, other, empty), strict=True))


def walk() -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Give every ordered pair of places, each with a pair of runs, of which every one has its turn with every place."""
    turns = itertools.cycle(PAIRS)
    for first, then in itertools.product(PLACES, PLACES):
        yield first, then, next(turns)


async def goes_to(watcher: Watcher, place: str) -> None:
    """Go to a place without waiting for what it shows, as somebody does who knows the way."""
    mode, *keys = PLACES[place]
    while len(watcher.app.screen_stack) > 1:
        await watcher.app.screen.dismiss()
    watcher.app.show_mode(mode)
    await watcher.pilot.pause()
    await watcher.press(*keys)


@in_loop
async def test_every_pair_of_screens_and_runs(runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects against what a screen keeps of the run before: no end, no defect, nothing of it shown, whatever comes after what."""
    monkeypatch.chdir(tmp_path)
    app = WatchedApp(runs["usual"])
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await until(lambda: app.view is not None, pilot.pause)
        for first, then, (before, after) in walk():
            told = f"from {first} on {before} to {then} on {after}"
            app.open_run(runs[before])
            await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
            await goes_to(watcher, first)
            app.open_run(runs[after])
            assert not any(isinstance(screen, OpenedOfRun) for screen in app.screen_stack), told
            await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
            await goes_to(watcher, then)
            _looks_right(app.screen, runs[after], told)
            app.clear_notifications()
            assert not app.defects, f"{told}: {app.defects[0]}"


def _looks_right(screen: Any, root: Path, told: str) -> None:
    """Look at what a screen keeps."""
    if isinstance(screen, MonitorScreen):
        assert screen.view is not None and screen.view.root == root, told
        assert screen.tasks.viewer in (None, screen.viewer), told
    elif isinstance(screen, ResultsScreen):
        assert {screen._drawn.x, screen._drawn.y} <= {"", *screen.results.columns}, told
        assert set(screen.table.names) == set(screen.results.columns), told
    elif isinstance(screen, FailuresScreen):
        assert set(screen.groups.rows) <= {"", *screen._groups}, told
    elif isinstance(screen, LogScreen):
        assert screen._root == root, told
