"""From every screen on one run to every screen on another: what is shown and kept is of the run
that is open.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.ui.opening import OpenedOfRun
from enchanted_tui.ui.screens.failures import FailuresScreen
from enchanted_tui.ui.screens.log import LogScreen
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.results import ResultsScreen
from helpers.ui.campaigns import run_campaign, until
from helpers.ui.circuit import circuit
from helpers.ui.random_input import WatchedApp
from helpers.ui.watching import Watcher, in_loop

#: How each place is come to: the mode, then keys.
PLACES: dict[str, tuple[str, ...]] = {
    "runs": ("runs",),
    "config": ("config", "escape"),
    "monitor": ("monitor", "t"),
    "batches": ("monitor", "b", "down"),
    "workers": ("monitor", "w"),
    "files": ("monitor", "f", "down", "down"),
    "task": ("monitor", "t", "enter"),
    "file": ("monitor", "f", "enter"),
    "failures": ("failures",),
    "failed tasks": ("failures", "enter", "down"),
    "table": ("results", "t", "down"),
    "scatter": ("results", "s"),
    "best": ("results", "b"),
    "summary": ("results", "u"),
    "plots": ("results", "P", "down"),
    "log": ("log", "v"),
}
#: The runs, and every ordered pair of them, that of one with itself included: it is opened anew.
RUNS = ("usual", "other columns", "empty")
PAIRS = list(itertools.product(RUNS, RUNS))


@pytest.fixture(scope="module")
def runs(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A usual run, one whose dataset has other columns and no failures, and one of which nothing is
    on record.
    """
    home = tmp_path_factory.mktemp("pairs")
    usual = shutil.copytree(finished_run, home / "usual")
    other = run_campaign(home / "work", "other", function="tidy", budget=7, batch_size=7)
    empty = home / "empty"
    shutil.copytree(other, empty)
    (empty / "state" / "journal.jsonl").unlink()
    return dict(zip(RUNS, (usual, other, empty), strict=True))


async def goes_to(watcher: Watcher, place: str) -> None:
    """Go to a place without waiting for what it shows, as somebody does who knows the way."""
    mode, *keys = PLACES[place]
    while len(watcher.app.screen_stack) > 1:
        await watcher.app.screen.dismiss()
    watcher.app.show_mode(mode)
    await watcher.pilot.pause()
    for key in keys:
        watcher.app.simulate_key(key)
    await watcher.pilot.pause()


async def walks(places: Sequence[str], runs: dict[str, Path]) -> None:
    """Go from every place to every other, each time on another run."""
    app, turns = WatchedApp(runs["usual"]), itertools.cycle(itertools.chain(*PAIRS))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        watcher, here = Watcher(app, pilot), ""
        for place in circuit(places):
            run = next(turns)
            told = f"from {here} to {place} on {run}"
            app.open_run(runs[run])
            assert not any(isinstance(screen, OpenedOfRun) for screen in app.screen_stack), told
            await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
            await goes_to(watcher, place)
            _looks_right(app.screen, runs[run], told)
            assert not app.defects, f"{told}: {app.defects[0]}"
            here = f"{place} on {run}"


@in_loop
async def test_every_pair_of_screens(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects against what a screen keeps of the run before: no end, no defect, nothing of it
    shown, whatever comes after what.
    """
    monkeypatch.chdir(tmp_path)
    await walks(("task", "failed tasks", "scatter"), runs)


@pytest.mark.full
@in_loop
async def test_every_pair_of_places_and_runs(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with every pane, chart and list."""
    monkeypatch.chdir(tmp_path)
    await walks(tuple(PLACES), runs)


def _looks_right(screen: Any, root: Path, told: str) -> None:
    """Look at what a screen keeps."""
    if isinstance(screen, MonitorScreen):
        assert screen.view is not None and screen.view.root == root, told
        assert screen.tasks.viewer in (None, screen.viewer), told
    elif isinstance(screen, ResultsScreen):
        assert {screen._drawn.x, screen._drawn.y} <= {"", *screen.results.columns}, told
        assert set(screen.table.names) <= set(screen.results.columns), told
    elif isinstance(screen, FailuresScreen):
        assert set(screen.groups.rows) <= {"", *screen._groups}, told
    elif isinstance(screen, LogScreen):
        assert screen._root == root, told
