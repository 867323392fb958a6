"""Rows by condition in the Results screen: what is kept, what is said while it is written, which
columns are shown, and how samples are opened.
"""

from __future__ import annotations

import asyncio
import csv
import threading
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.ui.row_choice import RowChoice
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.column_chooser import ColumnChooser
from enchanted_tui.ui.widgets.dataset_table import SummaryTable
from enchanted_tui.ui.widgets.plot import Plot
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign, write_config
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

CONDITION = "c1 > 0.5 and success"


def _rows(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "enchanted_dataset.csv").open()))


def _expected(run: Path) -> list[str]:
    """The tasks of the rows that keep the condition."""
    return [
        Path(row["run_dir"]).name
        for row in _rows(run)
        if float(row["c1"]) > 0.5 and row["success"] == "True"
    ]


def _names(watcher: Watcher) -> set[str]:
    """The tasks in the table."""
    screen = watcher.screen
    return {screen.whole.tasks[row].name for row in screen.table.rows}


async def _where(watcher: Watcher, condition: str) -> None:
    await watcher.press("slash")
    await watcher.sees("Rows where")
    await watcher.type(condition)
    await watcher.lacks("Rows where")


@in_loop
async def test_a_condition_is_for_all_views_and_what_is_written(
    own_run: Path, tmp_path: Path
) -> None:
    """Table, charts, numbers, front and the written file show the same rows, which are those of the
    dataset that keep the condition, and say of how many; the palette shows all again.
    """
    expected = _expected(own_run)
    said = f"{len(expected)} of 60 rows"
    async with watching(own_run, "results", (120, 36)) as watcher:
        await watcher.sees("60 rows")
        screen = watcher.screen
        everything = {}
        for key in "ds":
            await watcher.press(key)
            everything[key] = watcher.screen.query_one(Plot).text
        await watcher.press("t")
        await _where(watcher, CONDITION)
        await watcher.sees(said, f"where {CONDITION}")
        assert _names(watcher) == set(expected)
        for key in "ds":
            await watcher.press(key)
            await watcher.sees(said)
            assert watcher.screen.query_one(Plot).text != everything[key]
        await watcher.press("u")
        summary = screen.query_one(SummaryTable)
        await watcher.until(
            lambda: (
                ("energy", "all") in summary.statistics
                and summary.statistics["energy", "all"].count == len(expected)
            )
        )
        await watcher.press("t", "w")
        await watcher.sees(f"Write {said} to")
        await watcher.type(str(tmp_path / "rows.csv"))
        await watcher.is_told("Wrote")
        written = csv.DictReader((tmp_path / "rows.csv").open())
        assert [Path(row["run_dir"]).name for row in written] == expected
        await watcher.command("Results: All rows")
        await watcher.until(lambda: len(_names(watcher)) == 60)
        assert "where" not in watcher.text


@in_loop
async def test_a_name_with_a_backquote_is_said_to_be_out_of_reach(tmp_path: Path) -> None:
    """Protects whoever has such a column from looking for a mistake of their own."""
    path = write_config(tmp_path, "odd", budget=3)
    path.write_text(path.read_text().replace("code_under_test:wavy", "odd_code:odd"))
    (tmp_path / "odd_code.py").write_text("def odd(c1, c2):\n    return {'ener`gy': c1}\n")
    actions.start(load_config(path)).start()
    async with watching(tmp_path / "odd", "results", (120, 36)) as watcher:
        await watcher.sees("3 rows")
        await watcher.press("slash")
        await watcher.sees("Rows where")
        watcher.screen.condition_line.typed.value = "`ener`gy` > 1"
        await watcher.sees("a backquote is in the name of ener`gy, so no condition can be about")


@SIZES
@in_loop
async def test_how_it_looks(finished_run: Path, size: tuple[int, int]) -> None:
    """Protects the two lines of a condition that is being written and is wrong, and the line of one
    that is kept.
    """
    async with watching(finished_run, "results", size) as watcher:
        await watcher.sees("60 rows")
        watcher.screen._sort_by("c1")  # the order in which they finished varies
        await watcher.press("slash")
        await watcher.sees("Rows where")
        watcher.screen.condition_line.typed.value = "c1 > 0.5 and sucess"
        await watcher.sees("no column 'sucess'; did you mean success?")
        await watcher.sees("f1 Help")
        assert_screen(watcher.app, f"results_where_wrong_{size[0]}x{size[1]}", hide=_TIMES)
        await watcher.press("escape")
        await _where(watcher, CONDITION)
        await watcher.press("s")
        await watcher.sees("where c1 > 0.5")
        await watcher.settles()
        assert_screen(watcher.app, f"results_where_{size[0]}x{size[1]}", hide=_TIMES)


