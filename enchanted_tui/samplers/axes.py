"""One parameter as an axis of the unit cube: from a coordinate to a value, and to what a model is
told of a value.

A coordinate is a quantile: a coordinate that is uniform between 0 and 1 gives values of the
parameter's distribution. Arrays have one entry for each sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from statistics import NormalDist
from typing import Any

import numpy

from enchanted_tui.config.ranges import Range, range_of

Array = numpy.ndarray[Any, Any]

_STANDARD = NormalDist()
_LEAST = 2.0**-54  #: a coordinate at which a normal distribution has a value


class Axis:
    """What the axes have in common."""

    #: True if there is one value only
    is_constant: bool = False
    #: True if not every value between two others is a value too
    is_discrete: bool = False
    #: How many numbers tell a model the value
    n_features: int = 1

    def values(self, unit: Array) -> Array:
        """Return the values at coordinates in [0, 1]."""
        raise NotImplementedError

    def features(self, values: Array) -> Array:
        """Return what a model is told of values, shape (n, n_features), from 0 to 1."""
        raise NotImplementedError

    def from_features(self, features: Array) -> Array:
        """Return the values that are nearest to features, shape (n, n_features)."""
        raise NotImplementedError

    def grid(self, count: int) -> list[Any]:
        """Return at most `count` values, evenly spaced along the axis, both ends included."""
        return self.values(numpy.linspace(0.0, 1.0, count)).tolist()  # type: ignore[no-any-return]

    @property
    def listed(self) -> list[Any] | None:
        """All values, where these are listed."""
        return None

    def reach(self) -> Range | None:
        """Return how far its values reach; None for text."""
        raise NotImplementedError


class Interval(Axis):
    """Numbers from `low` to `high`, alike."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.is_constant = low == high
        self.n_features = 0 if self.is_constant else 1

    def values(self, unit: Array) -> Array:
        # rounding may step over the bound
        found: Array = numpy.minimum(self.low + unit * (self.high - self.low), self.high)
        return found

    def features(self, values: Array) -> Array:
        if self.is_constant:
            return numpy.empty((len(values), 0))
        found: Array = ((values.astype(float) - self.low) / (self.high - self.low))[:, None]
        return found

    def from_features(self, features: Array) -> Array:
        return self.values(numpy.zeros(len(features)) if self.is_constant else features[:, 0])

    def reach(self) -> Range | None:
        return Range(self.low, self.high)


