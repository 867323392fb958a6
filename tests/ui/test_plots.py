"""The plots with a cursor in the real app: each view, what the cursor is on, figures to publish."""

from __future__ import annotations

import asyncio
import csv
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Button, Input, Label

from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.ui.screens import plots
from enchanted_tui.ui.screens.plots import PlotsScreen
from enchanted_tui.ui.screens.results import ResultsScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.widgets import figure_dialog
from enchanted_tui.views.dataset_statistics import read_news
from helpers.marks import in_full
from helpers.ui.campaigns import write_config
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

#: By key: the title, and what is to be seen once it is drawn.
VIEWS = {
    "s": ("Scatter", "y energy"),
    "d": ("Density", "y c2"),
    "m": ("Mean", "mean of energy"),
    "b": ("Error bars", "error of bins"),
    "o": ("Correlation", "1.00"),
    "n": ("Parallel", "4 columns"),
    "F": ("Front", "choose objectives"),
    "t": ("Timeline", "at once"),
    "u": ("Use", "memory of tasks at work"),
}


async def _open(watcher: Watcher, *keys: str) -> None:
    await watcher.until(lambda: watcher.screen.table.row_count == 60)
    await watcher.press("P", *keys)
    await watcher.until(lambda: isinstance(watcher.screen, PlotsScreen))
    await watcher.until(lambda: len(watcher.screen.results) == 60)
    await watcher.pilot.pause()


def _under(watcher: Watcher) -> str:
    """What is said of what the cursor is on."""
    return str(watcher.screen.query_one("#under").text)


def _rows(run: Path) -> dict[str, dict[str, str]]:
    """The rows of the dataset by the names of their tasks."""
    with (run / "enchanted_dataset.csv").open() as file:
        return {Path(row["run_dir"]).name: row for row in csv.DictReader(file)}


