"""All known runs at once: what the list shows of those that go on, what is told of them wherever one
is, and what can be done to several.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from enchanted_tui.campaign_status import Phase
from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.operations.in_thread import CampaignThread
from enchanted_tui.storage.labels import read_labels
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.ui import remembered
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.screens.runs import RunsScreen
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.telling import notice
from enchanted_tui.ui.widgets.dialog import Dialog
from enchanted_tui.views.known_runs import RunCatalogue, RunEntry, is_run
from enchanted_tui.views.run_alerts import Event, RunAlerts
from helpers.marks import in_full
from helpers.ui.campaign_watch import ended_afterwards, status
from helpers.ui.campaigns import write_config
from helpers.ui.terminal import Terminal
from helpers.ui.watching import Watcher, in_loop


@contextmanager
def at_work(directory: Path, name: str, function: str = "slow") -> Iterator[CampaignThread]:
    """Run a campaign, aborted in the end; it has begun when this returns."""
    config = load_config(
        write_config(directory, name, function=function, budget=400, batch_size=50)
    )
    campaign = CampaignThread(actions.start(config))
    campaign.start()
    try:
        deadline = time.monotonic() + 60
        while not is_run(directory / name) or (status(directory / name) is None):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield campaign
    finally:
        campaign.request("abort")
        assert campaign.wait(30)


async def lists(app: EnchantedApp, watcher: Watcher, *names: str) -> None:
    """Wait until the list has these runs."""
    await watcher.until(lambda: isinstance(app.screen, RunsScreen))
    await watcher.until(
        lambda: {entry.name for entry in watcher.screen.entries.values()} >= set(names)
    )
    await watcher.until(
        lambda: all(entry.phase is not Phase.UNREAD for entry in watcher.screen.entries.values())
    )


def app_for(top: Path) -> EnchantedApp:
    app = EnchantedApp(settings=Settings(Preferences(roots=[str(top)])))
    app.home = top / "home"  # nothing else is searched
    return app


async def marks(watcher: Watcher, *names: str) -> None:
    """Mark runs."""
    table = watcher.screen.table
    for name in names:
        table.move_to(next(row for row, root in enumerate(table.rows) if root.name == name))
        await watcher.press("space")
    await watcher.sees(f"{len(names)} marked")


# -- the list --------------------------------------------------------------------------------------


@in_loop
async def test_a_wide_list_shows_how_far_and_how_fast(finished_run: Path, tmp_path: Path) -> None:
    """Protects the dashboard: bar, rate, time left and trend of what runs, failures of what has
    ended; a narrow list has the bar and the failures too.
    """
    shutil.copytree(finished_run, tmp_path / "done")
    app = app_for(tmp_path)
    with at_work(tmp_path, "busy"):
        async with app.run_test(size=(200, 30), notifications=True) as pilot:
            watcher = Watcher(app, pilot)
            await lists(app, watcher, "busy", "done")
            await watcher.sees("PROGRESS", "FAILED", "WHEN", "RATE", "TREND", "TIME LEFT", "TAGS")
            await watcher.sees("/s", " left")

            def line(name: str) -> str:
                return next(text for text in watcher.text.splitlines() if f" {name} " in text)

            assert "100%" in line("done") and " 10 " in line("done") and "ago" in line("done")
            assert "\u2591" in line("busy") and "\u2591" not in line("done")  # of a bar: not done
            await watcher.until(lambda: any(sign in line("busy") for sign in "▂▃▄▅▆▇█"))
            await watcher.pilot.resize_terminal(80, 24)
            await watcher.sees("PROGRESS", "FAILED", "WHEN")
            await watcher.lacks("TREND")


@in_loop
async def test_the_cursor_stays_on_its_run_while_rows_move(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects what a key acts on: a run that changes goes to the top of the list, and the cursor
    stays on the one that it was on.
    """
    for name in ("one", "two", "three"):
        shutil.copytree(finished_run, tmp_path / name)
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await lists(app, watcher, "one", "two", "three")
        assert watcher.screen.entry is not None
        before = watcher.screen.entry.root
        with at_work(tmp_path, "busy"):
            await watcher.press("f5")
            await watcher.until(lambda: watcher.screen.table.rows[0].name == "busy")
            assert watcher.screen.entry.root == before


# -- what is told ----------------------------------------------------------------------------------


