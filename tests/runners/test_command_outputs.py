"""Output rules: what each reads, and the reason each gives when there is nothing to read."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.runners.command.fortran import convert
from enchanted_tui.runners.command.rules import json_steps

LOG = (
    "iter 1 res = 1.0\niter 2 res = 5.0D-1\niter 3 res = 2.5e-1 name=Alfven wave\nflag"
    " .TRUE.\nstars ******\n"
)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"regex": r"res = (\S+)"}, 0.25),
        ({"regex": r"res = (\S+)", "which": "first"}, 1.0),
        ({"regex": r"res = (\S+)", "which": "all"}, [1.0, 0.5, 0.25]),
        ({"regex": r"iter (\d) res = (\S+)", "group": 2, "which": "first"}, 1.0),
        ({"regex": r"iter (?P<n>\d) res = (?P<r>\S+)", "group": "r"}, 0.25),
        ({"regex": r"iter (\d)", "type": "int"}, 3),
        ({"regex": r"name=(.*)$", "type": "str"}, "Alfven wave"),
        ({"regex": r"^flag (\S+)", "type": "bool"}, True),
        ({"regex": r"\d+(?=\.\d)"}, 2.0),
        ({"text": True}, LOG.strip()),
    ],
)
def test_a_regular_expression_reads_text(printed, rule, value):
    """The last match counts, since codes print a quantity once per iteration; ^ and $ stand for the
    ends of a line.
    """
    result = printed(LOG, **rule)
    assert result.ok
    assert result.row["value"] == value
    assert type(result.row["value"]) is type(value)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"regex": r"residual = (\S+)"}, r"nothing in stdout.txt matches 'residual = (\\S+)'"),
        ({"regex": "absent", "which": "first"}, "nothing in stdout.txt matches 'absent'"),
        ({"regex": "absent(x)", "which": "all"}, "nothing in stdout.txt matches"),
        ({"regex": r"iter 3(x)?"}, "nothing in stdout.txt matches"),
        (
            {"regex": r"stars (\S+)"},
            "'******' is what Fortran prints for a number too wide for its field",
        ),
        ({"regex": r"name=(\S+)"}, "'Alfven' is not a number"),
        ({"regex": r"res = (\S+)", "type": "int"}, "'2.5e-1' is not a whole number"),
        ({"regex": r"name=(\S+)", "type": "bool"}, "'Alfven' is neither true nor false"),
        (
            {"regex": "x", "file": "result.txt"},
            "result.txt does not exist; the run directory holds in.txt, stdout.txt",
        ),
        ({"regex": "x", "file": "*.txt"}, "*.txt matches 2 files: in.txt, stdout.txt"),
        ({"regex": "x", "file": "*.dat"}, "*.dat does not exist"),
    ],
)
def test_text_that_is_not_there_gives_the_reason(printed, rule, reason):
    """Which output, which file, what was looked for."""
    result = printed(LOG, **rule)
    assert result.kind == "output"
    assert result.message.startswith("output 'value' is missing: ")
    assert reason in result.message
    assert result.row["success"] is False


def test_every_missing_output_is_named_up_to_three(command):
    """And the last words of the program follow."""
    outputs = {name: {"file": "no.txt", "text": True} for name in "abcde"}
    message = command(["sh", "-c", "echo licence expired >&2"], outputs=outputs).run().message
    assert message.count("is missing") == 3
    assert "; and 2 more; stderr ends: licence expired" in message


def test_an_output_may_be_missing_with_a_default_or_without(command):
    """NaN is the natural default of a number, an empty cell that of anything else; a found value is
    not replaced.
    """
    outputs = {
        "a": {"file": "no.txt", "regex": "(x)", "required": False},
        "b": {"file": "no.txt", "regex": "(x)", "default": "1e-3"},
        "c": {"file": "no.txt", "text": True, "required": False},
        "d": {"file": "no.txt", "regex": "(x)", "default": 7, "type": "int"},
        "e": {"file": "stdout.txt", "regex": "(.+)", "default": 7},
    }
    result = command(["echo", "5"], outputs=outputs).run()
    assert result.ok
    assert math.isnan(result.row["a"])
    assert [result.row[name] for name in "bcde"] == [0.001, None, 7, 5.0]


def test_a_pattern_names_the_only_file_that_matches(command):
    """Codes put time stamps into file names."""
    bench = command(
        "echo 42 > 'run [1] 2024.out'",
        shell=True,
        outputs={"value": {"file": "*2024.out", "regex": r"\d+"}},
    )
    assert bench.run().row["value"] == 42.0
    exact = command(
        "echo 42 > 'run [1].out'; echo 1 > 'run 1.out'",
        shell=True,
        outputs={"value": {"file": "run [1].out", "regex": r"\d+"}},
    )
    assert exact.run().row["value"] == 42.0


DOCUMENT = {
    "a": {"b": [1, {"c.d": 2.5}], "n": None, "s": "text", "big": 2**70, "nan": math.nan},
    "": 9,
    "list": [1, 2],
}


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"json": "a.b[0]"}, 1),
        ({"json": 'a.b[1]["c.d"]'}, 2.5),
        ({"json": ["a", "b", -1, "c.d"]}, 2.5),
        ({"json": "a.s"}, "text"),
        ({"json": "a.big"}, 2**70),
        ({"json": "list"}, [1, 2]),
        ({"json": "list", "type": "float"}, [1.0, 2.0]),
        ({"json": "a.b[0]", "type": "str"}, "1"),
        ({"json": '""'}, 9),
    ],
)
def test_json_values_keep_their_type(printed, rule, value):
    """Numbers of any size, text, lists; converted only if the rule says so."""
    row = printed(json.dumps(DOCUMENT), **rule).row
    assert row["value"] == value
    assert type(row["value"]) is type(value)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"json": "a.x"}, "stdout.txt has no 'x' in a, which has b, n, s, big, nan"),
        ({"json": "a.b[5]"}, "stdout.txt has no 5 in a.b, which is a list of 2"),
        ({"json": "x"}, "stdout.txt has no 'x' at its top, which has a, '', list"),
        ({"json": "a.s[0]"}, "stdout.txt has no 0 in a.s, which is no mapping: 'text'"),
        ({"json": "a.n"}, "a.n in stdout.txt is null"),
        ({"json": "a.s", "type": "float"}, "'text' is not a number"),
    ],
)
def test_json_that_is_not_there_gives_the_reason(printed, rule, reason):
    """With what is there instead."""
    result = printed(json.dumps(DOCUMENT), **rule)
    assert result.kind == "output"
    assert reason in result.message


def test_a_torn_json_file_gives_the_place(printed):
    """As a program leaves it that was stopped while writing."""
    assert "stdout.txt is not valid JSON: " in printed('{"a": 1, "b', json="a").message


@given(
    st.lists(st.one_of(st.integers(), st.text().filter(lambda text: '"' not in text)), min_size=1)
)
def test_any_path_can_be_written_as_text(steps):
    """Keys in quotes may hold dots and brackets."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f'["{step}"]' for step in steps)
    assert json_steps(text) == steps


