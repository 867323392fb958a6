"""One task in the real app: values, files, texts, and where its files are if they are not there."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.executors.base import TaskId
from enchanted_tui.operations import actions
from enchanted_tui.operations import sample_files as task_file_operations
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.ui.screens.monitor import MonitorScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.line import Line
from enchanted_tui.ui.widgets.table import VirtualTable
from enchanted_tui.views.task_files import task_files
from enchanted_tui.views.task_lines import TaskLine
from helpers.marks import in_full
from helpers.ui.campaigns import run_campaign
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

HIDE = {
    r"run time .*": "run time",
    r"runtime +\S+": "runtime",
    r"\d{4}-\d\d-\d\d \d\d:\d\d": "2025-03-01 12:00",
    r"\d\d:\d\d:\d\d": "12:00:00",
    r"(?<=\s)/\S+": (
        "/a/path/that/is/long/enough/for/every/place/in/which/it/may/have/to/stand/here"
    ),
    rf"\b{re.escape(socket.gethostname())}\b.*": "",
    r" +\d+ B\b": " " * 20,
}


@pytest.fixture
def run(own_run: Path) -> Path:
    """A run directory of one's own, in which one task has written something."""
    run = own_run
    directory = run / "data" / "d0_b0_s0_r0"
    (directory / "stdout.txt").write_text("iteration 1\niteration 2\n")
    (directory / "profiles").mkdir()
    (directory / "profiles" / "p.dat").write_text("1 2 3\n")
    (directory / "field.bin").write_bytes(b"\0\1\2")
    return run


async def _open(watcher: Watcher, task: TaskId, among: list[TaskId] | None = None) -> TaskScreen:
    screen = TaskScreen(task, among or [])
    await watcher.app.push_screen(screen)
    await watcher.sees(task.name)
    await watcher.until(lambda: screen._files is not None)
    await watcher.pilot.pause()
    return screen


@SIZES
@in_loop
async def test_how_it_looks(run: Path, size: tuple[int, int]) -> None:
    """Protects the layout: a failure shows its traceback at once, a success its values; where there
    is room, everything side by side.
    """
    failed = next(iter(actions.read_state(run).failed_tasks()))
    async with watching(run, "monitor", size) as watcher:
        screen = await _open(watcher, failed)
        await watcher.sees("Traceback (most recent call last)")
        assert screen._part == "text"
        await watcher.press("escape")
        await _open(watcher, TaskId(0, 0, 0, 0))
        await watcher.sees("energy", "record")
        assert_screen(watcher.app, f"task_{size[0]}x{size[1]}", hide=HIDE)


@pytest.mark.parametrize("way", ["key", *in_full("mouse", "palette")])
@in_loop
async def test_values_files_and_texts(run: Path, way: str) -> None:
    """Protects going through a task: its parts, a file from the list, a value in full."""

    async def go(key: str, name: str) -> None:
        if way == "key":
            await watcher.press(key)
        elif way == "palette":
            await watcher.command(f"Task: {name}")
        else:
            await watcher.click(f" {name} ")

    async def choose(text: str) -> None:
        if way == "mouse":
            await watcher.click(text, times=2)
            return
        table = watcher.screen.focused
        assert isinstance(table, VirtualTable)
        table.move_to(next(row for row in range(table.row_count) if text in table.row_text(row)))
        await watcher.press("enter") if way == "key" else await watcher.command("Task: Show")

    async with watching(run, "monitor") as watcher:
        await _open(watcher, TaskId(0, 0, 0, 0))
        await go("f", "Files")
        await watcher.sees("stdout.txt", "profiles/p.dat", "[Files]")
        await choose("profiles/p.dat")
        await watcher.sees("1 2 3", "[Text]")
        await go("f", "Files")
        await watcher.sees("field.bin")
        await choose("field.bin")
        await watcher.sees("is not text (3 B)")
        await go("v", "Values")
        await watcher.sees("[Values]", "energy")
        await choose("energy")
        await watcher.sees("energy =")
        await go("o", "Text")
        await watcher.sees("[Text]")


@pytest.mark.full
@pytest.mark.parametrize("way", ["key", *in_full("palette")])
@in_loop
async def test_going_through_a_list_copying_and_back(run: Path, way: str) -> None:
    """Protects reading one failure after the other."""

    async def do(key: str, name: str) -> None:
        await watcher.press(key) if way == "key" else await watcher.command(f"Task: {name}")

    failed = list(actions.read_state(run).failed_tasks())[:2]
    async with watching(run, "monitor") as watcher:
        await _open(watcher, failed[0], failed)
        await do("right_square_bracket", "Next")
        await watcher.sees(failed[1].name, "Traceback")
        await do("right_square_bracket", "Next")
        await watcher.until(
            lambda: any("no other task" in note.message for note in watcher.app._notifications)
        )
        await do("left_square_bracket", "Previous")
        await watcher.sees(failed[0].name)
        (run / "data" / failed[0].name / "late.log").write_text("late\n")
        await do("f", "Files")
        await do("u", "Reload")
        await watcher.sees("late.log")
        await do("v", "Values")
        await do("y", "Copy")
        expected = actions.read_state(run)
        assert expected.offset_of(failed[0]) >= 0
        await watcher.until(lambda: re.fullmatch(r"[\d.e-]+", watcher.app.clipboard))
        await do("escape", "Back")
        await watcher.until(lambda: isinstance(watcher.screen, MonitorScreen))


