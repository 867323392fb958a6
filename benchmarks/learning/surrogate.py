"""Error of a surrogate of the double Gaussian against the number of samples: active learning beside random and Sobol points."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from enchanted_tui.runners.double_gaussian_runner import SyntheticDoubleGaussianRunner
from enchanted_tui.samplers.active_learning_sampler import ActiveLearningSampler
from enchanted_tui.samplers.learning.bayesian import standardise
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.posterior import Posterior
from enchanted_tui.samplers.random_sampler import RandomSampler
from enchanted_tui.samplers.sobol_sampler import SobolSequenceSampler

BOX: dict[str, Any] = {"parameters": ["x", "y"], "bounds": [[0.0, 1.0], [0.0, 1.0]]}
SIZES = (20, 40, 60, 80, 100, 120)
CONTENDERS = ("random", "Sobol", "GreedySamplingTarget", "QueryByCommittee")
_FIRST, _BATCH = 20, 10
_GRID = 41


def errors(contender: str, seed: int) -> list[float]:
    """Give the root mean square error on a grid, as a share of the output's standard deviation there, after each of `SIZES` samples."""
    runner = SyntheticDoubleGaussianRunner(dimensions=2)
    sampler = _sampler(contender, seed)
    sampler.place(seed, 0)
    axis = numpy.linspace(0, 1, _GRID)
    grid = numpy.stack(numpy.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    truth = numpy.array([_output(runner, *point) for point in grid])
    points: list[list[float]] = []
    values: list[float] = []
    found = []
    while sampler.has_budget:
        batch = sampler.get_next_samples()
        outputs = [_output(runner, sample["x"], sample["y"]) for sample in batch]
        sampler.register_future(
            pandas.DataFrame([{**sample, "output": out, "success": True} for sample, out in zip(batch, outputs, strict=True)])
        )
        points += [[sample["x"], sample["y"]] for sample in batch]
        values += outputs
        if len(values) in SIZES:
            found.append(_error(numpy.array(points), numpy.array(values), grid, truth))
    return found


def _sampler(contender: str, seed: int) -> Any:
    budget = SIZES[-1]
    if contender == "random":
        return RandomSampler(budget=budget, batch_size=_BATCH, **BOX)
    if contender == "Sobol":
        return SobolSequenceSampler(budget=budget, batch_size=_BATCH, seed=seed, **BOX)
    return ActiveLearningSampler(budget=budget, batch_size=_BATCH, initial_samples=_FIRST, query_strategy=contender, **BOX)


def _output(runner: SyntheticDoubleGaussianRunner, x: float, y: float) -> float:
    return float(runner.single_code_run("", {"x": float(x), "y": float(y)})["output"])


def _error(points: Any, values: Any, grid: Any, truth: Any) -> float:
    """Fit the same surrogate to whatever points were chosen."""
    standard, centre, width = standardise(values)
    (hyper,) = fit(points, standard, 1.5, numpy.random.default_rng(0))
    mean = centre + width * Posterior(hyper, points, standard[:, None]).at(grid)[0][:, 0]
    return float(numpy.sqrt(numpy.mean((mean - truth) ** 2)) / truth.std())
