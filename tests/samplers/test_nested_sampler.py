"""NestedSampler: the product of other samplers' draws, lazily and in order."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.config.loading import parse_config
from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from enchanted_tui.samplers.nested_sampler import NestedSampler
from helpers.sampler_kinds import drawn, flat, placed, unhurried

GRID = {"type": "GridSampler", "bounds": [[0, 1]], "parameters": ["g"], "num_samples": 3}
RANDOM = {"type": "RandomSampler", "bounds": [[0, 1]], "parameters": ["r"], "budget": 4}
HYPERCUBE = {
    "type": "latin_hypercube_sampler",
    "bounds": [[0, 1]],
    "parameters": ["h"],
    "budget": 5,
}
SOBOL = {
    "type": "SobolSequenceSampler",
    "bounds": [[0, 1], [0, 1]],
    "parameters": ["s", "t"],
    "budget": 2,
}


def nested(samplers: dict, **options) -> NestedSampler:
    sampler = NestedSampler(samplers=samplers, **options)
    placed(sampler)
    return sampler


def array(name: str, count: int) -> dict:
    return {"type": "ArraySampler", "bounds": [list(range(count))], "parameters": [name]}


def without(mapping: dict, key: str) -> dict:
    return {name: value for name, value in mapping.items() if name != key}


@unhurried
@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_order_is_that_of_a_product(counts):
    """The first sampler changes slowest, the last one fastest."""
    names = [f"p{index}" for index in range(len(counts))]
    sampler = nested({name: array(name, count) for name, count in zip(names, counts, strict=True)})
    expected = [
        dict(zip(names, combination, strict=True))
        for combination in itertools.product(*map(range, counts))
    ]
    assert sampler.get_next_samples() == expected


def test_every_combination_of_one_full_draw():
    """3 x 4 x 5 x 2 = 120 samples in a single batch: the random points are the same at each point
    of the grid.
    """
    sampler = nested({"a": GRID, "b": RANDOM, "c": HYPERCUBE, "d": SOBOL})
    (samples,) = drawn(sampler)
    assert len(samples) == sampler.budget == sampler.total == 120
    assert sampler.parameter_names == ["g", "r", "h", "s", "t"]
    kinds = [{sample[name] for sample in samples} for name in ("g", "r", "h", "s")]
    assert [len(kind) for kind in kinds] == [3, 4, 5, 2]
    assert {(s["g"], s["r"], s["h"], s["s"]) for s in samples} == set(itertools.product(*kinds))
    assert sorted(int(value * 5) for value in kinds[2]) == [0, 1, 2, 3, 4]


@unhurried
@given(cuts=st.lists(st.integers(0, 120), max_size=5), shuffle=st.randoms(use_true_random=False))
def test_slices_of_any_partition_give_the_batch(cuts, shuffle):
    """As for every sampler: what is drawn depends on the position alone."""
    parts = {"a": GRID, "b": RANDOM, "c": HYPERCUBE, "d": SOBOL}
    whole = nested(parts).get_next_samples()
    stretches = list(itertools.pairwise(sorted({0, 120, *cuts})))
    shuffle.shuffle(stretches)
    sampler = nested(parts)
    found = {start: sampler.points(0, 0, 120, start, stop) for start, stop in stretches}
    assert flat([found[start] for start in sorted(found)]) == whole
    assert flat(drawn(nested(parts, batch_size=7))) == whole


def test_each_sampler_has_a_stream_of_its_own():
    """Two equal samplers must not draw equal numbers, or the product would lie on a diagonal
    grid.
    """
    samples = nested({"a": RANDOM, "b": {**RANDOM, "parameters": ["q"]}}).get_next_samples()
    assert {sample["r"] for sample in samples}.isdisjoint(sample["q"] for sample in samples)


def test_seeds():
    """The sampler's place determines its draws; a seed inside comes first; Sobol keeps its 42 where
    none is given.
    """
    first = nested({"a": RANDOM}).get_next_samples()
    moved, other = (
        NestedSampler(samplers={"a": RANDOM}),
        NestedSampler(samplers={"a": RANDOM}, seed=8),
    )
    moved.place(1, 2)
    assert moved.get_next_samples() != first != other.get_next_samples()
    moved.place(20_260, 1)
    assert moved.points(0, 0, 4, 0, 4) == first
    own = {"a": {**RANDOM, "seed": 3}}
    assert nested(own, seed=8).get_next_samples() == nested(own).get_next_samples()
    unseeded, fixed = (
        NestedSampler(samplers={"a": SOBOL}),
        NestedSampler(samplers={"a": {**SOBOL, "seed": 42}}),
    )
    unseeded.place(5, 0, given=False)
    fixed.place(6, 0)
    assert unseeded.get_next_samples() == fixed.get_next_samples()


def test_a_smaller_budget_takes_the_first_and_extending_the_rest():
    """Exactly `budget` combinations, with a warning; raising the budget goes on where they end."""
    sampler = nested({"a": GRID, "b": RANDOM}, budget=7)
    assert [where for where, sentence in sampler.warnings() if "first 7 of the 12" in sentence] == [
        "budget"
    ]
    samples = flat(drawn(sampler))
    assert len(samples) == 7
    sampler.budget = 100
    samples += flat(drawn(sampler))
    assert samples == nested({"a": GRID, "b": RANDOM}).get_next_samples()


def test_a_larger_budget_takes_all():
    """The older program failed after the first batch; here all combinations are served, with a
    warning.
    """
    sampler = nested({"a": GRID, "b": RANDOM}, budget=13)
    assert len(flat(drawn(sampler))) == 12
    assert [
        where
        for where, sentence in sampler.warnings()
        if "12 combinations, fewer than the budget of 13" in sentence
    ] == ["budget"]
    assert not list(nested({"a": GRID, "b": RANDOM}, budget=12).warnings())


def test_a_missing_budget_is_inferred():
    """The example of the older documentation gives the RandomSampler no budget; the product says
    what it must be.
    """
    samplers = {"r": without(RANDOM, "budget"), "g": GRID}
    sampler = nested(samplers, budget=12)
    assert not list(sampler.problems())
    assert not list(sampler.warnings())
    assert sampler.get_next_samples() == nested({"r": RANDOM, "g": GRID}).get_next_samples()


@pytest.mark.parametrize(
    ("samplers", "options", "expected"),
    [
        ({}, {}, [("samplers", "give at least one")]),
        ({"a": without(GRID, "type")}, {}, [("samplers.a.type", "is required")]),
        (
            {"a": {**GRID, "type": "GirdSampler"}},
            {},
            [("samplers.a.type", "did you mean 'GridSampler'?")],
        ),
        (
            {"a": {**GRID, "type": "LocalExecutor"}},
            {},
            [("samplers.a.type", "belongs under 'executors'")],
        ),
        (
            {"a": {**GRID, "bounds": [[2, 1]]}},
            {},
            [("samplers.a.bounds[0]", "is above the upper bound")],
        ),
        (
            {"a": GRID, "b": {**RANDOM, "parameters": ["g"]}},
            {},
            [("samplers.b", "the parameter 'g' is drawn by 'a' already")],
        ),
        ({"a": without(GRID, "num_samples")}, {}, [("samplers.a.num_samples", "is required")]),
        ({"a": GRID, "b": without(RANDOM, "budget")}, {}, [("samplers.b.budget", "is required")]),
        (
            {"a": GRID, "b": without(RANDOM, "budget")},
            {"budget": 10},
            [
                (
                    "samplers.b.budget",
                    "the budget in all, 10, is no multiple of the other samplers' 3",
                )
            ],
        ),
        (
            {"a": without(HYPERCUBE, "budget"), "b": without(RANDOM, "budget")},
            {"budget": 10},
            [("samplers.a.budget", "is required"), ("samplers.b.budget", "is required")],
        ),
        (
            {str(index): array(f"p{index}", 2) for index in range(64)},
            {},
            [("samplers", "18,446,744,073,709,551,616 points")],
        ),
        (
            {"a": {"type": "NestedSampler", "samplers": {"b": {**GRID, "num_samples": [1, 2]}}}},
            {},
            [("samplers.a.samplers.b.num_samples", "that of parameters 1")],
        ),
    ],
)
def test_problems_are_located(samplers, options, expected):
    """What is wrong inside is told at its own place, before anything runs; drawing all the same
    raises it.
    """
    sampler = nested(samplers, **options)
    found = list(sampler.problems())
    assert [where for where, _ in found] == [where for where, _ in expected]
    for (_, sentence), (_, part) in zip(found, expected, strict=True):
        assert part in sentence
    with pytest.raises(ValueError, match=r"samplers"):
        sampler.points(0, 0, 1, 0, 1)


def test_options_inside_are_read_as_anywhere():
    """Numbers in quotes, other spellings and unknown keys are treated inside as outside."""
    sampler = nested(
        {
            "a": {
                "type": "random_sampler",
                "bounds": [["1", 2]],
                "parameters": ["x"],
                "budget": 1e1,
                "bugdet": 3,
            }
        }
    )
    assert not list(sampler.problems())
    assert [where for where, _ in sampler.warnings()] == [
        "samplers.a.bugdet",
        "samplers.a.bounds[0][0]",
    ]
    assert sampler.total == 10


def test_a_configuration_names_the_line():
    """Through the front door: a mistake inside is shown where it stands in the file."""
    text = """
