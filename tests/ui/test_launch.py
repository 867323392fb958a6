"""Starting campaigns from the app: the dialog says what will happen and how a shell would say it;
then it happens.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.supervisor.supervisor import Supervisor
from enchanted_tui.ui.app import EnchantedApp
from enchanted_tui.ui.launching import Launch
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.screens.quit import QuitDialog
from helpers.marks import in_full
from helpers.ui.campaign_watch import (
    ended_afterwards,
    finished_tasks,
    holder_pid,
    sessions,
    status,
    wait_until,
)
from helpers.ui.campaigns import run_campaign, until, write_config
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "work"
    directory.mkdir()
    with ended_afterwards(directory / "campaign"):
        yield directory


@asynccontextmanager
async def dialog(
    target: Path, mode: str | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Watcher]:
    """Open the dialog for a configuration or run directory and wait until it knows the
    consequences.
    """
    app = EnchantedApp()
    app.home = target.parent
    async with app.run_test(size=size, notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        await until(lambda: app.current_mode == "runs", pilot.pause)
        app.open_launch(target, mode)
        await until(lambda: isinstance(app.screen, LaunchScreen), pilot.pause)
        await watcher.sees("$ enchanted-tui")
        yield watcher
        if app.campaign is not None:
            app.campaign.request("abort")
            await until(lambda: not app.campaign.alive, pilot.pause)


async def reads(watcher: Watcher, *texts: str) -> None:
    """Wait until the dialog says all of these, wherever its lines break."""

    def said() -> str:
        lines = [line.partition("│")[2].rpartition("│")[0] for line in watcher.text.splitlines()]
        return re.sub(r"\s+", "", "".join(lines))

    await watcher.until(lambda: all(re.sub(r"\s+", "", text) in said() for text in texts))


def may_start(watcher: Watcher) -> bool:
    return not watcher.screen.query_one("#start", Button).disabled


@SIZES
@in_loop
async def test_how_it_looks(size: tuple[int, int]) -> None:
    """Protects the layout, the consequences and the command line beside them, also where an earlier
    campaign would be deleted.
    """
    # paths of the same length each time
    with tempfile.TemporaryDirectory(prefix="ui-", dir="/tmp") as short:
        work = Path(short)
        hide = {re.escape(short): "/scratch/run_123456789", r"\d+(\.\d+)? k?B\b": "1 kB     "}
        async with dialog(write_config(work), size=size) as watcher:
            await watcher.until(lambda: may_start(watcher))
            await watcher.sees("? Help")  # the footer below the dialog is painted too
            assert_screen(watcher.app, f"launch_fresh_{size[0]}x{size[1]}", hide=hide)
        run_campaign(work)
        async with dialog(work / "campaign.yaml", size=size) as watcher:
            await watcher.sees("Type campaign to delete it", "? Help")
            assert not may_start(watcher)
            assert watcher.screen.focused.id == "typed"  # Enter deletes nothing by accident
            assert_screen(watcher.app, f"launch_overwrite_{size[0]}x{size[1]}", hide=hide)


@pytest.mark.parametrize("how", ["key", *in_full("mouse")])
@in_loop
async def test_start_in_this_app(work: Path, how: str) -> None:
    """The campaign runs in a thread of this process, is shown at once, and completes."""
    async with dialog(write_config(work)) as watcher:
        await watcher.until(lambda: may_start(watcher))
        assert watcher.screen.focused.id == "start"  # nothing would be lost
        await (watcher.press("enter") if how == "key" else watcher.pilot.click("#start"))
        await watcher.until(lambda: watcher.app.current_mode == "monitor")
        await watcher.sees("FINISHED", "60/60")
    found = status(work / "campaign")
    assert (
        found is not None
        and found.snapshot.end_reason == "completed"
        and found.snapshot.session_pid == os.getpid()
    )


@pytest.mark.full
@in_loop
async def test_what_was_said_before_makes_room(work: Path) -> None:
    """A dialog opens without what was said before it; what is said meanwhile leaves its buttons
    free, and goes with a start.
    """
    async with dialog(write_config(work)) as watcher:
        await watcher.until(lambda: may_start(watcher))
        watcher.app.notify("said meanwhile", timeout=60)
        await watcher.sees("said meanwhile", "Start a campaign", "Cancel     Start")
        await watcher.press("escape")
        await watcher.until(lambda: not watcher.screen.is_modal)
        await watcher.lacks("said meanwhile")  # Escape takes it away
        watcher.app.notify("said between", timeout=60)
        await watcher.sees("said between")
        watcher.app.open_launch(work / "campaign.yaml")
        await watcher.sees("$ enchanted-tui")
        await watcher.lacks("said between")
        watcher.app.notify("campaign has ended", timeout=60)
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("enter")
        await watcher.sees("FINISHED", "60/60")
        assert "campaign has ended" not in [notice.message for notice in watcher.app._notifications]


@in_loop
async def test_start_detached(work: Path) -> None:
    """The campaign runs in a process and session of its own, and is shown all the same."""
    async with dialog(write_config(work, function="slow", budget=40)) as watcher:
        await watcher.until(lambda: may_start(watcher))
        await watcher.click("detached: in a session")
        await watcher.sees("--detach")
        await watcher.until(lambda: may_start(watcher))
        await watcher.pilot.click("#start")
        await watcher.until(lambda: watcher.app.current_mode == "monitor")
        await watcher.sees("RUNNING")
        pid = holder_pid(work / "campaign")
        assert pid is not None and pid != os.getpid() and os.getsid(pid) == pid
        assert watcher.app.campaign is None
        await watcher.press("q")
        await watcher.pilot.pause()
        assert watcher.app.return_value == "quit"  # nothing to ask: it is not ours


@in_loop
async def test_fresh_over_an_earlier_campaign_asks_for_its_name(work: Path) -> None:
    """Says what is deleted; only the directory's name lets it happen; what no campaign created is
    left.
    """
    run_campaign(work)
    (work / "campaign" / "notes.txt").write_text("mine")
    async with dialog(work / "campaign.yaml") as watcher:
        await reads(
            watcher,
            "60 run directories of tasks",
            "notes.txt",
            "--overwrite",
            "Type campaign to delete it",
        )
        typed = watcher.screen.query_one("#typed", Input)
        typed.value = "campain"
        await watcher.pilot.pause()
        assert not may_start(watcher)
        await watcher.press("ctrl+r")  # the key of Start
        await watcher.pilot.pause()
        assert sessions(work / "campaign") == 1
        typed.value = "campaign"
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.until(lambda: watcher.app.current_mode == "monitor")
        await watcher.sees("FINISHED", "60/60")
    assert sessions(work / "campaign") == 1
    assert (work / "campaign" / "notes.txt").read_text() == "mine"


@in_loop
async def test_resume_says_what_is_reused(work: Path) -> None:
    """A resume names what is on record; a larger budget is run to its end, nothing twice."""
    run_campaign(work)
    config = write_config(work, budget=80)
    async with dialog(config, "resume") as watcher:
        await reads(
            watcher, "60 rows are on record and reused", "Samples on record are reused because"
        )
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.sees("FINISHED", "80/80")
    tasks = finished_tasks(work / "campaign")
    assert len(tasks) == len(set(tasks)) == 80


@in_loop
async def test_nothing_to_resume_cannot_be_started(work: Path) -> None:
    """Where there is nothing to go on with, the dialog says so instead of failing later."""
    async with dialog(write_config(work), "resume") as watcher:
        await reads(watcher, "There is nothing to resume")
        assert not may_start(watcher)
        await watcher.press("escape")
        await watcher.until(lambda: not watcher.screen.is_modal)


@in_loop
async def test_changed_configuration_is_refused_with_its_differences(work: Path) -> None:
    """What does not fit the record is listed before anything is started."""
    run_campaign(work)
    path = work / "campaign.yaml"
    path.write_text(path.read_text().replace("[0, 10]", "[0, 11]"))
    async with dialog(path, "resume") as watcher:
        await reads(watcher, "has changed in a way that does not fit", "bounds")
        assert not may_start(watcher)


@in_loop
async def test_located_errors(work: Path) -> None:
    """A configuration with a mistake shows file, line and column."""
    path = write_config(work)
    path.write_text(path.read_text().replace("budget: 60", "budget: many"))
    async with dialog(path) as watcher:
        await reads(watcher, "campaign.yaml:8:")
        assert not may_start(watcher)


@pytest.mark.full
@in_loop
async def test_another_directory(work: Path, tmp_path: Path) -> None:
    """The run directory can be another than the configuration's."""
    async with dialog(write_config(work)) as watcher:
        await watcher.until(lambda: may_start(watcher))
        watcher.screen.query_one("#directory", Input).value = str(tmp_path / "elsewhere")
        await reads(watcher, "--base-run-dir")
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.sees("FINISHED")
    assert (tmp_path / "elsewhere" / "enchanted_dataset.csv").exists()
    assert not (work / "campaign").exists()


