"""CSVSampler: values exactly as in the file, and errors that name the line."""

from __future__ import annotations

import csv
import math

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from enchanted_tui.samplers.csv_sampler import CSVSampler
from helpers.sampler_kinds import drawn, flat, unhurried


@pytest.fixture
def points(tmp_path):
    """Write text to a file and give a sampler of it."""

    def make(text: str | bytes, **options) -> CSVSampler:
        path = tmp_path / "points.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return CSVSampler(path=str(path), **options)

    return make


def samples(sampler: CSVSampler) -> list[dict]:
    assert not list(sampler.problems())
    return flat(drawn(sampler))


def only_problem(sampler: CSVSampler) -> tuple[str, str]:
    (problem,) = sampler.problems()
    return problem


def test_types_are_those_of_each_column(points):
    """Whole numbers of any size, floats bit by bit, text as it is: a column has one type."""
    sampler = points(
        'n,big,x,mix,label,id,quoted\n1,99999999999999999999,0.1,1,L-mode,007,"a,b\nc"\n-2,3,1e-3,2.5,H,012,d\n'
    )
    assert samples(sampler) == [
        {
            "n": 1,
            "big": 99999999999999999999,
            "x": 0.1,
            "mix": 1.0,
            "label": "L-mode",
            "id": "007",
            "quoted": "a,b\nc",
        },
        {"n": -2, "big": 3, "x": 1e-3, "mix": 2.5, "label": "H", "id": "012", "quoted": "d"},
    ]
    assert [type(value) for value in sampler.points(0, 0, 2, 0, 1)[0].values()] == [
        int,
        int,
        float,
        float,
        str,
        str,
        str,
    ]


COLUMNS = {
    "whole": st.integers(),
    "real": st.floats(),
    "text": st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda text: "t" + text),
}


@unhurried
@given(rows=st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=20))
def test_what_is_written_is_read(rows, tmp_path_factory):
    """Every value survives the file, so that points prepared elsewhere are the points that run."""
    path = tmp_path_factory.mktemp("points") / "points.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(COLUMNS))
        writer.writeheader()
        writer.writerows(rows)
    in_order = [{name: row[name] for name in COLUMNS} for row in rows]
    # as text: nan differs from itself
    assert repr(samples(CSVSampler(path=str(path)))) == repr(in_order)


def test_layout_of_the_file_does_not_matter(points):
    """A byte order mark, Windows line ends, blanks after commas, empty lines and another delimiter
    are all usual.
    """
    expected = [{"x": 1, "y": 2.5}, {"x": 3, "y": 4.0}]
    assert samples(points("\ufeffx, y\r\n1, 2.5\r\n\r\n3, 4\r\n\r\n")) == expected
    assert samples(points("x\ty\n1\t2.5\n3\t4", delimiter="\t")) == expected


def test_special_numbers_are_numbers(points):
    """NaN and infinities are data."""
    first, second, third = samples(points("x\nnan\n-inf\nInfinity\n"))
    assert math.isnan(first["x"])
    assert (second["x"], third["x"]) == (-math.inf, math.inf)


def test_columns_can_be_chosen(points):
    """Only the columns named are taken, in the order named; what is wrong in the others does not
    matter.
    """
    assert samples(points("y,x,z\n1,2,\n3,4,\n", parameters=["x", "y"])) == [
        {"x": 2, "y": 1},
        {"x": 4, "y": 3},
    ]
    assert points("y,x\n1,2\n", parameters=["x"]).parameter_names == ("x",)
    assert points("y,x\n1,2\n").parameter_names == ("y", "x")


