"""The mouse in panes and tables: dividers that are dragged and stay, cells that are told whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Tooltip

from enchanted_tui.ui import remembered
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.divider import Divider
from enchanted_tui.ui.widgets.line import Buttons
from helpers.marks import in_full
from helpers.ui.watching import Watcher, in_loop, watching

WIDE = (120, 36)


async def _drag(watcher: Watcher, to: int) -> None:
    region = watcher.screen.query_one(Divider).region
    y = region.y + 3
    await watcher.pilot.mouse_down(offset=(region.x, y))
    await watcher.pilot.hover(offset=((region.x + to) // 2, y))
    await watcher.pilot.hover(offset=(to, y))
    await watcher.pilot.mouse_up(offset=(to, y))
    await watcher.pilot.pause()


@in_loop
async def test_a_divider_is_dragged_and_remembered(finished_run: Path) -> None:
    """Protects the room that somebody has given the panes: it holds in the next app, on each screen
    for itself, and a double click takes it back.
    """
    async with watching(finished_run, "monitor", WIDE) as watcher:
        before = watcher.screen.query_one(Divider).region.x
        await _drag(watcher, 40)
        assert abs(watcher.screen.query_one(Divider).region.x - 40) <= 1
        assert watcher.screen.query_one("#tasks").size.width <= 41
        await watcher.until(lambda: "monitor" in remembered.read().dividers)
    async with watching(finished_run, "monitor", WIDE) as watcher:
        divider = watcher.screen.query_one(Divider)
        await watcher.until(lambda: abs(divider.region.x - 40) <= 1)
        await watcher.until(lambda: watcher.screen.tasks.table.row_count)
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.pilot.pause()
        assert watcher.screen.query_one(Divider).region.x != 40
        await watcher.press("escape")
        await watcher.until(lambda: isinstance(watcher.screen, MonitorScreen))
        await watcher.pilot.click(Divider, times=2)
        await watcher.until(lambda: divider.region.x == before)
        await watcher.until(lambda: not remembered.read().dividers)


@in_loop
async def test_a_divider_leaves_room_for_both(finished_run: Path) -> None:
    """Protects a pane that was dragged away: some of it stays to be seen, and narrow terminals have
    none to drag.
    """
    async with watching(finished_run, "monitor", WIDE) as watcher:
        for to in (0, 119):
            await _drag(watcher, to)
            assert 10 < watcher.screen.query_one(Divider).region.x < 110
        await watcher.pilot.resize_terminal(80, 24)
        await watcher.until(lambda: not watcher.screen.query_one(Divider).display)
        assert watcher.screen.query_one("#tasks").size.width == 80


@in_loop
async def test_what_is_cut_is_told(finished_run: Path) -> None:
    """Protects long values in narrow columns: the pointer shows them whole; a tab says what it is
    for. What is not cut says nothing.
    """
    async with watching(finished_run, "failures") as watcher:
        table = watcher.screen.groups
        await watcher.until(lambda: table.row_count)
        cells = [table._cells(table.rows[0])[index] for index, _, _ in table._shown]
        whole = {str(cell[0] if isinstance(cell, tuple) else cell) for cell in cells}
        told = set()
        for x in range(0, table.region.width, 3):  # no column is narrower
            await watcher.pilot.hover(offset=(table.region.x + x, table.region.y + 1))
            told.add(str(table.tooltip or ""))
        shown = watcher.text.splitlines()[table.region.y + 1]
        assert told - {""} == {text for text in whole if text and text not in shown}
        await watcher.app.switch_mode("monitor")
        tabs = watcher.screen.query_one("#tabs", Buttons)
        await watcher.until(lambda: tabs.region.height)
        await watcher.pilot.hover(offset=(tabs.region.x + 3, tabs.region.y))
        assert "task" in str(tabs.tooltip).lower()


@in_loop
async def test_what_is_told_lies_over_nothing_below_its_table(finished_run: Path) -> None:
    """Protects the heading below a table, which what the pointer is told in its rows covered."""
    app = EnchantedApp(finished_run)
    async with app.run_test(size=(80, 15), tooltips=True) as pilot:
        watcher = Watcher(app, pilot)
        await watcher.until(lambda: app.view is not None)
        await app.switch_mode("failures")
        await watcher.until(lambda: watcher.screen.groups.row_count)
        table, told = watcher.screen.groups, watcher.screen.query_one(Tooltip)
        place = table.region
        await watcher.until(lambda: table.row_count == 3)
        for row in (2, 3):  # the last one is right above the heading
            await pilot.hover(offset=(place.x + 20, place.y + row))
            await watcher.until(lambda: told.display and told.region.y > place.y)
            assert told.region.bottom <= place.bottom, told.region
            await pilot.hover(offset=(2, 0))  # what is told of the line above
            await watcher.until(lambda: told.display and told.region.y < place.y)


@pytest.mark.parametrize(
    ("mode", "pane"), [("failures", "#groups-side"), *in_full(("config", "#texts"))]
)
@in_loop
async def test_each_screen_of_two_panes_has_a_divider(
    finished_run: Path, mode: str, pane: str
) -> None:
    """Protects the same manners on every screen: what is beside each other is dragged, and below
    each other in a narrow terminal it has the whole width again.
    """
    async with watching(finished_run, mode, WIDE) as watcher:
        await watcher.until(lambda: watcher.screen.query_one(Divider).region.width)
        await _drag(watcher, 50)
        assert abs(watcher.screen.query_one(pane).size.width - 50) <= 1
        await watcher.until(lambda: mode in remembered.read().dividers)
        await watcher.pilot.resize_terminal(80, 24)
        await watcher.until(lambda: watcher.screen.query_one(pane).size.width == 80)
        await watcher.pilot.resize_terminal(*WIDE)
        await watcher.until(lambda: abs(watcher.screen.query_one(pane).size.width - 50) <= 1)
