"""Tables as codes print them: what is no row of the table never gives a neighbour's value."""

from __future__ import annotations

from typing import Any

import pytest

from enchanted_tui.runners.base import SampleFailed
from helpers.runner_bench import located

GLUED = "# volume energy pressure\n  5.70  -99.40171   0.31\n  5.80-117.40243   0.32\n"
LAMMPS = """LAMMPS (2 Aug 2023)
run 100
   Step Temp PotEng Press
       0  1.44  -6.77  -5.02
      50  0.75  -5.76   5.78
     100  0.76  -5.77   5.67
Loop time of 0.512 on 4 procs for 100 steps with 4000 atoms

99.5% CPU use with 1 MPI tasks x no OpenMP threads
MPI task timing breakdown:
Histogram: 1 0 0 0 0 0 0 0 0 0
Ave neighs/atom = 37.5
Dangerous builds = 0
Total wall time: 0:00:01
"""
TWO_RUNS = LAMMPS + LAMMPS.replace("5.67", "9.99").replace("run 100", "run 200")
MOST_GLUED = " 5.7 -99.4 0.31\n 5.8-117.4 0.32\n 5.9-118.4 0.33\n"
GERMAN = "time;energy;note\n0,1;-1,25;a\n0,2;-1,50;2,5\n"


