"""Plots as real pictures: what the terminal is asked, what it is sent, and that nothing of it stays
where something else is to be seen.
"""

from __future__ import annotations

import asyncio
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

import numpy as np
import pytest

from enchanted_tui.ui.pictures import terminal_ability
from enchanted_tui.ui.pictures.sixel import sixels
from enchanted_tui.ui.pictures.terminal_ability import IN_BROWSER, Ability, TerminalAsking
from enchanted_tui.ui.pictures.terminal_answers import AnswerFilter
from helpers.ui import picture_terminal as told
from helpers.ui.campaign_watch import wait_for_done
from helpers.ui.campaigns import write_config
from helpers.ui.picture_terminal import (
    ERASED,
    QUESTION,
    SIXELS,
    WITH_KITTY,
    WITH_SIXEL,
    PictureTerminal,
    kitty_commands,
    pixels_of,
)

_UNDER = "As a picture; i"


@contextlib.contextmanager
def _plots(
    run: Path,
    answers: dict[bytes, bytes],
    *,
    state: str = "FINISHED",
    rows: str = "60 rows",
    **more: Any,
) -> Iterator[PictureTerminal]:
    """The Plots screen of a run."""
    terminal = PictureTerminal(str(run), answers=answers, cwd=run.parent, **more)
    try:
        terminal.wait_for(state)
        terminal.press("5")
        terminal.wait_for(rows)
        terminal.press("P")
        terminal.wait_for("Arrows or a click")
        yield terminal
    finally:
        terminal.end()


def _press(terminal: PictureTerminal, keys: str, pattern: str) -> int:
    """Press keys, wait for what is to be seen then, and give how much had been written before."""
    begin, text = len(terminal.written), len(terminal.text)
    terminal.press(keys)
    terminal.wait_for(pattern, after=text)
    return begin


def test_sixels_from_the_first_question_to_the_end(finished_run: Path) -> None:
    """Protects the whole way with sixels: nothing is asked before somebody wants a picture, no
    answer is taken for keys, the picture fits into its place, holds the figure's colours, leaves
    before anything else is shown there, comes back, follows the window, and is gone at the end.
    """
    with _plots(finished_run, WITH_SIXEL) as terminal:
        assert not QUESTION.search(terminal.written)
        _press(terminal, "i", _UNDER)
        drawn = terminal.wait_for_bytes(SIXELS)
        row, column = int(drawn[1]), int(drawn[2])
        pixels = pixels_of(drawn[3].decode())
        height, width, _ = pixels.shape
        # the terminal has room for 100 x 20 pixels a line, and sixels of 700 pixels at the most
        assert column == 1 and row > 2 and row + height // 20 < 30
        assert width == 700 and height > 300 and height % 6 == 0
        blue = np.abs(pixels.astype(int) - (0, 0x72, 0xB2)).max(axis=2) < 24
        orange = np.abs(pixels.astype(int) - (0xD5, 0x5E, 0)).max(axis=2) < 24
        assert blue.sum() > 200 and orange.sum() > 8 and (pixels == 255).all(axis=2).mean() > 0.7

        begin = _press(terminal, "?", "PLOTS|Plots")
        terminal.wait_for_bytes(ERASED, begin)
        begin = len(terminal.written)
        terminal.press("\x1b")
        terminal.wait_for_bytes(SIXELS, begin)
        begin = len(terminal.written)
        terminal.resize(70, 26)
        smaller = pixels_of(terminal.wait_for_bytes(SIXELS, begin)[3].decode())
        assert smaller.shape[0] < height

        begin = _press(terminal, "\x1b[<0;30;12M\x1b[<0;30;12m", "Arrows or a click")
        terminal.wait_for_bytes(ERASED, begin)
        begin = len(terminal.written)
        terminal.press("i")
        last = terminal.wait_for_bytes(SIXELS, begin)
        terminal.press("q")
        assert terminal.wait() == 0
        assert ERASED.search(terminal.written, last.end())


