"""Values brought to a common scale."""

from __future__ import annotations

import numpy

from enchanted_tui.samplers.learning.kernels import Array


def standardise(values: Array) -> tuple[Array, float, float]:
    """Return values with mean 0 and standard deviation 1, and the mean and deviation they had; that
    of equal values counts as 1.
    """
    # squares of very large or small values are beyond floating point
    largest = float(numpy.abs(values).max()) or 1.0
    scaled = values / largest
    centre, width = float(scaled.mean()), float(scaled.std())
    width = width if width > 1e-12 else 1.0
    return (scaled - centre) / width, centre * largest, width * largest
