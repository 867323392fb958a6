"""The runners that stand in for a simulation."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.runners.base import SampleFailed
from enchanted_tui.runners.double_gaussian_runner import SyntheticDoubleGaussianRunner
from enchanted_tui.runners.example_runner import ExampleRunner


@pytest.mark.parametrize(
    ("params", "output"),
    [
        ({"c1": 1, "c2": 2, "c10": 4}, 6),
        ({"c9": 1.5, "c10": 2, "c2": 100}, 3.5),
        ({"c3": 7}, 7),
        ({"x": 1}, 0),
        ({"c": 5, "c1x": 5, "xc1": 5}, 0),
    ],
)
def test_example_adds_the_two_parameters_with_the_largest_numbers(bench, params, output):
    """c10 counts as later than c9, names that only look alike do not count, and the sum is in the
    row and in output.txt.
    """
    result = bench("ExampleRunner", sleep_sec=0).run_sample(params)
    assert result.ok
    assert result.row["output"] == output
    assert float(result.text("output.txt")) == output
    assert list(result.row)[:3] == ["output", "success", "success_r1"]


def test_example_fails_by_exception_or_by_report(bench):
    """fail_prob with and without raise_failures gives the two ways in which a simulation can
    fail.
    """
    raised = bench("ExampleRunner", sleep_sec=0, fail_prob=1).run(c1=1)
    assert (raised.kind, raised.row["success"]) == ("exception", False)
    assert "output" not in raised.row
    reported = bench("ExampleRunner", sleep_sec=0, fail_prob=1, raise_failures=False).run(c1=1)
    assert (reported.kind, reported.row["success"]) == ("reported", False)
    assert math.isnan(reported.row["output"])


def test_example_failures_follow_the_probability_and_are_the_same_in_a_rerun(bench):
    """A rerun of a campaign sees the same samples fail, because chance is seeded by campaign and
    task.
    """

    def failing():
        runner = bench("ExampleRunner", sleep_sec=0, fail_prob=0.3)
        return [runner.run(c1=1).ok for _ in range(60)]

    first = failing()
    assert first == failing()
    assert 5 < first.count(False) < 35


def test_example_pause_is_drawn_from_its_range(bench):
    """sleep_sec as a range is between its ends, and the row shows the time that passed."""
    result = bench("ExampleRunner", sleep_sec=[0.02, 0.05]).run(c1=1)
    assert 0.02 <= result.row["runtime_sec_r1"] < 0.5


@pytest.mark.parametrize(("sleep", "words"), [([1], "range"), ([2, 1], "swap")])
def test_example_refuses_a_range_that_is_none(sleep, words):
    """A wrong range is found before anything runs."""
    ((option, sentence),) = ExampleRunner(sleep_sec=sleep).problems()
    assert option == "sleep_sec"
    assert words in sentence


def test_sum_adds_the_listed_parameters_and_writes_all(bench):
    """Parameters that a sample lacks count as nothing; params.txt holds those that were not asked
    for as well.
    """
    result = bench("SumRunner", params_to_sum=["a", "b", "missing"]).run(a=1, b=2.5, other=9)
    assert result.ok
    assert result.row["output"] == 3.5
    assert result.text("params.txt").splitlines() == ["a = 1", "b = 2.5", "other = 9"]


@pytest.mark.parametrize(
    ("fail_if", "total", "ok"),
    [
        (0, 0.1, False),
        (0, 0.25, True),
        (None, 0, True),
        (3, 3.2, False),
        (3, 3.25, True),
        (-1, -1, False),
    ],
)
def test_sum_fails_near_the_given_number_zero_included(bench, fail_if, total, ok):
    """The older program ignored fail_if: 0; here it means what it says."""
    result = bench("SumRunner", params_to_sum=["a"], fail_if=fail_if).run(a=total)
    assert result.row["success"] is ok
    assert result.row["output"] == total


def test_gaussian_of_one_dimension_has_the_published_values(bench):
    """The function's numbers are in users' surrogates: slope, narrow peak at 0.2, broad peak at
    0.7.
    """
    runner = bench("SyntheticDoubleGaussianRunner")
    assert runner.run(x=0.2).row["output"] == pytest.approx(
        0.04 + 1 + 0.6 * math.exp(-0.25 / 0.01), rel=1e-15
    )
    assert runner.run(x=0.7).row["output"] == pytest.approx(0.14 + 0.6, rel=1e-12)
    assert runner.run(x=0.45).row["output"] == pytest.approx(
        0.09 + math.exp(-0.0625 / 0.001) + 0.6 * math.exp(-0.0625 / 0.01), rel=1e-12
    )


def test_gaussian_of_two_dimensions_has_the_published_values(bench):
    """The same for x and y."""
    result = bench("SyntheticDoubleGaussianRunner", dimensions=2).run(x=0.5, y=0.5)
    first = math.exp(-(0.04 + 0.04) / 0.02)
    second = 0.8 * math.exp(-(0.0625 + 0.01) / 0.04)
    assert result.row["output"] == pytest.approx(0.1 + 0.05 + first + second, rel=1e-12)


def test_gaussian_takes_its_own_model_and_text_that_is_a_number(bench):
    """Rows of older CSV files hold numbers as text."""
    result = bench("SyntheticDoubleGaussianRunner", model_parameters=[1, 0, 1, 0, 0, 1, 0]).run(
        x="3.5"
    )
    assert result.row["output"] == 3.5


@given(x=st.floats(allow_nan=False), y=st.floats(allow_nan=False))
def test_gaussian_never_overflows(x, y):
    """A sampler may try any number; far away from the peaks the function is its slope, not an
    exception.
    """
    output = SyntheticDoubleGaussianRunner(dimensions=2).single_code_run(
        "/nonexistent", {"x": x, "y": y}
    )["output"]
    assert isinstance(output, float)


@pytest.mark.parametrize(
    ("options", "params", "name"),
    [({}, {"z": 1}, "'x'"), ({"dimensions": 2}, {"x": 1}, "'y'"), ({}, {"x": "abc"}, "'abc'")],
)
def test_gaussian_says_which_parameter_is_missing(bench, options, params, name):
    """Instead of a bare KeyError."""
    result = bench("SyntheticDoubleGaussianRunner", **options).run_sample(params)
    assert result.kind == "exception"
    assert name in result.message
    assert "needs" in result.message


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"model_parameters": [1, 2]}, "model_parameters"),
        ({"dimensions": 2, "model_parameters": [0.0] * 7}, "model_parameters"),
        ({"model_parameters": [0.2, 1, 0, 0.2, 0.6, 0.01, 0.7]}, "model_parameters[2]"),
        ({"model_parameters": [0.2, 1, 1, 0.2, 0.6, -1, 0.7]}, "model_parameters[5]"),
    ],
)
def test_gaussian_refuses_a_model_that_is_none(options, option):
    """A wrong count, or a width that would divide by zero, is found before anything runs."""
    assert [where for where, _ in SyntheticDoubleGaussianRunner(**options).problems()] == [option]


def test_gaussian_names_what_it_needs():
    """The configuration can check the sampler's parameters against it."""
    assert SyntheticDoubleGaussianRunner().required_parameters() == {"dimensions": {"x"}}
    assert SyntheticDoubleGaussianRunner(dimensions=2).required_parameters() == {
        "dimensions": {"x", "y"}
    }


@pytest.mark.parametrize(
    ("runner", "params", "content"),
    [
        (SyntheticDoubleGaussianRunner(), {"x": 0.7}, "0.74"),
        (ExampleRunner(sleep_sec=0, fail_prob=1), {"c1": 1.0, "c2": 2.0}, "3.0\n"),
    ],
)
def test_output_is_written_to_a_file_too(tmp_path, runner, params, content):
    """Parsers and scripts of the older program's users read output.txt, of a sample that fails as
    well.
    """
    with contextlib.suppress(SampleFailed):
        runner.single_code_run(str(tmp_path), params)
    assert float((tmp_path / "output.txt").read_text()) == pytest.approx(float(content))
