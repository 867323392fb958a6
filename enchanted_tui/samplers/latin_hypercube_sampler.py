"""Latin hypercubes."""

from __future__ import annotations

from typing import Any

import numpy

from enchanted_tui.config.options import option
from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler, as_samples, scale


class LatinHypercubeSampler(BoxSampler):
    """Draw each batch as one Latin hypercube: with n samples, each of n equal slices of each
    parameter holds one.

    McKay, Beckman, Conover: A comparison of three methods for selecting values of input variables
    in the analysis of output from a computer code, Technometrics 21 (1979), doi:10.2307/1268522.
    Batch k depends on the seed, the stage, k and its size.
    """

    budget: int = option(doc="How many samples to draw in all.", ge=0, example=100)
    batch_size: int | None = option(
        None,
        doc="Samples in a batch, each a hypercube of its own; without it, all are one batch.",
        ge=1,
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._drawn: tuple[tuple[int, ...], numpy.ndarray[Any, Any]] | None = None

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        return as_samples(self.parameters, self._hypercube(batch, size)[start:stop].tolist())

    def _hypercube(self, batch: int, size: int) -> numpy.ndarray[Any, Any]:
        """Return the whole batch, shape (size, d); kept until another is asked for, as it is served
        in slices.
        """
        key = (self.effective_seed(), self.stage, batch, size)
        if self._drawn is None or self._drawn[0] != key:
            engine = qmc.engine(
                "LatinHypercube", len(self.parameters), qmc.derived_seed(key[0], self.stage, batch)
            )
            self._drawn = (key, scale(engine.random(size), self.bounds))
        return self._drawn[1]
