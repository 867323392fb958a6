"""The samples of a stage, slice by slice: read back from the record, or drawn again where that can
be done by position.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from enchanted_tui.record.journal import Journal
from enchanted_tui.record.records import Record
from enchanted_tui.record.samples import SLICE, read_samples, samples_record
from enchanted_tui.record.stage_state import BatchState
from enchanted_tui.supervisor.plan import StagePlan
from enchanted_tui.supervisor.sampler_failure import blamed_on
from enchanted_tui.values import Row

_SLICES_KEPT, _SLICES_KEPT_OUT_OF_ORDER = 4, 256


class StageSamples:
    """Gives samples, of which a few slices are kept in memory."""

    def __init__(
        self,
        plan: StagePlan,
        journal: Journal,
        record: Callable[[Record], int],
        recovered: Callable[[BatchState, int], Row],
    ) -> None:
        """`recovered`: gives a sample that is not on record and cannot be drawn again."""
        self._plan, self._journal, self._record, self._recovered = plan, journal, record, recovered
        self._samples: OrderedDict[tuple[int, int], list[Row]] = OrderedDict()

    def at(self, batch: BatchState, position: int) -> Row:
        """Return a sample of a batch. Raises LostSamplesError."""
        start = position - position % SLICE
        key = (batch.index, start)
        samples = self._samples.get(key)
        is_drawn_again = self._plan.pure and not batch.added
        if samples is None and start not in batch.slices and not is_drawn_again:
            return self._recovered(batch, position)
        if samples is None:
            samples = self._slice(batch, start)
            self.keep(batch.index, start, samples)
        return samples[position - start]

    def keep(self, batch: int, start: int, samples: list[Row]) -> None:
        """Keep a slice for a while."""
        self._samples[batch, start] = samples
        continuation = self._plan.continuation
        out_of_order = continuation is not None and continuation.by_distance
        while len(self._samples) > (_SLICES_KEPT_OUT_OF_ORDER if out_of_order else _SLICES_KEPT):
            self._samples.popitem(last=False)

    def _slice(self, batch: BatchState, start: int) -> list[Row]:
        if start in batch.slices:
            return read_samples(self._journal.read(batch.slices[start]))
        stop = min(start + SLICE, batch.size)
        place = batch.sampler_index, batch.sampler_first, batch.size
        samples = self.points(*place, start, stop)
        self.record(batch.index, batch.first, batch.size, start, samples)
        return samples

    def points(self, batch: int, first: int, size: int, start: int, stop: int) -> list[Row]:
        """Draw samples by position. Raises SamplerFailure."""
        with blamed_on(self._plan.sampler):
            points: list[Row] = self._plan.sampler.points(batch, first, size, start, stop)  # type: ignore[attr-defined]
        return points

    def record(
        self,
        batch: int,
        first: int,
        size: int,
        start: int,
        samples: list[Row],
        known: int | None = None,
    ) -> None:
        """Put a slice on record."""
        record = samples_record(
            samples,
            depth=self._plan.depth,
            batch=batch,
            first=first,
            size=size,
            start=start,
            known=known,
        )
        self._record(record)
