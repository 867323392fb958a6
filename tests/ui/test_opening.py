"""Screens are opened and left in one guarded way: what arrives in one read answers a dialog once,
and opens one of each.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from textual.command import CommandList
from textual.events import MouseDown
from textual.screen import Screen
from textual.widgets import Static

import enchanted_tui.ui
from enchanted_tui.campaign_status import Phase
from enchanted_tui.ui.app import MODE_NAMES, EnchantedApp
from enchanted_tui.ui.opened import Opened
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.widgets.choice_list import Options
from helpers.marks import rounds
from helpers.ui.campaigns import until
from helpers.ui.editing import TEXT
from helpers.ui.random_input import Read, Typist, WatchedApp
from helpers.ui.watching import in_loop

_GUARDED = {
    "push_screen",
    "push_screen_wait",
    "pop_screen",
    "switch_screen",
    "pop_until_active",
    "action_pop_screen",
}
UI = Path(enchanted_tui.ui.__file__).parent


def test_nothing_goes_round_the_guard() -> None:
    """No module but `opening` pushes or pops a screen, and every screen that is not a mode's can be
    left only once. Nothing hands `dismiss` on, for whoever calls it later would wait for what it
    gives, and a screen that waits for its own end ends the app.
    """
    for path in UI.rglob("*.py"):
        if path.name != "opening.py":
            named = {
                node.attr
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Attribute)
            }
            assert not named & _GUARDED, f"{path.name} uses {named & _GUARDED}"
        nodes = list(ast.walk(ast.parse(path.read_text())))
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        assert all(
            id(node) in called
            for node in nodes
            if isinstance(node, ast.Attribute) and node.attr == "dismiss"
        ), f"{path.name} hands dismiss on"
    for module in pkgutil.walk_packages([str(UI)], "enchanted_tui.ui."):
        if module.name.rpartition(".")[2] != "app_process":
            importlib.import_module(module.name)
    modes = {type(cast(Any, EnchantedApp.MODES[name])()) for name in MODE_NAMES}
    for screen in _below(Screen):
        is_base = any(issubclass(mode, screen) for mode in modes)
        assert is_base or issubclass(screen, Opened), f"{screen.__name__} is not guarded"


def _below(kind: type[Any]) -> set[type[Any]]:
    """Give the app's own classes derived from a class."""
    found = {kind} if kind.__module__.startswith("enchanted_tui") else set()
    return found.union(*map(_below, kind.__subclasses__()))


class Person:
    """Somebody before the app whose keys and clicks arrive in one read."""

    def __init__(self, app: WatchedApp, typist: Typist) -> None:
        self.app, self.typist = app, typist

    @property
    def top(self) -> str:
        return type(self.app.screen).__name__

    async def burst(self, *keys: str) -> None:
        """Send keys, and "text:" with letters, in one read."""
        events: list[tuple[str, Any]] = []
        for key in keys:
            events += (
                [("sent", letter) for letter in key[5:]]
                if key.startswith("text:")
                else [("key", key)]
            )
        assert await self.typist.send(Read(events, None)), f"{keys} has ended the app"

    async def clicks(self, selector: str, row: int, *before: str, times: int = 2) -> None:
        """Send keys and then clicks on a row of a widget, in one read."""
        region = self.app.screen.query_one(selector).region
        events: list[tuple[str, Any]] = []
        for text in before:
            events += [("sent", letter) for letter in text]
        for sign in "Mm" * times:
            events.append(("sent", f"\x1b[<0;{region.x + 3};{region.y + row + 1}{sign}"))
        assert await self.typist.send(Read(events, None)), "clicks have ended the app"

    async def until(self, condition: Callable[[], object]) -> None:
        await until(condition, self.typist.pilot.pause)

    @property
    def screen(self) -> Any:
        return self.app.screen

    def can_edit(self) -> bool:
        """Tell whether the editor is there and has checked its text."""
        return bool(self.screen.query("ConfigArea")) and not self.screen.area.is_waiting

    async def opens(self, name: str, *keys: str) -> None:
        """Press keys until a dialog is there."""
        await self.burst(*keys)
        await self.until(lambda: self.top == name)
        await self.typist.pilot.pause()


