"""What is drawn depends on seed, stage and position alone, never on what was drawn before."""

from __future__ import annotations

from itertools import pairwise

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.samplers.random_sampler import RandomSampler
from helpers.sampler_kinds import ALL, BY_POSITION, FINITE, drawn, flat, placed, unhurried

BATCH = 60


@pytest.mark.parametrize("kind", ALL)
@unhurried
@given(cuts=st.lists(st.integers(0, BATCH), max_size=6), shuffle=st.randoms(use_true_random=False))
def test_slices_of_any_partition_give_the_batch(kind, cuts, shuffle):
    """A batch of a million samples is drawn in slices, after a crash in others: the values must be
    the same.
    """
    whole = ALL[kind](BATCH).points(0, 0, BATCH, 0, BATCH)
    edges = sorted({0, BATCH, *cuts})
    stretches = list(pairwise(edges))
    shuffle.shuffle(stretches)
    sampler = ALL[kind](BATCH)
    parts = {start: sampler.points(0, 0, BATCH, start, stop) for start, stop in stretches}
    assert flat([parts[start] for start in sorted(parts)]) == whole


@pytest.mark.parametrize("kind", [*BY_POSITION, *FINITE])
@unhurried
@given(size=st.integers(1, 70))
def test_batch_size_does_not_change_the_samples(kind, size):
    """Sample i is the same whatever the batches, so the batch size may change between runs."""
    build = {**BY_POSITION, **FINITE}[kind]
    assert flat(drawn(build(BATCH, batch_size=size))) == build(BATCH).get_next_samples()


@pytest.mark.parametrize("kind", BY_POSITION)
@unhurried
@given(first=st.integers(1, 40), more=st.integers(1, 40), size=st.integers(1, 50))
def test_extending_gives_the_samples_of_one_longer_campaign(kind, first, more, size):
    """25 samples extended by 25 are the 50 of one campaign, in this process and in a later one."""
    longer = BY_POSITION[kind](first + more).get_next_samples()
    sampler = BY_POSITION[kind](first, batch_size=size)
    samples = flat(drawn(sampler))
    sampler.budget = first + more
    samples += flat(drawn(sampler))
    assert samples == longer
    assert BY_POSITION[kind](first + more).points(7, first, more, 0, more) == longer[first:]


@pytest.mark.parametrize("kind", ALL)
def test_skipping_batches_goes_on_where_drawing_them_would(kind):
    """`skip` is how library users resume; it must not depend on drawing the skipped batches."""
    whole = drawn(ALL[kind](20, batch_size=6))
    sampler = ALL[kind](20, batch_size=6)
    sampler.skip(2)
    assert sampler.submitted == 12
    assert drawn(sampler) == whole[2:]


@pytest.mark.parametrize(
    "kind",
    [kind for kind in {**BY_POSITION, "latin-hypercube": None} if not kind.endswith("-bare")],
)
def test_seed_and_stage_tell_draws_apart(kind):
    """Two stages, or two campaigns, must not silently run the same random points."""
    draws = [
        placed(ALL[kind](8), seed, stage).get_next_samples()
        for seed, stage in ((1, 0), (1, 1), (2, 0))
    ]
    assert draws[0] != draws[1]
    assert draws[0] != draws[2]
    assert draws[0] == placed(ALL[kind](8), 1, 0).get_next_samples()


def test_own_seed_comes_before_the_campaigns():
    """A seed written at the sampler is the one that holds."""
    options = {"bounds": [[0, 1]], "parameters": ["x"], "budget": 5}
    assert (
        placed(RandomSampler(**options, seed=3), seed=9).get_next_samples()
        == placed(RandomSampler(**options), seed=3).get_next_samples()
    )


def test_without_any_seed_each_sampler_draws_one_and_keeps_it():
    """Library use without a campaign: random points, but one stream throughout."""
    options = {"bounds": [[0, 1]], "parameters": ["x"], "budget": 5}
    one, other = RandomSampler(**options), RandomSampler(**options)
    assert one.points(0, 0, 5, 0, 5) != other.points(0, 0, 5, 0, 5)
    assert one.points(0, 0, 5, 2, 5) == one.points(0, 0, 5, 0, 5)[2:]


@pytest.mark.parametrize("kind", ALL)
def test_the_global_generators_are_left_alone(kind):
    """Drawing must not disturb a host program's own random numbers, nor depend on them."""
    numpy.random.seed(5)
    expected = numpy.random.random()
    numpy.random.seed(5)
    first = ALL[kind](BATCH).get_next_samples()
    assert numpy.random.random() == expected
    assert ALL[kind](BATCH).get_next_samples() == first


@pytest.mark.parametrize("kind", ALL)
def test_samples_are_plain_python_values(kind):
    """Values go to the journal, to runners and to templates: no numpy scalars."""
    for sample in ALL[kind](10).get_next_samples():
        assert type(sample) is dict
        assert {type(value) for value in sample.values()} <= {int, float, str}