@pytest.mark.parametrize(
    ("text", "rule", "reason"),
    [
        (GLUED, {"table": "energy"}, "line 3 has 2 cells, the header 3: '5.80-117.40243 0.32'"),
        (GLUED, {"table": {"column": "energy", "row": "all"}}, "line 3 has 2 cells, the header 3"),
        (GLUED, {"table": {"column": "pressure", "row": 1}}, "line 3 has 2 cells, the header 3"),
        (GLUED, {"table": {"column": -1, "header": True}}, "line 3 has 2 cells, the header 3"),
        (
            GLUED + "  5.90 -120.1 0.3\n",
            {"table": {"column": 1, "row": 1}},
            "line 3 has 2 cells, the other rows 3",
        ),
        (
            GLUED,
            {"table": {"column": 1, "row": 0, "comment": None}},
            "line 1 has 4 cells, the other rows 3",
        ),
        (
            "time,energy\n0,1,-1,25\n0,2,-1,50\n",
            {"csv": "energy"},
            "line 3 has 4 cells, the header 2: '0 2 -1 50'",
        ),
        ("a,b,c\n1,2,3\n4,5\n", {"csv": "c"}, "line 3 has 2 cells, the header 3"),
        ('a,b\n"1\n\n2",3\n4\n', {"csv": "b"}, "line 5 has 1 cell, the header 2: '4'"),
        (
            "1,2\n3,4,5\n6,7\n",
            {"csv": {"column": 1, "row": 1, "header": False}},
            "line 2 has 3 cells, the other rows 2",
        ),
        (
            "step T\n0 1.5\n100 steps done\n",
            {"table": "T"},
            "line 3 has 3 cells, the header 2: '100 steps done'",
        ),
        (
            TWO_RUNS,
            {"table": {"column": "Press", "skip": 2}},
            "and rows follow in line 18; give the lines between",
        ),
        (
            "a b c\n1 2 3\nDangerous builds 0\n",
            {"table": "c"},
            "line 3 has words where the rows above have numbers",
        ),
        (
            "atom charge\n1 0.5\nsum 0.9\n",
            {"table": "charge"},
            "line 3 has words where the rows above have numbers",
        ),
        ("x x\n1 2\n", {"table": "x"}, "stdout.txt has more than one column 'x'"),
        (
            LAMMPS,
            {"table": {"column": "Press", "after": "run 300"}},
            "nothing in stdout.txt matches 'run 300'",
        ),
        (
            LAMMPS,
            {"table": {"column": "Press", "skip": 2, "row": 3}},
            "stdout.txt has no row 3; it has 3",
        ),
        (
            'a,b\n1,"2\n3,4\n',
            {"csv": "b"},
            "stdout.txt is no readable CSV table: the quote in line 2 is never closed",
        ),
        (MOST_GLUED, {"table": 1}, "line 3 has 2 cells, the other rows 3: '5.9-118.4 0.33'"),
        ("1 2.5 3\n2*****3\n2*****4\n", {"table": 1}, "line 3 has 1 cell, the other rows 3"),
        ("a 1,5\nb 2,5\n", {"table": 1}, "'2,5' is not a number"),
        (GERMAN, {"csv": {"column": "energy", "decimal": "."}}, "'-1,50' is not a number"),
    ],
)
def test_what_is_no_row_is_missing_and_says_why(printed, text, rule, reason):
    """With the line, both counts and the row: columns of Fortran without a blank between them,
    decimal commas, text among rows.
    """
    result = printed(text, **rule)
    assert result.kind == "output"
    assert reason in result.message


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        (LAMMPS, {"table": {"column": "Press", "skip": 2}}, 5.67),
        (LAMMPS, {"table": {"column": "Press", "skip": 2, "row": "all"}}, [-5.02, 5.78, 5.67]),
        (LAMMPS, {"table": {"column": "Press", "skip": 2, "row": -3}}, -5.02),
        (LAMMPS, {"table": {"column": 3, "after": "^ *Step", "until": "^Loop"}}, 5.67),
        (TWO_RUNS, {"table": {"column": "Press", "after": "^run"}}, 9.99),
        (
            TWO_RUNS,
            {"table": {"column": "Press", "after": "^run", "which": "first", "until": "Loop"}},
            5.67,
        ),
        (TWO_RUNS, {"table": {"column": "Press", "skip": 2, "row": 1}}, 5.78),
        (GLUED, {"table": {"column": "energy", "row": 0}}, -99.40171),
        (GLUED + "  5.90 -120.1 0.3\n", {"table": "energy"}, -120.1),
        (GLUED.replace("0.32\n", "0.32 # glued\n5.9 -1 2 # fine\n"), {"table": "pressure"}, 2.0),
        ("atom charge\n1 0.5\nsum 0.9\n", {"table": {"column": "charge", "until": "sum"}}, 0.5),
        ("el x y\nH 0.1 0.2\nHe 0.3 n/a\n\nEnd of list reached\n", {"table": "x"}, 0.3),
        ("a,b\n1,2,\n3,4,\n", {"csv": "b"}, 4.0),
        ("a,b,\n1,2\n", {"csv": "b"}, 2.0),
        ("Final energy\nis -1.5\nthat is all -2.5\n", {"table": -1}, -2.5),
        (
            '# x\n@ title "t"\n@ s0 legend "E"\n0 1.5\n1 2.5\n',
            {"table": {"column": 1, "comment": ["#", "@"]}},
            2.5,
        ),
        (GERMAN, {"csv": "energy"}, -1.5),
        (GERMAN, {"csv": {"column": "note", "row": "all"}, "type": "str"}, ["a", "2,5"]),
        ("t\te\n0,5\t1,25\n", {"csv": {"column": "e", "decimal": ","}}, 1.25),
        ("t\te\n0\t1.25\n", {"csv": "e"}, 1.25),
        ('"a,b";c\n1;2,5D1\n', {"csv": "c"}, 25.0),
        ("0;1\n", {"csv": {"column": 1, "header": False}}, 1.0),
        (MOST_GLUED, {"table": {"column": 1, "row": 0}}, -99.4),
        (" 0.5-1.5 12\n 1.5-2.5 13\ndone\n", {"table": 1}, 13.0),
        ("0,1;2,5;a\n0,2;3,5;b\n", {"csv": {"column": 0, "header": False}}, 0.2),
        ("a,b;c,2\n", {"csv": {"column": 2, "header": False}}, 2.0),
        ("t;E (J, all)\n0,5;2,25\n", {"csv": 0}, 0.5),
        ("t, s\tE, J\n# units\n0.5\t2.25\n", {"csv": "E, J"}, 2.25),
        ("x 1,5\n", {"table": {"column": 1, "decimal": ","}}, 1.5),
    ],
)
def test_a_table_ends_where_text_begins(printed, text, rule, value):
    """Summary lines below a table, remarks behind a row, other delimiters and decimal signs: the
    right cell of the right row.
    """
    result = printed(text, **rule)
    assert result.ok, result.message
    assert result.row["value"] == value


