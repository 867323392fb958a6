"""Independent random samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from enchanted_tui.config.options import option
from enchanted_tui.config.ranges import Ranges
from enchanted_tui.samplers import checks, philox
from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler, as_samples, scale

Number = int | float
Bounds = Sequence[tuple[Number, Number]]


class RandomSampler(BoxSampler):
    """Draw every parameter of every sample independently from one distribution.

    Sample i depends on the seed, the stage and i alone, so a campaign of 25 samples extended by 25
    has the samples of one with 50, whatever the batches.
    """

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

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Sample]:
        distribution = self.distribution.lower()
        widths = [
            _integer_words(*pair) if distribution == "int_uniform" else 1 for pair in self.bounds
        ]
        width, count = sum(widths), stop - start
        raw = philox.words(
            self.effective_seed(), self.stage, (first + start) * width, count * width
        ).reshape(count, width)
        if distribution == "int_uniform":
            return as_samples(self.parameters, _int_uniform(raw, widths, self.bounds))
        return as_samples(self.parameters, _CONTINUOUS[distribution](raw, self.bounds).tolist())

    def ranges(self) -> Ranges:
        logarithmic = self.distribution.lower() == "loguniform"
        return {
            name: found and found._replace(logarithmic=logarithmic)
            for name, found in super().ranges().items()
        }

    def interval_problems(
        self, lower: Number, upper: Number, where: str
    ) -> Iterator[tuple[str, str]]:
        if self.distribution.lower() == "int_uniform":
            yield from checks.whole_number_problems(lower, upper, where)
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
    logarithms = scale(
        philox.half_open(raw), [(math.log(lower), math.log(upper)) for lower, upper in bounds]
    )
    lower, upper = _arrays(bounds)
    # rounding may step over a bound
    points: philox.Floats = _elementwise(math.exp, logarithms).clip(lower, upper)
    return points


def _normal(raw: philox.Words, bounds: Bounds) -> philox.Floats:
    from statistics import NormalDist

    lower, upper = _arrays(bounds)
    deviates = _elementwise(NormalDist().inv_cdf, philox.open_interval(raw))
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


def _elementwise(function: Callable[[float], float], values: philox.Floats) -> philox.Floats:
    import numpy

    # one by one: numpy's vectorised functions may differ in the last bit from one processor to the
    # next
    return numpy.array(list(map(function, values.ravel().tolist()))).reshape(values.shape)


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
