"""SobolSequenceSampler: the points of scipy's sequence, by position."""

from __future__ import annotations

import warnings

import numpy
import pytest
from scipy.stats import qmc

from enchanted_tui.samplers.sobol_sampler import SobolSequenceSampler
from helpers.sampler_kinds import placed

BOUNDS: list[list[float]] = [[0.5, 1], [-4, 4], [10, 1000]]
NAMES = ["a", "b", "c"]


def values(sampler: SobolSequenceSampler) -> numpy.ndarray:
    return numpy.array([list(sample.values()) for sample in sampler.get_next_samples()])


def scipys(count: int, seed: int = 42, scramble: bool = True) -> numpy.ndarray:
    engine = qmc.Sobol(3, scramble=scramble, rng=numpy.random.default_rng(seed))
    return qmc.scale(
        engine.random(count), [pair[0] for pair in BOUNDS], [pair[1] for pair in BOUNDS]
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, {}), ({"seed": 7}, {"seed": 7}), ({"scramble": False}, {"scramble": False})],
)
@pytest.mark.parametrize("stage", [0, 1])
def test_points_are_scipys(options, expected, stage):
    """With its own seed or none anywhere (then 42) the points are those that the older program
    gives, at every stage.

    It hands scipy ``rng=42``, which is a generator made from 42; ``seed=42`` gives others from
    scipy 1.15 on.
    """
    sampler = SobolSequenceSampler(bounds=BOUNDS, parameters=NAMES, budget=64, **options)
    sampler.place(987, stage, given=False)
    numpy.testing.assert_array_equal(values(sampler), scipys(64, **expected))


def test_order_of_the_seeds():
    """The sampler's own seed comes before the campaign's, which comes before 42."""
    options = {"bounds": BOUNDS, "parameters": NAMES, "budget": 8}
    unplaced, own, campaign = (
        SobolSequenceSampler(**options, **extra) for extra in ({}, {"seed": 42}, {})
    )
    own.place(5, 0)
    campaign.place(5, 0)
    assert unplaced.get_next_samples() == own.get_next_samples()
    assert (
        campaign.get_next_samples()
        != placed(SobolSequenceSampler(**options), 6, 0).get_next_samples()
    )


def test_budget_is_exact_and_no_power_of_two_warns_once():
    """10 samples are 10, the first of the sequence; the loss of balance is said in the
    configuration, not by scipy at run time.
    """
    sampler = SobolSequenceSampler(bounds=BOUNDS, parameters=NAMES, budget=10)
    assert [(where, "8 and 16" in sentence) for where, sentence in sampler.warnings()] == [
        ("budget", True)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numpy.testing.assert_array_equal(values(sampler), scipys(16)[:10])
    assert not list(SobolSequenceSampler(bounds=BOUNDS, parameters=NAMES, budget=16).warnings())


def test_slices_go_on_with_one_engine():
    """Going back to the start of the sequence for every slice would make a large batch
    quadratic.
    """
    sampler = SobolSequenceSampler(bounds=BOUNDS, parameters=NAMES, budget=4096)
    engines = set()
    for start in range(0, 4096, 64):
        sampler.points(0, 0, 4096, start, start + 64)
        engines.add(id(sampler._engine))
    assert len(engines) == 1


def test_constant_parameter():
    """Equal bounds are allowed, though scipy's own scaling refuses them."""
    sampler = SobolSequenceSampler(bounds=[[3, 3], [0, 1]], parameters=["a", "b"], budget=4)
    assert {sample["a"] for sample in sampler.get_next_samples()} == {3.0}


def test_a_budget_beyond_the_sequence_is_a_problem():
    """The sequence ends after 2^30 points; better said before the campaign than in its middle."""
    sampler = SobolSequenceSampler(bounds=BOUNDS, parameters=NAMES, budget=2**30 + 1)
    assert [where for where, _ in sampler.problems()] == ["budget"]