TABLE = "# profile of run 1\n# r  psi  q\n\n 0.0 1.0D0 1.1\n 0.5 2.0 1.5\n# middle\n 1.0 3.0 4.0\n"


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ({"column": 2}, 4.0),
        (2, 4.0),
        ({"column": 1, "row": 0}, 1.0),
        ({"column": -1, "row": -2}, 1.5),
        ({"column": "psi", "skip": 1}, 3.0),
        ({"column": "q", "row": "all", "skip": 1}, [1.1, 1.5, 4.0]),
        ({"column": 1, "row": "all", "skip": 2, "comment": "#"}, [1.0, 2.0, 3.0]),
        ({"column": 0, "row": 0, "skip": 4}, 0.5),
    ],
)
def test_a_table_of_words_gives_a_cell_or_a_column(printed, table, value):
    """By number or by name in the header, which is the first line after `skip` that is not
    blank.
    """
    result = printed(TABLE, table=table)
    assert result.ok, result.message
    assert result.row["value"] == value


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"column": 3}, "stdout.txt has no column 3 in row -1, which has 3"),
        (
            {"column": "beta", "skip": 1},
            "stdout.txt has no column 'beta'; its header names r, psi, q",
        ),
        ({"column": 0, "row": 3}, "stdout.txt has no row 3; it has 3"),
        ({"column": 0, "row": -4}, "stdout.txt has no row -4; it has 3"),
        ({"column": 0, "skip": 99}, "stdout.txt has no row -1; it has 0"),
        ({"column": 1, "comment": None, "row": 0}, "line 1 has 5 cells, the other rows 3"),
    ],
)
def test_a_cell_that_is_not_there_gives_the_reason(printed, table, reason):
    """With the size or the header of the table."""
    result = printed(TABLE, table=table)
    assert result.kind == "output"
    assert reason in result.message