@pytest.mark.parametrize(
    ("text", "options", "where", "sentence"),
    [
        (
            "x,y\n1,2\n1\n3,4\n",
            {},
            "path",
            "the number of cells in line 3 of points.csv is 1, in the header 2; make them agree",
        ),
        (
            "x,y\n1,2,3\n",
            {},
            "path",
            "the number of cells in line 2 of points.csv is 3, in the header 2; make them agree",
        ),
        (
            'x,y\n"a\nb",2\n1\n',
            {},
            "path",
            "the number of cells in line 4 of points.csv is 1, in the header 2; make them agree",
        ),
        (
            "x,y\n1,2\n3,\n",
            {},
            "path",
            (
                "line 3 of points.csv has no value for 'y'; give one (nan is a number), or remove"
                " the line"
            ),
        ),
        (
            'x\n"1\n',
            {},
            "path",
            "line 2 of points.csv is not well-formed CSV: unexpected end of data",
        ),
        ("", {}, "path", "points.csv is empty; its first line names the columns"),
        (
            "x,y\n",
            {},
            "path",
            "points.csv has no points; it needs at least one row below the names of the columns",
        ),
        (
            b"x\n\xff\xfe\n",
            {},
            "path",
            "is neither Parquet nor text in UTF-8; save it as one of them",
        ),
        ("x,x\n1,2\n", {}, "path", "points.csv has two columns called 'x'; rename one of them"),
        (
            "x,success\n1,True\n",
            {},
            "path",
            "the name 'success' belongs to the program's own column of the dataset; choose another",
        ),
        (
            "temperature,density\n1,2\n",
            {"parameters": ["density", "temprature"]},
            "parameters[1]",
            (
                "points.csv has no column 'temprature', only temperature, density; did you mean"
                " 'temperature'?"
            ),
        ),
        (
            "x\n1\n",
            {"parameters": ["x", "x"]},
            "parameters[1]",
            "the parameter 'x' is named twice",
        ),
        ("x\n1\n", {"delimiter": "||"}, "delimiter", "must be one character"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(points, text, options, where, sentence):
    """The option to change, the line where there is one, and what to do."""
    found_where, found = only_problem(points(text, **options))
    assert found_where == where
    assert sentence in found


def test_a_file_that_cannot_be_opened(tmp_path):
    """A missing file and a directory are problems of the path, told before anything runs."""
    assert (
        only_problem(CSVSampler(path=str(tmp_path / "nowhere.csv")))[1]
        == f"there is no file {tmp_path}/nowhere.csv; check the path"
    )
    assert "Is a directory" in only_problem(CSVSampler(path=str(tmp_path)))[1]


def test_a_number_column_spoilt_by_one_cell_warns(points):
    """A single `n/a` or a decimal comma turns a column into text, which is hardly meant."""
    sampler = points('x,label\n1,a\n"1,5",b\n2,c\n')
    assert samples(sampler)[0] == {"x": "1", "label": "a"}
    assert [sentence for _, sentence in sampler.warnings()] == [
        "the column 'x' of points.csv is taken as text, because '1,5' in line 3 is no number"
    ]


def test_warnings_leave_a_broken_file_to_the_problems(tmp_path):
    """A missing file is one problem, not a problem and an exception."""
    assert list(CSVSampler(path=str(tmp_path / "nowhere.csv")).warnings()) == []


def test_parquet_gives_its_own_types(tmp_path):
    """A Parquet file is recognised by its content and its values keep their types."""
    path = tmp_path / "points.dat"
    rows = [
        {"n": 2**62, "x": 0.1, "label": "a", "flag": True},
        {"n": -1, "x": math.inf, "label": "b", "flag": False},
    ]
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    sampler = CSVSampler(path=str(path), batch_size=1)
    assert samples(sampler) == rows
    assert samples(CSVSampler(path=str(path), parameters=["label", "n"])) == [
        {"label": "a", "n": 2**62},
        {"label": "b", "n": -1},
    ]


@pytest.mark.parametrize(
    ("column", "where", "sentence"),
    [
        (
            pyarrow.array([1.0, None]),
            "path",
            "row 2 of points.parquet has no value for 'x'; give one, or remove the row",
        ),
        (
            pyarrow.array([[1], [2]]),
            "parameters",
            "the column 'x' of points.parquet is of type list<",
        ),
    ],
)
def test_parquet_columns_that_are_no_points(tmp_path, column, where, sentence):
    """A missing value or a list is no point."""
    path = tmp_path / "points.parquet"
    parquet.write_table(pyarrow.table({"x": column}), path)
    found_where, found = only_problem(CSVSampler(path=str(path)))
    assert found_where == where
    assert sentence in found


def test_a_damaged_parquet_file(tmp_path):
    """A copy that was cut short is named as such."""
    path = tmp_path / "points.parquet"
    parquet.write_table(pyarrow.table({"x": [1, 2]}), path)
    path.write_bytes(path.read_bytes()[:40])
    assert "points.parquet" in only_problem(CSVSampler(path=str(path)))[1]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("x;y\n1,5;2\n0,5;-3\n", [{"x": 1.5, "y": 2}, {"x": 0.5, "y": -3}]),
        ("\ufeffx;y\r\n1,5e3;a,b\r\n", [{"x": 1500.0, "y": "a,b"}]),
        ("x\ty\n0,5\t1,250\n1\t2\n", [{"x": 0.5, "y": 1.25}, {"x": 1.0, "y": 2.0}]),
        ("x\ty\n1,000\ta\n", [{"x": "1,000", "y": "a"}]),
        ("E (J, all);y\n1,5;2\n", [{"E (J, all)": 1.5, "y": 2}]),
        ("x\ty\n1.5\ta;b\n", [{"x": 1.5, "y": "a;b"}]),
        ("x;y\n1.5;1.234,5\n", [{"x": 1.5, "y": "1.234,5"}]),
        ('"x;y",z\n1,2\n', [{"x;y": 1, "z": 2}]),
        ("x,y\n1," + "a" * 200_000 + "\n", [{"x": 1, "y": "a" * 200_000}]),
    ],
)
def test_files_of_other_programs_are_read_as_they_are(points, text, rows):
    """Semicolons with decimal commas, tabs, marks of Windows, cells longer than Python's csv takes
    by itself.
    """
    assert samples(points(text)) == rows
