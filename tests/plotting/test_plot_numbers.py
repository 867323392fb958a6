"""The numbers in plots are those that numpy, SciPy and pandas give: bins, means and deviations,
ranks and correlations; and what ran at once is never in one lane.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.views.binning import (
    edges_over,
    places_in,
    places_on_grid,
    statistics_by_place,
)
from enchanted_tui.views.rank_correlation import average_ranks, correlation_matrix
from enchanted_tui.views.task_index import encode
from enchanted_tui.views.task_times import AT_WORK, TaskTimes, lanes_of, mean_between, with_running

_SOME = st.lists(st.integers(-50, 50).map(lambda n: n / 4), min_size=1, max_size=60)
_ANY = st.lists(
    st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, np.nan]),
    max_size=30,
)


@given(_SOME, st.integers(1, 12))
def test_bins_are_those_of_numpy(values: list[float], bins: int) -> None:
    """Every value is in the bin that numpy counts it in, the largest in the last one."""
    numbers = np.array(values)
    edges = edges_over(numbers, bins)
    places = places_in(numbers, edges)
    assert edges.size == bins + 1 and (np.diff(edges) >= 0).all()
    assert np.bincount(places, minlength=bins).tolist() == np.histogram(numbers, edges)[0].tolist()
    assert (places >= 0).all()


@given(_ANY, st.integers(1, 9), st.booleans())
def test_any_values_have_bins(values: list[float], bins: int, log: bool) -> None:
    """NaN, infinities, one value and the largest numbers never raise; what cannot be shown is in no
    bin.
    """
    numbers = np.array(values, dtype=float)
    usable = np.isfinite(numbers) & ((numbers > 0) | (not log))
    if not usable.any():
        with pytest.raises(ValueError, match="no finite number"):
            edges_over(numbers, bins, log=log)
        return
    edges = edges_over(numbers, bins, log=log)
    assert np.isfinite(edges).all()
    assert ((places_in(numbers, edges) >= 0) == (usable if log else np.isfinite(numbers))).all()


@given(st.lists(st.tuples(st.integers(-1, 4), st.floats(-1e6, 1e6) | st.just(np.nan)), max_size=40))
def test_statistics_of_bins_are_those_of_pandas(pairs: list[tuple[int, float]]) -> None:
    """Count, mean and standard deviation (n - 1) of each place; missing ones are left out."""
    places = np.array([place for place, _ in pairs], dtype=np.intp)
    values = np.array([value for _, value in pairs], dtype=float)
    counts, means, spread = statistics_by_place(places, values, 5)
    frame = pd.DataFrame({"place": places, "value": values})
    told = frame[frame.place >= 0].groupby("place").value.agg(["count", "mean", "std"])
    told = told.reindex(range(5))
    assert counts.tolist() == told["count"].fillna(0).tolist()
    np.testing.assert_allclose(means, told["mean"], atol=1e-8)
    np.testing.assert_allclose(spread, told["std"], rtol=1e-6, atol=1e-6)


def test_means_on_a_grid_are_those_of_scipy() -> None:
    """The mean of an output over two parameters, cell by cell, empty ones NaN."""
    chance = np.random.default_rng(3)
    x, y, z = chance.random((3, 400))
    edges = edges_over(x, 12), edges_over(y, 9)
    cells = places_on_grid(x, y, *edges)
    counts, means, spread = statistics_by_place(cells, z, 12 * 9)
    for found, wanted in ((means, "mean"), (counts.astype(float), "count")):
        told = stats.binned_statistic_2d(x, y, z, wanted, list(edges)).statistic
        np.testing.assert_allclose(found.reshape(12, 9), told)
    one = cells == cells[0]
    assert spread[cells[0]] == pytest.approx(np.std(z[one], ddof=1))


def test_huge_values_have_means() -> None:
    """Sums of numbers near the largest one there is do not overflow."""
    _, means, _ = statistics_by_place(np.zeros(4, np.intp), np.full(4, 1.5e308), 1)
    assert means[0] == pytest.approx(1.5e308)


@given(_SOME)
def test_ranks_are_those_of_scipy(values: list[float]) -> None:
    """Equal values share the mean of their ranks."""
    assert average_ranks(np.array(values)).tolist() == stats.rankdata(values).tolist()


@given(
    st.integers(2, 4).flatmap(
        lambda count: st.lists(
            st.tuples(*[st.integers(-9, 9).map(float) | st.just(np.nan)] * count),
            min_size=3,
            max_size=25,
        )
    ),
    st.booleans(),
)
def test_correlations_are_those_of_pandas(rows: list[tuple[float, ...]], ranked: bool) -> None:
    """Of each pair of columns among the rows that have both, whatever each of them lacks."""
    frame = pd.DataFrame(rows)
    columns = {str(name): frame[name].to_numpy() for name in frame}
    found, counts = correlation_matrix(columns, ranked=ranked)
    told = frame.corr("spearman" if ranked else "pearson").to_numpy()
    whole = frame.notna().astype(int)
    assert counts.tolist() == (whole.T @ whole).to_numpy().tolist()
    np.testing.assert_allclose(found, told, atol=1e-9)


# -- time ------------------------------------------------------------------------------------------

_TASKS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(0, 2), st.integers(1, 4)),
    min_size=1,
    max_size=40,
)


@given(_TASKS)
def test_lanes_hold_one_task_at_a_time(tasks: list[tuple[int, int, int, int]]) -> None:
    """No two tasks overlap in a lane, a lane is of one host, and there are as many as a host ran
    tasks at once.
    """
    started, length, host, _ = (np.array(one, dtype=float) for one in zip(*tasks, strict=True))
    ended, host = started + length, host.astype(int)
    lanes, labels = lanes_of(started, ended, host, ("b", "a", "c"))
    names = np.array(["b", "a", "c"])[host]
    assert [labels[lane] for lane in lanes] == names.tolist()
    assert labels == sorted(labels)
    for lane in range(len(labels)):
        order = np.argsort(started[lanes == lane])
        assert (ended[lanes == lane][order][:-1] <= started[lanes == lane][order][1:]).all()
    for name in set(labels):
        here = names == name
        at_once = max(
            int(((started[here] <= moment) & (ended[here] > moment)).sum())
            for moment in started[here]
        )
        assert labels.count(name) == at_once


@given(_TASKS, st.integers(1, 9))
def test_use_is_the_mean_over_time(tasks: list[tuple[int, int, int, int]], parts: int) -> None:
    """Of each stretch of time: what each task weighs, by how much of it the task was at work."""
    started, length, _, weight = (np.array(one, dtype=float) for one in zip(*tasks, strict=True))
    started += 1.7e9  # as clocks have it
    ended = started + length
    edges = np.linspace(started.min(), ended.max(), parts + 1)
    shared = np.minimum(ended[:, None], edges[1:]) - np.maximum(started[:, None], edges[:-1])
    told = (np.maximum(shared, 0) * weight[:, None]).sum(axis=0) / np.diff(edges)
    np.testing.assert_allclose(mean_between(edges, started, ended, weight), told, atol=1e-6)


def _record(sample: int, **more: object) -> dict[str, object]:
    return {
        "task": [0, 0, sample, 0],
        "outcome": "ok",
        "started": 100.0 + sample,
        "runtime": 2.0,
        "host": "n1",
        "attempt": 0,
        "row": {},
        **more,
    }


def test_times_are_those_on_record() -> None:
    """What the record leaves out is not known, and who works is added, unless the task has ended."""
    times = TaskTimes()
    times.take(TaskId(0, 0, 1, 0), _record(1, cores=4.0, cpu=3.5, memory=10))  # type: ignore[arg-type]
    times.take(TaskId(0, 0, 2, 0), _record(2, memory_at_most=20, host="n2"))  # type: ignore[arg-type]
    workers: list[dict[str, Any]] = [
        {"task": "d0_b0_s2_r0", "since": 102.0, "host": "n2"},
        {"task": "d0_b0_s9_r0", "since": 103.0, "host": "n3"},
        {"task": None, "since": None, "host": "n4"},
    ]
    found = with_running(times.times(), workers, 110.0)
    assert found.codes.tolist() == [encode((0, 0, number, 0)) for number in (1, 2, 9)]
    assert found.ended.tolist() == [103.0, 104.0, 110.0]
    assert found.cores.tolist() == [4.0, 1.0, 1.0]
    assert found.memory.tolist()[:2] == [10.0, 20.0] and np.isnan(found.cpu[1:]).all()
    assert [found.hosts[one] for one in found.host] == ["n1", "n2", "n3"]
    assert found.state[2] == AT_WORK