@SIZES
@in_loop
async def test_how_it_looks(finished_run: Path, size: tuple[int, int]) -> None:
    """Protects the layout of the views of the dataset, which are the same each time."""
    async with watching(finished_run, "results", size) as watcher:
        await _open(watcher)
        for key in "sdmbo":
            await watcher.press(key)
            await watcher.sees(f"[{key} {VIEWS[key][0]}]")
            if key == "s":
                watcher.screen._choose_to(x="c1", y="c2", value="energy")
            await watcher.pilot.pause(0.2)
            await watcher.settles()
            assert_screen(watcher.app, f"plots_{key}_{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [(80, 24), *in_full(((200, 50),), ((40, 12),))])
@in_loop
async def test_views_by_key_palette_and_mouse(finished_run: Path, size: tuple[int, int]) -> None:
    """Protects the way to each view, on terminals of any size, and back to the results."""
    async with watching(finished_run, "results", size) as watcher:
        await _open(watcher)
        for key, (title, sight) in VIEWS.items():
            await watcher.press(key)
            await watcher.until(lambda key=key: watcher.screen.wanted.kind)  # type: ignore[misc]
            if size[0] >= 80:
                await watcher.sees(f"[{key} {title}]", sight)
        if size == (80, 24):
            for key, (title, sight) in VIEWS.items():
                await watcher.command(f"Plots: {title}")
                await watcher.sees(f"[{key} {title}]", sight)
            await watcher.click("d Density")
            await watcher.sees("[d Density]")
        await watcher.press("escape")
        await watcher.until(lambda: isinstance(watcher.screen, ResultsScreen))


@in_loop
async def test_the_cursor_names_the_point_and_opens_its_task(finished_run: Path) -> None:
    """Protects against a cursor that is beside what it names: the values are those of the task."""
    rows = _rows(finished_run)
    async with watching(finished_run, "results", (120, 40)) as watcher:
        await _open(watcher)
        await watcher.press("enter")
        await watcher.is_told("Put the cursor on something first")
        seen = set()
        for key in ("down", "left", "up", "right", "right", "right"):
            await watcher.press(key)
            name, *_ = _under(watcher).split()
            value = f"{float(rows[name]['energy']):.5g}"
            assert f"energy {value}" in _under(watcher)
            seen.add(name)
        assert len(seen) > 2
        spots, spot = watcher.screen.plot.drawn.spots, watcher.screen.plot.spot
        alone = spots.members(spot).size == 1
        await watcher.press("enter")
        if not alone:
            await watcher.sees("open which?")
            await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        assert watcher.screen.shown_task.name == name
        await watcher.press("escape")
        await watcher.until(lambda: isinstance(watcher.screen, PlotsScreen))
        plot = watcher.screen.plot
        x, y = int(plot.drawn.spots.columns[0]), int(plot.drawn.spots.rows[0])
        await watcher.pilot.click(plot, offset=(x, y))
        assert plot.spot == 0
        await watcher.pilot.click(plot, offset=(x, y), times=2)
        await watcher.until(lambda: not isinstance(watcher.screen, PlotsScreen))


@in_loop
async def test_a_cell_lists_its_samples(finished_run: Path) -> None:
    """Protects heat maps: of several samples in a cell one is chosen by its values, and all of
    those that are listed lie in it.
    """
    rows = _rows(finished_run)
    async with watching(finished_run, "results", (120, 40)) as watcher:
        await _open(watcher, "d", "down")
        await watcher.sees(" samples, c1 ")
        spots, spot = watcher.screen.plot.drawn.spots, watcher.screen.plot.spot
        names = [watcher.screen.results.tasks[row].name for row in spots.members(spot)]
        c1 = [float(rows[name]["c1"]) for name in names]
        assert f"{len(names)} sample" in _under(watcher)
        assert f"c1 {min(c1):.4g} to {max(c1):.4g}" in _under(watcher)
        await watcher.press("enter")
        await watcher.sees(f"{len(names)} here; open which?", *names[:3])
        await watcher.press("down", "enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        assert watcher.screen.shown_task.name == names[1]


@in_loop
async def test_rows_that_keep_a_condition(own_run: Path, tmp_path: Path) -> None:
    """Protects what is chosen in Results: plots are of these rows alone, and so are figures."""
    kept = [row for row in _rows(own_run).values() if float(row["c1"]) < 0.5]
    async with watching(own_run, "results", (120, 40)) as watcher:
        await watcher.sees("60 rows")
        watcher.screen.choose_rows(replace(watcher.screen.rows, condition="c1 < 0.5"))
        await watcher.sees(f"{len(kept)} of 60 rows")
        await watcher.press("P", "d", "down")
        await watcher.until(lambda: isinstance(watcher.screen, PlotsScreen))
        await watcher.until(lambda: len(watcher.screen.results) == len(kept))
        await watcher.sees(f"{len(kept)} of 60 rows")
        assert len(watcher.screen.plot.drawn.spots.ordered) == len(kept)
        await watcher.press("w")
        await watcher.type(str(tmp_path / "some.png"))
        await watcher.until((tmp_path / "some.py").exists)
        assert len((tmp_path / "some.csv").read_text().splitlines()) == len(kept) + 1


@in_loop
async def test_a_pair_and_a_task_are_gone_to(finished_run: Path) -> None:
    """Protects Correlation and Timeline: Enter shows the pair as points, and opens a task."""
    async with watching(finished_run, "results", (120, 40)) as watcher:
        await _open(watcher, "o", "down", "up")
        await watcher.sees("Spearman")
        pair = _under(watcher).partition(":")[0].split(" and ")
        await watcher.press("enter")
        await watcher.sees(f"x {pair[1]}", f"y {pair[0]}")
        await watcher.press("t")
        await watcher.sees("at once")
        await watcher.press("down")
        await watcher.until(lambda: _under(watcher).startswith("d0_b"))
        name = _under(watcher).split()[0]
        await watcher.press("enter")
        await watcher.pilot.pause()
        if "open which?" in watcher.text:
            await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        assert watcher.screen.shown_task.name == name


@in_loop
async def test_the_front_names_its_points(finished_run: Path) -> None:
    """Protects the front with a cursor: objectives are chosen from a list that is searched, the
    points on it are those that no other one betters, and Enter opens their tasks.
    """
    async with watching(finished_run, "results", (120, 36)) as watcher:
        await _open(watcher, "F")
        await watcher.sees("[F Front]", "choose objectives", "needs two objectives")
        await watcher.press("a", "e", "n", "e", "enter", "escape")
        await watcher.press("m", "a", "s", "enter", "enter", "escape", "escape")
        await watcher.sees("minimize energy, maximize mass", "on the front")
        screen = watcher.screen
        rows = [row for row in _rows(finished_run).values() if row["success"] == "True"]
        members = {one for spot in range(len(screen.plot.drawn.spots))
                   for one in screen.plot.drawn.spots.members(spot).tolist()}  # fmt: skip
        assert len(members) == len(rows)
        await watcher.press("right")
        await watcher.until(lambda: "energy" in _under(watcher) and "mass" in _under(watcher))
        await watcher.press("enter")
        await watcher.pilot.pause()
        if "open which?" in watcher.text:
            await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))


