"""Which lines are rows of a table, and the cell asked for.

A line that has not as many cells as the header (or, without one, as most rows) is no row. One that
begins with a number is a damaged row, such as Fortran's columns without a blank between them; any
other, below a proper row, is text, and the table has ended there.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Union

_NUMBER = re.compile(r"[+-]?(?:\.?\d|\*+\Z|nan\Z|inf(?:inity)?\Z)", re.IGNORECASE)
_PRINTED = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?|\*+")
_NOTHING = frozenset(("", "-", "--", "---", "n/a", "na", "null", "none"))
_SHOWN = 80


class TableError(ValueError):
    """The table has no such cell; the text says why."""


class TableRow(NamedTuple):
    """A line of a table: its number in the file, from 1, and its cells."""

    line: int
    cells: list[str]

    def shown(self) -> str:
        text = " ".join(self.cells)
        return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


class Shape(NamedTuple):
    """How many cells a row has, and whose number that is; `width` is None if it does not matter."""

    width: int | None
    whose: str

    def fits(self, row: TableRow) -> bool:
        """Return whether a row has as many cells; empty ones behind the last name do not count."""
        found = len(row.cells)
        if self.width is None or found == self.width:
            return True
        return found > self.width and not any(cell.strip() for cell in row.cells[self.width :])

    def misfit(self, row: TableRow) -> str:
        found = len(row.cells)
        words = f"line {row.line} has {found} cell{'s' * (found != 1)}"
        return f"{words}, {self.whose} {self.width}: {row.shown()}"


Wanted = Union[int, str]


def usual_shape(rows: Iterable[TableRow]) -> Shape:
    """Return the shape of most rows that begin with a number, or of most rows if none does.

    Where most have columns without a blank between them, it is that of the rows that have the
    blanks.
    """
    numbers, others = Counter[int](), Counter[int]()
    examples: dict[int, TableRow] = {}
    for row in rows:
        width = len(row.cells)
        if not _NUMBER.match(row.cells[0].strip()):
            others[width] += 1
            continue
        if width not in numbers:
            examples[width] = row
        numbers[width] += 1
    widths = numbers or others
    usual = widths.most_common(1)[0][0] if widths else None
    if usual in examples:
        printed = sum(map(_numbers_in, examples[usual].cells))
        usual = printed if printed in numbers else usual
    return Shape(usual, "the other rows")


def _numbers_in(cell: str) -> int:
    """Return how many numbers Fortran printed into a cell: 2 for ``5.80-117.40`` and
    ``0.5****``.
    """
    parts = _PRINTED.findall(cell)
    if len(parts) < 2 or "".join(parts) != cell.strip():
        return 1
    glued = all(
        "*" in before + part or (part[0] in "+-" and "." in part)
        for before, part in zip(parts, parts[1:])  # noqa: B905, RUF007 - Python 3.9
    )
    return len(parts) if glued else 1


def find_cells(rows: Iterator[TableRow], wanted: Wanted, column: int, shape: Shape) -> list[str]:
    """Return the cell in `column` of the row `wanted`, from 0 or negative from the end, or of all.

    Raises TableError if there is no such row, or if it is none of the table.
    """
    table = _Table(shape, column)
    if wanted == "all":
        return [table.cell(row, wanted) for row in table.rows(rows)]
    number, count = int(wanted), 0
    last: deque[TableRow] = deque(maxlen=max(1, -number))
    for row in table.rows(rows):
        last.append(row)
        if count == number:
            return [table.cell(row, wanted)]
        count += 1
    if number >= 0 or count < -number:
        raise TableError(f"has no row {wanted}; it has {count}")
    return [table.cell(last[0], wanted)]


def find_column(
    rows: Iterator[TableRow], column: int, shape: Shape
) -> list[Union[str, TableError]]:
    """Return the cell in `column` of every row, or why it is none. Raises TableError if it is not
    certain what the rows are.
    """
    table = _Table(shape, column)

    def cell(row: TableRow) -> Union[str, TableError]:
        try:
            return table.cell(row, "all")
        except TableError as error:
            return error

    return [cell(row) for row in table.rows(rows)]


class _Table:
    def __init__(self, shape: Shape, column: int) -> None:
        self._shape, self._column = shape, column
        self._numbers: list[int] = []  # columns that hold numbers in the first proper row

    def rows(self, found: Iterator[TableRow]) -> Iterator[TableRow]:
        """Yield the rows, damaged ones too, up to where the table ends."""
        for row in found:
            if self._shape.fits(row):
                self._numbers = self._numbers or _number_columns(row)
            elif self._numbers and not _NUMBER.match(row.cells[0].strip()):
                self._refuse_to_go_on(row, found)
                return
            yield row

    def cell(self, row: TableRow, wanted: Wanted) -> str:
        """Return the cell of a row. Raises TableError if the row is damaged or looks like text."""
        if not self._shape.fits(row):
            raise TableError(self._shape.misfit(row))
        if self._shape.width is not None and self._is_text(row):
            raise TableError(
                f"line {row.line} has words where the rows above have numbers: {row.shown()}; "
                "if the table ends before it, give that line as until, or read it by a regex"
            )
        if not -len(row.cells) <= self._column < len(row.cells):
            raise TableError(
                f"has no column {self._column} in row {wanted}, which has {len(row.cells)}"
            )
        return row.cells[self._column]

    def _refuse_to_go_on(self, text: TableRow, found: Iterator[TableRow]) -> None:
        """Raise TableError if rows follow the text: are they of this table, or of the next one?"""
        for row in found:
            if self._shape.fits(row) and 2 * self._words(row) < len(self._numbers):
                raise TableError(
                    f"{self._shape.misfit(text)}, and rows follow in line {row.line}; "
                    "give the lines between which the table lies as after and until"
                )

    def _is_text(self, row: TableRow) -> bool:
        words = self._words(row)
        first = self._numbers[:1] == [0] and _is_word(row.cells[0])
        return first or (words > 1 and 2 * words > len(self._numbers))

    def _words(self, row: TableRow) -> int:
        """Return how many columns of numbers hold a word in `row`."""
        return sum(_is_word(row.cells[number]) for number in self._numbers)


def _is_word(cell: str) -> bool:
    text = cell.strip()
    return not _NUMBER.match(text) and text.lower() not in _NOTHING


def _number_columns(row: TableRow) -> list[int]:
    return [number for number, cell in enumerate(row.cells) if _NUMBER.match(cell.strip())]
