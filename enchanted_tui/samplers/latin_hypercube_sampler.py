"""Latin hypercubes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy

from enchanted_tui.config.options import option
from enchanted_tui.samplers import qmc
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.region import MOST_TRIES, EmptyRegionError
from enchanted_tui.samplers.repeats import RepeatingSampler


class LatinHypercubeSampler(RepeatingSampler, BoxSampler):
    """Draw each batch as one Latin hypercube: with n samples, each of n equal slices of each
    parameter holds one.

    McKay, Beckman, Conover: A comparison of three methods for selecting values of input variables
    in the analysis of output from a computer code, Technometrics 21 (1979), doi:10.2307/1268522.
    Batch k depends on the seed, the stage, k and its size.
    """

    independent: ClassVar[bool] = True

    budget: int = option(doc="How many samples to draw in all.", ge=0, example=100)
    batch_size: int | None = option(
        None,
        doc="Samples in a batch, each a hypercube of its own; without it, all are one batch.",
        ge=1,
    )

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._drawn: tuple[tuple[int, ...], numpy.ndarray[Any, Any]] | None = None

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        return self.at(self._hypercube(batch, size)[start:stop])

    def _hypercube(self, batch: int, size: int) -> numpy.ndarray[Any, Any]:
        """Return the whole batch in the unit cube, shape (size, d); kept until another is asked
        for, as it is served in slices.
        """
        key = (self.effective_seed(), self.stage, batch, size)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._kept_points(key[0], batch, size))
        return self._drawn[1]

    def _kept_points(self, seed: int, batch: int, size: int) -> numpy.ndarray[Any, Any]:
        """Return the hypercube of `size` points; with constraints, the first points that keep them
        of one so large that there are enough. Raises EmptyRegionError where there are hardly any.
        """
        count = size
        while True:
            engine = qmc.engine(
                "LatinHypercube", len(self.parameters), qmc.derived_seed(seed, self.stage, batch)
            )
            unit: numpy.ndarray[Any, Any] = engine.random(count)
            if not self.constraints:
                return unit
            kept = unit[self.holds_at(unit)]
            if len(kept) >= size:
                return kept[:size]
            if count > max(MOST_TRIES, 64 * size):
                raise EmptyRegionError(
                    f"of a hypercube of {count:,} points only {len(kept):,} keep the constraints"
                    f" {self.region.told()}, and {size:,} are needed; take a SobolSequenceSampler,"
                    " or narrow the ranges of the parameters"
                )
            # by what is missing, a tenth more; at least twice as many
            count = max(2 * count, int(1.1 * count * size / max(1, len(kept))))
