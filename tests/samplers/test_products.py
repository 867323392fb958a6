"""GridSampler and ArraySampler: which points, in which order, and no more of them than fit."""

from __future__ import annotations

import itertools

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from helpers.sampler_kinds import unhurried

BOUND = st.floats(-1e12, 1e12) | st.integers(-1000, 1000)


@unhurried
@given(axes=st.lists(st.tuples(BOUND, BOUND, st.integers(1, 9)), min_size=1, max_size=4))
def test_grid_is_linspace_in_product_order(axes):
    """Exactly numpy.linspace, both ends included, the last parameter changing fastest: users
    compare with their old grids.
    """
    names = [f"p{index}" for index in range(len(axes))]
    sampler = GridSampler(
        bounds=[axis[:2] for axis in axes], parameters=names, num_samples=[axis[2] for axis in axes]
    )
    expected = itertools.product(*(numpy.linspace(*axis).tolist() for axis in axes))
    assert [tuple(sample.values()) for sample in sampler.get_next_samples()] == list(expected)


def test_one_number_of_samples_holds_for_every_parameter():
    """`num_samples: 3` is three values each; a single value is the lower bound."""
    options = {"bounds": [[0, 1], [5, 6]], "parameters": ["x", "y"]}
    assert (
        GridSampler(**options, num_samples=3).get_next_samples()
        == GridSampler(**options, num_samples=[3, 3]).get_next_samples()
    )
    assert GridSampler(**options, num_samples=1).get_next_samples() == [{"x": 0.0, "y": 5.0}]


VALUE = (
    st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.booleans()
    | st.none()
    | st.lists(st.integers(), max_size=2)
)


@unhurried
@given(bounds=st.lists(st.lists(VALUE, min_size=1, max_size=5), min_size=1, max_size=4))
def test_array_is_the_product_of_its_values(bounds):
    """Values of any type come out as they were written, all combinations once, in order."""
    names = [f"p{index}" for index in range(len(bounds))]
    samples = ArraySampler(bounds=bounds, parameters=names).get_next_samples()
    assert [tuple(sample.values()) for sample in samples] == list(itertools.product(*bounds))


def test_points_are_made_when_asked_for():
    """The last points of 10^18 are as near as the first: nothing is enumerated or held."""
    options = {
        "bounds": [[0, 1]] * 18,
        "parameters": [f"p{index}" for index in range(18)],
        "num_samples": 10,
    }
    sampler = GridSampler(**options, max_points=10**18)
    assert not list(sampler.problems())
    (last,) = sampler.points(0, 10**18 - 1, 1, 0, 1)
    assert set(last.values()) == {1.0}


@pytest.mark.parametrize("cls", [GridSampler, ArraySampler])
def test_more_points_than_memory_is_a_clean_error(cls):
    """2^64 points overflow a machine integer to 0; here they are counted exactly, refused, and
    never enumerated.
    """
    options = {"bounds": [[0, 1]] * 64, "parameters": [f"p{index}" for index in range(64)]}
    sampler = cls(**options, **({"num_samples": 2} if cls is GridSampler else {}))
    assert sampler.total == 2**64
    ((where, sentence),) = sampler.problems()
    assert where == "bounds"
    assert "18,446,744,073,709,551,616 points" in sentence
    assert "max_points = 10,000,000" in sentence
    with pytest.raises(ValueError, match="max_points"):
        sampler.get_next_samples()


def test_an_astronomical_number_of_points_is_still_one_short_sentence():
    """Counting never turns into printing thousands of digits."""
    sampler = GridSampler(
        bounds=[[0, 1]] * 5000, parameters=[f"p{index}" for index in range(5000)], num_samples=10
    )
    ((_, sentence),) = sampler.problems()
    assert "more than 10^4999 points" in sentence or "more than 10^5000 points" in sentence
    assert len(sentence) < 200
