"""The columns of a table: which of them there is room for, and how wide each is."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len


class Painted(tuple[tuple[str, str], ...]):
    """A cell of several colours: stretches of text, each with the name of its colour."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self)


#: A cell is text, or text and the name of a theme colour ("success", "error", "warning", "primary",
#: ...), "dim" or "reverse"; or such stretches of text one after the other.
Cell = str | tuple[str, str] | Painted


def text_of(cell: Cell) -> str:
    """Return a cell without its colours."""
    return cell.text if isinstance(cell, Painted) else cell if isinstance(cell, str) else cell[0]


@dataclass(frozen=True)
class Column:
    """One column. Widths in characters, without the two spaces between columns."""

    key: str
    title: str
    width: int
    align: Literal["left", "right"] = "left"
    grow: int = 0  #: share of the width that is left over
    priority: int = (
        0  #: columns with the highest number are left out first where the table is too narrow
    )
    sortable: bool = False
    facts: bool = (
        False  #: its cells hold facts with two spaces between, which are shown whole or left out
    )
    #: its cells hold names: it grows with those that are seen while there is room, and what is cut
    #: keeps its end
    name: bool = False


#: A column as it is shown: the index of its cell in a row, the column, its width.
Shown = tuple[int, Column, int]

_LONGEST_NAME = 60  #: characters that a name may take where a table scrolls sideways


def laid_out(
    columns: Sequence[Column], room: int, needed: Mapping[str, int], *, fit: bool
) -> list[Shown]:
    """Return the columns that are shown in `room` characters; `needed` is the width of the longest
    name of a column, by its key.

    With `fit`, columns are left out where there is too little room; without, the table is as wide
    as it needs to be.
    """
    kept = list(enumerate(columns))
    while fit and len(kept) > 1 and _width(kept) > room:
        kept.remove(max(kept, key=lambda item: (item[1].priority, item[0])))
    spare = max(0, room - _width(kept))
    shown = []
    for index, column in kept:  # names first
        wanted = max(
            0, min(needed.get(column.key, 0), room if fit else _LONGEST_NAME) - column.width
        )
        more = min(wanted, spare) if fit else wanted
        spare -= more if fit else 0
        shown.append((index, column, column.width + more))
    return _shared_out(shown, spare)


def _width(columns: Sequence[tuple[int, Column]]) -> int:
    return sum(column.width + 2 for _, column in columns) - 2


def _shared_out(shown: Sequence[Shown], spare: int) -> list[Shown]:
    """Share what is left over among the columns that grow."""
    shares = sum(column.grow for _, column, _ in shown)
    grown = []
    for index, column, width in shown:
        more = spare * column.grow // shares if shares else 0
        spare, shares = spare - more, shares - column.grow
        grown.append((index, column, width + more))
    return grown


def note_names(
    cells: Sequence[Cell], shown: Sequence[Shown], needed: MutableMapping[str, int]
) -> bool:
    """Note in `needed` how much room the names in a row need; return whether one is longer than all
    before and than its room.
    """
    is_news = False
    for index, column, width in shown:
        if not column.name or index >= len(cells):
            continue
        length = cell_len(text_of(cells[index]))
        if length > max(needed.get(column.key, 0), column.width):
            needed[column.key] = length
            is_news = is_news or length > width
    return is_news
