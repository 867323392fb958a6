"""File systems that are slow, fail for a while, or do not answer: they cost the time that they
take, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.marks import in_full
from helpers.processes import LIMIT, assert_one_sentence, finish, wait_until
from helpers.shapes import flat
from helpers.slow_disk import slow_disk, why_not

REASON = why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "FUSE works")

TASKS = 24


@pytest.fixture
def on_disk(campaign):
    """Make campaigns whose run directory is on a disk that can be told to be slow or to fail."""
    with contextlib.ExitStack() as mounted:

        def make(config, **supervisor):
            case = campaign({**config, "supervisor": {**config["supervisor"], **supervisor}})
            return case, mounted.enter_context(slow_disk(case.run_dir))

        yield make


def outcomes(case):
    return [record["outcome"] for record in case.records("task")]


def assert_complete(case, process, tasks=TASKS):
    ended = finish(process)
    assert ended.code == 0, ended
    assert outcomes(case) == ["ok"] * tasks
    assert len(case.rows()) == tasks
    assert not case.failures()
    assert f"Tasks: {tasks}/{tasks}" in (case.run_dir / "logs/pipeline_progress.txt").read_text()


@pytest.mark.parametrize(
    ("error", "seconds"), [("EIO", 2), *in_full(("EIO", 20), ("ESTALE", 5), ("ENOTCONN", 5))]
)
def test_error_that_passes(on_disk, error, seconds):
    """Everything fails for a while, at the worker, in the journal and in all files: no sample has
    failed, and the campaign goes on by itself.
    """
    case, disk = on_disk(flat(TASKS, 6, sleep=0.2))
    process = case.supervise()
    case.wait_for_tasks(3, process)
    disk.fail(error)
    time.sleep(seconds)
    disk.recover()
    assert_complete(case, process)


@pytest.mark.parametrize("seconds", [3, *in_full(60)])
def test_silence_costs_its_time(on_disk, seconds):
    """No call returns for a while: the campaign waits, and runs nothing twice."""
    case, disk = on_disk(flat(TASKS, 6, sleep=0.2))
    process = case.supervise()
    case.wait_for_tasks(3, process)
    disk.hang()
    time.sleep(seconds)
    disk.recover()
    assert_complete(case, process)
    case.assert_sound_record()
    assert set(case.executions().values()) == {1}


def test_what_is_for_show_holds_nothing_up(on_disk):
    """Reports, log, live file and dataset do not answer: samples run on and are recorded, and all
    is there at the end.
    """
    case, disk = on_disk(flat(TASKS, 6, sleep=0.1))
    process = case.supervise()
    case.wait_for_tasks(2, process)
    disk.hang("logs/")
    case.wait_for_tasks(TASKS - 2, process)
    disk.recover()
    assert_complete(case, process)


def test_campaign_pauses_while_its_journal_fails(on_disk):
    """It says so to everybody who asks, and goes on."""
    case, disk = on_disk(flat(TASKS, 6, sleep=0.1))
    process = case.supervise()
    case.wait_for_tasks(2, process)
    disk.fail("EIO", "journal", reads=False)
    wait_until(
        lambda: "the journal cannot be written" in (case.path("state/live.json")).read_text(),
        LIMIT,
        "a word of the pause",
    )
    shown = case.command_here("--status", "run")
    assert "state      paused" in shown.out, shown
    assert "the journal cannot be written" in shown.out, shown
    disk.recover()
    assert_complete(case, process)
    assert "can be written again" in case.path("logs/main.log").read_text()


def test_campaign_stops_when_its_journal_fails_for_long(on_disk):
    """With a sentence, and exactly resumable."""
    case, disk = on_disk(flat(TASKS, 6, sleep=0.1), io_patience=2)
    process = case.supervise()
    case.wait_for_tasks(2, process)
    disk.fail("EIO", "journal")
    assert_one_sentence(finish(process), "resume")
    disk.recover()
    case.complete()
    assert outcomes(case) == ["ok"] * TASKS


def test_viewers_with_old_attributes(on_disk, tmp_path):
    """What is seen through attributes that are half a minute old is old, and never wrong."""
    case, disk = on_disk(flat(TASKS, 6, sleep=0.2))
    old = ("attr_timeout=30", "entry_timeout=30", "kernel_cache")
    with slow_disk(tmp_path / "elsewhere", disk.backing, *old) as elsewhere:
        process = case.supervise()
        case.wait_for_tasks(2, process)
        seen = [0]
        while process.poll() is None and len(seen) < 4:
            shown = case.command_here("--status", str(elsewhere.path), "--json")
            assert shown.code == 0, shown
            found = json.loads(shown.out)
            seen.append(found["snapshot"]["tasks_done"])
            assert found["snapshot"]["failed"] == 0
            assert seen[-1] <= case.finished_tasks()
            assert not found["damage"]
        assert seen == sorted(seen)
        assert_complete(case, process)


_WATCH = """
import sys, time
from pathlib import Path
from enchanted_tui.views.viewing import Viewer
viewer, end = Viewer(Path(sys.argv[1])), time.monotonic() + 50
while time.monotonic() < end:
    view = viewer.refresh(budget=5)
    print(view.phase, view.snapshot.tasks_done, view.snapshot.failed, flush=True)
    time.sleep(1)