@in_loop
async def test_retry_of_some_failed_tasks(work: Path) -> None:
    """Only the chosen tasks run again; the command line names them."""
    run_campaign(work)
    failed = sorted(
        task for task in finished_tasks(work / "campaign") if task in _failed(work / "campaign")
    )[:3]
    from enchanted_tui.executors.base import TaskId

    chosen = tuple(TaskId(*task) for task in failed)
    app = EnchantedApp()
    app.home = work
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        watcher = Watcher(app, pilot)
        app.open_launch(work / "campaign", "retry", only=chosen)
        await reads(
            watcher,
            f"3 of {len(_failed(work / 'campaign'))} failed tasks run again",
            f"--only {chosen[0].name},",
        )
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.until(lambda: app.campaign is not None and not app.campaign.alive)
    tasks = finished_tasks(work / "campaign")
    assert sorted(tasks[60:]) == failed


def _failed(root: Path) -> set[tuple[int, ...]]:
    from enchanted_tui.operations import actions

    return {tuple(task) for task in actions.read_state(root).failed_tasks()}


@pytest.mark.full
@in_loop
async def test_second_campaign_goes_elsewhere(work: Path) -> None:
    """One campaign in an app; the dialog offers to start another one detached."""
    other = write_config(work / "two", "other")
    async with dialog(write_config(work, function="slow", budget=400)) as watcher:
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.sees("RUNNING")
        watcher.app.open_launch(other)
        await watcher.sees("Start a campaign", "--detach")
        assert "in this app" not in watcher.text
        await watcher.press("escape")


