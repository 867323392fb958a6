"""What samplers that learn have said of their models."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from msgspec import Struct, field

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
    #: best value so far, where one is looked for; of several objectives the front's hypervolume
    best: float | None
    #: what the model expects of its first choice, by the sampler's own measure
    acquisition: float | None
    seconds: float  #: that fitting and choosing took
    time: float  #: seconds since the epoch
    front: int | None = None  #: samples on the front of several objectives
    #: root mean square error of each of several outputs; `cv_error` is then that of the one known
    #: worst, in standard deviations
    errors: dict[str, float] | None = None


class Learned(Struct):
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


def learned_words(point: LearnedPoint) -> str:
    """Say what a sampler has learnt: ``best 1.23, cross-validated error 0.05 (4 % of the spread)
    from 37 observations, 2 failed``.
    """
    words = [] if point.best is None else [f"best {point.best:.6g}"]
    if point.front is not None:
        volume = "" if point.best is None else f", hypervolume {point.best:.6g}"
        words = [f"front of {point.front:,}{volume}"]
    if point.cv_error is not None:
        errors = point.errors or {"": point.cv_error}
        told = ", ".join(f"{name} {error:.3g}".strip() for name, error in errors.items())
        share = (
            ""
            if point.cv_error_relative is None
            else f" ({'at most ' if point.errors else ''}{100 * point.cv_error_relative:.3g} % of"
            " the spread)"
        )
        words.append(f"cross-validated error {told}{share}")
    if point.acquisition is not None:
        words.append(f"acquisition {point.acquisition:.3g}")
    failed = f", {point.failed} failed" if point.failed else ""
    return f"{', '.join(words)} from {point.observations} observations{failed}"