def test_an_xvg_file_of_gromacs_is_read_as_it_is(command):
    """Its settings begin with @."""
    text = '# GROMACS\n@ title "Energies"\n@TYPE xy\n 0.0 -1.5\n 1.0 -2.5\n'
    outputs = {"value": {"file": "energy.xvg", "table": {"column": 1, "row": "all"}}}
    row = command(["true"], files={"energy.xvg": text}, outputs=outputs).run().row
    assert row["value"] == [-1.5, -2.5]


@pytest.mark.parametrize(
    ("table", "where", "words"),
    [
        ({"column": 0, "after": "(x"}, "after", "is not a regular expression"),
        ({"column": 0, "until": 5}, "until", "expected text, found 5"),
        ({"column": 0, "which": "first"}, "which", "give after"),
        (
            {"column": 0, "after": "x", "which": "all"},
            "which",
            "expected one of 'first', 'last', found 'all'",
        ),
        ({"column": 0, "comment": ["#", 5]}, "comment[1]", "expected text, found 5"),
        ({"column": 0, "decimal": ";"}, "decimal", "expected one of '.', ',', found ';'"),
        ({"column": 0, "decimal": ",", "delimiter": ","}, "delimiter", "something else separates"),
    ],
)
def test_options_of_tables_are_checked(table, where, words):
    """Before anything runs."""
    ((path, sentence),) = located(outputs={"value": {"file": "a", "table": table}})
    assert path == f"outputs.value.table.{where}"
    assert words in sentence


# -- files as they are -----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le-marked", "utf-8"])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_and_marks_are_those_of_any_system(command, tmp_path, encoding, end):
    """Programs under wine, files of Windows and PowerShell, progress meters: ^, $ and (.*) keep to
    the line.
    """
    text = end.join(["energy = -1.5", "status: fine é", "t,e", "1,2", "", "normal end", ""])
    data = (
        "\ufeff".encode("utf-16-le") + text.encode("utf-16-le")
        if encoding.endswith("marked")
        else text.encode(encoding)
    )
    (tmp_path / "w.txt").write_bytes(data)
    (tmp_path / "w.json").write_bytes(
        ('{"a":' + end + "2}").encode(encoding) if "marked" not in encoding else b'{"a": 2}'
    )
    outputs = {
        "e": {"file": "w.txt", "regex": r"^energy = (\S+)$"},
        "s": {"file": "w.txt", "regex": r"^status: (.*)", "type": "str"},
        "c": {"file": "w.txt", "csv": {"column": "e", "skip": 2, "until": "^$"}},
        "j": {"file": "w.json", "json": "a"},
        "t": {"file": "w.txt", "text": True},
    }
    success = (
        [{"file": "w.txt", "matches": "^normal end$"}, {"file": "w.txt", "lacks": r"\r"}]
        if end == "\n"
        else [
            {"file": "w.txt", "matches": "^normal end$"},
            {"file": "w.txt", "matches": f"fine é{end!r}"[:-1].replace("'", "")},
        ]
    )
    copied = [str(tmp_path / name) for name in ("w.txt", "w.json")]
    result = command(["true"], copy=copied, outputs=outputs, success=success).run()
    assert result.ok, result.message
    assert [result.row[name] for name in "escj"] == [-1.5, "fine é", 2.0, 2]
    assert result.row["t"] == text.replace(end, "\n").strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"regex": r"iter (\d+)"}, 299_999.0),
        ({"regex": r"iter (\d+)", "which": "first"}, 0.0),
        ({"regex": r"FINAL\s+(\S+)\s*\n\s*(\S+)", "group": 2}, 7.5),
        ({"regex": r"FINAL[\s\S]*?last (\S+)"}, 8.5),
        ({"table": {"column": "e", "after": "^TABLE"}}, 4.0),
        (
            {"csv": {"column": 1, "delimiter": " ", "header": False, "row": 5, "until": "FINAL"}},
            5.0,
        ),
    ],
)
def test_long_files_are_read_in_pieces(command, tmp_path, rule, value):
    """With what a match in the whole text would be, however the pieces lie."""
    path = tmp_path / "big.log"
    lines = [f"iter {number} residual = 0.0123456789012\n" for number in range(300_000)]
    path.write_text("".join(lines) + "FINAL 1.5\n\n  7.5\nTABLE\nt e\n1 2\n3 4\nat last 8.5\n")
    result = command(
        ["true"], link=[str(path)], outputs={"value": {"file": "big.log", **rule}}
    ).run()
    assert result.ok, result.message
    assert result.row["value"] == value


