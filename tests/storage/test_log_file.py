"""Logs that are appended to, truncated, rotated and replaced while somebody looks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enchanted_tui.storage.logs.log_file import Change, LogFile
from enchanted_tui.storage.logs.log_text import Level, level_of, shown


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "main.log"
    path.write_bytes(b"one\ntwo\n")
    return path


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_growth_is_seen_and_nothing_beyond_it_is_read(path: Path) -> None:
    """Protects following: what is read ends where the last look saw the end."""
    file = LogFile(path)
    assert file.poll() is Change.NOTHING
    _append(path, b"three\n")
    assert file.read(4, 100) == b"two\n"
    assert file.poll() is Change.GROWN
    assert file.read(4, 100) == b"two\nthree\n"
    file.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"new\n", b"written anew and much longer\n"],
    ids=["emptied", "shorter", "longer"],
)
def test_a_file_written_anew_in_place_is_noticed(path: Path, content: bytes) -> None:
    """Protects against a mixture of old and new lines, also where the new file has outgrown the old
    one.
    """
    file = LogFile(path)
    path.write_bytes(content)
    assert file.poll() is Change.TRUNCATED
    assert file.read(0, 100) == content
    file.close()


def test_a_renamed_file_can_be_read_on(path: Path) -> None:
    """Protects somebody who reads a log while it is rotated away."""
    file = LogFile(path)
    path.rename(path.with_name("main.log.1"))
    assert file.poll() is Change.GONE
    path.write_bytes(b"new\n")
    assert file.poll() is Change.REPLACED
    assert file.read(0, 100) == b"one\ntwo\n"
    file.close()


def test_a_pipe_does_not_stop_anybody(tmp_path: Path) -> None:
    """Protects the app from waiting for ever for a file that is none; nothing stays open."""
    os.mkfifo(tmp_path / "pipe.log")
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="Illegal seek"):
        LogFile(tmp_path / "pipe.log")
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"plain \xc3\xa9\xf0\x9f\x99\x82", "plain é🙂"),
        (b"\x1b[31mred\x1b]0;title\x07", "^[[31mred^[]0;title^G"),
        (b"bad \xff\xfe utf", "bad \\xff\\xfe utf"),
        (b"a\tb\r", "a       b"),
        ("bidi \u202e and \u2028 and \x9b31m".encode(), "bidi \\u202e and \\u2028 and \\x9b31m"),
        ("no\u00a0break".encode(), "no break"),
        (b"50%\r60%\x7f\x00", "50%^M60%^?^@"),
    ],
)
def test_nothing_in_a_log_reaches_the_terminal_as_a_command(line: bytes, text: str) -> None:
    """Protects the screen: control and escape sequences, bad bytes and invisible characters are
    shown, not sent.
    """
    assert shown(line) == text


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b"2025-03-01 12:00:00,123 [INFO ] ready", Level.INFO),
        (b"2025-03-01 12:00:00,123 [WARNI] careful", Level.WARNING),
        (b"2025-03-01 12:00:00,123 [CRITI] full", Level.CRITICAL),
        (b"ERROR: x", Level.ERROR),
        (b'  File "x.py", line 3', None),
        (b"no ERRORS here", None),
        (b"x" * 100 + b" ERROR", None),
    ],
)
def test_levels_are_found_as_loggers_write_them(line: bytes, level: Level | None) -> None:
    """Protects the level filter from missing what is serious and from showing words in passing."""
    assert level_of(line) == level