@pytest.mark.parametrize(
    ("text", "csv", "value"),
    [
        ("t,energy\n0,1.5\n1,2.5\n", "energy", 2.5),
        ("t,energy\r\n0,1.5\r\n1,2.5\r\n", {"column": "energy", "row": 0}, 1.5),
        ('t, "total, energy"\n0, "1.5"\n', "total, energy", 1.5),
        (
            "0;1.5\n1;2.5\n",
            {"column": 1, "delimiter": ";", "header": False, "row": "all"},
            [1.5, 2.5],
        ),
        ("# made by x\nt,energy\n0,1.5\n", {"column": "energy", "skip": 1}, 1.5),
        ("#t,energy\n0,1.5\n\n#1,9\n", "energy", 1.5),
        ('t,e\n"a\n\nb",1.5\n', {"column": 1, "row": 0}, 1.5),
        ("t,e\n1,2\n", 0, 1.0),
        ("t,e\n1,2\n  \n", 0, 1.0),
    ],
)
def test_a_csv_table_gives_a_cell_or_a_column(printed, text, csv, value):
    """Quotes, other delimiters, comments and line breaks in cells are what CSV has them for."""
    result = printed(text, csv=csv)
    assert result.ok, result.message
    assert result.row["value"] == value


def test_what_is_no_csv_gives_the_reason(printed):
    """A quote that is never closed swallows the rest of the file, however long that is."""
    assert (
        "stdout.txt is no readable CSV table: the quote in line 2 is never closed"
        in printed('a,b\n1,"' + "x" * 200_000, csv="b").message
    )


def test_the_delimiter_of_a_table_can_be_any_text(printed):
    """And white space around a cell does not belong to it."""
    assert printed("a || 1.5 || c\n", table={"column": 1, "delimiter": "||"}).row["value"] == 1.5


# -- numbers as codes print them -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("  -2 ", -2.0),
        ("1.0D+03", 1000.0),
        ("1.0d-3", 0.001),
        (".5D0", 0.5),
        ("-1.Q2", -100.0),
        ("0.123-103", 0.123e-103),
        ("-0.5+100", -0.5e100),
        ("Infinity", math.inf),
        ("-inf", -math.inf),
        (True, 1.0),
        (7, 7.0),
    ],
)
def test_numbers_of_fortran_are_understood(text, value):
    """D exponents, and exponents of three digits that push the letter out."""
    assert convert(text, "float") == value


@pytest.mark.parametrize(
    "text", ["1_000", "", "1.0D", "D+03", "12-3", "1.5.5", "0x10", None, [None], {"a": 1}]
)
def test_what_is_no_number_is_not_taken_for_one(text):
    """1_000 is Python's spelling; a program that prints it means something else."""
    with pytest.raises(ValueError, match="not a number"):
        convert(text, "float")


@given(st.floats(allow_nan=False))
def test_python_numbers_survive_exactly(number):
    """What a program prints with repr comes back bit for bit; so does its Fortran spelling."""
    assert convert(repr(number), "float") == number
    assert convert(repr(number).replace("e", "D"), "float") == number


@given(st.integers())
def test_whole_numbers_survive_exactly(number):
    """However large."""
    assert convert(str(number), "int") == number


def test_integers_may_be_printed_as_floats():
    """12.0 and 1e3 are whole; 1.5, NaN and infinity are not."""
    assert [convert(text, "int") for text in ("12.0", "1e3", "1.0D2", 4.0)] == [12, 1000, 100, 4]
    for text in ("1.5", "nan", "inf", 1.5, math.inf):
        with pytest.raises(ValueError, match=r"not a (whole )?number"):
            convert(text, "int")


# -- HDF5 and NetCDF -------------------------------------------------------------------------------


@pytest.fixture
def data_file(command, tmp_path):
    """Run a command that leaves a data file made by `write`, and read the output ``value`` back by
    `rule`.
    """

    def read(name, write, **rule):
        write(str(tmp_path / name))
        return command(
            ["true"], copy=[str(tmp_path / name)], outputs={"value": {"file": name, **rule}}
        ).run()

    return read


def write_hdf5(path):
    import h5py

    with h5py.File(path, "w") as file:
        file["scalar"] = 2.5
        file["group/profile"] = numpy.arange(6.0).reshape(2, 3)
        file["name"] = "ITER"
        file["names"] = [b"a", b"b"]
        file["count"] = numpy.int64(7)
        file["scalar"].attrs["unit"] = "MA"
        file.attrs["version"] = 3


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"hdf5": "scalar"}, 2.5),
        ({"hdf5": "/scalar", "type": "int", "required": False}, None),
        ({"hdf5": "group/profile", "index": [1, 2]}, 5.0),
        ({"hdf5": "group/profile", "index": [-1, 0]}, 3.0),
        ({"hdf5": "name"}, "ITER"),
        ({"hdf5": "names"}, ["a", "b"]),
        ({"hdf5": "count"}, 7),
        ({"hdf5": "scalar@unit"}, "MA"),
        ({"hdf5": "@version"}, 3),
    ],
)
def test_hdf5_datasets_and_attributes(data_file, rule, value):
    """Scalars become Python's own, text is decoded, an index takes one element."""
    result = data_file("out.h5", write_hdf5, **rule)
    assert result.ok, result.message
    assert result.row["value"] == value
    assert type(result.row["value"]) is type(value)


