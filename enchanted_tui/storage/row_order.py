"""Which rows a file holds, and where: what it takes to put them in order without reading them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from enchanted_tui.storage.dataset_header import Key


class RowOrder:
    """The order of the rows in one file, as far as it is not settled.

    Rows are settled when no other row can come before them: they lie in order from the start of the
    file, without a gap. Nothing is kept of them. The others cost 16 bytes each.
    """

    def __init__(self, start: int = 0) -> None:
        """Begin with a file of `start` bytes that holds no rows."""
        self.settled = self.end = start
        self.sorted = True
        self._next: Key = (0, 0)
        self._highest: Key = (-1, -1)
        self._places: dict[int, _Places] = {}
        self._complete: set[int] = set()
        self._complete_below = 0

    def restarted(self, start: int) -> RowOrder:
        """Return the order of a new file, empty but for `start` bytes, for the same batches."""
        fresh = RowOrder(start)
        fresh._complete = set(self._complete)
        fresh._complete_below = self._complete_below
        return fresh

    def append(self, key: Key, length: int) -> None:
        """Take note of a row of `length` bytes written at the end."""
        if self.settled == self.end and key != self._next:
            self.settle()
        if self.settled == self.end and key == self._next:
            self.settled += length
            self._next = (key[0], key[1] + 1)
        else:
            self._places.setdefault(key[0], _Places()).put(key[1], self.end, length)
        if key > self._highest:
            self._highest = key
        else:
            self.sorted = False
        self.end += length

    def extend(self, keys: Sequence[Key], lengths: Sequence[int]) -> None:
        """Take note of rows written at the end one after another; `keys` ascend."""
        (first_batch, first), (last_batch, last) = keys[0], keys[-1]
        if (
            keys[0] == self._next
            and self.settled == self.end
            and first_batch == last_batch
            and last - first == len(keys) - 1
        ):
            self.end = self.settled = self.settled + sum(lengths)
            self._next = (last_batch, last + 1)
            self._highest = keys[-1]
            return
        for key, length in zip(keys, lengths, strict=True):
            self.append(key, length)

    def has_any(self, keys: Sequence[Key]) -> bool:
        """Tell whether the file has a row of one of `keys`, which ascend."""
        return keys[0] <= self._highest and any(key in self for key in keys)

    def __contains__(self, key: Key) -> bool:
        if key < self._next:
            return True
        places = self._places.get(key[0])
        return places is not None and key[1] in places

    def batch_complete(self, batch: int) -> None:
        """Take note that no further row of `batch` will come."""
        if batch >= self._complete_below:
            self._complete.add(batch)

    def settle(self) -> None:
        """Forget the rows that have come to lie in order without a gap before them."""
        batch, sample = self._next
        while True:
            places = self._places.get(batch)
            complete = self._is_complete(batch)
            if places is not None:
                sample, self.settled = places.follow(sample, self.settled, gaps=complete)
            if not complete or (places is not None and sample < len(places)):
                break
            self._places.pop(batch, None)
            self._pass(batch)
            batch, sample = batch + 1, 0
        self._next = (batch, sample)

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Return (offset, length) of the rows that are not settled, in (batch, sample) order,
        neighbours joined.
        """
        offset = length = 0
        for places, sample in self._unsettled():
            if places.offsets[sample] == offset + length:
                length += places.lengths[sample]
                continue
            if length:
                yield offset, length
            offset, length = places.offsets[sample], places.lengths[sample]
        if length:
            yield offset, length

    def rearranged(self) -> None:
        """Take note that the file now has its rows in the order of `pieces`."""
        position = self.settled
        for places, sample in self._unsettled():
            places.offsets[sample] = position
            position += places.lengths[sample]
        self.sorted = True
        self.settle()

    def _unsettled(self) -> Iterator[tuple[_Places, int]]:
        for batch in sorted(self._places):
            places = self._places[batch]
            first = self._next[1] if batch == self._next[0] else 0
            for sample in range(first, len(places)):
                if sample in places:
                    yield places, sample

    def _is_complete(self, batch: int) -> bool:
        return batch < self._complete_below or batch in self._complete

    def _pass(self, batch: int) -> None:
        self._complete.discard(batch)
        self._complete_below = max(self._complete_below, batch + 1)


class _Places:
    """Where the rows of one batch lie, by sample number; offset 0 stands for no row, since a header
    comes first.
    """

    __slots__ = ("lengths", "offsets")

    def __init__(self) -> None:
        self.offsets = array("q")
        self.lengths = array("q")

    def __len__(self) -> int:
        return len(self.offsets)

    def __contains__(self, sample: int) -> bool:
        return sample < len(self.offsets) and self.offsets[sample] != 0

    def put(self, sample: int, offset: int, length: int) -> None:
        missing = sample + 1 - len(self.offsets)
        if missing > 0:
            self.offsets.frombytes(bytes(8 * missing))
            self.lengths.frombytes(bytes(8 * missing))
        self.offsets[sample] = offset
        self.lengths[sample] = length

    def follow(self, sample: int, position: int, gaps: bool) -> tuple[int, int]:
        """Go on from `sample` while rows lie one after another from byte `position`; return the
        sample and the byte reached.
        """
        while sample < len(self.offsets):
            offset = self.offsets[sample]
            if offset == position:
                position += self.lengths[sample]
            elif offset or not gaps:
                break
            sample += 1
        return sample, position
