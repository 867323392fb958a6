"""Read points from a CSV or Parquet file, column by column, every value exactly."""

from __future__ import annotations

import csv
import os
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from enchanted_tui.csv_reading import csv_rows, usual_delimiter
from enchanted_tui.errors import UserError
from enchanted_tui.suggestions import did_you_mean

# a number with leading zeros is a label such as 007, and longer ones than this Python does not read
_WHOLE = r"[+-]?(?:0|[1-9][0-9]{0,4000})"
_INT = re.compile(_WHOLE)
_FLOAT = re.compile(
    rf"(?:{_WHOLE}(?:\.[0-9]*)?|[+-]?\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")

Column = Sequence[Any]


class PointsFileError(UserError, ValueError):
    """The file cannot give the points asked for; `option` is the one to change."""

    def __init__(self, sentence: str, option: str = "path") -> None:
        super().__init__(sentence)
        self.option = option


@dataclass(frozen=True)
class PointsFile:
    """Columns by name, all of `rows` values of type int, float, str (or bool from Parquet), and
    what looked odd in them.
    """

    columns: dict[str, Column]
    rows: int
    remarks: list[str] = field(default_factory=list)


def read_points(path: str, wanted: Sequence[str] | None, delimiter: str) -> PointsFile:
    """Read the columns `wanted`, or all. Raises PointsFileError, with the line where there is
    one.
    """
    try:
        with open(path, "rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        points = _read_parquet(path, wanted) if is_parquet else _read_csv(path, wanted, delimiter)
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
            f"{_short(path)} has no points; it needs at least one row below the names of the"
            " columns"
        )
    return points


# -- CSV -------------------------------------------------------------------------------------------


def _read_csv(path: str, wanted: Sequence[str] | None, delimiter: str) -> PointsFile:
    with open(path, encoding="utf-8-sig", newline="") as file:
        # the default, which a file without a comma in its first line does not mean
        if delimiter == ",":
            header, below = file.readline(), file.readline()
            delimiter = usual_delimiter(header, below=below)
            file.seek(0)
        names, cells, lines = _read_cells(file, path, wanted, delimiter)
    if delimiter == ";" or (delimiter == "\t" and not _may_be_thousands(cells)):
        cells = [_with_points(texts) for texts in cells]
    remarks: list[str] = []
    columns = {
        name: _typed(name, texts, lines, path, remarks)
        for name, texts in zip(names, cells, strict=True)
    }
    return PointsFile(columns, len(lines), remarks)


