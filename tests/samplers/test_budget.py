"""Budgets are exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from helpers.sampler_kinds import ALL, FINITE, csv_of, drawn, flat, unhurried


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("budget", "batch_size", "sizes"),
    [(10, 3, [3, 3, 3, 1]), (3, 10, [3]), (6, 3, [3, 3]), (5, None, [5]), (7, 1, [1] * 7)],
)
def test_batches_add_up_to_the_budget(kind, budget, batch_size, sizes):
    """The last batch is cut, never dropped, and a batch larger than the budget is one batch of the
    budget.
    """
    assert [len(batch) for batch in drawn(ALL[kind](budget, batch_size=batch_size))] == sizes


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in FINITE])
def test_budget_zero_draws_nothing(kind):
    """Budget 0 is allowed and runs nothing, with a warning."""
    sampler = ALL[kind](0)
    assert not sampler.has_budget
    assert sampler.get_next_samples() == []
    assert not list(sampler.problems())
    assert "budget" in [where for where, _ in sampler.warnings()]


@pytest.mark.parametrize("kind", ALL)
@unhurried
@given(size=st.integers(1, 12), extra=st.integers(0, 12))
def test_submitted_counts_what_was_given(kind, size, extra):
    """`submitted` and `has_budget` are what library users loop on."""
    sampler = ALL[kind](9, batch_size=size)
    given_out = 0
    while sampler.has_budget:
        given_out += len(sampler.get_next_samples())
        assert sampler.submitted == given_out
    assert given_out == 9
    assert sampler.get_next_samples() == []
    sampler.budget = 9 + extra
    assert sampler.target == (9 if kind in FINITE else 9 + extra)
    assert len(flat(drawn(sampler))) == sampler.target - 9


def test_a_grids_budget_is_its_points():
    """A budget given to a grid or to listed values is ignored, with a warning that says how many
    points there are.
    """
    grid = GridSampler(bounds=[[0, 1], [0, 1]], parameters=["x", "y"], num_samples=[2, 3], budget=4)
    array = ArraySampler(bounds=[[1, 2, 3]], parameters=["x"], budget=1)
    assert (grid.budget, grid.total, array.budget) == (6, 6, 3)
    assert len(flat(drawn(grid))) == 6
    assert [where for where, sentence in grid.warnings() if "6 points" in sentence] == ["budget"]
    assert not list(GridSampler(bounds=[[0, 1]], parameters=["x"], num_samples=3).warnings())


def test_points_beyond_the_last_are_refused():
    """Wrapping round would run the first points of a grid again, silently."""
    with pytest.raises(IndexError, match="there are 3 points"):
        ArraySampler(bounds=[[1, 2, 3]], parameters=["x"]).points(0, 2, 2, 0, 2)


def test_a_files_budget_is_its_rows_or_fewer(tmp_path):
    """Without a budget every row is taken, with one that many from the top; a larger one takes all
    and warns.
    """
    sampler = csv_of(tmp_path / "points.csv", 7)
    assert (sampler.budget, sampler.total, sampler.target) == (7, 7, 7)
    sampler.budget, sampler.batch_size = 5, 2
    first = drawn(sampler)
    assert [len(batch) for batch in first] == [2, 2, 1]
    sampler.budget = 100
    assert [row["label"] for row in flat(first) + flat(drawn(sampler))] == [
        f"n{row}" for row in range(7)
    ]
    assert [
        where for where, sentence in sampler.warnings() if "fewer than the budget" in sentence
    ] == ["budget"]
