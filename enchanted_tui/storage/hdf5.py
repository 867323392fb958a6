"""runs.h5: every sample's numbers and text, in the layout of the older program."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from enchanted_tui import values
from enchanted_tui.storage.atomic import open_replacement
from enchanted_tui.storage.columns import Columns

if TYPE_CHECKING:
    import h5py

Row = Mapping[str, Any]
Names = tuple[str, ...]

_FIRST_ROWS = 100  #: rows from which the columns of the aggregated tables are guessed
_BLOCK = 10_000  #: rows written at once
_CHUNK_ROWS = 512
_EXACT_INT = 2**53  #: integers up to this are exact as float64; larger ones are kept as text
_MAX_COMPACT = 8_000  #: numbers that fit into an object header


def write_hdf5(
    path: Path, tasks: Iterable[tuple[str, Row]], aggregated: Callable[[], Iterator[Row]], run_groups: Sequence[Mapping[str, Any]]
) -> None:
    """Write the file anew; the old one stays if that fails (OSError).

    `tasks` gives name and row of every sample of every stage (one group each, below ``data/runs``), `aggregated()` the rows of the
    dataset in their order (``data/aggregated``), `run_groups` for each stage ``sampler``, a class name, and ``executors`` and
    ``runners``, lists of class names (``metadata/run_groups``). Rows hold Python's own numbers, as the journal gives them.

    Numbers, with truth values as 0 and 1, are in ``values`` under the names in ``columns``, as float64; text, arrays and dictionaries as
    JSON, and integers beyond 2**53 in ``text_values`` under ``text_columns``, which a run without text lacks. (A run's directory is
    its group's name.) In ``data/aggregated`` a missing number is NaN, a missing text empty. Memory does not grow with the rows.
    """
    import h5py

    with open_replacement(path) as target:
        guard = _Guard(target.raw)  # type: ignore[attr-defined]
        with guard, h5py.File(guard, "w", libver="latest") as file:  # the newest format is the smallest
            _write_runs(file.create_group("data/runs"), file.create_group("data/aggregated"), tasks)
            _write_aggregated(file["data/aggregated"], aggregated)
            for number, group in enumerate(run_groups):
                file.create_group(f"metadata/run_groups/{number}").attrs.update(group)


class _Guard:
    """The file as HDF5 writes it. After the first error (a full disk) it swallows everything, and the block ends with that error.

    HDF5 cannot close a file whose last blocks it cannot write: it would try again at every turn and complain at the end of the process.
    """

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._error: OSError | None = None
        self.seek, self.tell, self.read, self.readinto = file.seek, file.tell, file.read, file.readinto

    def write(self, data: Any) -> int:
        rest = memoryview(data).cast("B")
        while rest and self._error is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self._error = error
        return len(data)

    def truncate(self, size: int) -> int:
        if self._error is None:
            try:
                return self._file.truncate(size)
            except OSError as error:
                self._error = error
        return size

    def flush(self) -> None:
        """Nothing is held back."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        if self._error is not None:  # whatever HDF5 made of it
            raise self._error


class _Split(NamedTuple):
    """A row's numbers and text, each with their names."""

    columns: Names
    numbers: list[float]
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


def encode_text(text: str) -> bytes:
    """Give text as HDF5 can hold it: UTF-8, lone surrogates and NUL escaped."""
    return text.encode("utf-8", "backslashreplace").replace(b"\0", b"\\x00")


# -- one group a run ----------------------------------------------------------------------------------------------------------


def _write_runs(runs: h5py.Group, names_home: h5py.Group, tasks: Iterable[tuple[str, Row]]) -> None:
    """Write a group for each task.

    Through the library's low-level interface, with everything that can be shared made once: this is what the file costs. Runs with the
    same columns share one dataset of names by hard links.
    """
    from h5py import h5g, h5s

    place = runs.id
    shared: dict[Names, bytes] = {}
    numbers_of: dict[int, _NumbersDataset] = {}
    home = names_home.create_group("shared_names")
    for name, row in tasks:
        split = _split({column: value for column, value in row.items() if column != "run_dir"})
        group = h5g.create(place, name.encode())
        width = len(split.numbers)
        if width not in numbers_of:
            numbers_of[width] = _NumbersDataset(width)
        numbers_of[width].write(group, split.numbers, h5s.ALL)
        group.links.create_hard(b"columns", home.id, _shared_names(home, shared, split.columns))
        if split.texts:
            _write_texts(group, split.texts)
            group.links.create_hard(b"text_columns", home.id, _shared_names(home, shared, split.text_columns))
    del names_home["shared_names"]  # the runs hold their names; this was only a place to link from


class _NumbersDataset:
    """Writes ``values`` of 1 x `width` numbers, with the library's property objects made once."""

    def __init__(self, width: int) -> None:
        from h5py import h5d, h5p, h5s, h5t

        self._create = h5d.create
        self._type = h5t.IEEE_F64LE
        self._space = h5s.create_simple((1, width))
        self._properties = h5p.create(h5p.DATASET_CREATE)
        if width <= _MAX_COMPACT:
            self._properties.set_layout(h5d.COMPACT)
        self._properties.set_obj_track_times(False)
        self._buffer = np.empty((1, width))

    def write(self, group: Any, numbers: list[float], everything: Any) -> None:
        dataset = self._create(group, b"values", self._type, self._space, self._properties)
        if numbers:
            self._buffer[0] = numbers
            dataset.write(everything, everything, self._buffer)


def _write_texts(group: Any, texts: list[bytes]) -> None:
    import h5py

    h5py.Group(group).create_dataset("text_values", data=np.array([texts], dtype=object), dtype=h5py.string_dtype())


def _shared_names(home: h5py.Group, shared: dict[Names, bytes], names: Names) -> bytes:
    link = shared.get(names)
    if link is None:
        link = shared[names] = str(len(shared)).encode()
        _write_names(home, link.decode(), names)
    return link


def _write_names(group: h5py.Group, name: str, names: Names) -> None:
    import h5py

    group.create_dataset(name, data=[encode_text(column) for column in names], shape=(len(names),), dtype=h5py.string_dtype())


# -- all rows as one table ----------------------------------------------------------------------------------------------------


def _write_aggregated(group: h5py.Group, read_rows: Callable[[], Iterator[Row]]) -> None:
    """Write all rows as one table of numbers and one of text; again if the first rows did not have all the columns."""
    layout = _Layout()
    for row in islice(read_rows(), _FIRST_ROWS):
        layout.note(row, _split(row))
    while True:
        found = _write_tables(group, read_rows(), layout)
        if (found.columns, found.text_columns) == (layout.columns, layout.text_columns):
            break
        del group["values"], group["text_values"]
        layout = found
    _write_names(group, "columns", layout.columns)
    _write_names(group, "text_columns", layout.text_columns)


def _write_tables(group: h5py.Group, rows: Iterator[Row], layout: _Layout) -> _Layout:
    """Write the rows under `layout`, as far as it covers them; give the layout that they really have."""
    import h5py

    found = _Layout()
    columns, text_columns = layout.columns, layout.text_columns
    numbers = _Table(group, "values", len(columns), np.dtype("<f8"))
    texts = _Table(group, "text_values", len(text_columns), h5py.string_dtype())
    while block := list(islice(rows, _BLOCK)):
        number_lines, text_lines = [], []
        for row in block:
            split = _split(row)
            found.note(row, split)
            number_lines.append(_under(columns, split.columns, split.numbers, math.nan))
            text_lines.append(_under(text_columns, split.text_columns, split.texts, b""))
        numbers.append(np.array(number_lines, dtype="<f8"))
        texts.append(np.array(text_lines, dtype=object))
    numbers.finish()
    texts.finish()
    return found


class _Table:
    """A dataset that grows by blocks of rows; one without columns has its rows all the same."""

    def __init__(self, group: h5py.Group, name: str, width: int, dtype: Any) -> None:
        self._group, self._name, self._dtype = group, name, dtype
        self._rows = 0
        self._dataset: h5py.Dataset | None = None
        if width:
            self._dataset = group.create_dataset(name, (0, width), dtype, maxshape=(None, width), chunks=(_CHUNK_ROWS, 1))

    def append(self, block: np.ndarray[Any, Any]) -> None:
        self._rows += len(block)
        if self._dataset is not None:
            self._dataset.resize(self._rows, axis=0)
            self._dataset[-len(block) :] = block

    def finish(self) -> None:
        if self._dataset is None:
            self._group.create_dataset(self._name, (self._rows, 0), self._dtype)


def _under(header: Names, columns: Names, given: list[Any], missing: Any) -> list[Any]:
    if columns == header:
        return given
    by_name = dict(zip(columns, given, strict=True))
    return [by_name.get(column, missing) for column in header]


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
