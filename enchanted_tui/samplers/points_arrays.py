"""Read points from files of arrays: Parquet and NumPy's own."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from typing import Any

from enchanted_tui.samplers.point_columns import Column, Growing, Texts, compact
from enchanted_tui.samplers.point_table import (
    PointsFile,
    PointsFileError,
    WantedColumns,
    choose,
    short,
)

_BLOCK = 1 << 16  #: cells of one column that are read at a time


def read_parquet(path: str, wanted: WantedColumns) -> PointsFile:
    """Read a Parquet file, as `points_file.read` does."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names, _ = choose(file.schema_arrow.names, wanted.columns, path)
            columns = {}
            for name in names:
                of_type = file.schema_arrow.field(name).type
                blocks = file.iter_batches(_BLOCK, columns=[name], use_threads=False)
                lists = (block.column(0).to_pylist() for block in blocks)
                columns[name] = _column(name, lists, path, str(of_type), gaps=wanted.gaps)
            rows = file.metadata.num_rows
    except pyarrow.ArrowException as error:
        raise PointsFileError(f"{short(path)} is a damaged Parquet file: {error}") from None
    return PointsFile(columns, rows)


def read_npy(path: str, wanted: WantedColumns) -> PointsFile:
    """Read a file that `numpy.save` has written: the fields of a structured array, or the columns
    of one without names, which are called "0", "1" and so on, or as is wanted if all are named.
    """
    import numpy

    try:
        table = numpy.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise PointsFileError(f"{short(path)} cannot be read as an array: {error}") from None
    if table.ndim != 1 and (table.ndim != 2 or table.dtype.names):
        raise PointsFileError(
            f"the array in {short(path)} has the shape {table.shape}; points are its rows, so save"
            " one with two axes, or a structured one with one"
        )
    width = 1 if table.ndim == 1 else table.shape[1]
    header = list(table.dtype.names or _numbered(width, wanted, path))
    names, places = choose(header, wanted.columns, path)
    rows, of_type = len(table), str(table.dtype)
    del table  # each column is read with a mapping of its own, which is given back
    columns = {
        name: _column(name, _npy_lists(path, place), path, of_type, gaps=wanted.gaps)
        for name, place in zip(names, places, strict=True)
    }
    return PointsFile(columns, rows)


def _numbered(width: int, wanted: WantedColumns, path: str) -> list[str]:
    """Return the names of columns that have none of their own."""
    if wanted.columns is None or all(name.isdecimal() for name in wanted.columns):
        return list(map(str, range(width)))
    if len(wanted.columns) != width:
        raise PointsFileError(
            f"the number of columns of {short(path)}, which have no names, is {width}, that of the"
            f" names given {len(wanted.columns)}; name all of them, in their order",
            "parameters",
        )
    return list(wanted.columns)


def _npy_lists(path: str, place: int) -> Iterator[list[Any]]:
    """Return the values of one column, block by block."""
    import numpy

    begin = 0
    while True:
        # a new mapping each time, so that no more of the file is held than this block
        table = numpy.load(path, mmap_mode="r", allow_pickle=False)
        if begin >= len(table):
            return
        block = table[begin : begin + _BLOCK]
        if table.dtype.names:
            block = block[table.dtype.names[place]]
        elif table.ndim == 2:
            block = block[:, place]
        yield block.tolist()
        begin += _BLOCK


def _column(
    name: str, lists: Iterator[list[Any]], path: str, of_type: str, *, gaps: bool
) -> Column:
    """Return a column of plain values; raises PointsFileError for one that is missing or is
    neither number nor text.
    """
    growing, row = Growing(), 0
    for cells in lists:
        kinds = {type(cell) for cell in cells}
        odd = _first_missing(cells, kinds, gaps=gaps)
        if odd is not None:
            raise PointsFileError(
                f"row {row + odd + 1} of {short(path)} has no value for {name!r}; give one, or"
                " remove the row"
            )
        if not kinds <= {bool, int, float, str}:
            raise PointsFileError(
                f"the column {name!r} of {short(path)} is of type {of_type}; points are numbers or"
                " text",
                "parameters",
            )
        growing.extend(_part(cells, kinds))
        row += len(cells)
    return growing.values if growing.values is not None else array("q")


def _part(cells: list[Any], kinds: set[type]) -> Column:
    if kinds == {float}:
        return array("d", cells)
    if kinds == {str}:
        return Texts(cells)
    return compact(cells) if kinds == {int} else cells


def _first_missing(cells: list[Any], kinds: set[type], *, gaps: bool) -> int | None:
    """Return the index of the first cell without a value; `gaps`: empty text and nan are some."""
    if type(None) in kinds:
        return cells.index(None)
    if gaps:
        return None
    if str in kinds and "" in cells:
        return cells.index("")
    if kinds == {float} and any(map(math.isnan, cells)):
        return next(index for index, cell in enumerate(cells) if math.isnan(cell))
    return None
