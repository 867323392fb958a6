"""The map of nodes in the Monitor: who holds which cores and GPUs, at every size, by keyboard and
mouse, and without colours; and what the Task screen says of it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from enchanted_tui.journal_lines import seal
from enchanted_tui.record import why
from enchanted_tui.record.node_use import NodeUse
from enchanted_tui.ui.node_lines import LETTERS, Letters, layout, painted
from enchanted_tui.ui.screens.task import TaskScreen
from enchanted_tui.ui.settings import Preferences, Settings
from enchanted_tui.ui.widgets.columns import text_of
from enchanted_tui.ui.widgets.node_pane import NodePane
from helpers.marks import in_full
from helpers.ui.node_book import MIXED, held_run, tell
from helpers.ui.snapshots import assert_screen
from helpers.ui.watching import Watcher, in_loop, watching

HIDE = {
    r"rate .*": "rate",
    r"pid \d+ on .*": "pid 1 on here",
    r"\d+\.\d core-s used.*": "0.0 core-s used",
    r" +\d min \d+ s": " " * 12,
    r" +[\d.]+ (us|ms|s)\b": " " * 20,
    r"[\d.]+ (B|kB|MB|GB)\b": "size",
    r"\d\d:\d\d:\d\d": "12:00:00",
}


@pytest.fixture
def run(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A campaign of which somebody says that it holds parts of four nodes, and which is not said to
    stand still, however long ago the tests began.
    """
    monkeypatch.setattr(why, "_QUIET", float("inf"))
    with held_run(finished_run, tmp_path / "run") as copy:
        tell(copy, MIXED)
        yield copy


def _pane(watcher: Watcher) -> NodePane:
    return watcher.screen.query_one(NodePane)


async def _at_nodes(watcher: Watcher) -> None:
    await watcher.until(lambda: not _pane(watcher).has_class("-absent"))
    await watcher.press("n")
    await watcher.sees("35/64 cores busy  3/8 GPUs busy", "WHERE")


@pytest.mark.parametrize(
    ("size", "ascii_only"),
    [((80, 24), False), *in_full(((80, 24), True), ((120, 40), False))],
    ids=["80x24", "ascii", "120x40"],
)
@in_loop
async def test_how_it_looks(run: Path, size: tuple[int, int], ascii_only: bool) -> None:
    """Protects the map where there is least room and where there is much: a letter for each core
    and GPU, numbers for what is shared, dots for what is free, and the legend.
    """
    settings = Settings(Preferences(ascii=ascii_only))
    async with watching(run, "monitor", size, settings=settings) as watcher:
        await watcher.press("o", "o")  # by position, which is the same in each run
        await _at_nodes(watcher)
        await watcher.sees("a2", "d0_b0_s4_r0")
        await watcher.settles()
        name = "ascii" if ascii_only else f"{size[0]}x{size[1]}"
        assert_screen(watcher.app, f"monitor_nodes_{name}", hide=HIDE)


