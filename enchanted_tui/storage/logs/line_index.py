"""Lines of a file that may be huge and may grow, at the cost of the lines that are looked at.

`DisplayLines` finds where lines begin by looking at the bytes around a position, so any place of
any file is shown at once. `LineIndex` counts newlines by chunk, in the background, and turns
positions into line numbers and back: 128 KiB for a file of a gigabyte.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

CHUNK = 1 << 16  #: bytes counted together
PIECE = 1 << 14  #: a longer line without end is shown in pieces of this many bytes

#: Gives up to `length` bytes at `offset`; fewer only at the end of the file.
Read = Callable[[int, int], bytes]

_BLOCK = 1 << 18


class LogLine(NamedTuple):
    """A display line: the bytes from `start`, without a newline; the next one begins at `end`."""

    start: int
    text: bytes
    end: int

    @property
    def closed(self) -> bool:
        """True if it has its newline."""
        return self.end - self.start > len(self.text)


class DisplayLines:
    """Where display lines begin: after each newline and, in lines that are longer than two pieces,
    at multiples of `PIECE`.

    A position p begins a display line if it is 0, if the byte before it is a newline, or if it is a
    multiple of `PIECE` and the `PIECE` bytes before it hold no newline. That needs a look at few
    bytes only, wherever in the file. A display line has less than ``2 * PIECE`` bytes.
    """

    def __init__(self, read: Read) -> None:
        self._read = read

    def start_of(self, offset: int) -> int:
        """Return where the display line that holds the byte at `offset` begins."""
        block = offset - offset % PIECE
        window = max(0, block - PIECE)
        newline = self._read(window, offset - window).rfind(b"\n")
        if newline < 0 and window > 0:
            return block
        start = window + newline + 1
        while (forced := _forced_break(start)) <= offset:
            start = forced
        return start

    def from_start(self, start: int) -> Iterator[LogLine]:
        """Return the display lines from the one that begins at `start` to the last."""
        while data := self._read(start, _BLOCK):
            at_end = len(data) < _BLOCK
            position = 0
            while position < len(data):
                limit = _forced_break(start + position) - start
                newline = data.find(b"\n", position, limit)
                if newline < 0 and limit > len(data) and not at_end:
                    break  # it goes on in the next block
                stop = newline if newline >= 0 else min(limit, len(data))
                end = stop + (newline >= 0)
                yield LogLine(start + position, data[position:stop], start + end)
                position = end
            start += position

    def line(self, start: int) -> LogLine:
        """Return the display line that begins at `start`, which is inside the file."""
        data = self._read(start, _forced_break(start) - start)
        newline = data.find(b"\n")
        return (
            LogLine(start, data, start + len(data))
            if newline < 0
            else LogLine(start, data[:newline], start + newline + 1)
        )


def _forced_break(start: int) -> int:
    """Return where a line that begins at `start` and has no end is broken."""
    return -(-start // PIECE) * PIECE + PIECE


class LineIndex:
    """The number of newlines before each chunk of a file, as far as it has been read."""

    def __init__(self) -> None:
        self._before = array("q", [0])
        self._newlines = 0
        self._open_line = False
        self.position = 0  #: number of bytes taken in

    def extend(self, data: bytes) -> None:
        """Take in the bytes that follow `position`."""
        done = 0
        while done < len(data):
            step = min(CHUNK - self.position % CHUNK, len(data) - done)
            self._newlines += data.count(b"\n", done, done + step)
            done += step
            self.position += step
            if self.position % CHUNK == 0:
                self._before.append(self._newlines)
        if data:
            self._open_line = not data.endswith(b"\n")

    @property
    def lines(self) -> int:
        """Number of lines up to `position`, one without its newline included."""
        return self._newlines + self._open_line

    def line_of(self, offset: int, read: Read) -> int | None:
        """Return the number, from 0, of the line that holds the byte at `offset`; None if that has
        not been taken in yet.
        """
        if offset >= self.position:
            return None
        chunk = offset // CHUNK
        return self._before[chunk] + read(chunk * CHUNK, offset % CHUNK).count(b"\n")

    def start_of(self, line: int, read: Read) -> int | None:
        """Return where line `line`, counted from 0, begins; None if it has not been taken in
        yet.
        """
        if not 0 <= line < self.lines:
            return None
        if line == 0:
            return 0
        chunk = bisect_left(self._before, line) - 1
        data = read(chunk * CHUNK, min(CHUNK, self.position - chunk * CHUNK))
        parts = data.split(b"\n", line - self._before[chunk])
        return chunk * CHUNK + len(data) - len(parts[-1])