class Logarithmic(Interval):
    """Numbers above 0, with logarithms alike."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(low, high)
        self._low, self._width = math.log(low), math.log(high) - math.log(low)

    def values(self, unit: Array) -> Array:
        found: Array = elementwise(math.exp, self._low + unit * self._width)
        return numpy.clip(found, self.low, self.high)

    def features(self, values: Array) -> Array:
        if self.is_constant:
            return numpy.empty((len(values), 0))
        found: Array = (elementwise(math.log, values.astype(float)) - self._low) / self._width
        return found[:, None]

    def reach(self) -> Range | None:
        return Range(self.low, self.high, logarithmic=True)


class WholeNumbers(Axis):
    """Whole numbers from `low` to `high`, alike; `logarithmic`: each as probable as its share of
    the logarithms from `low` to `high` + 1.
    """

    is_discrete = True

    def __init__(self, low: int, high: int, *, logarithmic: bool = False) -> None:
        self.low, self.high, self._logarithmic = low, high, logarithmic
        self.is_constant = low == high
        self.n_features = 0 if self.is_constant else 1

    def values(self, unit: Array) -> Array:
        if self._logarithmic:
            width = math.log(self.high + 1) - math.log(self.low)
            found = elementwise(math.exp, math.log(self.low) + unit * width)
        else:
            found = self.low + numpy.floor(unit * (self.high - self.low + 1))
        return numpy.clip(numpy.floor(found), self.low, self.high).astype(numpy.int64)

    def features(self, values: Array) -> Array:
        if self.is_constant:
            return numpy.empty((len(values), 0))
        found = values.astype(float)
        if self._logarithmic:
            logarithms = elementwise(math.log, found) - math.log(self.low)
            found = logarithms / (math.log(self.high) - math.log(self.low))
        else:
            found = (found - self.low) / (self.high - self.low)
        return found[:, None]

    def from_features(self, features: Array) -> Array:
        if self.is_constant:
            return numpy.full(len(features), self.low, dtype=numpy.int64)
        found = features[:, 0]
        if self._logarithmic:
            width = math.log(self.high) - math.log(self.low)
            found = elementwise(math.exp, math.log(self.low) + found * width)
        else:
            found = self.low + found * (self.high - self.low)
        return numpy.clip(numpy.rint(found), self.low, self.high).astype(numpy.int64)

    def grid(self, count: int) -> list[Any]:
        if count == 1:
            return [self.low]
        features = numpy.linspace(0.0, 1.0, count)[:, None]
        if self.is_constant:
            return [self.low]
        return sorted(set(self.from_features(features).tolist()))

    def reach(self) -> Range | None:
        return Range(float(self.low), float(self.high), self._logarithmic)


class Normal(Axis):
    """A normal distribution, cut at `low` and `high` where these are given.

    Its coordinate is the distribution function, computed from the nearer tail, so that bounds far
    from the mean are reached too.
    """

    def __init__(
        self, mean: float, sd: float, low: float = -math.inf, high: float = math.inf
    ) -> None:
        self.mean, self.sd, self.low, self.high = mean, sd, low, high
        self.is_constant = low == high
        self.n_features = 0 if self.is_constant else 1
        #: whether the upper tail is taken for the lower one
        self._mirrored = low > mean
        start, end = (low - mean) / sd, (high - mean) / sd
        if self._mirrored:
            start, end = -end, -start
        self._start, self.mass = below(start), below(end) - below(start)

    def values(self, unit: Array) -> Array:
        if self.is_constant:
            return numpy.full(len(unit), self.low)
        share = self._start + self.mass * (1.0 - unit if self._mirrored else unit)
        deviates = elementwise(
            _STANDARD.inv_cdf, numpy.clip(share, min(_LEAST, self._least()), 1.0 - 2.0**-53)
        )
        found = self.mean + self.sd * (-deviates if self._mirrored else deviates)
        return numpy.clip(found, self.low, self.high)

    def _least(self) -> float:
        return self._start if self._start > 0 else _LEAST

    def features(self, values: Array) -> Array:
        if self.is_constant:
            return numpy.empty((len(values), 0))
        deviates = (values.astype(float) - self.mean) / self.sd
        shares = elementwise(below, -deviates if self._mirrored else deviates)
        found = numpy.clip((shares - self._start) / self.mass, 0.0, 1.0)
        return (1.0 - found if self._mirrored else found)[:, None]

    def from_features(self, features: Array) -> Array:
        return self.values(numpy.zeros(len(features)) if self.is_constant else features[:, 0])

    def grid(self, count: int) -> list[Any]:
        """Return the medians of `count` equally probable parts: a tail has no end."""
        return self.values((numpy.arange(count) + 0.5) / count).tolist()  # type: ignore[no-any-return]

    def reach(self) -> Range | None:
        return Range(
            max(self.low, self.mean - 3 * self.sd) if math.isinf(self.low) else self.low,
            min(self.high, self.mean + 3 * self.sd) if math.isinf(self.high) else self.high,
        )


class Listed(Axis):
    """Listed values, each as probable as its weight; `ordered`: numbers of which a model may know
    that neighbours are alike.
    """

    is_discrete = True

    def __init__(
        self, values: Sequence[Any], weights: Sequence[float] | None = None, *, ordered: bool
    ) -> None:
        shares = [1.0] * len(values) if weights is None else weights
        pairs = [pair for pair in zip(values, shares, strict=True) if pair[1] > 0]
        self._written = [value for value, _ in pairs]
        if ordered:
            pairs.sort(key=lambda pair: pair[0])
        self._values = [value for value, _ in pairs]
        self._ordered = ordered
        total = math.fsum(share for _, share in pairs)
        self._edges = numpy.cumsum([share / total for _, share in pairs])[:-1]
        self._places = {_key(value): place for place, value in enumerate(self._values)}
        count = len(self._values)
        self.is_constant = count == 1
        self.n_features = 0 if count == 1 else 1 if ordered or count == 2 else count

    @property
    def listed(self) -> list[Any] | None:
        return self._written

    def among(self, kept: Collection[Any]) -> Listed:
        """Return the axis of those of its values that are `kept`, as probable among each other."""
        known = {_key(value) for value in kept}
        shares = numpy.diff([0.0, *self._edges.tolist(), 1.0]).tolist()
        pairs = [pair for pair in zip(self._values, shares, strict=True) if _key(pair[0]) in known]
        return Listed(*zip(*pairs, strict=True), ordered=self._ordered)

    def values(self, unit: Array) -> Array:
        return self._at(numpy.searchsorted(self._edges, unit, side="right"))

    def _at(self, places: Array) -> Array:
        found = numpy.empty(len(places), dtype=object)
        found[:] = [self._values[place] for place in places.tolist()]
        return found

    def features(self, values: Array) -> Array:
        places = numpy.array([self._places[_key(value)] for value in values.tolist()], dtype=int)
        if self.n_features > 1:
            found: Array = numpy.eye(len(self._values))[places]
            return found
        if self.is_constant:
            return numpy.empty((len(values), 0))
        return (places / (len(self._values) - 1))[:, None]

    def from_features(self, features: Array) -> Array:
        if self.is_constant:
            return self._at(numpy.zeros(len(features), dtype=int))
        if self.n_features > 1:
            return self._at(features.argmax(axis=1))
        last = len(self._values) - 1
        return self._at(numpy.clip(numpy.rint(features[:, 0] * last), 0, last).astype(int))

    def grid(self, count: int) -> list[Any]:
        return list(self._written)

    def reach(self) -> Range | None:
        return range_of(self._values)


def _key(value: Any) -> tuple[bool, Any]:
    """Return what tells values apart; a table that has been read again has 1.0 for 1."""
    return isinstance(value, bool), value


def below(deviate: float) -> float:
    """Return the standard normal distribution function, exact far below the mean too."""
    return 0.5 * math.erfc(-deviate / math.sqrt(2))


def elementwise(function: Callable[[float], float], values: Array) -> Array:
    """Return a function's values one by one: numpy's own may differ in the last bit from one
    processor to the next.
    """
    return numpy.array(list(map(function, values.ravel().tolist())), dtype=float).reshape(
        values.shape
    )
