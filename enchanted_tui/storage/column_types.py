"""What a column of a dataset holds: one type for all its rows, so that files with types can carry
it exactly.

Kinds: ``bool``; ``int`` (64 bits); ``float`` (integers among them if they are exact as float64);
``text``; ``array`` (numpy arrays, or lists of numbers, of one element type and one number of
dimensions; their shapes may differ); ``json`` for everything else, as the exact JSON of
`enchanted_tui.values` (and text that is no JSON as it is). A missing value is None, whatever the
kind; NaN is a value.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from enchanted_tui import values
from enchanted_tui.storage.dataset_header import Columns
from enchanted_tui.values import Row

Kind = Literal["bool", "int", "float", "text", "array", "json"]

_EXACT_IN_FLOAT = 2**53
_INT64 = 2**63


@dataclass(frozen=True)
class ColumnType:
    """Name and type of a column."""

    name: str
    kind: Kind
    unit: str = ""
    dtype: str = ""  #: of an array's elements, as numpy writes it: ``<f8``
    ndim: int = 0  #: of an array
    shape: tuple[int, ...] | None = None  #: of an array, if all have the same
    has_nul: bool = False  #: whether a text holds a NUL character

    def to_json(self, value: Any) -> str:
        """Return a value of a ``json`` column as text; text that is no JSON as it is: a column of
        0.7 and "L" reads ``0.7``, ``L``.
        """
        if type(value) is str and "\0" not in value and is_unicode(value) and not _is_json(value):
            return value
        return values.encode(value)

    def from_json(self, text: str) -> Any:
        """Give back what `to_json` was given."""
        try:
            return values.decode(text)
        except ValueError:
            return text

    def as_array(self, value: Any) -> np.ndarray[Any, Any]:
        """Return a value of an ``array`` column."""
        return np.asarray(value, self.dtype)


def column_types(rows: Iterable[Row], units: Mapping[str, str] | None = None) -> list[ColumnType]:
    """Return the columns of all rows, in the dataset's order."""
    order = Columns()
    found: dict[str, _Evidence] = {}
    for number, row in enumerate(rows):
        order.note((0, number), tuple(row))
        for name, value in row.items():
            evidence = found.get(name)
            if evidence is None:
                evidence = found[name] = _Evidence()
            evidence.note(value)
    units = units or {}
    return [found[name].column(name, units.get(name, "")) for name in order.header()]


def for_hdf5(column: ColumnType) -> ColumnType:
    """Return the column for HDF5, whose text ends at a NUL, as a table whose arrays must all have
    one shape.
    """
    fits = column.shape is not None if column.kind == "array" else not column.has_nul
    return column if fits else ColumnType(column.name, "json", column.unit)


class _Evidence:
    """What has been seen of a column."""

    def __init__(self) -> None:
        self._kinds: set[type] = set()
        self._largest = 0  # integer, by magnitude
        self._is_unicode = True
        self._has_nul = False
        self._arrays: set[tuple[str, int]] = set()  # element type, dimensions
        self._shapes: set[tuple[int, ...]] = set()
        self._has_integer_lists = False

    def note(self, value: Any) -> None:
        kind = type(value)
        if kind is float:
            self._kinds.add(float)
            return
        if value is None:
            return
        if kind is int:
            self._largest = max(self._largest, abs(value))
        elif kind is str:
            self._is_unicode = self._is_unicode and is_unicode(value)
            self._has_nul = self._has_nul or "\0" in value
        elif kind is np.ndarray or kind is list:
            kind = self._note_array(value)
        self._kinds.add(kind)

    def _note_array(self, value: Any) -> type:
        array = _number_array(value)
        if array is None:
            return object
        if len(self._shapes) < 2:
            self._shapes.add(array.shape)
        self._arrays.add((array.dtype.newbyteorder("<").str, array.ndim))
        self._has_integer_lists |= type(value) is list and array.dtype.kind == "i"
        return np.ndarray

    def column(self, name: str, unit: str) -> ColumnType:
        """Return the type that all values fit."""
        kinds = self._kinds
        if kinds == {bool}:
            return ColumnType(name, "bool", unit)
        if kinds == {int} and self._largest < _INT64:
            return ColumnType(name, "int", unit)
        if kinds == {float} or (kinds == {int, float} and self._largest <= _EXACT_IN_FLOAT):
            return ColumnType(name, "float", unit)
        if (kinds == {str} and self._is_unicode) or not kinds:
            return ColumnType(name, "text", unit, has_nul=self._has_nul)
        if kinds == {np.ndarray}:
            return self._array_column(name, unit)
        return ColumnType(name, "json", unit)

    def _array_column(self, name: str, unit: str) -> ColumnType:
        arrays = set(self._arrays)
        # [1, 2] beside [1.5, 2]: a code that writes whole numbers without a point
        if self._has_integer_lists:
            arrays -= {("<i8", dimensions) for dtype, dimensions in arrays if dtype == "<f8"}
        if len(arrays) != 1:
            return ColumnType(name, "json", unit)
        ((dtype, ndim),) = arrays
        shape = next(iter(self._shapes)) if len(self._shapes) == 1 else None
        return ColumnType(name, "array", unit, dtype, ndim, shape)


def _number_array(value: Any) -> np.ndarray[Any, Any] | None:
    """Return an array, or a rectangular list of numbers of one type, as an array that nested lists
    can carry; None for anything else.
    """
    if type(value) is list:
        kinds: set[type] = set()
        if not _note_leaves(value, kinds):
            return None
        try:
            value = np.array(value, np.int64 if kinds == {int} else np.float64)
        except (ValueError, OverflowError, TypeError):  # not rectangular, or too large
            return None
    if (
        value.dtype.kind not in "biuf"
        or value.dtype.itemsize > 8
        or value.ndim == 0
        or (value.size == 0 and value.ndim > 1)
    ):
        return None
    array: np.ndarray[Any, Any] = value
    return array


def _note_leaves(value: list[Any], kinds: set[type]) -> bool:
    """Collect the types of all numbers in nested lists; False if there is anything that is none, or
    that float64 may not hold.
    """
    for item in value:
        kind = type(item)
        if kind is list:
            if not _note_leaves(item, kinds):
                return False
        elif kind is float or (kind is int and -_EXACT_IN_FLOAT <= item <= _EXACT_IN_FLOAT):
            kinds.add(kind)
        else:
            return False
    return True


def link_name(name: str, used: Container[str]) -> str:
    """Return a column's name as HDF5 and NetCDF take it for a dataset, and unlike those that are
    `used`.
    """
    link = unicode_name(name).replace("/", "_").strip() or "column"
    while link in used or link in (".", ".."):
        link += "_"
    return link


def _is_json(text: str) -> bool:
    try:
        values.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_unicode(text: str) -> bool:
    """Tell whether the text can be encoded: it has no lone surrogate."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unicode_name(name: str) -> str:
    """Return a column's name as every format takes it: lone surrogates and NUL, at which HDF5's
    text ends, become escape sequences.
    """
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")
