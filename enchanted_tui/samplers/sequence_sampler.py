"""What samplers have in common that take consecutive points of a sequence in the unit cube."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from enchanted_tui.samplers.base import Sample
from enchanted_tui.samplers.box import BoxSampler
from enchanted_tui.samplers.repeats import RepeatingSampler

if TYPE_CHECKING:
    from enchanted_tui.samplers.axes import Array
    from enchanted_tui.samplers.region import KeptPoints


class SequenceSampler(RepeatingSampler, BoxSampler):
    """A sampler whose sample i is point i of a sequence without end: of the points that keep the
    constraints, where there are any. Ranges, choices and distributions of the parameters, derived
    ones, constraints and repeats are seen to here.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._kept: tuple[Hashable, KeptPoints] | None = None

    def unit_points(self, position: int, count: int) -> Array:
        """Return points `position` to `position + count` of the sequence, shape (count, d), each
        coordinate at least 0 and at most 1. They follow from the options, from `effective_seed()`,
        `stage` and the position alone.
        """
        raise NotImplementedError

    def sequence_key(self) -> Hashable:
        """Return what tells the sequence from others that the same options give."""
        return self.effective_seed(), self.stage

    def design_points(
        self, batch: int, first: int, size: int, start: int, stop: int
    ) -> list[Sample]:
        if not self.constraints:
            return self.at(self.unit_points(first + start, stop - start))
        numbers = self._kept_numbers(first + start, first + stop)
        if not len(numbers):
            return []
        begin, end = int(numbers[0]), int(numbers[-1]) + 1
        return self.at(self.unit_points(begin, end - begin)[numbers - begin])

    def _kept_numbers(self, begin: int, end: int) -> Array:
        """Return where in the sequence the points are that keep the constraints."""
        from enchanted_tui.samplers.region import KeptPoints

        key = self.sequence_key()
        if self._kept is None or self._kept[0] != key:
            kept = KeptPoints(
                self.region,
                lambda start, stop: self.space.columns(self.unit_points(start, stop - start)),
            )
            self._kept = (key, kept)
        return self._kept[1].numbers(begin, end)
