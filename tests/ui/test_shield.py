"""Foreign code in the app's own process can neither write on the screen nor read the keyboard, and
takes nothing down but its campaign.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enchanted_tui.campaign_status import Liveness
from helpers.ui.campaign_watch import ended_afterwards, status, wait_until
from helpers.ui.campaigns import HERE, write_config
from helpers.ui.rude_plugin import MARK
from helpers.ui.terminal import Terminal

F9 = "\x1b[20~"


def _rude_config(directory: Path, sampler: str, runner: str, budget: int = 12) -> Path:
    path = write_config(directory, budget=budget, batch_size=6)
    shutil.copy(HERE / "rude_plugin.py", directory)
    text = path.read_text().replace("type: RandomSampler", f'type: "rude_plugin:{sampler}"')
    path.write_text(text.replace('{type: PythonRunner, function: "code_under_test:wavy"}', runner))
    return path


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    with ended_afterwards(tmp_path / "work" / "campaign"):
        yield tmp_path / "work"


def _launch(terminal: Terminal) -> None:
    terminal.wait_for("valid")
    terminal.press(F9)
    terminal.wait_for("12 tasks")
    terminal.press("\r")


def test_rude_sampler_and_runner_leave_screen_and_app_intact(work: Path, own_home: Path) -> None:
    """Protects the screen, byte by byte, the keyboard, and the app's working directory and
    signals.
    """
    config = _rude_config(work, "RudeSampler", '{type: "rude_plugin:RudeRunner"}')
    root = work / "campaign"
    terminal = Terminal(str(config), cwd=work)
    try:
        _launch(terminal)
        wait_until(
            lambda: (found := status(root)) is not None and found.snapshot.end_reason is not None,
            60,
            "the end",
        )
        found = status(root)
        assert found is not None and found.snapshot.end_reason == "completed", found
        assert found.snapshot.tasks_done == 12 and 0 < found.snapshot.failed < 12
        assert {failure.kind for failure in found.last_failures} <= {"exit"}, found.last_failures
        terminal.wait_for("FINISHED", 20)

        pid = terminal.app_pid()
        assert Path(f"/proc/{pid}/cwd").readlink() == work
        shown = len(terminal.text)
        # the keyboard is still the app's, and relative paths mean what they did
        terminal.press("1")
        terminal.wait_for("RUN DIRECTORY", 15, after=shown)
        assert MARK.encode() not in terminal.written
        assert b"password" not in terminal.written
        strays = (own_home / ".local/state/enchanted-tui/output.log").read_text()
        for kind in ("print", "error", "descriptor 1", "descriptor 2", "C library"):
            assert f"{MARK} {kind} sampler" in strays, strays
        assert f"{MARK} child" in strays
        terminal.press("q")
        assert terminal.wait(15) == 0
    finally:
        terminal.end()


@pytest.mark.full
def test_window_can_be_resized_after_a_library_has_ignored_it(work: Path) -> None:
    """Protects the layout: a C library that ignores SIGWINCH is overruled."""
    config = _rude_config(work, "RudeSampler", '{type: "rude_plugin:RudeRunner"}')
    terminal = Terminal(str(config), cwd=work, size=(100, 30))
    try:
        _launch(terminal)
        terminal.wait_for("FINISHED", 60)
        shown = len(terminal.text)
        deadline = time.monotonic() + 20
        columns = 140
        while "2 Config" not in terminal.text[shown:]:  # the wide layout names all modes
            assert time.monotonic() < deadline, "the screen has not been laid out anew"
            columns += 1
            terminal.resize(columns, 40)
            time.sleep(1)
    finally:
        terminal.end()


def test_sampler_that_exits_ends_its_campaign_alone(work: Path) -> None:
    """sys.exit in a sampler is an error of that campaign: the app says so and stays."""
    config = _rude_config(
        work, "LeavingSampler", '{type: PythonRunner, function: "code_under_test:wavy"}'
    )
    terminal = Terminal(str(config), cwd=work)
    try:
        _launch(terminal)
        terminal.wait_for("could not go on|has ended", 60)
        shown = len(terminal.text)
        terminal.press("1")
        terminal.wait_for("RUN DIRECTORY", 15, after=shown)
        found = status(work / "campaign")
        assert found is not None and found.snapshot.tasks_done == 6
    finally:
        terminal.end()


@pytest.mark.full
def test_sampler_that_crashes_the_process_ends_the_app_but_not_the_record(work: Path) -> None:
    """After a crash of the whole process the terminal is in order and what had finished is on
    record.
    """
    config = _rude_config(
        work, "LeavingSampler", '{type: PythonRunner, function: "code_under_test:wavy"}'
    )
    terminal = Terminal(str(config), cwd=work, LEAVE="at once")
    try:
        _launch(terminal)
        assert terminal.wait(60) == 128 + signal.SIGABRT
        said = terminal.written[-1500:]
        assert (
            b"\x1b[?1049l" in said
            and b"SIGABRT" in said
            and os.fsencode(work / "campaign") in said.replace(b"\r\n", b"")
        )
        found = status(work / "campaign")
        assert found is not None and found.liveness is Liveness.NOT_RUNNING
    finally:
        terminal.end()
