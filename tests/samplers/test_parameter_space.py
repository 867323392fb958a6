"""Parameters that say their scale, kind and distribution, in every sampler."""

from __future__ import annotations

import math
from collections import Counter
from statistics import NormalDist
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.base import Sampler
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from enchanted_tui.samplers.latin_hypercube_sampler import LatinHypercubeSampler
from enchanted_tui.samplers.parameter import Parameter
from enchanted_tui.samplers.parameter_space import ParameterSpace, as_rows
from enchanted_tui.samplers.random_sampler import RandomSampler
from helpers.sampler_kinds import BOX_SAMPLERS, placed, unhurried

PARAMETERS: dict[str, dict[str, Any]] = {
    "n": {"values": ["L", "H"]},
    "T": {"low": 1, "high": 100, "scale": "log"},
    "k": {"low": 1, "high": 8, "integer": True},
    "octave": {"low": 1, "high": 1000, "integer": True, "scale": "log"},
    "label": {"choice": ["a", "b", "c"], "weights": [1, 2, 0]},
    "order": {"values": [4, 1, 2]},
    "x": {"low": -1, "high": 1},
    "constant": {"low": 2, "high": 2},
    "noise": {"distribution": "normal", "mean": 5, "sd": 2},
    "cut": {"distribution": "truncated_normal", "mean": 0, "sd": 1, "low": 4, "high": 5},
}


@unhurried
@given(unit=st.lists(st.floats(0, 1), min_size=len(PARAMETERS), max_size=len(PARAMETERS)))
def test_values_are_in_their_ranges_and_models_find_them_again(unit):
    """One mapping serves all samplers: what a model is told of a value must lead back to it."""
    space = ParameterSpace.described(PARAMETERS)
    columns = space.columns(numpy.array([unit]))
    (sample,) = as_rows(columns)
    assert sample["n"] in ("L", "H")
    assert sample["label"] in ("a", "b")  # a weight of 0 is never
    assert 1 <= sample["T"] <= 100
    assert sample["k"] in range(1, 9)
    assert sample["octave"] in range(1, 1001)
    assert type(sample["k"]) is type(sample["octave"]) is type(sample["order"]) is int
    assert 4 <= sample["cut"] <= 5
    assert math.isfinite(sample["noise"])
    features = space.features(columns)
    assert ((features >= 0) & (features <= 1)).all()
    again = space.from_features(features)
    for name, column in columns.items():
        if name in ("T", "x", "noise", "cut"):
            tails: dict[str, Any] = {"rel": 1e-6, "abs": 1e-9} if name != "noise" else {"rel": 1e-3}
            assert again[name][0] == pytest.approx(column[0], **tails) or name == "noise"
        else:
            assert again[name][0] == column[0]