@pytest.mark.full
@in_loop
async def test_choosing_what_is_drawn(finished_run: Path) -> None:
    """Protects the choices: columns by key, list and mouse, colour, logarithmic axes, how fine."""
    async with watching(finished_run, "results") as watcher:
        await _open(watcher)
        await watcher.press("right_square_bracket", "right_curly_bracket")
        await watcher.sees("x c2", "y mass")
        await watcher.press("shift+left", "shift+up")
        await watcher.sees("x c1", "y energy")
        await watcher.click("x c1")
        await watcher.sees("Along the bottom")
        await watcher.click("mass")
        await watcher.sees("x mass")
        await watcher.press("c", "down", "down", "enter")
        await watcher.sees("colour c1")
        coarse = watcher.screen.plot.text
        await watcher.press("f")
        await watcher.until(lambda: watcher.screen.wanted.grain == "dots")
        assert watcher.screen.plot.text != coarse
        await watcher.press("f")
        await watcher.sees("dark ", "light ")
        await watcher.press("L")
        await watcher.sees("y energy (log)")
        await watcher.press("m", "a")
        for title in ("Along the bottom", "On the left", "Mean of"):
            await watcher.sees(title)
            await watcher.press("enter")
        await watcher.press("b", "a", "enter", "enter")
        await watcher.sees("Errors of the column", "none: mean")
        await watcher.press("end", "enter")
        await watcher.lacks("error of bins")
        await watcher.press("n", "a")
        await watcher.sees("Space", "[x] c1")
        await watcher.press("c", "1", "space")
        await watcher.sees("[ ] c1", "c1  1 of")
        await watcher.press("escape", "escape")
        await watcher.sees("3 columns")
        await watcher.press("a", "e", "n", "e", "enter")
        await watcher.sees("3 columns from energy")


def _colours(watcher: Watcher) -> set[Any]:
    strips = watcher.app.screen._compositor.render_strips()
    region = watcher.screen.plot.region
    segments = [one for strip in strips[region.y : region.bottom] for one in strip]
    return {one.style.color for one in segments if one.style is not None and one.text.strip()}


