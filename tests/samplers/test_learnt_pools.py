"""Samplers that learn, choosing among given points: each once at most, and the same again after a
resume.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas
import pytest

from enchanted_tui.samplers.active_learning_sampler import ActiveLearningSampler
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.learning.candidates import Given
from enchanted_tui.samplers.learning_sampler import LearningSampler
from helpers.marks import in_full
from helpers.sampler_kinds import placed

NAMES = ["x", "n", "shape"]


def written(path: Path, rows: int = 60, *, twice: bool = False) -> list[dict[str, Any]]:
    """Write a pool of points, some of which may be there twice; return them."""
    chance = random.Random(rows)
    made = [
        {"x": chance.random(), "n": k % 5, "shape": f"D{k % 3}"}
        for k in range(rows // 2 if twice else rows)
    ]
    made += made if twice else []
    pandas.DataFrame(made).to_csv(path, index=False)
    return made


def value(sample: dict[str, Any]) -> float:
    return -((sample["x"] - 0.3) ** 2) + 0.1 * (sample["shape"] == "D1") + 0.01 * sample["n"]


def bayesian(path: Path, budget: int, **options: Any) -> LearningSampler:
    given = {"pool": str(path), "parameters": NAMES, "initial_samples": 6, **options}
    batch = {"acquisition_batch_size": 4}
    return placed(BayesianOptimizationSampler(budget=budget, **{**batch, **given}))


def drawn(sampler: LearningSampler) -> list[dict[str, Any]]:
    samples: list[dict[str, Any]] = []
    while sampler.has_budget:
        batch = sampler.get_next_samples()
        rows = [{**sample, "output": value(sample), "success": True} for sample in batch]
        sampler.register_future(pandas.DataFrame(rows))
        samples += batch
    return samples


def plain(samples: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(tuple(sample.values()) for sample in samples)


def test_it_finds_the_best_of_the_pool(tmp_path: Path) -> None:
    """With a quarter of it, of all types of columns."""
    points = written(tmp_path / "p.csv", 100)
    sampler = bayesian(tmp_path / "p.csv", 25)
    assert list(sampler.problems()) == [] == list(sampler.warnings())
    samples = drawn(sampler)
    assert all(sample in points for sample in samples)
    assert len({tuple(sample.values()) for sample in samples}) == 25
    assert max(map(value, samples)) == max(map(value, points))
    assert {type(sample["n"]) for sample in samples} == {int}


@pytest.mark.parametrize("twice", [False, True])
def test_a_pool_is_taken_to_its_last_point(tmp_path: Path, twice: bool) -> None:
    """Each row once, points that are there twice too, and no sample more, whatever the budget."""
    points = written(tmp_path / "p.csv", 20, twice=twice)
    sampler = bayesian(tmp_path / "p.csv", 50, random_fraction=0.5)
    assert [where for where, _ in sampler.warnings()] == ["budget"]
    assert sampler.target == 20
    assert plain(drawn(sampler)) == plain(points)


def test_constraints_and_repeats_hold(tmp_path: Path) -> None:
    """Among the points that keep the constraints, each as often in a row as is asked for."""
    points = written(tmp_path / "p.csv", 60)
    left = [point for point in points if point["x"] < 0.5 and point["shape"] != "D2"]
    sampler = bayesian(
        tmp_path / "p.csv", 16, repeats=2, constraints=["x < 0.5", "shape in ['D0', 'D1']"]
    )
    assert (list(sampler.problems()), sampler.total) == ([], 2 * len(left))
    samples = drawn(sampler)
    assert [sample.pop("replicate") for sample in samples] == [0, 1] * 8
    assert samples[::2] == samples[1::2]
    assert all(sample in left for sample in samples)
    assert len({sample["x"] for sample in samples}) == 8


def test_a_large_pool_is_searched_near_the_best(tmp_path: Path) -> None:
    """Where not all points are looked at, those next to the best ones are."""
    points = written(tmp_path / "p.csv", 3000)
    before, Given.n_spread = Given.n_spread, 64
    try:
        samples = drawn(bayesian(tmp_path / "p.csv", 30, random_fraction=0.0))
    finally:
        Given.n_spread = before
    best = sorted(map(value, points))[-10]
    assert max(map(value, samples)) >= best


@pytest.mark.parametrize("strategy", ["GreedySamplingX", *in_full("QueryByCommittee")])
def test_active_learning_chooses_among_them(tmp_path: Path, strategy: str) -> None:
    """The same for the other kind of learning, up to the last point."""
    pytest.importorskip("skactiveml")
    points = written(tmp_path / "p.csv", 14)
    sampler = placed(
        ActiveLearningSampler(
            pool=str(tmp_path / "p.csv"),
            parameters=NAMES,
            budget=20,
            batch_size=4,
            query_strategy=strategy,
        )
    )
    assert list(sampler.problems()) == []
    assert plain(drawn(sampler)) == plain(points)


@pytest.mark.parametrize(
    ("text", "options", "where", "sentence"),
    [
        ("x\n1\n2\n", {"parameters": ["y"]}, "parameters[0]", "p.csv has no column 'y', only x"),
        ("x\n1\n2\n", {"parameters": ["x"], "bounds": [[0, 1]]}, "bounds", "points are given"),
        (
            "x\n1\n2\n",
            {"parameters": {"x": {"low": 0, "high": 1.5}}},
            "parameters.x",
            "point 2 of p.csv has 2, which this parameter does not allow",
        ),
        (
            "x\n1\n2\n",
            {"parameters": ["x"], "columns": {"z": "x"}},
            "columns.z",
            "there is no parameter 'z'",
        ),
        (
            "x,y\n" + "".join(f"{k},name{k}\n" for k in range(200)),
            {"parameters": ["x", "y"]},
            "parameters[1]",
            "has 200 different texts, and a model can tell 100 from each other",
        ),
        ("x\n1\n\n", {"parameters": ["x"], "constraints": ["x > 5"]}, "constraints", "none of the"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, text: str, options: dict[str, Any], where: str, sentence: str
) -> None:
    """One sentence, at the option to change."""
    (tmp_path / "p.csv").write_text(text)
    ((found_where, found),) = bayesian(tmp_path / "p.csv", 2, **options).problems()
    assert found_where == where
    assert sentence in found


def test_without_a_pool_its_columns_are_an_error() -> None:
    """An option that would mean nothing is never passed over."""
    sampler = BayesianOptimizationSampler(
        parameters=["x"], bounds=[[0, 1]], budget=3, columns={"x": "y"}
    )
    assert [where for where, _ in sampler.problems()] == ["columns"]