def test_kitty_keeps_what_is_shown_again(finished_run: Path) -> None:
    """Protects kitty's way: a PNG file in chunks that the protocol allows, scaled to the place,
    which is sent once though a dialog came between, and is out of the terminal's memory while the
    shell has it and at the end.
    """
    with _plots(finished_run, WITH_KITTY, NO_COLOR="1") as terminal:
        _press(terminal, "i", _UNDER)
        terminal.wait_for_bytes(re.compile(rb"a=p,"))
        terminal.press("?")
        terminal.wait_for_bytes(re.compile(rb"a=d,d=i,"))
        begin = len(terminal.written)
        terminal.press("\x1b")
        terminal.wait_for_bytes(re.compile(rb"a=p,"), begin)
        terminal.press("\x1a")
        os.waitpid(terminal.pid, os.WUNTRACED)
        begin = len(terminal.written)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for_bytes(re.compile(rb"a=p,"), begin)
        terminal.press("q")
        assert terminal.wait() == 0
        commands = [one for one in kitty_commands(terminal.written) if one[0].get("a") != "q"]
        sent = [data for keys, data in commands if "m" in keys]
        assert b"".join(sent).startswith(b"\x89PNG") and max(map(len, sent)) <= 4096 * 3 // 4
        rest = [keys for keys, _ in commands if "m" not in keys]
        assert [keys["a"] + keys.get("d", "") for keys in rest] == [
            *("p", "di", "p", "di", "dI"),
            *("p", "di", "dI"),
        ]
        assert len({keys["i"] for keys in rest}) == 2
        assert rest[0]["c"] == "100" and 15 < int(rest[0]["r"]) < 30 and rest[0]["C"] == "1"
        assert all(keys["q"] == "2" for keys, _ in commands)  # no answer that nobody expects
        assert not terminal.sixels()


