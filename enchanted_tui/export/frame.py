"""The dataset in a notebook: ``enchanted_tui.load(run_dir)``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from enchanted_tui.export.crate.crate_reading import dataset_of, is_crate
from enchanted_tui.export.csv_table import read_csv, schema_path
from enchanted_tui.export.hdf5_table import read_hdf5_table
from enchanted_tui.export.selection import ExportError
from enchanted_tui.record.provenance import metadata
from enchanted_tui.storage.column_types import ColumnType, column_types, unicode_name
from enchanted_tui.storage.layout import CampaignDirectory

if TYPE_CHECKING:
    import pandas

    from enchanted_tui.record.older.older_view import Recorded

Cells = tuple[list[ColumnType], list[list[Any]], dict[str, str]]


def load(path: str | Path, *, pivot: bool = False, where: str | None = None) -> pandas.DataFrame:
    """Return the dataset of a run directory, a file or a crate made by ``--export``, as a frame;
    one row for each sample or, with `pivot`, for each row of the stage before the last of a nested
    campaign, in which what the children have is an array.

    Columns have the types of their values: bool, int64, float64, or where values are missing
    pandas' boolean, Int64 and Float64, in which NaN is told from a missing value; text and arrays
    (numpy arrays of their own type and shape) are objects, missing ones None.
    ``frame.attrs["units"]`` has the units by column, ``frame.attrs["provenance"]`` campaign, seed,
    program version and the like.

    With `where`, a condition such as ``gamma > 1 and success``, only the rows that keep it; columns
    have the types that they have in all rows.

    What a run directory holds and the frame lacks is told by a UserWarning: samples that the older
    program has added, damaged records.

    Raises ExportError if there is nothing to load or to gather or the condition is none, OSError if
    it cannot be read.
    """
    path = Path(path)
    if pivot and path.is_file():
        raise ExportError(
            f"{path} is a file, which is gathered already, or is not; leave pivot out"
        )
    columns, cells, provenance = _read(path, pivot=pivot)
    if where is not None:
        cells, provenance = _kept(where, columns, cells), {**provenance, "where": where}
    return to_frame(columns, cells, provenance)


def _kept(where: str, columns: Sequence[ColumnType], cells: list[list[Any]]) -> list[list[Any]]:
    """Return the cells of the rows that keep a condition. Raises ExportError."""
    from enchanted_tui.export.where_rows import rows_kept

    by_name = {column.name: values for column, values in zip(columns, cells, strict=True)}
    kept = rows_kept(where, by_name, len(cells[0]) if cells else 0)
    return [list(compress(values, kept)) for values in cells]


def to_frame(
    columns: Sequence[ColumnType], cells: Sequence[list[Any]], provenance: dict[str, str]
) -> pandas.DataFrame:
    """Put columns together."""
    import pandas

    names = [unicode_name(column.name) for column in columns]  # as any file has them
    frame = pandas.DataFrame(
        {
            name: _series(column, values)
            for name, column, values in zip(names, columns, cells, strict=True)
        }
    )
    frame.attrs["units"] = {
        name: column.unit for name, column in zip(names, columns, strict=True) if column.unit
    }
    frame.attrs["provenance"] = provenance
    return frame


def _read(path: Path, *, pivot: bool = False) -> Cells:
    if path.exists() and is_crate(path):
        with dataset_of(path) as file:
            return _read(file)
    if path.is_dir():
        return _read_run_dir(CampaignDirectory(path.resolve()), pivot=pivot)
    if not path.is_file():
        said = "is no plain file" if path.exists() else "does not exist"
        raise ExportError(f"{path} {said}")
    with path.open("rb") as file:
        start = file.read(8)
    if start[:4] == b"PAR1":
        return _read_parquet(path)
    if start == b"\x89HDF\r\n\x1a\n":
        return read_hdf5_table(path)
    if (
        CampaignDirectory(path.resolve().parent).dataset.name == path.name
        and CampaignDirectory(path.resolve().parent).journal.is_file()
    ):
        raise ExportError(f"{path} has no types; load the run directory, {path.parent}, which has")
    if path.suffix.lower() != ".csv" and not schema_path(path).is_file():
        raise ExportError(f"{path} is no table: Parquet, HDF5 and CSV files (NAME.csv) are read")
    if not schema_path(path).is_file():
        raise ExportError(
            f"{schema_path(path)} is missing, which has the types of {path.name}; without it,"
            " pandas.read_csv guesses them"
        )
    return read_csv(path)


def _read_run_dir(run_dir: CampaignDirectory, *, pivot: bool) -> Cells:
    from enchanted_tui.record.older.adopt import is_older_run
    from enchanted_tui.record.older.older_view import recorded

    if not run_dir.journal.is_file() and not is_older_run(run_dir):
        raise ExportError(f"{run_dir.root} holds no campaign: it has no journal")
    with recorded(run_dir) as reader:
        for sentence in reader.damage:
            warnings.warn(sentence, stacklevel=4)  # where load is called
        return recorded_cells(run_dir, reader, pivot=pivot)


def recorded_cells(run_dir: CampaignDirectory, reader: Recorded, *, pivot: bool = False) -> Cells:
    """Return the dataset of a campaign that is being read: columns, their cells, provenance."""
    from enchanted_tui.export.writing import rows_of
    from enchanted_tui.record.output_files import dataset_stage

    state = reader.state
    if not state.stages:
        return [], [], {}
    rows = list(rows_of(reader, dataset_stage(state), pivot=pivot)())
    columns = column_types(rows, state.units)
    return (
        columns,
        [[row.get(column.name) for row in rows] for column in columns],
        metadata(run_dir, state),
    )


def _read_parquet(path: Path) -> Cells:
    from pyarrow import parquet

    # read_table takes a name such as \alpha for an expression
    with parquet.ParquetFile(path) as file:
        table = file.read()
    columns, cells = [], []
    for field, data in zip(table.schema, table.columns, strict=True):
        told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        if "kind" not in told:
            raise ExportError(
                f"{path} was not written by this program; read it with pandas.read_parquet"
            )
        kind: Any = told["kind"]
        column = ColumnType(field.name, kind, told.get("unit", ""), told.get("dtype", ""))
        found = data.to_pylist()
        if kind == "json":
            found = [None if text is None else column.from_json(text) for text in found]
        columns.append(column)
        cells.append(found)
    provenance = {
        key.decode(): value.decode()
        for key, value in (table.schema.metadata or {}).items()
        if key != b"ARROW:schema"
    }
    return columns, cells, provenance


def _series(column: ColumnType, cells: list[Any]) -> Any:
    import pandas

    gaps = np.array([cell is None for cell in cells], dtype=bool)
    if column.kind in ("bool", "int", "float"):
        dtype = {"bool": np.bool_, "int": np.int64, "float": np.float64}[column.kind]
        data: Any = np.array([0 if cell is None else cell for cell in cells], dtype)
        if not gaps.any():
            return data
        masked = {
            "bool": pandas.arrays.BooleanArray,
            "int": pandas.arrays.IntegerArray,
            "float": pandas.arrays.FloatingArray,
        }
        return masked[column.kind](data, gaps)
    found = np.empty(len(cells), dtype=object)
    for number, cell in enumerate(cells):
        found[number] = (
            column.as_array(cell) if column.kind == "array" and cell is not None else cell
        )
    return pandas.Series(found, dtype=object)