def test_hdf5_arrays_stay_whole(data_file):
    """Profiles are data: nothing is cut or rounded."""
    value = data_file("out.h5", write_hdf5, hdf5="group/profile").row["value"]
    numpy.testing.assert_array_equal(value, numpy.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (
            {"hdf5": "sclar"},
            "out.h5 has no 'sclar'; its top level holds count, group, name, names, scalar",
        ),
        ({"hdf5": "group"}, "'group' in out.h5 is a group, not a dataset; it holds profile"),
        ({"hdf5": "scalar@units"}, "out.h5 has no attribute 'units' at scalar; there are unit"),
        (
            {"hdf5": "group/profile", "index": [5, 0]},
            "'group/profile' in out.h5 has no element [5, 0]; its shape is (2, 3)",
        ),
        ({"hdf5": "scalar", "index": 0}, "has no element 0"),
        ({"hdf5": "name", "type": "float"}, "'ITER' is not a number"),
    ],
)
def test_hdf5_that_is_not_there_gives_the_reason(data_file, rule, reason):
    """With what is there instead."""
    result = data_file("out.h5", write_hdf5, **rule)
    assert result.kind == "output"
    assert reason in result.message


def test_a_broken_hdf5_file_is_a_reason_and_no_crash(data_file):
    """As a program leaves it that was killed while writing."""

    def torn(path):
        write_hdf5(path)
        with open(path, "r+b") as file:
            file.truncate(900)

    assert "out.h5 is no readable HDF5 file" in data_file("out.h5", torn, hdf5="scalar").message


def write_classic(path):
    from scipy.io import netcdf_file

    with netcdf_file(path, "w") as file:
        file.createDimension("x", 3)
        file.createVariable("energy", "d", ()).data[()] = 1.5
        packed = file.createVariable("packed", "h", ("x",))
        packed[:] = [1, 2, -99]
        packed.scale_factor, packed.add_offset, packed._FillValue = 0.5, 10.0, numpy.int16(-99)


def write_netcdf4(path):
    import h5py

    with h5py.File(path, "w") as file:
        file["energy"] = 1.5
        packed = file.create_dataset("packed", data=numpy.array([1, 2, -99], dtype="i2"))
        packed.attrs["scale_factor"] = numpy.array([0.5])
        packed.attrs["add_offset"] = 10.0
        packed.attrs["_FillValue"] = numpy.array([-99], dtype="i2")


@pytest.mark.parametrize("write", [write_classic, write_netcdf4])
def test_netcdf_variables_of_both_formats(data_file, write):
    """Packed numbers are unpacked and fill values are NaN, as every NetCDF library does it: raw
    ones would be silently wrong.
    """
    assert data_file("out.nc", write, netcdf="energy").row["value"] == 1.5
    assert data_file("out.nc", write, netcdf="packed", index=1).row["value"] == 11.0
    numpy.testing.assert_array_equal(
        data_file("out.nc", write, netcdf="packed").row["value"], [10.5, 11.0, math.nan]
    )


@pytest.mark.parametrize("write", [write_classic, write_netcdf4])
def test_a_netcdf_variable_that_is_not_there_gives_the_reason(data_file, write):
    """With those that are."""
    message = data_file("out.nc", write, netcdf="enrgy").message
    assert "out.nc has no" in message
    assert "energy, packed" in message


def test_a_broken_netcdf_file_is_a_reason_and_no_crash(data_file):
    """Anything can lie under the expected name."""

    def junk(path):
        with open(path, "wb") as file:
            file.write(b"CDF\x01 this is none")

    assert "out.nc is no readable NetCDF file" in data_file("out.nc", junk, netcdf="energy").message


@pytest.mark.parametrize(
    ("rule", "library", "write"), [("hdf5", "h5py", write_hdf5), ("netcdf", "scipy", write_classic)]
)
def test_a_library_that_the_worker_lacks_is_named_with_the_place(tmp_path, rule, library, write):
    """Reading arrays is the one thing that needs a package where the task runs."""
    write(str(tmp_path / "out.dat"))
    script = f"""
import sys
sys.modules[{library!r}] = None
from enchanted_tui.runners.command_runner import CommandRunner
runner = CommandRunner(command=["true"], outputs={{"value": {{"file": "out.dat", {rule!r}: "scalar"}}}})
runner.prepared = {{"argv": ["true"]}}
try:
    runner.single_code_run(run_dir={str(tmp_path)!r}, params={{}})
except Exception as error:
    print(error.failure_kind, error)
"""
    printed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert printed.startswith("output output 'value' is missing: reading ")
    assert (
        f"needs {library}, which the Python that ran the task lacks ({sys.executable} on "
        in printed
    )