@in_loop
async def test_the_task_under_the_cursor_stands_out(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects finding a task's cores, without colours too: what it holds is reversed."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with watching(run, "monitor") as watcher:
        await _at_nodes(watcher)
        for task, letters in (
            ("d0_b0_s0_r0", "aaaaa"),
            ("d0_b0_s1_r0", "b2"),
            ("d0_b0_s2_r0", "c2"),
        ):
            await watcher.until(lambda task=task: _pane(watcher).table.cursor == task)  # type: ignore[misc]
            await watcher.until(lambda letters=letters: _reversed(watcher) == letters)  # type: ignore[misc]
            await watcher.press("down")


def _reversed(watcher: Watcher) -> str:
    """Return the letters that are painted reversed in the first line of the map."""
    line = _pane(watcher).map.render_line(1)
    return "".join(text for text, style, _ in line if style and style.reverse)


@pytest.mark.parametrize("way", ["key", *in_full("mouse")])
@in_loop
async def test_from_the_map_to_the_task(run: Path, way: str) -> None:
    """Protects the way from a core to the task that holds it, by keyboard and mouse."""
    async with watching(run, "monitor") as watcher:
        await _at_nodes(watcher)
        if way == "mouse":
            await watcher.click("dddddddd")
            await watcher.until(lambda: _pane(watcher).table.cursor == "d0_b0_s3_r0")
            await watcher.click("dddddddd", times=2)
        else:
            await watcher.press("shift+tab", "down", "down", "enter")
            await watcher.until(lambda: _pane(watcher).table.cursor == "d0_b0_s3_r0")
            await watcher.until(lambda: _pane(watcher).table.has_focus)
            await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        assert watcher.screen.shown_task.name == "d0_b0_s3_r0"


@in_loop
async def test_tasks_that_share_a_gpu_are_reached_in_turn(run: Path) -> None:
    """Protects the second of two tasks that one sign stands for."""
    async with watching(run, "monitor") as watcher:
        await _at_nodes(watcher)
        node_map = _pane(watcher).map
        start = next(i for i, sign in enumerate(watcher.text.splitlines()[9]) if sign == "2")
        for task in ("d0_b0_s1_r0", "d0_b0_s2_r0", "d0_b0_s1_r0"):
            await watcher.pilot.click(node_map, offset=(start, 1))
            await watcher.until(lambda task=task: _pane(watcher).table.cursor == task)  # type: ignore[misc]


@pytest.mark.full
@in_loop
async def test_many_nodes_are_counted(run: Path) -> None:
    """Protects the map of 64 nodes of 128 cores at 80x24: bars and numbers, and letters again
    where there is room for them.
    """
    where = [f"n{i % 64 + 1}:{i // 64 * 16}-{i // 64 * 16 + 15}+gpu{i // 64}" for i in range(340)]
    tell(run, where, nodes=64, cores=128, gpus=8)
    async with watching(run, "monitor") as watcher:
        await watcher.until(lambda: not _pane(watcher).has_class("-absent"))
        await watcher.press("n")
        await watcher.sees("5,440/8,192 cores busy  340/512 GPUs busy", "96/128", "6/8", "TASKS")
        assert max(map(len, watcher.text.splitlines())) <= 80
        assert _pane(watcher).map.row_count == 64
        await watcher.press("shift+tab", "G")
        await watcher.sees("n64")
    async with watching(run, "monitor", (200, 50)) as watcher:
        await watcher.until(lambda: not _pane(watcher).has_class("-absent"))
        await watcher.press("n", "z")
        await watcher.sees("aaaaaaaa aaaaaaaa bbbbbbbb bbbbbbbb", "WHERE")  # map and legend


@in_loop
async def test_where_nothing_is_counted_there_is_no_such_pane(finished_run: Path) -> None:
    """Protects the room of campaigns without `resources`."""
    async with watching(finished_run, "monitor", (200, 50), notices=True) as watcher:
        await watcher.sees("60/60")
        assert not _pane(watcher).display
        await watcher.press("n")
        await watcher.is_told("No runner of this campaign says what its samples need")
        assert "Nodes" not in watcher.screen.query_one("#tabs").render().plain


@in_loop
async def test_the_facts_above_tell_of_cores_and_idle_time(run: Path) -> None:
    """Protects the line of resources: cores that are busy, and how much of jobs nobody uses."""
    async with watching(run, "monitor", (200, 50)) as watcher:
        await watcher.sees("35/64 cores busy", "12.5 core-h of jobs, 8% idle")


def test_letters_stay_with_their_tasks() -> None:
    """Protects against a letter that means another task from one second to the next."""
    letters = Letters()
    letters.give(["x", "y", "z"])
    assert [letters.of(task) for task in "xyz"] == ["a", "b", "c"]
    letters.give(["z", "new", "x"])
    assert [letters.of(task) for task in ("x", "z", "new")] == ["a", "c", "d"]
    letters.give([str(number) for number in range(60)])
    given = [letters.of(str(number)) for number in range(60)]
    assert sorted(given[:52]) == sorted(LETTERS)
    assert set(given[52:]) == {"■"}


@pytest.mark.parametrize("cores", [1, 7, 8, 9, 64, 128])
@pytest.mark.parametrize("width", [30, 46, 78, 190])
@pytest.mark.parametrize("gpus", [0, 8])
def test_each_core_has_its_place(cores: int, width: int, gpus: int) -> None:
    """Protects clicking: each core is drawn once, inside its column, and is found where it is
    drawn.
    """
    node = NodeUse("node-with-a-name", cpus={core: [str(core)] for core in range(cores)})
    node.gpus = {gpu: [] for gpu in range(gpus)}
    drawn = layout([node], (width, 100), all_known=True)
    assert not drawn.counts
    assert [core for line in drawn.lines for core in line.cores] == list(range(cores))
    found: list[str] = []
    for line in drawn.lines:
        text = text_of(painted((node.cpus[core] for core in line.cores), Letters(), "", group=True))
        assert len(text) <= drawn.width
        signs = [place for place, sign in enumerate(text) if sign != " "]
        for place in range(-1, drawn.width + 1):
            tasks = drawn.cores_at(line, place)
            assert bool(tasks) == (place in signs)
            found += tasks
    assert found == [str(core) for core in range(cores)]


@in_loop
async def test_the_task_screen_says_what_a_task_holds(run: Path) -> None:
    """Protects knowing where a task runs."""
    tell(run, ["n1:0-3+gpu0 n2:0-3"] * 60)
    journal = run / "state" / "journal.jsonl"
    ended = re.compile(rb'"type":"task","task":\[0,0,0,0\]')
    kept = [line for line in journal.read_bytes().splitlines(True) if not ended.search(line)]
    journal.write_bytes(b"".join(kept))
    async with watching(run, "monitor") as watcher:
        await watcher.press("s")
        await watcher.sees("d0_b0_s0_r0")
        await watcher.press("enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.sees("holds n1:0-3+gpu0 n2:0-3")


RECORDED = {
    "resources": {"nodes": 2, "ranks": 8, "cpus_per_rank": 2, "gpus": 2.0, "mem": 2048},
    "where": "n1:0-7+gpu0 n2:0-7+gpu0",
    "cpu": 3.2,
    "memory": 400_000_000,
}


@in_loop
async def test_the_task_screen_says_what_a_task_was_given(
    finished_run: Path, tmp_path: Path
) -> None:
    """Protects finding out, a year later, what a task ran with and where, and how much of it was
    used: of several ranks on a node, as much as the largest at most.
    """
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    journal = run / "state" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if b'"task":[0,0,0,0]' in line)
    record = json.loads(lines[place])
    row = record.pop("row")
    del record["crc"]
    body = json.dumps({**record, **RECORDED, "row": row}, separators=(",", ":")).encode()
    lines[place] = seal(body)
    journal.write_bytes(b"".join(lines))
    async with watching(run, "monitor", (200, 50)) as watcher:
        await watcher.sees("memory at most 1.6 GB of 2.1 GB (75%)")
        await watcher.press("slash")
        await watcher.type("d0_b0_s0_r0")
        await watcher.press("t", "enter")
        await watcher.until(lambda: isinstance(watcher.screen, TaskScreen))
        await watcher.sees("given 2 nodes, 8 ranks x 2 CPUs, 2 GPUs, 2G a node   on n1:0-7+gpu0 n2")
        await watcher.sees("CPU 3.2 s   memory 400 MB", "used 400 MB")