# -- which file ------------------------------------------------------------------------------------


def test_placeholders_in_names_of_files_that_come_out(command):
    """Codes put a parameter or a run number into the name of their output; conditions and streams
    likewise.
    """
    bench = command(
        "cat; echo E = 1.5 > res_{{ '%03d' | format(n) }}.dat; echo E = 0 > res_000.dat; echo"
        " 7 >&2",
        shell=True,
        files={"in_4.txt": "from in_4\n", "in_8.txt": "from in_8\n"},
        stdin="in_{{ n }}.txt",
        stdout="out_{{ n }}.txt",
        stderr="err_{{ n }}.txt",
        outputs={
            "e": {"file": "res_{{ '%03d' | format(n) }}.dat", "regex": r"E = (\S+)"},
            "o": {"file": "out_{{ n }}.txt", "text": True},
            "p": {"file": "err_{{ n }}*", "table": 0},
        },
        success=[{"file": "out_{{ n }}.txt", "matches": "in_{{ n }}|from"}],
    )
    assert list(bench.runner.problems()) == []
    assert bench.runner.required_parameters()["outputs.e.file"] == {"n"}
    for n in (4, 8):
        result = bench.run(n=n)
        assert result.ok, result.message
        assert [result.row[name] for name in "eop"] == [1.5, f"from in_{n}", 7.0]
        assert f"out_{n}.txt" in result.files()
    missing = command(["true"], outputs={"e": {"file": "res_{{ n }}.dat", "regex": "x"}}).run(n=4)
    assert "res_4.dat does not exist" in missing.message
    absent = command(
        ["echo", "a"], stdout="o{{ n }}", outputs={"e": {"file": "o{{ n }}", "regex": "x"}}
    ).run(n=4)
    assert "nothing in o4 matches 'x'; stdout ends: a" in absent.message
    with pytest.raises(
        SampleFailed, match=r"stdout: '../x.txt' must stay inside the run directory"
    ):
        command(["true"], stdout="{{ n }}.txt").run(n="../x")


@pytest.mark.parametrize(
    ("file", "value"),
    [
        ({"newest": "out_*.dat"}, 9.0),
        ({"last": "out_*.dat"}, 10.0),
        ({"last": "{{ name }}_*.dat"}, 10.0),
        ({"newest": "out_10.dat"}, 10.0),
    ],
)
def test_one_of_several_files_is_chosen(command, file, value):
    """By time of change, or by name with numbers taken as numbers."""
    make = (
        "echo 10 > out_10.dat; touch -d 2020-01-01 out_10.dat; echo 2 > out_2.dat; touch -d"
        " 2019-01-01 out_2.dat; echo 9 > out_9.dat"
    )
    make += "; mkdir out_11.dat; ln -s nowhere out_12.dat"
    outputs = {"value": {"file": file, "regex": r"\d+"}, "whole": {"file": file, "table": 0}}
    result = command(
        make, shell=True, outputs=outputs, success=[{"file": file, "exists": True}]
    ).run(name="out")
    assert result.ok, result.message
    assert (result.row["value"], result.row["whole"]) == (value, value)


def test_which_of_several_files_must_be_said(command):
    """The message shows how; a choice that is none is found before anything runs."""
    outputs = {"value": {"file": "*.dat", "regex": "x"}}
    message = command("touch a.dat b.dat", shell=True, outputs=outputs).run().message
    assert (
        "*.dat matches 2 files: a.dat, b.dat; say which one is meant, as in file: {newest: *.dat}"
        in message
    )
    found = located(outputs={"value": {"file": {"oldest": "*.dat"}, "regex": "x"}})
    assert found[0] == (
        "outputs.value.file",
        "needs exactly one of newest, last; it has the keys oldest",
    )


# -- numbers and arrays ----------------------------------------------------------------------------


