"""Looking for a pattern in a log, in slices, so that it can be given up at any moment."""

from __future__ import annotations

import re

from enchanted_tui.storage.logs.log_file import LogFile
from enchanted_tui.storage.logs.log_lines import ChosenLines
from enchanted_tui.storage.logs.log_text import decoded

_SLICE = 1 << 20  #: bytes looked at in one step


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that a person has typed; without capital letters it matches either case.

    Raises ValueError with a sentence if it is no regular expression.
    """
    try:
        return re.compile(
            pattern, re.MULTILINE | (re.IGNORECASE if pattern == pattern.lower() else 0)
        )
    except re.error as error:
        remedy = "write a backslash before ( [ * + ? . if you mean the character itself"
        raise ValueError(f"{pattern!r} is no regular expression: {error}; {remedy}.") from None


class Search:
    """One search: from the line at `start`, which is left out, to the end, and on from the other
    end back to where it began.
    """

    def __init__(
        self,
        file: LogFile,
        lines: ChosenLines,
        pattern: re.Pattern[str],
        start: int,
        *,
        forward: bool,
    ) -> None:
        self.pattern = pattern
        self._plain = _plain_text(pattern)
        self._file = file
        self._lines = lines
        self._forward = forward
        self._size = file.size
        #: ranges still to look at, next one first; a line belongs to the range in which it begins
        self._ranges = (
            [(start + 1, self._size), (0, start + 1)]
            if forward
            else [(0, max(0, start)), (max(0, start), self._size)]
        )
        self._looked_at = 0

    @property
    def wrapped(self) -> bool:
        """Whether it has gone on from the other end."""
        return len(self._ranges) < 2

    @property
    def exhausted(self) -> bool:
        """Whether everything has been looked at."""
        return not self._ranges

    @property
    def progress(self) -> float:
        """How much has been looked at, from 0 to 1."""
        return min(1.0, self._looked_at / self._size) if self._size else 1.0

    def step(self) -> int | None:
        """Look at the next slice; return where the line found begins."""
        if not self._ranges:
            return None
        begin, end = self._ranges[0]
        if self._forward:
            part = (begin, min(end, begin + _SLICE))
            rest = (part[1], end)
        else:
            part = (max(begin, end - _SLICE), end)
            rest = (begin, part[0])
        found = self._look(*part)
        self._looked_at += part[1] - part[0]
        if found is None:
            self._ranges[:1] = [rest] if rest[0] < rest[1] else []
        return found

    def _look(self, begin: int, end: int) -> int | None:
        """Return the line nearest in the direction of the search that begins in a range and
        matches.
        """
        if begin >= end:
            return None
        first = self._lines.lines.start_of(begin)
        if not self._may_hold(decoded(self._file.read(first, end - first + _SLICE // 16))):
            return None
        matching = [
            chosen.line.start
            for chosen in self._lines.between(first, end)
            if chosen.line.start >= begin
            and self.pattern.search(decoded(chosen.line.text)) is not None
        ]
        if not matching:
            return None
        return matching[0] if self._forward else matching[-1]

    def _may_hold(self, text: str) -> bool:
        """Tell whether it is worth looking at the lines of a text one by one. Plain words are found
        ten times as fast without `re`.
        """
        if self._plain is not None and text.isascii():
            return self._plain in (text.lower() if self.pattern.flags & re.IGNORECASE else text)
        return self.pattern.search(text) is not None


def _plain_text(pattern: re.Pattern[str]) -> str | None:
    """Return the text that a pattern stands for if it means nothing but itself."""
    text = pattern.pattern
    return text if text.isascii() and not set(text) & set(r".^$*+?{}[]\|()") else None
