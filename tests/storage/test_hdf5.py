"""runs.h5, read back with h5py alone."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui import values
from enchanted_tui.storage import hdf5
from enchanted_tui.storage.dataset_header import fold
from enchanted_tui.storage.hdf5 import encode_text, write_hdf5, write_hdf5_tables
from helpers.marks import examples
from helpers.odd_rows import column_names, others, scalars

Row = dict[str, Any]

GROUPS = [
    {
        "sampler": "RandomSampler",
        "executors": ["LocalExecutor", "DaskExecutor"],
        "runners": ["ExampleRunner", "SumRunner"],
    }
]
# the journal holds no numpy scalars
plain = scalars | others.filter(lambda value: not isinstance(value, np.generic))
some_rows = st.lists(
    st.lists(st.tuples(column_names, plain), unique_by=lambda pair: pair[0], max_size=6).map(
        lambda pairs: {**dict(pairs), "run_dir": "o/d"}
    ),
    max_size=8,
)


def write(path: Path, rows: list[Row]) -> h5py.File:
    write_hdf5(
        path, [], lambda: ((f"d0_b0_s{number}_r0", row) for number, row in enumerate(rows)), GROUPS
    )
    return h5py.File(path, "r")


def is_number(value: Any) -> bool:
    return type(value) in (float, bool) or (type(value) is int and abs(value) <= 2**53)


def text_of(value: Any) -> str:
    return encode_text(values.cell(value)).decode()


def same(found: float, expected: Any) -> bool:
    return found == expected or (math.isnan(found) and math.isnan(expected))


@pytest.mark.slow
@settings(max_examples=examples(150), deadline=None)
@given(rows=some_rows)
def test_every_value_is_where_the_old_layout_has_it(
    rows: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Numbers by name in `values`, everything else by name in `text_values`, for each run and for
    all together; nothing else.
    """
    with write(tmp_path_factory.mktemp("h5") / "runs.h5", rows) as file:
        runs = file["data/runs"]
        assert set(runs) == {f"d0_b0_s{number}_r0" for number in range(len(rows))}
        for number, row in enumerate(rows):
            check_run(runs[f"d0_b0_s{number}_r0"], row)
        check_aggregated(file["data/aggregated"], rows)


def check_run(group: h5py.Group, row: Row) -> None:
    numbers = {column: value for column, value in row.items() if is_number(value)}
    arrays = [value for value in row.values() if isinstance(value, np.ndarray)]
    others = {
        column: value
        for column, value in row.items()
        if value is not None and not is_number(value) and column != "run_dir"
    }
    texts = {
        column: text_of(value)
        for column, value in others.items()
        if not isinstance(value, np.ndarray)
    }
    stored = [dataset[()].tobytes() for dataset in group["arrays"].values()] if arrays else []
    assert sorted(stored) == sorted(array.tobytes() for array in arrays)
    assert list(group["columns"].asstr()) == [encode_text(column).decode() for column in numbers]
    assert group["values"].shape == (1, len(numbers))
    assert all(
        same(found, value)
        for found, value in zip(group["values"][0], numbers.values(), strict=True)
    )
    if not texts:
        assert "text_values" not in group
        return
    assert dict(
        zip(group["text_columns"].asstr()[()], group["text_values"].asstr()[0], strict=True)
    ) == {encode_text(column).decode(): text for column, text in texts.items()}


def check_aggregated(group: h5py.Group, rows: list[Row]) -> None:
    header = fold(tuple(row) for row in rows)
    numbers = [column for column in header if any(is_number(row.get(column)) for row in rows)]
    texts = [
        column
        for column in header
        if any(row.get(column) is not None and not is_number(row[column]) for row in rows)
    ]
    assert list(group["columns"].asstr()) == numbers
    assert list(group["text_columns"].asstr()) == texts
    assert group["values"].shape == (len(rows), len(numbers))
    assert group["text_values"].shape == (len(rows), len(texts))
    found, found_texts = group["values"][()], group["text_values"].asstr()[()] if texts else None
    for index, row in enumerate(rows):
        for place, column in enumerate(numbers):
            expected = row[column] if is_number(row.get(column)) else math.nan
            assert same(found[index, place], expected)
        for place, column in enumerate(texts):
            value = row.get(column)
            assert found_texts is not None
            assert found_texts[index, place] == (
                "" if value is None or is_number(value) else text_of(value)
            )


def test_failures_can_be_told_and_text_is_kept(tmp_path: Path) -> None:
    """The older program dropped truth values and text, so that a failed run looked like any
    other.
    """
    rows = [
        {
            "output": 1.5,
            "success": True,
            "shape": "ellipse",
            "profile": np.array([1.0, 2.0]),
            "big": 2**60,
            "run_dir": "out/data/a",
        },
        {"success": False, "shape": "ellipse", "run_dir": "out/data/b"},
    ]
    with write(tmp_path / "runs.h5", rows) as file:
        table = dict(
            zip(
                file["data/aggregated/columns"].asstr()[()],
                file["data/aggregated/values"][()].T,
                strict=True,
            )
        )
        assert table["success"].tolist() == [1.0, 0.0]
        assert np.isnan(table["output"][1])
        run = file["data/runs/d0_b0_s0_r0"]
        texts = dict(
            zip(run["text_columns"].asstr()[()], run["text_values"].asstr()[0], strict=True)
        )
        assert texts == {"shape": "ellipse", "big": str(2**60)}
        assert run["arrays/profile"][()].tolist() == [1.0, 2.0]


