"""What tells failed samples from successful ones: the interval of one parameter that holds the
failures and spares the rest.

For each parameter, the interval with the largest Youden index, J = (share of the failures inside) -
(share of the successes inside) (W. J. Youden, Cancer 3, 32, 1950), found in one pass over the
sorted values as the subarray of largest sum (J. Bentley, Comm. ACM 27, 865, 1984). Standard library
only.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

TELLING = 0.4  # Youden index from which a parameter is said to separate ...
SURE = 0.01  # ... if chance would do as well with no larger probability than this
# failed, and successful, samples below which nothing is said: the approximation for it does not
# hold
FEWEST = 5
_ENOUGH = 5_000  # values of either kind; of more, evenly spaced ones are taken
_SIMPLER = 0.02  # so much of J is given up for a threshold in place of an interval
_WIDE = 100.0  # ratio from which a positive range may be shown on a logarithmic axis ...
_CROWDED = 0.05  # ... if half of the values lie within this share of the linear one
_STEPS = 8  # heights of a bar, as there are characters for


@dataclass(frozen=True)
class Separation:
    """How one parameter separates. The failures lie between `low` and `high`; None where the
    interval is open to that side.
    """

    name: str
    low: float | None
    high: float | None
    caught: float  #: share of the failures inside, 0 to 1
    spared: float  #: share of the successes outside
    n_failed: int
    n_ok: int
    span: tuple[float, float]  #: of all values, failed and successful
    failed_span: tuple[float, float]
    ok_span: tuple[float, float] | None  #: None without successes
    logarithmic: bool  #: whether the values are best shown on a logarithmic axis
    #: at most, how probable a score as good is where nothing has to do with the failures
    #: (`separations`)
    by_chance: float = 1.0

    @property
    def score(self) -> float:
        """Youden's index: 1 if the interval separates perfectly, 0 if it says nothing."""
        return self.caught + self.spared - 1

    @property
    def tells(self) -> bool:
        """Whether the parameter is said to separate: clearly, and not as chance would do in so few
        samples.
        """
        return self.score >= TELLING and self.by_chance <= SURE

    @property
    def can_tell(self) -> bool:
        """Whether there are enough samples for anything to be said, however well they were
        separated.
        """
        return _by_chance(1.0, min(self.n_failed, _ENOUGH), min(self.n_ok, _ENOUGH)) <= SURE

    def condition(self) -> str:
        """Return the interval as a condition: ``pressure > 4e+04``."""
        if self.low is not None and self.high is not None:
            return f"{self.low:.4g} < {self.name} < {self.high:.4g}"
        if self.low is not None:
            return f"{self.name} > {self.low:.4g}"
        return f"{self.name} < {self.high:.4g}" if self.high is not None else f"any {self.name}"


def separations(
    failed: Mapping[str, Sequence[float]], ok: Mapping[str, Sequence[float]]
) -> list[Separation]:
    """Judge every parameter of the failures; values are finite. The most telling one first."""
    found = [
        separation(name, values, ok.get(name, ())) for name, values in failed.items() if len(values)
    ]
    # Bonferroni: the best of several is named
    several = [replace(item, by_chance=min(1.0, item.by_chance * len(found))) for item in found]
    return sorted(several, key=lambda item: (not item.tells, -item.score))


def separation(name: str, failed: Sequence[float], ok: Sequence[float]) -> Separation:
    """Find the interval of one parameter; `failed` has at least one value."""
    inside, others = sorted(_thinned(failed)), sorted(_thinned(ok))
    failed_span, ok_span = (min(failed), max(failed)), (min(ok), max(ok)) if ok else None
    span = (
        failed_span
        if ok_span is None
        else (min(failed_span[0], ok_span[0]), max(failed_span[1], ok_span[1]))
    )
    low, high = _interval(inside, others)
    caught, spared = _shares(inside, others, low, high)
    found = Separation(
        name,
        low,
        high,
        caught,
        spared,
        len(failed),
        len(ok),
        span,
        failed_span,
        ok_span,
        _is_wide(span, inside + others),
    )
    return replace(found, by_chance=_by_chance(found.score, len(inside), len(others)))


def _by_chance(score: float, n_failed: int, n_ok: int) -> float:
    """Return how probable a score as good is at most if failed and successful values come from one
    distribution.

    The best interval's J is at most Kuiper's statistic, so its two-sample test bounds the
    probability (N. H. Kuiper, Proc. Kon. Ned. Akad. Wet. A 63, 38, 1960; the asymptotic form with
    the correction for small samples: M. A. Stephens, Biometrika 52, 309, 1965).
    """
    if min(n_failed, n_ok) < FEWEST:
        return 1.0
    root = math.sqrt(n_failed * n_ok / (n_failed + n_ok))
    scaled = (root + 0.155 + 0.24 / root) * score
    if scaled < 0.4:
        return 1.0
    terms = ((4 * (j * scaled) ** 2 - 1) * math.exp(-2 * (j * scaled) ** 2) for j in range(1, 20))
    return min(1.0, max(0.0, 2 * sum(terms)))


