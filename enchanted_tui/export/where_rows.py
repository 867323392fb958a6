"""Which rows of a dataset a condition keeps, for exports and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from enchanted_tui.export.selection import ExportError
from enchanted_tui.expressions import normal_name
from enchanted_tui.values import Row
from enchanted_tui.views.row_condition import ConditionError, RowCondition, kept_rows

_OPTION = "--where"


def where_rows(written: str, read_rows: Callable[[], Iterator[Row]]) -> list[bool]:
    """Return of each row whether the condition keeps it. Raises ExportError, also if that is none
    of them.
    """
    needed = _needed(written)
    columns: dict[str, list[Any]] = {}
    count = 0
    for row in read_rows():
        for name, value in row.items():
            values = columns.setdefault(name, [])
            if normal_name(name) in needed:
                values += [None] * (count - len(values))
                values.append(value)
        count += 1
    whole = {
        name: values + [None] * (count - len(values)) if normal_name(name) in needed else values
        for name, values in columns.items()
    }
    return some_kept(written, whole, count)


def some_kept(written: str, columns: Mapping[str, Sequence[Any]], count: int) -> list[bool]:
    """Return of each of `count` rows whether the condition keeps it. Raises ExportError, also if
    that is none of them.
    """
    found = rows_kept(written, columns, count, _OPTION)
    if not any(found):
        raise ExportError(f"{_OPTION} {written}: none of the {count:,} rows keeps this condition")
    return found


def rows_kept(
    written: str, columns: Mapping[str, Sequence[Any]], count: int, option: str = "where:"
) -> list[bool]:
    """Return of each of `count` rows whether the condition keeps it. Raises ExportError, which
    names the `option` that it came by.
    """
    try:
        kept: list[bool] = kept_rows(written, columns, count).tolist()
    except ConditionError as error:
        raise ExportError(f"{option} {written}: {error.told()}") from None
    return kept


def _needed(written: str) -> frozenset[str]:
    """Return the columns that a condition names, none of one that cannot be read: what is wrong
    with it is said once all columns are known.
    """
    try:
        return frozenset(map(normal_name, RowCondition(written).names))
    except ConditionError:
        return frozenset()
