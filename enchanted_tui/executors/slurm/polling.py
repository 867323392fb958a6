"""When results are collected and the scheduler is asked next: often while something happens, less
and less often where nothing does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

#: seconds after the first submission at which the scheduler is asked whether these jobs can start
#: at all
_FIRST_LOOK = 2.0
_SOON = 5.0  #: seconds until the scheduler is asked again when a submission is in doubt
_SHORTEST_COLLECT = 1.0
#: seconds between two tries while the connection is lost: at first, and at most
_RECONNECT, _MOST_RECONNECT = 0.5, 5.0


@dataclass(frozen=True)
class Intervals:
    """How often things are looked at, seconds."""

    results: float
    scheduler: float
    scheduler_longest: float
    scheduler_watched: float
    grace: float


class PollTimes:
    """Moments, by the monotonic clock. `watched` is called by another thread than the rest."""

    def __init__(self, intervals: Intervals, *, submitted_any: bool) -> None:
        self._intervals = intervals
        self.next_collect = self._next_look = 0.0
        self._looked_at = self._watched_until = 0.0
        self._silent_looks = 0  #: in a row
        self._happened_at = (
            0.0  #: when something happened that what the scheduler said before cannot tell
        )
        self._look_interval = intervals.scheduler
        self._collect_interval = _SHORTEST_COLLECT
        self._submitted_any = submitted_any
        self._reconnect = _RECONNECT

    def watched(self, seconds: float) -> bool:
        """Somebody looks at the jobs, for so long; tell whether the scheduler is to be asked sooner
        for it.
        """
        now = time.monotonic()
        begins, self._watched_until = now >= self._watched_until, now + seconds
        return begins and self._next_look > self._soonest_look()

    def _soonest_look(self) -> float:
        """When the scheduler may be asked again at the earliest, because somebody looks at the
        jobs; infinity while nobody does.
        """
        return (
            self._looked_at + self._intervals.scheduler_watched
            if time.monotonic() < self._watched_until
            else float("inf")
        )

    def due(self) -> tuple[float, float, float]:
        """Return the moments at which there is something to do."""
        return self.next_collect, self._next_look, self._soonest_look()

    def collect_is_due(self) -> bool:
        return time.monotonic() >= self.next_collect

    def look_is_due(self) -> bool:
        return time.monotonic() >= min(self._next_look, self._soonest_look())

    def look_soon(self, seconds: float = _SOON) -> None:
        """Ask the scheduler after so many seconds."""
        self._next_look = time.monotonic() + seconds

    def connection_lost(self) -> None:
        """Try again after a pause, a longer one each time."""
        self.next_collect = self._next_look = time.monotonic() + self._reconnect
        self._reconnect = min(_MOST_RECONNECT, 2 * self._reconnect)

    def connected(self) -> None:
        self._reconnect = _RECONNECT

    def after_submission(self, *, unsure: bool) -> None:
        """Jobs were submitted; `unsure`: perhaps."""
        now = self._happened_at = time.monotonic()
        self._collect_interval = _SHORTEST_COLLECT
        self.next_collect = now + _SHORTEST_COLLECT
        first = _FIRST_LOOK if not self._submitted_any else self._intervals.scheduler
        self._submitted_any = True
        self._look_interval = self._intervals.scheduler
        self._next_look = (
            min(self._next_look, now + first) if self._next_look > now else now + first
        )
        if unsure:
            self._next_look = min(self._next_look, now + _SOON)

    def after_addition(self) -> None:
        """A job that runs was given more."""
        self._collect_interval = _SHORTEST_COLLECT
        self.next_collect = min(self.next_collect, time.monotonic() + _SHORTEST_COLLECT)

    def look_again(self) -> None:
        """What the scheduler has said before does not tell what is to be known now."""
        self._happened_at = time.monotonic()
        self.look_soon(0.0)

    def begin_look(self) -> float:
        """Return the moment than which what the scheduler has said must be newer."""
        interval = self._intervals
        now = self._looked_at = time.monotonic()
        oldest = interval.scheduler_watched if now < self._watched_until else interval.scheduler
        return max(self._happened_at, now - oldest)

    def after_look(self, *, changed: bool, unsure: bool, answered: bool, some_ended: bool) -> None:
        """The scheduler was asked: whether anything has changed, submissions are in doubt, it has
        answered, and jobs have ended whose last results are wanted.
        """
        interval = self._intervals
        if some_ended:  # the last that those jobs have written is wanted now
            self.next_collect = self._looked_at
        self._look_interval = (
            interval.scheduler
            if changed
            else min(interval.scheduler_longest, self._look_interval * 1.5)
        )
        pause = min(_SOON, interval.scheduler) if unsure else self._look_interval
        # it is not helped by being asked all the time
        if not answered:
            pause = min(
                interval.scheduler_longest, min(_SOON, interval.scheduler) * 2**self._silent_looks
            )
            self._silent_looks = min(self._silent_looks + 1, 10)
        else:
            self._silent_looks = 0
        self._next_look = time.monotonic() + pause

    def after_collect(
        self, *, arrived: bool, seconds_left: float | None, some_ended: bool, wants_look: bool
    ) -> None:
        """Results were collected: whether there were any, how long what runs will take, and whether
        jobs have ended or only the scheduler knows what has become of one.
        """
        now = time.monotonic()
        self._collect_interval = (
            _SHORTEST_COLLECT if some_ended else self._until_next_results(arrived, seconds_left)
        )
        self.next_collect = now + self._collect_interval
        if wants_look:
            self._happened_at = now
            self._next_look = min(self._next_look, now + _FIRST_LOOK)

    def _until_next_results(self, arrived: bool, seconds_left: float | None) -> float:
        """Return a collection interval: the usual one, or less where everything will soon be
        done.
        """
        longest = self._intervals.results
        if seconds_left is None:
            return min(longest, self._collect_interval * (1.0 if arrived else 1.5))
        shortest = 0.0 if arrived else self._collect_interval * 1.5
        return min(longest, max(_SHORTEST_COLLECT, seconds_left / 3, shortest))
