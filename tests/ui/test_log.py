"""The Log screen in the real app: each action by key, palette or mouse, and what it shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enchanted_tui.ui.screens.file import FileScreen
from enchanted_tui.ui.screens.log import LogScreen
from enchanted_tui.ui.widgets.log_view import LogView
from helpers.ui.snapshots import SIZES, assert_screen
from helpers.ui.watching import Watcher, in_loop, watching


def _line(number: int) -> str:
    if number % 50 == 25:
        return (
            f"2025-03-01 12:00:00,{number:03d} [ERROR] d0_b0_s{number}_r0 failed: mesh\n"
            "Traceback (most recent call last):\nValueError: \x1b[31mmesh\x1b[0m \udcff bad\n"
        )
    level = "WARNI" if number % 50 == 40 else "INFO "
    return f"2025-03-01 12:00:00,{number:03d} [{level}] event {number} " + "and so on " * 6 + "\n"


@pytest.fixture
def run(own_run: Path) -> Path:
    """A run directory of one's own with a longer log, an older part of it and a task that has
    written something.
    """
    run = own_run
    log = "".join(map(_line, range(500)))
    (run / "logs" / "main.log").write_text(log, errors="surrogateescape")
    (run / "logs" / "main.log.1").write_text("2025-02-28 [INFO ] older\n")
    return run


def _view(watcher: Watcher) -> LogView:
    return watcher.screen.query_one(LogView)


@SIZES
@in_loop
async def test_how_it_looks(run: Path, size: tuple[int, int]) -> None:
    """Protects the layout: file, whether it follows, place, lines, what can be done."""
    async with watching(run, "log", size) as watcher:
        await watcher.sees("event 499", "of 520")
        await watcher.settles()
        assert_screen(watcher.app, f"log_{size[0]}x{size[1]}")
        await watcher.press("g", "slash")
        await watcher.type("failed")
        await watcher.until(lambda: "s25_r0 failed:" in _found_line(watcher))
        await watcher.press("N")
        await watcher.until(lambda: "s475_r0 failed:" in _found_line(watcher))
        await watcher.press("v")
        await watcher.sees("475_r0 failed", "warnings and above", "40 lines")
        await watcher.settles()
        assert_screen(watcher.app, f"log_found_{size[0]}x{size[1]}")


@in_loop
async def test_finding_by_key_palette_and_mouse(run: Path) -> None:
    """Protects search: forward, back, the sign of the match, and a pattern that is none."""
    async with watching(run, "log") as watcher:
        await watcher.sees("event 499")
        await watcher.press("g")
        await watcher.sees("event 0 ", "not following")
        await watcher.press("slash")
        await watcher.type("EVENT 1[0-4]0")
        await watcher.sees("not found: EVENT")  # a capital letter: no other case
        await watcher.command("Log: Find")
        await watcher.type("event 1[0-4]0")
        await watcher.until(lambda: _found(watcher) == "event 100")
        await watcher.command("Log: Next")
        await watcher.until(lambda: _found(watcher) == "event 110")
        await watcher.click("n Next")
        await watcher.until(lambda: _found(watcher) == "event 120")
        await watcher.command("Log: Previous")
        await watcher.until(lambda: _found(watcher) == "event 110")
        await watcher.press("slash")
        await watcher.type("(")
        await watcher.sees("no regular expression")
        await watcher.press("escape")
        assert watcher.screen.focused is _view(watcher)


def _found_line(watcher: Watcher) -> str:
    page = _view(watcher).page
    rows = page.rows if page is not None else ()
    return next((row.text for row in rows if row.start == page.found), "")


def _found(watcher: Watcher) -> str:
    return " ".join(_found_line(watcher).split()[4:6])


@pytest.mark.full
@in_loop
async def test_choosing_lines(run: Path) -> None:
    """Protects the filters: levels with their tracebacks, matches only, both, and the way back."""
    async with watching(run, "log") as watcher:
        await watcher.sees("event 499")
        await watcher.press("v", "v")
        await watcher.sees("errors only", "30 lines", "ValueError: ^[[31mmesh^[[0m \\xff bad")
        await watcher.command("Log: Level")
        await watcher.lacks("errors only")
        await watcher.press("ampersand")
        await watcher.type("s475_")
        await watcher.sees("only /s475_/", "1 line")
        await watcher.click("& Only")
        await watcher.sees("event 476")
        await watcher.command("Log: Only")
        await watcher.sees("1 line")
        await watcher.command("Log: Back")
        await watcher.sees("event 476")


@in_loop
async def test_following_and_freezing(run: Path) -> None:
    """Protects following: new lines come by themselves at the end, not elsewhere and not while
    frozen; rotation is said.
    """
    log = run / "logs" / "main.log"
    async with watching(run, "log") as watcher:
        await watcher.sees("event 499", "following")
        with log.open("a") as file:
            file.write("2025-03-01 [INFO ] one more\n")
        await watcher.sees("one more")
        await watcher.press("f")
        await watcher.sees("not following")
        await watcher.command("Log: Follow")
        await watcher.lacks("not following")
        await watcher.press("space")
        with log.open("a") as file:
            file.write("2025-03-01 [INFO ] hidden\n")
        await watcher.pilot.pause(1.5)
        assert "hidden" not in watcher.text
        await watcher.press("space")
        await watcher.sees("hidden")
        log.rename(log.with_name("main.log.2"))
        log.write_text("2025-03-01 [INFO ] begun anew\n")
        await watcher.sees("begun anew", "rotated")


@in_loop
async def test_moving_by_keys_and_mouse(run: Path) -> None:
    """Protects moving: lines, pages, ends, wheel, scroll bar, sideways, a line by its number."""
    async with watching(run, "log") as watcher:
        await watcher.sees("event 499")
        await watcher.press("g", "j", "down", "k", "pagedown", "pageup")
        await watcher.sees("line 2 of 520")
        await watcher.pilot._post_mouse_events([_scroll()], widget=_view(watcher), offset=(5, 5))
        await watcher.sees("line 5 of 520")
        await watcher.press("l")
        await watcher.lacks("2025-03-01")
        await watcher.press("h")
        await watcher.command("Log: Line")
        await watcher.type("100")
        await watcher.sees("line 100 of 520")
        await watcher.pilot.click(LogView, offset=(79, 10))
        await watcher.until(lambda: 200 < _view(watcher).page.number < 320)
        await watcher.press("G")
        await watcher.sees("event 499")


def _scroll() -> type:
    from textual.events import MouseScrollDown

    return MouseScrollDown


@in_loop
async def test_wrapping_and_copying(run: Path, own_home: Path) -> None:
    """Protects long lines from being lost, on the screen and in what is copied."""
    async with watching(run, "log", (60, 24)) as watcher:
        await watcher.sees("event 499")
        assert "so on \n" not in watcher.text
        await watcher.press("w")
        await watcher.until(
            lambda: (
                len({row.start for row in _view(watcher).page.rows}) < len(_view(watcher).page.rows)
            )
        )
        await watcher.command("Log: Wrap")
        await watcher.until(
            lambda: (
                len({row.start for row in _view(watcher).page.rows})
                == len(_view(watcher).page.rows)
            )
        )
        await watcher.press("y")
        await watcher.until(lambda: "event 499 " + "and so on " * 6 in watcher.app.clipboard)
        await watcher.command("Log: Copy")


@pytest.mark.full
@in_loop
async def test_other_files(run: Path) -> None:
    """Protects finding the other files, older logs and progress files, and the way back."""
    async with watching(run, "log") as watcher:
        await watcher.sees("event 499")
        await watcher.press("right_square_bracket")
        await watcher.sees("main.log.1", "older")
        await watcher.command("Log: Previous file")
        await watcher.sees("event 499")
        await watcher.command("Log: Next file")
        await watcher.sees("older")
        await watcher.press("o")
        await watcher.sees("all_progress.txt")
        await watcher.click("pipeline_progress.txt")
        await watcher.until(lambda: _view(watcher).page.path.name == "pipeline_progress.txt")
        await watcher.press("escape")
        await watcher.sees("event 499")
        await watcher.click("main.log")
        await watcher.sees("all_progress.txt")
        await watcher.press("escape")


@in_loop
async def test_what_a_task_has_written_can_be_searched_too(run: Path) -> None:
    """Protects reading a long stdout.txt: it is found in, and Escape closes the question before it
    closes the file.
    """
    path = run / "data" / "stdout.txt"
    path.write_text("".join(f"step {number}\n" for number in range(2_000)))
    async with watching(run, "monitor") as watcher:
        watcher.app.push_screen(FileScreen(path))
        await watcher.sees("step 1999")
        await watcher.press("g", "slash")
        await watcher.type("step 1234$")
        await watcher.sees("step 1234", "/step 1234$/")
        await watcher.press("ampersand")
        await watcher.sees("only /step 1234$/ · 1 line")
        await watcher.press("slash")
        await watcher.sees("Find")
        await watcher.press("escape")
        await watcher.lacks("Find  ")
        assert isinstance(watcher.screen, FileScreen)
        await watcher.press("escape")
        await watcher.sees("step 1235")
        await watcher.press("escape")
        await watcher.until(lambda: not isinstance(watcher.screen, FileScreen))


@in_loop
async def test_nothing_of_a_log_reaches_the_terminal(run: Path) -> None:
    """Protects the terminal: no cell of the screen holds a control character, whatever is in the
    file.
    """
    (run / "logs" / "main.log").write_bytes(
        bytes(range(256)) * 20 + "\u202e\u2028\u200b\x9b31m".encode()
    )
    async with watching(run, "log") as watcher:
        await watcher.press("w")
        await watcher.sees("^[", "\\xff", "\\u202e")
        assert all(character.isprintable() or character == "\n" for character in watcher.text)


@pytest.mark.full
@in_loop
async def test_a_giant_log_does_not_hold_up_the_keys(run: Path) -> None:
    """Protects the feel of the screen: with a gigabyte open, its end is seen at once and a search
    can be given up.
    """
    path = run / "logs" / "main.log"
    with path.open("wb") as file:
        file.seek(1 << 30)
        file.write(b"\nthe end\n")
    async with watching(run, "log") as watcher:
        await watcher.sees("the end")
        await watcher.press("slash")
        await watcher.type("^no(thing)+ like that")
        await watcher.sees("searching")
        await watcher.press("escape")
        await watcher.sees("search given up")
        assert isinstance(watcher.screen, LogScreen)
    os.truncate(path, 0)
