"""RandomSampler: its stream, its distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from enchanted_tui.samplers import philox
from enchanted_tui.samplers.random_sampler import RandomSampler
from enchanted_tui.samplers.random_sampler_with_kill import RandomSamplerWithKill
from helpers.sampler_kinds import placed, unhurried

MASK = 2**64 - 1


def philox_block(counter: int, key: tuple[int, int]) -> list[int]:
    """Philox 4x64-10 after its paper, in plain integers."""
    words = [counter >> shift & MASK for shift in (0, 64, 128, 192)]
    low, high = key
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * words[0], 0xCA5A826395121157 * words[2]
        words = [
            second >> 64 ^ words[1] ^ low,
            second & MASK,
            first >> 64 ^ words[3] ^ high,
            first & MASK,
        ]
        low, high = low + 0x9E3779B97F4A7C15 & MASK, high + 0xBB67AE8584CAA73B & MASK
    return words


def values(distribution: str, bounds: list, budget: int = 4000, **options) -> numpy.ndarray:
    sampler = placed(
        RandomSampler(
            bounds=[bounds], parameters=["x"], budget=budget, distribution=distribution, **options
        )
    )
    return numpy.array([sample["x"] for sample in sampler.get_next_samples()])


def test_reference_implementation_gives_the_published_vector():
    """The yardstick of the next test is right: the known answer of Random123 for counter and key
    0.
    """
    assert philox_block(0, (0, 0)) == [
        0x16554D9ECA36314C,
        0xDB20FE9D672D0FDC,
        0xD7E772CEE186176B,
        0x7E68B68AEC7BA23B,
    ]


@unhurried
@given(
    seed=st.integers(0, 2**70),
    stage=st.integers(0, 5),
    start=st.integers(0, 10_000),
    count=st.integers(1, 20),
)
def test_words_are_philox_at_the_position(seed, stage, start, count):
    """What a seed draws is fixed by the published generator and must not change with numpy."""
    key: Any = tuple(
        int(word)
        for word in numpy.random.SeedSequence(seed, spawn_key=(stage,)).generate_state(
            2, numpy.uint64
        )
    )
    expected = [philox_block(index // 4, key)[index % 4] for index in range(start, start + count)]
    assert philox.words(seed, stage, start, count).tolist() == expected


def test_known_draws():
    """Campaigns recorded with earlier versions must be extended with the same points: these are
    them, for seed 1 in stage 0.
    """
    options = {"bounds": [[0, 1], [10, 1000]], "parameters": ["x", "n"], "budget": 2}
    assert placed(RandomSampler(**options), 1, 0).get_next_samples() == [
        {"x": 0.7101251568489138, "n": 142.87443939382223},
        {"x": 0.40613790118540094, "n": 734.5128769775877},
    ]
    assert placed(
        RandomSampler(**options, distribution="int_uniform"), 1, 0
    ).get_next_samples() == [
        {"x": 1, "n": 143},
        {"x": 0, "n": 735},
    ]


@pytest.mark.parametrize(
    ("distribution", "bounds", "expected"),
    [
        ("uniform", [-2, 6], stats.uniform(-2, 8)),
        ("loguniform", [1e-3, 1e4], stats.loguniform(1e-3, 1e4)),
        ("normal", [1, 7], stats.norm(4, 1)),
    ],
)
def test_distributions(distribution, bounds, expected):
    """A Kolmogorov-Smirnov test against the distribution the documentation promises; the seed is
    fixed.
    """
    assert stats.kstest(values(distribution, bounds), expected.cdf).pvalue > 0.01


def test_normal_is_not_cut_at_the_bounds():
    """The bounds are three standard deviations from the mean, not limits."""
    drawn = values("normal", [0, 1])
    assert drawn.min() < 0
    assert drawn.max() > 1


def test_int_uniform_takes_every_value_equally_often():
    """Both bounds are included, and a chi-square test sees no value favoured."""
    drawn = values("int_uniform", [-3, 6], budget=10_000)
    found, counts = numpy.unique(drawn, return_counts=True)
    assert found.tolist() == list(range(-3, 7))
    assert stats.chisquare(counts).pvalue > 0.01


@unhurried
@given(lower=st.integers(-(2**200), 2**200), span=st.integers(0, 2**200), seed=st.integers(0, 1000))
def test_int_uniform_is_exact_for_integers_of_any_size(lower, span, seed):
    """Nothing passes through floating point: values stay between the bounds and wide ranges fill
    their low digits.
    """
    sampler = placed(
        RandomSampler(
            bounds=[[lower, lower + span]], parameters=["n"], budget=5, distribution="int_uniform"
        ),
        seed,
    )
    drawn = [sample["n"] for sample in sampler.get_next_samples()]
    assert all(type(value) is int and lower <= value <= lower + span for value in drawn)
    if span > 2**64:
        assert len({value % 2**16 for value in drawn}) > 1


@pytest.mark.parametrize(
    "bounds", [[0.1, 0.3], [1e-300, 2e-300], [5.0, math.nextafter(5.0, 6.0)], [3, 3]]
)
@pytest.mark.parametrize("distribution", ["uniform", "loguniform"])
def test_bounded_distributions_keep_their_bounds(distribution, bounds):
    """Rounding must not give a value outside the bounds, which may be a physical limit."""
    drawn = values(distribution, bounds)
    assert drawn.min() >= bounds[0]
    assert drawn.max() <= bounds[1]


def test_extreme_words_stay_finite():
    """The first and the last word there is: an inverse of the normal distribution at 0 or 1 would
    be infinite.
    """
    raw = numpy.array([0, MASK], dtype=numpy.uint64)
    assert philox.half_open(raw).tolist() == [0.0, 1 - 2.0**-53]
    assert philox.open_interval(raw).tolist() == [2.0**-53, 1 - 2.0**-53]


def test_distribution_name_ignores_case():
    """Enumerations match regardless of case, also where no configuration has put them right."""
    assert values("INT_Uniform", [1, 9]).tolist() == values("int_uniform", [1, 9]).tolist()


def test_kill_sampler_dies_after_its_batches():
    """The test aid raises on the call after `kill_after` batches, whatever the slices, and a later
    process gets as far again.
    """
    options = {
        "bounds": [[0, 1]],
        "parameters": ["x"],
        "budget": 10,
        "batch_size": 2,
        "kill_after": 2,
    }
    sampler = placed(RandomSamplerWithKill(**options))
    first = [sampler.get_next_samples(), sampler.get_next_samples()]
    with pytest.raises(Exception, match=r"^Time to die reached$"):
        sampler.get_next_samples()
    later = placed(RandomSamplerWithKill(**options))
    later.skip(2)
    assert later.points(2, 4, 2, 0, 1) + later.points(2, 4, 2, 1, 2) == later.points(2, 4, 2, 0, 2)
    later.points(3, 6, 2, 0, 2)
    with pytest.raises(Exception, match=r"^Time to die reached$"):
        later.points(4, 8, 2, 0, 2)
    plain = placed(
        RandomSampler(**{name: value for name, value in options.items() if name != "kill_after"})
    )
    assert first == [plain.get_next_samples(), plain.get_next_samples()]
