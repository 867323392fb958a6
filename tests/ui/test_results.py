"""The Results screen in the real app: the table, the charts, the numbers, and what can be
chosen.
"""

from __future__ import annotations

import asyncio
import csv
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.dataset_table import SummaryTable
from enchanted_tui.ui.widgets.plot import Plot
from enchanted_tui.ui.widgets.table import VirtualTable
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign, write_config
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

#: Run times differ from one run to the next; by view.
_VARYING = {
    "u": {r"(?m)^ runtime_sec_code.*\n.*\n.*$": " run times differ"},
    "t": {r"(?<=lse|rue) {8,}[\d.]+(?:e-\d+)?": "                a time"},
}


@pytest.fixture
def run(own_run: Path) -> Path:
    """A run directory of one's own."""
    return own_run


def _plot(watcher: Watcher) -> str:
    return watcher.screen.query_one(Plot).text


def _first(watcher: Watcher) -> dict[str, Any]:
    """The first row of the table."""
    screen = watcher.screen
    row = screen.query_one("#table", VirtualTable).rows[0]
    return {name: column.raw[row] for name, column in screen.results.columns.items()}


@SIZES
@in_loop
async def test_how_it_looks(run: Path, size: tuple[int, int]) -> None:
    """Protects the layout of each view: the campaign is the same each time, so the charts are
    too.
    """
    async with watching(run, "results", size) as watcher:
        await watcher.sees("60 rows", "energy")
        screen = watcher.screen
        screen._sort_by("c1")
        screen.choice.x, screen.choice.y = "c1", "c2"
        for key, sight in (
            ("t", "sorted by c1"),
            ("d", "x c1"),
            ("s", "y c2"),
            ("v", "Pairs"),
            ("u", "MEDIAN"),
        ):
            await watcher.press(key)
            await watcher.sees(sight)
            await watcher.pilot.pause(0.2)
            await watcher.settles()
            assert_screen(
                watcher.app,
                f"results_{key}_{size[0]}x{size[1]}",
                hide=_VARYING.get(key),
            )


@in_loop
async def test_views_by_key_palette_and_mouse(run: Path) -> None:
    """Protects the way to each view, and back."""
    async with watching(run, "results") as watcher:
        await watcher.sees("60 rows")
        names = ("Table", "Histogram", "Scatter", "Best", "Front", "Coverage", "Summary")
        for key, name in zip("tdsbFvu", names, strict=True):
            await watcher.press(key)
            await watcher.sees(f"[{key} {name}]")
        for name in names:
            await watcher.command(f"Results: {name}")
            await watcher.until(lambda name=name: f"{name}]" in watcher.text)  # type: ignore[misc]
        for name in names:
            await watcher.click(f" {name} " if name != "Summary" else " Summary")
            await watcher.until(lambda name=name: f"{name}]" in watcher.text)  # type: ignore[misc]
        await watcher.press("escape")
        await watcher.sees("[t Table]")
        await watcher.command("Results: Back")
        await watcher.until(lambda: watcher.app.current_mode == "monitor")


@pytest.mark.full
@in_loop
async def test_sorting_and_opening(run: Path) -> None:
    """Protects the table: by any column in both directions, the cursor opens the task it stands
    on.
    """
    async with watching(run, "results", (120, 40)) as watcher:
        await watcher.sees("60 rows", "energy")
        screen = watcher.screen
        energies = [value for value in screen.results.columns["energy"].raw if value is not None]
        await watcher.click("energy")
        await watcher.until(lambda: _first(watcher)["energy"] == max(energies))
        await watcher.click("energy ▼")
        await watcher.until(lambda: _first(watcher)["energy"] == min(energies))
        await watcher.press("o")
        await watcher.sees("Sort by")
        await watcher.click("│ c2")
        c2 = screen.results.columns["c2"].raw
        await watcher.until(lambda: _first(watcher)["c2"] == max(c2))
        await watcher.command("Results: Order")
        await watcher.sees("Sort by")
        await watcher.press("home", "enter")
        await watcher.sees("sorted by when they finished")
        await watcher.press("j", "enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.press("escape")
        await watcher.command("Results: Open")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))


