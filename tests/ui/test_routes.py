"""Each registered action is reached by key, by palette, by menu and by mouse on each screen that
binds it.

On a real campaign in the real app, but what an action does is left out here: its method only notes
that it was called. What actions do is tested screen by screen, in the other modules of this
directory.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from enchanted_tui.ui.actions import Action, registry
from enchanted_tui.ui.app_screen import AppScreen
from enchanted_tui.ui.screens.compare import CompareScreen
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.screens.diff_screen import DiffScreen
from enchanted_tui.ui.screens.failures import FailuresScreen
from enchanted_tui.ui.screens.file import FileScreen
from enchanted_tui.ui.screens.form_screen import FormScreen
from enchanted_tui.ui.screens.log import LogScreen
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.plots import PlotsScreen
from enchanted_tui.ui.screens.results import ResultsScreen
from enchanted_tui.ui.screens.runs import RunsScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.settings import Preferences, Settings
from helpers.marks import in_full
from helpers.ui.campaigns import until
from helpers.ui.routes import (
    TAKEN,
    Reached,
    actions_on,
    choose_by_mouse,
    choose_by_typing,
    choose_in_menu,
    entry_of,
    hint_of,
    reached_only,
    screens_on_top,
    separate,
)
from helpers.ui.watching import Watcher, in_loop, watching

#: Keys for the actions that have none unless a person gives them some.
KEYMAP = {
    "campaign.drain": "f6",
    "campaign.abort": "f7",
    "campaign.rebuild": "f12",
    "runs.delete": "f11",
}
WIDE = (200, 30)  # so that all hints are in the footer
USUAL = (80, 24)


async def _runs(watcher: Watcher) -> None:
    await watcher.until(lambda: watcher.screen.entry)


async def _config(watcher: Watcher) -> None:
    await watcher.until(lambda: not watcher.screen.area.is_waiting)


async def _monitor(watcher: Watcher) -> None:
    await watcher.until(lambda: watcher.screen.tasks.table.row_count)


async def _failures(watcher: Watcher) -> None:
    await watcher.until(lambda: watcher.screen.groups.row_count)


async def _results(watcher: Watcher) -> None:
    await watcher.until(lambda: watcher.screen.table.row_count)


async def _plots(watcher: Watcher) -> None:
    await _results(watcher)
    await watcher.press("P")
    await watcher.until(
        lambda: isinstance(watcher.screen, PlotsScreen) and len(watcher.screen.results)
    )


async def _log(watcher: Watcher) -> None:
    await watcher.until(lambda: watcher.screen.log_view.page)


async def _task(watcher: Watcher) -> None:
    await _monitor(watcher)
    await watcher.press("enter")
    await watcher.until(
        lambda: (
            isinstance(watcher.screen, TaskScreen) and watcher.screen.query_one("#values").has_focus
        )
    )


async def _file(watcher: Watcher) -> None:
    await _monitor(watcher)
    await watcher.press("f", "enter")
    await watcher.until(
        lambda: isinstance(watcher.screen, FileScreen) and watcher.screen.log_view.has_focus
    )


async def _compare(watcher: Watcher) -> None:
    await _runs(watcher)
    runs = watcher.screen
    runs.action_runs_mark()
    other = Path(os.environ["HOME"]) / "compared"
    shutil.copytree(runs.target, other, dirs_exist_ok=True)
    runs._marks.roots.append(other)
    await watcher.press("C")
    await watcher.until(
        lambda: isinstance(watcher.screen, CompareScreen) and watcher.screen.found is not None
    )


async def _text(watcher: Watcher) -> None:
    await _config(watcher)
    editor = watcher.screen
    root = watcher.app.root
    assert root is not None
    editor.open_file(root.parent / f"{root.name}.yaml")
    await watcher.until(lambda: "executors" in editor.area.text)


async def _diff(watcher: Watcher) -> None:
    await _text(watcher)
    await watcher.press("escape", "D")
    await watcher.until(
        lambda: isinstance(watcher.screen, DiffScreen) and watcher.screen.is_mounted
    )


async def _form(watcher: Watcher) -> None:
    await _text(watcher)
    await watcher.press("f11")
    await watcher.until(lambda: isinstance(watcher.screen, FormScreen) and watcher.screen._lines)
    watcher.screen.query_one("#shown").focus()
    await watcher.until(lambda: watcher.screen.focused.id == "shown")


@dataclass(frozen=True)
class Place:
    """A screen: the mode it is in, and how it is come to there, ready for all its keys."""

    screen: type[Screen[Any]]
    mode: str
    prepare: Callable[[Watcher], Awaitable[None]]

    @property
    def actions(self) -> list[Action]:
        return actions_on(self.screen)


PLACES = [
    Place(LogScreen, "log", _log),
    Place(MonitorScreen, "monitor", _monitor),
    Place(RunsScreen, "runs", _runs),
    Place(ConfigScreen, "config", _config),
    Place(FailuresScreen, "failures", _failures),
    Place(ResultsScreen, "results", _results),
    Place(PlotsScreen, "results", _plots),
    Place(TaskScreen, "monitor", _task),
    Place(FileScreen, "monitor", _file),
    Place(CompareScreen, "runs", _compare),
    Place(DiffScreen, "config", _diff),
    Place(FormScreen, "config", _form),
]


def _first_on(place: Place) -> list[Action]:
    """Give the actions of a screen that none of the screens before it has; the palette, which is
    slow, is searched once for each.
    """
    before = {action.id for other in PLACES[: PLACES.index(place)] for action in other.actions}
    return [action for action in place.actions if action.id not in before]


class Visitor:
    """Somebody on a screen who goes one way to an action after the other and looks which action is
    reached.
    """

    def __init__(self, watcher: Watcher, reached: Reached) -> None:
        self.watcher, self.reached = watcher, reached
        self.home = watcher.screen
        self.wrong: list[str] = []

    async def goes(self, way: str, action: Action, steps: Awaitable[object]) -> None:
        """Go some way; note what is wrong unless it leads to just this action, once, of the screen
        or the app.
        """
        self.reached.clear()
        with contextlib.suppress(AssertionError):  # of what is waited for in vain
            await steps
            await until(lambda: self.reached, self.watcher.pilot.pause, timeout=10)
        await self.watcher.pilot.pause()
        if self.reached != [
            (action.id, self.watcher.app if action.id.startswith("everywhere.") else self.home)
        ]:
            self.wrong.append(
                f"{way} for {action.id} leads to"
                f" {', '.join(name for name, _ in self.reached) or 'nothing'}"
            )
        while self.watcher.screen is not self.home:
            await self.watcher.press("escape")

    def has_hint(self, action: Action) -> bool:
        """Tell whether the footer is to show an action: not if what has the focus takes its key, as
        tables take Enter to open rows.
        """
        return any(
            active.binding.id == action.id and active.binding.show
            for active in self.home.active_bindings.values()
        )

    async def presses_all_keys(self, place: Place) -> None:
        for action in place.actions:
            for key in separate(KEYMAP.get(action.id, action.keys)):
                if key not in TAKEN:
                    await self.goes(key, action, self.watcher.press(key))

    async def presses_function_keys(self, place: Place) -> None:
        for action in place.actions:
            for key in separate(action.keys):
                if re.fullmatch(r"(shift\+)?f\d+", key):
                    await self.goes(f"{key} in the text", action, self.watcher.press(key))

    async def clicks_in_the_footer(self, place: Place) -> None:
        await self.watcher.settles()
        for action in place.actions:
            hint = hint_of(action, self.home)
            assert (hint is not None) == self.has_hint(action), (
                f"the hint of {action.id} in the footer"
            )
            if hint is not None:
                await self.goes("its hint", action, self.watcher.pilot.click(hint))

    async def clicks_in_the_palette(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if not self.has_hint(action):
                await self.goes(
                    "a click in the palette", action, choose_by_mouse(self.watcher, action)
                )

    async def types_into_the_palette(self, actions: Sequence[Action]) -> None:
        for action in actions:
            await self.goes("Enter in the palette", action, choose_by_typing(self.watcher, action))

    async def takes_it_from_the_menu(self, actions: Sequence[Action]) -> None:
        for action in actions:
            await self.goes("the menu", action, choose_in_menu(self.watcher, action))

    async def takes_what_the_palette_finds(self, place: Place) -> None:
        for action in _first_on(place):
            name = entry_of(action, self.watcher.app).partition("  (")[0]
            await self.goes("the palette's entry", action, self.watcher.command(name))


@pytest.mark.parametrize(
    ("place", "many"),
    [
        *((place, False) for place in PLACES if place.screen is MonitorScreen),
        *in_full(*((place, False) for place in PLACES if place.screen is ConfigScreen)),
        *in_full(*((place, True) for place in PLACES)),
    ],
    ids=lambda value: value.screen.__name__ if isinstance(value, Place) else None,
)
@in_loop
async def test_every_way_leads_to_the_action(finished_run: Path, place: Place, many: bool) -> None:
    """On a screen, each key of an action, its hint in the footer, and its entry in the palette lead
    to it, and to nothing else.

    An action whose hint is not shown has the palette for those with a mouse. In the text of a
    configuration the keys that type nothing work, beside it all. Every day the Monitor and
    the editor are gone through, and the palette is opened for three actions of each (it takes a
    second); all screens, and all actions in the palette, with ``--full``.
    """
    async with watching(
        finished_run, place.mode, WIDE, settings=Settings(Preferences(keymap=KEYMAP))
    ) as watcher:
        await place.prepare(watcher)
        assert type(watcher.screen) is place.screen
        with reached_only(place.screen) as reached:
            visitor = Visitor(watcher, reached)
            if place.screen is ConfigScreen:
                await visitor.presses_function_keys(place)
                await watcher.press("escape")
                await watcher.until(lambda: not watcher.screen.area.has_focus)
            working = {active.binding.id for active in watcher.screen.active_bindings.values()}
            assert working & set(registry()) <= {action.id for action in place.actions}
            await visitor.presses_all_keys(place)
            await visitor.clicks_in_the_footer(place)
            await watcher.pilot.resize_terminal(*USUAL)
            await visitor.takes_what_the_palette_finds(place)
            opened = _first_on(place) if many else _first_on(place)[:3]
            await visitor.clicks_in_the_palette(opened)
            await visitor.types_into_the_palette(opened)
            await visitor.takes_it_from_the_menu(opened)
        assert not visitor.wrong


def test_every_action_is_on_a_screen() -> None:
    """No action is left out above."""
    tried = {action.id for place in PLACES for action in place.actions}
    assert not set(registry()) - tried


def test_every_screen_with_actions_is_gone_through() -> None:
    """No screen is left out above; dialogs have no actions of the registry."""
    whole = {screen for screen in screens_on_top() if issubclass(screen, AppScreen)}
    assert whole == {place.screen for place in PLACES}