@pytest.mark.parametrize("answer", ["g", *in_full("later")])
@in_loop
async def test_a_campaign_that_has_paused_itself_asks(work: Path, answer: str) -> None:
    """Where everything fails the person is asked, sees why, and decides; what has failed by then
    does not have it pause again.
    """
    path = write_config(work, function="hopeless", budget=40, batch_size=40)
    path.write_text(path.read_text().replace("seed: 7", "seed: 7\n  canary: 3\n  breaker: 0"))
    async with dialog(path) as watcher:
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("enter")
        await reads(watcher, "has paused itself", "no equilibrium for <n>", "Leave it paused")
        assert len(finished_tasks(work / "campaign")) == 3
        found = status(work / "campaign")
        assert found is not None and found.phase == "paused" and "canary" in found.why
        if answer == "g":
            await watcher.press("g")
        else:
            await watcher.press("enter")  # leaves it paused
            await watcher.sees("PAUSED", "all of the first 3 samples failed")
            assert not watcher.screen.is_modal
            watcher.app.campaign.request("drain")
        await watcher.until(lambda: not watcher.app.campaign.alive)
    found = status(work / "campaign")
    assert found is not None
    assert found.snapshot.end_reason == ("all_failed" if answer == "g" else "drained")
    assert len(finished_tasks(work / "campaign")) == (40 if answer == "g" else 3)


