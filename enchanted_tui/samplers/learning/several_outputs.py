"""Several outputs, each with a Gaussian process of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.learning.scaling import standardise


@dataclass(frozen=True)
class Scaled:
    """Outputs brought to mean 0 and standard deviation 1, each by itself."""

    values: Array  #: (n, t)
    centres: Array  #: (t,), what the means were ...
    widths: Array  #: (t,), ... and the deviations

    @staticmethod
    def of(values: Array) -> Scaled:
        """Scale `values` (n, t), all of them finite."""
        columns, centres, widths = zip(*map(standardise, values.T), strict=True)
        return Scaled(numpy.stack(columns, axis=1), numpy.array(centres), numpy.array(widths))


def complete(values: Array) -> Array:
    """Tell of each row of `values` (n, t) whether all of it is finite, as truth values (n,)."""
    whole: Array = numpy.all(numpy.isfinite(values), axis=1)
    return whole


def fit_each(
    points: Array, values: Array, smoothness: float, rng: numpy.random.Generator, *, draws: bool
) -> list[Hyperparameters]:
    """Return the hyperparameters of every output of `values` (n, t), output after output; each has
    as many as `fit` gives.
    """
    return [
        hyper for column in values.T for hyper in fit(points, column, smoothness, rng, draws=draws)
    ]


def posteriors_of(
    models: Sequence[Hyperparameters], points: Array, values: Array
) -> list[list[Posterior]]:
    """Return the processes of each output of `values` (n, t), from what `fit_each` gives."""
    each = len(models) // values.shape[1]
    return [
        [
            Posterior(hyper, points, column[:, None])
            for hyper in models[place * each : (place + 1) * each]
        ]
        for place, column in enumerate(values.T)
    ]


def shortest_scales(models: Sequence[Hyperparameters]) -> Array:
    """Return the shortest length scale in each dimension, shape (d,)."""
    shortest: Array = numpy.array([hyper.scales for hyper in models]).min(axis=0)
    return shortest


def several_errors(
    names: Sequence[str], posteriors: Sequence[Posterior], widths: Array
) -> dict[str, Any]:
    """Return the error of each output predicted from the other samples, in its own units, and those
    of the output that is known worst, in standard deviations.
    """
    errors = [
        float(numpy.sqrt(numpy.mean((process.values[:, 0] - process.left_out()[0]) ** 2)))
        for process in posteriors
    ]
    spread = [
        error
        for error, process in zip(errors, posteriors, strict=True)
        if process.values.any()  # equal values have no spread
    ]
    return {
        "cv_error": max(errors),
        "cv_error_relative": max(spread, default=math.nan),
        "errors": dict(zip(names, (numpy.array(errors) * widths).tolist(), strict=True)),
    }