@pytest.mark.full
@in_loop
async def test_choosing_what_is_drawn(run: Path) -> None:
    """Protects the choices: columns by arrows, dialog and mouse, colour, logarithmic axes, smallest
    or largest.
    """
    async with watching(run, "results") as watcher:
        await watcher.sees("60 rows")
        await watcher.press("s")
        await watcher.sees("x c1", "y energy", "ok", "failed")
        before = _plot(watcher)
        await watcher.press("right")
        await watcher.sees("x c2")
        assert _plot(watcher) != before
        await watcher.press("down", "up", "left")
        await watcher.sees("x c1", "y energy")
        await watcher.press("a")
        await watcher.sees("Along the bottom")
        await watcher.click("mass")
        await watcher.sees("On the left")
        await watcher.press("enter")
        await watcher.sees("x mass", "y energy")
        await watcher.command("Results: Axes")
        await watcher.sees("Along the bottom")
        await watcher.press("escape")
        await watcher.lacks("Along the bottom")
        assert "On the left" not in watcher.text  # Escape gives up the whole question
        await watcher.click("y energy")
        await watcher.sees("On the left")
        await watcher.click(" c2")
        await watcher.sees("y c2")
        for choose in (
            watcher.press("c"),
            watcher.command("Results: Colour"),
            watcher.click("colour "),
        ):
            await choose
            await watcher.sees("Colour and mark by")
            await watcher.press("down", "enter")
            await watcher.lacks("Colour and mark by")
        await watcher.sees("colour c2", "· to")
        await watcher.press("L")
        await watcher.sees("y c2 (log)")
        await watcher.command("Results: Log")
        await watcher.sees("x mass (log)")
        await watcher.press("m")
        await watcher.sees("[b Best]", "largest")
        largest = _plot(watcher)
        await watcher.command("Results: Min/max")
        await watcher.sees("smallest")
        assert _plot(watcher) != largest


@pytest.mark.full
@in_loop
async def test_writing_and_copying(run: Path, tmp_path: Path) -> None:
    """Protects what one takes away: a file of the chart in one's own place, never over another
    unasked, and the chart as text.
    """
    path = tmp_path / "chart.svg"
    async with watching(run, "results", (120, 40)) as watcher:
        await watcher.sees("60 rows")
        await watcher.press("y")
        await watcher.until(lambda: watcher.app.clipboard.startswith("d0_b"))
        await watcher.press("d", "w")
        await watcher.type(str(path))
        await watcher.until(path.with_suffix(".py").exists)
        assert b"<svg" in path.read_bytes()
        await watcher.command("Results: Write")
        await watcher.type(str(path))
        await watcher.sees("is there already")
        await watcher.press("escape")
        await watcher.click("Write…")
        await watcher.type(str(tmp_path / "chart.txt"))
        await watcher.sees("a figure is written as .pdf, .svg, .png")
        await watcher.press("escape")
        await watcher.command("Results: Copy")
        await watcher.until(lambda: watcher.app.clipboard == _plot(watcher))


def test_a_live_campaign_is_followed(tmp_path: Path) -> None:
    """Protects watching: rows appear in the table, the charts and the numbers while the campaign
    runs, without touching a key.
    """
    config = load_config(
        write_config(tmp_path, "live", function="ten_at_first", budget=40, batch_size=20)
    )
    run_campaign(tmp_path, "other", function="slow", budget=1, batch_size=1)
    supervisor = actions.start(config)
    thread = threading.Thread(target=supervisor.start)
    thread.start()
    try:

        async def look() -> None:
            while not (config.base_run_dir / "state" / "journal.jsonl").exists():
                await asyncio.sleep(0.05)
            async with watching(config.base_run_dir, "results") as watcher:
                await watcher.until(lambda: len(watcher.screen.results) == 10)
                await watcher.press("u")
                await watcher.sees("MEDIAN")
                (tmp_path / "go_on").touch()
                await watcher.until(lambda: len(watcher.screen.results) == 40)
                await watcher.sees("40 rows")
                await watcher.until(
                    lambda: (
                        watcher.screen.query_one(SummaryTable).statistics["energy", "all"].count
                        == 40
                    )
                )

        asyncio.run(look())
    finally:
        supervisor.request("abort")
        thread.join()


@pytest.mark.parametrize("columns", [64, *in_full(80, 120)])
@in_loop
async def test_rows_that_a_chart_leaves_out_are_counted_at_every_width(
    finished_run: Path, columns: int
) -> None:
    """Protects against a plot that seems complete: that ten failed samples have no value to be
    drawn is said in whole words.
    """
    async with watching(finished_run, "results", (columns, 24)) as watcher:
        await watcher.press("s")
        await watcher.until(lambda: re.search(r"10 (rows without a value|not shown)", watcher.text))


@pytest.mark.parametrize(("keys", "largest"), [(("b", "m"), True), *in_full((("b",), False))])
@in_loop
async def test_best_opens_its_sample(
    finished_run: Path, keys: tuple[str, ...], largest: bool
) -> None:
    """Enter in Best opens the task with the smallest value, or the largest where that is asked for;
    it is named above.
    """
    rows = list(csv.DictReader((finished_run / "enchanted_dataset.csv").open()))
    ok = [row for row in rows if row["success"] == "True"]
    async with watching(finished_run, "results") as watcher:
        await watcher.until(lambda: watcher.screen.table.row_count == 60)
        await watcher.press(*keys)
        screen = watcher.screen
        await watcher.until(lambda: screen._drawn.y and screen.choice.largest is largest)
        best = (max if largest else min)(ok, key=lambda row: float(row[screen._drawn.y]))
        name = Path(best["run_dir"]).name
        await watcher.sees(f"in {name}")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        assert watcher.screen.shown_task.name == name
