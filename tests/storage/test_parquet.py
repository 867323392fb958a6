"""The Parquet copy of the dataset, read back with pyarrow and pandas alone."""

from __future__ import annotations

import errno
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from enchanted_tui import values
from enchanted_tui.storage import parquet as module
from enchanted_tui.storage.column_types import ColumnType
from enchanted_tui.storage.dataset_header import fold
from enchanted_tui.storage.parquet import write_parquet
from helpers.marks import examples
from helpers.odd_rows import rows as odd_rows

Row = dict[str, Any]


def write(path: Path, rows: list[Row]) -> pyarrow.Table:
    write_parquet(path, lambda: iter(rows))
    return parquet.read_table(path)


@settings(max_examples=examples(100), deadline=None)
@given(rows=st.lists(odd_rows(), min_size=1, max_size=8))
def test_every_value_survives(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever mixture a column holds, each value is there, as itself or as the text that the CSV
    file has; missing is null.
    """
    table = write(tmp_path_factory.mktemp("parquet") / "d.parquet", rows)
    assert table.column_names == list(fold(tuple(row) for row in rows))
    for name in table.column_names:
        for found, row in zip(table[name].to_pylist(), rows, strict=True):
            check(found, row.get(name))


def check(found: Any, value: Any) -> None:
    if value is None:
        assert found is None
    elif isinstance(found, str):
        back = ColumnType("x", "json").from_json(found)
        assert (isinstance(value, str) and found == value) or repr(back) == repr(
            values.decode(values.encode(value))
        )
    elif isinstance(found, list):
        assert np.array_equal(np.array(found), np.array(value), equal_nan=True)
    elif isinstance(value, float) and math.isnan(value):
        assert math.isnan(found)
    else:
        assert found == value and isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([True, False, None], pyarrow.bool_()),
        ([1, 2**63 - 1, None], pyarrow.int64()),
        ([1, 2**63], pyarrow.string()),
        ([1, 0.5, float("nan")], pyarrow.float64()),
        ([2**53 + 1, 0.5], pyarrow.string()),
        ([True, 1], pyarrow.string()),
        (["a", None], pyarrow.string()),
        (["a", 1.5], pyarrow.string()),
        ([np.arange(3), [1]], pyarrow.list_(pyarrow.int64())),
        ([np.arange(3), [[1]]], pyarrow.string()),
        ([[0.5, 1], None], pyarrow.list_(pyarrow.float64())),
        ([None], pyarrow.string()),
    ],
)
def test_each_column_has_the_type_that_holds_all_its_values(
    tmp_path: Path, cells: list[Any], kind: pyarrow.DataType
) -> None:
    """The older program's last act was to die of an integer beyond 64 bits, after weeks of
    computing.
    """
    table = write(tmp_path / "d.parquet", [{"c": cell, "run_dir": "r"} for cell in cells])
    assert table.schema.field("c").type == kind
    for found, cell in zip(table["c"].to_pylist(), cells, strict=True):
        check(found, cell)


def test_row_groups_share_one_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large dataset is written part by part; a column that comes late, or changes its type, does
    not disturb that.
    """
    monkeypatch.setattr(module, "_ROW_GROUP", 10)
    rows: list[Row] = [{"x": number, "run_dir": f"r{number}"} for number in range(35)]
    rows[30] = {"late": "text", "x": 0.5, "run_dir": "r30"}
    write_parquet(tmp_path / "d.parquet", lambda: iter(rows))
    assert parquet.ParquetFile(tmp_path / "d.parquet").num_row_groups == 4
    frame = pd.read_parquet(tmp_path / "d.parquet")
    assert list(frame.columns) == ["late", "x", "run_dir"]
    assert frame["x"].tolist() == [*map(float, range(30)), 0.5, *map(float, range(31, 35))]
    assert frame["late"].notna().sum() == 1


def test_no_rows(tmp_path: Path) -> None:
    """An empty dataset is a file that opens, not an error."""
    assert write(tmp_path / "d.parquet", []).num_rows == 0


def test_a_full_disk_leaves_the_old_file(small_disk: Path) -> None:
    """The error keeps its number, so that the campaign stops for the right reason."""
    path = small_disk / "d.parquet"
    write(path, [{"x": 1, "run_dir": "r"}])
    before = path.read_bytes()
    generator = np.random.default_rng(0)
    rows = [{"x": float(generator.random()), "run_dir": str(number)} for number in range(10_000)]
    with pytest.raises(OSError) as caught:
        write_parquet(path, lambda: iter(rows))
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert not list(small_disk.glob(".*"))