def test_one_field_of_stars_does_not_lose_a_list(command):
    """It is missing in the list; a list of nothing else is missing, and so is a single value."""
    text = "E = 1.5\nE = *****\nE = 2.5\nn a\n1 *\n2 7\n"
    all_of = {"file": "stdout.txt", "regex": r"E = (\S+)", "which": "all"}
    outputs = {
        "e": all_of,
        "n": {
            "file": "stdout.txt",
            "table": {"column": "a", "after": "2.5", "row": "all"},
            "type": "int",
        },
        "one": {"file": "stdout.txt", "table": {"column": "n", "after": "2.5", "row": 0}},
    }
    result = command(["cat", "in"], files={"in": text}, outputs=outputs).run()
    assert result.ok, result.message
    assert [str(number) for number in result.row["e"]] == ["1.5", "nan", "2.5"]
    assert (result.row["n"], result.row["one"]) == ([None, 7], 1.0)
    lost = command(["echo", "E = ***"], outputs={"e": all_of}).run()
    assert "1 of 1 values are ***, which Fortran prints for a number too wide" in lost.message


def test_hdf5_and_netcdf_as_other_programs_write_them(command, tmp_path):
    """Padded text, scalars in arrays of one element (MATLAB, IDL, attributes of netCDF4), values
    that are not there.
    """
    import h5py
    import numpy
    from scipy.io import netcdf_file

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["padded"] = numpy.bytes_("ITER  ")
        file["names"] = numpy.array([b"a  ", b"bc "])
        file["matlab"] = [[2.5]]
        file["one_name"] = numpy.array([b"x  "])
        file.create_dataset("history", data=[0.5], maxshape=(None,))
        file.create_dataset("profile", data=[1, 2])
        file["empty"] = h5py.Empty("f8")
        file.attrs["beta"] = numpy.array([0.25])
        file.attrs["none"] = h5py.Empty("f8")
    with netcdf_file(tmp_path / "c.nc", "w") as file:
        for name, length in (("time", None), ("n", 2), ("length", 4), ("one", 1)):
            file.createDimension(name, length)
        file.createVariable("title", "c", ("length",))[:] = list("JET ")
        file.createVariable("labels", "c", ("n", "length"))[:] = [list("ab  "), list("cdef")]
        file.createVariable("single", "d", ("one",))[:] = [1.5]
        file.createVariable("series", "d", ("time",))[:] = [3.5]
        counts = file.createVariable("counts", "i", ("n",))
        counts[:], counts._FillValue = [7, -99], -99
    wanted = {
        "padded": "ITER", "names": ["a", "bc"], "matlab": 2.5, "one_name": "x", "@beta": 0.25, "history": [0.5], "profile": [1, 2],
    }  # fmt: skip
    outputs: dict[str, Any] = {name: {"file": "a.h5", "hdf5": name} for name in wanted}
    outputs |= {
        name: {"file": "c.nc", "netcdf": name} for name in ("title", "labels", "single", "series")
    }
    outputs["second"] = {"file": "c.nc", "netcdf": "labels", "index": 1}
    outputs["counts"] = {"file": "c.nc", "netcdf": "counts", "type": "int"}
    wanted["counts"] = [7, None]
    outputs["number"] = {"file": "a.h5", "hdf5": "history", "type": "float"}
    outputs["numbers"] = {"file": "a.h5", "hdf5": "profile", "type": "float"}
    wanted |= {
        "title": "JET",
        "labels": ["ab", "cdef"],
        "single": 1.5,
        "series": [3.5],
        "second": "cdef",
    }
    wanted |= {"number": 0.5, "numbers": [1.0, 2.0]}
    copied = [str(tmp_path / name) for name in ("a.h5", "c.nc")]
    result = command(["true"], copy=copied, outputs=outputs).run()
    assert result.ok, result.message
    found = {
        name: value.tolist() if hasattr(value, "tolist") else value
        for name, value in result.row.items()
        if name in wanted
    }
    assert found == wanted
    for name in ("empty", "@none"):
        message = (
            command(["true"], copy=copied, outputs={"x": {"file": "a.h5", "hdf5": name}})
            .run()
            .message
        )
        assert f"{name!r} in a.h5 is empty: it has a type and no value" in message
