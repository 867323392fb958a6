"""A dataset with everything in it goes into every format and back unchanged, and other people's
libraries read it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyarrow import parquet

from enchanted_tui.export.csv_table import read_csv, write_csv
from enchanted_tui.export.frame import load
from enchanted_tui.export.hdf5_table import write_hdf5_table, write_netcdf
from enchanted_tui.storage.column_types import column_types
from enchanted_tui.storage.parquet import write_parquet
from helpers.marks import examples

Row = dict[str, Any]

FORMATS = {"csv": "d.csv", "parquet": "d.parquet", "hdf5": "d.h5", "netcdf": "d.nc"}
UNITS = {"pressure": "Pa"}
METADATA = {"campaign": "c", "seed": "7"}

ROWS: list[Row] = [
    {
        "pressure": 1.5,
        "n": 3,
        "converged": True,
        "label": "007",
        "q": np.array([1.0, 2.0, math.nan]),
        "psi": np.arange(6, dtype=np.float32).reshape(2, 3),
        "grid": [1, 2, 3],
        "trace": np.arange(2),
        "more": {"a": [1, None]},
        "mixed": 1,
        "success": True,
        "run_dir": "data/d0_b0_s0_r0",
    },
    {
        "pressure": math.nan,
        "n": None,
        "converged": False,
        "label": "",
        "success": False,
        "run_dir": "data/d0_b0_s1_r0",
    },
    {
        "pressure": None,
        "n": 2**62,
        "converged": None,
        "label": 'a "quoted", two\nlines\r',
        "q": np.array([0.0, -0.0, math.inf]),
        "psi": np.ones((2, 3), np.float32),
        "grid": [4, 5, 6],
        "trace": np.arange(5),
        "more": 1 + 2j,
        "mixed": "x",
        "success": True,
        "run_dir": "data/d0_b0_s2_r0",
    },
]


def write(to: str, path: Path, rows: list[Row], units: dict[str, str] | None = None) -> None:
    columns = column_types(rows, units)

    def read_rows() -> Iterator[Row]:
        return iter(rows)

    if to == "csv":
        write_csv(path, read_rows, columns, METADATA)
    elif to == "parquet":
        write_parquet(path, read_rows, columns, metadata=METADATA)
    elif to == "hdf5":
        write_hdf5_table(path, read_rows, columns, METADATA, len(rows))
    else:
        write_netcdf(path, read_rows, columns, METADATA, len(rows))


def same(found: Any, value: Any) -> bool:
    """Equal in value and type; a list of numbers comes back as an array."""
    if value is None:
        return found is None or found is pd.NA
    if isinstance(value, list) and isinstance(found, np.ndarray):
        value = np.array(value)
    if isinstance(value, np.ndarray):
        return bool(
            isinstance(found, np.ndarray)
            and found.shape == value.shape
            and np.array_equal(found, value, equal_nan=found.dtype.kind == "f")
        )
    if isinstance(value, float):
        return bool(isinstance(found, float) and repr(float(found)) == repr(value))
    if isinstance(value, bool | int):
        return bool(found == value)
    return type(found) is type(value) and repr(found) == repr(value)


def check(frame: pd.DataFrame, rows: list[Row]) -> None:
    for name in frame.columns:
        series = frame[name]
        for position, row in enumerate(rows):
            assert same(cell(series, position), row.get(name)), (
                name,
                position,
                series.iloc[position],
                row.get(name),
            )


def cell(series: pd.Series[Any], position: int) -> Any:
    """Give a cell; a masked float column shows NaN as missing, so that is asked of its own data."""
    array = series.array
    if isinstance(array, pd.arrays.FloatingArray):
        held: Any = array
        return pd.NA if held._mask[position] else float(held._data[position])
    return series.iloc[position]


@pytest.mark.parametrize("to", FORMATS)
def test_everything_comes_back_unchanged(to: str, tmp_path: Path) -> None:
    """Arrays with type and shape, "007", empty text beside missing text, NaN beside missing
    numbers, failed rows, units, provenance.
    """
    path = tmp_path / FORMATS[to]
    write(to, path, ROWS, UNITS)
    frame = load(path)
    assert list(frame.columns) == list(ROWS[0])
    check(frame, ROWS)
    assert frame["psi"][0].dtype == np.float32
    assert frame["trace"][0].shape == (2,)
    assert frame.attrs["units"] == UNITS
    assert frame.attrs["provenance"] == METADATA


_ODD_TABLES: dict[str, list[Row]] = {
    "one column, its last value missing": [{"output": 1.5}, {}, {"output": 2.5}, {"output": None}],
    "a name that is the companion of another": [
        {"missing__a": 2.0, "a": None},
        {"a": 4},
        {"missing__a": 3.0, "a": 5},
    ],
    "companion and column without gaps": [{"a": 1, "missing__a": 1}, {"a": 2, "missing__a": 0}],
    "names that are dimensions of an array": [
        {"p_0": 1.0, "p_1": "x", "p": np.ones((2, 3)), "sample": 7}
    ],
    "names that files have": [{"columns": 1, "missing": 2, "kind": 3}, {}],
    "names that are hardly names": [{"": 1, " ": 2, "\n": 3, '"': 4, ",": 5, "é🙂": 6}, {"": None}],
    "names that readers take for expressions": [
        {"\\alpha": 1, "x.y": 2, "a[0]": 3, "a/b": 4, "a_b": 5}
    ],
}


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("table", _ODD_TABLES)
def test_names_that_collide_and_lines_that_are_empty(to: str, table: str, tmp_path: Path) -> None:
    """Names that a format uses for something else, and rows without any value, lose nothing."""
    rows = _ODD_TABLES[table]
    path = tmp_path / FORMATS[to]
    write(to, path, rows)
    frame = load(path)
    assert sorted(frame.columns) == sorted({name for row in rows for name in row})
    assert len(frame) == len(rows)
    check(frame, rows)


_ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.int16, np.bool_]),
    hnp.array_shapes(max_dims=2, max_side=3),
    elements=st.sampled_from([0, 1]),
)
_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["007", "", "NA", "null", 'q"', " x ", "a,b", "\r", "\n", "\0", "\ud800", "é"]),
    st.lists(st.floats(allow_nan=False), max_size=3),
    st.lists(st.integers(-5, 5), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    _ARRAYS,
)


@pytest.mark.parametrize("to", FORMATS)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(["a", "b/c", "d e", "units", "é", "."]), _CELLS),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_columns_hold_comes_back(to: str, rows: list[Row], tmp_path: Path) -> None:
    """Any mixture of values in any of the formats; at least one column, since files without columns
    have no rows either.
    """
    rows = [{"first": number, **row} for number, row in enumerate(rows)]
    path = tmp_path / FORMATS[to]
    write(to, path, rows)
    frame = load(path)
    assert set(frame.columns) == {name for row in rows for name in row}
    check(frame, rows)


@pytest.mark.parametrize("to", FORMATS)
def test_what_no_format_takes_in_a_name_is_escaped(to: str, tmp_path: Path) -> None:
    """The same in all of them: NUL, at which text in HDF5 ends, and lone surrogates, which are no
    Unicode.
    """
    path = tmp_path / FORMATS[to]
    write(to, path, [{"a\0b": 1, "a\ud800": 2.5, "a": "x"}])
    assert load(path).to_dict("list") == {r"a\x00b": [1], r"a\ud800": [2.5], "a": ["x"]}


def test_bare_csv_is_what_any_reader_expects(tmp_path: Path) -> None:
    """Without the schema, pandas reads the same numbers, text and JSON arrays."""
    path = tmp_path / "d.csv"
    write("csv", path, ROWS)
    frame = pd.read_csv(path)
    assert frame["pressure"][0] == 1.5
    assert math.isnan(frame["pressure"][1])
    assert frame["label"][2] == ROWS[2]["label"]
    assert frame["success"].tolist() == [True, False, True]
    assert frame["grid"][0] == "[1, 2, 3]"


def test_pandas_and_pyarrow_alone_read_parquet(tmp_path: Path) -> None:
    """Types and lists without any code of this project; units and provenance are plain metadata."""
    path = tmp_path / "d.parquet"
    write("parquet", path, ROWS, UNITS)
    frame = pd.read_parquet(path)
    assert frame["label"].tolist() == ["007", "", ROWS[2]["label"]]
    assert frame["success"].dtype == bool
    assert frame["psi"][2][1].tolist() == [1, 1, 1]
    assert frame["q"][1] is None
    schema = parquet.read_schema(path)
    assert schema.field("pressure").metadata[b"unit"] == b"Pa"
    assert schema.metadata[b"seed"] == b"7"


@pytest.mark.parametrize("name", ["d.h5", "d.nc"])
def test_h5py_alone_reads_hdf5_and_netcdf(name: str, tmp_path: Path) -> None:
    """Arrays are arrays, units attributes; NetCDF-4 is HDF5."""
    path = tmp_path / name
    write("hdf5" if name == "d.h5" else "netcdf", path, ROWS, UNITS)
    with h5py.File(path) as file:
        columns = file if name == "d.nc" else file["columns"]
        assert columns["psi"].shape == (3, 2, 3)
        assert columns["pressure"].attrs["unit"] == "Pa"
        assert columns["label"].asstr()[()].tolist() == ["007", "", ROWS[2]["label"]]
        gaps = file["missing__n"] if name == "d.nc" else file["missing/n"]
        assert gaps[()].tolist() == [0, 1, 0]
        assert file.attrs["seed"] == "7"


def test_a_csv_file_without_its_schema_is_a_clear_error(tmp_path: Path) -> None:
    """One sentence with what can be done, not guessed types."""
    path = tmp_path / "d.csv"
    write("csv", path, ROWS)
    (tmp_path / "d.csv.schema.json").unlink()
    with pytest.raises(ValueError, match=r"pandas\.read_csv"):
        load(path)


def test_the_schema_is_a_table_schema(tmp_path: Path) -> None:
    """Other tools know its types and units."""
    path = tmp_path / "d.csv"
    write("csv", path, ROWS, UNITS)
    columns, _, provenance = read_csv(path)
    assert [(column.name, column.kind) for column in columns][:5] == [
        ("pressure", "float"), ("n", "int"), ("converged", "bool"), ("label", "text"), ("q", "array")
    ]  # fmt: skip
    assert provenance == METADATA
