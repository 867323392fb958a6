"""enchanted_dataset.csv: one row for each finished sample of a stage."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from enchanted_tui.storage.csv_lines import CsvLines
from enchanted_tui.storage.dataset_header import Columns, Key, Shape
from enchanted_tui.storage.growing import FileChangedError, GrowingFile
from enchanted_tui.storage.row_order import RowOrder
from enchanted_tui.values import Row

_HOLD_SEC = 0.8  # with a tick each second, a row is on disk within 2 s
_BLOCK = 1_000  # rows, when all are written anew
_SORT_SHARE = 0.05  # of the elapsed time, at most, goes into putting rows in order


class Dataset:
    """The dataset of one stage, kept up to date while samples finish; all calls from one thread.

    `read_rows()` gives every row that was ever handed to `add`, from the journal, each key once and
    in (batch, sample) order; it is called when the file has to be written anew. The file has one
    header that covers all rows, grows by whole lines, and after `finish` is a pure function of the
    rows. It does not exist while there are no rows.

    Each method that writes raises OSError if it cannot; the file then stays as it was and a later
    `tick` tries again.
    """

    def __init__(
        self,
        path: Path,
        read_rows: Callable[[], Iterator[tuple[Key, Row]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._read_rows = read_rows
        self._clock = clock
        self._file = GrowingFile(path)
        self._lines = CsvLines()
        self._columns = Columns()
        self._header: Shape = ()
        self._order = RowOrder()
        self._held: dict[Key, tuple[float, Row]] = {}  # in order of arrival
        # batches whose last rows may still be held
        self._completed: deque[tuple[float, int]] = deque()
        self._sort_due = False
        self._no_sort_before = float("-inf")

    @property
    def header(self) -> Shape:
        """The columns of the file as it is."""
        return self._header

    def rebuild(self) -> None:
        """Write the file anew from all rows. Which batches are complete has to be told again."""
        self._order = RowOrder()
        self._rewrite()

    def add(self, key: Key, row: Row) -> None:
        """Take the row of a finished sample; it is on disk within 2 s, given a tick each second.
        The row must not change afterwards.
        """
        held = self._held.get(key)
        self._held[key] = (held[0] if held else self._clock(), row)

    def batch_complete(self, batch: int) -> None:
        """Take note that all rows of `batch` have been added; the file will be put in order if it
        is not.
        """
        self._completed.append((self._clock(), batch))

    def tick(self) -> None:
        """Write what is due."""
        now = self._clock()
        if self._held and self._oldest() <= now - _HOLD_SEC:
            self._write(self._due(now))
        self._confirm_batches()
        if self._sort_due and now >= self._no_sort_before:
            self._sort()

    def flush(self, last_batch: int) -> None:
        """Write all rows of the batches up to `last_batch`, which are complete."""
        due = [key for key in self._held if key[0] <= last_batch]
        if due:
            self._write(sorted(due))

    def finish(self) -> None:
        """Write everything, in order and under the final header. More rows may follow."""
        if self._held:
            self._write(sorted(self._held))
        self._confirm_batches()
        self._sort()
        self._file.close()

    def _oldest(self) -> float:
        return next(iter(self._held.values()))[0]

    def _due(self, now: float) -> list[Key]:
        """Return the keys of the rows held long enough and of all held rows that belong before the
        last of them.
        """
        old = takewhile(lambda item: item[1][0] <= now - _HOLD_SEC, self._held.items())
        last = max(key for key, _ in old)
        return sorted(key for key in self._held if key <= last)

    def _confirm_batches(self) -> None:
        """Pass on which batches are complete, once all their rows are in the file."""
        while self._completed and (not self._held or self._oldest() > self._completed[0][0]):
            self._order.batch_complete(self._completed.popleft()[1])
            self._sort_due = True

    def _write(self, keys: list[Key]) -> None:
        rows = [self._held[key][1] for key in keys]
        shapes = _shapes(keys, rows)
        if (
            self._file.exists
            and not self._order.has_any(keys)
            and set(self._header).issuperset(chain.from_iterable(shapes))
        ):
            try:
                self._append(keys, rows, shapes)
                return
            except FileChangedError:
                pass
        self._rewrite()

    def _append(self, keys: list[Key], rows: list[Row], shapes: dict[Shape, Key]) -> None:
        data, lengths = self._lines.block(_under(self._header, rows, shapes))
        self._file.append(data)
        self._order.extend(keys, lengths)
        self._order.settle()
        for shape, key in shapes.items():
            self._columns.note(key, shape)
        for key in keys:
            del self._held[key]

    def _sort(self) -> None:
        """Put the file in order, under the header that its rows have in that order."""
        started = self._clock()
        self._order.settle()
        if self._header != self._columns.header():
            self._rewrite()
        elif not self._order.sorted:
            try:
                self._file.rearrange(self._order.settled, self._order.pieces())
                self._order.rearranged()
            except FileChangedError:
                self._rewrite()
        now = self._clock()
        self._no_sort_before = now + (now - started) / _SORT_SHARE
        self._sort_due = False

    def _rewrite(self) -> None:
        """Write the file anew from the journal."""
        rows = self._read_rows()
        first = next(rows, None)
        if first is None:
            self._file.remove()
            self._header, self._columns, self._order = (), Columns(), self._order.restarted(0)
            return
        self._columns.note(first[0], tuple(first[1]))
        with self._file.replacement() as file:
            written = self._write_rows(file, self._columns.header(), chain((first,), rows))
            while written.columns.header() != written.header:
                file.seek(0)
                file.truncate()
                written = self._write_rows(file, written.columns.header(), self._read_rows())
        self._header, self._columns, self._order = written.header, written.columns, written.order
        for key in written.held:
            del self._held[key]

    def _write_rows(
        self, file: BinaryIO, header: Shape, rows: Iterator[tuple[Key, Row]]
    ) -> _Written:
        """Write the rows under `header`, as far as it covers them, and return the columns that they
        really have.
        """
        line = self._lines.line(header)
        file.write(line)
        written = _Written(header, Columns(), self._order.restarted(len(line)), [])
        while block := list(islice(rows, _BLOCK)):
            keys = [key for key, _ in block]
            block_rows = [row for _, row in block]
            shapes = _shapes(keys, block_rows)
            for shape, key in shapes.items():
                written.columns.note(key, shape)
            data, lengths = self._lines.block(_under(header, block_rows, shapes))
            file.write(data)
            written.order.extend(keys, lengths)
            written.held.extend(self._held.keys() & keys)
        written.order.settle()
        return written


class _Written(NamedTuple):
    """What a new version of the file holds."""

    header: Shape
    columns: Columns
    order: RowOrder
    held: list[Key]


def _shapes(keys: list[Key], rows: list[Row]) -> dict[Shape, Key]:
    """Return the distinct shapes of `rows`, each with the key of the first row that has it."""
    shapes: dict[Shape, Key] = {}
    previous: Shape | None = None
    for key, row in zip(keys, rows, strict=True):
        shape = tuple(row)
        if shape != previous:
            shapes.setdefault(shape, key)
            previous = shape
    return shapes


def _under(header: Shape, rows: list[Row], shapes: Collection[Shape]) -> list[Collection[Any]]:
    """Return the values of each row under `header`; None where it has no such column."""
    if len(shapes) == 1 and header in shapes:
        return [row.values() for row in rows]
    return [[*map(row.get, header)] for row in rows]
