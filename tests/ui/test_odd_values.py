"""What runners return of odd kinds and sizes, in every view of the app."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from enchanted_tui.ui import formats
from enchanted_tui.ui.screens.task import TaskScreen
from helpers.ui.campaigns import run_campaign
from helpers.ui.random_input import WatchedApp
from helpers.ui.watching import Watcher, in_loop, until


@pytest.fixture
def odd_run(tmp_path: Path) -> Path:
    """Six samples: numbers beyond all floats and beyond what Python writes, columns of several
    kinds, a mapping of many numbers, text that looks like markup.
    """
    return run_campaign(tmp_path, "odd_run", function="odd", budget=6, batch_size=6, workers=1)


@in_loop
async def test_any_number_is_shown(odd_run: Path) -> None:
    """Protects whoever returns whole numbers of any size, which the dataset keeps: tables, charts
    and the task show them, and nothing that is shown ends in an error.
    """
    app = WatchedApp(odd_run)
    async with app.run_test(size=(200, 40)) as pilot:
        watcher = Watcher(app, pilot)
        await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
        await app.switch_mode("results")
        await watcher.sees("6 rows", "1e+400", "1e+5000", "[bold]")
        for key in "dsbvut":
            await watcher.press(key)
            await asyncio.sleep(0.05)
            await watcher.sees("6 rows")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.sees("vaster")
        values = watcher.screen.query_one("#values")
        values.move_to(next(n for n in values.rows if watcher.screen._values[n].name == "many"))
        values.focus()
        await watcher.press("enter")
        await watcher.until(
            lambda: "more characters" in str(watcher.screen.query_one("#said").content)
        )
        assert not app.defects, app.defects[0]


@in_loop
async def test_columns_of_several_kinds_are_sorted(odd_run: Path) -> None:
    """Protects the order: numbers by their size, then text, and what is missing last either way."""
    app = WatchedApp(odd_run)
    async with app.run_test(size=(120, 36)) as pilot:
        watcher = Watcher(app, pilot)
        await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
        await app.switch_mode("results")
        await watcher.sees("6 rows")
        screen = watcher.screen
        for descending in (True, False):
            screen._sort_by("mixed")
            raw = screen.whole.columns["mixed"].raw
            shown = [raw[row] for row in screen.table.rows]
            wanted = [2, 10, 10**400, "a", "b"]
            assert shown[:-1] == (wanted[::-1] if descending else wanted)
            assert shown[-1] is None or shown[-1] != shown[-1]
        assert not app.defects, app.defects[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (123456 * 10**400, "1.2346e+405"),
        (-123456 * 10**4500, "-1.23e+4505"),
        (2**70, "1.1806e+21"),
        (12, "12"),
        ({"a": [1.5, {"b": 2}]}, "{'a': [1.5, {'b': 2}]}"),
        ([0] * 10**6, str([0] * 100)[:200]),
    ],
    ids=["vast", "vaster", "large", "small", "mapping", "many"],
)
def test_a_value_in_few_characters(value: object, shown: str) -> None:
    """Protects what is told of values of any size, by what fits."""
    assert formats.number(value) == shown