@pytest.mark.parametrize("how", ["ascii", *in_full("no_color")])
@in_loop
async def test_without_colours_or_unicode(
    finished_run: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever has neither: heat maps are ink, marks tell classes apart, and in ASCII
    nothing else is sent.
    """
    if how == "no_color":
        monkeypatch.setenv("NO_COLOR", "1")
    options: dict[str, Any] = (
        {"settings": Settings(Preferences(ascii=True))} if how == "ascii" else {}
    )
    async with watching(finished_run, "results", **options) as watcher:
        await _open(watcher)
        for key, (title, sight) in VIEWS.items():
            await watcher.press(key)
            await watcher.sees(f"[{key} {title}]", sight)
            if how == "ascii":
                assert watcher.text.isascii()
                continue
            assert _colours(watcher) <= {None}
            if key in "dm":
                assert len({"░", "▒", "▓", "█"} & set(watcher.screen.plot.text)) > 2


def test_a_live_campaign_is_followed(tmp_path: Path) -> None:
    """Protects watching: points come, tasks at work are in the timeline, without touching a
    key.
    """
    config = load_config(
        write_config(tmp_path, "live", function="ten_at_first", budget=40, batch_size=20)
    )
    supervisor = actions.start(config)
    thread = threading.Thread(target=supervisor.start)
    thread.start()
    try:

        async def look() -> None:
            while not (config.base_run_dir / "state" / "journal.jsonl").exists():
                await asyncio.sleep(0.05)
            async with watching(config.base_run_dir, "results") as watcher:
                await watcher.press("P")
                await watcher.until(lambda: isinstance(watcher.screen, PlotsScreen))
                await watcher.until(lambda: len(watcher.screen.results) == 10)
                await watcher.press("t")
                await watcher.until(
                    lambda: watcher.screen.times is not None and 2 in watcher.screen.times.state
                )
                (tmp_path / "go_on").touch()
                await watcher.until(lambda: len(watcher.screen.results) == 40)
                await watcher.until(lambda: len(watcher.screen.times) == 40)
                assert 2 not in watcher.screen.times.state

        asyncio.run(look())
    finally:
        supervisor.request("abort")
        thread.join()


# -- figures ---------------------------------------------------------------------------------------


@in_loop
async def test_a_figure_is_written_with_its_script(own_run: Path, tmp_path: Path) -> None:
    """Protects the dialog: what is wrong is said, all of it, and stays; what is asked for is
    written; never over another file unasked.
    """
    path = tmp_path / "figure.svg"
    async with watching(own_run, "results", (80, 24)) as watcher:
        await _open(watcher, "d")
        await watcher.press("w")
        await watcher.sees("Write Density as a figure", "Label colour", "Colour bar")
        dialog = watcher.screen
        dialog.query_one("#path", Input).value = str(tmp_path / "figure.txt")
        dialog.query_one("#dpi", Input).value = "many"
        await watcher.press("enter")
        await watcher.sees("figure.txt: a figure is written as", "dpi many: expected a number")
        dialog.query_one("#path", Input).value = str(path)
        dialog.query_one("#dpi", Input).value = "100"
        dialog.query_one("#x_label", Input).value = "gamma"
        await watcher.press("enter")
        await watcher.until(path.with_suffix(".py").exists)
        assert b"<svg" in path.read_bytes() and b"gamma" in path.read_bytes()
        await watcher.press("w")
        await watcher.sees("Write Density")
        watcher.screen.query_one("#title", Input).value = "beta by gamma"
        await watcher.type(str(path))
        await watcher.sees("is there already")
        await watcher.press("escape")
        await watcher.sees("Write Density", "beta by gamma", str(path)[-20:])


@in_loop
async def test_a_figure_goes_where_it_may(own_run: Path, tmp_path: Path) -> None:
    """Protects a campaign's own files, whatever a person agrees to; and what is filled in, which is
    there again after a mistake. Whatever is typed for a name, another format can be chosen.
    """
    before = (own_run / "enchanted_dataset.csv").read_bytes()
    async with watching(own_run, "results", (100, 30), notices=True) as watcher:
        await watcher.sees("60 rows")
        await watcher.press("slash")
        await watcher.sees("Rows where")
        await watcher.type("success")
        await watcher.sees("50 of 60 rows")
        await watcher.press("s", "w")
        await watcher.sees("Write Scatter as a figure")
        path = watcher.screen.query_one("#path", Input)
        for name, wanted in (("/", "/.svg"), ("v1.2", "v1.2.pdf"), ("a.PDF", "a.svg")):
            path.value = name
            await watcher.click("SVG" if wanted.endswith("svg") else "PDF")
            await watcher.until(lambda: path.value == wanted)  # noqa: B023
        watcher.screen.query_one("#title", Input).value = "mine"
        path.focus()
        await watcher.type(str(own_run / "enchanted_dataset.pdf"))
        # in the dialog: a notice would lie over it, or go as it comes
        await watcher.sees("Write Scatter as a figure", "mine", "a_run", "place")
        assert "keeps its own files" in str(watcher.screen.query_one("#said", Label).content)
        await watcher.type(str(tmp_path / "here.pdf"))
        await watcher.until((tmp_path / "here.py").exists)
    assert (own_run / "enchanted_dataset.csv").read_bytes() == before
    assert not (own_run / "enchanted_dataset.pdf").exists()


@in_loop
async def test_what_is_read_for_plots_that_have_gone_is_dropped(
    own_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever leaves Plots while they are read: that was said to be a defect."""
    reading, may_end = threading.Event(), threading.Event()

    def read_slowly(*args: Any) -> Any:
        reading.set()
        assert may_end.wait(30)
        return read_news(*args)

    async with watching(own_run, "results", notices=True) as watcher:
        await watcher.sees("60 rows")
        monkeypatch.setattr(plots, "read_news", read_slowly)
        await watcher.press("P")
        await watcher.until(reading.is_set)
        screen = watcher.screen
        assert isinstance(screen, PlotsScreen)
        await watcher.press("escape")
        await watcher.until(lambda: not screen.children)
        may_end.set()
        await watcher.until(lambda: not [one for one in watcher.app.workers if one.is_running])
        assert not list(watcher.app._notifications)


@in_loop
async def test_what_is_not_installed_is_said_at_once(
    own_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects people without matplotlib: before anything is typed, and nothing can be asked."""
    monkeypatch.setattr(figure_dialog, "is_installed", lambda: False)
    async with watching(own_run, "results") as watcher:
        await watcher.sees("60 rows")
        await watcher.press("s", "w")
        await watcher.sees("pip install 'enchanted-tui[plot]'")
        assert watcher.screen.query_one("#write", Button).disabled


def test_plots_import_nothing_heavy() -> None:
    """Protects the start of the screen, and everybody without the optional packages."""
    import subprocess

    code = "import enchanted_tui.ui.screens.plots, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"matplotlib", "pandas", "scipy", "h5py", "pyarrow", "dask"}
    assert not heavy & set(done.stdout.split())
