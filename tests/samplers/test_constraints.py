"""Constraints and derived parameters: exact budgets in every sampler, and points by position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from enchanted_tui.samplers.array_sampler import ArraySampler
from enchanted_tui.samplers.base import Sampler
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.csv_sampler import CSVSampler
from enchanted_tui.samplers.grid_sampler import GridSampler
from enchanted_tui.samplers.nested_sampler import NestedSampler
from enchanted_tui.samplers.random_sampler import RandomSampler
from helpers.sampler_kinds import BOX_SAMPLERS, drawn, flat, placed

DESCRIBED: dict[str, dict[str, Any]] = {
    "n": {"low": 1, "high": 16, "integer": True},
    "m": {"low": 1, "high": 16, "integer": True},
    "x": {"low": 0.01, "high": 10, "scale": "log"},
    "mode": {"choice": ["L", "H"]},
}
CONSTRAINTS = ["n * m <= 64", "mode == 'L' or x < 1"]
KEEP: dict[str, Any] = {"constraints": CONSTRAINTS, "derived": {"cells": "n * m"}}
NAMES = ["n", "m", "x", "mode"]


def _box(cls: type[Sampler]) -> Callable[..., Sampler]:
    return lambda budget, **more: placed(cls(parameters=DESCRIBED, budget=budget, **KEEP, **more))


def _grid(budget: int, **more: Any) -> Sampler:
    return placed(GridSampler(parameters=DESCRIBED, num_samples=4, **KEEP, **more))


def _array(budget: int, **more: Any) -> Sampler:
    values = [[1, 4, 8, 16], [2, 8], [0.1, 2.0], ["L", "H"]]
    return placed(ArraySampler(parameters=NAMES, bounds=values, **KEEP, **more))


def _nested(budget: int, **more: Any) -> Sampler:
    parts = {
        "grid": {
            "type": "GridSampler",
            "parameters": {name: DESCRIBED[name] for name in ("n", "m")},
            "num_samples": 4,
        },
        "random": {
            "type": "RandomSampler",
            "parameters": {name: DESCRIBED[name] for name in ("x", "mode")},
            "budget": 6,
        },
    }
    return placed(NestedSampler(samplers=parts, **KEEP, **more))


BOXES = {cls.__name__: _box(cls) for cls in BOX_SAMPLERS}
BY_POSITION = {name: build for name, build in BOXES.items() if name != "LatinHypercubeSampler"}
FINITE = {"grid": _grid, "array": _array, "nested": _nested}
ALL = {**BOXES, **FINITE}


def keeps(sample: dict[str, Any]) -> bool:
    return sample["n"] * sample["m"] <= 64 and (sample["mode"] == "L" or sample["x"] < 1)


@pytest.mark.parametrize("kind", ALL)
def test_every_sample_keeps_them_and_the_budget_is_exact(kind):
    """Of the box, about half keeps these; nothing is dropped silently."""
    sampler: Any = ALL[kind](50)
    assert list(sampler.problems()) == []
    samples = sampler.get_next_samples()
    assert len(samples) == (sampler.total if kind in FINITE else 50)
    assert all(map(keeps, samples))
    assert all(sample["cells"] == sample["n"] * sample["m"] for sample in samples)
    assert all(type(sample["cells"]) is int for sample in samples)
    assert tuple(sampler.parameter_names) == (*NAMES, "cells")
    if kind in FINITE:
        assert 0 < sampler.total < sampler.all_points


@pytest.mark.parametrize("kind", ALL)
def test_any_part_of_a_batch_can_be_drawn_again(kind):
    """A campaign that is resumed asks another process for the rest: without replaying."""
    size = ALL[kind](40).target
    whole = ALL[kind](40).points(0, 0, size, 0, size)
    for start, stop in ((size - 7, size), (0, 7), (7, size - 7)):
        assert ALL[kind](40).points(0, 0, size, start, stop) == whole[start:stop]


@pytest.mark.parametrize("kind", BY_POSITION)
def test_25_and_25_are_50(kind):
    """Extended, a campaign has the samples of a longer one."""
    longer = BY_POSITION[kind](50).get_next_samples()
    sampler = BY_POSITION[kind](25, batch_size=10)
    samples = flat(drawn(sampler))
    sampler.budget = 50
    assert samples + flat(drawn(sampler)) == longer
    assert BY_POSITION[kind](50).points(3, 25, 25, 0, 25) == longer[25:]


def test_an_extended_hypercube_goes_on_with_one_of_its_own():
    """As without constraints: batch by batch."""
    sampler = ALL["LatinHypercubeSampler"](25)
    first = sampler.get_next_samples()
    sampler.budget = 50
    assert len(sampler.get_next_samples()) == 25
    assert ALL["LatinHypercubeSampler"](25).get_next_samples() == first


def test_rows_of_a_file_are_held_to_them_too(tmp_path):
    """The rows that keep them, in their order."""
    path = tmp_path / "points.csv"
    path.write_text("x,label\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(100)))
    sampler = CSVSampler(path=str(path), constraints=["x >= 10", "label == 'a'"], budget=20)
    assert list(sampler.problems()) == []
    assert sampler.total == 45
    assert [sample["x"] for sample in sampler.points(0, 0, 20, 0, 20)] == list(range(10, 50, 2))


def test_a_learning_sampler_begins_with_points_that_keep_them():
    """Its random samples are by position, as everywhere."""
    options = {"parameters": DESCRIBED, "initial_samples": 30, **KEEP}
    whole = placed(BayesianOptimizationSampler(budget=30, **options)).get_next_samples()
    assert len(whole) == 30
    assert all(map(keeps, whole))
    sampler = placed(BayesianOptimizationSampler(budget=30, **options))
    assert sampler.draw(20, 10, [], lambda question: {}).samples == whole[20:]


@pytest.mark.parametrize("cls", BOX_SAMPLERS)
def test_the_two_lists_can_have_constraints(cls):
    """Old configurations gain them with one line."""
    sampler = placed(
        cls(parameters=["kappa", "delta"], bounds=[[1, 2], [0, 1]], budget=40,
            constraints=["kappa + delta < 2.3"])
    )  # fmt: skip
    assert list(sampler.problems()) == []
    samples = sampler.get_next_samples()
    assert len(samples) == 40
    assert all(sample["kappa"] + sample["delta"] < 2.3 for sample in samples)


@pytest.mark.parametrize("kind", ["RandomSampler", "grid", "nested"])
@pytest.mark.parametrize(
    ("constraints", "part"),
    [
        (["n * m > 1000"], "none of"),
        (["n * q > 3"], "there is no parameter 'q'"),
        (["n * m"], "is no condition"),
        (["n < 'a'"], "calculates or compares with text"),
        (["mode + 1 < 2"], "calculates or compares with text"),
        (["__import__('os').system('true') == 0"], "is not allowed"),
        (["n <"], "is no expression"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(kind, constraints, part):
    """An empty region would otherwise be looked for without end."""
    sampler: Any = ALL[kind](10)
    sampler.constraints = constraints
    found = [sentence for _, sentence in sampler.problems()]
    assert any(part in sentence for sentence in found), found
    list(sampler.warnings())


def test_a_small_region_warns():
    """It costs time, and the ranges are usually meant narrower."""
    sampler = RandomSampler(
        parameters=["x", "y"], bounds=[[0, 1], [0, 1]], budget=5, constraints=["x + y < 0.03"]
    )
    assert list(sampler.problems()) == []
    assert [where for where, _ in sampler.warnings()] == ["constraints"]
    assert len(placed(sampler).get_next_samples()) == 5


def test_derived_names_must_be_new():
    """A derived parameter that replaces a drawn one would change what was drawn."""
    sampler = RandomSampler(parameters=["x"], bounds=[[0, 1]], budget=1, derived={"x": "x + 1"})
    assert [where for where, _ in sampler.problems()] == ["derived.x"]
