"""The Failures screen in the real app: groups, what the failed have in common, retrying and
exporting.
"""

from __future__ import annotations

import asyncio
import csv
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from enchanted_tui.ui import glyphs
from enchanted_tui.ui.screens.launch import LaunchScreen
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.widgets.separation_view import separation_text
from enchanted_tui.ui.widgets.table import VirtualTable
from enchanted_tui.views.separation import separations
from enchanted_tui.views.viewing import Viewer
from helpers.ui.campaigns import run_campaign
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

#: What differs from one run of the campaign to the next; each pattern takes the whole width of a
#: column.
_VARYING = {
    r"; on [^\n]*": "; on host",
    r"\d\d:\d\d:\d\d": "12:00:00",
    r"d0_b\d_s\d+_r0 *": "d0_b0_s0_r0",
    r" +[\d.]+ (us|s)\b": " a time",
    rf" {re.escape(socket.gethostname()[:12])} *": " host",
}


@pytest.fixture
def run(own_run: Path) -> Path:
    """A run directory of one's own in which some samples have failed in two ways."""
    return own_run


def _groups(run: Path) -> dict[str, int]:
    viewer = Viewer(run)
    viewer.refresh(budget=60)
    found = {group.pattern.split(":")[0]: group.count for group in viewer.rows.failure_groups()}
    viewer.close()
    return found


@SIZES
@in_loop
async def test_how_it_looks(run: Path, size: tuple[int, int]) -> None:
    """Protects the layout, and the sight that the samples with c1 above 0.8 have failed."""
    async with watching(run, "failures", size) as watcher:
        await watcher.sees(
            "all of these", "c1 > 0.", ": all of the failed, none of the ok", "0.903 … 9.415"
        )
        await watcher.settles()
        assert_screen(watcher.app, f"failures_{size[0]}x{size[1]}", hide=_VARYING)
        await watcher.press("j", "enter")
        await watcher.sees("failed tasks", "d0_b")
        await watcher.settles()
        assert_screen(watcher.app, f"failures_tasks_{size[0]}x{size[1]}", hide=_VARYING)


@in_loop
async def test_opening_by_key_palette_and_mouse(run: Path) -> None:
    """Protects the way from a group to a task, and back."""
    async with watching(run, "failures") as watcher:
        await watcher.sees("all of these")
        await watcher.click("FloatingPointError: ")
        await watcher.sees("FloatingPointError: overflow in step ")
        await watcher.click("FloatingPointError: ", times=2)
        await watcher.sees("failed tasks")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.press("escape")
        await watcher.sees("failed tasks")
        await watcher.press("escape")
        await watcher.sees("What they have in common")
        await watcher.command("Failures: Open")
        await watcher.sees("failed tasks")
        await watcher.command("Failures: Back")
        await watcher.sees("What they have in common")
        await watcher.press("escape")
        await watcher.until(lambda: watcher.app.current_mode == "monitor")


@in_loop
async def test_filter_and_order(run: Path) -> None:
    """Protects finding one kind of failure among many, and the way back to all."""
    async with watching(run, "failures") as watcher:
        await watcher.sees("all of these", "COUNT ▼")
        await watcher.press("slash")
        await watcher.type("mesh CONVERGE")
        await watcher.lacks("FloatingPointError")
        await watcher.sees("ValueError", "those with 'mesh CONVERGE'")
        await watcher.press("escape")
        await watcher.sees("FloatingPointError", "ValueError")
        await watcher.command("Failures: Filter")
        await watcher.type("nothing like it")
        await watcher.sees("Nothing has failed.")
        await watcher.command("Failures: Back")
        await watcher.press("s")
        await watcher.sees("LAST ▼")
        await watcher.click("COUNT")
        await watcher.sees("COUNT ▼")
        await watcher.command("Failures: Order")
        await watcher.sees("LAST ▼")


@pytest.mark.full
@in_loop
async def test_copying(run: Path) -> None:
    """Protects passing a message on."""
    async with watching(run, "failures") as watcher:
        await watcher.sees("all of these")
        await watcher.press("y")
        await watcher.until(
            lambda: (
                "mesh did not converge" in watcher.app.clipboard
                and "overflow" in watcher.app.clipboard
            )
        )
        await watcher.press("G")
        await watcher.command("Failures: Copy")
        await watcher.until(lambda: len(watcher.app.clipboard.splitlines()) == 1)


@pytest.mark.full
@in_loop
async def test_exporting_a_group(run: Path, tmp_path: Path) -> None:
    """Protects the CSV file: every task of the group with its parameters, nothing replaced unasked,
    one's own place.
    """
    counts = _groups(run)
    path = tmp_path / "mine.csv"
    async with watching(run, "failures", (120, 40)) as watcher:
        await watcher.sees("all of these")
        await watcher.click("ValueError")
        await watcher.press("w")
        await watcher.sees("a_run_failures.csv")
        await watcher.type(str(path))
        await watcher.until(path.exists)
        await watcher.is_told(f"Wrote {counts['ValueError']} line")
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == counts["ValueError"]
        assert all(
            0.8 < float(row["c1"]) <= 0.9
            and row["kind"] == "exception"
            and "mesh" in row["message"]
            for row in rows
        )
        await watcher.command("Failures: Write CSV")
        await watcher.type(str(path))
        await watcher.sees("is there already")
        await watcher.press("enter")
        await watcher.lacks("is there already")
        before = path.read_bytes()
        await watcher.press("g")
        await watcher.click("Write CSV…")
        await watcher.type(str(path))
        await watcher.click("Replace")
        await watcher.until(lambda: path.read_bytes() != before)
        with path.open(newline="") as file:
            assert len(list(csv.DictReader(file))) == sum(counts.values())


