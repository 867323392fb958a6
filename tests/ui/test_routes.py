"""Each registered action is reached by key, by palette and by mouse on each screen that binds it.

On a real campaign in the real app, but what an action does is left out here: its method only notes that it was called. What actions
do is tested screen by screen, in the other modules of this directory.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from routes import TAKEN, Reached, actions_on, choose_by_mouse, choose_by_typing, hint_of, reached_only, separate
from textual.screen import Screen
from ui_harness import until
from watching import Watcher, in_loop, watching

from enchanted_tui.ui.actions import Action, registry
from enchanted_tui.ui.screens.config import ConfigScreen
from enchanted_tui.ui.screens.failures import FailuresScreen
from enchanted_tui.ui.screens.file import FileScreen
from enchanted_tui.ui.screens.log import LogScreen
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.results import ResultsScreen
from enchanted_tui.ui.screens.runs import RunsScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.settings import Preferences, Settings

#: Keys for the actions that have none unless a person gives them some.
KEYMAP = {"campaign.drain": "f6", "campaign.abort": "f7", "campaign.rebuild": "f10", "runs.delete": "f11"}
SIZE = (200, 50)  # so wide that all hints are in the footer


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


async def _log(watcher: Watcher) -> None:
    await watcher.until(lambda: watcher.screen.log_view.page)


async def _task(watcher: Watcher) -> None:
    await _monitor(watcher)
    await watcher.press("enter")
    await watcher.until(lambda: isinstance(watcher.screen, TaskScreen) and watcher.screen.query_one("#values").has_focus)


async def _file(watcher: Watcher) -> None:
    await _monitor(watcher)
    await watcher.press("f", "enter")
    await watcher.until(lambda: isinstance(watcher.screen, FileScreen) and watcher.screen.log_view.has_focus)


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
    Place(RunsScreen, "runs", _runs),
    Place(ConfigScreen, "config", _config),
    Place(MonitorScreen, "monitor", _monitor),
    Place(FailuresScreen, "failures", _failures),
    Place(ResultsScreen, "results", _results),
    Place(LogScreen, "log", _log),
    Place(TaskScreen, "monitor", _task),
    Place(FileScreen, "monitor", _file),
]
on_each_screen = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.screen.__name__)


class Visitor:
    """Somebody on a screen who goes one way to an action after the other and looks which action is reached."""

    def __init__(self, watcher: Watcher, reached: Reached) -> None:
        self.watcher, self.reached = watcher, reached
        self.home = watcher.screen
        self.wrong: list[str] = []

    async def goes(self, way: str, action: Action, steps: Awaitable[object]) -> None:
        """Go some way; note what is wrong unless it leads to just this action, once, of the screen or the app."""
        self.reached.clear()
        await steps
        with contextlib.suppress(AssertionError):
            await until(lambda: self.reached, self.watcher.pilot.pause, timeout=10)
        await self.watcher.pilot.pause()
        if self.reached != [(action.id, self.watcher.app if action.id.startswith("everywhere.") else self.home)]:
            self.wrong.append(f"{way} for {action.id} leads to {', '.join(name for name, _ in self.reached) or 'nothing'}")
        while self.watcher.screen is not self.home:
            await self.watcher.press("escape")


@asynccontextmanager
async def visiting(place: Place, run: Path) -> AsyncIterator[Visitor]:
    settings = Settings(Preferences(keymap=KEYMAP))
    async with watching(run, place.mode, SIZE, settings=settings) as watcher:
        await place.prepare(watcher)
        assert type(watcher.screen) is place.screen
        with reached_only(place.screen) as reached:
            yield Visitor(watcher, reached)


@on_each_screen
@in_loop
async def test_keys(finished_run: Path, place: Place) -> None:
    """Each key of an action leads to it, whatever has the focus; in the text of a configuration, those that type nothing."""
    async with visiting(place, finished_run) as visitor:
        if place.screen is ConfigScreen:
            for action in place.actions:
                for key in separate(action.keys):
                    if re.fullmatch(r"(shift\+)?f\d+", key):
                        await visitor.goes(f"{key} in the text", action, visitor.watcher.press(key))
            await visitor.watcher.press("escape")
            await visitor.watcher.until(lambda: not visitor.home.area.has_focus)
        for action in place.actions:
            for key in separate(KEYMAP.get(action.id, action.keys)):
                if key not in TAKEN:
                    await visitor.goes(key, action, visitor.watcher.press(key))
        assert not visitor.wrong


@on_each_screen
@in_loop
async def test_palette(finished_run: Path, place: Place) -> None:
    """An action's title in the palette, and Enter, leads to it, and to the one of this screen where others have actions of that name."""
    async with visiting(place, finished_run) as visitor:
        for action in place.actions:
            await visitor.goes("the palette", action, choose_by_typing(visitor.watcher, action))
        assert not visitor.wrong


@on_each_screen
@in_loop
async def test_mouse(finished_run: Path, place: Place) -> None:
    """A click leads to an action: on its hint in the footer, which all actions have that are to be shown there, else in the palette."""
    async with visiting(place, finished_run) as visitor:
        await visitor.watcher.press(*(["escape"] if place.screen is ConfigScreen else []))
        await visitor.watcher.settles()
        for action in place.actions:
            hint = hint_of(action, visitor.home)
            assert (hint is not None) == (action.shown and bool(action.keys)), f"{action.id} in the footer"
            click = visitor.watcher.pilot.click(hint) if hint is not None else choose_by_mouse(visitor.watcher, action)
            await visitor.goes("a click", action, click)
        assert not visitor.wrong


@on_each_screen
@in_loop
async def test_nothing_is_bound_besides(finished_run: Path, place: Place) -> None:
    """The actions that are tried here are those whose keys really work on the screen."""
    async with visiting(place, finished_run) as visitor:
        active = {active.binding.id for active in visitor.home.active_bindings.values()}
        assert {action.id for action in place.actions} == active & set(registry())


def test_every_action_is_on_a_screen() -> None:
    """No action is left out here."""
    tried = {action.id for place in PLACES for action in place.actions}
    assert not set(registry()) - tried
