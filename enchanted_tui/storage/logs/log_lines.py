"""The chosen lines of a log, one after the other in both directions from any place, without going
through the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from enchanted_tui.storage.logs.line_index import CHUNK, DisplayLines, LogLine
from enchanted_tui.storage.logs.log_file import LogFile
from enchanted_tui.storage.logs.log_selection import REACH, LevelInForce, Selection, SelectionIndex
from enchanted_tui.storage.logs.log_text import Level, level_of

# chunks without a chosen line, not yet reached by the index, after which the search is left to the
# index
_PATIENCE = 32


class Chosen(NamedTuple):
    """A line to show and its level."""

    line: LogLine
    level: Level


class ChosenLines:
    """The lines of a file that a selection takes. `index` skips what is known to hold none."""

    def __init__(self, file: LogFile, selection: Selection) -> None:
        self._file = file
        self.lines = DisplayLines(file.read)
        self.index = SelectionIndex(selection)

    @property
    def selection(self) -> Selection:
        return self.index.selection

    def down(self, start: int) -> Iterator[Chosen]:
        """Return the chosen lines from the one that begins at the beginning of a display line,
        `start`, or after it.
        """
        patience = _PATIENCE
        while patience and (start := self._skip_down(start)) < self._file.size:
            patience -= 1
            for chosen in self.between(start, start + CHUNK):
                yield chosen
                patience = _PATIENCE
            start = self._first_from(start + CHUNK)

    def up(self, start: int) -> Iterator[Chosen]:
        """Return the chosen lines above the one that begins at `start`, the nearest first."""
        patience = _PATIENCE
        offset = start - 1
        while patience and (offset := self._skip_up(offset)) >= 0:
            patience -= 1
            first = self.lines.start_of(max(0, offset - CHUNK))
            for chosen in reversed(list(self.between(first, offset + 1))):
                yield chosen
                patience = _PATIENCE
            offset = first - 1

    def between(self, start: int, stop: int) -> Iterator[Chosen]:
        """Return the chosen ones of the lines that begin in a range that begins with a line."""
        in_force = self._in_force_above(start)
        for line in self.lines.from_start(start):
            if line.start >= stop:
                return
            level = in_force.at(line.text)
            if self.selection.takes(line.text, level):
                yield Chosen(line, level)

    def _in_force_above(self, start: int) -> LevelInForce:
        """Return the level that a line at `start` has if it has none of its own."""
        for age in range(REACH):
            if start == 0:
                break
            start = self.lines.start_of(start - 1)
            own = level_of(self.lines.line(start).text)
            if own is not None:
                return LevelInForce(own, age)
        return LevelInForce()

    def _first_from(self, offset: int) -> int:
        """Return where the first display line begins that does so at or after `offset`."""
        if offset >= self._file.size:
            return offset
        start = self.lines.start_of(offset)
        return start if start == offset else self.lines.line(start).end

    def _skip_down(self, offset: int) -> int:
        if self.selection.everything:
            return offset
        target = self.index.skip_down(offset)
        return offset if target == offset else self._first_from(target)

    def _skip_up(self, offset: int) -> int:
        return offset if self.selection.everything else self.index.skip_up(offset)