@pytest.mark.parametrize("how", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_quitting_asks(work: Path, how: str) -> None:
    """Leaving an app that runs a campaign asks, and the answer that changes nothing has the
    focus.
    """
    async with dialog(write_config(work, function="slow", budget=400)) as watcher:
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.sees("RUNNING")
        if how == "key":
            await watcher.press("q")
        elif how == "palette":
            await watcher.command("Everywhere: Quit")
        else:
            await watcher.click("Quit")
        await watcher.until(lambda: isinstance(watcher.screen, QuitDialog))
        await watcher.sees("Keep running", "Drain", "Abort")
        await watcher.press("enter")
        await watcher.until(lambda: not watcher.screen.is_modal)
        assert watcher.app.campaign.alive


@pytest.mark.full
@in_loop
async def test_quitting_while_the_campaign_is_still_being_drained(work: Path) -> None:
    """After drain has been chosen, the app waits for running tasks, can be asked again, and closes
    by itself.
    """
    config = write_config(work, function="slow", budget=400)
    # four to five seconds a task
    config.write_text(config.read_text().replace("[0, 10]", "[40, 50]"))
    async with dialog(config) as watcher:
        await watcher.until(lambda: may_start(watcher))
        await watcher.press("ctrl+r")
        await watcher.sees("RUNNING", "run")
        wait_until(
            lambda: (
                (found := status(work / "campaign")) is not None
                and found.live
                and found.live["in_flight"]
            ),
            20,
        )
        await watcher.press("q", "d")
        await watcher.sees("STOPPING")
        await watcher.press("q")
        await watcher.sees("It is being drained")
        await watcher.press("escape")
        await watcher.until(lambda: watcher.app.return_value == "quit")
    found = status(work / "campaign")
    assert found is not None and found.snapshot.end_reason == "drained"


# -- the command line that says the same -----------------------------------------------------------


def test_command_lines(tmp_path: Path) -> None:
    """Each way to launch has its command, with paths as one would type them."""
    config = tmp_path / "my config.yaml"
    config.touch()
    (tmp_path / "run").mkdir()
    lines = [
        Launch(config, "fresh", overwrite=True).command_line(tmp_path),
        Launch(config, "extend", base_run_dir="/scratch/x", detached=True).command_line(tmp_path),
        Launch(tmp_path / "run", "resume").command_line(tmp_path),
        Launch(tmp_path / "run", "extend").command_line(tmp_path / "run"),
        Launch(tmp_path / "run", "retry").command_line(Path("/")),
    ]
    assert lines == [
        "enchanted-tui 'my config.yaml' --run-mode fresh --overwrite --no-ui",
        "enchanted-tui 'my config.yaml' --run-mode extend --base-run-dir /scratch/x --detach",
        "enchanted-tui run --no-ui",
        f"enchanted-tui {tmp_path}/run --run-mode extend --no-ui",
        f"enchanted-tui --retry-failed {str(tmp_path)[1:]}/run --no-ui",
    ]


# -- being told of the end -------------------------------------------------------------------------


def test_notify_runs_a_command_without_a_shell(work: Path) -> None:
    """The command gets its arguments as they are written, and the facts in its environment."""
    path = write_config(work, budget=4, batch_size=4)
    script = work / "tell.sh"
    script.write_text(
        '#!/bin/sh\nprintf "%s|%s|%s|%s" "$1" "$ENCHANTED_CAMPAIGN" "$ENCHANTED_OUTCOME"'
        ' "$ENCHANTED_EXIT_CODE" > told\n'
    )
    script.chmod(0o755)
    command = json.dumps([str(script), "$(date); it's over"])
    path.write_text(path.read_text().replace("  seed: 7\n", f"  seed: 7\n  notify: {command}\n"))
    from enchanted_tui.config.loading import load_config

    Supervisor(load_config(path)).start()
    wait_until(lambda: (work / "told").exists() and (work / "told").read_text(), 10)
    assert (work / "told").read_text() == "$(date); it's over|campaign|completed|0"


def test_notify_that_cannot_be_run_harms_nothing(work: Path) -> None:
    """A command that does not exist is a warning."""
    path = write_config(work, budget=4, batch_size=4)
    path.write_text(
        path.read_text().replace("  seed: 7\n", "  seed: 7\n  notify: no-such-program --now\n")
    )
    from enchanted_tui.config.loading import load_config

    assert Supervisor(load_config(path)).start().reason == "completed"
    shutil.rmtree(work / "campaign")


@SIZES
@in_loop
async def test_how_the_question_on_quitting_looks(size: tuple[int, int]) -> None:
    """Protects the words that decide about a campaign of days."""
    app = EnchantedApp()
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.current_mode == "runs", pilot.pause)
        app.push_screen(QuitDialog(Path("/scratch/runs/helena")))
        await until(lambda: isinstance(app.screen, QuitDialog), pilot.pause)
        await pilot.pause(0.3)
        assert_screen(app, f"quit_{size[0]}x{size[1]}")


@pytest.mark.full
@in_loop
async def test_start_is_not_offered_where_a_supervisor_is_at_work(
    finished_run: Path, tmp_path: Path
) -> None:
    """Resume, extend, retry and a fresh start over a campaign that runs: the dialog says who runs
    it, and Start stays disabled.
    """
    run = Path(shutil.copytree(finished_run, tmp_path / "campaign"))
    config = tmp_path / "again.yaml"
    config.write_text(
        (run / "config/finished_run.yaml").read_text().replace(str(finished_run), str(run))
    )
    shutil.copy(finished_run.parent / "code_under_test.py", tmp_path)
    lock = Lock.acquire(
        CampaignDirectory(run).lock, lambda: None
    )  # as a supervisor at work holds it
    try:
        async with watching(run, "monitor") as watcher:
            for target, mode in (
                (run, "resume"),
                (run, "extend"),
                (run, "retry"),
                (config, "fresh"),
            ):
                watcher.app.open_launch(target, mode)
                await watcher.sees("runs already", f"pid {os.getpid()}")
                assert watcher.screen.query_one("#start").disabled
                await watcher.press("ctrl+r")
                assert watcher.screen.query("#start")
                await watcher.press("escape")
                await watcher.until(lambda: not watcher.screen.is_modal)
    finally:
        lock.release()