@unhurried
@given(pair=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_coordinates_are_quantiles(pair):
    """Numbers rise with their coordinate, so that strata and low discrepancy survive."""
    for name, given_ in PARAMETERS.items():
        if name in ("n", "label"):
            continue
        values = Parameter(**given_).axis().values(numpy.sort(numpy.array(pair)))
        assert values[0] <= values[1] or math.isclose(values[0], values[1])


def test_a_latin_hypercube_has_each_value_as_often_as_it_is_probable():
    """Strata of the unit cube are strata of every kind of parameter."""
    sampler = placed(LatinHypercubeSampler(parameters=PARAMETERS, budget=1200))
    samples = sampler.points(0, 0, 1200, 0, 1200)
    assert set(Counter(sample["k"] for sample in samples).values()) == {150}
    assert Counter(sample["label"] for sample in samples) == {"a": 400, "b": 800}
    assert Counter(sample["order"] for sample in samples) == {1: 400, 2: 400, 4: 400}
    assert sum(sample["T"] < 10 for sample in samples) == 600
    assert sum(sample["noise"] < 5 for sample in samples) == 600
    below = NormalDist(5, 2)
    shares = sorted(below.cdf(sample["noise"]) for sample in samples)
    assert max(abs(share - (i + 0.5) / 1200) for i, share in enumerate(shares)) < 1 / 1200
    decades = Counter(int(math.log10(sample["octave"] + 1e-9)) for sample in samples)
    assert decades[0] == pytest.approx(400, abs=2)


@pytest.mark.parametrize("cls", BOX_SAMPLERS)
def test_a_described_box_is_the_box_of_bounds(cls):
    """Plain ranges give the very points of the two lists, which are drawn as ever."""
    old = placed(cls(parameters=["x", "y"], bounds=[[0, 1], [-5, 5]], budget=32))
    new = placed(
        cls(parameters={"x": {"low": 0, "high": 1}, "y": {"low": -5, "high": 5}}, budget=32)
    )
    assert new.points(0, 0, 32, 0, 32) == old.points(0, 0, 32, 0, 32)


def test_the_distributions_of_a_list_of_names_are_those_of_parameters():
    """One formula, whichever way it is written."""
    for distribution, low, extra in (
        ("loguniform", 1, {"scale": "log"}),
        ("int_uniform", 1, {"integer": True}),
    ):
        bounds: dict[str, Any] = {"parameters": ["x"], "bounds": [[low, 9]]}
        old = placed(RandomSampler(**bounds, distribution=distribution, budget=50))
        new = placed(RandomSampler(parameters={"x": {"low": low, "high": 9, **extra}}, budget=50))
        assert new.points(0, 0, 50, 0, 50) == old.points(0, 0, 50, 0, 50)


def test_a_grid_takes_listed_values_and_spaces_the_others():
    """Whole numbers stay whole and come once; a logarithmic axis has equal ratios."""
    sampler = GridSampler(
        parameters={
            "n": {"values": ["L", "H"]},
            "T": {"low": 1, "high": 100, "scale": "log"},
            "k": {"low": 1, "high": 4, "integer": True},
        },
        num_samples={"T": 3, "k": 10},
    )
    assert list(sampler.problems()) == []
    assert sampler.total == 2 * 3 * 4
    samples = sampler.points(0, 0, 24, 0, 24)
    assert [sample["k"] for sample in samples[:4]] == [1, 2, 3, 4]
    assert sorted({sample["T"] for sample in samples}) == pytest.approx([1, 10, 100])
    array = ArraySampler(parameters={"n": {"choice": ["L", "H"]}, "m": {"values": [3, 1]}})
    assert array.points(0, 0, 4, 0, 4)[:2] == [{"n": "L", "m": 3}, {"n": "L", "m": 1}]


def test_a_column_of_a_file_is_a_distribution(tmp_path):
    """Measured values come as often as they are in the file, with their types."""
    path = tmp_path / "priors.csv"
    path.write_text("T,gas\n" + "3,D\n" * 3 + "7,He\n")
    sampler = placed(
        LatinHypercubeSampler(
            parameters={name: {"file": str(path), "column": name} for name in ("T", "gas")},
            budget=400,
        )
    )
    samples = sampler.points(0, 0, 400, 0, 400)
    assert Counter(sample["T"] for sample in samples) == {3: 300, 7: 100}
    assert Counter(sample["gas"] for sample in samples) == {"D": 300, "He": 100}
    assert type(samples[0]["T"]) is int


def learnt(budget: int, first: int = 0, **options: Any) -> Sampler:
    """Return a sampler that has been told what its samples gave, up to `budget`."""
    import pandas

    sampler = placed(
        BayesianOptimizationSampler(
            budget=budget, initial_samples=6, acquisition_batch_size=3, **options
        )
    )
    drawn = []
    while sampler.has_budget:
        samples = sampler.get_next_samples()
        drawn += samples
        rows = [
            {**sample, "success": True, "output": 1 / sample["T"] + (sample["label"] == "b")}
            for sample in samples
        ]
        sampler.register_future(pandas.DataFrame(rows))
    sampler.all_drawn = drawn
    return sampler


@pytest.mark.slow
def test_learning_finds_the_best_label_and_keeps_constraints():
    """A model of mixed parameters proposes values that these may have, and that are allowed."""
    options: dict[str, Any] = {
        "parameters": {
            "T": {"low": 1, "high": 100, "scale": "log"},
            "k": {"low": 1, "high": 8, "integer": True},
            "label": {"choice": ["a", "b", "c"]},
        },
        "constraints": ["k * T > 4"],
    }
    drawn = learnt(15, **options).all_drawn  # type: ignore[attr-defined]
    assert len(drawn) == 15
    assert all(sample["k"] * sample["T"] > 4 for sample in drawn)
    assert all(type(sample["k"]) is int for sample in drawn)
    chosen = [sample["label"] for sample in drawn[-6:]]
    assert Counter(chosen).most_common(1)[0][0] == "b"


@pytest.mark.parametrize(
    ("given_", "where", "part"),
    [
        ({"low": 1}, "high", "is required"),
        ({"low": 0, "high": 1, "scale": "log"}, "low", "needs bounds above 0"),
        ({"low": 2, "high": 1}, "high", "is above the upper bound"),
        ({"low": 0.5, "high": 2, "integer": True}, "low", "must be a whole number"),
        ({}, "", "has no values"),
        ({"values": [1], "low": 0}, "", "has values and low"),
        ({"values": []}, "values", "no value in this list"),
        ({"choice": ["a", "a"]}, "choice[1]", "listed twice"),
        ({"choice": ["a", "b"], "weights": [1]}, "weights", "number of weights is 1"),
        ({"choice": ["a"], "weights": [0]}, "weights", "above 0"),
        ({"low": 0, "high": 1, "mean": 3}, "mean", "goes with the distributions normal"),
        ({"distribution": "normal", "mean": 0}, "sd", "is required"),
        ({"distribution": "normal", "mean": 0, "sd": 1, "low": 0}, "low", "truncated_normal"),
        (
            {"distribution": "truncated_normal", "mean": 0, "sd": 1, "low": 50, "high": 60},
            "mean",
            "so far from the bounds",
        ),
        ({"file": "nowhere.csv"}, "column", "is required"),
        ({"file": "nowhere.csv", "column": "x"}, "file", "there is no file"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said_at_its_key(given_, where, part):
    """Each of these would otherwise show in the first sample, or never."""
    found = list(Parameter(**given_).problems())
    assert any(place == where and part in sentence for place, sentence in found), found


def test_bounds_beside_described_parameters_are_refused():
    """Of two ranges one would be ignored."""
    sampler = RandomSampler(parameters={"x": {"low": 0, "high": 1}}, bounds=[[0, 2]], budget=1)
    assert [where for where, _ in sampler.problems()] == ["bounds"]
    bare = RandomSampler(parameters=["x"], budget=1)
    assert [where for where, _ in bare.problems()] == ["bounds"]
