"""The app leaves, is left, or is killed while it hosts a campaign: nothing finished is lost, and
where it can go on, it does.

Everything through a real pseudo-terminal and the real command.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers.marks import in_full
from helpers.ui.campaign_watch import (
    ended_afterwards,
    finished_tasks,
    holder_pid,
    sessions,
    status,
    wait_for_done,
    wait_until,
)
from helpers.ui.campaigns import write_config
from helpers.ui.terminal import Terminal

F9 = "\x1b[20~"


class Hosted:
    """An app with a campaign in its thread, some of whose tasks have finished."""

    def __init__(self, directory: Path, **options: Any) -> None:
        self.config = write_config(directory, function="slow", budget=60, batch_size=20, **options)
        self.root = directory / "campaign"
        self.terminal = Terminal(str(self.config), cwd=directory)

    def start(self) -> None:
        self.terminal.wait_for("valid")
        self.terminal.press(F9)
        self.terminal.wait_for("60 tasks")
        self.terminal.press("\r")
        wait_for_done(self.root, 3)
        self.pid = self.terminal.app_pid()
        assert holder_pid(self.root) == self.pid


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Hosted]:
    found = Hosted(tmp_path / "work")
    with ended_afterwards(found.root):
        try:
            found.start()
            yield found
        finally:
            found.terminal.end()


def _goes_on_alone(hosted: Hosted) -> None:
    """The same process runs the same session on, without its terminal."""
    done = len(finished_tasks(hosted.root))
    wait_for_done(hosted.root, done + 5)
    assert holder_pid(hosted.root) == hosted.pid
    assert sessions(hosted.root) == 1
    assert not [
        file.path
        for file in psutil.Process(hosted.pid).open_files()
        if file.path.startswith("/dev/pts")
    ]


def _completes(root: Path) -> None:
    """The campaign comes to its end with every task run once."""
    wait_until(
        lambda: (found := status(root)) is not None and found.snapshot.end_reason == "completed",
        90,
        "the end",
    )
    tasks = finished_tasks(root)
    assert len(tasks) == len(set(tasks)) == 60


@pytest.mark.parametrize("line", ["SIGHUP", *in_full("closed")])
def test_campaign_goes_on_without_its_terminal(hosted: Hosted, line: str) -> None:
    """Protects a campaign of days from a dropped SSH line or a closed window; it can be attached to
    again, by an app that just leaves.
    """
    if line == "SIGHUP":
        os.kill(hosted.terminal.pid, signal.SIGHUP)
    else:
        hosted.terminal.close_line()
    hosted.terminal.wait(15)
    if line == "SIGHUP":  # sent by hand: the terminal is still there, and must be one to type on
        assert b"\x1b[?1049l" in hosted.terminal.written[-800:]
    _goes_on_alone(hosted)
    again = Terminal(str(hosted.root), cwd=hosted.root.parent)
    try:
        again.wait_for("RUNNING")
        again.press("q")
        assert again.wait(10) == 0
    finally:
        again.end()
    _completes(hosted.root)
    wait_until(lambda: not psutil.pid_exists(hosted.pid), 20, "the end of the process")


def test_kept_running_on_quitting(hosted: Hosted) -> None:
    """Quitting can leave the campaign running; the shell gets its prompt back with status 0 and a
    word on how to see it again.
    """
    hosted.terminal.press("q")
    hosted.terminal.wait_for("Keep running", 10)
    hosted.terminal.press("k")
    assert hosted.terminal.wait(10) == 0
    assert "goes on in the background" in hosted.terminal.text
    assert f"enchanted-tui {hosted.root}" in hosted.terminal.text.replace("\n", "").replace(
        "\r", ""
    )
    _goes_on_alone(hosted)
    os.kill(hosted.pid, signal.SIGTERM)  # as headless: drains
    wait_until(
        lambda: (
            (found := status(hosted.root)) is not None and found.snapshot.end_reason == "drained"
        ),
        30,
        "a drained end",
    )


def test_killed_app_loses_nothing(hosted: Hosted) -> None:
    """After kill -9 the terminal is in order, the shell is told what to do, and resume runs only
    what had no result.
    """
    os.kill(hosted.pid, signal.SIGKILL)
    assert hosted.terminal.wait(15) == 137
    said = hosted.terminal.written[-800:]
    assert b"\x1b[?1049l" in said and b"\x1b[?25h" in said and b"SIGKILL" in said
    before = finished_tasks(hosted.root)
    assert len(before) >= 3
    subprocess.run(
        [sys.executable, "-m", "enchanted_tui", str(hosted.root), "--no-ui"],
        check=True,
        capture_output=True,
        timeout=90,
    )
    tasks = finished_tasks(hosted.root)
    assert tasks[: len(before)] == before
    assert len(tasks) == len(set(tasks)) == 60


@pytest.mark.full
def test_killed_minder_is_like_a_closed_terminal(hosted: Hosted) -> None:
    """Should the process that stays with the terminal be killed, the app lets go of the terminal
    and the campaign goes on.
    """
    os.kill(hosted.terminal.pid, signal.SIGKILL)
    hosted.terminal.wait(5)
    _goes_on_alone(hosted)


@pytest.mark.full
@pytest.mark.parametrize(("key", "reason"), [("d", "drained"), *in_full(("a", "aborted"))])
def test_stopped_on_quitting(hosted: Hosted, key: str, reason: str) -> None:
    """Drain and abort on quitting end the session in order, and the app with it."""
    hosted.terminal.press("q")
    hosted.terminal.wait_for("Keep running", 10)
    asked = time.monotonic()
    hosted.terminal.press(key)
    assert hosted.terminal.wait(20) == 0
    if key == "a":
        assert time.monotonic() - asked < 5
    wait_until(
        lambda: (found := status(hosted.root)) is not None and found.snapshot.end_reason == reason,
        10,
        reason,
    )
    wait_until(lambda: not psutil.pid_exists(hosted.pid), 10, "the end of the process")


@pytest.mark.full
def test_terminated_app_drains(hosted: Hosted) -> None:
    """SIGTERM, as a batch system sends it, does what it does without the app: running tasks finish,
    exit code 143.
    """
    os.kill(hosted.terminal.pid, signal.SIGTERM)
    assert hosted.terminal.wait(30) == 143
    found = status(hosted.root)
    assert found is not None and found.snapshot.end_reason == "drained"


def test_stopped_job_keeps_its_campaign_running(hosted: Hosted) -> None:
    """Ctrl+Z gives the shell its terminal back; the campaign goes on meanwhile, and so does the app
    after fg.
    """
    hosted.terminal.press("\x1a")
    wait_until(
        lambda: psutil.Process(hosted.terminal.pid).status() == psutil.STATUS_STOPPED,
        10,
        "a stopped job",
    )
    # it stops after the last byte, which is read a moment later
    wait_until(
        lambda: b"\x1b[?1049l" in hosted.terminal.written[-2000:], 10, "the shell's own screen"
    )
    done = len(finished_tasks(hosted.root))
    wait_for_done(hosted.root, done + 4)
    shown = len(hosted.terminal.text)
    os.kill(hosted.terminal.pid, signal.SIGCONT)
    hosted.terminal.wait_for("RUNNING", 15, after=shown)
