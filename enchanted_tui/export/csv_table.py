"""CSV with a schema beside it: bare CSV cannot tell "007" from 7, nor an empty text from a missing
one.

The schema, ``NAME.schema.json``, is a Table Schema (Frictionless Data), with ``unit``, ``kind``,
``dtype`` and the provenance added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from enchanted_tui.storage.column_types import ColumnType, unicode_name
from enchanted_tui.values import Row
from enchanted_tui.whole_files import open_replacement, write_atomically

_MAX_BLOCK = (1 << 31) - 1

_TABLE_SCHEMA_TYPES = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "text": "string",
    "array": "array",
    "json": "any",
}


def schema_path(path: Path) -> Path:
    """Return the place of the schema of a CSV file."""
    return Path(f"{path}.schema.json")


def write_csv(
    path: Path,
    read_rows: Callable[[], Iterator[Row]],
    columns: Sequence[ColumnType],
    metadata: Mapping[str, str],
) -> None:
    """Write the file and its schema. A missing value is an empty cell, an empty text two quotes, an
    array nested lists in JSON.
    """
    with open_replacement(path) as file:
        file.write(
            (",".join(_quoted(unicode_name(column.name)) for column in columns) + "\n").encode()
        )
        for row in read_rows():
            file.write(
                (
                    ",".join(_cell(column, row.get(column.name)) for column in columns) + "\n"
                ).encode()
            )
    fields = [_field(column) for column in columns]
    write_atomically(
        schema_path(path),
        json.dumps(
            {"fields": fields, "missingValues": [""], "provenance": dict(metadata)}, indent=1
        ),
    )


def read_csv(path: Path) -> tuple[list[ColumnType], list[list[Any]], dict[str, str]]:
    """Return columns, their cells and the provenance. Raises FileNotFoundError if the schema is not
    there.
    """
    from pyarrow import csv

    schema = json.loads(schema_path(path).read_text())
    columns = [
        ColumnType(
            field["name"],
            field["kind"],
            field.get("unit", ""),
            field.get("dtype", ""),
            field.get("ndim", 0),
        )
        for field in schema["fields"]
    ]
    options = csv.ConvertOptions(
        column_types=dict.fromkeys((column.name for column in columns), "string"),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    # a missing value where there is one column is such a line
    lines = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    # a row must fit into one
    blocks = csv.ReadOptions(block_size=min(max(1 << 20, path.stat().st_size + 1), _MAX_BLOCK))
    table = csv.read_csv(path, read_options=blocks, parse_options=lines, convert_options=options)
    cells = [
        [
            None if text is None else _value(column, text)
            for text in table.column(number).to_pylist()
        ]
        for number, column in enumerate(columns)
    ]
    return columns, cells, schema["provenance"]


def _field(column: ColumnType) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": unicode_name(column.name),
        "type": _TABLE_SCHEMA_TYPES[column.kind],
        "kind": column.kind,
    }
    if column.unit:
        field["unit"] = column.unit
    if column.kind == "array":
        field |= {"dtype": column.dtype, "ndim": column.ndim}
    return field


def _cell(column: ColumnType, value: Any) -> str:
    if value is None:
        return ""
    if column.kind == "array":
        return _quoted(json.dumps(column.as_array(value).tolist()))
    if column.kind == "json":
        return _quoted(column.to_json(value))
    return (
        _quoted(value)
        if column.kind == "text"
        else repr(float(value) if column.kind == "float" else value)
    )


def _quoted(text: str) -> str:
    if text and not any(sign in text for sign in ',"\r\n') and text == text.strip():
        return text
    return '"' + text.replace('"', '""') + '"'


def _value(column: ColumnType, text: str) -> Any:
    if column.kind == "bool":
        return text == "True"
    if column.kind == "int":
        return int(text)
    if column.kind == "float":
        return float(text)
    if column.kind == "array":
        return column.as_array(json.loads(text))
    return column.from_json(text) if column.kind == "json" else text
