"""What a generator has been asked and told, in order, so that another process can bring one to the
same state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from enchanted_tui.errors import UserError
from enchanted_tui.samplers.gest.conversation import Answer, Event, Question
from enchanted_tui.samplers.gest.vocs import Point

Ask = Callable[[Question], Answer]


class GeneratorError(UserError):
    """A generator cannot be used, or not any more; the text says why and what to do."""

    def __init__(self, sentence: str, trace: str) -> None:
        super().__init__(sentence)
        self.trace = trace  #: the traceback in the generator's process


class DifferentPointsError(UserError):
    """A generator that was asked and told the same has given other points; the text says where."""


class PastDraw(NamedTuple):
    """A draw on record: `size` samples from position `first` on, when `known` had finished."""

    first: int
    size: int
    known: int


class Finished(NamedTuple):
    """What became of a sample: its outputs, NaN where it failed."""

    position: int
    point: Point
    outputs: dict[str, float]
    seconds: float

    @property
    def failed(self) -> bool:
        return all(map(math.isnan, self.outputs.values()))

    def told(self) -> dict[str, Any]:
        return {**self._asdict(), "failed": self.failed}


def in_order(outcomes: Iterable[Finished]) -> list[Finished]:
    """Return results in the order in which they are told together: those of the sampler's own
    samples by position, then those of points added by hand.
    """
    return sorted(outcomes, key=lambda outcome: (outcome.position < 0, abs(outcome.position)))


@dataclass
class Transcript:
    """The events of a generator's life, with the setup that it was made with."""

    setup: dict[str, Any]
    patience: float
    events: list[Event] = field(default_factory=list)
    _done: int = 0  #: how many of the events the process has been through, if it is still there

    def tell(self, outcomes: Sequence[Finished]) -> None:
        """Add results to what there is to tell."""
        if outcomes:
            self.events.append({"ingest": [outcome.told() for outcome in outcomes]})

    def add_past(self, first: int, points: Sequence[Point]) -> None:
        """Add a suggestion that is on record."""
        self.events.append({"suggest": len(points), "first": first, "points": list(points)})

    def suggest(self, first: int, count: int, ask: Ask) -> list[Point]:
        """Return new points for the samples from position `first` on. Raises GeneratorError and
        DifferentPointsError.
        """
        event: Event = {"suggest": count, "first": first}
        self.events.append(event)
        points = self._ask(ask, last=False)
        event["points"] = points
        return points

    def finish(self, ask: Ask) -> None:
        """Tell what there is still to tell, and let the generator end. Raises as `suggest`."""
        self._ask(ask, last=True)
        self._done = 0

    def _ask(self, ask: Ask, *, last: bool) -> list[Point]:
        answer = ask(self._question(last))
        if "behind" in answer:
            self._done = 0
            answer = ask(self._question(last))
        if "differs" in answer:
            raise DifferentPointsError(answer["differs"])
        if "refused" in answer:
            raise GeneratorError(answer["refused"], answer.get("traceback", ""))
        self._done = len(self.events)
        points: list[Point] = answer["points"]
        return points

    def _question(self, last: bool) -> Question:
        return {
            "setup": self.setup,
            "patience": self.patience,
            "done": self._done,
            "events": self.events[self._done :],
            "last": last,
        }


def from_record(
    transcript: Transcript,
    draws: Sequence[PastDraw],
    points: Mapping[int, Point],
    finished: Sequence[Finished],
    is_told: Callable[[Finished], bool],
) -> list[Finished]:
    """Bring a transcript to where the record ends, and return what is left to tell.

    `points`: the values of all samples drawn, by position; `finished`: results in the order in
    which they came.
    """
    told = 0
    for draw in draws:
        transcript.tell(in_order(filter(is_told, finished[told : draw.known])))
        told = max(told, draw.known)
        transcript.add_past(
            draw.first, [points[place] for place in range(draw.first, draw.first + draw.size)]
        )
    return list(finished[told:])
