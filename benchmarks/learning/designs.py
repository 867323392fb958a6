"""Ways to choose the points that a surrogate is fitted to, and the error of the surrogate: one
Gaussian process for all of them.
"""

from __future__ import annotations

from typing import Any

import numpy

from enchanted_tui.samplers.learning.bayesian import standardise
from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.posterior import Posterior

Array = numpy.ndarray[Any, Any]

#: and query strategies of ActiveLearningSampler
SAMPLERS = {
    "random": "RandomSampler",
    "grid": "GridSampler",
    "Latin hypercube": "LatinHypercubeSampler",
    "Sobol": "SobolSequenceSampler",
}
#: more points are another design; of the others the first n of many are those of n
ONE_SIZE = (
    "grid",
    "Latin hypercube",
)
FIXED = ("grid",)  #: nothing random about them
_MATERN = 1.5


def sampler_options(
    contender: str, seed: int, parameters: list[str], bounds: list[list[float]], budget: int
) -> dict[str, Any]:
    """Give the entry of a configuration under `samplers` for at most `budget` points."""
    box = {
        "type": SAMPLERS.get(contender, "ActiveLearningSampler"),
        "parameters": parameters,
        "bounds": bounds,
    }
    if contender == "grid":
        return {**box, "num_samples": grid_counts(budget, len(parameters))}
    if contender in SAMPLERS:
        return {**box, "budget": budget, "seed": seed}
    return {**box, "budget": budget, "seed": seed, "query_strategy": contender}


def grid_counts(most: int, dimensions: int) -> list[int]:
    """Give how many values of each parameter make the largest grid of at most `most` points; they
    differ by one at most.
    """
    counts = [1] * dimensions
    while True:
        for index in range(dimensions):
            larger = [*counts[:index], counts[index] + 1, *counts[index + 1 :]]
            if numpy.prod(larger) > most:
                return counts
            counts = larger


def error(points: Array, values: Array, test_points: Array, truth: Array) -> float:
    """Give the root mean square error of a Gaussian process fitted to points of the unit cube, as a
    share of the truth's deviation.
    """
    standard, centre, width = standardise(values)
    (hyper,) = fit(points, standard, _MATERN, numpy.random.default_rng(0))
    mean = centre + width * Posterior(hyper, points, standard[:, None]).at(test_points)[0][:, 0]
    return float(numpy.sqrt(numpy.mean((mean - truth) ** 2)) / truth.std())
