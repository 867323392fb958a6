"""Values as cells: what one writes, any CSV reader gets back."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
from hypothesis import given

from enchanted_tui import values
from enchanted_tui.storage.csv_lines import CsvLines
from helpers.odd_rows import cell_as_read, parse, rows


@given(row=rows())
def test_a_line_reads_back_cell_by_cell(row: dict[str, Any]) -> None:
    """Commas, quotes, all kinds of line ends, arrays and huge integers neither tear a line nor lose
    a character.
    """
    lines = CsvLines()
    header, found = parse(lines.line(row.keys()) + lines.line(row.values()))
    assert header == list(row)
    assert found == [{column: cell_as_read(value) for column, value in row.items()}]


@pytest.mark.parametrize(
    "number", [10**4100, 10**4250, -(10**5000)], ids=["decimal", "longish", "beyond Python's limit"]
)
def test_huge_integers(number: int) -> None:
    """An integer too long for Python's decimal conversion is data, and the rest of its row is not
    harmed.
    """
    assert CsvLines().line(["a", number, 1.5]).decode() == f"a,{values.cell(number)},1.5\n"


def test_pandas_reads_what_is_written() -> None:
    """The dataset's main reader: floats exactly, NaN and infinities as such, missing cells as
    missing.
    """
    lines = CsvLines()
    cells = [0.1 + 0.2, float("nan"), float("-inf"), None, True, "a\r\nb", 2**70]
    frame = pd.read_csv(io.BytesIO(lines.line(list("abcdefg")) + lines.line(cells)))
    row = frame.iloc[0]
    assert row["a"] == 0.1 + 0.2
    assert pd.isna(row["b"]) and row["c"] == float("-inf") and pd.isna(row["d"])
    assert row["e"] and row["f"] == "a\r\nb" and row["g"] == 2**70


def test_a_missing_only_cell_is_not_a_blank_line() -> None:
    """Readers skip blank lines; a row with a single empty cell must not vanish."""
    assert CsvLines().line([None]) == b'""\n'
