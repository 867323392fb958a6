"""runs.h5: every sample's numbers and text, in the layout of the older program."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from enchanted_tui import values
from enchanted_tui.storage.column_types import link_name
from enchanted_tui.storage.dataset_header import Columns
from enchanted_tui.storage.hdf5_file import FORMAT, Guard
from enchanted_tui.values import Row
from enchanted_tui.whole_files import open_replacement

if TYPE_CHECKING:
    import h5py

Names = tuple[str, ...]

_FIRST_ROWS = 100  #: rows from which the columns of the aggregated tables are guessed
_BLOCK = 10_000  #: rows written at once
_CHUNK_ROWS = 512
_EXACT_INT = 2**53  #: integers up to this are exact as float64; larger ones are kept as text
_ONLY_RUN_DIR = ("run_dir",)
_MAX_COMPACT = 8_000  #: numbers that fit into an object header


def write_hdf5(
    path: Path,
    parents: Iterable[tuple[str, Row]],
    dataset: Callable[[], Iterator[tuple[str, Row]]],
    run_groups: Sequence[Mapping[str, Any]],
    units: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write the file anew; the old one stays if that fails (OSError).

    `parents` gives name and row of every sample of the stages above the dataset's, `dataset()`
    those of the dataset in their order, as often as it is called. Each has a group below
    ``data/runs``; the dataset's rows are ``data/aggregated`` too. `run_groups` gives for each stage
    ``sampler``, a class name, and ``executors`` and ``runners``, lists of class names
    (``metadata/run_groups``). Rows hold Python's own numbers, as the journal gives them.

    Numbers, with truth values as 0 and 1, are in ``values`` under the names in ``columns``, as
    float64; text, lists and dictionaries as JSON, and integers beyond 2**53 in ``text_values``
    under ``text_columns``, which a run without text lacks; arrays of numbers, of their own type and
    shape, are below ``arrays`` of the run. (A run's directory is its group's name.) In
    ``data/aggregated`` arrays are JSON too, a missing number is NaN, a missing text empty, and
    ``units`` and ``text_units`` stand beside the names; an array of a run has its unit as an
    attribute. `metadata` goes into the attributes of the file. Memory does not grow with the rows.
    """
    with new_file(path, run_groups, metadata) as file:
        _write_data(file.create_group("data"), parents, dataset, units or {})


