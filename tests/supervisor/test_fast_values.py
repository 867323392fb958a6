"""The supervisor's fast reading and writing of values gives what the exact one gives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enchanted_tui import fast_values, values

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
)
_KEYS = st.one_of(st.text(), st.sampled_from(["$tuple", "$x", "null", "x"]))
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(_KEYS, inner), st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Equal in value and type, NaN to NaN and -0.0 to -0.0."""
    return type(one) is type(other) and (
        one == other if isinstance(one, int) else repr(one) == repr(other)
    )


@given(_VALUES)
def test_both_read_what_either_has_written(value: Any) -> None:
    """A journal may hold lines of both: of the supervisor and of workers that have the standard
    library alone.
    """
    exact = values.decode(values.encode(value))
    for line in (fast_values.encode(value), values.encode(value).encode("ascii")):
        assert line.isascii()
        assert b"\n" not in line
        assert same(fast_values.decode(line), exact)
        assert same(values.decode(line), exact)


@pytest.mark.parametrize(
    "value",
    [math.nan, [math.inf, None], {"text": "null"}, 2**64, -(2**200), "\ud800", "é", 1 << 17_000],
    ids=lambda value: type(value).__name__,
)
def test_what_the_fast_library_would_alter_stays_exact(value: Any) -> None:
    """NaN would be written as null, a lone surrogate refused, an integer of 5,000 digits not
    read.
    """
    assert same(fast_values.decode(fast_values.encode(value)), value)


def test_arrays_come_back() -> None:
    """Tagged values go through the exact reading."""
    array = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(fast_values.decode(fast_values.encode({"a": array}))["a"], array)


@pytest.mark.parametrize("line", [b"", b"{", b'{"a":1,}', b"\xff", b"[1] x"])
def test_what_is_no_json_is_a_value_error(line: bytes) -> None:
    """As the journal expects of a damaged line."""
    with pytest.raises(ValueError):
        fast_values.decode(line)


def test_a_value_that_contains_itself_is_a_value_error() -> None:
    """Not a crash of the interpreter."""
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="contains itself"):
        fast_values.encode(loop)
