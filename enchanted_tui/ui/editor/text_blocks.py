"""The lines of a text in blocks, each with what is known of it until one of its lines changes: so a
key costs the work of one block, however long the text is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_LINES = 512  #: of a block, about


@dataclass
class _Block:
    """Some lines, one after the other."""

    count: int
    text: str | None = None  #: with the line ends; None if it has to be put together
    width: int = -1  #: cells of the longest line; below 0 if they have to be counted


class TextBlocks:
    """What follows from all lines of a text, worked out anew for blocks that have changed alone."""

    def __init__(self, count: int) -> None:
        """`count`: how many lines there are."""
        self._blocks = _divided(count)

    def replaced(self, top: int, bottom: int, more: int) -> None:
        """Take in that something in lines `top` to `bottom` (included) has been replaced, which has
        made `more` lines, or fewer.
        """
        first, last = self._holding(top), self._holding(bottom)
        count = sum(block.count for block in self._blocks[first : last + 1]) + more
        self._blocks[first : last + 1] = _divided(count)

    def _holding(self, line: int) -> int:
        """Return the number of the block that has a line; the last one for those beyond."""
        end = 0
        for number, block in enumerate(self._blocks):
            end += block.count
            if line < end:
                return number
        return len(self._blocks) - 1

    def _pieces(self) -> Iterator[tuple[_Block, slice]]:
        start = 0
        for block in self._blocks:
            yield block, slice(start, start + block.count)
            start += block.count

    def text(self, lines: Sequence[str], ends: Sequence[str]) -> str:
        """Return the whole text: each line and its end."""
        for block, place in self._pieces():
            if block.text is None:
                pairs = zip(lines[place], ends[place], strict=True)
                block.text = "".join([piece for pair in pairs for piece in pair])
        return "".join([block.text or "" for block in self._blocks])

    def width(self, lines: Sequence[str], cells: Callable[[str], int]) -> int:
        """Return the width of the longest line; `cells` gives that of one which is not plain."""
        for block, place in self._pieces():
            if block.width < 0:
                block.width = _width(lines[place], cells)
        return max((block.width for block in self._blocks), default=0)

    def forget_widths(self) -> None:
        """Have all widths counted anew."""
        for block in self._blocks:
            block.width = -1


def _divided(count: int) -> list[_Block]:
    """Return blocks for so many lines."""
    return [_Block(min(_LINES, count - start)) for start in range(0, count, _LINES)]


def _width(lines: Sequence[str], cells: Callable[[str], int]) -> int:
    together = "".join(lines)
    is_plain = together.isascii() and together.isprintable()
    return max(map(len if is_plain else cells, lines), default=0)