samplers:
  s1:
    type: NestedSampler
    samplers:
      grid: {type: GridSampler, bounds: [[0, 1]], parameters: [g], num_samples: 3}
      noise:
        type: RandomSampler
        bounds: [[2, 1]]
        parameters: [r]
        budget: 4
"""
    _, problems = parse_config(text, "nested.yaml")
    (found,) = [problem for problem in problems if "noise" in problem.key]
    assert str(found).startswith(
        "nested.yaml:9:18: samplers.s1.samplers.noise.bounds[0]: the lower bound 2 is above"
    )


def test_what_is_not_used_inside_warns():
    """A batch size of a sampler inside, and its own warnings, are told at its place."""
    sampler = nested({"a": {**RANDOM, "batch_size": 2}, "b": {**SOBOL, "budget": 3}})
    assert [where for where, _ in sampler.warnings()] == [
        "samplers.a.batch_size",
        "samplers.b.budget",
    ]
    assert len(sampler.get_next_samples()) == 12


def test_samplers_that_learn_cannot_be_nested():
    """Their draw depends on results, so there is no full draw to combine."""
    ((where, sentence),) = nested(
        {"a": {**array("x", 2), "type": f"{__name__}:Learner"}}
    ).problems()
    assert where == "samplers.a.type"
    assert "Learner cannot be nested" in sentence


class Learner(ArraySampler):
    adaptive = True


def test_nests_in_itself():
    """A product of products is one product."""
    inner = {"type": "NestedSampler", "samplers": {"x": array("x", 2), "y": array("y", 3)}}
    flat_product = nested({"x": array("x", 2), "y": array("y", 3), "z": array("z", 2)})
    assert (
        nested({"xy": inner, "z": array("z", 2)}).get_next_samples()
        == flat_product.get_next_samples()
    )


def test_large_draws_are_not_held():
    """A slice from the middle of 10^7 combinations costs a slice, not the draw of the sampler it is
    from.
    """
    sampler = nested(
        {"a": {**array("a", 1), "bounds": [[1, 2]]}, "b": {**GRID, "num_samples": 5_000_000}}
    )
    sampler.points(0, 0, 10**7, 0, 1)
    tracemalloc.start()
    samples = sampler.points(0, 0, 10**7, 4_999_500, 5_000_500)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    values = GridSampler(bounds=[[0, 1]], parameters=["g"], num_samples=5_000_000).points(
        0, 0, 5_000_000, 4_999_500, 5_000_000
    )
    assert [(sample["a"], sample["g"]) for sample in samples[:500]] == [
        (1, value["g"]) for value in values
    ]
    assert [samples[500]["a"], samples[500]["g"]] == [2, 0.0]
    assert peak < 5_000_000
