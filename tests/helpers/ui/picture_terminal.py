"""A pseudo-terminal that answers what a terminal with pictures answers, and what it was given to
show, read back.
"""

from __future__ import annotations

import base64
import os
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.ui.terminal import Terminal

QUESTION = re.compile(rb"\x1b_Gi=31[^\x1b]*\x1b\\|\x1b\[16t|\x1b\[\?1;1;0S|\x1b\[\?2;1;0S|\x1b\[c")
KITTY, CELL, REGISTERS, LARGEST, LAST = (
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
    b"\x1b[16t",
    b"\x1b[?1;1;0S",
    b"\x1b[?2;1;0S",
    b"\x1b[c",
)
WITH_SIXEL = {
    CELL: b"\x1b[6;20;10t",
    REGISTERS: b"\x1b[?1;0;64S",
    LARGEST: b"\x1b[?2;0;700;2000S",
    LAST: b"\x1b[?62;4;6;22c",
}
WITH_KITTY = {KITTY: b"\x1b_Gi=31;OK\x1b\\", CELL: b"\x1b[6;20;10t", LAST: b"\x1b[?62;c"}
SIXELS = re.compile(rb"\x1b\[(\d+);(\d+)H(\x1bP0;1;0q[^\x1b]*\x1b\\)")
ERASED = re.compile(rb"\x1b\[\d+;\d+H\x1b\[\d+X")
_COMMAND = re.compile(rb"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")


class PictureTerminal(Terminal):
    """Answers questions by `answers`; those that are not there it does not know."""

    def __init__(self, *arguments: str, answers: Mapping[bytes, bytes], **more: Any) -> None:
        self._answers = answers
        super().__init__(*arguments, **more)
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        done = 0
        while self._master >= 0:
            for question in QUESTION.finditer(self.written, done):
                done = question.end()
                answer = self._answers.get(question[0], b"")
                if answer:
                    os.write(self._master, answer)
            time.sleep(0.02)

    def sixels(self, after: int = 0) -> list[re.Match[bytes]]:
        """Return the pictures that have been sent from a place of `written` on."""
        return list(SIXELS.finditer(self.written, after))

    def wait_for_bytes(self, pattern: re.Pattern[bytes], after: int = 0) -> re.Match[bytes]:
        """Wait until something has been written from a place of `written` on."""
        deadline = time.monotonic() + 60
        while (found := pattern.search(self.written, after)) is None:
            assert time.monotonic() < deadline, f"{pattern!r} has not come; {self.text[-3000:]}"
            time.sleep(0.05)
        return found


def kitty_commands(written: bytes) -> list[tuple[dict[str, str], bytes]]:
    """Return the keys and the data of all graphics commands."""
    return [
        (
            dict(pair.split("=", 1) for pair in found[1].decode().split(",")),
            base64.b64decode(found[2] or b""),
        )
        for found in _COMMAND.finditer(written)
    ]


def pixels_of(sequence: str) -> NDArray[np.uint8]:
    """Draw sixels as a terminal does, from the manual: rows by columns by red, green and blue."""
    head = re.match(r'\x1bP0;1;0q"1;1;(\d+);(\d+)', sequence)
    assert head is not None and sequence.endswith("\x1b\\")
    width, height = int(head[1]), int(head[2])
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    is_drawn = np.zeros((height, width), dtype=bool)
    colours: dict[int, tuple[int, ...]] = {}
    x = y = register = 0
    pieces = re.compile(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])")
    place, end = head.end(), len(sequence) - 2
    while place < end:
        piece = pieces.match(sequence, place)
        assert piece is not None, sequence[place : place + 20]
        place = piece.end()
        number, *shares, count, repeated, single, move = piece.groups()
        if number is not None:
            register = int(number)
            if shares[0] is not None:
                colours[register] = tuple(round(int(share) * 2.55) for share in shares)
        elif move is not None:
            x, y = 0, y + (6 if move == "-" else 0)
        else:
            many, bits = int(count or 1), ord(repeated or single) - 63
            for row in range(6):
                if bits >> row & 1:
                    assert y + row < height and x + many <= width, "beyond the picture"
                    picture[y + row, x : x + many] = colours[register]
                    is_drawn[y + row, x : x + many] = True
            x += many
    assert is_drawn.all()
    return picture
