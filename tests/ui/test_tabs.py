"""Several runs open: each keeps what was chosen in it, whatever is visited in whichever order, and
all of them are there again at the next start.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Click

from enchanted_tui.ui import remembered
from enchanted_tui.ui.app import MODE_NAMES
from enchanted_tui.ui.campaign_screen import CampaignScreen
from enchanted_tui.ui.editor.dialogs import PathDialog
from enchanted_tui.ui.open_runs import MOST
from enchanted_tui.ui.screens.action_menu import ActionMenu
from enchanted_tui.ui.screens.file import FileScreen
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.plots import PlotsScreen
from enchanted_tui.ui.screens.results import ResultsScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.widgets.chooser import Chooser
from enchanted_tui.ui.widgets.clicks import RIGHT
from enchanted_tui.ui.widgets.dialog import Choice, Dialog
from enchanted_tui.ui.widgets.tab_bar import TabBar
from helpers.marks import in_full, rounds
from helpers.ui.campaigns import run_campaign, until
from helpers.ui.circuit import circuit
from helpers.ui.random_input import WatchedApp
from helpers.ui.snapshots import assert_screen
from helpers.ui.watching import Watcher, in_loop

RUNS = ("usual", "other")


@pytest.fixture(scope="module")
def runs(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two real runs: one a fifth of whose samples have failed, and one with other columns, no
    failures and fewer samples.
    """
    home = tmp_path_factory.mktemp("tabs")
    usual = shutil.copytree(finished_run, home / "usual")
    other = run_campaign(home / "work", "other", function="tidy", budget=7, batch_size=7)
    return {"usual": usual, "other": other}


@asynccontextmanager
async def app_with(
    *roots: Path, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Watcher]:
    """Open the app as somebody does who names nothing, with these runs in tabs."""
    app = WatchedApp(**options)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: app.screen.is_mounted and app.current_mode in MODE_NAMES, pilot.pause)
        watcher = Watcher(app, pilot)
        for root in roots:
            app.open_run(root)
            await is_read(watcher)
        yield watcher
        assert not app.defects, app.defects[0]


async def is_read(watcher: Watcher) -> None:
    """Wait until the run that is shown has been read."""
    app = watcher.app
    await watcher.until(lambda: app.view is not None and app.view.reading == 1)


# -- what is seen of a screen, however it is kept --------------------------------------------------


def monitor(screen: Any) -> object:
    tasks, batches = screen.tasks, screen.query_one("#batches")
    return (
        screen.pane.id, tasks.status, tasks.order, tasks.text, _row_in(tasks), _row_in(batches),
    )  # fmt: skip


def _row_in(pane: Any) -> object:
    """Give what is under the cursor of a pane that can be seen: no other is kept up to date."""
    return pane.table.cursor if pane.display and pane.parent.display else None


def failures(screen: Any) -> object:
    return (
        tuple(screen.groups.rows),
        screen.groups.cursor,
        screen._newest_first,
        screen.has_class("-tasks"),
        screen.tasks.cursor if screen.has_class("-tasks") else None,
    )


def results(screen: Any) -> object:
    return (
        screen._shown, screen._drawn.x, screen._drawn.y, screen._drawn.log_x, screen.table.sort,
        screen.table.cursor if screen._shown == "table" else None, len(screen.results),
    )  # fmt: skip


def log(screen: Any) -> object:
    page = screen.log_view.page
    return (
        page and page.path, page and page.follow, screen._level, screen._pattern, screen._wrap,
        page and page.top,
    )  # fmt: skip


def task(screen: Any) -> object:
    return screen.shown_task, screen._part, screen._shown


def plots(screen: Any) -> object:
    return screen.wanted, screen.condition, screen.first, screen.plot.kept_member


def file(screen: Any) -> object:
    page = screen.log_view.page
    return (screen.path, screen.what_is_chosen(), page and page.follow, page and page.top)


