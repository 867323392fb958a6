"""The dataset in numbers, for any values a runner may return."""

from __future__ import annotations

import math
import statistics as plain
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.executors.base import TaskId
from enchanted_tui.views.dataset_statistics import (
    Results,
    coverage,
    expected_filled,
    pair_filled,
    running_best,
    statistics,
)
from enchanted_tui.views.task_index import TaskList, encode

_ANY = st.floats(allow_nan=True, allow_infinity=True)


def _tasks(count: int, first: int = 0) -> TaskList:
    return TaskList(
        array("q", [encode(TaskId(0, 0, first + number, 0)) for number in range(count)])
    )


def _take(results: Results, columns: dict[str, list], first: int = 0) -> None:
    results.take(results.news(columns, _tasks(len(next(iter(columns.values()))), first)))


@given(st.lists(_ANY, max_size=40))
@settings(deadline=None)
def test_statistics_agree_with_the_standard_library(values: list[float]) -> None:
    """Protects the summary: only finite values count, and sums of huge ones do not overflow."""
    found = statistics(np.array(values, dtype=np.float64))
    finite = [value for value in values if math.isfinite(value)]
    assert (found.count, found.infinite) == (len(finite), sum(map(math.isinf, values)))
    assert found.count + found.infinite + found.missing == len(values)
    if not finite:
        assert found.mean is None
        return
    scale = max(map(abs, finite)) or 1.0
    assert (found.minimum, found.maximum) == (min(finite), max(finite))
    assert found.mean / scale == pytest.approx(
        plain.fmean([value / scale for value in finite]), abs=1e-12
    )
    assert found.median / scale == pytest.approx(
        plain.median([value / scale for value in finite]), abs=1e-12
    )
    if len(finite) > 1:
        assert found.std / scale == pytest.approx(
            plain.stdev([value / scale for value in finite]), abs=1e-6
        )


@given(st.lists(st.tuples(_ANY, st.booleans()), max_size=30), st.booleans())
@settings(deadline=None)
def test_the_best_so_far_is_the_best_of_the_successes_so_far(
    rows: list[tuple[float, bool]], largest: bool
) -> None:
    """Protects the course: failures and values that are no numbers never become the best."""
    values, ok = (
        np.array([value for value, _ in rows], dtype=float),
        np.array([good for _, good in rows], dtype=bool),
    )
    best = running_best(values, ok, largest=largest)
    choose = max if largest else min
    for row in range(len(rows)):
        usable = [value for value, good in rows[: row + 1] if good and math.isfinite(value)]
        assert best[row] == choose(usable) if usable else math.isnan(best[row])


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.just([1, 2]),
    st.just(10**400),
)


@given(st.lists(st.tuples(_VALUES, _VALUES), min_size=1, max_size=20), st.integers(0, 20))
@settings(deadline=None)
def test_rows_that_come_in_parts_give_the_same_dataset(rows: list[tuple], cut: int) -> None:
    """Protects following a live campaign: the columns are those of one reading, whatever their
    types.
    """
    first, second = [one for one, _ in rows], [two for _, two in rows]
    whole, grown = Results(), Results()
    _take(whole, {"a": first, "b": second})
    cut = min(cut, len(rows))
    if cut:
        _take(grown, {"a": first[:cut]})
    _take(grown, {"a": first, "b": second})
    for name in ("a", "b"):
        assert grown.columns[name].kind == whole.columns[name].kind
        np.testing.assert_array_equal(grown.columns[name].numbers, whole.columns[name].numbers)
        assert len(grown.columns[name].raw) == len(rows)


def test_rows_that_are_run_again_are_read_again() -> None:
    """Protects against numbers of samples that have been retried since."""
    results = Results()
    _take(results, {"a": [1.0, 2.0], "success": [True, False]})
    _take(results, {"a": [3.0, 4.0, 5.0], "success": [True, True, True]}, first=1)
    assert results.columns["a"].numbers.tolist() == [3.0, 4.0, 5.0]
    assert results.success.all()


def test_what_can_be_an_axis_and_in_which_order() -> None:
    """Protects the lists one chooses from: parameters, outputs, run times, truth values; no text
    and no arrays.
    """
    results = Results()
    results.parameters = ("p",)
    _take(
        results,
        {
            "success": [True],
            "name": ["x"],
            "out": [1],
            "profile": [[1, 2]],
            "p": [0.5],
            "runtime_sec_code": [1.0],
            "none": [None],
        },
    )
    assert results.numeric == ["p", "out", "runtime_sec_code", "success"]
    assert results.outputs == ["out"]
    assert [column.kind for column in results.columns.values()] == [
        "truth",
        "text",
        "number",
        "other",
        "number",
        "number",
        "empty",
    ]


def test_coverage_finds_the_hole() -> None:
    """Protects the answer to "where have I not looked yet?"."""
    values = np.concatenate([np.linspace(0, 0.4, 50), np.linspace(0.8, 1, 50)])
    found = coverage("p", values, 20)
    assert found is not None
    assert found.gap == pytest.approx((0.4, 0.8))
    assert 0.55 <= found.filled <= 0.7
    assert coverage("p", np.array([np.nan, np.inf]), 20) is None
    assert pair_filled(values, values, 10) == pytest.approx(0.07, abs=0.02)
    assert expected_filled(1000, 100) == pytest.approx(1, abs=1e-3)


@given(st.lists(_ANY, max_size=20))
@settings(deadline=None)
def test_coverage_takes_any_values(values: list[float]) -> None:
    """Protects against overflow at the ends of what numbers there are."""
    numbers = np.array(values, dtype=np.float64)
    found = coverage("p", numbers, 7)
    assert found is None or sum(found.counts) == np.isfinite(numbers).sum()
    share = pair_filled(numbers, numbers, 5)
    assert share is None or 0 < share <= 1
