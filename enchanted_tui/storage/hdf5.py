"""runs.h5: every sample's numbers and text, in the layout of the older program."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from enchanted_tui import values
from enchanted_tui.storage.atomic import open_replacement
from enchanted_tui.storage.columns import Columns
from enchanted_tui.storage.hdf5_format import FLOAT64, UTF8, Hdf5Writer, encode_text

Row = Mapping[str, Any]
Names = tuple[str, ...]

_FIRST_ROWS = 100
_EXACT_INT = 2**53  #: integers up to this are exact as float64; larger ones are kept as text


def write_hdf5(
    path: Path, tasks: Iterable[tuple[str, Row]], aggregated: Callable[[], Iterator[Row]], run_groups: Sequence[Mapping[str, Any]]
) -> None:
    """Write the file anew; the old one stays if that fails (OSError).

    `tasks` gives name and row of every sample of every stage (one group each, below ``data/runs``), `aggregated()` the rows of the
    dataset in their order (``data/aggregated``), `run_groups` for each stage ``sampler``, a class name, and ``executors`` and
    ``runners``, lists of class names (``metadata/run_groups``). Rows hold Python's own numbers, as the journal gives them.

    Numbers, with truth values as 0 and 1, are in ``values`` under the names in ``columns``, as float64; text, arrays and dictionaries as
    JSON, and integers beyond 2**53 in ``text_values`` under ``text_columns``. In ``data/aggregated`` a missing number is NaN, a
    missing text empty. Memory does not grow with the number of rows, but for some 200 bytes a task.
    """
    with open_replacement(path) as file:
        writer = Hdf5Writer(file)
        runs = _write_runs(writer, tasks)
        data = writer.group({"runs": runs, "aggregated": _write_aggregated(writer, aggregated)})
        groups = {str(number): writer.group({}, dict(group)) for number, group in enumerate(run_groups)}
        writer.finish({"data": data, "metadata": writer.group({"run_groups": writer.group(groups)})})


class _Split(NamedTuple):
    """A row's numbers and text, each with their names."""

    columns: Names
    values: list[float]
    text_columns: Names
    texts: list[bytes]


def _split(row: Row) -> _Split:
    columns, numbers, text_columns, texts = [], [], [], []
    for column, value in row.items():
        kind = type(value)
        if kind is float or kind is bool or (kind is int and -_EXACT_INT <= value <= _EXACT_INT):
            columns.append(column)
            numbers.append(value)
        elif value is not None:
            text_columns.append(column)
            texts.append(encode_text(value if kind is str else values.cell(value)))
    return _Split(tuple(columns), numbers, tuple(text_columns), texts)


def _write_runs(writer: Hdf5Writer, tasks: Iterable[tuple[str, Row]]) -> int:
    """Write a group for each task; those with the same columns share one dataset of names."""
    runs: dict[str, int] = {}
    shared: dict[Names, int] = {}
    for name, row in tasks:
        split = _split(row)
        for names in (split.columns, split.text_columns):
            if names not in shared:
                shared[names] = _write_names(writer, names)
        links = {"values": writer.numbers(split.values, (1, len(split.values))), "columns": writer.share(shared[split.columns])}
        links["text_values"] = writer.texts(split.texts, (1, len(split.texts)))
        links["text_columns"] = writer.share(shared[split.text_columns])
        runs[name] = writer.small_group(links)
    return writer.group(runs)


def _write_names(writer: Hdf5Writer, names: Names) -> int:
    return writer.texts([encode_text(name) for name in names], (len(names),))


def _write_aggregated(writer: Hdf5Writer, read_rows: Callable[[], Iterator[Row]]) -> int:
    """Write all rows as one table of numbers and one of text; again if the first rows did not have all the columns."""
    mark = writer.mark()
    layout = _Layout()
    for row in islice(read_rows(), _FIRST_ROWS):
        layout.note(row, _split(row))
    while True:
        group, found = _write_tables(writer, read_rows(), layout)
        if (found.columns, found.text_columns) == (layout.columns, layout.text_columns):
            return group
        writer.rewind(mark)
        layout = found


def _write_tables(writer: Hdf5Writer, rows: Iterator[Row], layout: _Layout) -> tuple[int, _Layout]:
    """Write the rows under `layout`, as far as it covers them; give the group's address and the layout that they really have."""
    found = _Layout()
    columns, text_columns = layout.columns, layout.text_columns
    numbers, texts = writer.table(len(columns), FLOAT64), writer.table(len(text_columns), UTF8)
    pack = struct.Struct(f"<{len(columns)}d").pack
    for row in rows:
        split = _split(row)
        found.note(row, split)
        if split.columns == columns:
            numbers.append(pack(*split.values))
        else:
            given = dict(zip(split.columns, split.values, strict=True))
            numbers.append(pack(*[given.get(column, math.nan) for column in columns]))
        if split.text_columns == text_columns:
            texts.append(writer.items(split.texts))
        else:
            given_texts = dict(zip(split.text_columns, split.texts, strict=True))
            texts.append(writer.items([given_texts.get(column, b"") for column in text_columns]))
    names = {"columns": _write_names(writer, columns), "text_columns": _write_names(writer, text_columns)}
    return writer.group({"values": numbers.finish(), "text_values": texts.finish(), **names}), found


class _Layout:
    """Columns of the aggregated tables, in the dataset's order. One that holds numbers in some rows and text in others is in both."""

    def __init__(self) -> None:
        self._order = Columns()
        self._seen: set[tuple[Names, Names]] = set()
        self._count = 0
        self._numbers: set[str] = set()
        self._texts: set[str] = set()

    def note(self, row: Row, split: _Split) -> None:
        """Take in the columns of the next row."""
        seen = (split.columns, split.text_columns)
        if seen not in self._seen or len(row) != len(seen[0]) + len(seen[1]):
            self._seen.add(seen)
            self._order.note((0, self._count), tuple(row))
            self._numbers.update(split.columns)
            self._texts.update(split.text_columns)
        self._count += 1

    @property
    def columns(self) -> Names:
        return tuple(column for column in self._order.header() if column in self._numbers)

    @property
    def text_columns(self) -> Names:
        return tuple(column for column in self._order.header() if column in self._texts)
