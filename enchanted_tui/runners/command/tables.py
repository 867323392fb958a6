"""Cells of a text table: columns by name or number, rows by number."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.files import RunFiles, Unreadable


def cell_reader(file: str, spec: dict[str, Any] | int | str, *, quoted: bool) -> Callable[[RunFiles], Any]:
    """Give the function that reads one cell, or one column for ``row: all``, as text.

    `quoted` says whether it is CSV (comma, quotes, a header by default) or a table of words (any white space, no header unless the
    column is named).
    """
    if not isinstance(spec, dict):
        spec = {"column": spec}
    column, row = spec["column"], spec.get("row", -1)
    header = spec.get("header", quoted or isinstance(column, str))
    delimiter = spec.get("delimiter", "," if quoted else None)
    comment = spec.get("comment", "#")
    skip = spec.get("skip", 0)
    rows_of = _csv_rows if quoted else _word_rows

    def read(files: RunFiles) -> Any:
        lines = files.text(file).split("\n")[skip:]
        try:
            names, lines = _take_header(lines, comment, delimiter, rows_of) if header else (None, lines)
            rows = rows_of(lines, comment, delimiter)
        except csv.Error as error:
            raise Unreadable(f"{file} is no readable CSV table: {error}") from None
        if row == "all":
            return [_cell(file, rows[number], column, names, number) for number in range(len(rows))]
        return _cell(file, _row(file, rows, row), column, names, row)

    return read


def _take_header(lines: list[str], comment: str | None, delimiter: str | None, rows_of: Any) -> tuple[list[str] | None, list[str]]:
    """Take the first line that is not blank as names, without the comment sign it may begin with."""
    for number, line in enumerate(lines):
        if line.strip():
            if comment and line.lstrip().startswith(comment):
                line = line.lstrip()[len(comment) :]
            cells = rows_of([line], None, delimiter)
            return [name.strip() for name in cells[0]] if cells else [], lines[number + 1 :]
    return None, []


def _word_rows(lines: list[str], comment: str | None, delimiter: str | None) -> Sequence[list[str]]:
    return _WordRows([line for line in lines if line.strip() and not (comment and line.lstrip().startswith(comment))], delimiter)


class _WordRows(Sequence[list[str]]):
    """Rows that are split only when asked for: most rules want one of a long table."""

    def __init__(self, lines: list[str], delimiter: str | None) -> None:
        self._lines, self._delimiter = lines, delimiter

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: Any) -> Any:
        return self._lines[number].split(self._delimiter)


def _csv_rows(lines: list[str], comment: str | None, delimiter: str | None) -> Sequence[list[str]]:
    text = io.StringIO("\n".join(lines), newline="")
    rows = csv.reader(text, delimiter=delimiter or ",", skipinitialspace=True)
    return [row for row in rows if row not in ([], [""]) and not (comment and row[0].lstrip().startswith(comment))]


def _row(file: str, rows: Sequence[list[str]], row: int) -> list[str]:
    if not -len(rows) <= row < len(rows):
        raise Unreadable(f"{file} has no row {row}; it has {len(rows)}")
    return rows[row]


def _cell(file: str, cells: list[str], column: int | str, names: list[str] | None, row: int) -> str:
    if isinstance(column, str):
        if names is None:
            raise Unreadable(f"{file} has no header line to look for the column {column!r} in")
        if column not in names:
            raise Unreadable(f"{file} has no column {column!r}; its header names {listed(names)}")
        position = names.index(column)
    else:
        position = column
    if not -len(cells) <= position < len(cells):
        raise Unreadable(f"{file} has no column {column!r} in row {row}, which has {len(cells)}")
    return cells[position]
