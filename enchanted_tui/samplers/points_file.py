"""Read points from a CSV, Parquet or NumPy file, column by column, every value exactly.

A file is read in blocks, so that a million points take no more memory than their numbers and the
bytes of their text.
"""

from __future__ import annotations

import csv
import functools
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TextIO

from enchanted_tui.csv_reading import csv_rows, usual_delimiter
from enchanted_tui.samplers.point_columns import (
    TEXT,
    CellColumn,
    may_be_thousands,
)
from enchanted_tui.samplers.point_table import (
    PointsFile,
    PointsFileError,
    WantedColumns,
    choose,
    short,
)

_BLOCK = 4096  #: rows that are read at a time


def read_points(path: str, wanted: Sequence[str] | None, delimiter: str) -> PointsFile:
    """Read the columns `wanted`, or all. Raises PointsFileError, with the line where there is
    one.
    """
    return read(path, WantedColumns(None if wanted is None else tuple(wanted), delimiter))


def read(path: str, wanted: WantedColumns) -> PointsFile:
    """Read a file as `read_points` does; once, as long as it does not change."""
    return _read(path, wanted, mark_of(path))


def mark_of(path: str) -> tuple[int, ...]:
    """Return what tells whether a file has changed; nothing if it cannot be looked at."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@functools.lru_cache(maxsize=2)
def _read(path: str, wanted: WantedColumns, mark: tuple[int, ...]) -> PointsFile:
    from enchanted_tui.samplers.points_arrays import read_npy, read_parquet

    try:
        with open(path, "rb") as file:
            begin = file.read(6)
        if begin.startswith(b"PAR1"):
            points = read_parquet(path, wanted)
        elif begin == b"\x93NUMPY":
            points = read_npy(path, wanted)
        else:
            points = _read_csv(path, wanted)
    except FileNotFoundError:
        raise PointsFileError(f"there is no file {path}; check the path") from None
    except UnicodeDecodeError:
        raise PointsFileError(
            f"{path} is neither Parquet nor text in UTF-8; save it as one of them"
        ) from None
    except OSError as error:
        raise PointsFileError(f"{path} cannot be read: {error.strerror or error}") from error
    if points.rows == 0:
        raise PointsFileError(
            f"{short(path)} has no points; it needs at least one row below the names of the columns"
        )
    return points


# -- CSV -------------------------------------------------------------------------------------------


def _read_csv(path: str, wanted: WantedColumns) -> PointsFile:
    with open(path, encoding="utf-8-sig", newline="") as file:
        delimiter = wanted.delimiter
        # the default, which a file without a comma in its first line does not mean
        if delimiter == ",":
            header, below = file.readline(), file.readline()
            delimiter = usual_delimiter(header, below=below)
        table = _CsvTable(file, path, delimiter, wanted.columns)
        comma = delimiter == ";" or (delimiter == "\t" and not table.may_have_thousands())
        columns = [CellColumn(decimal_comma=comma) for _ in table.names]
        rows = table.read_into(columns)
        again = {
            index: CellColumn(column.kind, decimal_comma=comma)
            for index, column in enumerate(columns)
            if column.is_spoilt
        }
        if again:
            table.read_into([again.get(index) for index in range(len(columns))])
    remarks: list[str] = []
    found = {}
    named = list(zip(table.names, columns, strict=True))
    lacking = [_gap(name, column, path, gaps=wanted.gaps) for name, column in named]
    if any(lacking):
        raise PointsFileError("\n".join(filter(None, lacking)))
    for index, (name, column) in enumerate(named):
        if column.odd is not None and column.has_number:
            what = f"because {column.odd[0]!r} in line {column.odd[1]} is no number"
            remarks.append(f"the column {name!r} of {short(path)} is taken as text, {what}")
        found[name] = again.get(index, column).values
    return PointsFile(found, rows, remarks)


def _gap(name: str, column: CellColumn, path: str, *, gaps: bool) -> str:
    """Say on which line a column has no value first; empty if it has one on each."""
    may_be_nan = " (nan is a number)" if gaps else ""
    line = column.empty if column.kind != TEXT or not gaps else None
    line = column.nan if line is None and not gaps else line
    return (
        ""
        if line is None
        else f"line {line} of {short(path)} has no value for {name!r}; give one{may_be_nan}, or"
        " remove the line"
    )


class _CsvTable:
    """The columns of a CSV file that are wanted, as cells."""

    def __init__(
        self, file: TextIO, path: str, delimiter: str, wanted: Sequence[str] | None
    ) -> None:
        self._file, self._path, self._delimiter = file, path, delimiter
        header = self._begin()
        self.names, self._chosen = choose(header, wanted, path)
        self._width = len(header)

    def _begin(self) -> list[str]:
        """Go to the first row, and return the names of all columns."""
        self._file.seek(0)
        self._rows = _rows(self._file, self._path, self._delimiter)
        return [name.strip() for name in next(self._rows, (0, []))[1]]

    def may_have_thousands(self) -> bool:
        """Tell whether every number with a comma in it may be a whole one, such as 1,000."""
        return all(may_be_thousands(texts) for _, cells in self._blocks() for texts in cells)

    def read_into(self, columns: Sequence[CellColumn | None]) -> int:
        """Hand all cells to their columns, of which None wants none; return how many rows there
        are.
        """
        count = 0
        for lines, cells in self._blocks():
            count += len(lines)
            for column, texts in zip(columns, cells, strict=True):
                if column is not None:
                    column.add(texts, lines)
        return count

    def _blocks(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Return the lines on which rows end and the cells of each column, block by block."""
        self._begin()
        while block := list(islice(self._rows, _BLOCK)):
            for line, row in block:
                if len(row) != self._width:
                    raise PointsFileError(
                        f"the number of cells in line {line} of {short(self._path)} is {len(row)},"
                        f" in the header {self._width}; make them agree"
                    )
            yield (
                [line for line, _ in block],
                [[row[index] for _, row in block] for index in self._chosen],
            )


def _rows(file: TextIO, path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Return each row that is not an empty line, with the number of the line on which it ends."""
    reader = csv_rows(file, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise PointsFileError(
            f"line {reader.line_num} of {short(path)} is not well-formed CSV: {error}"
        ) from None
