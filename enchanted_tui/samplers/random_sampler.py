"""Independent random samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Ranges
from enchanted_tui.samplers import philox, shared_checks
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler, as_samples, scale
from enchanted_tui.samplers.repeats import RepeatingSampler

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Axis

Number = int | float
Bounds = Sequence[tuple[Number, Number]]

# where in the stream further attempts are: beyond all first ones, and apart by more than they take
_FAR, _ATTEMPTS = 200, 60
_TRIED_AT_ONCE = 1 << 15


class RandomSampler(RepeatingSampler, BoxSampler):
    """Draw every parameter of every sample independently from one distribution.

    Sample i depends on the seed, the stage and i alone, so a campaign of 25 samples extended by 25
    has the samples of one with 50, whatever the batches.
    """

    independent: ClassVar[bool] = True
    begins_alike: ClassVar[bool] = True

    budget: int = option(doc="How many samples to draw in all.", ge=0, example=100)
    batch_size: int | None = option(
        None, doc="Samples in a batch; without it, all are one batch.", ge=1
    )
    distribution: str = option(
        "uniform",
        doc=(
            "uniform: between the bounds. loguniform: its logarithm is uniform. normal: mean"
            " halfway between the bounds, standard deviation a sixth of their distance, not cut at"
            " the bounds. int_uniform: whole numbers, both bounds included."
        ),
        choices=("uniform", "loguniform", "normal", "int_uniform"),
    )

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        if self.is_plain:
            return self.complete(self._between_bounds(first + start, stop - start))
        return self.at(self._kept_points(first + start, stop - start))

    def _between_bounds(self, position: int, count: int) -> list[Sample]:
        """Return samples of a list of names, from their one distribution."""
        distribution = self.distribution.lower()
        widths = [
            _integer_words(*pair) if distribution == "int_uniform" else 1 for pair in self.pairs
        ]
        raw = self._words(position, count, sum(widths))
        if distribution == "int_uniform":
            return as_samples(list(self.parameters), _int_uniform(raw, widths, self.pairs))
        rows = _CONTINUOUS[distribution](raw, self.pairs).tolist()
        return as_samples(list(self.parameters), rows)

    def _words(self, position: int, count: int, width: int) -> philox.Words:
        """Return the words of samples from `position` on, shape (count, width)."""
        return philox.words(
            self.effective_seed(), self.stage, position * width, count * width
        ).reshape(count, width)

    def _kept_points(self, position: int, count: int) -> philox.Floats:
        """Return points of the unit cube, one for each position: the first of its attempts that
        keeps the constraints. Raises EmptyRegionError where there is hardly any.
        """
        import numpy

        width = len(self.space.axes)
        found = philox.half_open(self._words(position, count, width))
        if not self.constraints:
            return found
        from enchanted_tui.samplers.region import MOST_TRIES, nearly_empty

        left = numpy.flatnonzero(~self.holds_at(found))
        tried, more = 0, 8
        while len(left):
            if tried > MOST_TRIES:
                raise nearly_empty(self.region)
            several = numpy.stack(
                [self._attempts(position + place, tried, more, width) for place in left.tolist()]
            )
            holds = self.holds_at(several.reshape(-1, width)).reshape(len(left), more)
            done, choice = holds.any(axis=1), holds.argmax(axis=1)
            found[left[done]] = several[done, choice[done]]
            left, tried = left[~done], tried + more
            more = max(8, min(4 * more, _TRIED_AT_ONCE // max(1, len(left))))
        return found

    def _attempts(self, position: int, first: int, count: int, width: int) -> philox.Floats:
        """Return further attempts at a position, shape (count, width): each position has a stretch
        of the stream of its own, far beyond the first attempts of all.
        """
        start = (1 << _FAR) + (position << _ATTEMPTS) + first * width
        raw = philox.words(self.effective_seed(), self.stage, start, count * width)
        return philox.half_open(raw).reshape(count, width)

    def axes_of_bounds(self) -> list[Axis]:
        """Return axes with the one distribution of a list of names."""
        from enchanted_tui.samplers.axes import Interval, Logarithmic, Normal, WholeNumbers

        made: list[Axis] = []
        for lower, upper in self.pairs:
            low, high = float(lower), float(upper)
            if self.distribution.lower() == "int_uniform":
                made.append(WholeNumbers(int(lower), int(upper)))
            elif self.distribution.lower() == "loguniform":
                made.append(Logarithmic(low, high))
            elif self.distribution.lower() == "normal" and low < high:
                made.append(Normal(low / 2 + high / 2, (high - low) / 6))
            else:
                made.append(Interval(low, high))
        return made

    def ranges(self) -> Ranges:
        if self.is_described:
            return super().ranges()
        logarithmic = self.distribution.lower() == "loguniform"
        return {
            name: found and found._replace(logarithmic=logarithmic)
            for name, found in super().ranges().items()
        }

    def parameter_problems(self) -> Iterator[tuple[str, str]]:
        yield from super().parameter_problems()
        if self.is_described and self.distribution.lower() != "uniform":
            yield (
                "distribution",
                "goes with a list of names; here each parameter says its own, so remove this one",
            )

    def interval_problems(
        self, lower: Number, upper: Number, where: str
    ) -> Iterator[tuple[str, str]]:
        if self.distribution.lower() == "int_uniform":
            yield from shared_checks.whole_number_problems(lower, upper, where)
            if self.constraints and max(abs(lower), abs(upper)) > shared_checks.MOST_WHOLE:
                yield (
                    where,
                    f"with constraints, whole numbers reach to {shared_checks.MOST_WHOLE:,}; narrow"
                    " it",
                )
            return
        yield from super().interval_problems(lower, upper, where)
        if self.distribution.lower() == "loguniform" and lower <= 0:
            yield (
                where,
                f"the distribution loguniform needs bounds above 0; the lower bound is {lower!r}",
            )


def _uniform(raw: philox.Words, bounds: Bounds) -> philox.Floats:
    return scale(philox.half_open(raw), bounds)


def _loguniform(raw: philox.Words, bounds: Bounds) -> philox.Floats:
    from enchanted_tui.samplers.axes import elementwise

    logarithms = scale(
        philox.half_open(raw), [(math.log(lower), math.log(upper)) for lower, upper in bounds]
    )
    lower, upper = _arrays(bounds)
    # rounding may step over a bound
    points: philox.Floats = elementwise(math.exp, logarithms).clip(lower, upper)
    return points


def _normal(raw: philox.Words, bounds: Bounds) -> philox.Floats:
    from statistics import NormalDist

    from enchanted_tui.samplers.axes import elementwise

    lower, upper = _arrays(bounds)
    deviates = elementwise(NormalDist().inv_cdf, philox.open_interval(raw))
    points: philox.Floats = (lower / 2 + upper / 2) + (upper - lower) / 6 * deviates
    return points


_CONTINUOUS: dict[str, Callable[[philox.Words, Bounds], philox.Floats]] = {
    "uniform": _uniform,
    "loguniform": _loguniform,
    "normal": _normal,
}


def _arrays(bounds: Bounds) -> tuple[philox.Floats, philox.Floats]:
    """Return lower and upper bounds, shape (d,)."""
    import numpy

    lower, upper = numpy.array(bounds, dtype=float).T
    return lower, upper


def _int_uniform(raw: philox.Words, widths: list[int], bounds: Bounds) -> Iterator[tuple[int, ...]]:
    """Return rows of whole numbers: floor(word * span / 2**bits) above the lower bound, the word
    being one or several of 64 bits.
    """
    columns, edge = [], 0
    for width, (lower, upper) in zip(widths, bounds, strict=True):
        low, span, bits = int(lower), int(upper) - int(lower) + 1, 64 * width
        words = raw[:, edge].tolist()
        for more in range(edge + 1, edge + width):
            words = [
                word << 64 | next_word
                for word, next_word in zip(words, raw[:, more].tolist(), strict=True)
            ]
        columns.append([low + (word * span >> bits) for word in words])
        edge += width
    return zip(*columns, strict=True)


def _integer_words(lower: Number, upper: Number) -> int:
    """Random words for one integer: enough that no value is favoured by more than one part in
    2**32.
    """
    span = int(upper) - int(lower) + 1
    return (span.bit_length() + 95) // 64
