"""Runners that answer without computing: rows of a table, and functions of the literature."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui.runners.benchmark_function_runner import (
    FUNCTIONS,
    BenchmarkFunctionRunner,
    branin,
    friedman,
    hartmann3,
    hartmann6,
    ishigami,
)
from enchanted_tui.runners.failure import SampleFailed
from enchanted_tui.runners.table_runner import TableRunner

TABLE = """x,mode,energy,success,success_code,runtime_sec_code,run_dir
0,L,1.5,True,True,0.1,a
10,L,2.5,True,True,0.1,b
10,H,7,True,True,0.1,c
4,L,nan,False,False,0.1,d
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    (tmp_path / "table.csv").write_text(TABLE)
    return str(tmp_path / "table.csv")


def answer(table: str, match: str, **params: Any) -> dict[str, Any]:
    runner = TableRunner(table=table, inputs=["x", "mode"], match=match)
    assert list(runner.problems()) == []
    return runner.single_code_run("", params)


def test_the_nearest_row_answers_scaled_by_the_range(table):
    """As a dataset of an earlier campaign stands on the disk: its own columns are no outputs."""
    assert answer(table, "nearest", x=9, mode="H", other=3) == {
        "energy": 7,
        "table_distance": pytest.approx(0.1),
        "table_row": 2,
        "success": True,
    }
    assert answer(table, "nearest", x=1, mode="H")["table_row"] == 2  # text counts 1
    assert answer(table, "nearest", x=0.4, mode="L")["energy"] == 1.5


def test_exactly_the_same_parameters_or_a_failure(table):
    """1 and 1.0 are the same; a failed row fails here too, with what it says."""
    assert answer(table, "exact", x=10.0, mode="L") == {
        "energy": 2.5,
        "table_row": 1,
        "success": True,
    }
    with pytest.raises(SampleFailed, match="no row with x = 3, mode = L"):
        answer(table, "exact", x=3, mode="L")
    with pytest.raises(SampleFailed, match="row 3 of the table is a failure"):
        answer(table, "exact", x=4, mode="L")
    with pytest.raises(SampleFailed, match="needs the parameters mode"):
        answer(table, "exact", x=4)


def test_what_the_table_lacks_is_said_beforehand(table, tmp_path):
    """A misspelt column, or no file."""
    runner = TableRunner(table=table, inputs=["x", "mod"], outputs=["energi"])
    assert [where for where, _ in runner.problems()] == ["inputs[1]", "outputs[0]"]
    runner = TableRunner(table=str(tmp_path / "no.csv"), inputs=["x"])
    assert [where for where, _ in runner.problems()] == ["table"]
    assert TableRunner(table=table, inputs=["x", "mode"]).output_names() == (
        "energy",
        "table_distance",
        "table_row",
    )


def test_functions_have_the_values_of_the_literature():
    """Minima as published; means where they are known."""
    for place in ((-math.pi, 12.275), (math.pi, 2.275), (9.42478, 2.475)):
        assert branin(place) == pytest.approx(0.397887, abs=1e-6)
    assert hartmann3((0.114614, 0.555649, 0.852547)) == pytest.approx(-3.86278, abs=1e-5)
    assert hartmann6((0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)) == pytest.approx(
        -3.32237, abs=1e-5
    )
    assert friedman((0.5, 1, 0.5, 0.2, 0.4)) == pytest.approx(10 + 2 + 2)
    steps = [(i + 0.5) / 20 * 2 * math.pi - math.pi for i in range(20)]
    values = [ishigami((a, b, c)) for a in steps for b in steps for c in steps]
    assert sum(values) / len(values) == pytest.approx(3.5, abs=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_runner_gives_the_function(name):
    """Under the customary names, or those that are given."""
    count = FUNCTIONS[name][1]
    plain = BenchmarkFunctionRunner(function=name)
    params = {f"x{number + 1}": 0.3 for number in range(count)}
    value = FUNCTIONS[name][0]([0.3] * count)
    assert plain.single_code_run("", params) == {"output": value, "success": True}
    names = [f"p{number}" for number in range(count)]
    renamed = BenchmarkFunctionRunner(function=name, parameters=names)
    assert renamed.single_code_run("", dict.fromkeys(names, 0.3))["output"] == value
    assert list(renamed.problems()) == []
    assert list(BenchmarkFunctionRunner(function=name, parameters=["a"]).problems())
