"""The Monitor in the real app: each action by key, palette and mouse, a live campaign, and what it
shows.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from enchanted_tui.config.loading import load_config
from enchanted_tui.executors.base import JobInfo
from enchanted_tui.operations import actions
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Lock
from enchanted_tui.ui.screens.file import FileScreen
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.overview import Overview
from enchanted_tui.ui.widgets.task_pane import TaskPane
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign, write_config
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

HIDE = {
    r"rate .*": "rate",
    r"\d\.\d core-s used.*": "0.0 core-s used",
    r"finished \d{4}-\d\d-\d\d \d\d:\d\d": "finished 2025-03-01 12:00",
    r" +[\d.]+ (us|ms|s)\b": " " * 20,
    r"[\d.]+ (B|kB|MB|GB)\b": "size",
    r"\d\d:\d\d:\d\d": "12:00:00",
    rf"{re.escape(socket.gethostname()[:10])}\b *": "",
}


def _tasks(watcher: Watcher) -> TaskPane:
    return watcher.screen.query_one(TaskPane)


async def _settled(watcher: Watcher, rows: int) -> None:
    await watcher.until(lambda: _tasks(watcher).table.row_count == rows)
    await watcher.pilot.pause()


@SIZES
@in_loop
async def test_how_it_looks(finished_run: Path, size: tuple[int, int]) -> None:
    """Protects the layout at the sizes people have: numbers first, then the panes, one at a time
    where it is narrow.
    """
    async with watching(finished_run, "monitor", size) as watcher:
        await _settled(watcher, 60)
        await watcher.press("o", "o")
        await watcher.sees("TASK ▲", "d0_b0_s0_r0")
        assert_screen(watcher.app, f"monitor_{size[0]}x{size[1]}", hide=HIDE)
        await watcher.press("b")
        await watcher.sees("3 of 3 complete", "DURATION")
        assert_screen(watcher.app, f"monitor_batches_{size[0]}x{size[1]}", hide=HIDE)


@pytest.mark.parametrize("way", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_the_panes_are_shown_in_turn(finished_run: Path, way: str) -> None:
    """Protects finding batches, workers and files on a narrow screen."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        for key, name, seen in (
            ("b", "Batches", "DURATION"),
            ("w", "Workers", "no supervisor"),
            ("f", "Files", "runs.h5"),
            ("t", "Tasks", "STATUS"),
        ):
            if way == "key":
                await watcher.press(key)
            elif way == "palette":
                await watcher.command(f"Monitor: {name}")
            else:
                await watcher.click(f"{key} {name}")
            await watcher.sees(seen, f"[{key} {name}]")


