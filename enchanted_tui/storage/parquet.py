"""Parquet: the dataset with its types, for readers that want them.

What Parquet's own types do not say is in the metadata of the fields: ``unit``; ``kind`` of a column
(see `storage.column_types`) and ``dtype`` of an array's elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui.storage.column_types import ColumnType, column_types, unicode_name
from enchanted_tui.values import Row
from enchanted_tui.whole_files import open_replacement

if TYPE_CHECKING:
    import pyarrow


_ROW_GROUP = 50_000
_ARRAY_ROWS = 500  #: rows written at once where there are arrays


def write_parquet(
    path: Path,
    read_rows: Callable[[], Iterator[Row]],
    columns: Sequence[ColumnType] | None = None,
    *,
    units: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write the file anew from the rows; the old one stays if that fails (OSError).

    Without `columns` the rows are read twice. Arrays are lists (of lists); ``json`` columns are
    text. What is missing is null; NaN stays NaN. `metadata` goes into the schema's.
    """
    import pyarrow
    from pyarrow import parquet

    if columns is None:
        columns = column_types(read_rows(), units)
    schema = pyarrow.schema([_field(column) for column in columns], metadata=dict(metadata or {}))
    size = _ARRAY_ROWS if any(column.kind == "array" for column in columns) else _ROW_GROUP
    with open_replacement(path) as file, parquet.ParquetWriter(file, schema) as writer:
        rows = read_rows()
        while block := list(islice(rows, size)):
            arrays = [_cells(column, [row.get(column.name) for row in block]) for column in columns]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


def _field(column: ColumnType) -> pyarrow.Field:
    import pyarrow

    metadata: dict[str, str] = {"kind": column.kind}
    if column.unit:
        metadata["unit"] = column.unit
    if column.kind == "array":
        metadata["dtype"] = column.dtype
    return pyarrow.field(unicode_name(column.name), _type(column), metadata=metadata)


def _type(column: ColumnType) -> pyarrow.DataType:
    import numpy as np
    import pyarrow

    if column.kind == "array":
        kind = pyarrow.from_numpy_dtype(np.dtype(column.dtype))
        for _ in range(column.ndim):
            kind = pyarrow.list_(kind)
        return kind
    return {"bool": pyarrow.bool_(), "int": pyarrow.int64(), "float": pyarrow.float64()}.get(
        column.kind, pyarrow.string()
    )


def _cells(column: ColumnType, cells: list[Any]) -> pyarrow.Array:
    import pyarrow

    if column.kind == "json":
        cells = [None if value is None else column.to_json(value) for value in cells]
    elif column.kind == "array":
        cells = [None if value is None else column.as_array(value).tolist() for value in cells]
    # NaN is a value here, not a missing one
    return pyarrow.array(cells, _type(column), from_pandas=False)