@in_loop
async def test_retrying_asks_about_the_tasks_of_the_group(run: Path) -> None:
    """Protects the rest of the campaign: only what the group holds is handed to the launch dialog,
    which Escape leaves without harm.
    """
    counts = _groups(run)
    journal = (run / "state" / "journal.jsonl").read_bytes()
    async with watching(run, "failures") as watcher:
        await watcher.sees("all of these")
        for how, row, expected in (
            ("key", "j", None),
            ("palette", "g", sum(counts.values())),
            ("mouse", "g", sum(counts.values())),
        ):
            await watcher.press(row)
            if how == "key":
                group = watcher.screen.query_one("#groups", VirtualTable).cursor.split(":")[0]
                expected = counts[group]
                await watcher.press("t")
            elif how == "palette":
                await watcher.command("Failures: Retry group")
            else:
                await watcher.click("Retry group…")
            await watcher.until(lambda: isinstance(watcher.screen, LaunchScreen))
            await watcher.sees(f"{expected} ")
            assert len(watcher.screen._asked.only) == expected
            await watcher.press("escape")
            await watcher.until(lambda: not isinstance(watcher.screen, LaunchScreen))
    assert (run / "state" / "journal.jsonl").read_bytes() == journal


@in_loop
async def test_retrying_a_group_runs_its_tasks_and_no_others(run: Path) -> None:
    """Protects the purpose of it all: the group's tasks run again in this app, and the record says
    so.
    """
    async with watching(run, "failures", (100, 30)) as watcher:
        await watcher.sees("all of these")
        await watcher.press("j")
        group = watcher.screen.query_one("#groups", VirtualTable).cursor
        viewer = watcher.app.viewer
        expected = next(
            found.tasks for found in viewer.rows.failure_groups() if found.pattern == group
        )
        await watcher.press("t")
        await watcher.sees("Retry failed", f"{len(expected)} of ")
        await watcher.click(" Start ")
        journal = run / "state" / "journal.jsonl"
        await watcher.until(
            lambda: [record["type"] for record in _sessions(journal)[-2:]] == ["retry", "end"]
        )
    assert {tuple(task) for task in _sessions(journal)[-2]["tasks"]} == set(map(tuple, expected))


def _sessions(journal: Path) -> list[dict[str, Any]]:
    """Give the records that say who retried what, and when sessions ended."""
    records = map(json.loads, journal.read_text().splitlines())
    return [record for record in records if record["type"] in ("retry", "end")]


@in_loop
async def test_read_only_refuses_what_changes(run: Path, tmp_path: Path) -> None:
    """Protects somebody else's campaign: looking is all one can do."""
    async with watching(run, "failures", read_only=True) as watcher:
        await watcher.sees("all of these")
        await watcher.press("t", "w")
        await watcher.pilot.pause(0.3)
        assert not isinstance(watcher.screen, LaunchScreen)
        assert "Write to" not in watcher.text


def test_a_campaign_without_failures_says_so(tmp_path: Path) -> None:
    """Protects the empty screen."""
    run = run_campaign(tmp_path, "fine", function="slow", budget=2, batch_size=2)

    async def look() -> None:
        async with watching(run, "failures") as watcher:
            await watcher.sees("Nothing has failed.")
            await watcher.press("enter", "y", "j")
            await watcher.press("w")
            assert "Write to" not in watcher.text

    asyncio.run(look())


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [45, 51, 60, 77, 120])
def test_the_ranges_fit_beside_their_plots(width: int, ascii_only: bool) -> None:
    """Protects the right edge: neither long numbers, nor long names, nor signs of ASCII make a line
    wider than its pane.
    """
    failed = {
        "gradient_at_the_top_of_the_pedestal": [-2.959e-05, -2.13e-05],
        "huge": [-1.2345e-101, 1.2345e102],
    }
    ok = {
        "gradient_at_the_top_of_the_pedestal": [-1.878e-05, -1.328e-05],
        "huge": [-1.2345e101, 1.2345e100],
    }
    glyphs.use_ascii(ascii_only)
    try:
        for found in separations(failed, ok):
            lines = separation_text(
                found, failed[found.name], ok[found.name], width, {}
            ).plain.splitlines()
            assert max(map(len, lines)) <= width, lines
            # both ranges begin in the same column
            assert len({line.index(line.split()[-3]) for line in lines[-2:]}) == 1
    finally:
        glyphs.use_ascii(False)


@in_loop
async def test_the_record_is_never_written_over(own_run: Path) -> None:
    """Protects the record and the results from a slip of the fingers: where a campaign keeps its
    own files nothing else is written, whatever a person agrees to.
    """
    journal = own_run / "state" / "journal.jsonl"
    before = journal.read_bytes()
    async with watching(own_run, "failures", notices=True) as watcher:
        await watcher.sees("failed")
        own = f"there the campaign in {own_run} keeps its own files; name another place"
        a_directory = "this is a directory; name a file"
        for path, why in ((journal, own), (own_run / "enchanted_dataset.csv", own),
                          (own_run, a_directory)):  # fmt: skip
            await watcher.press("w")
            # of a long path not all is in sight
            await watcher.until(lambda: _typed(watcher).endswith("_failures.csv"))
            await watcher.type(str(path))
            await watcher.is_told(f"{path}: {why}")
    assert journal.read_bytes() == before


def _typed(watcher: Watcher) -> str:
    """Return what stands in the line that asks; nothing where none does."""
    focused = watcher.screen.focused
    return focused.value if isinstance(focused, Input) else ""
