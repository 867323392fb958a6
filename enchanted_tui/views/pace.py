"""How fast a campaign goes, and between which bounds the time lies that it will still take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import inf, sqrt

BUCKETS = 60
_WIDTHS = (5, 10, 30, 60, 300, 600, 1_800, 3_600, 14_400, 86_400)  #: seconds a bucket
_FINE, _COARSE = 5, 600  #: seconds at which results are counted
_PER_BUCKET = 4  #: results that a bucket should hold on average
_FINE_IN_COARSE = _COARSE // _FINE
_KEPT = 2 * BUCKETS * 300 // _FINE
_SIGMAS = 2.0


class Pace:
    """Counts results by when they finished."""

    def __init__(self) -> None:
        self._fine: Counter[int] = Counter()
        self._coarse: Counter[int] = Counter()
        self._oldest = inf  #: fine bucket with results
        self._forgotten = -inf  #: fine bucket up to which none are kept any more
        self.last = 0.0  #: when the newest result finished, seconds since the epoch

    def add(self, finished: Sequence[float]) -> None:
        """Take results by when they finished."""
        if not finished:
            return
        fine = [int(moment // _FINE) for moment in finished]
        self._fine.update(fine)
        self._oldest = min(self._oldest, min(fine))
        self._coarse.update([int(moment // _COARSE) for moment in finished])
        self.last = max(self.last, max(finished))
        if len(self._fine) > 2 * _KEPT:
            self._forgotten = max(self._fine) - _KEPT
            self._fine = Counter(
                {bucket: count for bucket, count in self._fine.items() if bucket > self._forgotten}
            )

    def rates(self, now: float, since: float) -> tuple[int, tuple[float, ...]]:
        """Return the width of a bucket in seconds and the results per second in each of the last
        `BUCKETS` of them, the present one last.

        Buckets are wide enough for a few results each in the time from `since` (when the session
        began) to `now`.
        """
        width = self._width(now, since)
        counts, unit = (self._fine, _FINE) if width < _COARSE else (self._coarse, _COARSE)
        per_bucket = width // unit
        end = int(now // width) + 1
        rates = []
        for bucket in range(end - BUCKETS, end):
            count = sum(
                counts.get(part, 0)
                for part in range(bucket * per_bucket, (bucket + 1) * per_bucket)
            )
            seconds = width if bucket < end - 1 else max(1.0, now - (end - 1) * width)
            rates.append(count / seconds)
        return width, tuple(rates)

    def count_since(self, since: float) -> int:
        """Return the number of results since a session began, to within five seconds (ten minutes
        where it began days ago). Those of the session before it are not among them.
        """
        first, end = int(since // _FINE), int(since // _COARSE) + 1
        if self._oldest >= first or self._forgotten >= first:
            beginning = self._coarse.get(end - 1, 0)
        else:
            fine = range(first + 1, end * _FINE_IN_COARSE)
            beginning = sum(self._fine.get(bucket, 0) for bucket in fine)
        return beginning + sum(count for bucket, count in self._coarse.items() if bucket >= end)

    def _width(self, now: float, since: float) -> int:
        total = self.count_since(since)
        mean = total / max(1.0, now - since)
        return (
            next((width for width in _WIDTHS if mean * width >= _PER_BUCKET), _WIDTHS[-1])
            if total
            else _WIDTHS[0]
        )


def eta_range(
    remaining: float, recent: float | None, recent_count: int, done: int, elapsed: float
) -> tuple[float, float] | None:
    """Return the bounds, in seconds, of the time that `remaining` tasks will take; None if nothing
    can be said.

    Two rates are taken as equally likely, the present one (`recent` tasks a second, measured with
    `recent_count` results) and that of the whole session (`done` tasks in `elapsed` seconds), each
    with two standard deviations of a Poisson process.
    """
    if remaining <= 0:
        return None
    estimates = [(recent, recent_count)] if recent else []
    if done >= 2 and elapsed > 0:
        estimates.append((done / elapsed, done))
    times = [
        remaining / (rate * (1 + sign * _deviation(count)))
        for rate, count in estimates
        if rate
        for sign in (-1, 1)
    ]
    return (min(times), max(times)) if times else None


def _deviation(count: int) -> float:
    """Relative uncertainty of a rate that was measured with `count` results; kept below 1, where
    the bound would be infinite.
    """
    return min(0.9, _SIGMAS / sqrt(max(count, 1)))
