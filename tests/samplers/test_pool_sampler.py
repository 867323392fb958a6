"""PoolSampler: rows of a file, none twice, in an order that needs nothing of what was drawn
before; and reading files that are large.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy
import pyarrow
import pytest
from pyarrow import parquet

from enchanted_tui.samplers.csv_sampler import CSVSampler
from enchanted_tui.samplers.pool_sampler import PoolSampler, shuffled
from helpers.sampler_kinds import drawn, flat, placed


def written(path: Path, rows: int = 40) -> str:
    path.write_text(
        "x,n,shape\n" + "".join(f"{k / 7!r},{k},{'DL'[k % 2]}{k % 3}\n" for k in range(rows))
    )
    return str(path)


def pool(path: Any, **options: Any) -> PoolSampler:
    return placed(PoolSampler(path=str(path), **{"budget": 10, **options}))


def test_each_row_once_with_its_own_types(tmp_path: Path) -> None:
    """Numbers, whole ones and text as they are in the file; all rows where the budget asks for as
    many, each once.
    """
    path = written(tmp_path / "p.csv")
    sampler = pool(path, budget=40, batch_size=7)
    assert list(sampler.problems()) == [] == list(sampler.warnings())
    samples = flat(drawn(sampler))
    in_order = flat(drawn(CSVSampler(path=path)))
    assert samples != in_order
    assert sorted(samples, key=lambda sample: sample["n"]) == in_order
    assert {type(sample["n"]) for sample in samples} == {int}
    assert flat(drawn(pool(path, budget=40, choice="in_order"))) == in_order


def test_every_order_comes_as_often() -> None:
    """A pool of a few rows is shuffled without a preference: 24 orders of 4 rows, 4,800 seeds."""
    found = Counter(tuple(shuffled(4, seed, 0).tolist()) for seed in range(4800))
    assert len(found) == 24
    assert min(found.values()) > 130 and max(found.values()) < 270


def test_constraints_take_rows_away_and_change_no_order(tmp_path: Path) -> None:
    """The rows that are left are those of the pool without constraints, in their order, and the
    budget counts them.
    """
    path = written(tmp_path / "p.csv")
    whole = flat(drawn(pool(path, budget=40)))
    held = pool(path, budget=30, constraints=["n >= 10", "shape == 'D0'"], derived={"m": "2 * n"})
    kept = [row for row in whole if row["n"] >= 10 and row["shape"] == "D0"]
    assert flat(drawn(held)) == [{**row, "m": 2.0 * row["n"]} for row in kept]
    assert [sentence for _, sentence in held.warnings()] == [
        f"the file has {len(kept)} points that keep the constraints, fewer than the budget of 30;"
        " all of them are taken"
    ]
    empty = pool(path, constraints=["n > 1000"])
    assert [where for where, _ in empty.problems()] == ["constraints"]


@pytest.mark.parametrize("kind", ["parquet", "npy", "structured npy"])
def test_arrays_are_pools_too(tmp_path: Path, kind: str) -> None:
    """Parquet and NumPy's files give the same points as CSV does; columns that have no names get
    some, or are chosen by number.
    """
    values = numpy.arange(24.0).reshape(8, 3) / 8
    columns: Any = ["a", "b", "c"]
    path = tmp_path / "points"
    if kind == "parquet":
        table = {name: values[:, k] for k, name in enumerate(columns)}
        parquet.write_table(pyarrow.table(table), path, row_group_size=3)
    else:
        fields = numpy.array(
            [tuple(row) for row in values.tolist()], dtype=[(name, float) for name in columns]
        )
        with path.open("wb") as file:
            numpy.save(file, values if kind == "npy" else fields)
    rows = [dict(zip(columns, row, strict=True)) for row in values.tolist()]
    sampler = pool(path, budget=8, columns=columns, choice="in_order")
    assert list(sampler.problems()) == []
    assert flat(drawn(sampler)) == rows
    third = 2 if kind == "npy" else "c"
    renamed = pool(path, budget=8, columns={"T": third}, choice="in_order")
    assert flat(drawn(renamed)) == [{"T": row["c"]} for row in rows]


@pytest.mark.parametrize(
    ("text", "options", "where", "sentence"),
    [
        ("x,y\n1,a\n2,\n", {}, "path", "line 3 of p.csv has no value for 'y'; give one, or remove"),
        ("x\n1\nnan\n", {}, "path", "line 3 of p.csv has no value for 'x'; give one, or remove"),
        ("x\n1\n\n,\n", {}, "path", "the number of cells in line 4 of p.csv is 2"),
        ("x,y\n1,2\n", {"columns": {"T": "z"}}, "columns.T", "p.csv has no column 'z', only x, y"),
        (
            "temp,y\n1,2\n",
            {"columns": ["tmp"]},
            "columns[0]",
            "p.csv has no column 'tmp', only temp, y; did you mean 'temp'?",
        ),
        ("x,success\n1,2\n", {}, "path", "columns of a file can be chosen with `columns`"),
        ("x\n1\n", {"columns": ["x", "x"]}, "columns[1]", "the parameter 'x' is named twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, text: str, options: dict[str, Any], where: str, sentence: str
) -> None:
    """A missing value would be a sample that nobody meant: an error, with the line and the
    remedy.
    """
    (tmp_path / "p.csv").write_text(text)
    ((found_where, found),) = pool(tmp_path / "p.csv", **options).problems()
    assert found_where == where
    assert sentence in found


def test_what_is_wrong_with_an_array(tmp_path: Path) -> None:
    """The same for files of arrays, whose rows have numbers."""
    for values, options, sentence in (
        (numpy.array([[1.0], [numpy.nan]]), {}, "row 2 of p.npy has no value for '0'"),
        (numpy.zeros((2, 3)), {"columns": ["x"]}, "is 3, that of the names given 1; name all"),
        (numpy.zeros((2, 3, 4)), {}, "has the shape (2, 3, 4); points are its rows"),
        (numpy.array([1j]), {}, "is of type complex128; points are numbers or text"),
    ):
        numpy.save(tmp_path / "p.npy", values)
        assert sentence in next(iter(pool(tmp_path / "p.npy", **options).problems()))[1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-0", "2.5"], [1.0, -0.0, 2.5]),
        ([*map(str, range(5000)), "007"], [*map(str, range(5000)), "007"]),
        ([*map(str, range(5000)), str(2**70)], [*range(5000), 2**70]),
        ([*["1.50"] * 5000, "-0", "abc"], [*["1.50"] * 5000, "-0", "abc"]),
    ],
)
def test_a_column_that_changes_late_is_read_as_a_whole(
    tmp_path: Path, cells: list[str], expected: list[Any]
) -> None:
    """A cell beyond the first block decides the type of all before it, which then are as they were
    written.
    """
    path = tmp_path / "p.csv"
    path.write_text("x,y\n" + "".join(f"{cell},1\n" for cell in cells))
    found = [row["x"] for row in flat(drawn(CSVSampler(path=str(path))))]
    assert repr(found) == repr(expected)
