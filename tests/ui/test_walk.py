"""The whole way of somebody new, by mouse alone: from the first start to two campaigns side by side.

In a real terminal, with the program as it is installed, far from the checkout and in a directory
with an odd name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.ui.walking import KESSEL, PROGRAM, Newcomer

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