@pytest.fixture
def runs(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a campaign's configuration and a run directory of one's own."""
    home = tmp_path / "work"
    shutil.copytree(finished_run, home / "one")
    (home / "new.yaml").write_text(TEXT)
    monkeypatch.chdir(home)
    return home


def at_the_app(test: Callable[[Person, Path], Awaitable[None]]) -> Callable[[Path], None]:
    """Run a test with somebody before the app, which shows the run `one`."""

    async def run(runs: Path) -> None:
        app = WatchedApp(runs / "one")
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await until(lambda: app.view is not None and app.view.reading == 1, pilot.pause)
            await test(Person(app, Typist(app, pilot)), runs)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return in_loop(run)


@at_the_app
async def test_two_answers_in_one_read(person: Person, home: Path) -> None:
    """Protects every dialog against two Enters, two clicks and Escapes that arrive together: it is
    answered by the first.
    """
    await person.burst("2")
    await person.until(person.can_edit)
    series = (
        ("enter", "escape"),
        ("enter", "enter"),
        ("escape", "escape", "escape"),
        ("down", "enter", "f1", "enter"),
    )
    for answers in series[: rounds(1, 4)]:
        for name, key in (("FileDialog", "o"), ("Picker", "n"), ("Picker", "a")):
            await person.burst("escape")
            await person.opens(name, key)
            await person.burst(*answers)
            await _leaves(person)
    assert person.app.current_mode == "config"


async def _leaves(person: Person) -> None:
    """Close whatever is open over the mode."""
    while len(person.app.screen_stack) > 1:
        before = person.app.screen
        await person.burst("escape")
        await person.until(lambda before=before: person.app.screen is not before)  # type: ignore[misc]


@at_the_app
async def test_clicks_and_a_filter_in_one_read(person: Person, home: Path) -> None:
    """Protects a list that is another by the time that a click on it is heard of: what was clicked
    counts.
    """
    await person.burst("2")
    await person.until(person.can_edit)
    for before in ((), ("latin",), ("nothing like it",)):
        await person.burst("escape")
        await person.opens("Picker", "a")
        await person.clicks("#list", 3, *before)
        await person.until(
            lambda: person.top == "ConfigScreen" or not person.screen.listed.option_count
        )
        await _leaves(person)
    await person.burst("escape")
    await person.burst("5")
    await person.until(lambda: person.top == "ResultsScreen" and person.screen.results.numeric)
    for keys in (("s", "c"), ("o",)):
        await person.opens("Chooser", *keys)
        await person.clicks("OptionList", 1)
        await person.until(lambda: person.top == "ResultsScreen")


@at_the_app
async def test_asked_for_twice_in_one_read(person: Person, home: Path) -> None:
    """Protects against one dialog over another of its kind, and against work whose dialog has left:
    `r` and Escape at once.
    """
    twice = (
        ("r", "x"),
        ("enter", "enter"),
        ("f1", "f1", "question_mark"),
        ("colon", "colon", "x"),
        ("x", "x"),
        ("r", "r"),
    )
    for keys in twice[: rounds(3, len(twice))]:
        await person.burst("3", *keys)
        await person.until(lambda: len(person.app.screen_stack) > 1)
        await person.typist.pilot.pause(0.1)
        assert len(person.app.screen_stack) == 2, person.app.screen_stack
        await _leaves(person)
    for pause in (0.0, 0.02, 0.1):
        await person.typist.send(Read([("key", "r")], pause))
        await person.burst("escape")
        await person.typist.pilot.pause(0.2)
        await _leaves(person)
    assert isinstance(person.app.screen, MonitorScreen)


@at_the_app
async def test_undoing_what_made_the_scroll_bar_appear(person: Person, home: Path) -> None:
    """Protects the text: a paste longer than the screen, taken back, made again and taken back, is
    no end of the app.
    """
    await person.opens("ConfigScreen", "2")
    await person.until(person.can_edit)
    area = person.screen.area
    for columns in (1, 300):
        text = "\n".join(f"line {number} " + "x" * columns for number in range(60))
        await person.typist.send(
            Read([("sent", f"\x1b[200~{text}\x1b[201~"), ("key", "ctrl+z")], None)
        )
        await person.until(lambda: area.text == "")
        await person.burst("ctrl+y")
        await person.until(lambda: area.document.line_count == 60)
        await person.burst("ctrl+a", "delete", "ctrl+z", "ctrl+z")
        await person.until(lambda: area.text == "")


@pytest.mark.full
@at_the_app
async def test_running_again_what_failed(person: Person, home: Path) -> None:
    """Protects the screens while the run that they show is opened anew: retry from Failures, extend
    from a chart of Results.
    """
    await person.burst("4")
    await person.until(lambda: person.screen.query("#groups") and person.screen.groups.row_count)
    await person.burst("enter", "down")
    for mode, keys, word in (("4", ("t",), "retry"), ("5", ("s",), "extend")):
        await person.burst(mode, *(keys if word == "extend" else ()))
        await person.until(
            lambda mode=mode: person.top == ("FailuresScreen" if mode == "4" else "ResultsScreen")  # type: ignore[misc]
        )
        await person.opens("LaunchScreen", *(keys if word == "retry" else ("x",)))
        await person.until(lambda: not person.app.screen.query_one("#start").disabled)
        await person.burst("ctrl+r")
        await person.until(
            lambda: person.app.current_mode == "monitor" and not person.app.hosts_campaign
        )
        await person.until(
            lambda: person.app.view is not None and person.app.view.phase is Phase.FINISHED
        )
        await person.burst("escape", mode)
        await person.until(
            lambda: len(person.app.screen_stack) == 1 and person.screen.view is not None
        )
        assert not person.app.defects


@pytest.mark.full
@at_the_app
async def test_pages_of_a_list_without_lines(person: Person, home: Path) -> None:
    """Page up in a list that has not been laid out, as in the read that opens it, ended the app in
    a KeyError.
    """
    for key in ("pageup", "pagedown"):
        await person.burst("ctrl+p", "text:run", "down", key, key)
        await _leaves(person)
    await person.opens("ActionPalette", "ctrl+p")
    commands = person.app.screen.query_one(CommandList)
    commands.display = False
    await person.until(lambda: not commands.scrollable_content_region.width)
    commands.clear_options().add_option("one")
    commands.highlighted = 0
    await person.burst("pageup", "pagedown")
    assert commands.highlighted == 0
    await _leaves(person)
    options = Options("one", "two")
    options.highlighted = 0
    options.action_page_up()
    options.action_page_down()
    assert options.highlighted == 0


@at_the_app
async def test_what_is_typed_after_the_end(person: Person, home: Path) -> None:
    """Protects the end of the app against the keys and clicks that came with the one that ends
    it.
    """
    await person.burst("5")
    keys = ("q", "escape", "3", "r", "enter", "x", "f1", "colon", "2", "enter")
    assert not await person.typist.send(
        Read([*(("key", key) for key in keys), ("sent", "\x1b[200~text\x1b[201~")], None)
    )
    await person.until(lambda: person.app._exit)


@in_loop
async def test_clicks_on_what_has_just_been_taken_away(finished_run: Path) -> None:
    """Until a screen is laid out again its pointer finds widgets that are gone; pressing the mouse
    there ended the app.
    """
    app = WatchedApp(finished_run)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(lambda: app.screen.query("StatusLine"), pilot.pause)
        gone = Static("some text that can be selected")
        await app.screen.mount(gone)
        await until(
            lambda: (
                gone.region.area
                and app.screen.get_widget_and_offset_at(*gone.region.offset)[0] is gone
            ),
            pilot.pause,
        )
        x, y = gone.region.offset
        gone._detach()
        press = MouseDown(None, x, y, 0, 0, 1, False, False, False, x, y)
        await app.on_event(press)
        gone._attach(app.screen)  # or Textual cannot take it down
        assert not app.defects
