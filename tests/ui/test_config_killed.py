"""Typed text outlives the app: the real command on a real terminal, ended in the middle of
somebody's typing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from helpers.marks import in_full
from helpers.ui.campaign_watch import ended_afterwards, holder_pid, wait_for_done, wait_until
from helpers.ui.campaigns import write_config
from helpers.ui.terminal import Terminal

F2, F9 = "\x1bOQ", "\x1b[20~"
_UNDER_NOHUP = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "enchanted_tui", *sys.argv[1:]])
"""


@pytest.fixture
def kept(own_home: Path) -> Path:
    """Where texts are kept."""
    return own_home / ".local" / "state" / "enchanted-tui" / "recovery"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("# before\n")
    return path


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Terminals that are gone in the end."""
    started: list[Terminal] = []
    yield started
    for terminal in started:
        terminal.end()


def _is_offered(terminal: Terminal, path: Path, expected: str) -> None:
    """The next app offers the text, and saves it when it is told to."""
    terminal.wait_for("Unsaved changes were found")
    shown = len(terminal.text)
    terminal.press("r")
    terminal.wait_for("recious", after=shown)  # the cursor is on its first letter
    terminal.press(F2)
    wait_until(lambda: path.read_text() == expected, 20, "the saved file")


def test_text_is_offered_after_kill_9(path: Path, kept: Path, terminals: list[Terminal]) -> None:
    """Protects unsaved work when the app is killed: what was typed half a second before is offered;
    the file is untouched.
    """
    terminals.append(Terminal(str(path), cwd=path.parent))
    terminals[0].wait_for("before")
    terminals[0].press("precious ")
    wait_until(
        lambda: any("precious" in file.read_text() for file in kept.glob("*.json")),
        20,
        "the kept text",
    )
    os.kill(terminals[0].app_pid(), signal.SIGKILL)
    assert terminals[0].wait(15) == 137
    assert path.read_text() == "# before\n"
    terminals.append(Terminal(str(path), cwd=path.parent))
    _is_offered(terminals[1], path, "precious # before\n")


@pytest.mark.parametrize("end", ["SIGHUP", *in_full("SIGHUP under nohup", "closed", "SIGTERM")])
def test_last_letter_is_offered_after_an_end_in_order(
    path: Path, kept: Path, terminals: list[Terminal], end: str
) -> None:
    """Protects what was typed in the instant before the line dropped or a batch system said stop:
    not one letter of it is lost.
    """
    command = ("-c", _UNDER_NOHUP, str(path)) if "nohup" in end else (str(path),)
    terminals.append(Terminal(*command, cwd=path.parent))
    terminals[0].wait_for("before")
    terminals[0].press("precious ")
    terminals[0].wait_for("modified")
    wait_until(
        lambda: any("precious" in file.read_text() for file in kept.glob("*.json")),
        20,
        "the kept text",
    )
    shown = len(terminals[0].text)
    terminals[0].press("indeed ")
    terminals[0].wait_for("d", after=shown)
    if end == "closed":
        terminals[0].close_line()
    else:
        os.kill(terminals[0].pid, signal.SIGTERM if end == "SIGTERM" else signal.SIGHUP)
    terminals[0].wait(15)
    assert path.read_text() == "# before\n"
    terminals.append(Terminal(str(path), cwd=path.parent))
    _is_offered(terminals[1], path, "precious indeed # before\n")


def test_text_is_offered_while_the_campaign_of_its_app_goes_on(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    """Protects unsaved work in an app whose campaign outlives the dropped line by days: it is
    offered at once, not when that ends.
    """
    path = write_config(tmp_path / "work", function="slow", budget=900, batch_size=100)
    before, root = path.read_text(), path.parent / "campaign"
    with ended_afterwards(root):
        terminals.append(Terminal(str(path), cwd=path.parent))
        terminals[0].wait_for("valid")
        terminals[0].press(F9)
        terminals[0].wait_for("900 tasks")
        shown = len(terminals[0].text)
        terminals[0].press("\r")
        wait_for_done(root, 3)
        terminals[0].wait_for(r"d0_b0_s\d", after=shown)  # the Monitor, or the key came before it
        shown = len(terminals[0].text)
        terminals[0].press("2")
        terminals[0].wait_for("valid", after=shown)
        terminals[0].press("# precious\r")
        terminals[0].wait_for("modified", after=shown)
        os.kill(terminals[0].pid, signal.SIGHUP)
        terminals[0].wait(15)
        pid = holder_pid(root)
        assert pid is not None and psutil.pid_exists(pid)
        terminals.append(Terminal(str(path), cwd=path.parent))
        terminals[1].wait_for("Unsaved changes were found")
        assert holder_pid(root) == pid
        terminals[1].press("r")
        terminals[1].wait_for("modified")
        terminals[1].press(F2)
        wait_until(lambda: path.read_text() == "# precious\n" + before, 20, "the saved file")
