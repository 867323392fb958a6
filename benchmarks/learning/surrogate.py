"""Error of a surrogate of the double Gaussian against the number of samples: designs that are made
beforehand beside active learning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy
import pandas

from benchmarks.learning import designs
from benchmarks.learning.designs import Array
from enchanted_tui.config.lookup import find
from enchanted_tui.runners.double_gaussian_runner import SyntheticDoubleGaussianRunner

SIZES = (20, 40, 60, 80, 100, 120)
CONTENDERS = (
    "random",
    "grid",
    "Latin hypercube",
    "Sobol",
    "GreedySamplingTarget",
    "QueryByCommittee",
)
_FIRST, _BATCH = 20, 10
_GRID = 41


def errors(contender: str, seed: int, sizes: Sequence[int] = SIZES) -> list[float]:
    """Give the root mean square error on a grid, as a share of the output's standard deviation
    there, after each of `sizes` samples.
    """
    axis = numpy.linspace(0, 1, _GRID)
    grid = numpy.stack(numpy.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    truth = _outputs(grid)
    if contender in designs.ONE_SIZE:
        campaigns = [_campaign(contender, seed, size) for size in sizes]
    else:
        points, values = _campaign(contender, seed, sizes[-1])
        campaigns = [(points[:size], values[:size]) for size in sizes]
    return [designs.error(points, values, grid, truth) for points, values in campaigns]


def _campaign(contender: str, seed: int, budget: int) -> tuple[Array, Array]:
    """Give points and outputs of all samples, drawn as a campaign draws them."""
    options = designs.sampler_options(contender, seed, ["x", "y"], [[0.0, 1.0], [0.0, 1.0]], budget)
    if contender not in designs.SAMPLERS:
        options |= {"initial_samples": _FIRST, "batch_size": _BATCH}
    sampler = find("sampler", options.pop("type")).cls(**options)
    sampler.place(seed, 0)
    points, values = numpy.empty((0, 2)), numpy.empty(0)
    while sampler.has_budget:
        batch = sampler.get_next_samples()
        new = numpy.array([[sample["x"], sample["y"]] for sample in batch])
        outputs = _outputs(new)
        sampler.register_future(pandas.DataFrame(batch).assign(output=outputs, success=True))
        points, values = numpy.vstack([points, new]), numpy.concatenate([values, outputs])
    return points, values


def _outputs(points: Array) -> Array:
    runner = SyntheticDoubleGaussianRunner(dimensions=2)
    return numpy.array(
        [runner.single_code_run("", {"x": x, "y": y})["output"] for x, y in points.tolist()]
    )