@in_loop
async def test_a_task_whose_files_are_gone_says_so(run: Path) -> None:
    """Protects against an empty screen: what is on record is shown, and why there are no files."""
    shutil.rmtree(run / "data" / "d0_b0_s1_r0")
    async with watching(run, "monitor") as watcher:
        await _open(watcher, TaskId(0, 0, 1, 0))
        await watcher.sees("somebody has removed", "energy")


@in_loop
async def test_packed_files_are_shown_as_if_they_were_not(run: Path) -> None:
    """Protects reading: listed and opened alike, with a line that says where they are."""
    task_file_operations.pack(run)
    assert not list((run / "data").iterdir())
    async with watching(run, "monitor") as watcher:
        screen = await _open(watcher, TaskId(0, 0, 0, 0))
        await watcher.press("f")
        await watcher.sees("Packed in packed/000/000001.tar", "profiles/p.dat")
        for name, seen in (("stdout.txt", "iteration 2"), ("field.bin", "is not text")):
            screen._open(name)
            screen._go("text")
            await watcher.sees(seen)


@pytest.mark.parametrize(
    ("line", "setting", "expected"),
    [
        ({"status": "waiting"}, "all", "has not run yet"),
        ({"status": "running", "host": "node12"}, "all", "It runs on node12"),
        ({"status": "failed", "kind": "skipped"}, "all", "was skipped"),
        ({"status": "ok"}, "none", "save_files: none"),
        ({"status": "ok"}, "custom", "save_files: custom"),
        ({"status": "ok"}, "all", "somebody has removed"),
    ],
)
def test_it_is_said_where_files_are(
    tmp_path: Path, line: dict[str, Any], setting: str, expected: str
) -> None:
    """Protects the sentence about files that are elsewhere: each case has its own."""
    run_dir = CampaignDirectory(tmp_path)
    run_dir.config.mkdir()
    (run_dir.config / "c.yaml").write_text(yaml.safe_dump({"supervisor": {"save_files": setting}}))
    task = TaskId(0, 0, 3, 0)
    found = task_files(run_dir, TaskLine(task, **line))
    assert found.files == ()
    assert expected in found.note
    run_dir.data.mkdir()
    if line["status"] != "waiting":
        (run_dir.data / f"{task.name}.tar.gz").touch()
        assert "in the archive" in task_files(run_dir, TaskLine(task, **line)).note
    on_cluster = task_files(
        run_dir, TaskLine(TaskId(0, 0, 4, 0), TaskStatus.OK), "SlurmExecutor"
    ).note
    assert ("stayed on the cluster" in on_cluster) == (setting == "all")


def test_a_cleaned_campaign_says_what_its_configuration_did(tmp_path: Path) -> None:
    """Protects the same with a real campaign that keeps nothing."""
    run = run_campaign(tmp_path, "cleaned", budget=4, batch_size=2)
    config = next((run / "config").glob("*.yaml"))
    config.write_text(config.read_text().replace("seed: 7", "seed: 7\n  save_files: none"))
    shutil.rmtree(run / "data" / "d0_b0_s0_r0")
    note = task_files(CampaignDirectory(run), TaskLine(TaskId(0, 0, 0, 0), TaskStatus.OK)).note
    assert "save_files: none" in note


@pytest.mark.parametrize("columns", [60, *in_full(80, 110, 160)])
@in_loop
async def test_what_is_said_of_a_task_is_said_whole(finished_run: Path, columns: int) -> None:
    """Protects against half facts: stage, run time, moment, host and attempt are there whole or not
    at all, after a change of size too.
    """
    async with watching(finished_run, "monitor", (columns, 24)) as watcher:
        await watcher.press("F")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.sees("stage 1/1")
        whole = re.compile(
            r"stage 1/1, corner \S+ code(   run time [\d.]+ (us|s|min)(   finished \d\d:\d\d:\d\d( "
            r"  on \S+(   attempt 1)?)?)?)?"
        )
        for width in (columns, 90, columns):
            await watcher.pilot.resize_terminal(width, 24)
            line = watcher.screen.query_one("#facts", Line)
            await watcher.until(
                lambda line=line, width=width: (  # type: ignore[misc]
                    whole.fullmatch(line.text) and len(line.text) <= width - 2
                )
            )