def _read_cells(
    file: TextIO, path: str, wanted: Sequence[str] | None, delimiter: str
) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the names of the columns to take, their cells, and the line on which each row ends."""
    rows = _rows(file, path, delimiter)
    header = [name.strip() for name in next(rows, (0, []))[1]]
    names, chosen = _choose(header, wanted, path)
    cells: list[list[str]] = [[] for _ in chosen]
    lines = []
    for line, row in rows:
        if len(row) != len(header):
            raise PointsFileError(
                f"the number of cells in line {line} of {_short(path)} is {len(row)}, in the header"
                f" {len(header)}; make them agree"
            )
        for texts, index in zip(cells, chosen, strict=True):
            texts.append(row[index])
        lines.append(line)
    return names, cells, lines


def _rows(file: TextIO, path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Return each row that is not an empty line, with the number of the line on which it ends."""
    reader = csv_rows(file, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise PointsFileError(
            f"line {reader.line_num} of {_short(path)} is not well-formed CSV: {error}"
        ) from None


def _may_be_thousands(cells: list[list[str]]) -> bool:
    """Tell whether every number with a comma in it may be a whole one, such as 1,000."""
    found = (text.strip() for texts in cells for text in texts if "," in text)
    return all(
        _THOUSANDS.fullmatch(text) or not _FLOAT.fullmatch(text.replace(",", ".", 1))
        for text in found
    )


def _with_points(texts: list[str]) -> list[str]:
    """Return the cells of a column with decimal points in place of decimal commas, if that makes
    numbers of all of them.
    """
    pointed = [text.replace(",", ".", 1) for text in texts]
    return pointed if _first_misfit(_FLOAT, [text.strip() for text in pointed]) is None else texts


def _typed(name: str, texts: list[str], lines: list[int], path: str, remarks: list[str]) -> Column:
    """Return cells as whole numbers if all of them are, else as numbers if all of them are, else as
    they are written.
    """
    stripped = [text.strip() for text in texts]
    odd = _first_misfit(_FLOAT, stripped)
    if odd is not None:
        if any(map(_FLOAT.fullmatch, stripped)):
            what = f"because {texts[odd]!r} in line {lines[odd]} is no number"
            remarks.append(f"the column {name!r} of {_short(path)} is taken as text, {what}")
        return texts
    if "" in stripped:
        line = lines[stripped.index("")]
        raise PointsFileError(
            f"line {line} of {_short(path)} has no value for {name!r}; give one (nan is a number),"
            " or remove the line"
        )
    if _first_misfit(_INT, stripped) is None:
        return _compact([int(text) for text in stripped])
    return array("d", map(float, stripped))


def _first_misfit(pattern: re.Pattern[str], texts: list[str]) -> int | None:
    """Return the index of the first text that is not empty and not what the pattern describes."""
    return next(
        (index for index, text in enumerate(texts) if text and not pattern.fullmatch(text)), None
    )


def _compact(numbers: list[int]) -> Column:
    try:
        return array("q", numbers)
    except OverflowError:  # beyond 64 bits
        return numbers


# -- Parquet ---------------------------------------------------------------------------------------


def _read_parquet(path: str, wanted: Sequence[str] | None) -> PointsFile:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names, _ = _choose(file.schema_arrow.names, wanted, path)
            table = file.read(columns=names)
    except pyarrow.ArrowException as error:
        raise PointsFileError(f"{_short(path)} is a damaged Parquet file: {error}") from None
    return PointsFile(
        {name: _plain_column(name, table.column(name), path) for name in names}, table.num_rows
    )


def _plain_column(name: str, column: Any, path: str) -> Column:
    cells: list[Any] = column.to_pylist()
    kinds = {type(cell) for cell in cells}
    if type(None) in kinds:
        row = cells.index(None) + 1
        raise PointsFileError(
            f"row {row} of {_short(path)} has no value for {name!r}; give one, or remove the row"
        )
    if not kinds <= {bool, int, float, str}:
        raise PointsFileError(
            f"the column {name!r} of {_short(path)} is of type {column.type}; points are numbers or"
            " text",
            "parameters",
        )
    if kinds == {float}:
        return array("d", cells)
    return _compact(cells) if kinds == {int} else cells


# -- both ------------------------------------------------------------------------------------------


def _choose(
    header: Sequence[str], wanted: Sequence[str] | None, path: str
) -> tuple[list[str], list[int]]:
    """Return the names and indices of the columns wanted, all if None. Raises PointsFileError for
    one that is not there.
    """
    if not header:
        raise PointsFileError(f"{_short(path)} is empty; its first line names the columns")
    for position, name in enumerate(header):
        if name in header[:position] and (wanted is None or name in wanted):
            raise PointsFileError(
                f"{_short(path)} has two columns called {name!r}; rename one of them"
            )
    if wanted is None:
        return list(header), list(range(len(header)))
    for position, name in enumerate(wanted):
        if name not in header:
            raise PointsFileError(_no_such_column(name, header, path), f"parameters[{position}]")
    return list(wanted), [header.index(name) for name in wanted]


def _no_such_column(name: str, header: Sequence[str], path: str) -> str:
    shown = ", ".join(header[:20]) + (", ..." if len(header) > 20 else "")
    return f"{_short(path)} has no column {name!r}, only {shown}{did_you_mean(name, header)}"


def _short(path: str) -> str:
    return os.path.basename(path) or path