@in_loop
async def test_the_end_of_a_campaign_that_nobody_looks_at(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects somebody with several campaigns: wherever they are in the app, they are told that
    one has ended, which need not be open; and once.
    """
    with at_work(tmp_path, "busy") as campaign:
        remembered.update(seen=tmp_path / "busy")
        app = EnchantedApp(finished_run)
        async with app.run_test(notifications=True) as pilot:
            watcher = Watcher(app, pilot)
            await watcher.until(lambda: app.current_mode == "monitor" and app.view is not None)
            app.known_runs.look()
            root = (tmp_path / "busy").resolve()
            await watcher.until(lambda: root in app.known_runs.entries)
            await watcher.until(lambda: app.known_runs.entries[root].phase is Phase.RUNNING)
            campaign.request("abort")
            await watcher.until(lambda: not campaign.alive)
            app.known_runs.look()
            await watcher.until(lambda: titles(app))
            app.known_runs.look()
            await watcher.pilot.pause(0.5)
            assert titles(app) == ["busy has ended"]


def titles(app: EnchantedApp) -> list[str]:
    return [notice.title for notice in app._notifications if notice.title]


@in_loop
async def test_a_campaign_in_a_tab_that_is_not_shown_goes_on_being_followed(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects the bar of tabs: how far a campaign is that runs in the background of the app."""
    with at_work(tmp_path, "busy"):
        app = EnchantedApp(tmp_path / "busy")
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            watcher = Watcher(app, pilot)
            await watcher.until(lambda: app.view is not None)
            busy = app.run_shown
            app.open_run(finished_run)
            await watcher.sees("busy", "finished_run")
            assert busy is not None and busy.entry is not None
            known = busy.entry.done
            await watcher.until(lambda: busy.entry.done > known)
            await watcher.press("less_than_sign")
            await watcher.until(lambda: app.view is not None and app.view.root == busy.place)


def entry(done: int = 0, failed: int = 0, phase: Phase = Phase.RUNNING, **more: object) -> RunEntry:
    found = RunEntry(Path("/runs/one"), phase, done=done, expected=1000, failed=failed)
    return replace(found, succeeded=done - failed, **more)  # type: ignore[arg-type]


def test_what_is_told_of_a_run() -> None:
    """Protects against too much and too little: each thing once while it lasts, nothing of what was
    so when the run was seen first, nothing while nobody knows.
    """

    def told(*entries: RunEntry) -> list[Event]:
        alerts = RunAlerts()
        return [alert.event for one in entries for alert in alerts.look([one])]

    assert told(entry(phase=Phase.FINISHED), entry(phase=Phase.FINISHED)) == []
    assert told(entry(), entry(9, phase=Phase.FINISHED)) == [Event.FINISHED]
    assert told(entry(), entry(phase=Phase.UNKNOWN), entry(phase=Phase.STOPPED)) == [Event.ENDED]
    assert told(entry(silence=90.0), entry(silence=95.0)) == []
    quiet = [entry(silence=90.0), entry(silence=95.0), entry(1), entry(1, silence=80.0)]
    assert told(entry(), *quiet) == [Event.STALLS, Event.STALLS]
    paused = [entry(phase=Phase.PAUSED), entry(phase=Phase.PAUSED, guarded=True)]
    assert told(entry(), *paused, paused[1]) == [Event.PAUSED]
    failing = [entry(10, 10), entry(20, 18), entry(40, 37), entry(60, 38), entry(80, 58)]
    assert told(entry(), *failing) == [Event.FAILS, Event.FAILS]
    assert told(entry(60, 60), entry(70, 65), entry(3, 3)) == []  # some are run again


def test_notices_hold_nothing_that_a_terminal_would_obey() -> None:
    """Protects the terminal from names of directories, and the form of both sequences."""
    assert notice("osc9", "a", "b") == "\x1b]9;a: b\x1b\\"
    assert notice("osc777", "a;\x07b", "c\x1b]0;d") == "\x1b]777;notify;a, b;c ]0;d\x1b\\"
    inside = notice("osc9", "a", "", in_tmux=True)
    assert inside == "\x1bPtmux;\x1b\x1b]9;a\x1b\x1b\\\x1b\\"


def test_a_notice_of_the_desktop(finished_run: Path, own_home: Path, tmp_path: Path) -> None:
    """Protects whoever is in another window: the real app writes the sequence that was chosen, and
    rings.
    """
    settings = own_home / ".config/enchanted-tui/config.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("notices: osc777\nbell: true\n")
    with at_work(tmp_path, "busy"), ended_afterwards(tmp_path / "busy"):
        remembered.update(seen=tmp_path / "busy")
        terminal = Terminal(str(tmp_path / "busy"), cwd=tmp_path, TMUX="")
        try:
            terminal.wait_for("RUNNING")
            actions.steer(tmp_path / "busy", "drain")
            terminal.wait_for("has ended")
            deadline = time.monotonic() + 20
            while b"\x1b]777;notify;busy has ended;" not in terminal.written:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert b"\x07" in terminal.written
        finally:
            terminal.end()


# -- several at once -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["key", *in_full("palette")])
@in_loop
async def test_pausing_and_stopping_several(tmp_path: Path, how: str) -> None:
    """What is marked is paused together, goes on together, and is stopped after one question; what
    is not marked goes on.
    """

    async def act(key: str, name: str) -> None:
        await (watcher.press(key) if how == "key" else watcher.command(name))

    with at_work(tmp_path, "one"), at_work(tmp_path, "two"), at_work(tmp_path, "three"):
        app = app_for(tmp_path)
        async with app.run_test(size=(120, 30), notifications=True) as pilot:
            watcher = Watcher(app, pilot)
            await lists(app, watcher, "one", "two", "three")
            await marks(watcher, "one", "two")

            def phases() -> list[Phase]:
                found = {one.name: one.phase for one in watcher.screen.entries.values()}
                return [found[name] for name in ("one", "two", "three")]

            await act("p", "Campaign: Pause")
            await watcher.until(lambda: phases() == [Phase.PAUSED, Phase.PAUSED, Phase.RUNNING])
            await act("p", "Campaign: Pause")
            await watcher.until(lambda: phases() == [Phase.RUNNING] * 3)
            await act("S", "Campaign: Stop…")
            await watcher.until(lambda: isinstance(watcher.screen, Dialog))
            await watcher.sees("Stop 2 campaigns", "/one", "/two", "Let them run")
            await watcher.press("d")
            await watcher.until(lambda: phases() == [Phase.STOPPED, Phase.STOPPED, Phase.RUNNING])


@in_loop
async def test_resuming_several(tmp_path: Path) -> None:
    """What is marked and has stopped goes on in the background, each in a process of its own; the
    safe answer has the focus.
    """
    for name in ("one", "two"):
        with at_work(tmp_path, name):
            pass
    roots = [tmp_path / "one", tmp_path / "two"]
    app = app_for(tmp_path)
    with ended_afterwards(roots[0]), ended_afterwards(roots[1]):
        async with app.run_test(size=(120, 30), notifications=True) as pilot:
            watcher = Watcher(app, pilot)
            await lists(app, watcher, "one", "two")
            await marks(watcher, "one", "two")
            for answer in ("enter", "r"):
                await watcher.press("r")
                await watcher.until(lambda: isinstance(watcher.screen, Dialog))
                await watcher.sees("Resume 2 campaigns", "--detach")
                await watcher.press(answer)
                await watcher.until(lambda: isinstance(watcher.screen, RunsScreen))
            await watcher.until(
                lambda: all(one.phase is Phase.RUNNING for one in watcher.screen.entries.values())
            )


@in_loop
async def test_removing_several_and_undoing(finished_run: Path, tmp_path: Path) -> None:
    """One question, one undo; one that cannot be moved keeps no other from it."""
    for name in ("one", "two", "three"):
        shutil.copytree(finished_run, tmp_path / name)
    app = app_for(tmp_path)
    with at_work(tmp_path, "busy"):
        async with app.run_test(size=(120, 30), notifications=True) as pilot:
            watcher = Watcher(app, pilot)
            await lists(app, watcher, "one", "two", "three", "busy")
            app.open_run(tmp_path / "one")
            await marks(watcher, "one", "busy", "two")
            await watcher.press("D")
            await watcher.until(lambda: isinstance(watcher.screen, Dialog))
            await watcher.sees("Remove 3 campaigns", "Leave them")
            await watcher.press("m")
            await watcher.is_told("is in use by a supervisor")
            await watcher.until(lambda: len(watcher.screen.entries) == 2)
            assert app.run_shown is None
            assert {path.name for path in tmp_path.iterdir() if is_run(path)} >= {"three", "busy"}
            await watcher.press("u")
            await watcher.until(lambda: len(watcher.screen.entries) == 4)


@pytest.mark.parametrize("how", ["key", *in_full("palette")])
@in_loop
async def test_tags_and_notes(finished_run: Path, tmp_path: Path, how: str) -> None:
    """Several runs get a tag with one answer; it is found by the filter, stays beside the record,
    and the command line takes it away.
    """

    async def act(key: str, name: str) -> None:
        await (watcher.press(key) if how == "key" else watcher.command(name))

    for name in ("one", "two", "three"):
        shutil.copytree(finished_run, tmp_path / name)
    app = app_for(tmp_path)
    async with app.run_test(size=(200, 30), notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await lists(app, watcher, "one", "two", "three")
        await marks(watcher, "one", "two")
        await act("t", "Runs: Tag…")
        await watcher.type("good, thesis")
        await watcher.sees("good thesis")
        await watcher.press("escape")  # no marks
        await act("m", "Runs: Note…")
        await watcher.type("rerun with a finer mesh")
        await watcher.sees("rerun with a finer mesh")
        await watcher.press("slash", *"thesis", "enter")
        await watcher.until(lambda: watcher.screen.table.row_count == 2)
        await watcher.press("escape", "home", "t")
        await watcher.type("-")
        await watcher.is_told("is no tag")
    kept = {name: read_labels(CampaignDirectory(tmp_path / name).labels) for name in ("one", "two")}
    assert [labels.tags for labels in kept.values()] == [("good", "thesis")] * 2
    catalogue = RunCatalogue()
    [found] = catalogue.find([tmp_path / "one"], ())
    catalogue.close()
    assert found.tags == ("good", "thesis")