def test_arrays_are_addressed_by_task_with_type_and_shape(tmp_path: Path) -> None:
    """A profile or a field is read without parsing text; whatever the column is called."""
    field = np.arange(6, dtype=np.float32).reshape(2, 3)
    with write(
        tmp_path / "runs.h5",
        [{"psi": field, "q/edge": np.array([True]), "run_dir": "a"}, {"psi": None, "run_dir": "b"}],
    ) as file:
        arrays = file["data/runs/d0_b0_s0_r0/arrays"]
        assert arrays["psi"].dtype == np.float32
        assert np.array_equal(arrays["psi"][()], field)
        assert arrays["q_edge"][()].tolist() == [True]
        assert "text_values" not in file["data/runs/d0_b0_s0_r0"]
        assert "arrays" not in file["data/runs/d0_b0_s1_r0"]


def test_units_stand_beside_the_columns(tmp_path: Path) -> None:
    """In the same order, empty where none is given; arrays have theirs too, and the file says where
    it comes from.
    """
    rows = [("d0_b0_s0_r0", {"pressure": 1.0, "n": 2, "q": np.ones(3), "run_dir": "a"})]
    write_hdf5(
        tmp_path / "runs.h5",
        [],
        lambda: iter(rows),
        [],
        units={"pressure": "Pa", "q": "m"},
        metadata={"seed": "7"},
    )
    with h5py.File(tmp_path / "runs.h5") as file:
        assert file["data/aggregated/columns"].asstr()[()].tolist() == ["pressure", "n"]
        assert file["data/aggregated/units"].asstr()[()].tolist() == ["Pa", ""]
        assert file["data/aggregated/text_columns"].asstr()[()].tolist() == ["q", "run_dir"]
        assert file["data/aggregated/text_units"].asstr()[()].tolist() == ["m", ""]
        assert file["data/runs/d0_b0_s0_r0/arrays/q"].attrs["unit"] == "m"
        assert dict(file.attrs) == {"seed": "7"}


def test_stages_are_described(tmp_path: Path) -> None:
    """The attributes that the older program left empty."""
    with write(tmp_path / "runs.h5", []) as file:
        attributes = file["metadata/run_groups/0"].attrs
        assert attributes["sampler"] == "RandomSampler"
        assert attributes["executors"].tolist() == ["LocalExecutor", "DaskExecutor"]
        assert attributes["runners"].tolist() == ["ExampleRunner", "SumRunner"]
        assert len(file["data/runs"]) == 0
        assert file["data/aggregated/values"].shape == (0, 0)


def test_a_table_for_each_stage(tmp_path: Path) -> None:
    """All rows are there, each stage's under its own columns, and readers of the dataset's table
    find it where it always is.
    """
    parents: list[Row] = [{"x": number / 3, "run_dir": f"p{number}"} for number in range(4)]
    rows: list[Row] = [
        {"y": number, "note": "odd" * (number % 2), "q": np.ones(2), "run_dir": f"r{number}"}
        for number in range(5)
    ]
    stages = {
        depth: lambda found=found: ((row["run_dir"], row) for row in found)
        for depth, found in enumerate((parents, rows))
    }
    write_hdf5_tables(tmp_path / "runs.h5", stages, GROUPS, units={"y": "m"})
    with h5py.File(tmp_path / "runs.h5") as file:
        check_aggregated(file["data/stages/0"], parents)
        check_aggregated(file["data/stages/1"], rows)
        check_aggregated(file["data/aggregated"], rows)
        assert file["data/aggregated/units"].asstr()[()].tolist() == ["m"]
        assert "runs" not in file["data"]
        assert file["metadata/run_groups/0"].attrs["sampler"] == "RandomSampler"


