"""What a model is asked and what it proposes, whichever model it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy

from enchanted_tui.samplers.learning.candidates import Cube
from enchanted_tui.samplers.learning.kernels import Array
from enchanted_tui.samplers.learning.posterior import Hyperparameters


@dataclass
class Fitted:
    """A fit that later proposals can take over while too little is new."""

    models: list[Hyperparameters]
    known: int  #: number of finished samples it was made from


@dataclass(frozen=True)
class PointQuestion:
    """What is known, and how many points of the unit cube, or of what `allowed` leaves of it, are
    to be chosen; the same question has the same answer.
    """

    points: Array  #: (n, d), that have the values
    values: Array  #: (n,), or (n, t) of several outputs; NaN where the sample failed
    pending: Array  #: (m, d), that have been asked for
    count: int
    seed: Any  #: anything that numpy's `SeedSequence` takes
    fitted: Fitted | None = None  #: with it, hyperparameters are not fitted anew
    allowed: Cube | None = None
    outcomes: Array | None = None  #: (n, k): what the limits in the options are for

    @property
    def cube(self) -> Cube:
        """Where points may be."""
        return self.allowed or Cube(self.points.shape[1])

    def rng(self) -> numpy.random.Generator:
        return numpy.random.default_rng(self.seed)


@dataclass
class Proposal:
    """The next points and what the model says of itself."""

    points: Array
    fitted: Fitted
    refitted: bool
    diagnostics: dict[str, Any] = field(default_factory=dict)