def _is_wide(span: tuple[float, float], values: list[float]) -> bool:
    """Tell whether positive values crowd at the lower end of a linear axis."""
    if span[0] <= 0 or span[1] / span[0] < _WIDE:
        return False
    median = sorted(values)[len(values) // 2]
    return _share(median, *span) < _CROWDED


def _thinned(values: Sequence[float]) -> Sequence[float]:
    step = -(-len(values) // _ENOUGH)
    return values[::step] if step > 1 else values


class _Step(NamedTuple):
    """All samples with one value of the parameter, and what they add to J."""

    value: float
    gain: float


def _steps(failed: Sequence[float], ok: Sequence[float]) -> list[_Step]:
    gains: dict[float, float] = {}
    for value in failed:
        gains[value] = gains.get(value, 0.0) + 1 / len(failed)
    for value in ok:
        gains[value] = gains.get(value, 0.0) - 1 / len(ok)
    return [_Step(value, gains[value]) for value in sorted(gains)]


def _interval(failed: Sequence[float], ok: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the best interval, a threshold where that is nearly as good; its ends lie between
    values.
    """
    if not ok:
        return None, None
    steps = _steps(failed, ok)
    first, last, best = _largest_sum(steps)
    above, gain_above = _best_suffix(steps)
    below, gain_below = _best_prefix(steps)
    if max(gain_above, gain_below) >= best - _SIMPLER:
        first, last = (above, len(steps) - 1) if gain_above >= gain_below else (0, below)
    low = _between(steps[first - 1].value, steps[first].value) if first > 0 else None
    high = _between(steps[last].value, steps[last + 1].value) if last + 1 < len(steps) else None
    return low, high


def _largest_sum(steps: Sequence[_Step]) -> tuple[int, int, float]:
    best, found = -math.inf, (0, 0)
    total, start = 0.0, 0
    for index, step in enumerate(steps):
        if total <= 0:
            total, start = 0.0, index
        total += step.gain
        if total > best:
            best, found = total, (start, index)
    return *found, best


def _best_suffix(steps: Sequence[_Step]) -> tuple[int, float]:
    best, found, total = -math.inf, 0, 0.0
    for index in range(len(steps) - 1, -1, -1):
        total += steps[index].gain
        if total > best:
            best, found = total, index
    return found, best


def _best_prefix(steps: Sequence[_Step]) -> tuple[int, float]:
    best, found, total = -math.inf, 0, 0.0
    for index, step in enumerate(steps):
        total += step.gain
        if total > best:
            best, found = total, index
    return found, best


def _between(below: float, above: float) -> float:
    """Return a number between two, with as few digits as tell them apart."""
    middle = below / 2 + above / 2
    for digits in range(1, 17):
        rounded = float(f"{middle:.{digits}g}")
        if below <= rounded < above:
            return rounded
    return below


def _shares(
    failed: Sequence[float], ok: Sequence[float], low: float | None, high: float | None
) -> tuple[float, float]:
    return _inside(failed, low, high) / len(failed), 1 - _inside(ok, low, high) / len(
        ok
    ) if ok else 0.0


def _inside(values: Sequence[float], low: float | None, high: float | None) -> int:
    """Count the sorted values that are above `low` and not above `high`."""
    begin = 0 if low is None else bisect_right(values, low)
    end = len(values) if high is None else bisect_right(values, high)
    return end - begin


def heights(
    values: Sequence[float], span: tuple[float, float], width: int, *, logarithmic: bool
) -> list[int]:
    """Count values in `width` bins over a span, each count as a height from 0 (none) to 8; a single
    value is seen.
    """
    counts = [0] * width
    values = _thinned(values)
    low, high = (math.log(end) for end in span) if logarithmic else span
    for value in values:
        place = _share(math.log(value) if logarithmic else value, low, high)
        counts[min(width - 1, int(place * width))] += 1
    most = max(counts, default=0)
    return [-(-count * _STEPS // most) if count else 0 for count in counts]


def _share(value: float, low: float, high: float) -> float:
    """Return where a value lies between two, 0 to 1, also where their difference is beyond all
    numbers.
    """
    width = high / 2 - low / 2
    return min(1.0, max(0.0, (value / 2 - low / 2) / width)) if width > 0 else 0.5
