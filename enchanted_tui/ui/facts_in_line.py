"""Facts side by side in a line: whole, or left out. A number that is cut at the edge of the screen
is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from enchanted_tui.ui.glyphs import glyph


@dataclass(frozen=True)
class Fact:
    """A part of a line; the larger `rank`, the sooner it is left out."""

    text: Text
    rank: int = 0


def fit(facts: Sequence[Fact], width: int, between: str) -> Text:
    """Return the facts that there is room for, in their order; the most important one in any case.
    No width means all.
    """
    kept = list(facts)
    while len(kept) > 1 and 0 < width < _width(kept, between):
        kept.remove(max(reversed(kept), key=lambda fact: fact.rank))
    return Text(between).join(fact.text for fact in kept)


def _width(facts: Sequence[Fact], between: str) -> int:
    return sum(fact.text.cell_len for fact in facts) + len(between) * (len(facts) - 1)


def cut_between(text: str, width: int, between: str = "  ") -> str:
    """Cut text between two facts, where the first of them has room; text that has no such place is
    given back as it is.
    """
    if len(text) <= width:
        return text
    mark = f" {glyph('ellipsis')}"
    end = text.rfind(between, 0, max(0, width - len(mark)) + len(between))
    return text[:end] + mark if end > 0 else text


def cut(text: str, width: int, align: str = "left") -> str:
    """Cut or pad text to a width in terminal cells; what was cut is marked."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        mark = glyph("ellipsis")
        return set_cell_size(text, max(0, width - len(mark))) + mark[:width]
    return " " * (width - length) + text if align == "right" else text + " " * (width - length)


def cut_name(name: str, width: int) -> str:
    """Cut a name in its middle to a width in terminal cells: what tells it from others stands at
    its end more often than not.
    """
    if cell_len(name) <= width:
        return name
    mark = glyph("ellipsis")
    room = width - len(mark)
    if room < 1:
        return mark[:width]
    begin = room // 3
    end = name
    while cell_len(end) > room - begin:
        end = end[1:]
    return set_cell_size(name, begin) + mark + end


def hide_part(number: str, before: int, beyond: int) -> str:
    """Return a cell with a sign in place of its number if so many of its characters are beyond an
    edge of the screen, on the left or right.

    A part of a number looks like another number.
    """
    mark, width = glyph("ellipsis")[0], len(number)
    if 0 < before < width and number.strip():
        return (" " * before + mark).ljust(width)
    if 0 < beyond < width and number.strip():
        return mark.rjust(width - beyond).ljust(width)
    return number
