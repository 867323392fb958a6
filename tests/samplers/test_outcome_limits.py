"""Bayesian optimisation with limits on other outputs, and learning from an earlier campaign."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pandas
import pytest

from enchanted_tui.samplers.bayesian_optimization_sampler import BayesianOptimizationSampler
from enchanted_tui.samplers.learning.acquisition import Acquisition, log_expected_improvement
from enchanted_tui.samplers.learning.outcome_models import keeps, limit_factors
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.outcome_limits import OutcomeLimit
from helpers.sampler_kinds import placed

BOX: dict[str, Any] = {"parameters": ["x", "y"], "bounds": [[0, 1], [0, 1]]}


def campaign(budget: int, **options: Any) -> list[dict[str, Any]]:
    """Return the rows of a campaign on x + y, whose limit is on the circle about the origin."""
    sampler = placed(
        BayesianOptimizationSampler(
            **BOX, budget=budget, initial_samples=8, acquisition_batch_size=4, **options
        )
    )
    assert list(sampler.problems()) == []
    rows: list[dict[str, Any]] = []
    while sampler.has_budget:
        new = [
            {
                **sample,
                "success": True,
                "output": sample["x"] + sample["y"],
                "radius": math.hypot(sample["x"], sample["y"]),
            }
            for sample in sampler.get_next_samples()
        ]
        sampler.register_future(pandas.DataFrame(new))
        rows += new
    return rows


def test_the_best_is_looked_for_within_the_limits():
    """Without them, the corner (1, 1); with them, the point of the circle at 45 degrees, whose sum
    is 0.7 times the square root of 2.
    """
    rows = campaign(24, subject_to={"radius": {"le": 0.7}}, random_fraction=0.0)
    allowed = [row["output"] for row in rows if row["radius"] <= 0.7]
    assert max(allowed) > 0.93
    chosen = rows[8:]
    assert sum(row["radius"] <= 0.75 for row in chosen) > len(chosen) / 2


def test_factors_have_the_slopes_of_their_values():
    """L-BFGS climbs by them."""
    rng = numpy.random.default_rng(1)
    points = rng.random((12, 2))
    outcomes = numpy.column_stack([points.sum(axis=1), points[:, 0]])
    outcomes[3, 1] = math.nan
    factors = limit_factors(points, outcomes, [(0.5, 1.5), (None, 0.4)], 2.5, rng)
    assert len(factors) == 3
    for factor in factors:
        for point in rng.random((5, 2)):
            value, slope = factor.log_slope(point)
            assert value == pytest.approx(factor.log_at(point[None])[0], rel=1e-6, abs=1e-9)
            for k in range(2):
                step = numpy.eye(2)[k] * 1e-4  # smaller ones differ by what is rounded
                quotient = (
                    factor.log_at((point + step)[None]) - factor.log_at((point - step)[None])
                )[0] / 2e-4
                assert slope[k] == pytest.approx(quotient, rel=1e-3, abs=1e-3)
    hyper = Hyperparameters(2.5, (0.5, 0.5), 1.0, 1e-4)
    posterior = Posterior(hyper, points, outcomes[:, :1])
    weighed = Acquisition(log_expected_improvement, [(posterior, numpy.array([1.0]))], factors).at(
        points
    )
    assert numpy.isfinite(weighed).all()


def test_missing_outcomes_keep_no_limit():
    """A sample without the output is not the best."""
    outcomes = numpy.array([[3.0, 1.0], [2.0, 1.0], [math.nan, 1.0], [4.0, 9.0]])
    assert keeps(outcomes, [(3, None), (None, 5)]).tolist() == [True, False, False, False]


def test_limits_that_nothing_keeps_are_refused():
    """And a column without any limit."""
    assert [where for where, _ in OutcomeLimit(ge=3, le=2).problems()] == ["ge"]
    assert [where for where, _ in OutcomeLimit(gt=2, lt=2).problems()] == ["gt"]
    assert [where for where, _ in OutcomeLimit(ge=1, gt=2).problems()] == ["gt"]
    assert list(OutcomeLimit(gt=2, le=3).problems()) == []
    assert [where for where, _ in OutcomeLimit().problems()] == [""]
    assert list(OutcomeLimit(ge=2).problems()) == []


@pytest.mark.parametrize("kind", ["bayesian", "active"])
def test_an_earlier_campaign_is_learnt_from(kind, tmp_path):
    """In both samplers, with parameters of every kind; rows that have no place are passed over."""
    from enchanted_tui.samplers.active_learning_sampler import ActiveLearningSampler

    (tmp_path / "enchanted_dataset.csv").write_text(
        "k,label,success,output\n1,a,True,1.5\n4,b,True,2.5\n2,unknown,True,1\n3,a,False,\n"
    )
    options: dict[str, Any] = {
        "parameters": {
            "k": {"low": 1, "high": 4, "integer": True},
            "label": {"choice": ["a", "b"]},
        },
        "base_run_dir": str(tmp_path),
        "budget": 4,
        "initial_samples": 2,
    }
    sampler = (
        BayesianOptimizationSampler(**options)
        if kind == "bayesian"
        else ActiveLearningSampler(**options, query_strategy="GreedySamplingX")
    )
    placed(sampler).begin(str(tmp_path / "data"))
    asked: list[dict[str, Any]] = []

    def ask(question: dict[str, Any]) -> dict[str, Any]:
        asked.append(question)
        return {"points": [[0.0, 1.0]] * question["count"], "refitted": False}

    drawn = sampler.draw(2, 1, [], ask).samples
    assert drawn == [{"k": 1, "label": "b"}] or kind == "bayesian"
    if asked:
        assert asked[0]["points"] == [[2 / 3, 0.0], [1.0, 1.0], [0.0, 0.0]]
        assert [math.isfinite(value) for value in asked[0]["values"]] == [False, True, True]