#: What can lie over a screen: what is seen of it, and what somebody does there.
OVER: dict[type[Any], tuple[Callable[[Any], object], tuple[tuple[str, ...], ...]]] = {
    TaskScreen: (task, (("escape",), ("f",), ("v",))),
    PlotsScreen: (plots, (("escape",), ("d", "right"), ("t", "down"), ("n", "L"))),
    FileScreen: (file, (("escape",), ("home",), ("v",), ("end",))),
}
SEEN: dict[str, Callable[[Any], object]] = {
    "monitor": monitor, "failures": failures, "results": results, "log": log,
}  # fmt: skip
#: What somebody does on each screen: keys that change what it shows, whatever was done before.
DONE: dict[str, tuple[tuple[str, ...], ...]] = {
    "monitor": (
        ("b", "end"), ("t", "end", "up"), ("t", "s"), ("t", "o"), ("t", "slash", "7", "enter"),
        ("f", "down"), ("escape", "escape"), ("t", "enter"), ("f", "enter"),
    ),
    "failures": (("end",), ("s",), ("enter", "end"), ("escape",)),
    "results": (("s", "right"), ("s", "up"), ("t", "end", "up"), ("d", "L"), ("u",), ("b",), ("P", "down")),
    "log": (("v",), ("w",), ("home",), ("end",), ("slash", "o", "n", "enter")),
}  # fmt: skip


class Walk:
    """Somebody who goes from screen to screen and from run to run, and remembers what was left
    where.
    """

    def __init__(self, watcher: Watcher, runs: dict[str, Path], chance: random.Random) -> None:
        self.watcher, self.runs, self.chance = watcher, runs, chance
        self.left: dict[tuple[str, str], object] = {}
        #: over screens: of which class, and how it looked
        self.lay_over: dict[tuple[str, str], tuple[type[Any], object]] = {}
        self.story: list[str] = []

    @property
    def run(self) -> str:
        shown = self.watcher.app.root
        return next(name for name, root in self.runs.items() if root == shown)

    @property
    def place(self) -> tuple[str, str]:
        return self.run, self.watcher.app.current_mode

    async def goes(self, name: str, mode: str) -> None:
        """Go to a run, then to a screen, or the other way round."""
        steps = [self._to_run(name), self._to_mode(mode)]
        if self.chance.random() < 0.5:
            steps.reverse()
        for step in steps:
            await step
        # a run that was chosen from a list of runs is shown where it was seen last
        if self.watcher.app.current_mode != mode:
            await self._to_mode(mode)
        await self._looks_as_it_was_left()

    async def _to_run(self, name: str) -> None:
        self.story.append(f"to {name}")
        if self.run != name and self.watcher.app.current_mode == "config":  # keys are text there
            self.watcher.app.action_everywhere_next_tab()
        elif self.run != name:
            await self.watcher.press(self.chance.choice(("less_than_sign", "greater_than_sign")))
        await self.watcher.until(lambda: self.run == name)
        await self.watcher.pilot.pause()

    async def _to_mode(self, mode: str) -> None:
        self.story.append(mode)
        self.watcher.app.show_mode(mode)
        await self.watcher.until(lambda: self.watcher.app.current_mode == mode)
        await self.watcher.pilot.pause()

    async def _looks_as_it_was_left(self) -> None:
        place = self.place
        await is_read(self.watcher)
        if place in self.lay_over:
            await self.comes_to(*self.lay_over[place])
        elif place in self.left:
            await self.comes_to(None, self.left[place])
        if place[1] in SEEN:
            views = [
                screen.view
                for screen in self.watcher.app.screen_stack
                if isinstance(screen, CampaignScreen)
            ]
            assert {view.root for view in views if view} <= {self.runs[place[0]]}, self.story

    async def comes_to(self, over: type[Any] | None, expected: object) -> None:
        """Wait until the screen, or what is to lie over it, shows what was left, which has to be
        read first.
        """
        screen: Any = None

        def is_there() -> bool:
            nonlocal screen
            screen = self.watcher.screen
            if (type(screen) if type(screen) in OVER else None) is not over:
                return False
            return bool(screen.is_mounted) and self.looks(screen) == expected

        try:
            await until(is_there, self.watcher.pilot.pause, 20)
        except AssertionError:
            pytest.fail(f"{self.story}: {expected} was left, {screen} shows {self.looks(screen)}")

    def looks(self, screen: Any) -> object:
        """Give what is seen of a screen."""
        return seen(screen, self.watcher.app.current_mode)

    async def does(self) -> None:
        """Do something on this screen, and remember how it looks then."""
        place = self.place
        if place[1] not in DONE:
            return
        over = type(self.watcher.screen)
        keys = self.chance.choice(OVER[over][1] if over in OVER else DONE[place[1]])
        self.story.append(" ".join(keys))
        await self.watcher.press(*keys)
        await settled(self.watcher)
        if self.place != place:  # Escape may lead elsewhere, where a task lies over the screen too
            return
        screen = self.watcher.screen
        if type(screen) in OVER:
            self.lay_over[place] = type(screen), self.looks(screen)
        else:
            self.lay_over.pop(place, None)
            self.left[place] = self.looks(screen)


