"""Models of an output's scores: what all have in common, Gaussian processes and linear ones. All
predict with numpy and SciPy alone, from arrays that a file can hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

import numpy

from enchanted_tui.samplers.learning.fitting import fit
from enchanted_tui.samplers.learning.posterior import Hyperparameters, Posterior
from enchanted_tui.samplers.learning.scaling import standardise
from enchanted_tui.surrogate.equal_samples import LEFT_OUT, merged
from enchanted_tui.surrogate.model_inputs import Array

MOST_GAUSSIAN = 2_000  #: samples that a Gaussian process takes: its cost grows with their cube
_SMOOTHNESS = 2.5  #: of the Matern kernel
_ENDLESS = 1e30  #: length scale of an input that is left out
#: as a share of the values' variance: samples that differ in what hardly matters alone, and so have
#: almost one value, would otherwise ask for less noise and a smaller amplitude without an end
_LEAST_NOISE_OF_REPEATS = 1e-8
_LEAST_NOISE = 1e-12
_AT_ONCE = 500  #: points that are predicted at once, so that what is worked out stays in caches


class ScoreModel(Protocol):
    """Predicts scores, shape (n, k), at points of the unit cube, shape (n, d)."""

    kind: ClassVar[str]

    def at(self, points: Array) -> tuple[Array, Array]:
        """Return means and standard deviations, both of shape (n, k)."""
        ...

    def mean_at(self, points: Array) -> Array:
        """Return the means alone, shape (n, k)."""
        ...

    def arrays(self) -> dict[str, Array]:
        """Return all that the model is, as arrays."""
        ...


class GaussianScores:
    """A Gaussian process for each score: Matern-5/2 kernel with a length scale for each input."""

    kind: ClassVar[str] = "gp"

    def __init__(self, hypers: Sequence[Hyperparameters], points: Array, scores: Array) -> None:
        self.hypers, self._points, self._scores = tuple(hypers), points, scores
        standard = [standardise(column) for column in scores.T]
        self._centres = numpy.array([centre for _, centre, _ in standard])
        self._widths = numpy.array([width for _, _, width in standard])
        self._processes = [
            Posterior(hyper, points, values[:, None])
            for hyper, (values, _, _) in zip(hypers, standard, strict=True)
        ]

    @classmethod
    def fitted(
        cls,
        points: Array,
        scores: Array,
        rng: numpy.random.Generator,
        near: Sequence[Hyperparameters] | None = None,
    ) -> GaussianScores:
        """Fit to scores (n, k) at points (n, d); of more than `MOST_GAUSSIAN`, to some of them.
        `near` are hyperparameters of a similar fit, from which to start. What is `LEFT_OUT` at all
        points has no part in it.
        """
        points, scores = merged(points, scores)
        if len(points) > MOST_GAUSSIAN:
            chosen = numpy.sort(rng.choice(len(points), MOST_GAUSSIAN, replace=False))
            points, scores = points[chosen], scores[chosen]
        told = ~(points == LEFT_OUT).all(axis=0)
        least_noise = _LEAST_NOISE_OF_REPEATS if _has_repeats(points[:, told]) else _LEAST_NOISE
        hypers = []
        for number, column in enumerate(scores.T):
            start = near[number] if near is not None and number < len(near) else None
            (found,) = fit(
                points[:, told],
                standardise(column)[0],
                _SMOOTHNESS,
                rng,
                start=start and _of_inputs(start, told),
                least_noise=least_noise,
            )
            hypers.append(_of_all_inputs(found, told))
        return cls(hypers, points, scores)

    def at(self, points: Array) -> tuple[Array, Array]:
        means, deviations = [], []
        for begin in range(0, max(1, len(points)), _AT_ONCE):
            found = [process.at(points[begin : begin + _AT_ONCE]) for process in self._processes]
            means.append(numpy.hstack([mean for mean, _ in found]))
            # of a value, not of the function alone
            noise = numpy.array([hyper.noise for hyper in self.hypers])
            spread = numpy.stack([deviation for _, deviation in found], axis=1)
            deviations.append(numpy.sqrt(spread**2 + noise))
        return (
            self._centres + self._widths * numpy.vstack(means),
            self._widths * numpy.vstack(deviations),
        )

    def mean_at(self, points: Array) -> Array:
        means = [
            numpy.hstack(
                [process.mean_at(points[begin : begin + _AT_ONCE]) for process in self._processes]
            )
            for begin in range(0, max(1, len(points)), _AT_ONCE)
        ]
        found: Array = self._centres + self._widths * numpy.vstack(means)
        return found

    def arrays(self) -> dict[str, Array]:
        rows = [(*h.scales, h.amplitude, h.noise) for h in self.hypers]
        return {"points": self._points, "scores": self._scores, "hyper": numpy.array(rows)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> GaussianScores:
        """Return the model that these arrays are."""
        hypers = [
            Hyperparameters(_SMOOTHNESS, tuple(row[:-2].tolist()), float(row[-2]), float(row[-1]))
            for row in arrays["hyper"]
        ]
        return cls(hypers, arrays["points"], arrays["scores"])


def _has_repeats(points: Array) -> bool:
    """Say whether coordinates come again, as those of a parent do in its children, and in grids."""
    return any(len(numpy.unique(column)) < len(column) for column in points.T)


def _of_inputs(hyper: Hyperparameters, told: Array) -> Hyperparameters:
    """Return hyperparameters for some of the inputs, by a mask."""
    return replace(hyper, scales=tuple(numpy.array(hyper.scales)[told].tolist()))


def _of_all_inputs(hyper: Hyperparameters, told: Array) -> Hyperparameters:
    """Return hyperparameters of some inputs for all."""
    scales = numpy.full(len(told), _ENDLESS)
    scales[told] = hyper.scales
    return replace(hyper, scales=tuple(scales.tolist()))


class LinearScores:
    """A plane through the samples by least squares; its deviations are those of a new sample."""

    kind: ClassVar[str] = "linear"

    def __init__(self, coefficients: Array, spread: Array, inverse: Array) -> None:
        self._coefficients = coefficients  #: (1 + d, k), the constant first
        self._spread = spread  #: (k,): standard deviation about the plane
        self._inverse = inverse  #: (1 + d, 1 + d): inverse of the normal equations

    @classmethod
    def fitted(cls, points: Array, scores: Array) -> LinearScores:
        """Fit to scores (n, k) at points (n, d). What is `LEFT_OUT` has coefficients of 0."""
        terms = _terms(numpy.where(points == LEFT_OUT, 0.0, points))
        inverse = numpy.linalg.pinv(terms.T @ terms)
        coefficients = inverse @ terms.T @ scores
        left = ((scores - terms @ coefficients) ** 2).sum(axis=0)
        free = max(1, len(points) - terms.shape[1])
        return cls(coefficients, numpy.sqrt(left / free), inverse)

    def at(self, points: Array) -> tuple[Array, Array]:
        terms = _terms(points)
        leverage = numpy.maximum(((terms @ self._inverse) * terms).sum(axis=1), 0.0)
        return terms @ self._coefficients, numpy.sqrt(1 + leverage)[:, None] * self._spread

    def mean_at(self, points: Array) -> Array:
        found: Array = _terms(points) @ self._coefficients
        return found

    def arrays(self) -> dict[str, Array]:
        return {
            "coefficients": self._coefficients,
            "spread": self._spread,
            "inverse": self._inverse,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> LinearScores:
        """Return the model that these arrays are."""
        return cls(arrays["coefficients"], arrays["spread"], arrays["inverse"])


def _terms(points: Array) -> Array:
    return numpy.hstack([numpy.ones((len(points), 1)), points])
