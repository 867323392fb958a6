"""Values that survive exactly: what a sampler draws, a runner returns and the journal keeps.

JSON with Python's own extensions (NaN, Infinity, integers of any size) carries numbers, text, lists
and dictionaries as they are. What JSON cannot carry is tagged: a mapping with the single key
``$tuple``, ``$dict``, ``$array``, ``$complex``, ``$bytes``, ``$set`` or ``$int``. Values of other
types become what `as_data` makes of them.

Runs on workers: standard library only, Python 3.9 or newer; numpy is used when the value brings it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from typing import Any

from enchanted_tui.as_data import NotDataError, as_data, safe_text

#: What a task has returned, or a sampler has drawn: values by the name of their column.
Row = dict[str, Any]

_TEXT = frozenset((str,))
_EXACT = frozenset((float, int, str, bool, type(None)))
_ALWAYS_EXACT = _EXACT - {int}  # of integers, only those are exact that are not too long
_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_MAX_DIGITS_BITS = 14_000  # below Python's limit of 4,300 digits for int <-> str


def encode(value: Any) -> str:
    """Return `value` as one line of ASCII JSON.

    Raises ValueError for a value that contains itself.
    """
    try:
        return _ENCODER.encode(to_json(value))
    except RecursionError:
        raise ValueError("the value is nested too deeply or contains itself") from None


def decode(text: str | bytes) -> Any:
    """Give back what `encode` was given; arrays come back as numpy arrays (as lists where numpy is
    missing).
    """
    if isinstance(text, bytes):
        text = text.decode("ascii")
    if '"$' in text:
        return json.loads(text, object_hook=_untag)
    return json.loads(text)


def to_json(value: Any) -> Any:
    """Return `value` in types that `json.dumps` writes exactly, tagging what JSON lacks."""
    kind = type(value)
    if kind in _EXACT:
        if kind is int and value.bit_length() > _MAX_DIGITS_BITS:
            return {"$int": hex(value)}
        return value
    if kind is dict:
        return _dict_to_json(value)
    if kind is list:
        return value if _are_exact(value) else [to_json(item) for item in value]
    if kind is tuple:
        return {"$tuple": [to_json(item) for item in value]}
    return _other_to_json(value)


def plain(value: Any) -> Any:
    """Return a numpy scalar as the Python number it holds, None for a masked one; anything else
    unchanged.
    """
    if type(value) in _EXACT or not hasattr(value, "dtype") or getattr(value, "ndim", 1) != 0:
        return value
    return as_data(value)


def cell(value: Any) -> str:
    """Return `value` as the text of a CSV cell: numbers exact, None empty, arrays and dictionaries
    as JSON, never cut.
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is float or kind is bool:
        return repr(value)
    if kind is int:
        return str(value) if value.bit_length() <= _MAX_DIGITS_BITS else hex(value)
    if value is None:
        return ""
    return json.dumps(as_plain_json(value))


def as_plain_json(value: Any) -> Any:
    """Return `value` in types of JSON alone, as people expect it: an array as nested lists. It does
    not come back as what it was.
    """
    return _untagged(to_json(value))


def _are_exact(values: Collection[Any]) -> bool:
    """Tell whether JSON carries all of these as they are."""
    if _ALWAYS_EXACT.issuperset(map(type, values)):
        return True
    if not _EXACT.issuperset(map(type, values)):
        return False
    for value in values:
        if type(value) is int and value.bit_length() > _MAX_DIGITS_BITS:
            return False
    return True


def _dict_to_json(value: dict[Any, Any]) -> Any:
    if _TEXT.issuperset(map(type, value)) and not (
        len(value) == 1 and next(iter(value)).startswith("$")
    ):
        if _are_exact(value.values()):
            return value
        return {
            key: item if type(item) in _ALWAYS_EXACT else to_json(item)
            for key, item in value.items()
        }
    return {"$dict": [[to_json(key), to_json(item)] for key, item in value.items()]}


def _other_to_json(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return {"$set": [to_json(item) for item in sorted(value, key=repr)]}
    kind = type(value)
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if kind is complex:
        return {"$complex": [value.real, value.imag]}
    try:
        data = as_data(value)
    except NotDataError:  # of a runner, `task_end.outputs_and_failure` has let nothing come so far
        return safe_text(value)
    return _array_to_json(data) if hasattr(data, "tobytes") else to_json(data)


def _array_to_json(array: Any) -> Any:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"$array": [little.dtype.str, list(little.shape), data]}


def _untag(mapping: dict[str, Any]) -> Any:
    if len(mapping) != 1:
        return mapping
    ((tag, held),) = mapping.items()
    if not tag.startswith("$"):
        return mapping
    if tag == "$tuple":
        return tuple(held)
    if tag == "$dict":
        return {_hashable(key): item for key, item in held}
    if tag == "$array":
        return _array(*held)
    if tag == "$complex":
        return complex(*held)
    if tag == "$bytes":
        return base64.b64decode(held)
    if tag == "$set":
        return {_hashable(item) for item in held}
    if tag == "$int":
        return int(held, 16)
    return mapping


def _hashable(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key


def _array(dtype: str, shape: list[int], data: str) -> Any:
    raw = base64.b64decode(data)
    try:
        import numpy
    except ImportError:
        import array

        codes = {"<f8": "d", "<f4": "f", "<i8": "q", "<i4": "i", "|b1": "b", "|u1": "B"}
        return list(array.array(codes[dtype], raw))
    return numpy.frombuffer(raw, dtype=dtype).reshape(shape).copy()


def _untagged(value: Any) -> Any:
    """Return tagged JSON in the shape a person expects in a CSV cell: an array as nested lists."""
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, held),) = value.items()
        if tag in ("$tuple", "$set"):
            return [_untagged(item) for item in held]
        if tag == "$array":
            array = _array(*held)
            return _untagged(to_json(array.tolist() if hasattr(array, "tolist") else array))
        if tag == "$dict":
            return {
                key if isinstance(key, str) else json.dumps(_untagged(key)): _untagged(item)
                for key, item in held
            }
        if tag in ("$complex", "$bytes", "$int"):
            return held
    return {key: _untagged(item) for key, item in value.items()}