@pytest.mark.full
def test_a_terminal_that_does_not_answer(finished_run: Path) -> None:
    """Protects other terminals: one sentence says what to do, and keys are keys as before."""
    with _plots(finished_run, {}) as terminal:
        _press(terminal, "i", "has not answered within")
        _press(terminal, "d", r"\[d Density\]")
        assert len(QUESTION.findall(terminal.written)) == 3
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.full
def test_a_picture_grows_with_a_live_campaign(tmp_path: Path) -> None:
    """Protects slow lines: while a campaign goes on, pictures come one by one with more points
    each, seconds apart, and what else is painted meanwhile takes none of them away.
    """
    config = write_config(tmp_path / "work", function="slow", budget=4000, batch_size=4000)
    run = tmp_path / "work" / "campaign"
    command = [sys.executable, "-m", "enchanted_tui", str(config), "--no-ui"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as campaign:
        try:
            wait_for_done(run, 5)
            with _plots(run, WITH_SIXEL, state="RUNNING", rows=r"\d rows") as terminal:
                terminal.press("i")
                terminal.wait_for_bytes(SIXELS)
                begun = time.monotonic()
                terminal.wait_for_bytes(re.compile(rb"(?s)(?:\x1bP0;1;0q.*?){4}"))
                took = time.monotonic() - begun
                sent = [one[3] for one in terminal.sixels()]
                assert len(set(sent)) == len(sent)
                assert len(sent) <= 2 + took / 5
                points = [
                    int((pixels_of(one.decode()) < 250).any(axis=2).sum()) for one in sent[:4]
                ]
                assert points == sorted(points)
                terminal.press("q")
                assert terminal.wait() == 0
        finally:
            campaign.send_signal(signal.SIGINT)
            campaign.send_signal(signal.SIGINT)


# -- asking ----------------------------------------------------------------------------------------


def _asked(
    answers: dict[bytes, bytes],
    wanted: str = "auto",
    cell: tuple[int, int] | None = None,
    **environment: str,
) -> tuple[Ability | str, bytes]:
    """Ask a terminal with such answers; give what is known then, and what was asked."""
    written = b""
    asking: Any = None

    def write(text: str) -> None:
        nonlocal written
        written += text.encode()
        found = [answers.get(one, b"").decode() for one in QUESTION.findall(text.encode())]
        asyncio.get_running_loop().call_soon(asking.hear, [one for one in found if one])

    async def ask() -> Ability | str:
        nonlocal asking
        asking = TerminalAsking(write, lambda: cell, {"TERM": "xterm-256color", **environment})
        return await asking.ask(wanted)

    return asyncio.run(ask()), written


@pytest.mark.parametrize(
    ("answers", "more", "expected"),
    [
        (WITH_KITTY, {}, Ability("kitty", (10, 20))),
        (WITH_KITTY | WITH_SIXEL, {"cell": (8, 17)}, Ability("sixel", (8, 17), 64, (700, 2000))),
        (WITH_SIXEL | WITH_KITTY, {"wanted": "sixel"}, Ability("sixel", (10, 20), 64, (700, 2000))),
        ({told.LAST: b"\x1b[?62;4c"}, {}, Ability("sixel", (6, 12))),
        (WITH_SIXEL | WITH_KITTY, {"TMUX": "/tmp/x,1,0"}, "Inside tmux or screen"),
        ({told.LAST: b"\x1b[?1;2;4c"}, {"TMUX": "/tmp/x,1,0"}, Ability("sixel", (6, 12))),
        ({told.LAST: b"\x1b[?6c"}, {"TERM": "linux"}, "neither kitty's graphics nor sixel"),
        ({told.LAST: b"\x1b[?4;6c"}, {}, "neither kitty's graphics nor sixel"),
        (WITH_SIXEL, {"wanted": "off"}, "switched off by the setting pictures: off"),
        (WITH_SIXEL, {"wanted": "sixel", IN_BROWSER: "1"}, "A browser shows no pictures"),
    ],
)
def test_what_a_terminal_can(
    answers: dict[bytes, bytes], more: dict[str, Any], expected: Ability | str
) -> None:
    """Protects the choice among terminals, and multiplexers and consoles from a question that they
    would show.
    """
    if answers == WITH_KITTY | WITH_SIXEL:
        answers = {**answers, told.KITTY: b"\x1b_Gi=31;ENOTSUPPORTED\x1b\\"}
    found, written = _asked(answers, **more)
    if isinstance(expected, str):
        assert isinstance(found, str) and expected in found
    else:
        assert found == expected
    if more.get("TERM", "xterm").startswith("linux") or "TMUX" in more:
        assert b"\x1b_G" not in written


def test_a_forced_protocol_needs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects the setting for terminals that do not answer."""
    monkeypatch.setattr(terminal_ability, "_PATIENCE", 0.05)
    assert _asked({}, "sixel")[0] == Ability("sixel", (6, 12))
    assert _asked({}, "kitty", (9, 18))[0] == Ability("kitty", (9, 18))
    assert "has not answered" in str(_asked({})[0])


def test_answers_are_no_keys_wherever_they_are_cut() -> None:
    """Protects against answers that arrive in pieces, and late, and keys that look alike."""
    typed, answers = (
        "a\x1b[6~\x1b_b\x1b[1;2P",
        ["\x1b[?62;4c", "\x1b_Gi=31;OK\x1b\\", "\x1b[6;9;4t"],
    )
    whole = typed[:1] + answers[0] + typed[1:5] + answers[1] + answers[2] + typed[5:]
    for cut in range(len(whole)):
        heard = AnswerFilter()
        heard.has_asked = heard.is_waiting = True
        parts = [heard.take(whole[:cut]), heard.take(whole[cut:]), (heard.release(), [])]
        assert "".join(part for part, _ in parts) == typed
        assert [one for _, found in parts for one in found] == answers
    heard = AnswerFilter()
    assert heard.take(whole) == (whole, [])  # a paste before anything was asked
    heard.has_asked = True
    assert heard.take("\x1b") == ("\x1b", [])  # Escape waits for nothing
    assert heard.take(answers[0]) == ("", answers[:1])


# -- sixels ----------------------------------------------------------------------------------------


def test_few_colours_are_exact() -> None:
    """Protects figures of few colours, and the last rows where they are no whole band."""
    colours = np.array([(255, 255, 255), (0, 0, 0), (0, 114, 178), (213, 94, 0)], dtype=np.uint8)
    picture = colours[np.random.default_rng(1).integers(0, 4, (20, 33))]
    drawn = pixels_of(sixels(picture, 16))
    assert np.abs(drawn.astype(int) - picture).max() <= 2  # sixels know whole per cents


def test_few_registers_keep_rare_colours() -> None:
    """Protects a handful of failed samples among many shades, with the 16 registers of a VT340."""
    shades = np.linspace(0, 255, 400, dtype=np.uint8)
    picture = np.full((90, 400, 3), 255, dtype=np.uint8)
    picture[:60] = np.stack([shades, shades, 255 - shades], axis=1)
    picture[70:74, 50:54] = (213, 94, 0)
    sequence = sixels(picture, 16)
    assert len(set(re.findall(r"#(\d+);2;", sequence))) == 16
    drawn = pixels_of(sequence).astype(int)
    assert np.abs(drawn[70:74, 50:54] - (213, 94, 0)).max() < 40
    assert np.abs(drawn - picture).mean() < 8
