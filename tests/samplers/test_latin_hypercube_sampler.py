"""LatinHypercubeSampler: stratified, batch by batch."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.samplers.latin_hypercube_sampler import LatinHypercubeSampler
from helpers.sampler_kinds import drawn, flat, placed, unhurried

BOUNDS = [[0, 1], [-3, 5]]


def sampler_of(budget: int, batch_size: int | None = None) -> LatinHypercubeSampler:
    sampler = LatinHypercubeSampler(
        bounds=BOUNDS, parameters=["x", "y"], budget=budget, batch_size=batch_size
    )
    placed(sampler)
    return sampler


@unhurried
@given(budget=st.integers(1, 60), batch_size=st.integers(1, 25))
def test_each_batch_is_stratified(budget, batch_size):
    """In a batch of n, each of n equal slices of each parameter holds exactly one sample - the
    shorter last batch included.
    """
    for batch in drawn(sampler_of(budget, batch_size)):
        for name, (lower, upper) in zip(("x", "y"), BOUNDS, strict=True):
            slices = sorted(
                math.floor((sample[name] - lower) / (upper - lower) * len(batch))
                for sample in batch
            )
            assert slices == list(range(len(batch)))


def test_batches_differ():
    """Repeating one hypercube would waste every batch but the first."""
    first, second = drawn(sampler_of(20, 10))
    assert first != second


def test_extending_adds_hypercubes_and_keeps_what_was_drawn():
    """Extension works batch by batch: recorded batches stay as they are, new ones are hypercubes of
    their own.
    """
    sampler = sampler_of(12, 6)
    samples = flat(drawn(sampler))
    sampler.budget = 18
    samples += flat(drawn(sampler))
    assert samples == flat(drawn(sampler_of(18, 6)))


@pytest.mark.parametrize("bounds", [[[2, 2]], [[0.1, 0.3]]])
def test_bounds_are_kept(bounds):
    """Equal bounds hold a parameter constant, and rounding never steps over a bound."""
    sampler = LatinHypercubeSampler(bounds=bounds, parameters=["x"], budget=500, seed=1)
    assert all(bounds[0][0] <= sample["x"] <= bounds[0][1] for sample in sampler.get_next_samples())
