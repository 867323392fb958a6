"""enchanted_dataset.parquet: the dataset once more, for readers that want its types (``summary_datatype: parquet``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui import values
from enchanted_tui.storage.atomic import open_replacement
from enchanted_tui.storage.columns import Columns

if TYPE_CHECKING:
    import pyarrow

Row = Mapping[str, Any]

_ROW_GROUP = 50_000
_EXACT_IN_FLOAT = 2**53
_INT64 = 2**63


def write_parquet(path: Path, read_rows: Callable[[], Iterator[Row]]) -> None:
    """Write the file anew from the rows, which are read twice; the old one stays if that fails (OSError).

    A column has one type: truth values, integers, floats (integers among them if they are exact) or text. Columns that mix other types,
    integers beyond 64 bits, arrays and dictionaries are text as in the CSV file. What is missing is null; NaN stays NaN.
    """
    import pyarrow
    from pyarrow import parquet

    columns = _columns(read_rows())
    schema = pyarrow.schema([(_text(name), column.type()) for name, column in columns.items()])
    with open_replacement(path) as file, parquet.ParquetWriter(file, schema) as writer:
        rows = read_rows()
        while block := list(islice(rows, _ROW_GROUP)):
            arrays = [column.array([row.get(name) for row in block]) for name, column in columns.items()]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


class _Column:
    """What a column holds, and how that is written."""

    def __init__(self) -> None:
        self._kinds: set[type] = set()
        self._largest = 0  # integer, by magnitude

    def note(self, value: Any) -> None:
        kind = type(value)
        self._kinds.add(kind)
        if kind is int:
            self._largest = max(self._largest, abs(value))

    def type(self) -> pyarrow.DataType:
        import pyarrow

        kinds = self._kinds - {type(None)}
        if kinds == {bool}:
            return pyarrow.bool_()
        if kinds == {int} and self._largest < _INT64:
            return pyarrow.int64()
        if kinds == {float} or (kinds == {int, float} and self._largest <= _EXACT_IN_FLOAT):
            return pyarrow.float64()
        return pyarrow.string()

    def array(self, cells: Sequence[Any]) -> pyarrow.Array:
        import pyarrow

        wanted = self.type()
        if wanted == pyarrow.string():
            cells = [None if value is None else _text(values.cell(value)) for value in cells]
        return pyarrow.array(cells, wanted, from_pandas=False)  # NaN is a value here, not a missing one


def _columns(rows: Iterator[Row]) -> dict[str, _Column]:
    """Give the columns of all rows in the dataset's order."""
    order = Columns()
    columns: dict[str, _Column] = {}
    for number, row in enumerate(rows):
        order.note((0, number), tuple(row))
        for name, value in row.items():
            if name not in columns:
                columns[name] = _Column()
            columns[name].note(value)
    return {name: columns[name] for name in order.header()}


def _text(text: str) -> str:
    """Give text as Unicode proper: lone surrogates become escape sequences."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
