"""Where the rows of a file are, as an editor, or whoever reads it by position, finds them."""

from __future__ import annotations

from pathlib import Path

from enchanted_tui.csv_reading import csv_rows

_NOT_TEXT = (b"PAR1", b"\x89HDF", b"PK\x03\x04")  #: how Parquet, HDF5 and archives begin


def place_in_file(path: Path, row: int, *, blank_rows: bool) -> str:
    """Return where a row, counted from 0, is: the line of a CSV file in which it begins, since
    cells may hold line ends, and the number of the row in any other. `blank_rows`: whether a blank
    line of a CSV file is a row.
    """
    if path.is_dir() or _beginning(path) in _NOT_TEXT:
        return f"row {row} (the first is 0)"
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows, begin, left = csv_rows(file), 1, row + 1  # the names are above
        for cells in rows:
            if blank_rows or any(cell.strip() for cell in cells) or len(cells) > 1:
                if left == 0:
                    break
                left -= 1
            begin = rows.line_num + 1
    return f"line {begin}"


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)
