"""Engines of scipy.stats.qmc, and seeds for them."""

from __future__ import annotations

from typing import Any

import numpy


def derived_seed(seed: int, *path: int) -> int:
    """Return a seed that belongs to `seed` and the numbers in `path`, independent of those of other
    paths.
    """
    return int(numpy.random.SeedSequence(seed, spawn_key=path).generate_state(1, numpy.uint64)[0])


def engine(name: str, dimensions: int, seed: int | numpy.random.Generator, **options: Any) -> Any:
    """Make the engine called `name` ("Sobol", "LatinHypercube"), by whichever name this version of
    scipy knows the seed.
    """
    from scipy.stats import qmc

    make = getattr(qmc, name)
    try:
        return make(dimensions, seed=seed, **options)
    except TypeError:  # the old name, which gives every version the same points, is to go one day
        return make(dimensions, rng=seed, **options)
