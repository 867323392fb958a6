"""The whole way of somebody new, by mouse alone: from the first start to two campaigns side by side.

In a real terminal, with the program as it is installed, far from the checkout and in a directory
with an odd name; a shorter one in the app alone for every day.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.editor.dialogs import Picker
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.screens.compare import CompareScreen
from enchanted_tui.ui.screens.launch import LaunchScreen
from helpers.ui.campaigns import run_campaign
from helpers.ui.walking import KESSEL, Newcomer
from helpers.ui.watching import Watcher, in_loop

SIZES = ((80, 24), (200, 50))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A directory with somebody's own code."""
    directory = tmp_path / "Meine Läufe, Nr. 2"
    directory.mkdir()
    (directory / "kessel.py").write_text(KESSEL)
    return directory


@pytest.mark.full
@pytest.mark.parametrize(("size", "no_color"), [(SIZES[0], ""), (SIZES[1], ""), (SIZES[0], "1")])
def test_from_nothing_to_two_runs_side_by_side(
    environment: Path, work: Path, tmp_path: Path, size: tuple[int, int], no_color: str
) -> None:
    """Protects the whole walk: a configuration of one's own, broken and repaired, launched, watched,
    a failure read down to its source, drained, left, resumed, plotted and compared. What was seen
    is kept beside the work.
    """
    command = environment / "bin" / "enchanted-tui"
    person = Newcomer(command, work, size, tmp_path / "seen", NO_COLOR=no_color, PYTHONPATH="")
    try:
        person.start()
        person.writes_configuration("Läufe/erster Lauf")
        person.breaks_and_repairs()
        person.launches("erster Versuch.yaml")
        person.watches_and_drains("erster Lauf")
        person.leaves()
        person.resumes_to_the_end()
        person.plots_two_columns()
        person.runs_another("Läufe/erster Lauf", "Läufe/zweiter")
        person.compares("erster Lauf", "zweiter")
        person.leaves()
    finally:
        person.end()


@in_loop
async def test_a_short_walk_by_mouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the same way, for every day: from the empty list of runs to a campaign that has
    finished, its plot, and its comparison with another, without a key.
    """
    monkeypatch.chdir(tmp_path)
    app = EnchantedApp()
    async with app.run_test(size=(80, 24)) as pilot:
        person = Watcher(app, pilot)
        await person.sees("No runs yet")
        await person.click("n New")
        await person.until(lambda: isinstance(person.screen, Picker))
        listed = person.screen.query_one(OptionList)
        listed.scroll_end(animate=False)
        await person.click("BenchmarkFunctionRunner")
        await person.sees("[2 Config]", "✓ valid")
        area = person.screen.area
        area.text = area.text.replace("budget: 100", "budget: 6")
        await person.sees("modified", "✓ valid")
        await person.click("Launch…")
        await person.until(lambda: isinstance(person.screen, FileDialog))
        person.screen.typed.value = "mine.yaml"
        await person.pilot.click("#take")
        await person.until(lambda: isinstance(person.screen, LaunchScreen))
        await person.until(lambda: not person.screen.query_one("#start").disabled)
        await person.pilot.click("#start")
        await person.sees("[3 Monitor]", "FINISHED")
        await person.click("5")
        await person.sees("6 rows")
        await person.click("s Scatter")
        await person.click(f"x {person.screen._drawn.x}")
        await person.sees("Along the bottom")
        await person.click("Escape closes")
        other = run_campaign(tmp_path / "runs", "other", budget=4, batch_size=4)
        await person.click("1", times=1)
        await person.sees(other.name, "6/6")
        for name in (other.name, app.root.name if app.root else ""):
            await _menu(person, name, " Mark ")
        await person.sees("2 marked")
        await _menu(person, other.name, " Compare ")
        await person.until(lambda: isinstance(person.screen, CompareScreen))
        await person.sees("6 of 6", "4 of 4")


async def _menu(person: Watcher, text: str, entry: str) -> None:
    """Take an action of the menu of a row."""
    lines = person.text.splitlines()
    y = next(number for number, line in enumerate(lines[1:], start=1) if text in line)
    await person.pilot.click(offset=(lines[y].index(text) + 1, y), button=3)
    await person.click(entry)
    await person.until(lambda: not person.screen.is_modal)
