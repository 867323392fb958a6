"""What samplers that learn have said of their models."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_RECENT_POINTS = 256


@dataclass(frozen=True)
class LearnedPoint:
    """What a sampler that learns said of its model after a fit. Errors and values are in the units
    of what it learns from.
    """

    known: int  #: samples of the stage that had finished
    observations: int  #: values that the model was fitted to
    failed: int  #: samples that gave none
    cv_error: float | None  #: root mean square error of each value predicted from all others
    cv_error_relative: float | None  #: its share of the values' standard deviation
    best: float | None  #: best value so far, where one is looked for
    #: what the model expects of its first choice, by the sampler's own measure
    acquisition: float | None
    seconds: float  #: that fitting and choosing took
    time: float  #: seconds since the epoch


@dataclass
class Learned:
    """What a stage has learnt so far."""

    points: deque[LearnedPoint] = field(default_factory=lambda: deque(maxlen=_RECENT_POINTS))
    best: float | None = None
    best_known: int = 0  #: samples that had finished when the best was first seen
    lowest_error: float | None = None
    lowest_error_known: int = 0  #: samples that had finished when the error was lowest
    last_known: int = 0

    def put(self, point: LearnedPoint) -> None:
        self.points.append(point)
        self.last_known = point.known
        if point.best is not None and point.best != self.best:
            self.best, self.best_known = point.best, point.known
        if point.cv_error is not None and (
            self.lowest_error is None or point.cv_error < self.lowest_error
        ):
            self.lowest_error, self.lowest_error_known = point.cv_error, point.known

    @property
    def since_better(self) -> int:
        """Samples that have finished since the best value, or the lowest error where none is looked
        for, was found.
        """
        return self.last_known - (
            self.best_known if self.best is not None else self.lowest_error_known
        )
