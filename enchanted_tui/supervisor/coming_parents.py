"""The parents of a stage while the stage before is still at work: which they will be, each in the
place that it would have if all were there, and which have their rows by now.

Samples of the stage before are its parents in the order of its batches. Where all of them become
parents, a place is known as soon as the sample is drawn; where failed ones are left out
(`failed_parents: skip`), as soon as all samples before it have ended. Where the stage before has
parents of its own, those of its second batch follow all of the first, whose number is known when
these parents are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from typing import Protocol

from enchanted_tui.record.records import ParentsRecord, Record
from enchanted_tui.record.stage_state import FAILED, NOT_RUN, StageState

Range = tuple[int, int, int]  #: batch, first sample, end

_END = 1 << 62  #: beyond every sample


class StageBefore(Protocol):
    """What is asked of the stage whose rows are the parents."""

    @property
    def stage(self) -> StageState: ...

    @property
    def has_drawn_all(self) -> bool:
        """True if its sampler has drawn everything that it will draw."""

    @property
    def parents_are_known(self) -> bool:
        """True if all its own parents have their places."""


class ComingParents:
    """The parents of one stage. `ready` has the places of those that have a row, in the order in
    which they got it.
    """

    def __init__(
        self,
        before: StageBefore,
        stage: StageState,
        record: Callable[[Record], int],
        *,
        skip_failed: bool,
    ) -> None:
        self._before, self._stage, self._record = before, stage, record
        self._skip_failed = skip_failed
        self.ready = array("q")
        self._is_ready = bytearray()  # by place
        #: by batch of the stage before: first sample, end and first place of each range, in order
        self._places: dict[int, list[Range]] = {}
        self._batch = self._sample = 0  #: of the stage before: all samples before it are decided
        self._grandparents = before.stage.n_parents
        self.settled = False  #: whether the stage before is complete
        self._take(stage.parents, 0)

    # -- which there are ---------------------------------------------------------------------------

    def grow(self) -> None:
        """Put those on record whose place has become known."""
        if self.settled or not self._may_go_on():
            return
        fresh = list(_joined(self._unlisted()))
        if fresh:
            first = self._stage.n_parents
            record = ParentsRecord(
                type="parents", depth=self._stage.depth, ranges=[list(item) for item in fresh]
            )
            if first:
                record["after"] = first
            self._record(record)
            self._take(fresh, first)

    @property
    def are_known(self) -> bool:
        """True if no parent will come that has no place yet."""
        if self.settled:
            return True
        before = self._before
        return before.has_drawn_all and before.parents_are_known and not self._is_behind()

    def settle(self) -> None:
        """Take note that the stage before is complete, and all of its parents are on record."""
        self.settled = True
        self._places.clear()
        self._take(self._stage.parents, 0)

    def _may_go_on(self) -> bool:
        if self._before.stage.n_parents != self._grandparents and self._batch:
            self._batch = self._sample = 0  # points were added: earlier batches have become longer
        self._grandparents = self._before.stage.n_parents
        return self._is_behind()

    def _is_behind(self) -> bool:
        batches = self._before.stage.batches
        if self._batch >= len(batches):
            return False
        more = self._batch + 1 < len(batches) and self._before.parents_are_known
        return more or self._sample < batches[self._batch].count

    def _unlisted(self) -> Iterator[Range]:
        """Yield the samples that become parents now, and remember up to where they are decided."""
        batches = self._before.stage.batches
        while True:
            batch = batches[self._batch]
            outcomes = batch.steps[-1].outcomes
            for start, stop in self._gaps(batch.index, self._sample, batch.count):
                if not self._skip_failed:
                    yield batch.index, start, stop
                    continue
                for sample in range(start, stop):
                    if outcomes[sample] == NOT_RUN:
                        self._sample = sample
                        return
                    if outcomes[sample] < FAILED:
                        yield batch.index, sample, sample + 1
            self._sample = batch.count
            if self._batch + 1 == len(batches) or not self._before.parents_are_known:
                return
            self._batch, self._sample = self._batch + 1, 0

    def _gaps(self, batch: int, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of samples from `start` to `stop` that are no parents yet."""
        listed = self._places.get(batch, [])
        for begin, end, _ in listed[max(0, bisect_right(listed, (start, _END, 0)) - 1) :]:
            if start < min(begin, stop):
                yield start, min(begin, stop)
            start = max(start, end)
        if start < stop:
            yield start, stop

    # -- which are ready ---------------------------------------------------------------------------

    def has_row(self, batch: int, sample: int) -> None:
        """Take note that a sample of the stage before has its row."""
        listed = self._places.get(batch, [])
        index = bisect_right(listed, (sample, _END, 0)) - 1
        if index >= 0 and sample < listed[index][1]:
            self._make_ready(listed[index][2] + sample - listed[index][0])

    def _make_ready(self, place: int) -> None:
        if not self._is_ready[place]:
            self._is_ready[place] = True
            self.ready.append(place)

    def _take(self, ranges: list[Range], place: int) -> None:
        """Take ranges of parents, the first of which has a place."""
        batches = self._before.stage.batches
        self._is_ready.extend(bytes(max(0, self._stage.n_parents - len(self._is_ready))))
        for number, start, stop in ranges:
            insort(self._places.setdefault(number, []), (start, stop, place))
            if number < len(batches):
                outcomes = batches[number].steps[-1].outcomes
                for sample in range(start, min(stop, len(outcomes))):
                    if outcomes[sample] != NOT_RUN:
                        self._make_ready(place + sample - start)
            place += stop - start


def _joined(ranges: Iterator[Range]) -> Iterator[Range]:
    """Yield ranges, those that follow each other as one."""
    last: Range | None = None
    for batch, start, stop in ranges:
        if last is not None and (last[0], last[2]) == (batch, start):
            last = batch, last[1], stop
            continue
        if last is not None:
            yield last
        last = batch, start, stop
    if last is not None:
        yield last
