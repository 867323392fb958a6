"""Tables in text files: where they lie, their header, and how their lines are split into cells.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Optional

from enchanted_tui.csv_reading import csv_rows, usual_delimiter
from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.cells import (
    Shape,
    TableError,
    TableRow,
    find_cells,
    find_column,
    usual_shape,
)
from enchanted_tui.runners.command.files import RunFiles, Unreadable
from enchanted_tui.runners.command.text import lines_of

_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+(?:[eEdD][+-]?\d+)?\s*\Z")
_STRICT = {"strict": True}
_Lines = Iterator["tuple[int, str]"]  # each with its number in the file, from 1
_Names = Optional["list[str]"]


class TableReading(NamedTuple):
    """A `table` or `csv` rule: where the table lies, how it is split, and which cells to take."""

    file: str
    column: int | str
    row: int | str
    quoted: bool
    header: bool
    delimiter: str | None
    decimal: str | None
    comments: tuple[str, ...]
    skip: int
    after: str | None
    until: str | None
    which: str


def table_rule(file: str, spec: Mapping[str, Any] | int | str, *, quoted: bool) -> TableReading:
    """Return a valid rule, with what goes without saying.

    `quoted` says whether it is CSV (comma, quotes, a header by default) or a table of words (any
    white space, no header unless the column is named).
    """
    if not isinstance(spec, Mapping):
        spec = {"column": spec}
    column = spec["column"]
    comment = spec.get("comment", ["#", "@"] if file.endswith(".xvg") else "#")
    return TableReading(
        file=file,
        column=column,
        row=spec.get("row", -1),
        quoted=quoted,
        header=spec.get("header", quoted or isinstance(column, str)),
        delimiter=spec.get("delimiter"),
        decimal=spec.get("decimal"),
        comments=tuple(filter(None, [comment] if isinstance(comment, str) else comment or [])),
        skip=spec.get("skip", 0),
        after=spec.get("after"),
        until=spec.get("until"),
        which=spec.get("which", "last"),
    )


def cell_reader(rule: TableReading, *, as_text: bool) -> Callable[[RunFiles], Any]:
    """Return the function that reads one cell, or one column for ``row: all``, as text.

    Unless it is wanted `as_text`, a number with a decimal comma is given with a point.
    """

    def read(files: RunFiles) -> Any:
        try:
            comma, cells = _read(rule, files)
        except TableError as error:
            raise Unreadable(
                f"{rule.file}{' ' if str(error).startswith('has') else ': '}{error}"
            ) from None
        except csv.Error as error:
            raise Unreadable(f"{rule.file} is no readable CSV table: {error}") from None
        if comma and not as_text:
            cells = [_DECIMAL_COMMA.sub(_with_point, cell) for cell in cells]
        return cells if rule.row == "all" else cells[0]

    return read


def column_reader(rule: TableReading, *, as_text: bool) -> Callable[[RunFiles], list[Any]]:
    """Return the function that reads a column as texts like `cell_reader`, with an Unreadable in
    the place of a cell that cannot be read.
    """

    def read(files: RunFiles) -> list[Any]:
        try:
            comma, found, column, shape = _opened_table(rule, files)
            cells: list[Any] = [
                Unreadable(f"{rule.file}: {cell}") if isinstance(cell, TableError) else cell
                for cell in find_column(found, column, shape)
            ]
        except TableError as error:
            raise Unreadable(f"{rule.file}: {error}") from None
        except csv.Error as error:
            raise Unreadable(f"{rule.file} is no readable CSV table: {error}") from None
        if not comma or as_text:
            return cells
        return [
            _DECIMAL_COMMA.sub(_with_point, cell) if isinstance(cell, str) else cell
            for cell in cells
        ]

    return read


def _with_point(number: re.Match[str]) -> str:
    return number[0].replace(",", ".")


def _read(rule: TableReading, files: RunFiles) -> tuple[bool, list[str]]:
    """Return the cells asked for, and whether their numbers may have a decimal comma."""
    comma, found, column, shape = _opened_table(rule, files)
    return comma, find_cells(found, rule.row, column, shape)


def _opened_table(
    rule: TableReading, files: RunFiles
) -> tuple[bool, Iterator[TableRow], int, Shape]:
    """Return whether numbers may have a decimal comma, the rows, the column's number, and how many
    cells a row has.
    """
    above = _lines_above(rule, files)

    def rows() -> tuple[_Names, str | None, Iterator[TableRow]]:
        names, delimiter, lines = _opened(rule, _lines(rule, files, above))
        split = _csv_rows if rule.quoted else _word_rows
        return names, delimiter, split(lines, rule.comments, delimiter)

    names, delimiter, found = rows()
    column, shape = _column(rule, names), Shape(None, "")
    if names is not None:
        shape = Shape(len(names), "the header")
    elif column >= 0:  # counted from the left, it depends on there being as many cells as elsewhere
        shape = usual_shape(found)
        _, _, found = rows()
    comma = rule.decimal == "," or (rule.decimal is None and rule.quoted and delimiter == ";")
    return comma, found, column, shape


# -- where the table lies -------------------------------------------------------------------------


def _lines_above(rule: TableReading, files: RunFiles) -> int:
    """Return how many lines there are above the table. Raises Unreadable if `after` is not
    there.
    """
    if rule.after is None:
        return rule.skip
    marker, found = re.compile(rule.after), None
    for number, line in enumerate(lines_of(files.pieces(rule.file)), 1):
        if marker.search(line):
            found = number
            if rule.which == "first":
                break
    if found is None:
        raise Unreadable(
            f"nothing in {rule.file} matches {rule.after!r}, below which the table begins"
        )
    return found + rule.skip


def _lines(rule: TableReading, files: RunFiles, above: int) -> _Lines:
    """Yield the lines of the table."""
    marker = None if rule.until is None else re.compile(rule.until)
    numbered = enumerate(lines_of(files.pieces(rule.file)), 1)
    for number, line in itertools.islice(numbered, above, None):
        if marker is not None and marker.search(line):
            return
        yield number, line


def _opened(rule: TableReading, lines: _Lines) -> tuple[_Names, str | None, _Lines]:
    """Return the names of the header, if there is one, what separates cells, and the lines
    below.
    """
    first = next(((number, line) for number, line in lines if line.strip()), None)
    if first is None:
        return None, rule.delimiter, iter(())
    if not rule.header:
        below = itertools.chain([first], lines)
        skipped = []
        for number, line in below:
            skipped.append((number, line))
            if line.strip() and not line.lstrip().startswith(rule.comments):
                break
        delimiter = _delimiter(rule, skipped[-1][1])
        return None, delimiter, itertools.chain(skipped, below)
    header = first[1].lstrip()
    sign = next((sign for sign in rule.comments if header.startswith(sign)), "")
    header = header[len(sign) :]
    lines, row = _next_row(lines, rule.comments) if rule.quoted else (lines, "")
    delimiter = _delimiter(rule, header, row)
    split = (
        csv_rows([header], delimiter=delimiter, skipinitialspace=True)
        if rule.quoted
        else [header.split(delimiter)]
    )
    names = [name.strip() for name in next(iter(split), [])]
    while names and not names[-1]:
        names.pop()
    return names, delimiter, lines


def _next_row(lines: _Lines, comments: tuple[str, ...]) -> tuple[_Lines, str]:
    """Return the lines as they are, and the text of the first that is neither blank nor a
    comment.
    """
    seen, row = [], ""
    for number, line in lines:
        seen.append((number, line))
        if line.strip() and not line.lstrip().startswith(comments):
            row = line
            break
    return itertools.chain(seen, lines), row


def _delimiter(rule: TableReading, line: str, below: str = "") -> str | None:
    if rule.delimiter or not rule.quoted:
        return rule.delimiter
    return usual_delimiter(line, ";\t" if rule.decimal == "," else ",;\t", below)


def _column(rule: TableReading, names: _Names) -> int:
    """Return the number of the column. Raises Unreadable if the header does not name it, or
    twice.
    """
    if not isinstance(rule.column, str):
        return rule.column if rule.column >= 0 or names is None else rule.column + len(names)
    if names is None:
        raise Unreadable(
            f"{rule.file} has no header line to look for the column {rule.column!r} in"
        )
    if rule.column not in names:
        raise Unreadable(
            f"{rule.file} has no column {rule.column!r}; its header names {listed(names)}"
        )
    if names.count(rule.column) > 1:
        raise Unreadable(
            f"{rule.file} has more than one column {rule.column!r}; give its number instead"
        )
    return names.index(rule.column)


# -- rows -----------------------------------------------------------------------------------------


def _word_rows(
    lines: _Lines, comments: tuple[str, ...], delimiter: str | None
) -> Iterator[TableRow]:
    remark = re.compile(rf"(?:\A|(?<=\s))(?:{'|'.join(map(re.escape, comments))})")
    for number, line in lines:
        found = remark.search(line) if any(sign in line for sign in comments) else None
        line = line if found is None else line[: found.start()]
        if line.strip():
            yield TableRow(number, line.split(delimiter))


def _csv_rows(
    lines: _Lines, comments: tuple[str, ...], delimiter: str | None
) -> Iterator[TableRow]:
    text: list[str] = []  # of the row that is being read
    last = 0

    def ended() -> Iterator[str]:
        nonlocal last
        for number, line in lines:
            last = number
            text.append(line + "\n")
            yield text[-1]

    for cells in csv_rows(ended(), delimiter=delimiter, skipinitialspace=True):
        begun, words = last - len(text) + 1, cells[0].lstrip() if cells else ""
        if _is_open(text, delimiter):
            raise csv.Error(f"the quote in line {begun} is never closed")
        text.clear()
        if cells not in ([], [""]) and not words.startswith(comments):
            yield TableRow(begun, cells)


def _is_open(lines: list[str], delimiter: str | None) -> bool:
    """Return whether a row ends within quotes, as only the last of a file can."""
    if len(lines) == 1 and '"' not in lines[0]:
        return False
    try:
        for _ in csv_rows(lines, delimiter=delimiter, skipinitialspace=True, **_STRICT):
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return False
