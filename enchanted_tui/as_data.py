"""What of a runner's results is data: numbers, text, lists, mappings, and whatever turns itself
into an array.

Nothing is saved as the text that Python prints for an object: that is cut ("[0. 1. ... 9.]"), and
nobody can read it back. What is masked or missing (numpy's masked values, pandas' NA and NaT) is
never given as the number below the mask.

Runs on workers: standard library only, Python 3.9 or newer; numpy is used when the value brings it.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Mapping, Sequence, Set
from enum import Enum
from typing import Any

_EXACT = frozenset((float, int, str, bool, complex, bytes, type(None)))
_TEXTS = frozenset((("uuid", "UUID"), ("ipaddress", "IPv4Address"), ("ipaddress", "IPv6Address")))
_MISSING = frozenset(("NAType", "NaTType"))
_MOST_STEPS = 10  #: from an object to an array of numpy


class NotDataError(ValueError):
    """A result that cannot be recorded: what it is, and where in the result."""

    def __init__(self, sentence: str, place: str = "") -> None:
        super().__init__(f"at {place} {sentence}" if place else sentence)
        self.sentence, self.place = sentence, place


def as_data(value: Any) -> Any:
    """Return `value` in types that survive exactly: Python's own, and numpy's arrays of numbers.

    Raises NotDataError for anything else: a generator, an object that is no array, one whose
    conversion fails.
    """
    if type(value) in _EXACT:
        return value
    try:
        return _data(value)
    except RecursionError:
        raise NotDataError("is nested too deeply or contains itself") from None


def _data(value: Any) -> Any:
    if type(value) in _EXACT:
        return value
    try:
        return _converted(value)
    except (NotDataError, RecursionError):
        raise
    # objects of any library, whose methods raise anything
    except Exception as error:  # noqa: BLE001
        raise NotDataError(
            f"is {named(value)} that cannot be converted: {type(error).__name__}{_words(error)}"
        ) from None


def named(value: Any) -> str:
    """Return the kind of a value for a message, such as ``a pandas.DataFrame``; never its own text,
    which may fail.
    """
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return "None" if value is None else f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def safe_text(value: Any, limit: int = 2_000) -> str:
    """Return `str(value)`, or what kind of value it is where that fails."""
    try:
        text = str(value)
    except BaseException:  # noqa: BLE001 - a text for a message must not end the worker
        return f"{named(value)} whose text cannot be had"
    return text if len(text) <= limit else text[:limit] + "..."


def _converted(value: Any) -> Any:
    for convert in (_number_or_text, _container, _array, _object):
        found = convert(value)
        if found is not _UNKNOWN:
            return found
    raise NotDataError(
        f"is {named(value)}, which is no data; return numbers, text, lists, mappings or arrays"
    )


_UNKNOWN = object()


def _number_or_text(value: Any) -> Any:
    kind = type(value)
    if kind.__name__ in _MISSING and kind.__module__.startswith("pandas"):
        return None
    if isinstance(value, Enum):
        return _data(value.value)
    if hasattr(kind, "dtype") or hasattr(kind, "__array__"):
        return _UNKNOWN  # numpy's own scalars, some of which are Python's numbers too
    if isinstance(value, str):
        return str.__str__(value)
    for base in (int, float, complex):
        if isinstance(value, base):
            # what the class derived from it has for __int__ may be anything
            return base.__pos__(value)  # type: ignore[arg-type]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, os.PathLike):
        return os.fsdecode(os.fspath(value))
    if isinstance(value, BaseException):
        return f"{kind.__name__}{_words(value)}"
    return str(value) if (kind.__module__, kind.__name__) in _TEXTS else _UNKNOWN


def _container(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): _inside(item, key) for key, item in value.items()}
    if hasattr(type(value), "__array__") or hasattr(type(value), "dtype"):
        return _UNKNOWN
    if isinstance(value, tuple):
        return tuple(_inside(item, number) for number, item in enumerate(value))
    if isinstance(value, Set) and not isinstance(value, Sequence):
        members = [_data(item) for item in value]
        return _as_set(members) if isinstance(value, (set, frozenset)) else members
    if isinstance(value, Sequence) or type(value).__name__ in (
        "deque",
        "array",
        "dict_values",
        "dict_items",
    ):
        return [_inside(item, number) for number, item in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _inside(getattr(value, field.name), field.name)
            for field in dataclasses.fields(value)
        }
    return _UNKNOWN


def _as_set(members: list[Any]) -> Any:
    try:
        return set(members)
    except TypeError:  # a set in a set, which JSON's decoder could not give back
        return members


def _inside(value: Any, place: Any) -> Any:
    try:
        return _data(value)
    except NotDataError as error:
        shown = repr(place) if isinstance(place, (int, str)) else repr(safe_text(place))
        raise NotDataError(error.sentence, f"[{shown:.40}]{error.place}") from None


def _key(key: Any) -> Any:
    return key if type(key) in _EXACT else _hashable(_data(key))


def _hashable(key: Any) -> Any:
    return tuple(map(_hashable, key)) if isinstance(key, (list, tuple)) else key


# -- arrays ----------------------------------------------------------------------------------------


def _array(value: Any) -> Any:
    """Return what numpy's arrays and scalars hold, and what turns itself into one by
    ``__array__``.
    """
    kind = type(value)
    if not hasattr(kind, "__array__"):
        return _UNKNOWN
    array = value
    for _ in range(_MOST_STEPS):  # the variable of a netCDF file gives a masked array
        if _is_numpys(array):
            break
        array = array.__array__()
    else:
        raise NotDataError(f"is {named(value)}, whose __array__ gives no array of numpy")
    if array.dtype.names:
        return {name: _data(array[name]) for name in array.dtype.names}
    if hasattr(array, "mask") and hasattr(array, "filled"):
        return _unmasked(array)
    array = array.__array__()  # without what a derived class adds to it
    return _scalar(array) if array.ndim == 0 else _numbers(array)


def _is_numpys(value: Any) -> bool:
    return any(base.__module__.partition(".")[0] == "numpy" for base in type(value).__mro__)


def _unmasked(value: Any) -> Any:
    """Return a masked array with NaN where it is masked, or as lists with None where its type has
    no NaN.
    """
    mask = value.mask
    if not mask.any():
        return _data(value.data)
    if value.ndim == 0:
        return None
    if value.dtype.kind in "fc":
        return _numbers(value.filled(float("nan")))
    return _with_none(value.data, mask)


def _with_none(data: Any, mask: Any) -> Any:
    if getattr(mask, "ndim", 0) == 0:
        return None if mask else _data(data)
    return [_with_none(item, hidden) for item, hidden in zip(data, mask)]  # noqa: B905 - Python 3.9


def _numbers(array: Any) -> Any:
    """Return an array of numbers as it is, one of anything else as nested lists."""
    kind = array.dtype.kind
    if kind == "m":
        return array / array.dtype.type(1, "s")
    if kind == "M":
        return [_data(item) for item in array]
    if kind in "biufc":
        return _shortened(array) if array.dtype.char in "gG" else array
    return _data(array.tolist())


def _shortened(array: Any) -> Any:
    """Return numbers longer than Python's, which has no counterpart for them, rounded to
    doubles.
    """
    return array.astype("complex128" if array.dtype.kind == "c" else "float64")


def _scalar(array: Any) -> Any:
    kind = array.dtype.kind
    if kind == "M":
        text = str(array)
        return None if text == "NaT" else text
    if kind == "m":
        seconds = float(array / array.dtype.type(1, "s"))
        return None if seconds != seconds else seconds
    return _data((_shortened(array) if array.dtype.char in "gG" else array).item())


def _object(value: Any) -> Any:
    """Return the number that an object stands for: Decimal, Fraction, those of mpmath and SymPy."""
    if isinstance(value, type):
        return _UNKNOWN
    for method, base in (("__index__", int), ("__float__", float), ("__complex__", complex)):
        if hasattr(type(value), method):
            return base(value)
    return _UNKNOWN


def _words(error: BaseException) -> str:
    text = safe_text(error, 300).strip()
    return f": {text}" if text else ""