def seen(screen: Any, mode: str) -> object:
    """Give what is seen of a screen, in a mode of the app."""
    look = OVER[type(screen)][0] if type(screen) in OVER else SEEN.get(mode)
    return look(screen) if look is not None else None


async def settled(watcher: Watcher) -> None:
    """Wait until what a screen shows does not change any more."""
    before: object = ()
    same = 0
    while same < 4:
        await watcher.pilot.pause(0.03)
        now = seen(watcher.screen, watcher.app.current_mode)
        same = same + 1 if now == before else 0
        before = now


async def walks(runs: dict[str, Path], places: Iterable[tuple[str, str]], seed: int) -> None:
    """Go through places, a run and a screen each, and do something now and then."""
    chance = random.Random(seed)
    async with app_with(*(runs[name] for name in RUNS)) as watcher:
        walk = Walk(watcher, runs, chance)
        for name, mode in places:
            await walk.goes(name, mode)
            if chance.random() < 0.7:
                await walk.does()


def at_random(seed: int, count: int) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    places = list(itertools.product(RUNS, MODE_NAMES))
    return [chance.choice(places) for _ in range(count)]


@pytest.mark.parametrize("seed", [1, *in_full(2, 3, 4)])
@in_loop
async def test_any_order_of_screens_and_runs(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Protects what was chosen in a run - panes, filters, axes, order, cursor, the task that is open
    - against whatever is visited in between, and each run against the choices in the other.
    """
    monkeypatch.chdir(tmp_path)
    await walks(runs, at_random(seed, rounds(15, 30)), seed)


@pytest.mark.full
@in_loop
async def test_every_pair_of_six_screens_and_two_runs(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same from each screen on each run to each other one."""
    monkeypatch.chdir(tmp_path)
    names = [f"{name} {mode}" for name, mode in itertools.product(RUNS, MODE_NAMES)]
    await walks(runs, [tuple(name.split()) for name in circuit(names)], 5)  # type: ignore[misc]


# -- the next start --------------------------------------------------------------------------------


@in_loop
async def test_tabs_are_there_again_at_the_next_start(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a person's place: the same runs, the same one shown, and in each what was chosen; a
    run that has gone is left out.
    """
    monkeypatch.chdir(tmp_path)
    gone = tmp_path / "gone"
    shutil.copytree(runs["other"], gone)
    async with app_with(runs["usual"], gone, runs["other"]) as watcher:
        await watcher.app.switch_mode("results")
        await watcher.until(lambda: watcher.screen.table.row_count)
        await watcher.press("s", "right")
        await settled(watcher)
        other = results(watcher.screen)
        await watcher.press("greater_than_sign")  # to the first
        await watcher.until(lambda: watcher.app.root == runs["usual"])
        await watcher.press("3")
        await watcher.until(lambda: watcher.app.current_mode == "monitor")
        await watcher.press("s", "s", "s")
        await watcher.until(lambda: watcher.screen.tasks.status == "failed")
        await watcher.press("down", "down")
        await settled(watcher)
        usual = monitor(watcher.screen)
    shutil.rmtree(gone)
    async with app_with() as watcher:
        assert [run.root for run in watcher.app.runs] == [runs["usual"], runs["other"]]
        assert watcher.app.root == runs["usual"] and watcher.app.current_mode == "monitor"
        await watcher.until(lambda: monitor(watcher.screen) == usual)
        await watcher.press("greater_than_sign", "5")
        await watcher.until(lambda: watcher.app.current_mode == "results")
        await watcher.until(lambda: results(watcher.screen) == other)


@in_loop
async def test_plots_and_files_are_there_again(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects what lies over a screen - a plot with its columns and cursor, a file with the place
    in it - when another run is shown meanwhile and at the next start; not once it has been left.
    """
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["other"], runs["usual"]) as watcher:
        app = watcher.app
        await app.switch_mode("results")
        await watcher.until(lambda: len(watcher.screen.results) == 60)
        await watcher.press("P", "d")
        await watcher.until(lambda: len(watcher.screen.results) == 60)
        await watcher.press("right_curly_bracket", "down", "down")
        await settled(watcher)
        plot = plots(watcher.screen)
        assert watcher.screen.plot.kept_member is not None
        await watcher.press("3", "f", "enter")
        await watcher.until(lambda: isinstance(watcher.screen, FileScreen))
        await settled(watcher)
        await watcher.press("home", "w")
        await settled(watcher)
        text = file(watcher.screen)
        await watcher.press("greater_than_sign")
        await watcher.until(lambda: isinstance(watcher.screen, MonitorScreen))
        await watcher.press("5")
        await watcher.until(lambda: isinstance(watcher.screen, ResultsScreen))
        await watcher.press("less_than_sign")
        await _comes_to(watcher, PlotsScreen, plot)
        await watcher.press("3")
        await _comes_to(watcher, FileScreen, text)
    async with app_with() as watcher:
        await _comes_to(watcher, FileScreen, text)
        await watcher.press("escape", "5")
        await _comes_to(watcher, PlotsScreen, plot)
        await watcher.press("escape", "greater_than_sign", "less_than_sign")
        await watcher.until(lambda: watcher.app.root == runs["usual"])
        await settled(watcher)
        assert isinstance(watcher.screen, ResultsScreen)
        await watcher.press("3")
        await settled(watcher)
        assert isinstance(watcher.screen, MonitorScreen)


async def _comes_to(watcher: Watcher, screen: type[Any], expected: object) -> None:
    """Wait until a screen is on top, and looks as expected."""
    look = OVER[screen][0]
    await watcher.until(
        lambda: (
            type(watcher.screen) is screen
            and watcher.screen.is_mounted
            and look(watcher.screen) == expected
        )
    )


@pytest.mark.parametrize(
    "tabs",
    [
        *in_full(
            [{"root": 1}, "x", None, {}],
            [{"root": "ROOT", "mode": 3, "choices": [1], "tasks": "x"}],
        ),
        [
            *({"root": 1}, "x", None, {}),
            {
                "root": "ROOT",
                "mode": "nowhere",
                "choices": {
                    "monitor": {"pane": "none", "rows": {"tasks": [1]}, "tasks": {"status": "odd"}},
                    "results": {"view": 1, "chart": {"x": 3, "log_x": "yes"}, "sort": [1, 2, 3]},
                    "log": {"pattern": "(", "file": "../../etc/passwd", "place": "x", "level": 99},
                    "failures": {"words": 4, "group": {}},
                },
                "over": {
                    "monitor": {
                        "task": {"task": "d9_b9_s9_r9", "part": "x", "shown": 1},
                        "file": {"path": "../../etc/passwd", "place": "x", "level": {}},
                    },
                    "failures": {"odd": {}, "file": {"path": 3, "place": -9}, "task": 7},
                    "results": {
                        "plots": {
                            "plot": {"kind": "odd", "x": 3, "columns": [1], "grain": "x"},
                            "condition": "(",
                            "first": -1,
                            "cursor": 10**9,
                        }
                    },
                    "log": 4,
                },
            },
        ],
    ],
    ids=["no runs", "no choices", "odd runs and choices"],
)
@in_loop
async def test_what_is_remembered_may_be_of_any_version(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tabs: list[Any]
) -> None:
    """Protects the start against a file that another version, or somebody by hand, has written."""
    monkeypatch.chdir(tmp_path)
    root = str(runs["usual"])
    text = json.dumps(tabs).replace("ROOT", root)
    remembered.update(tabs=json.loads(text), last_run=root, mode="monitor")
    async with app_with() as watcher:
        assert watcher.app.root == runs["usual"]
        await is_read(watcher)
        for mode in ("monitor", "failures", "results", "log"):
            await watcher.app.switch_mode(mode)
            await settled(watcher)
            await watcher.press("escape")


@in_loop
async def test_a_short_look_at_one_run_forgets_no_tabs(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the tabs of yesterday from an app that was started for a single run directory."""
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["usual"], runs["other"]):
        pass
    app = WatchedApp(runs["usual"])
    async with app.run_test() as pilot:
        await until(lambda: app.view is not None, pilot.pause)
        assert [run.root for run in app.runs] == [runs["usual"]]
    tabs = [tab["root"] for tab in remembered.read().tabs]
    assert tabs == [str(runs["usual"]), str(runs["other"])]


# -- ways ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["key", "mouse", *in_full("palette", "list")])
@in_loop
async def test_switching(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A key, a click on a tab, the palette and a list lead to another run, on the same screen."""
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["usual"], runs["other"]) as watcher:
        await watcher.app.switch_mode("results")
        await watcher.sees("other", "usual")
        if how == "key":
            await watcher.press("less_than_sign")
        elif how == "mouse":
            bar = watcher.screen.query_one(TabBar)
            await watcher.pilot.hover(TabBar, offset=(4, 0))
            assert str(bar.tooltip).splitlines() == [str(runs["usual"]), "finished, 100%"]
            await watcher.click("usual")
        elif how == "palette":
            await watcher.command("Everywhere: Previous run")
        else:
            await watcher.press("O", "up", "enter")
        await watcher.until(lambda: watcher.app.root == runs["usual"])
        assert watcher.app.current_mode == "results"
        await watcher.until(lambda: len(watcher.screen.results) == 60)
        assert remembered.read().last_run == str(runs["usual"])


@in_loop
async def test_the_menu_of_a_tab_is_about_its_run(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the run that one means: a click with the right button on a tab offers what can be
    done with that one, though another is shown; beside the tabs, what is about none.
    """
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["usual"], runs["other"]) as watcher:
        await watcher.app.switch_mode("monitor")
        await watcher.sees("other", "usual")
        bar = watcher.screen.query_one(TabBar)

        async def menu_at(column: int) -> list[str]:
            await watcher.pilot.click(TabBar, offset=(column, 0), button=RIGHT)
            await watcher.until(lambda: isinstance(watcher.screen, ActionMenu))
            await watcher.pilot.pause()
            return [str(option.id) for option in watcher.screen.listed.options]

        assert "close" not in await menu_at(70)
        await watcher.press("escape")
        await watcher.until(lambda: not watcher.screen.is_modal)
        assert await menu_at(bar.spot("app.show_tab(0)") + 1) == [
            *("show", "close", "others", "path"),
            *("everywhere.tabs", "everywhere.next_tab", "everywhere.previous_tab"),
        ]
        await watcher.sees(f"Have all screens show {runs['usual']}"[:40])
        await watcher.press("enter")
        await watcher.until(lambda: watcher.app.root == runs["usual"])
        await menu_at(bar.spot("app.show_tab(1)") + 1)
        await watcher.click("Close the others")
        await watcher.until(lambda: [run.root for run in watcher.app.runs] == [runs["other"]])
        assert watcher.app.root == runs["other"] and all(root.is_dir() for root in runs.values())


@in_loop
async def test_letters_right_after_a_choice_choose_nothing_else(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a choice from what is typed before the list has gone: it ended the app where nothing
    was left of the list, and another line was taken where something was.
    """
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["other"], runs["usual"]) as watcher:
        for chosen, typed in (("other", "no such run"), ("usual", "other")):
            await watcher.press("O")
            await watcher.until(lambda: isinstance(watcher.screen, Chooser))
            await watcher.pilot.pause()
            options = watcher.screen.options
            options.highlighted = [run.root for run in watcher.app.runs].index(runs[chosen])
            options.action_select()
            options.find(typed)
            await watcher.until(lambda chosen=chosen: watcher.app.root == runs[chosen])  # type: ignore[misc]


@in_loop
async def test_a_key_before_its_dialog_is_put_together_waits(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever types fast: Escape that comes as soon as a list opens closes it; it ended the
    app.
    """
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["other"], runs["usual"]) as watcher:
        app, below = watcher.app, watcher.screen
        dialog = Chooser("Open runs", ["one", "two"], 0)
        app.open_over(below, dialog)
        assert not dialog.is_mounted
        assert await app.run_action("cancel", dialog)
        await watcher.until(lambda: dialog.has_left and app.screen is below)


@pytest.mark.parametrize("how", ["mouse", *in_full("key", "palette")])
@in_loop
async def test_closing(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A key, a click on the cross of a tab, and the palette close a run; the other one is shown,
    and after the last one the list of runs. Nothing happens to the run directories.
    """
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["usual"], runs["other"]) as watcher:
        await watcher.app.switch_mode("monitor")
        await watcher.sees("other", "usual")
        for left in ("usual", ""):
            if how == "key" or not left:  # a single tab has no bar
                await watcher.press("X")
            elif how == "mouse":
                bar = watcher.screen.query_one(TabBar)
                await watcher.pilot.click(bar, offset=(bar.spot("app.close_tab(1)") + 1, 0))
            else:
                await watcher.command("Everywhere: Close run")
            await watcher.until(
                lambda left=left: (watcher.app.root.name if watcher.app.root else "") == left  # type: ignore[misc]
            )
        await watcher.until(lambda: watcher.app.current_mode == "runs")
        assert not watcher.app.runs and all(root.is_dir() for root in runs.values())
        await watcher.press("greater_than_sign")
        await watcher.is_told("No other run is open")
        await watcher.press("X")
        await watcher.is_told("No run is open.")


@in_loop
async def test_a_dialog_is_asked_about_the_run_it_was_opened_for(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a decision: while a dialog is open, no key shows another run behind it."""
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["usual"], runs["other"]) as watcher:
        await watcher.app.switch_mode("monitor")
        await watcher.command("Campaign: Rebuild files")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        await watcher.press("greater_than_sign", "X", "O")
        watcher.app.action_everywhere_next_tab()
        watcher.app.action_close_tab(0)
        assert watcher.app.root == runs["other"] and len(watcher.app.runs) == 2


@in_loop
async def test_no_more_runs_than_can_be_followed(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects memory: where too many runs are open, the one not looked at for longest is closed,
    and it is said. All tabs that fit are on the bar, the one that is shown among them.
    """
    monkeypatch.chdir(tmp_path)
    roots = []
    for number in range(MOST + 1):
        roots.append(tmp_path / f"campaign_number_{number}")
        shutil.copytree(runs["other"], roots[-1])
    async with app_with(*roots) as watcher:
        await watcher.is_told("campaign_number_0 was closed")
        await watcher.app.switch_mode("monitor")
        assert [run.root for run in watcher.app.runs] == roots[1:]
        for _ in range(MOST):
            bar = watcher.screen.query_one(TabBar)
            await watcher.until(lambda bar=bar: f"_{watcher.app.root.name[-1]}" in bar.text)  # type: ignore[misc]
            assert len(bar.text) <= 80
            await watcher.press("greater_than_sign")


@in_loop
async def test_how_it_looks(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the bar of tabs: which run is shown, how each stands, and where to click."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(Preferences(roots=[]))
    async with app_with(runs["usual"], runs["other"], settings=settings) as watcher:
        await watcher.app.switch_mode("failures")
        await watcher.sees("Nothing has failed.")
        await watcher.settles()
        assert_screen(watcher.app, "tabs_80x24")


@in_loop
async def test_what_comes_for_a_screen_that_goes_is_dropped(
    runs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects whoever types and clicks fast: a key for a file that has just been closed, a dialog
    that is taken away before it is put together, and a click where the terminal was larger ended
    the app.
    """
    monkeypatch.chdir(tmp_path)
    async with app_with(runs["other"], runs["usual"]) as watcher:
        app, below = watcher.app, watcher.screen
        file = FileScreen(runs["usual"] / "enchanted_dataset.csv")
        app.open_over(below, file)
        await watcher.until(lambda: file.is_mounted)
        file.dismiss()
        await watcher.until(lambda: app.screen is below and not file.children)
        assert await app.run_action("task_back", file)

        dialog = Dialog("Really?", "It is asked.", [Choice("stay", "Stay")])
        app.open_over(below, dialog)
        await watcher.until(lambda: dialog.is_mounted)
        await watcher.pilot.resize_terminal(60, 15)
        outside = Click(None, 62, 0, 0, 0, 1, False, False, False, screen_x=74, screen_y=31)
        dialog.post_message(outside)
        await watcher.pilot.pause()
        assert app.screen is dialog

        app.open_over(dialog, PathDialog("Open", tmp_path))
        app.exit()