def write_hdf5_tables(
    path: Path,
    stages: Mapping[int, Callable[[], Iterator[tuple[str, Row]]]],
    run_groups: Sequence[Mapping[str, Any]],
    units: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write the same with one table for each stage in place of a group for each run, which takes a
    hundredth of the time. `stages` gives the rows by depth; those of the last one are the
    dataset's.

    They are ``data/stages/DEPTH``, and the last one is ``data/aggregated`` as well, all of the form
    of that (arrays are JSON). The name of a run stands at the end of its ``run_dir``.
    """
    with new_file(path, run_groups, metadata) as file:
        home = file.create_group("data/stages")
        for depth, rows in stages.items():
            write_rows(home.create_group(str(depth)), rows, units or {})
        file["data/aggregated"] = home[str(max(stages))]


@contextlib.contextmanager
def new_file(
    path: Path, run_groups: Sequence[Mapping[str, Any]], metadata: Mapping[str, str] | None
) -> Iterator[h5py.File]:
    """Open a new version of the file, which takes the place of the old one when the block ends."""
    import h5py

    with open_replacement(path) as target:
        guard = Guard(target.raw)  # type: ignore[attr-defined]
        with guard, h5py.File(guard, "w", **FORMAT) as file:
            file.attrs.update(metadata or {})
            yield file
            for number, group in enumerate(run_groups):
                file.create_group(f"metadata/run_groups/{number}").attrs.update(group)


class _Split(NamedTuple):
    """A row's numbers and text, each with their names."""

    columns: Names
    numbers: list[float]
    text_columns: Names
    texts: list[bytes]
    arrays: dict[str, np.ndarray[Any, Any]]


def _split(row: Row) -> _Split:
    columns, numbers, text_columns, texts = [], [], [], []
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for column, value in row.items():
        kind = type(value)
        if kind is float or kind is bool or (kind is int and -_EXACT_INT <= value <= _EXACT_INT):
            columns.append(column)
            numbers.append(value)
        elif value is not None:
            if kind is np.ndarray and value.dtype.kind in "biufc":
                arrays[column] = value
            text_columns.append(column)
            texts.append(encode_text(value if kind is str else values.cell(value)))
    return _Split(tuple(columns), numbers, tuple(text_columns), texts, arrays)


def encode_text(text: str) -> bytes:
    """Return text as HDF5 can hold it: UTF-8, lone surrogates and NUL escaped."""
    return text.encode("utf-8", "backslashreplace").replace(b"\0", b"\\x00")


def _write_data(
    data: h5py.Group,
    parents: Iterable[tuple[str, Row]],
    dataset: Callable[[], Iterator[tuple[str, Row]]],
    units: Mapping[str, str],
) -> None:
    """Write the groups of all runs and, from the same reading of the rows, the table of the
    dataset's.
    """
    runs, table = data.create_group("runs"), data.create_group("aggregated")
    with _RunGroups(runs, table.create_group("shared"), units) as groups:
        for name, row in parents:
            groups.add(name, _split(row))
        write_rows(table, dataset, units, groups.add)
    del table["shared"]  # the runs hold their names; this was only a place to link and to copy from


def write_rows(
    table: h5py.Group,
    rows: Callable[[], Iterator[tuple[str, Row]]],
    units: Mapping[str, str],
    each: Callable[[str, _Split], None] | None = None,
) -> None:
    """Write rows as one table of numbers and one of text; `each` takes every row too, once."""
    layout = _Layout()
    for _, row in islice(rows(), _FIRST_ROWS):
        layout.note(row, _split(row))
    written = _Aggregated(table, layout)
    for name, row in rows():
        split = _split(row)
        if each is not None:
            each(name, split)
        written.add(row, split)
    # the first rows did not have all the columns
    while (found := written.finish()) != layout:
        del table["values"], table["text_values"]
        layout, written = found, _Aggregated(table, found)
        for _, row in rows():
            written.add(row, _split(row))
    _write_names(table, "columns", layout.columns)
    _write_names(table, "text_columns", layout.text_columns)
    if units:
        _write_names(table, "units", tuple(units.get(column, "") for column in layout.columns))
        _write_names(
            table, "text_units", tuple(units.get(column, "") for column in layout.text_columns)
        )


# -- one group a run -------------------------------------------------------------------------------


class _RunGroups:
    """Writes a group for each run.

    Through the library's low-level interface, with everything that can be shared made once: this is
    what the file costs. Runs with the same columns share one dataset of names by hard links.
    """

    def __init__(self, runs: h5py.Group, home: h5py.Group, units: Mapping[str, str]) -> None:
        self._units = units
        self._runs, self._place, self._link = runs, runs.id, runs.id.links.create_hard
        self._home, self._home_id = home, home.id
        self._names: dict[Names, bytes] = {}
        self._models: dict[int, _ModelGroup] = {}

    def add(self, name: str, split: _Split) -> None:
        """Write the group of the next run."""
        width, path = len(split.numbers), name.encode()
        if width not in self._models:
            self._models[width] = _ModelGroup(self._home, width)
        self._models[width].copy_to(self._place, path, split.numbers)
        self._link(path + b"/columns", self._home_id, self._shared(split.columns))
        if split.text_columns != _ONLY_RUN_DIR:
            self._add_texts(name, split)
        if split.arrays:
            arrays = self._runs[name].create_group("arrays")
            for column, array in split.arrays.items():
                written = arrays.create_dataset(link_name(column, arrays), data=array)
                if self._units.get(column):
                    written.attrs["unit"] = self._units[column]

    def _add_texts(self, name: str, split: _Split) -> None:
        import h5py

        not_text = {"run_dir", *split.arrays}
        texts = {
            column: text
            for column, text in zip(split.text_columns, split.texts, strict=True)
            if column not in not_text
        }
        if texts:
            group = self._runs[name]
            group.create_dataset(
                "text_values",
                data=np.array([list(texts.values())], dtype=object),
                dtype=h5py.string_dtype(),
            )
            group.id.links.create_hard(b"text_columns", self._home_id, self._shared(tuple(texts)))

    def _shared(self, names: Names) -> bytes:
        link = self._names.get(names)
        if link is None:
            link = self._names[names] = str(len(self._names)).encode()
            _write_names(self._home, link.decode(), names)
        return link

    def __enter__(self) -> _RunGroups:
        return self

    def __exit__(self, *exc: object) -> None:
        self._models.clear()  # closes what they hold open


class _ModelGroup:
    """A group with ``values`` of 1 x `width` numbers, which is written and copied: less than half
    of what creating both costs.
    """

    def __init__(self, home: h5py.Group, width: int) -> None:
        from h5py import h5d, h5g, h5o, h5p, h5s, h5t

        self._home, self._name = home.id, f"model_{width}".encode()
        properties = h5p.create(h5p.DATASET_CREATE)
        if width <= _MAX_COMPACT:
            properties.set_layout(h5d.COMPACT)
        properties.set_obj_track_times(False)
        space = h5s.create_simple((1, width))
        self._dataset = h5d.create(
            h5g.create(self._home, self._name), b"values", h5t.IEEE_F64LE, space, properties
        )
        self._buffer = np.empty((1, width))
        # with its type named the library need not look at the buffer
        self._everything, self._type = (
            h5s.ALL,
            h5t.IEEE_F64LE,
        )
        self._copy = h5o.copy

    def copy_to(self, place: Any, name: bytes, numbers: list[float]) -> None:
        """Write a group `name` below `place`."""
        if numbers:
            self._buffer[0] = numbers
            self._dataset.write(self._everything, self._everything, self._buffer, self._type)
        self._copy(self._home, self._name, place, name)


def _write_names(group: h5py.Group, name: str, names: Names) -> None:
    import h5py

    group.create_dataset(
        name,
        data=[encode_text(column) for column in names],
        shape=(len(names),),
        dtype=h5py.string_dtype(),
    )


# -- all rows as one table -------------------------------------------------------------------------


class _Aggregated:
    """Rows as one table of numbers and one of text, under the columns of `layout`, as far as it
    covers them.
    """

    def __init__(self, group: h5py.Group, layout: _Layout) -> None:
        import h5py

        self._columns, self._text_columns = layout.columns, layout.text_columns
        self._numbers = _Table(group, "values", len(self._columns), np.dtype("<f8"))
        self._texts = _Table(group, "text_values", len(self._text_columns), h5py.string_dtype())
        self._number_lines: list[list[float]] = []
        self._text_lines: list[list[bytes]] = []
        self._found = _Layout()

    def add(self, row: Row, split: _Split) -> None:
        """Take in the next row."""
        self._found.note(row, split)
        self._number_lines.append(_under(self._columns, split.columns, split.numbers, math.nan))
        self._text_lines.append(_under(self._text_columns, split.text_columns, split.texts, b""))
        if len(self._number_lines) == _BLOCK:
            self._write_block()

    def finish(self) -> _Layout:
        """Write what is left; return the layout that the rows really have."""
        if self._number_lines:
            self._write_block()
        self._numbers.finish()
        self._texts.finish()
        return self._found

    def _write_block(self) -> None:
        self._numbers.append(np.array(self._number_lines, dtype="<f8"))
        self._texts.append(np.array(self._text_lines, dtype=object))
        self._number_lines.clear()
        self._text_lines.clear()


class _Table:
    """A dataset that grows by blocks of rows; one without columns has its rows all the same."""

    def __init__(self, group: h5py.Group, name: str, width: int, dtype: Any) -> None:
        self._group, self._name, self._dtype = group, name, dtype
        self._rows = 0
        self._dataset: h5py.Dataset | None = None
        if width:
            self._dataset = group.create_dataset(
                name, (0, width), dtype, maxshape=(None, width), chunks=(_CHUNK_ROWS, 1)
            )

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
    """Columns of the aggregated tables, in the dataset's order. One that holds numbers in some rows
    and text in others is in both.
    """

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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Layout) and (self.columns, self.text_columns) == (
            other.columns,
            other.text_columns,
        )

    __hash__ = None  # type: ignore[assignment]  # it grows

    @property
    def columns(self) -> Names:
        return tuple(column for column in self._order.header() if column in self._numbers)

    @property
    def text_columns(self) -> Names:
        return tuple(column for column in self._order.header() if column in self._texts)