_TIMES = {r"(?<=lse|rue) {8,}[\d.]+(?:e-\d+)?": "                a time"}


@in_loop
async def test_what_is_wrong_is_said_while_it_is_written(finished_run: Path) -> None:
    """Rows follow what is typed; what is wrong is said with its place and the nearest name, is not
    taken by Enter, and leaves the rows as they were; Escape brings back the condition of before.
    """
    async with watching(finished_run, "results", (120, 36)) as watcher:
        await watcher.sees("60 rows")
        screen = watcher.screen
        await _where(watcher, "success")
        await watcher.until(lambda: len(_names(watcher)) == 50)
        await watcher.press("slash")
        await watcher.sees("Rows where")
        typed = screen.condition_line.typed
        assert typed.value == "success"
        typed.value = CONDITION
        expected = set(_expected(finished_run))
        await watcher.until(lambda: _names(watcher) == expected)
        typed.value = "c1 > 0.5 and sucess"
        await watcher.sees("▲ there is no column 'sucess'; did you mean success?")
        place = next(line for line in watcher.text.splitlines() if "▲ there" in line).index("▲")
        written = next(line for line in watcher.text.splitlines() if "Rows where" in line)
        assert written[place:].startswith("sucess")
        await watcher.press("enter")
        await watcher.pilot.pause()
        assert _names(watcher) == expected and "Rows where" in watcher.text
        await watcher.press("escape")
        await watcher.until(lambda: len(_names(watcher)) == 50)
        assert screen.rows == RowChoice("success")
        await _where(watcher, "")
        await watcher.until(lambda: len(_names(watcher)) == 60)


@pytest.mark.full
@in_loop
async def test_names_are_offered_and_none_kept_is_said(finished_run: Path) -> None:
    """A name that is begun is completed by the Right key, and a condition that no row keeps leaves
    each view whole.
    """
    async with watching(finished_run, "results") as watcher:
        await watcher.sees("60 rows")
        await watcher.press("slash", "e", "n")
        await watcher.sees("energy")
        await watcher.press("right")
        assert watcher.screen.condition_line.typed.value == "energy"
        watcher.screen.condition_line.typed.value += " > 99"
        await watcher.sees("0 of 60 rows")
        await watcher.press("enter")
        await watcher.sees("No row keeps the condition.", "where energy")
        for key in "dsbFvui":
            await watcher.press(key)
            await watcher.pilot.pause()
            await watcher.sees("0 of 60 rows")
            await watcher.press("enter")
            await watcher.pilot.pause()
            assert not isinstance(watcher.screen, Chooser)


@in_loop
async def test_columns_are_found_hidden_and_scrolled_to(finished_run: Path) -> None:
    """Typing finds a column, Space hides it, Enter goes there; the tasks stay in sight; sorting by
    a column out of sight brings it into sight.
    """
    async with watching(finished_run, "results", (70, 24)) as watcher:
        await watcher.sees("60 rows", "TASK")
        screen = watcher.screen
        await watcher.press("vertical_line")
        await watcher.until(lambda: isinstance(watcher.screen, ColumnChooser))
        await watcher.press("m", "a", "s", "space")
        await watcher.sees("[ ] mass", "mas  1 of")
        await watcher.press("escape", "escape")
        await watcher.sees("1 of")
        await watcher.until(lambda: "mass" not in screen.table.names)
        assert screen.rows.hidden == {"mass"}
        last = screen.table.names[-1]
        assert last not in watcher.text
        await watcher.click("columns hidden")
        await watcher.until(lambda: isinstance(watcher.screen, ColumnChooser))
        await watcher.press(*last[:4], *["underscore" if c == "_" else c for c in last[4:]])
        await watcher.sees("1 of")
        await watcher.press("enter")
        await watcher.until(lambda: watcher.screen is screen and screen.table.scroll_offset.x > 0)
        lines = watcher.text.splitlines()
        header = next(line for line in lines if "TASK" in line)
        assert last in header
        assert any(line.startswith(("▸d0_b", " d0_b")) for line in lines)
        await watcher.press("o")
        await watcher.until(lambda: isinstance(watcher.screen, Chooser))
        await watcher.press("c", "1", "enter")
        await watcher.sees("sorted by c1")
        await watcher.until(lambda: "c1 ▼" in watcher.text)
        await watcher.press("home")
        before = screen.table.cursor
        await watcher.click("c1 ▼")  # at its place beside the column that stays
        await watcher.until(lambda: "c1 ▲" in watcher.text)
        assert screen.table.cursor != before


