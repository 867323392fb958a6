"""Samplers that learn several outputs at once: fronts, hypervolumes, what is proposed, what is
refused.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from enchanted_tui.samplers.active_learning_sampler import ActiveLearningSampler
from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.dominance import hypervolume, on_front
from enchanted_tui.samplers.learning.acquisition import log_expected_improvement
from enchanted_tui.samplers.learning.hypervolume_improvement import (
    HypervolumeImprovement,
    TwoModels,
)
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from helpers.marks import in_full
from helpers.sampler_kinds import placed

needs_extra = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ActiveLearningSampler.packages),
    reason="scikit-activeml is not installed: install the extra 'learning'",
)
BOX: dict[str, Any] = {"parameters": ["x", "y"], "bounds": [[0, 1], [0, 1]]}
WANTED = {"near": "minimize", "far": "minimize"}
numbers = some.sampled_from([0.0, 0.5, 1.0, 2.0, math.nan])


def bayesian(budget: int = 20, **options: Any) -> BayesianOptimizationSampler:
    given_options = {
        "initial_samples": 8,
        "acquisition_batch_size": 4,
        "random_fraction": 0.0,
        "covar_kernel": "Matern-5/2",
        "objectives": WANTED,
        **BOX,
        **options,
    }
    return placed(BayesianOptimizationSampler(budget=budget, **given_options))


def outputs(sample: dict[str, Any]) -> dict[str, Any]:
    """Distances from two points, both small only on the line between these."""
    x, y = sample["x"], sample["y"]
    near, far = (x - 0.2) ** 2 + (y - 0.5) ** 2, (x - 0.8) ** 2 + (y - 0.5) ** 2
    return {**sample, "near": near, "far": far, "third": y, "success": True}


def campaign(sampler: Any) -> list[dict[str, Any]]:
    assert list(sampler.problems()) == []
    rows: list[dict[str, Any]] = []
    while sampler.has_budget:
        new = [outputs(sample) for sample in sampler.get_next_samples()]
        sampler.register_future(pandas.DataFrame(new))
        rows += new
    return rows


# -- fronts ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    some.integers(1, 4).flatmap(
        lambda m: some.lists(some.tuples(*[numbers] * m), min_size=1, max_size=12)
    )
)
def test_the_front_is_what_nothing_dominates(values: list[tuple[float, ...]]) -> None:
    """Equal values and missing ones included, in any number of objectives."""
    whole = [row for row in values if not any(map(math.isnan, row))]
    expected = [
        row in whole
        and not any(
            all(b >= a for a, b in zip(row, other, strict=True)) and other != row for other in whole
        )
        for row in values
    ]
    assert on_front(numpy.array(values)).tolist() == expected
    assert not len(on_front(numpy.empty((0, 2))))


@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_hypervolume_is_the_volume_of_boxes(size: int) -> None:
    """By inclusion and exclusion of three boxes; objectives of any magnitude."""
    rng = numpy.random.default_rng(size)
    scale = 10.0 ** numpy.arange(-3, size - 3)
    boxes = rng.random((3, size)) + 0.2
    expected = sum(
        (-1) ** (count + 1) * some_boxes.min(axis=0).prod()
        for count in (1, 2, 3)
        for some_boxes in map(numpy.array, itertools.combinations(boxes, count))
    )
    found = hypervolume((boxes - 1.0) * scale, -1.0 * scale, scale)
    exactness = 1e-9 if size == 2 else 0.02
    assert found == pytest.approx(expected * scale.prod(), rel=exactness)


def _improvement(front: numpy.ndarray[Any, Any]) -> tuple[HypervolumeImprovement, Any]:
    points = numpy.random.default_rng(2).random((9, 2))
    processes = [
        Posterior(
            Hyperparameters(2.5, (0.4, 0.7), 1.0, 1e-4), points, numpy.sin(k + points @ [[3], [k]])
        )
        for k in (1, 2)
    ]
    reference = numpy.array([-1.0, -1.5])
    model = TwoModels.make(processes[0], processes[1], [front], reference)
    return HypervolumeImprovement([model], reference), processes


def test_the_expected_hypervolume_improvement_is_the_mean_of_what_may_come() -> None:
    """Against plain sampling; without a front it is the product of two expected improvements."""
    front = numpy.array([[0.2, 0.9], [0.5, 0.4], [0.9, -0.2], [0.1, 0.1], [2.0, -3.0]])
    found, processes = _improvement(front)
    point = numpy.array([[0.35, 0.6]])
    reference, ones = found.reference, numpy.ones(2)
    drawn = numpy.hstack(
        [
            mean + deviation * numpy.random.default_rng(k).standard_normal((4000, 1))
            for k, (mean, deviation) in enumerate(process.at(point) for process in processes)
        ]
    )
    before = hypervolume(front, reference, ones)
    gains = [hypervolume(numpy.vstack([front, new]), reference, ones) - before for new in drawn]
    assert math.exp(found.at(point)[0]) == pytest.approx(numpy.mean(gains), rel=0.05)
    empty, _ = _improvement(numpy.empty((0, 2)))
    parts = []
    for process, limit in zip(processes, reference, strict=True):
        mean, deviation = process.at(point)
        parts.append(log_expected_improvement(mean, deviation, numpy.array([limit]))[0])
    assert empty.at(point)[0] == pytest.approx(float(numpy.sum(parts)))


def test_its_slope_is_that_of_its_values() -> None:
    """With pending points too; L-BFGS climbs by it."""
    found, _ = _improvement(numpy.array([[0.2, 0.9], [0.5, 0.4], [0.9, -0.2]]))
    rng = numpy.random.default_rng(3)
    for _ in range(2):
        for point in rng.random((4, 2)):
            value, slope = found.slope(point)
            assert value == pytest.approx(found.at(point[None])[0], rel=1e-9)
            for k, step in enumerate(numpy.eye(2) * 1e-5):
                ends = found.at(numpy.array([point + step, point - step]))
                assert slope[k] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-3)
        found = found.expecting(rng.random(2), rng, 16)


# -- what is proposed ------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["EHVI", "ParEGO", *in_full("qUCB", "PI")])
def test_the_front_is_found(function: str) -> None:
    """20 samples dominate most of what can be; random ones do not."""
    rows = campaign(bayesian(acquisition_function=function))
    chosen = rows[8:]
    assert len(rows) == 20

    def volume(some_rows: list[dict[str, Any]]) -> float:
        values = -numpy.array([[row["near"], row["far"]] for row in some_rows])
        return hypervolume(values, numpy.array([-0.5, -0.5]), numpy.ones(2))

    line = [outputs({"x": x, "y": 0.5}) for x in numpy.linspace(0.2, 0.8, 200)]
    assert volume(rows) > (0.93 if function == "EHVI" else 0.85) * volume(line)
    near_the_line = [row for row in chosen if abs(row["y"] - 0.5) < 0.15]
    assert len(near_the_line) > len(chosen) / 2


def test_three_objectives_and_limits() -> None:
    """What breaks the limit is not looked for; every objective counts."""
    sampler = bayesian(
        16,
        objectives={**WANTED, "third": "maximize"},
        subject_to={"third": {"lt": 0.7}},
        reference_point={"third": 0.0},
    )
    chosen = campaign(sampler)[8:]
    assert sum(row["third"] < 0.75 for row in chosen) > len(chosen) / 2
    assert max(row["third"] for row in chosen if row["third"] < 0.7) > 0.5


def test_a_reference_point_says_what_is_of_interest() -> None:
    """No sample goes to the far end of the front, which is out of it."""
    rows = campaign(bayesian(16, reference_point={"near": 0.06, "far": 0.36}))[8:]
    assert sum(row["near"] < 0.1 for row in rows) > len(rows) / 2


@needs_extra
@pytest.mark.parametrize("strategy", ["GreedySamplingTarget", *in_full("QueryByCommittee")])
def test_active_learning_goes_where_either_output_varies(strategy: str) -> None:
    """One output varies on the left alone, the other one on the right alone, and is a thousand times
    as large; of the left one alone, samples are on the left.
    """

    def told(sample: dict[str, Any]) -> dict[str, Any]:
        x = sample["x"]
        left = math.sin(30 * x) if x < 0.5 else 0.0
        right = 1000 * math.sin(30 * x) if x >= 0.5 else 0.0
        return {**sample, "left": left, "right": right, "success": True}

    def shares(names: list[str]) -> float:
        sampler = placed(
            ActiveLearningSampler(
                **BOX,
                budget=24,
                batch_size=4,
                initial_samples=12,
                query_strategy=strategy,
                outputs=names,
            )
        )
        rows: list[dict[str, Any]] = []
        while sampler.has_budget:
            new = [told(sample) for sample in sampler.get_next_samples()]
            sampler.register_future(pandas.DataFrame(new))
            rows += new
        return sum(row["x"] < 0.5 for row in rows[12:]) / len(rows[12:])

    assert shares(["left"]) > 0.7
    assert 0.25 <= shares(["left", "right"]) <= 0.75


@needs_extra
def test_active_learning_keeps_limits() -> None:
    """Candidates that would rather break one are left out."""
    sampler = placed(
        ActiveLearningSampler(
            **BOX,
            budget=20,
            batch_size=4,
            initial_samples=8,
            query_strategy="GreedySamplingX",
            outputs=["near", "far"],
            subject_to={"third": {"le": 0.5}},
        )
    )
    chosen = campaign(sampler)[8:]
    assert sum(row["third"] <= 0.55 for row in chosen) > 0.8 * len(chosen)


# -- what counts -----------------------------------------------------------------------------------


def test_a_sample_without_one_of_the_outputs_has_failed() -> None:
    """It is no observation of the other ones either."""
    sampler = bayesian()
    rows = [
        {"near": 1.0, "far": 2.0, "success": True},
        {"near": 1.0, "far": math.nan, "success": True},
        {"near": 1.0, "success": True},
        {"near": 1.0, "far": 2.0, "success": False},
    ]
    for position, row in enumerate(rows):
        sampler.tell(position, {"x": 0.1 * position, "y": 0.0}, [row])
    good = [finding.is_good for finding in sampler._known.ordered()]
    assert good == [True, False, False, False]


def test_rows_of_several_parents_are_averaged_each_by_itself() -> None:
    """Only those that succeeded."""
    sampler = bayesian()
    rows = [
        {"near": 1.0, "far": 10.0, "success": True},
        {"near": 3.0, "far": 30.0, "success": True},
        {"near": 99.0, "success": False},
    ]
    sampler.tell(0, {"x": 0.0, "y": 0.0}, rows)
    assert sampler._known.ordered()[0].values == (2.0, 20.0)


def test_a_misspelt_column_ends_what_would_learn_nothing() -> None:
    """The sentence names the option and the nearest column."""
    sampler = bayesian(objectives={"naer": "minimize", "far": "minimize"})
    sampler.register_future(pandas.DataFrame(map(outputs, sampler.get_next_samples())))
    with pytest.raises(ValueError, match=r"objectives\.naer names 'naer'; did you mean 'near'\?"):
        sampler.get_next_samples()


@pytest.mark.parametrize(
    ("options", "place", "words"),
    [
        ({"objectives": {"near": "minimize"}}, "objectives", "name two or more"),
        ({"observations": ["near"]}, "observations", "does not go with `objectives`"),
        ({"direction": "minimize"}, "direction", "says its own"),
        ({"reference_point": {"nera": 1.0}}, "reference_point.nera", "did you mean 'near'"),
        ({"objectives": {}, "acquisition_function": "EHVI"}, "acquisition_function", "several"),
        ({"objectives": {}, "reference_point": {"near": 1.0}}, "reference_point", "goes with"),
        (
            {"objectives": {**WANTED, "z": "minimize"}, "acquisition_function": "ehvi"},
            "acquisition_function",
            "take ParEGO",
        ),
    ],
)
def test_what_does_not_go_together(options: dict[str, Any], place: str, words: str) -> None:
    """Each with its place and what to do."""
    found = [sentence for where, sentence in bayesian(**options).problems() if where == place]
    assert any(words in sentence for sentence in found), found
