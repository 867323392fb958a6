"""Arithmetic that people write: what is read, what is refused, and what it gives."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.executors.slurm.worker_archive import archive
from enchanted_tui.expressions import Expression, ExpressionError
from enchanted_tui.samplers.region import MANY
from helpers.sampler_kinds import unhurried

VALUES = {"x": 1.5, "n": 3, "lambda": 2, "T e": 7, "label": "a", "µ": 0.25}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abs(x - 2.8)", 1.2999999999999998),
        ("n * 2 + 1", 7),
        ("n ** 2", 9),
        ("2 ** -1", 0.5),
        ("`lambda` + `T e`", 9),
        ("µ * 4", 1.0),
        ("0 < x <= 1.5", True),
        ("x > 2 or not n == 4", True),
        ("label in ['a', 'b'] and n not in [1, 2]", True),
        ("min(n, x, 9) + max(1, 2)", 3.5),
        ("cos(2 * pi)", 1.0),
        ("hypot(3, 4) + atan2(0, 1)", 5.0),
        ("n // 2 + n % 2", 2),
    ],
)
def test_values(text, value):
    """Whole numbers stay whole."""
    found = Expression(text).value(VALUES)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["1 / (n - 3)", "sqrt(-1)", "log(0)", "9 ** 9 ** 9", "label + 1", "absent", "exp(1e9)"]
)
def test_what_cannot_be_worked_out_is_nan(text):
    """A column of a sample that has cost hours must not become its failure."""
    assert math.isnan(Expression(text).value(VALUES))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "x.real",
        "x[0]",
        "[i for i in x]",
        "lambda: 1",
        "(y := 3)",
        "f'{x}'",
        "x if n else 2",
        "x is n",
        "print(x)",
        "abs",
        "x << 2",
        "abs(x, n)",
        "min(1)",
        "round(x, ndigits=1)",
        "*x",
        "x in n",
        "1j",
        "b'x'",
        "None",
        "",
        "x +",
        "(" * 300 + "x" + ")" * 300,
        "-" * 400 + "x",
        "x + " * 600 + "x",
    ],
)
def test_everything_else_is_refused(text):
    """What is written is never run as Python."""
    if text == "abs":  # a name, which is a parameter that does not exist
        assert Expression(text).names == {"abs"}
        return
    with pytest.raises(ExpressionError):
        Expression(text)


TEXTS = [
    "x + y * 2 - x / y",
    "abs(x) ** 0.5 + sqrt(abs(y)) + floor(x) + ceil(y)",
    "x < y or x * y >= 1 and not x == y",
    "exp(-x * x) + sin(y) + max(x, y, 0.5) + x % 3 + x // 3",
]


@unhurried
@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=8),
    st.sampled_from(TEXTS),
)
def test_many_samples_at_once_give_what_each_gives(points, text):
    """Constraints are judged many at a time, and derived columns one by one: by the same rules."""
    columns = {
        name: numpy.array(column)
        for name, column in zip("xy", zip(*points, strict=True), strict=True)
    }
    expression = Expression(text)
    with numpy.errstate(all="ignore"):
        several = numpy.broadcast_to(expression.work_out(columns, MANY), len(points))
    for index, (x, y) in enumerate(points):
        one = expression.value({"x": x, "y": y})
        if not math.isnan(one):  # where numpy has an infinity
            assert several[index] == pytest.approx(one, rel=1e-12, abs=1e-12)


def test_jobs_have_what_derived_outputs_need(tmp_path):
    """What is shipped to a cluster works out expressions there, without any package."""
    (tmp_path / "shipped.zip").write_bytes(archive()[1])
    code = (
        "import sys; sys.path.insert(0, 'shipped.zip')\n"
        "from enchanted_tui.runners.derived import with_derived\n"
        "print(with_derived({'beta': 3}, {'x': 2}, {'merit': 'abs(beta - x)', 'd': '2 * merit'}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "{'beta': 3, 'merit': 1, 'd': 2}", done.stderr
