"""Reading a log, without a screen: the rows shown are always those that somebody with the whole
file in memory would see.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.storage.logs.log_search import compiled
from enchanted_tui.storage.logs.log_selection import REACH, Selection
from enchanted_tui.storage.logs.log_text import Level, level_of
from enchanted_tui.ui.log_reader import LogReader
from helpers.marks import examples

_LINES = st.sampled_from(
    [
        b"",
        b"plain",
        b"[ERROR] bad",
        b"[INFO ] fine",
        b"[WARNI] odd",
        b"  x" * 9,
        b"0123456789" * 3,
        "日本語".encode() * 5,
    ]
)
_TEXTS = st.lists(_LINES, max_size=30).map(lambda lines: b"".join(line + b"\n" for line in lines))
_MOVES = st.one_of(
    st.tuples(st.just("move"), st.integers(-30, 30)),
    st.tuples(st.just("page"), st.integers(-2, 2)),
    st.tuples(st.sampled_from(["home", "end"])),
    st.tuples(st.just("append"), _TEXTS),
    st.tuples(st.just("work")),
)


@dataclass
class Model:
    """The same with the whole file in memory, a list of rows and an index into it."""

    selection: Selection
    width: int
    height: int
    wrap: bool
    content: bytes = b""
    top: int = 0
    follow: bool = True
    rows: list[tuple[int, str]] = field(default_factory=list)

    def set(self, content: bytes) -> None:
        self.content, self.rows = content, []
        level, age, start = Level.NONE, 0, 0
        for line in content.split(b"\n")[:-1]:
            own = level_of(line)
            level, age = (own, 0) if own is not None else (level, age + 1)
            if self.selection.takes(line, level if age <= REACH else Level.NONE):
                self.rows += [(start, part) for part in self._parts(line.decode())]
            start += len(line) + 1
        self._place()

    def _parts(self, text: str) -> list[str]:
        if not self.wrap:
            return [text]
        parts, used = [""], 0
        for character in text:
            cells = 1 + (character > "\u1000")
            if used + cells > self.width:
                parts.append("")
                used = 0
            parts[-1] += character
            used += cells
        return parts

    @property
    def last_top(self) -> int:
        return max(0, len(self.rows) - self.height)

    def _place(self) -> None:
        self.top = self.last_top if self.follow else min(self.top, self.last_top)

    def move(self, rows: int) -> None:
        if rows < 0:
            self.follow, self.top = False, max(0, self.top + rows)
        else:
            self.follow, self.top = (
                self.top + rows >= self.last_top,
                min(self.top + rows, self.last_top),
            )

    def page(self, pages: int) -> None:
        self.move(pages * max(1, self.height - 1))

    def home(self) -> None:
        self.follow, self.top = False, 0

    def end(self) -> None:
        self.follow, self.top = True, self.last_top


@given(
    _TEXTS,
    st.lists(_MOVES, max_size=12),
    st.sampled_from(
        [
            Selection(),
            Selection(Level.ERROR),
            Selection(pattern=compiled("b|5")),
            Selection(Level.INFO, compiled("i")),
        ]
    ),
    st.booleans(),
    st.integers(1, 8),
)
@settings(max_examples=examples(150), deadline=None)
def test_what_is_shown_is_what_is_there(
    content: bytes, moves: list[tuple[Any, ...]], selection: Selection, wrap: bool, height: int
) -> None:
    """Protects the reader: whatever is chosen, however one moves and the file grows, the rows are
    right and following is as it says.
    """
    with tempfile.NamedTemporaryFile(suffix=".log") as file:
        file.write(content)
        file.flush()
        model = Model(selection, 10, height, wrap)
        model.set(content)
        reader = LogReader(Path(file.name), 10, height)
        reader.wrap, reader.selection = wrap, selection
        for name, *arguments in moves:
            if name == "append":
                file.write(arguments[0])
                file.flush()
                reader.poll()
                model.set(model.content + arguments[0])
            elif name == "work":
                while reader.work():
                    pass
            else:
                getattr(reader, name)(*arguments)
                getattr(model, name)(*arguments)
            page = reader.look()
            assert [(row.start, row.text) for row in page.rows] == model.rows[
                model.top : model.top + height
            ]
            assert page.follow == model.follow
        reader.close()


def _working(reader: LogReader) -> None:
    while reader.work():
        pass


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "main.log"
    path.write_bytes(b"".join(b"[INFO ] line %d\n" % number for number in range(1, 10_001)))
    return path


def _text(reader: LogReader) -> list[str]:
    return [row.text for row in reader.look().rows]


def test_search_goes_both_ways_and_on_from_the_other_end(log: Path) -> None:
    """Protects search: each match once, in order, in the direction asked for, and it says that it
    has gone round.
    """
    reader = LogReader(log, 80, 5)
    reader.home()
    found = []
    for forward in (True, True, False, False):
        reader.search(compiled(r"line \d*7777$"), forward=forward)
        _working(reader)
        page = reader.look()
        found.append(next(row.text for row in page.rows if row.start == page.found))
    assert found == ["[INFO ] line 7777"] * 4
    assert reader.look().note == "went on from the other end"
    assert not reader.follow
    reader.search(compiled("line 42$"))
    _working(reader)
    reader.search(compiled("line 4[0-9]$"), forward=False)
    _working(reader)
    page = reader.look()
    assert next(row.text for row in page.rows if row.start == page.found) == "[INFO ] line 41"
    reader.search(compiled("nothing of the kind"))
    assert reader.look().busy.startswith("searching")
    _working(reader)
    assert reader.look().note == "not found: nothing of the kind"
    reader.close()


def test_a_search_can_be_given_up(log: Path) -> None:
    """Protects against waiting for a search through a file that is larger than expected."""
    reader = LogReader(log)
    reader.search(compiled("never"))
    assert reader.cancel()
    assert not reader.cancel()
    assert reader.look().note == "search given up"
    assert not reader.look().busy.startswith("searching")
    reader.close()


def test_a_choice_that_no_line_meets_keeps_the_place(log: Path) -> None:
    """Protects somebody in the middle of a log who looks for errors, of which there are none."""
    reader = LogReader(log, 80, 5)
    _working(reader)
    reader.go_to_line(500)
    before = reader.look()
    reader.selection = Selection(pattern=compiled("nobody has written this"))
    _working(reader)
    hidden = reader.look()
    assert not hidden.rows and hidden.top == before.top
    reader.go_to(hidden.top)  # as when the log is shown again
    assert reader.look().top == before.top
    reader.selection = Selection()
    assert reader.look().rows == before.rows
    reader.close()


def test_lines_have_numbers_once_counted(log: Path) -> None:
    """Protects going to a line and the numbers shown."""
    reader = LogReader(log, 80, 5)
    assert (reader.look().number, reader.look().total) == (None, None)
    _working(reader)
    assert (reader.look().number, reader.look().total) == (9_996, 10_000)
    reader.go_to_line(123)
    assert _text(reader)[0] == "[INFO ] line 123"
    reader.go_to_line(20_000)
    assert "there is no line 20000; 10000 lines" in reader.look().note
    reader.close()


def test_a_follower_goes_on_with_the_new_log_and_a_reader_with_the_old_one(log: Path) -> None:
    """Protects both when a log is rotated: nobody's lines vanish, and somebody who follows sees the
    new ones.
    """
    follower, reader = LogReader(log, 80, 5), LogReader(log, 80, 5)
    reader.home()
    log.rename(log.with_name("main.log.1"))
    log.write_bytes(b"[INFO ] new\n")
    follower.poll()
    reader.poll()
    assert _text(follower) == ["[INFO ] new"]
    assert "main.log.1" in follower.look().note
    assert _text(reader)[0] == "[INFO ] line 1"
    assert reader.path.name == "main.log.1"
    follower.close()
    reader.close()


def test_a_file_that_is_replaced_again_and_again_stays_in_place(tmp_path: Path) -> None:
    """Protects progress files, which are replaced each second: the person stays where they were
    looking.
    """
    path = tmp_path / "progress.txt"
    path.write_text("".join(f"report {number}\n" for number in range(50)))
    reader = LogReader(path, 80, 5)
    reader.go_to_line(1)
    reader.home()
    reader.move(10)
    (tmp_path / "next").write_text("".join(f"REPORT {number}\n" for number in range(60)))
    (tmp_path / "next").rename(path)
    reader.poll()
    assert _text(reader)[0] == "REPORT 10"
    reader.close()


def test_a_log_may_come_later_and_may_go(tmp_path: Path) -> None:
    """Protects a campaign's first second, and a run directory that is cleaned while somebody
    looks.
    """
    path = tmp_path / "main.log"
    reader = LogReader(path, 80, 5)
    assert "main.log cannot be read" in reader.look().note
    reader.move(-3)
    reader.home()
    reader.wrap = True
    reader.resize(60, 4)
    reader.search(compiled("x"))
    path.write_text("here\n")
    reader.poll()
    assert _text(reader) == ["here"]
    path.unlink()
    reader.poll()
    assert _text(reader) == ["here"]
    assert "has been removed" in reader.look().note
    reader.close()


def test_a_bad_pattern_is_a_sentence() -> None:
    """Protects somebody who types half a regular expression."""
    with pytest.raises(ValueError, match=r"'\(x' is no regular expression: .*write a backslash"):
        compiled("(x")
    assert compiled("error").flags & re.IGNORECASE
    assert not compiled("Error").flags & re.IGNORECASE


_GIGABYTE = """
import resource, sys, time
from pathlib import Path
from enchanted_tui.storage.logs.log_search import compiled
from enchanted_tui.ui.log_reader import LogReader
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
reader = LogReader(Path(sys.argv[1]), 80, 24)
page = reader.look()
opened = time.perf_counter() - start
assert page.rows[-1].text == "[ERROR] the end", page.rows[-1]
while reader.work():
    pass
page = reader.look()
reader.home()
assert reader.look().rows[0].text == "[INFO ] the beginning"
reader.search(compiled("in the middle"))
while reader.work():
    pass
assert "in the middle" in "".join(row.text for row in reader.look().rows)
print(opened, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, page.total)
"""


@pytest.mark.full
@pytest.mark.slow
def test_a_gigabyte_opens_at_once_in_little_memory(tmp_path: Path) -> None:
    """Protects memory and patience: a log of 1 GB, most of it one line without end, is shown,
    counted and searched in constant memory.
    """
    path = tmp_path / "huge.log"
    with path.open("wb") as file:
        file.write(b"[INFO ] the beginning\n")
        file.seek(1 << 29)
        file.write(b"\n[INFO ] in the middle\n")
        file.seek((1 << 30) - 100)
        file.write(b"\n" * 50 + b"[ERROR] the end\n")
    done = subprocess.run(
        [sys.executable, "-c", _GIGABYTE, str(path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    opened, growth, total = done.stdout.split()
    assert float(opened) < 1.0
    assert int(growth) < 60_000, f"{growth} KiB"
    assert int(total) == 54
