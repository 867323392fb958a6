"""Values from HDF5 and NetCDF files; the libraries are imported where and when a task needs
them.
"""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Callable, Mapping
from typing import Any

from enchanted_tui.runners.arguments import listed
from enchanted_tui.runners.command.files import RunFiles, Unreadable

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


def hdf5_reader(
    file: str, address: str, index: int | list[int] | None
) -> Callable[[RunFiles], Any]:
    """Return the function that reads the dataset ``group/name``, or the attribute
    ``group/name@attribute``.
    """
    path, _, attribute = address.partition("@")

    def read(files: RunFiles) -> Any:
        with _open_hdf5(file, files.path(file)) as opened:
            holder = _member(file, opened, path)
            if attribute:
                if attribute not in holder.attrs:
                    raise Unreadable(
                        f"{file} has no attribute {attribute!r} at {path or '/'}; there are"
                        f" {listed(holder.attrs)}"
                    )
                value, grows = holder.attrs[attribute], False
            else:
                value, grows = _content(file, path, holder), None in (holder.maxshape or ())
        return _pick(file, address, value, index, grows)

    return read


def netcdf_reader(
    file: str, variable: str, index: int | list[int] | None
) -> Callable[[RunFiles], Any]:
    """Return the function that reads a variable: NetCDF 4 through h5py, the classic formats through
    scipy.

    ``scale_factor`` and ``add_offset`` are applied, and fill values become NaN, as NetCDF's
    conventions have it.
    """

    def read(files: RunFiles) -> Any:
        path = files.path(file)
        with open(path, "rb") as opened:
            modern = opened.read(len(_HDF5_MAGIC)) == _HDF5_MAGIC
        value, attributes, grows = (_read_netcdf4 if modern else _read_classic)(
            file, path, variable
        )
        return _pick(file, variable, _unpacked(value, attributes), index, grows)

    return read


def _open_hdf5(file: str, path: str) -> Any:
    h5py = _library("h5py", "HDF5 and NetCDF 4 files")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise Unreadable(f"{file} is no readable HDF5 file: {error}") from None


def _read_netcdf4(file: str, path: str, variable: str) -> tuple[Any, dict[str, Any], bool]:
    """Return a variable as it is stored, its attributes, and whether one of its dimensions may
    still grow.
    """
    with _open_hdf5(file, path) as opened:
        holder = _member(file, opened, variable)
        return _content(file, variable, holder), dict(holder.attrs), None in (holder.maxshape or ())


def _read_classic(file: str, path: str, variable: str) -> tuple[Any, dict[str, Any], bool]:
    netcdf = _library("scipy.io", "classic NetCDF files")
    try:
        opened = netcdf.netcdf_file(path, "r", mmap=False)
    except Exception as error:  # noqa: BLE001 - scipy raises whatever a damaged header leads to
        raise Unreadable(f"{file} is no readable NetCDF file: {error}") from None
    with opened:
        if variable not in opened.variables:
            raise Unreadable(
                f"{file} has no variable {variable!r}; there are {listed(sorted(opened.variables))}"
            )
        found = opened.variables[variable]
        data = found.data[()]
        return data.astype(data.dtype.newbyteorder("=")), dict(found._attributes), bool(found.isrec)


def _member(file: str, opened: Any, path: str) -> Any:
    if not path.strip("/"):
        return opened
    if path not in opened:
        raise Unreadable(f"{file} has no {path!r}; its top level holds {listed(opened)}")
    return opened[path]


def _content(file: str, path: str, holder: Any) -> Any:
    if not hasattr(holder, "shape"):
        raise Unreadable(f"{path!r} in {file} is a group, not a dataset; it holds {listed(holder)}")
    value = holder[()]
    if type(value).__name__ == "Empty":
        raise Unreadable(f"{path!r} in {file} is empty: it has a type and no value")
    return value


def _unpacked(value: Any, attributes: Mapping[str, Any]) -> Any:
    import numpy

    data = numpy.asarray(value)
    if data.dtype.str == "|S1" and data.ndim:
        return _texts(data)
    if data.dtype.kind not in "iuf":
        return value
    fills = [attributes[name] for name in ("_FillValue", "missing_value") if name in attributes]
    missing = (
        numpy.isin(data, numpy.concatenate([numpy.ravel(fill) for fill in fills]))
        if fills
        else None
    )
    if "scale_factor" in attributes or "add_offset" in attributes:
        data = data * _single(attributes.get("scale_factor", 1.0)) + _single(
            attributes.get("add_offset", 0.0)
        )
    if missing is not None and missing.any():
        data = numpy.where(missing, numpy.nan, data)
    return data[()]


def _texts(data: Any) -> Any:
    """Return NetCDF's text, whose last dimension counts the characters."""
    import numpy

    if data.ndim > 1:
        return numpy.array([_texts(row) for row in data])
    return b"".join(sign or b" " for sign in data.tolist()).decode("utf-8", "replace").rstrip()


def _single(value: Any) -> float:
    return float(value.reshape(-1)[0] if hasattr(value, "reshape") else value)


def _pick(file: str, name: str, value: Any, index: int | list[int] | None, grows: bool) -> Any:
    """Return the element `index` or all of a value; of an array of one element that cannot grow,
    that element.
    """
    if type(value).__name__ == "Empty":
        raise Unreadable(f"{name!r} in {file} is empty: it has a type and no value")
    if index is not None:
        try:
            value = value[tuple(index) if isinstance(index, list) else index]
        except (IndexError, TypeError):
            shape = getattr(value, "shape", ())
            raise Unreadable(
                f"{name!r} in {file} has no element {index}; its shape is {tuple(shape)}"
            ) from None
    if index is None and not grows and getattr(value, "size", 0) == 1 and value.shape:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        return _decoded(value)
    if getattr(getattr(value, "dtype", None), "kind", "") in "SO" and hasattr(value, "tolist"):
        padded = value.dtype.kind == "S"
        return _decoded(value.tolist(), padded=padded)
    return value


def _decoded(value: Any, *, padded: bool | None = None) -> Any:
    """Return bytes as text; those of a fixed length (`padded`; numpy's own bytes) without the
    blanks that fill it up.
    """
    if isinstance(value, list):
        return [_decoded(item, padded=padded) for item in value]
    if not isinstance(value, bytes):
        return value
    text = value.decode("utf-8", "replace")
    return text.rstrip(" \0") if padded or hasattr(value, "dtype") else text


def _library(name: str, purpose: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise Unreadable(
            f"reading {purpose} needs {package}, which the Python that ran the task lacks"
            f" ({sys.executable} on {platform.node()}); install {package} there, or have the"
            " command print the value"
        ) from None
