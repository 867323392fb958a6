"""Rows as awkward as runners make them, and what a CSV reader must find for them."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from hypothesis import strategies as st

from enchanted_tui import values
from enchanted_tui.storage.csv_lines import to_bytes

Row = dict[str, Any]

scalars = st.one_of(
    st.floats(),
    st.integers(),
    st.booleans(),
    st.sampled_from(
        [
            2**70,
            10**4250,
            "",
            "NA",
            "007",
            'a "b", c',
            "two\nlines",
            "return\rhere",
            "ends\r\n",
            " blank ",
            "é☃",
            "raw\udcff",
            "half\ud800",
            "\x00",
        ]
    ),
    st.text(max_size=5),
    st.none(),
)
others = st.sampled_from(
    [
        {"a": [1, None]},
        [1.5, "x\r"],
        (1, 2),
        {"$x": 1},
        {1: 2},
        1 + 2j,
        b"\x00\xff",
        np.arange(3.0),
        np.array([[True]]),
        np.float32(0.1),
        {3},
    ]
)
column_names = st.sampled_from(
    ["output", "x", "y", "z", "success", "success_r1", "a,b", 'q"', "line\nbreak", "c\rr", "ünï"]
)


def rows(names: st.SearchStrategy[str] = column_names) -> st.SearchStrategy[Row]:
    """Rows with any columns in any order, the run directory last."""
    body = st.lists(st.tuples(names, scalars | others), unique_by=lambda pair: pair[0], max_size=5)
    return body.map(lambda pairs: {**dict(pairs), "run_dir": "out/data/d0"})


def cell_as_read(value: Any) -> str:
    """The text that a reader of the file gets for `value`."""
    return to_bytes(values.cell(value)).decode("utf-8", "surrogateescape")


def parse(data: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a whole CSV file; raises AssertionError if it is torn or ragged."""
    assert data.endswith(b"\n")
    reader = csv.reader(
        io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""), strict=True
    )
    header = next(reader)
    found = []
    for cells in reader:
        assert len(cells) == len(header), f"{len(cells)} cells under {len(header)} columns: {cells}"
        found.append(dict(zip(header, cells, strict=True)))
    return header, found


def as_read(row: Row, header: list[str]) -> dict[str, str]:
    """What `parse` must give for `row`."""
    return {column: cell_as_read(row.get(column)) for column in header}
