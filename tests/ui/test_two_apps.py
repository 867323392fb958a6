"""Two apps look at one headless campaign: they show the same, and what one asks of it the other one
shows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enchanted_tui.campaign_status import Phase
from helpers.ui.campaign_watch import ended_afterwards, wait_for_done, wait_until
from helpers.ui.campaigns import write_config
from helpers.ui.terminal import Terminal


@pytest.fixture
def headless(tmp_path: Path) -> Iterator[Path]:
    """The run directory of a campaign that runs in a process of its own, without an app."""
    config = write_config(tmp_path / "work", function="slow", budget=2000, batch_size=100)
    root = tmp_path / "work" / "campaign"
    with ended_afterwards(root):
        started = subprocess.run(
            [sys.executable, "-m", "enchanted_tui", str(config), "--detach"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert f"enchanted-tui {root}" in started.stdout
        wait_for_done(root, 3)
        yield root


def test_two_apps_show_the_same(headless: Path, own_home: Path) -> None:
    """Protects the one source of truth: pausing in one app shows in the other within 3 s, and then
    both show the same numbers.
    """
    first, second = (Terminal(str(headless), cwd=headless.parent, size=(100, 30)) for _ in range(2))
    try:
        for terminal in (first, second):
            terminal.wait_for("RUNNING")
        shown = len(second.text)
        first.press("p")
        asked = time.monotonic()
        second.wait_for("PAUSED", 10, after=shown)
        assert time.monotonic() - asked < 3 or _is_busy(), f"{time.monotonic() - asked:.1f} s"
        first.wait_for("PAUSED", 10)
        time.sleep(2.0)  # what still ran has finished, and both have looked since
        numbers = [
            re.findall(r"\d+/\d+|\d+ ok|\d+ failed", _screen(terminal, own_home))
            for terminal in (first, second)
        ]
        assert numbers[0] == numbers[1] and len(numbers[0]) >= 3

        shown = len(first.text)
        second.press("p")
        first.wait_for("RUNNING", 10, after=shown)
    finally:
        first.end()
        second.end()


def _screen(terminal: Terminal, home: Path) -> str:
    """Give what an app shows, through its own key for that."""
    directory = home / ".local/state/enchanted-tui/copied"
    before = set(directory.glob("*.txt"))
    terminal.press("\x19")  # ctrl+y
    wait_until(lambda: set(directory.glob("*.txt")) - before, 15, "a copy of the screen")
    [copy] = set(directory.glob("*.txt")) - before
    wait_until(copy.read_text, 5)
    return copy.read_text()


def _is_busy() -> bool:
    """Tell whether this machine has more to do than it can: then times say nothing."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def test_same_numbers_in_one_process(headless: Path) -> None:
    """The same through the read model: two viewers of a campaign that stands still agree in every
    number.
    """
    from enchanted_tui.operations import actions
    from enchanted_tui.views.viewing import Viewer

    actions.steer(headless, "pause")
    viewers = [Viewer(headless), Viewer(headless)]
    try:
        now, deadline = time.time() + 60, time.monotonic() + 20
        while True:
            views = [viewer.refresh(now=now) for viewer in viewers]
            if all(
                view.phase is Phase.PAUSED and not view.running and view.reading == 1
                for view in views
            ):
                break
            assert time.monotonic() < deadline
            time.sleep(0.2)
        one, other = (view.snapshot for view in views)
        assert (one.tasks_done, one.succeeded, one.failed, one.stages) == (
            other.tasks_done,
            other.succeeded,
            other.failed,
            other.stages,
        )
        assert views[0].batches == views[1].batches
    finally:
        for viewer in viewers:
            viewer.close()


def test_detached_start_that_is_refused(tmp_path: Path) -> None:
    """What keeps a campaign from beginning is said at once, with its exit code, not left in a
    file.
    """
    config = write_config(tmp_path / "work")
    command = [
        sys.executable,
        "-m",
        "enchanted_tui",
        str(config),
        "--detach",
        "--run-mode",
        "resume",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert "nothing to resume" in done.stderr.lower()
    assert not (tmp_path / "work" / "campaign").exists()


def test_detached_start_without_a_place_for_its_words(tmp_path: Path) -> None:
    """Protects the start on a machine whose home cannot be written: one sentence with the remedy,
    and nothing begun.
    """
    config = write_config(tmp_path / "work")
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "enchanted_tui", str(config), "--detach"]
    surroundings = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "file")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=surroundings)
    assert done.returncode == 3
    assert "set XDG_STATE_HOME" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "work" / "campaign").exists()


def test_app_without_a_terminal(tmp_path: Path) -> None:
    """Piped into something else, the app says what to do instead of drawing."""
    done = subprocess.run(
        [sys.executable, "-m", "enchanted_tui"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr and "--no-ui" in done.stderr


def test_options_of_runs_do_not_go_with_the_app(tmp_path: Path) -> None:
    """An option that the app would ignore is refused instead."""
    config = write_config(tmp_path / "work")
    done = subprocess.run(
        [sys.executable, "-m", "enchanted_tui", str(config), "--run-mode", "resume"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "--run-mode" in done.stderr
