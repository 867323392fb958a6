"""What the app and the process that minds its terminal do with a real terminal: lend it, name it,
ring it, and give it back in order.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.ui import app_process
from enchanted_tui.ui.settings import Preferences, Settings
from helpers.ui.campaign_watch import ended_afterwards, holder_pid, wait_for_done, wait_until
from helpers.ui.campaigns import run_campaign, write_config
from helpers.ui.terminal import Terminal

_OURS = re.compile(rb"\x1b\[\?(\d+)([hl])")


@contextlib.contextmanager
def terminal(*arguments: str, cwd: Path, **more: Any) -> Iterator[Terminal]:
    found = Terminal(*arguments, cwd=cwd, **more)
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    return run_campaign(tmp_path / "work")


def test_everything_asked_of_the_terminal_is_taken_back(campaign: Path) -> None:
    """After the app the shell has its screen, cursor, mouse, paste mode and title again."""
    with terminal(str(campaign), cwd=campaign.parent) as shown:
        shown.wait_for("FINISHED")
        shown.press("q")
        assert shown.wait(15) == 0
        modes: dict[bytes, bytes] = {}
        for mode, switch in _OURS.findall(shown.written):
            modes[mode] = switch
        # line wrap and a visible cursor
        assert {mode for mode, switch in modes.items() if switch == b"h"} <= {
            b"7",
            b"25",
        }
        assert b"\x1b]2;finished campaign" in shown.written
        assert shown.written.rindex(b"\x1b[23;2t") > shown.written.rindex(b"\x1b]2;")


def test_editor_gets_the_terminal(tmp_path: Path) -> None:
    """$EDITOR has the keyboard, the screen and a controlling terminal, and what it writes comes
    back as an edit.
    """
    config = write_config(tmp_path / "work")
    editor = tmp_path / "editor.sh"
    editor.write_text(
        "#!/bin/sh\necho EDITOR-ON-SCREEN\necho EDITOR-ON-TTY > /dev/tty\nread word <"
        ' /dev/tty\necho "# $word was typed" >> "$1"\n'
    )
    editor.chmod(0o755)
    with terminal(str(config), cwd=config.parent, EDITOR=str(editor)) as shown:
        shown.wait_for("valid")
        shown.press("\x1b")
        time.sleep(0.5)
        shown.press("e")
        shown.wait_for("EDITOR-ON-SCREEN")
        shown.wait_for("EDITOR-ON-TTY")
        shown.press("hello\r")
        shown.wait_for("# hello was typed")
        shown.wait_for("modified")


def test_missing_editor_is_a_sentence(tmp_path: Path) -> None:
    """An $EDITOR that does not exist leaves the app as it was."""
    config = write_config(tmp_path / "work")
    with terminal(str(config), cwd=config.parent, EDITOR="no-such-editor") as shown:
        shown.wait_for("valid")
        shown.press("\x1b")
        time.sleep(0.5)
        shown.press("e")
        shown.wait_for("no program no-such-editor|no-such-editor")
        shown.wait_for("valid")


def test_bell_at_the_end_of_a_campaign(tmp_path: Path) -> None:
    """supervisor.notify: bell rings, without the app on the terminal that the campaign was started
    from.
    """
    path = write_config(tmp_path / "work", budget=4, batch_size=4)
    path.write_text(path.read_text().replace("  seed: 7\n", "  seed: 7\n  notify: bell\n"))
    with terminal(str(path), "--no-ui", cwd=path.parent) as shown:
        assert shown.wait(40) == 0
        assert b"\x07" in shown.written


def test_defect_of_the_app_does_not_end_its_campaign(tmp_path: Path) -> None:
    """An error that nobody expected ends the display with a traceback and a sentence, and the
    campaign goes on.
    """
    config = write_config(tmp_path / "work", function="slow", budget=200)
    root = config.parent / "campaign"
    broken = (
        "from enchanted_tui.ui.screens.runs import RunsScreen\n"
        "def broken(self): raise RuntimeError('a defect')\n"
        "RunsScreen.action_runs_sort = broken\n"
    )
    code = (
        f"import sys\n{broken}from enchanted_tui.cli import main\nsys.exit(main([{str(config)!r}]))"
    )
    with ended_afterwards(root), terminal("-c", code, cwd=config.parent) as shown:
        shown.wait_for("valid")
        shown.press("\x1b[20~")
        shown.wait_for("200 tasks")
        shown.press("\r")
        wait_for_done(root, 3)
        shown.press("1")
        shown.wait_for("RUN DIRECTORY")
        shown.press("o")
        assert shown.wait(20) == 0
        assert "a defect" in shown.text and "goes on in the background" in shown.text
        pid = holder_pid(root)
        assert pid is not None
        wait_for_done(root, 6)
        assert holder_pid(root) == pid


def test_quitting_while_the_file_server_hangs(campaign: Path) -> None:
    """q answers within two seconds although every look at the run directory hangs: here, at a pipe
    that nobody writes to.
    """
    os.mkfifo(campaign / "state" / "hanging")
    (campaign / "state" / "journal.jsonl").unlink()
    (campaign / "state" / "hanging").rename(campaign / "state" / "journal.jsonl")
    (campaign / "enchanted_run.yaml").unlink()
    with terminal(str(campaign), cwd=campaign.parent) as shown:
        shown.wait_for("Quit")
        time.sleep(1.0)
        asked = time.monotonic()
        shown.press("q")
        shown.wait(10)
        assert time.monotonic() - asked < 2 or os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def test_no_color_and_poor_terminals(campaign: Path) -> None:
    """NO_COLOR leaves attributes only, and with them the cursor is seen; where the encoding is not
    UTF-8, signs are ASCII.
    """
    with terminal(
        str(campaign), cwd=campaign.parent, NO_COLOR="1", TERM="screen", LC_ALL="C"
    ) as shown:
        shown.wait_for("FINISHED")
        shown.press("wj")  # what was not shown at first
        shown.press("2")
        shown.wait_for("Problems")
        numbers = {
            number
            for codes in re.findall(rb"\x1b\[([0-9;]+)m", shown.written)
            for number in map(int, codes.split(b";"))
        }
        assert 7 in numbers and not {number for number in numbers if number >= 30}, numbers
        assert "✓" not in shown.text and "+ FINISHED" in shown.text


@pytest.mark.parametrize(
    ("wanted", "asked", "environment", "expected"),
    [
        (None, False, {}, False),
        (None, False, {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, True),
        (False, False, {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, False),
        (False, True, {}, True),
        (True, False, {}, True),
    ],
)
def test_when_the_line_is_spared(
    wanted: bool | None, asked: bool, environment: dict[str, str], expected: bool
) -> None:
    """On SSH by itself; a setting decides otherwise, an option decides in any case."""
    assert (
        app_process.use_low_bandwidth(
            Settings(Preferences(low_bandwidth=wanted)), asked, environment
        )
        is expected
    )


def test_low_bandwidth_reaches_textual() -> None:
    """The limits are in force when Textual is imported."""
    code = (
        "from enchanted_tui.ui.app_process import spare_the_line\nspare_the_line()\nfrom textual"
        " import constants\nprint(constants.MAX_FPS, constants.TEXTUAL_ANIMATIONS,"
        " constants.SMOOTH_SCROLL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split() == ["10", "none", "False"]


@pytest.mark.full
def test_line_that_drops_while_the_app_starts_is_no_defect(tmp_path: Path) -> None:
    """A hang-up at any moment of composing the first screen ends the app in order, with status 0
    and without a traceback.
    """
    config = write_config(tmp_path / "work")
    for moment in range(8):
        with terminal(str(config), cwd=config.parent) as shown:
            wait_until(lambda: b"\x1b[?1049h" in shown.written, 30, "the second screen")
            time.sleep(moment * 0.05)
            os.kill(shown.pid, signal.SIGHUP)
            assert shown.wait(20) == 0, moment
            assert "Traceback" not in shown.text
