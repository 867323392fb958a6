"""The whole way of somebody new, by mouse alone: from the first start to two campaigns side by side.

In a real terminal, with the program as it is installed, far from the checkout and in a directory
with an odd name; a shorter one in the app alone for every day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.widgets import OptionList

from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.editor.dialogs import Picker
from enchanted_tui.ui.editor.file_dialog import FileDialog
from enchanted_tui.ui.screens.compare import CompareScreen
from enchanted_tui.ui.screens.launch import LaunchScreen
from helpers.ui.campaigns import run_campaign
from helpers.ui.walking import KESSEL, PROGRAM, Newcomer
from helpers.ui.watching import Watcher, in_loop

#: sizes of the terminal, and what NO_COLOR says
TERMINALS = [((80, 24), ""), ((200, 50), ""), ((80, 24), "1")]
Arrives = Callable[..., Newcomer]


@pytest.fixture
def arrives(environment: Path, tmp_path: Path) -> Iterator[Arrives]:
    """Somebody before a terminal, in a directory with an odd name and code of their own; what they
    see is kept beside it.
    """
    work = tmp_path / "Meine Läufe, Nr. 2"
    work.mkdir()
    (work / "kessel.py").write_text(KESSEL)
    (work / "heizen.py").write_text(PROGRAM)
    people = []

    def before(size: tuple[int, int], no_color: str) -> Newcomer:
        command = environment / "bin" / "enchanted-tui"
        seen = tmp_path / "seen"
        person = Newcomer(command, work, size, seen, NO_COLOR=no_color, PYTHONPATH="")
        people.append(person)
        return person

    yield before
    for person in people:
        person.end()


def _walks_on(person: Newcomer) -> None:
    """What follows once a campaign runs, however its configuration was written."""
    person.watches_and_drains("erster Lauf")
    person.leaves()
    person.resumes_to_the_end()
    person.plots_two_columns()
    person.runs_another("Läufe/erster Lauf", "Läufe/zweiter")
    person.compares("erster Lauf", "zweiter")
    person.leaves()


@pytest.mark.full
@pytest.mark.parametrize(("size", "no_color"), TERMINALS)
def test_from_nothing_to_two_runs_side_by_side(
    arrives: Arrives, size: tuple[int, int], no_color: str
) -> None:
    """Protects the whole walk: a configuration of one's own, broken and repaired, launched, watched,
    a failure read down to its source, drained, left, resumed, plotted and compared.
    """
    person = arrives(size, no_color)
    person.start()
    person.writes_configuration("Läufe/erster Lauf")
    person.breaks_and_repairs()
    person.launches("erster Versuch.yaml")
    _walks_on(person)


@pytest.mark.full
@pytest.mark.parametrize(("size", "no_color"), TERMINALS)
def test_a_function_without_yaml(arrives: Arrives, size: tuple[int, int], no_color: str) -> None:
    """Protects the same walk from the form of a function."""
    person = arrives(size, no_color)
    person.start()
    person.begins_form("My function")
    person.fills_line("function", "kessel:heizen")
    person.fills_parameters("druck", "menge")
    person.fills_line("base run dir", "Läufe/erster Lauf")
    person.breaks_and_repairs_form()
    person.looks_at_a_sample()
    person.launches("aus dem Formular.yaml")
    _walks_on(person)


@pytest.mark.full
def test_a_program_without_yaml(arrives: Arrives) -> None:
    """Protects a campaign of one's own program, from the form to its rows."""
    person = arrives(*TERMINALS[0])
    person.start()
    person.begins_form("My program")
    person.names_program(
        *("python3", "heizen.py", "{{ druck }}", "{{ menge }}"),
        copied="heizen.py",
        output="waerme",
        pattern=r"waerme = (\S+)",
    )
    person.fills_parameters("druck", "menge")
    person.fills_line("base run dir", "Läufe/erster Lauf")
    person.breaks_and_repairs_form()
    person.looks_at_a_sample()
    person.launches("Programm.yaml")
    person.sees("✓ FINISHED")
    person.goes_to(5, "Results")
    person.sees("60 rows", "waerme", "✓ True")
    person.leaves()


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
