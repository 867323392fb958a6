"""How much of a line differs from what is on the screen, so that no more is sent to the
terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip

Cells = list[tuple[str, object]]


def cells_of_text(text: Text) -> Cells:
    """Return each cell of a text as its character and its styles."""
    styles: list[tuple[str, ...]] = [()] * len(text.plain)
    for span in text.spans:
        for index in range(max(0, span.start), min(span.end, len(styles))):
            styles[index] += (str(span.style),)
    cells: Cells = []
    for character, style in zip(text.plain, styles, strict=True):
        cells += [(character, style)] * cell_len(character)
    return cells


def cells_of_strip(strip: Strip) -> Cells:
    """Return each cell of a strip as its character and its style."""
    cells: Cells = []
    for text, style, _ in strip:
        if text.isascii():
            cells += [(character, style) for character in text]
        else:
            for character in text:
                cells += [(character, style)] * cell_len(character)
    return cells


def changed_region(before: Sequence[object], after: Sequence[object], y: int, width: int) -> Region:
    """Return the part of line `y` to paint again where two sequences of cells differ; the shorter
    one is taken as blank where it ends.

    It begins at the left margin, because that is where Textual begins to write whichever part of a
    line has changed.
    """
    for x in range(min(width, max(len(before), len(after))) - 1, -1, -1):
        if x >= len(before) or x >= len(after) or before[x] != after[x]:
            return Region(0, y, x + 1, 1)
    return Region(0, y, 0, 0)


class PaintedLines:
    """What each line of a widget shows, so that only those are painted that look different."""

    def __init__(self) -> None:
        self._painted: dict[int, tuple[object, Cells]] = {}  #: what is on the screen
        #: lines put together to be compared, and not painted yet
        self._ready: dict[int, tuple[object, Strip]] = {}

    def changed(self, y: int, look: object, make: Callable[[], Strip], width: int) -> Region | None:
        """Return what to paint again of line `y` if it is to show `look`, as `make` makes it."""
        painted = self._painted.get(y)
        if painted is None:
            return Region(0, y, width, 1)
        if painted[0] == look:
            return None
        strip = make()
        self._ready[y] = (look, strip)
        return changed_region(painted[1], cells_of_strip(strip), y, width)

    def paint(self, y: int, make: Callable[[], tuple[object, Strip]]) -> Strip:
        """Return line `y` to be painted; `make` gives what it shows, and the line, if need be."""
        look, strip = self._ready.pop(y) if y in self._ready else make()
        self._painted[y] = (look, cells_of_strip(strip))
        return strip

    def drop_ready(self) -> None:
        """Drop what was put together for another place."""
        self._ready.clear()

    def forget(self) -> None:
        """Take all lines for unpainted."""
        self._painted.clear()
        self._ready.clear()