"""


@pytest.mark.full
def test_viewer_on_another_host(on_disk, tmp_path):
    """A heart that beats is seen to beat, through old attributes too: nobody takes the supervisor
    for dead.
    """
    case, disk = on_disk(flat(TASKS, 6, sleep=6))
    with slow_disk(
        tmp_path / "elsewhere", disk.backing, "attr_timeout=30", "entry_timeout=30"
    ) as e:
        process = case.supervise()
        case.wait_for_tasks(1, process)
        watch = ["unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh"]
        shown = subprocess.run(
            [*watch, sys.executable, "-c", _WATCH, str(e.path)],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        ).stdout.split("\n")[:-1]
        seen = [line.split() for line in shown]
        assert {phase for phase, _, _ in seen} <= {"unknown", "running"}
        assert seen[-1][0] == "running"
        done = [int(count) for _, count, _ in seen]
        assert done == sorted(done)
        assert {failed for _, _, failed in seen} == {"0"}
        assert done[-1] <= case.finished_tasks()
        case.end_processes()


@pytest.mark.full
def test_slow_metadata(on_disk, tmp_path):
    """With 5 ms a call, 1,000 samples of a program on four workers take hardly longer than a bare
    loop that makes the same files, and heart and reports beat on.
    """
    config = flat(1000)
    config["executors"] = {"local": {"type": "LocalExecutor", "n_workers": 4}}
    config["runners"]["probe"] = {
        "type": "CommandRunner",
        "command": ["cp", "in.txt", "out.txt"],
        "files": {"in.txt": "x = {{ x }}\n"},
        "outputs": {"y": {"file": "out.txt", "regex": r"x = (\S+)"}},
    }
    case, disk = on_disk(config)
    disk.delay(5)
    process = case.supervise()
    case.wait_for_tasks(20, process)
    begun, calls, late = time.monotonic(), disk.calls, []
    first = case.finished_tasks()
    while process.poll() is None:
        with contextlib.suppress(OSError):
            for name in ("lock", "live.json"):
                late.append(time.time() - os.stat(disk.backing / "state" / name).st_mtime)
        time.sleep(0.5)
    lasted, calls = time.monotonic() - begun, disk.calls - calls
    assert_complete(case, process, 1000)
    assert max(late) < 5.0 + 10.0  # beats come every 5 s, unchanged reports every 10 s
    assert lasted < bare_loop(tmp_path, calls / (1000 - first)) * (1000 - first) / 0.85


def bare_loop(place: Path, calls: float) -> float:
    """Return the seconds a sample for which four processes that do nothing else take, of so many
    calls each.
    """
    code = (
        "import os, sys\nfor n in range(60):\n d = f'{sys.argv[1]}/d{sys.argv[2]}_{n}'\n"
        " os.mkdir(d)\n for m in range(int(sys.argv[3])):\n  open(f'{d}/{m}', 'x').close()\n"
    )
    with slow_disk(place / "bare") as disk:
        disk.delay(5)
        before, begun = disk.calls, time.monotonic()
        loops = [
            subprocess.Popen([sys.executable, "-c", code, str(disk.path), str(number), "4"])
            for number in range(4)
        ]
        for loop in loops:
            loop.wait(LIMIT)
        each = (disk.calls - before) / 240
        return (time.monotonic() - begun) / 240 * calls / each
