"""How much of a line differs from what is on the screen, so that no more is sent to the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip

Cells = list[tuple[str, object]]


def cells_of_text(text: Text) -> Cells:
    """Give each cell of a text as its character and its styles."""
    styles: list[tuple[str, ...]] = [()] * len(text.plain)
    for span in text.spans:
        for index in range(max(0, span.start), min(span.end, len(styles))):
            styles[index] += (str(span.style),)
    cells: Cells = []
    for character, style in zip(text.plain, styles, strict=True):
        cells += [(character, style)] * cell_len(character)
    return cells


def cells_of_strip(strip: Strip) -> Cells:
    """Give each cell of a strip as its character and its style."""
    cells: Cells = []
    for text, style, _ in strip:
        if text.isascii():
            cells += [(character, style) for character in text]
        else:
            for character in text:
                cells += [(character, style)] * cell_len(character)
    return cells


def changed_region(before: Sequence[object], after: Sequence[object], y: int, width: int) -> Region:
    """Give the part of line `y` to paint again where two sequences of cells differ; the shorter one
    is taken as blank where it ends.

    It begins at the left margin, because that is where Textual begins to write whichever part of a
    line has changed.
    """
    for x in range(min(width, max(len(before), len(after))) - 1, -1, -1):
        if x >= len(before) or x >= len(after) or before[x] != after[x]:
            return Region(0, y, x + 1, 1)
    return Region(0, y, 0, 0)
