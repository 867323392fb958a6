"""A sampler: where to look next."""

from __future__ import annotations

from numpy.random import default_rng
from scipy.stats import qmc

from enchanted_tui.plugins import Sampler, option


class HaltonSampler(Sampler):
    """Draw points of a Halton sequence in a box, scrambled by the campaign's seed.

    Halton, Numer. Math. 2 (1960), doi:10.1007/BF01386213.
    """

    parameters: list[str] = option(doc="Name of each parameter.", example=["x", "y"])
    bounds: list[list[float]] = option(
        doc="Lower and upper bound of each parameter.", example=[[0, 1], [0, 1]]
    )
    budget: int = option(doc="How many samples to draw in all.", ge=0)
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )

    def points(self, batch, first, size, start, stop):
        """Give samples `start` to `stop` of a batch whose first is sample `first` of the stage.

        A function of position and seed alone: a resumed campaign asks for any part again without
        drawing what came before.
        """
        random = default_rng([self.effective_seed(), self.stage])  # other points in each stage
        engine = qmc.Halton(len(self.parameters), seed=random)
        engine.fast_forward(first + start)
        lower, upper = zip(*self.bounds, strict=True)
        rows = qmc.scale(engine.random(stop - start), lower, upper).tolist()
        return [dict(zip(self.parameters, row, strict=True)) for row in rows]

    def problems(self):
        """Say what is wrong with options that are well typed one by one; shown with file and line
        before anything runs.
        """
        if len(self.bounds) != len(self.parameters):
            yield (
                "bounds",
                (
                    f"there are {len(self.parameters)} parameters and {len(self.bounds)} bounds;"
                    " give one pair for each"
                ),
            )
