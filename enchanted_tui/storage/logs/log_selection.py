"""Which lines of a log are shown: those of a level and above, those that match a pattern, or
both.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

from enchanted_tui.storage.logs.line_index import CHUNK, LogLine
from enchanted_tui.storage.logs.log_text import Level, decoded, level_of

REACH = 200  #: so many lines below a line that has a level belong to it


class LevelInForce:
    """The level of each line in turn: its own, or that of the line above it, so that tracebacks
    stay with their message.
    """

    def __init__(self, level: Level = Level.NONE, age: int = 0) -> None:
        self._level = level
        self._age = age  # number of lines since the one that had it

    def at(self, line: bytes) -> Level:
        """Take the next line and give its level."""
        own = level_of(line)
        if own is not None:
            self._level, self._age = own, 0
        elif self._age >= REACH:
            self._level = Level.NONE
        else:
            self._age += 1
        return self._level


@dataclass(frozen=True)
class Selection:
    """A choice of lines: those of `level` and above that match `pattern`."""

    level: Level = Level.NONE
    pattern: re.Pattern[str] | None = None

    @property
    def everything(self) -> bool:
        return self.level == Level.NONE and self.pattern is None

    def takes(self, line: bytes, level: Level) -> bool:
        """Tell whether a line of that level is chosen."""
        return level >= self.level and (
            self.pattern is None or self.pattern.search(decoded(line)) is not None
        )


class SelectionIndex:
    """How many chosen lines begin in each chunk of a file, as far as it has been gone through:
    eight bytes a chunk.
    """

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self.position = 0  #: the lines that begin below have been taken in
        self.count = 0  #: how many of them are chosen
        self._counts = array("q")
        self._level = LevelInForce()

    def take(self, line: LogLine) -> None:
        """Take in a line, which must begin at `position`."""
        chunk = line.start // CHUNK
        if chunk >= len(self._counts):
            self._counts.extend([0] * (chunk + 1 - len(self._counts)))
        if self.selection.takes(line.text, self._level.at(line.text)):
            self._counts[chunk] += 1
            self.count += 1
        self.position = line.end

    def skip_down(self, offset: int) -> int:
        """Return the first offset from `offset` on at which a chosen line may begin."""
        chunk = offset // CHUNK
        while self._is_empty(chunk):
            chunk += 1
        return max(offset, chunk * CHUNK)

    def skip_up(self, offset: int) -> int:
        """Return the last offset up to `offset` at which a chosen line may begin; -1 if there is
        none.
        """
        chunk = offset // CHUNK
        while chunk >= 0 and self._is_empty(chunk):
            chunk -= 1
        return min(offset, (chunk + 1) * CHUNK - 1)

    def _is_empty(self, chunk: int) -> bool:
        return (chunk + 1) * CHUNK <= self.position and (
            chunk >= len(self._counts) or not self._counts[chunk]
        )
