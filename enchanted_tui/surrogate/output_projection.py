"""An output as a few numbers: a scalar is its own, an array has its principal components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy

from enchanted_tui.surrogate.model_inputs import Array

KEPT = 0.9999  #: share of an array's variance that its components keep
MOST_COMPONENTS = 20
_ENOUGH_ROWS = 2_000  #: from which components are worked out


@dataclass(frozen=True)
class Projection:
    """Between the values of an output, shape (n, m), and its scores, shape (n, k)."""

    mean: Array  #: (m,)
    components: Array  #: (k, m), orthonormal
    left: Array  #: (m,): standard deviation of each element that the components do not have

    def scores(self, values: Array) -> Array:
        found: Array = (values - self.mean) @ self.components.T
        return found

    def values(self, scores: Array) -> Array:
        found: Array = self.mean + scores @ self.components
        return found

    def deviations(self, of_scores: Array) -> Array:
        """Return the standard deviations of values, shape (n, m), from those of scores, which are
        uncorrelated.
        """
        variance = of_scores**2 @ self.components**2 + self.left**2
        found: Array = numpy.sqrt(variance)
        return found


def project(values: Array, rng: numpy.random.Generator) -> Projection:
    """Return the projection of an output with values of shape (n, m): principal components (I. T.
    Jolliffe, *Principal Component Analysis*, 2002) that keep `KEPT` of the variance.
    """
    mean = values.mean(axis=0)
    if values.shape[1] == 1:
        return Projection(mean, numpy.ones((1, 1)), numpy.zeros(1))
    some = values
    if len(values) > _ENOUGH_ROWS:
        some = values[numpy.sort(rng.choice(len(values), _ENOUGH_ROWS, replace=False))]
    _, sizes, components = numpy.linalg.svd(some - mean, full_matrices=False)
    shares = numpy.cumsum(sizes**2) / max(float((sizes**2).sum()), 1e-300)
    count = min(int(numpy.searchsorted(shares, KEPT)) + 1, MOST_COMPONENTS, len(sizes))
    kept = components[:count]
    rest = (some - mean) - (some - mean) @ kept.T @ kept
    return Projection(mean, kept, numpy.sqrt((rest**2).mean(axis=0)))