def test_a_column_that_comes_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column, or text among numbers, that comes after many rows have been written has its place
    all the same.
    """
    monkeypatch.setattr(hdf5, "_FIRST_ROWS", 2)
    rows: list[Row] = [{"x": float(number), "run_dir": f"r{number}"} for number in range(7)]
    rows[4] = {"early": 1, **rows[4]}
    rows[5]["x"] = "broken"
    with write(tmp_path / "runs.h5", rows) as file:
        check_aggregated(file["data/aggregated"], rows)
        assert list(file["data/aggregated/columns"].asstr()) == ["early", "x"]


@pytest.mark.parametrize("count", [1, 6, 7, 8, 21, 22])
def test_tables_of_every_length(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables are written in blocks: full ones, a last one that is not, and more rows can be
    added by anybody.
    """
    monkeypatch.setattr(hdf5, "_BLOCK", 7)
    rows: list[Row] = [
        {"x": number / 7, "y": number, "run_dir": f"r{number}"} for number in range(count)
    ]
    path = tmp_path / "runs.h5"
    write_hdf5(path, [], lambda: ((row["run_dir"], row) for row in rows), [])
    with h5py.File(path, "r+") as file:
        table = file["data/aggregated"]
        assert table["values"][()].tolist() == [[row["x"], row["y"]] for row in rows]
        assert table["text_values"].asstr()[:, 0].tolist() == [row["run_dir"] for row in rows]
        table["values"].resize(count + 9, axis=0)
        table["values"][-1] = [1, 2]
        assert table["values"][count - 1 :: 9].tolist() == [[rows[-1]["x"], rows[-1]["y"]], [1, 2]]


@pytest.mark.slow
def test_wide_rows_and_long_texts(tmp_path: Path) -> None:
    """More columns than an object header holds, texts longer than a heap block, texts that fill
    many of them.
    """
    rows: list[Row] = [
        {**{f"c{number}": float(number) for number in range(9_000)}, "run_dir": "r"},
        {
            **{f"t{number}": f"text {number}" * 9 for number in range(4_500)},
            "long": "é" * 100_000,
            "run_dir": "",
        },
        {**{f"t{length}": "x" * length for length in range(4_040, 4_090)}, "run_dir": "r"},
    ]
    with write(tmp_path / "runs.h5", rows) as file:
        for number, row in enumerate(rows):
            check_run(file["data/runs"][f"d0_b0_s{number}_r0"], row)


@pytest.mark.parametrize("count", [1, 8, 9, 300])
def test_every_number_of_runs_can_be_looked_up(tmp_path: Path, count: int) -> None:
    """HDF5 keeps few names in a list and many in a tree."""
    rows = [{"x": number, "run_dir": f"out/data/{number}"} for number in range(count)]
    with write(tmp_path / "runs.h5", rows) as file:
        runs = file["data/runs"]
        assert len(runs) == len(list(runs)) == count
        for number in {0, 1, count // 2, count - 1} & set(range(count)):
            check_run(runs[f"d0_b0_s{number}_r0"], rows[number])
        assert "d0_b0_s99999_r0" not in runs and "" not in runs and "zzz" not in runs


def test_the_library_can_change_the_file(tmp_path: Path) -> None:
    """People add their own groups and attributes and delete runs; HDF5 must find a file like its
    own.
    """
    path = tmp_path / "runs.h5"
    rows = [{"x": number, "run_dir": f"r{number}"} for number in range(600)]
    write(path, rows).close()
    with h5py.File(path, "r+") as file:
        runs = file["data/runs"]
        for number in range(0, 600, 2):
            del runs[f"d0_b0_s{number}_r0"]
        runs["d0_b0_s1_r0"].attrs["checked"] = "yes" * 100
        runs["d0_b0_s1_r0"]["field"] = np.arange(1000.0)
        runs["d0_b0_s3_r0/values"][0, 0] = -1
        for number in range(100):
            runs.create_group(f"mine{number}")["values"] = [[number]]
        file.create_group("notes").attrs["by"] = "me"
    with h5py.File(path, "r") as file:
        runs = file["data/runs"]
        assert len(runs) == len(list(runs)) == 400
        assert runs["d0_b0_s1_r0"].attrs["checked"] == "yes" * 100
        assert runs["d0_b0_s1_r0/field"][999] == 999
        assert runs["d0_b0_s3_r0/values"][0, 0] == -1
        check_run(runs["d0_b0_s5_r0"], rows[5])
        assert runs["mine99/values"][0, 0] == 99
        assert h5py.h5o.get_info(runs["d0_b0_s5_r0/columns"].id).rc == 300


@pytest.mark.parametrize("room", [1_000, 8_000, 30_000, 45_000])
def test_a_full_disk_is_an_error_and_leaves_the_old_file(small_disk: Path, room: int) -> None:
    """Wherever in the file the disk becomes full, the error says so by its number, and what was
    there is still there.
    """
    path = small_disk / "runs.h5"
    write(path, [{"x": 1, "run_dir": "r"}]).close()
    before = path.read_bytes()
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize
    (small_disk / "ballast").write_bytes(bytes(max(1, free - room)))
    with pytest.raises(OSError) as caught:
        write(path, [{"x": number, "run_dir": f"r{number}"} for number in range(200)])
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert not list(small_disk.glob(".*"))


def test_aggregated_json_reads_back(tmp_path: Path) -> None:
    """A 5,000-element array is text, whole."""
    rows = [{"profile": np.arange(5_000) / 7, "run_dir": "r"}]
    with write(tmp_path / "runs.h5", rows) as file:
        text = file["data/aggregated/text_values"].asstr()[0, 0]
    assert json.loads(text) == (np.arange(5_000) / 7).tolist()