@pytest.mark.parametrize("key", ["u", *in_full(*"tdsbvi")])
@in_loop
async def test_enter_opens_a_sample_from_every_view(finished_run: Path, key: str) -> None:
    """The one under the cursor, the best one, or one of the columns that the view shows; of those
    rows only that keep the condition.
    """
    async with watching(finished_run, "results", (100, 30)) as watcher:
        await watcher.sees("60 rows")
        await _where(watcher, CONDITION)
        await watcher.press(key)
        await watcher.sees(f"[{key} ")
        await watcher.pilot.pause(0.2)
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, Chooser | TaskScreen))
        if isinstance(watcher.screen, Chooser):
            await watcher.press(*"largest")
            await watcher.sees("largest  ")
            await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        shown: Any = watcher.screen
        assert shown.shown_task.name in _expected(finished_run)


@pytest.mark.full
@in_loop
async def test_another_run_has_all_its_rows(finished_run: Path, tmp_path: Path) -> None:
    """Protects against a condition of one run that hides the rows of another; the first one has its
    condition and columns again when it is shown again.
    """
    other = run_campaign(tmp_path, "other", budget=10, batch_size=10)
    async with watching(finished_run, "results") as watcher:
        await watcher.sees("60 rows")
        await _where(watcher, CONDITION)
        watcher.screen._hide_columns(frozenset({"mass"}))
        await watcher.press("slash")
        watcher.app.open_run(other)
        await watcher.sees("10 rows")
        await watcher.until(lambda: watcher.screen.table.row_count == 10)
        assert watcher.screen.rows == RowChoice()
        assert not watcher.screen.condition_line.display
        watcher.app.open_run(finished_run)
        await watcher.sees("of 60 rows", f"where {CONDITION}")
        await watcher.until(lambda: _names(watcher) == set(_expected(finished_run)))
        assert watcher.screen.rows == RowChoice(CONDITION, frozenset({"mass"}))
        assert "mass" not in watcher.screen.table.names


@pytest.mark.full
def test_rows_that_come_in_are_chosen_too(tmp_path: Path) -> None:
    """The condition goes on while the campaign runs, and the cursor stays on its sample when rows
    come and go.
    """
    config = load_config(
        write_config(tmp_path, "live", function="ten_at_first", budget=40, batch_size=20)
    )
    supervisor = actions.start(config)
    thread = threading.Thread(target=supervisor.start)
    thread.start()

    async def look() -> None:
        while not (config.base_run_dir / "state" / "journal.jsonl").exists():
            await asyncio.sleep(0.05)
        async with watching(config.base_run_dir, "results", (100, 24)) as watcher:
            screen = watcher.screen
            await watcher.until(lambda: len(screen.whole) == 10)
            await watcher.press("j")
            cursor = screen.table.cursor
            task = screen.whole.tasks[cursor].name
            await _where(watcher, f"c1 == {screen.whole.columns['c1'].raw[cursor]} or c2 < 5")
            few = len(screen.results)
            (tmp_path / "go_on").touch()
            await watcher.until(lambda: len(screen.whole) == 40)
            await watcher.until(lambda: len(screen.results) > few)
            kept = [value < 5 for value in screen.whole.columns["c2"].raw]
            kept[cursor] = True
            await watcher.until(lambda: screen.table.row_count == sum(kept))
            assert screen.whole.tasks[screen.table.cursor].name == task

    try:
        asyncio.run(look())
    finally:
        supervisor.request("abort")
        thread.join()
