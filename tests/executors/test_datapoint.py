"""The datapoint file of a task: its row as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui import values
from enchanted_tui.executors.datapoint import datapoint_text


@given(
    row=st.dictionaries(
        st.text(max_size=6) | st.sampled_from(("x", "run_dir", "a,b")),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=8)
        | st.sampled_from(("", ",", '"', "\n", "\r", "a b", "1,5", "line\nline", "'")),
        min_size=1,
        max_size=5,
    )
)
def test_a_datapoint_is_read_back_as_it_was(row: dict[str, Any]) -> None:
    """Whatever stands in names and values, what is written without a CSV writer is the CSV that one
    would have written.
    """
    text = datapoint_text(row)
    assert text == _by_a_csv_writer(row).encode("utf-8", "backslashreplace")


def _by_a_csv_writer(row: dict[str, Any]) -> str:
    """Return the two lines of a row, all of its cells in quotes where one has a carriage return."""
    out = io.StringIO()
    cells = [values.cell(value) for value in row.values()]
    csv.writer(out, lineterminator="\n").writerow(row)
    if any("\r" in cell for cell in cells):
        csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    else:
        csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
