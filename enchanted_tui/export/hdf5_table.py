"""HDF5 and NetCDF: one dataset for each column, arrays as arrays.

Both formats lack missing values and truth values: a column with missing values has a companion that
says where, and truth values are 0 and 1 with ``kind`` = ``bool``. Attributes of a column: ``name``
(the dataset's own may be altered), ``kind``, ``unit``, ``dtype`` of an array's elements,
``position`` in the table; in NetCDF ``ancillary_variables``, the companion (CF conventions, section
3.4). Attributes of the file: the provenance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from enchanted_tui.export.selection import ExportError
from enchanted_tui.storage.column_types import ColumnType, for_hdf5, link_name, unicode_name
from enchanted_tui.values import Row
from enchanted_tui.whole_files import replacement

_BLOCK = 2_000
_MISSING = "missing__"
_COMPANION = "ancillary_variables"
_NUMBERS: dict[str, np.dtype[Any]] = {
    "bool": np.dtype("i1"),
    "int": np.dtype("<i8"),
    "float": np.dtype("<f8"),
}


def write_hdf5_table(
    path: Path,
    read_rows: Callable[[], Iterator[Row]],
    columns: Sequence[ColumnType],
    metadata: Mapping[str, str],
    count: int,
) -> None:
    """Write the columns as datasets below ``columns``, in their order, and those of missing values
    below ``missing``.
    """
    import h5py

    with (
        replacement(path) as partial,
        h5py.File(partial, "w", libver=("v108", "latest"), track_order=True) as file,
    ):
        file.attrs.update(metadata)
        homes = {kind: file.create_group(kind, track_order=True) for kind in ("columns", "missing")}

        def create(name: str, shape: tuple[int, ...], dtype: Any, *, missing: bool) -> Any:
            home = homes["missing" if missing else "columns"]
            return home.create_dataset(name, shape, h5py.string_dtype() if dtype is str else dtype)

        _write_columns(create, read_rows, columns, count)


def write_netcdf(
    path: Path,
    read_rows: Callable[[], Iterator[Row]],
    columns: Sequence[ColumnType],
    metadata: Mapping[str, str],
    count: int,
) -> None:
    """Write NetCDF-4: a variable for each column along the dimension ``sample``; those of missing
    values are called ``missing__NAME``.

    Dimensions and companions get another name where a column has theirs already. Raises ImportError
    if the library (the extra ``netcdf``) is not there.
    """
    import h5netcdf
    import h5py

    with replacement(path) as partial, h5netcdf.File(partial, "w") as file:
        file.attrs.update(metadata)
        file.dimensions = {"sample": count}

        used = {link for _, link in _links(columns)} | {"sample"}

        def unused(name: str) -> str:
            found = link_name(name, used)
            used.add(found)
            return found

        def create(name: str, shape: tuple[int, ...], dtype: Any, *, missing: bool) -> Any:
            full = unused(_MISSING + name) if missing else name
            if missing:
                file[name].attrs[_COMPANION] = full
            dimensions = ["sample"]
            for number, size in enumerate(shape[1:]):
                dimensions.append(unused(f"{name}_{number}"))
                file.dimensions[dimensions[-1]] = size
            return file.create_variable(
                full, tuple(dimensions), h5py.string_dtype() if dtype is str else dtype
            )

        _write_columns(create, read_rows, columns, count)


def read_hdf5_table(path: Path) -> tuple[list[ColumnType], list[list[Any]], dict[str, str]]:
    """Return columns, their cells and the provenance of what either function has written;
    ExportError for a file of anything else.
    """
    import h5py

    with h5py.File(path) as file:
        is_netcdf = not isinstance(file.get("columns"), h5py.Group)  # a column may have that name
        home = file if is_netcdf else file["columns"]
        names = [name for name in home if "kind" in home[name].attrs]
        if not names:
            raise ExportError(
                f"{path} was not written by an export; of runs.h5, load the run directory in which"
                " it lies"
            )
        names.sort(key=lambda name: int(np.ravel(home[name].attrs["position"])[0]))
        columns, cells = [], []
        for name in names:
            dataset = home[name]
            given: Any = (
                _text(dataset.attrs.get(attribute, ""))
                for attribute in ("name", "kind", "unit", "dtype")
            )
            column = ColumnType(*given)
            companion = _text(dataset.attrs.get(_COMPANION, "")) if is_netcdf else f"missing/{name}"
            gaps = file[companion][()] if companion and companion in file else None
            columns.append(column)
            cells.append(_read_cells(column, dataset, gaps))
        provenance = {
            name: _text(value) for name, value in file.attrs.items() if not name.startswith("_")
        }
    return columns, cells, provenance


def _write_columns(
    create: Callable[..., Any],
    read_rows: Callable[[], Iterator[Row]],
    columns: Sequence[ColumnType],
    count: int,
) -> None:
    written = [
        _Column(number, column, create, count, link)
        for number, (column, link) in enumerate(_links(columns))
    ]
    rows = read_rows()
    start = 0
    while block := list(islice(rows, _BLOCK)):
        for column in written:
            column.put(start, block)
        start += len(block)


class _Column:
    """A column while it is written."""

    def __init__(
        self, position: int, column: ColumnType, create: Callable[..., Any], count: int, link: str
    ) -> None:
        self._type = for_hdf5(column)
        self._create, self._count, self._link = create, count, link
        shape = self._type.shape or ()
        dtype = (
            np.dtype(self._type.dtype)
            if self._type.kind == "array"
            else _NUMBERS.get(self._type.kind, str)
        )
        if dtype == np.bool_:
            dtype = np.dtype("i1")
        self._dataset = create(link, (count, *shape), dtype, missing=False)
        self._gaps: Any = None
        self._dataset.attrs["position"] = position
        told = {
            "name": unicode_name(column.name),
            "kind": self._type.kind,
            "unit": column.unit,
            "dtype": self._type.dtype,
        }
        for name, value in told.items():
            if value:
                self._dataset.attrs[name] = value

    def put(self, start: int, rows: Sequence[Row]) -> None:
        """Write the cells of some rows."""
        cells = [row.get(self._type.name) for row in rows]
        missing = [cell is None for cell in cells]
        if any(missing) and self._gaps is None:
            self._gaps = self._create(self._link, (self._count,), np.dtype("i1"), missing=True)
        if self._gaps is not None:
            self._gaps[start : start + len(cells)] = np.array(missing, "i1")
        self._dataset[start : start + len(cells)] = self._block(cells)

    def _block(self, cells: list[Any]) -> np.ndarray[Any, Any]:
        kind = self._type.kind
        if kind in _NUMBERS:
            return np.array([0 if cell is None else cell for cell in cells], _NUMBERS[kind])
        if kind == "array":
            empty = np.zeros(self._type.shape or (), self._type.dtype)
            arrays = [empty if cell is None else self._type.as_array(cell) for cell in cells]
            stacked: np.ndarray[Any, Any] = np.array(arrays, self._type.dtype)
            return stacked.astype("i1") if stacked.dtype == np.bool_ else stacked
        texts = [
            "" if cell is None else cell if kind == "text" else self._type.to_json(cell)
            for cell in cells
        ]
        return np.array(texts, dtype=object)


def _links(columns: Sequence[ColumnType]) -> Iterator[tuple[ColumnType, str]]:
    """Return each column a name that both formats take."""
    used: set[str] = {"sample"}
    for column in columns:
        link = link_name(column.name, used)
        used.add(link)
        yield column, link


def _read_cells(column: ColumnType, dataset: Any, gaps: Any) -> list[Any]:
    kind = column.kind
    if kind in ("text", "json"):
        cells = dataset.asstr()[()].tolist()
        cells = [column.from_json(text) if kind == "json" else text for text in cells]
    elif kind == "array":
        cells = list(dataset[()].astype(column.dtype))
    else:
        cells = dataset[()].astype(bool if kind == "bool" else dataset.dtype).tolist()
    return (
        cells
        if gaps is None
        else [None if gap else cell for cell, gap in zip(cells, gaps, strict=True)]
    )


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