@pytest.mark.parametrize("way", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_tasks_are_filtered_by_status(finished_run: Path, way: str) -> None:
    """Protects finding what failed among thousands."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        if way == "mouse":
            heading = _tasks(watcher).heading
            await watcher.pilot.click(
                heading, offset=(heading.spot("show_status('failed')") + 3, 0)
            )
        for _ in range(3 * (way != "mouse")):
            await watcher.press("s") if way == "key" else await watcher.command("Monitor: Status")
        failed = watcher.app.view.snapshot.failed
        assert failed
        await _settled(watcher, failed)
        await watcher.sees("[failed]", f"Tasks {failed}", "exception:")
        assert " ok   " not in watcher.text.split("STATUS")[1]
        await watcher.press("escape")
        await _settled(watcher, 60)


@pytest.mark.parametrize("way", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_tasks_are_sorted(finished_run: Path, way: str) -> None:
    """Protects the three orders, and the mark at the column that says which."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        if way == "mouse":
            await watcher.click("RUN TIME")
        else:
            await watcher.press("o") if way == "key" else await watcher.command("Monitor: Order")
        await watcher.sees("RUN TIME ▼")
        pane = _tasks(watcher)
        await watcher.until(
            lambda: _is_sorted([pane.viewer.line(task).runtime for task in pane.table.rows])
        )
        if way == "mouse":
            await watcher.click("TASK")
        else:
            await watcher.press("o") if way == "key" else await watcher.command("Monitor: Order")
        await watcher.sees("TASK ▲")
        await watcher.until(lambda: list(pane.table.rows) == sorted(pane.table.rows))


def _is_sorted(runtimes: list[float]) -> bool:
    return runtimes == sorted(runtimes, reverse=True)


@pytest.mark.parametrize("way", ["key", *in_full("palette")])
@in_loop
async def test_tasks_are_found_by_words(finished_run: Path, way: str) -> None:
    """Protects the filter: every word must be in the name or the reason; Escape shows everything
    again.
    """
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        await watcher.press("slash") if way == "key" else await watcher.command("Monitor: Filter")
        await watcher.type("MESH converge")
        messages = [note.message for note in actions.read_state(finished_run).failed.recent]
        await _settled(watcher, sum("mesh did not converge" in message for message in messages))
        await watcher.sees("filter MESH converge")
        await watcher.press("escape")
        await _settled(watcher, 60)


@pytest.mark.parametrize("way", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_what_is_under_the_cursor_opens(finished_run: Path, way: str) -> None:
    """Protects going down and up: a task, a batch's tasks, a file."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        await _open(watcher, way, "d0_b")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.press("escape")
        await watcher.press("b")
        await watcher.sees("DURATION")
        await _open(watcher, way, "complete")
        await _settled(watcher, 20)
        await watcher.sees("filter d0_b2_")
        await watcher.press("escape", "f")
        await watcher.sees("enchanted_dataset.csv")
        await _open(watcher, way, "enchanted_dataset.csv")
        await watcher.until(lambda: isinstance(watcher.screen, FileScreen))
        await watcher.sees("energy", "c1")


async def _open(watcher: Watcher, way: str, text: str) -> None:
    if way == "key":
        await watcher.press("enter")
    elif way == "palette":
        await watcher.command("Monitor: Open")
    else:
        rows = watcher.text.splitlines()
        head = next(
            y
            for y, line in enumerate(rows)
            if any(word in line for word in ("STATUS", "OLDEST", "FILE "))
        )
        y = next(y for y, line in enumerate(rows) if y > head and text in line)
        await watcher.pilot.click(offset=(rows[y].index(text) + 1, y), times=2)


@pytest.mark.parametrize("way", ["key", *in_full("palette")])
@in_loop
async def test_one_key_leads_to_the_last_failure(finished_run: Path, way: str) -> None:
    """Protects the shortest way from a failure to its traceback."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        await watcher.press("F") if way == "key" else await watcher.command("Monitor: Last failure")
        last = actions.read_state(finished_run).failed.recent[-1]
        await watcher.sees(last.task.name, "Traceback (most recent call last)")


@pytest.mark.parametrize("way", ["key", *in_full("palette")])
@in_loop
async def test_the_progress_report_and_the_disk_use(finished_run: Path, way: str) -> None:
    """Protects the two looks at the disk: the report as it is, and the count of all files."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        await watcher.press("u") if way == "key" else await watcher.command("Monitor: Disk use")
        count = sum(path.is_file() for path in finished_run.rglob("*"))
        await watcher.sees(f"{count} files, ")
        assert watcher.screen.query_one(Overview).used[2] is True
        await watcher.press("P") if way == "key" else await watcher.command(
            "Monitor: Progress file"
        )
        await watcher.sees("=== PIPELINE ===", "Tasks: 60/60")
        await watcher.press("escape")
        assert isinstance(watcher.screen, MonitorScreen)


@pytest.mark.parametrize("way", ["key", *in_full("palette")])
@in_loop
async def test_paths_are_copied(finished_run: Path, way: str) -> None:
    """Protects taking a path to another terminal."""
    async with watching(finished_run, "monitor") as watcher:
        await _settled(watcher, 60)
        task = _tasks(watcher).table.cursor
        await watcher.press("y") if way == "key" else await watcher.command("Monitor: Copy path")
        await watcher.until(lambda: watcher.app.clipboard == str(finished_run / "data" / task.name))
        await watcher.press("f")
        await watcher.sees("runs.h5")
        await watcher.press("y") if way == "key" else await watcher.command("Monitor: Copy path")
        await watcher.until(
            lambda: watcher.app.clipboard == str(finished_run / "enchanted_dataset.csv")
        )


# -- a campaign at work ----------------------------------------------------------------------------


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """A campaign that another thread runs; some of its samples take a second."""
    config = load_config(
        write_config(tmp_path, "live", function="slow", budget=2_000, batch_size=50)
    )
    supervisor = actions.start(config)
    thread = threading.Thread(target=supervisor.start)
    thread.start()
    journal = config.base_run_dir / "state" / "journal.jsonl"
    while not journal.exists() or journal.read_bytes().count(b'"type":"task"') < 3:
        assert thread.is_alive()
    yield config.base_run_dir
    supervisor.request("abort", by="the test")
    thread.join(30)
    assert not thread.is_alive()


@in_loop
async def test_a_live_campaign_is_followed_paused_and_continued(running: Path) -> None:
    """Protects watching: numbers move, workers and running tasks are named, a pause shows who
    asked; the cursor stays on its task.
    """
    async with watching(running, "monitor") as watcher:
        await watcher.sees("RUNNING", "eta ", "2/2 busy")
        pane = _tasks(watcher)
        await watcher.press("j", "j", "j", "j")
        chosen = pane.table.cursor
        done = watcher.app.view.snapshot.tasks_done
        await watcher.until(lambda: watcher.app.view.snapshot.tasks_done > done + 5)
        await asyncio.sleep(1.2)
        assert pane.table.cursor == chosen
        await watcher.press("w")
        await watcher.sees("● busy", "2 of 2 busy")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.press("escape", "t", "p")
        await watcher.sees("PAUSED", "paused by ")
        await watcher.press("p")
        await watcher.sees("RUNNING")


@in_loop
async def test_a_frozen_display_stands_still(running: Path) -> None:
    """Protects reading in peace: nothing moves until it is asked to."""
    async with watching(running, "monitor") as watcher:
        await watcher.sees("RUNNING")
        await watcher.press("space")
        await watcher.sees("frozen")
        await asyncio.sleep(1.2)
        shown = watcher.screen.query_one("#campaign").text
        done = watcher.app.view.snapshot.tasks_done
        await watcher.until(lambda: watcher.app.view.snapshot.tasks_done > done + 5)
        assert watcher.screen.query_one("#campaign").text == shown
        await watcher.press("space")
        await watcher.until(lambda: watcher.screen.query_one("#campaign").text != shown)


@in_loop
async def test_a_killed_campaign_says_so(tmp_path: Path) -> None:
    """Protects against a dead supervisor that looks alive: no end on record and no lock."""
    run = run_campaign(tmp_path, "killed")
    journal = run / "state" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-3]) + lines[-3][:20])
    async with watching(run, "monitor") as watcher:
        await watcher.sees("STOPPED", "died without ending its session")


@in_loop
async def test_a_directory_of_the_older_program_is_browsed_and_left_alone(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects runs of the older program: their tasks and rows are shown, and nothing in the
    directory changes.
    """
    run = tmp_path / "older"
    shutil.copytree(finished_run, run)
    shutil.rmtree(run / "state")
    shutil.copy(finished_run.parent / "code_under_test.py", run / "config")
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    async with watching(run, "monitor") as watcher:
        await _settled(watcher, 60)
        await watcher.sees("made by the older program", "60/60")
        await watcher.press("F")
        await watcher.sees("which keeps no reason")
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


@in_loop
async def test_jobs_of_a_scheduler_are_listed_with_what_they_wait_for(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects campaigns on clusters: each job, how it stands in the scheduler's words, and how far
    its tasks are; whoever runs
    the campaign learns that somebody looks at them, and only then."""
    run = tmp_path / "cluster"
    shutil.copytree(finished_run, run)
    job = JobInfo("et-1", "4711_3", "PENDING", "Priority", "", 50, 12, None, None)
    content = {
        "time": time.time(),
        "state": "running",
        "in_flight": 50,
        "workers": [],
        "n_workers": 0,
        "jobs": [asdict(job)],
    }
    (run / "state" / "live.json").write_text(
        json.dumps(
            {**content, "core_hours": 12.5, "links": [], "waiting_for": "1 job in the queue"}
        )
    )
    lock = Lock.acquire(CampaignDirectory(run).lock, lambda: None)
    try:
        async with watching(run, "monitor", (120, 40)) as watcher:
            await watcher.sees(
                "PENDING",
                "1 PENDING",
                "12/50 (Priority)",
                "12.5 core-h of jobs",
                "1 job in the queue (50 tasks handed out)",
            )
            mark = run / "state" / "control" / "jobs.watched"
            assert not mark.exists()
            await watcher.press("w")
            await watcher.until(mark.exists)
    finally:
        lock.release()


@in_loop
async def test_tasks_that_end_faster_than_they_are_reported(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects against "no tasks" beside busy workers: what they were reported to run has finished
    by the time it is read.
    """
    run = tmp_path / "fast"
    shutil.copytree(finished_run, run)
    worker = {"name": "w", "host": "node12", "pid": 1, "task": "d0_b0_s0_r0", "since": time.time()}
    content = {
        "time": time.time(),
        "state": "running",
        "in_flight": 2,
        "workers": [worker, worker],
        "n_workers": 2,
        "waiting_for": "",
    }
    (run / "state" / "live.json").write_text(json.dumps(content))
    lock = Lock.acquire(CampaignDirectory(run).lock, lambda: None)
    try:
        async with watching(run, "monitor", (120, 40)) as watcher:
            await watcher.sees("2 of 2 busy")
            await watcher.press("s")
            await watcher.sees(
                "[running]", "2 workers are busy, but tasks end faster than they are reported"
            )
            await watcher.press("s", "s", "s")
            await watcher.sees("[waiting]", "no tasks")
    finally:
        lock.release()


@pytest.mark.full
@in_loop
async def test_a_pane_is_come_back_to(running: Path) -> None:
    """Protects against the end of the app when a pane is shown again that has been out of sight
    while the campaign went on.
    """
    async with watching(running, "monitor") as watcher:
        await watcher.until(lambda: _tasks(watcher).table.row_count)
        for _ in range(2):
            for key, seen in (
                ("b", "DURATION"),
                ("w", "NUMBER"),
                ("f", "CHANGED"),
                ("t", "STATUS"),
            ):
                await watcher.press(key)
                await watcher.sees(seen)
            revision = watcher.app.view.revision
            await watcher.until(lambda revision=revision: watcher.app.view.revision > revision + 2)  # type: ignore[misc]


@pytest.mark.full
@in_loop
async def test_a_picture_a_second_whatever_has_been_pressed(
    running: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects narrow lines: going from pane to pane paints at once, and after that there is one
    picture a second as before.
    """
    shown: list[float] = []
    show = Overview.show
    monkeypatch.setattr(
        Overview,
        "show",
        lambda self, *args, **named: (shown.append(time.monotonic()), show(self, *args, **named)),
    )
    async with watching(running, "monitor") as watcher:
        await watcher.until(lambda: _tasks(watcher).table.row_count)
        for key in ("b", "t", "b", "t"):
            await watcher.until(lambda: watcher.screen._later is not None)
            await watcher.press(key)
        await asyncio.sleep(1.5)
        shown.clear()
        await asyncio.sleep(4)
        assert 2 <= len(shown) <= 5
