"""The Runs screen in the real app: what is found, how it stands, and everything that can be done to
a run from there.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.campaign_status import Phase
from enchanted_tui.config.loading import load_config
from enchanted_tui.operations import actions
from enchanted_tui.operations.in_thread import CampaignThread
from enchanted_tui.ui import remembered
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.screens.runs import RunsScreen
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.widgets.dialog import Dialog
from enchanted_tui.views.known_runs import is_run
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign, until, write_config
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop

HOW = pytest.mark.parametrize("how", ["key", *in_full("palette")])


@pytest.fixture
def runs(finished_run: Path, tmp_path: Path) -> Path:
    """A directory with three runs: one all of whose samples have succeeded and two copies of one
    with failures.
    """
    top = tmp_path / "runs"
    shutil.copytree(finished_run, top / "beta")
    shutil.copytree(finished_run, top / "deep" / "gamma")
    run_campaign(top, "alpha", function="slow", budget=2, batch_size=2)
    for name in ("alpha.yaml", "code_under_test.py"):
        (top / name).unlink()
    return top


@asynccontextmanager
async def looking(
    top: Path, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Watcher]:
    """Show the runs below a directory."""
    settings = Settings(Preferences(roots=[str(top)]))
    app = EnchantedApp(settings=settings, **options)
    app.home = top.parent / "home"  # nothing else is searched
    async with app.run_test(size=size, notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await until(lambda: isinstance(app.screen, RunsScreen), pilot.pause)
        await watcher.sees("alpha", "beta", "gamma")
        await until(lambda: "unread" not in watcher.text, pilot.pause)
        yield watcher


@asynccontextmanager
async def under_way(top: Path) -> AsyncIterator[CampaignThread]:
    """Run the campaign "busy", aborted in the end; it has begun when this returns, since the screen
    searches for runs only now and then.
    """
    campaign = CampaignThread(
        actions.start(load_config(write_config(top, "busy", function="slow", budget=400)))
    )
    campaign.start()
    try:
        await until(lambda: is_run(top / "busy"))
        yield campaign
    finally:
        campaign.request("abort")
        assert campaign.wait(30)


async def go_to(watcher: Watcher, name: str) -> None:
    """Put the cursor on a run."""
    table = watcher.screen.table
    [row] = [number for number, root in enumerate(table.rows) if root.name == name]
    table.move_to(row)
    await watcher.pilot.pause()


async def act(watcher: Watcher, how: str, key: str, name: str) -> None:
    await (watcher.press(key) if how == "key" else watcher.command(name))


def order(watcher: Watcher) -> list[str]:
    return [root.name for root in watcher.screen.table.rows]


@SIZES
@in_loop
async def test_how_it_looks(runs: Path, size: tuple[int, int]) -> None:
    """Protects the layout, and that state, progress and success are there at a glance."""
    async with looking(runs, size) as watcher:
        await watcher.press("o")  # by name
        await go_to(watcher, "beta")
        await watcher.pilot.pause(0.3)
        hide = {re.escape(str(runs.parent)) + r"\S*": "/scratch/runs", r"/tmp/\S*": "/scratch/runs"}
        hide["[▁▂▃▄▅▆▇█]{20}"] = "▁" * 20  # when results came depends on the machine
        assert_screen(watcher.app, f"runs_{size[0]}x{size[1]}", hide=hide)


@pytest.mark.parametrize("how", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_open(runs: Path, how: str) -> None:
    """Enter, a double click or the palette open the campaign under the cursor."""
    async with looking(runs) as watcher:
        if how == "mouse":
            await watcher.click("beta", times=2)
        else:
            await go_to(watcher, "beta")
            await act(watcher, how, "enter", "Runs: Open")
        await watcher.until(lambda: watcher.app.current_mode == "monitor")
        assert watcher.app.root == runs / "beta"
        assert remembered.read().last_run == str(runs / "beta")


@HOW
@in_loop
async def test_filter(runs: Path, how: str) -> None:
    """Words narrow the list; Escape gives all of it back."""
    async with looking(runs) as watcher:
        await act(watcher, how, "slash", "Runs: Filter")
        await watcher.until(
            lambda: watcher.screen.focused is not None and watcher.screen.focused.id == "filter"
        )
        await watcher.press(*"gam")
        await watcher.until(lambda: order(watcher) == ["gamma"])
        await watcher.press("enter")
        await act(watcher, how, "escape", "Runs: Back")
        await watcher.until(lambda: len(order(watcher)) == 3)


@pytest.mark.parametrize("how", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_sort(runs: Path, how: str) -> None:
    """Sorted by last change at first; then by name, in either direction."""
    async with looking(runs) as watcher:
        if how == "mouse":
            await watcher.click("RUN DIRECTORY")
        else:
            await act(watcher, how, "o", "Runs: Sort")
        await watcher.until(lambda: order(watcher) == ["alpha", "beta", "gamma"])
        if how == "mouse":
            await watcher.click("RUN DIRECTORY")
            await watcher.until(lambda: order(watcher) == ["gamma", "beta", "alpha"])


@pytest.mark.parametrize(
    ("key", "name", "mode"),
    [("r", "Campaign: Resume…", "resume"), ("x", "Campaign: Extend…", "extend")],
)
@HOW
@in_loop
async def test_resume_and_extend(runs: Path, how: str, key: str, name: str, mode: str) -> None:
    """Both go through the launch dialog, for the run under the cursor."""
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        await act(watcher, how, key, name)
        await watcher.until(lambda: isinstance(watcher.screen, LaunchScreen))
        command = "enchanted-tui" if mode == "resume" else "--run-mode extend"
        await watcher.sees("beta", command, "--no-ui")


@HOW
@in_loop
async def test_retry(runs: Path, how: str) -> None:
    """The failed samples again: says how many, and what becomes of their rows."""
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        await act(watcher, how, "R", "Campaign: Retry failed…")
        await watcher.sees("failed tasks run again", "--retry-failed")


@HOW
@in_loop
async def test_copy(runs: Path, how: str) -> None:
    """The path, for a shell."""
    async with looking(runs) as watcher:
        await go_to(watcher, "gamma")
        await act(watcher, how, "y", "Runs: Copy path")
        await watcher.until(lambda: watcher.app.clipboard == str(runs / "deep" / "gamma"))


@HOW
@in_loop
async def test_remove_and_undo(runs: Path, how: str) -> None:
    """Removing moves aside and can be undone; Enter in the dialog never does it."""
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        await act(watcher, how, "D", "Runs: Remove…")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        await watcher.press("enter")
        await watcher.until(lambda: not watcher.screen.is_modal)
        assert (runs / "beta").is_dir()

        await act(watcher, how, "D", "Runs: Remove…")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        await watcher.press("m")
        await watcher.until(lambda: order(watcher).count("beta") == 0)
        assert not (runs / "beta").exists()
        assert [path for path in runs.iterdir() if path.name.startswith(".beta") and is_run(path)]

        await act(watcher, how, "u", "Runs: Undo")
        await watcher.until(lambda: "beta" in order(watcher))
        assert (runs / "beta" / "enchanted_dataset.csv").exists()


@in_loop
async def test_delete_for_good(runs: Path) -> None:
    """Mass deletion asks for the directory's name, says what it deletes, and leaves what no
    campaign created.
    """
    (runs / "beta" / "notes.txt").write_text("mine")
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        await watcher.command("Runs: Delete for good")
        await watcher.sees("60 run directories of tasks", "left in place", "notes.txt")
        await watcher.press("tab", "tab", "enter")
        await watcher.pilot.pause()
        assert (runs / "beta" / "state" / "journal.jsonl").exists()
        if not watcher.screen.is_modal:
            await watcher.command("Runs: Delete for good")
            await watcher.sees("notes.txt")
        watcher.screen.query_one("#typed").value = "beta"
        await watcher.until(lambda: not watcher.screen.query_one("#delete").disabled)
        await watcher.click("Delete for good")
        await watcher.until(lambda: "beta" not in order(watcher))
    assert [path.name for path in (runs / "beta").iterdir()] == ["notes.txt"]


@in_loop
async def test_removing_what_runs_is_refused(runs: Path, tmp_path: Path) -> None:
    """A run whose supervisor is at work can be neither moved aside nor deleted."""
    async with under_way(runs), looking(runs) as watcher:
        await watcher.sees("running")
        await go_to(watcher, "busy")
        await watcher.press("D")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        await watcher.press("m")
        await watcher.is_told("is in use by a supervisor")
        assert (runs / "busy").is_dir()


@pytest.mark.parametrize("how", ["key", *in_full("palette")])
@in_loop
async def test_steering_from_the_list(runs: Path, how: str) -> None:
    """Pause, continue and stop act on the run under the cursor, whoever runs it."""
    async with under_way(runs) as campaign, looking(runs) as watcher:
        await watcher.until(lambda: "busy" in order(watcher))
        await go_to(watcher, "busy")
        await act(watcher, how, "p", "Campaign: Pause")
        await watcher.sees("paused")
        await act(watcher, how, "p", "Campaign: Pause")
        await watcher.lacks("paused")
        await act(watcher, how, "S", "Campaign: Stop…")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        await watcher.press("d")
        await watcher.sees("stopped")
        assert (
            campaign.wait(30)
            and campaign.outcome is not None
            and campaign.outcome.reason == "drained"
        )


@in_loop
async def test_abort_from_the_palette(runs: Path) -> None:
    """Abort has no key but what a person gives it: it asks, and a campaign ends at once without
    what it was running.
    """
    async with under_way(runs) as campaign, looking(runs) as watcher:
        await watcher.until(lambda: "busy" in order(watcher))
        await go_to(watcher, "busy")
        await watcher.command("Campaign: Abort")
        await watcher.until(lambda: isinstance(watcher.screen, Dialog))
        assert campaign.alive
        await watcher.press("a")
        await watcher.sees("stopped")
        assert (
            campaign.wait(30)
            and campaign.outcome is not None
            and campaign.outcome.reason == "aborted"
        )


@HOW
@in_loop
async def test_add(runs: Path, finished_run: Path, how: str) -> None:
    """A run anywhere can be made known by its path, and stays known."""
    async with looking(runs) as watcher:
        await act(watcher, how, "a", "Runs: Add…")
        await watcher.type("/no/such/place")
        await watcher.sees("there is no such directory")
        await watcher.type(str(finished_run.parent))
        await watcher.sees("finished_run")
    assert str(finished_run) in remembered.read().recent


@HOW
@in_loop
async def test_look_again(runs: Path, finished_run: Path, how: str) -> None:
    """A run that has appeared below a root is found at once when asked for."""
    async with looking(runs) as watcher:
        shutil.copytree(finished_run, runs / "delta")
        await act(watcher, how, "f5", "Runs: Look again")
        await watcher.sees("delta")


@HOW
@in_loop
async def test_new_and_edit(runs: Path, how: str) -> None:
    """Both lead to the editor: a template, or the configuration that the run has."""
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        await act(watcher, how, "e", "Campaign: Edit config")
        await watcher.until(lambda: watcher.app.current_mode == "config")
        await watcher.sees("finished_run.yaml")
        await watcher.app.switch_mode("runs")
        await act(watcher, how, "n", "Runs: New")
        await watcher.until(
            lambda: watcher.app.current_mode == "config" and watcher.screen.is_modal
        )


@in_loop
async def test_rebuild(runs: Path) -> None:
    """Files are written anew from the record, after a word on what is lost by it."""
    (runs / "beta" / "enchanted_dataset.csv").unlink()
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        await watcher.command("Campaign: Rebuild files…")
        await watcher.sees("edited by hand", "--rebuild")
        await watcher.press("tab", "enter")
        await watcher.sees("Written anew")
    assert (runs / "beta" / "enchanted_dataset.csv").exists()


@in_loop
async def test_older_program(runs: Path) -> None:
    """A directory of the older program is listed as such, can be opened, and is not changed by
    that.
    """
    shutil.copytree(runs / "beta", runs / "elderly")
    shutil.rmtree(runs / "elderly" / "state")  # what remains is what the older program writes
    before = sorted(os.listdir(runs / "elderly"))
    async with looking(runs) as watcher:
        await watcher.sees("older  ")
        await go_to(watcher, "elderly")
        await watcher.press("enter")
        await watcher.until(lambda: watcher.app.view is not None and watcher.app.view.older)
    assert sorted(os.listdir(runs / "elderly")) == before


@in_loop
async def test_dead_supervisor_is_not_called_running(runs: Path) -> None:
    """The word comes from lock and heartbeat: a journal without an end and a lock of a dead process
    are a stopped campaign.
    """
    root = runs / "beta"
    journal = root / "state" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:30]))
    async with looking(runs) as watcher:
        await go_to(watcher, "beta")
        assert watcher.screen.entry.phase is Phase.STOPPED
        await watcher.sees("stopped")


def test_hundred_runs_are_listed_at_once(finished_run: Path, tmp_path: Path) -> None:
    """The first list does not wait for a hundred journals to be read."""
    top = tmp_path / "many"
    for number in range(100):
        (top / f"run{number:03d}" / "state").mkdir(parents=True)
        shutil.copy(finished_run / "state/journal.jsonl", top / f"run{number:03d}/state")
    from enchanted_tui.views.known_runs import RunCatalogue, runs_below

    catalogue = RunCatalogue()
    began = time.monotonic()
    entries = catalogue.find(list(runs_below(top)), (), budget=0.2)
    assert len(entries) == 100
    assert time.monotonic() - began < 5  # most of them unread yet; on any machine
    catalogue.close()
