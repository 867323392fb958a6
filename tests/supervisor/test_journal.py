"""The journal: what is appended comes back exactly, and damage is noticed and costs only what it
held.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui import values
from enchanted_tui.journal_lines import seal
from enchanted_tui.record.journal import Journal, JournalReader, last_open
from helpers.marks import examples

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.complex_numbers(allow_nan=False),
    st.integers().map(lambda n: n * 2**70),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(
            st.one_of(st.text(), st.integers(), st.tuples(st.integers(), st.text())),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a == b and math.copysign(1, a) == math.copysign(1, b)) or (
            math.isnan(a) and math.isnan(b)
        )
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return list(map(repr, a)) == list(map(repr, b)) and all(map(_same, a.values(), b.values()))
    return bool(a == b)


@given(_VALUES)
def test_values_survive_exactly(value: Any) -> None:
    """Protects every number, text and structure on its way between steps, stages, sessions and
    hosts.
    """
    text = values.encode(value)
    assert "\n" not in text
    assert text.isascii()
    assert _same(values.decode(text), value)
    assert isinstance(values.cell(value), str)


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", ">f8", "int16", "uint64", "bool", "complex128"]
)
def test_arrays_survive_with_type_and_shape(dtype: str) -> None:
    """Protects profiles and fields: element type, shape and every bit."""
    array = np.array([[0, 1, 2.5], [3, -4, np.nan if np.dtype(dtype).kind in "fc" else 7]]).astype(
        dtype
    )
    back = values.decode(values.encode({"profile": array}))["profile"]
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("<")
    assert back.tobytes() == array.astype(back.dtype).tobytes()
    assert json.loads(values.cell(np.arange(5000)))[-1] == 4999


@pytest.mark.parametrize(
    "scalar, plain",
    [
        (np.float64(0.1), 0.1),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.float32(0.5), 0.5),
        (np.str_("a"), "a"),
    ],
)
def test_numpy_scalars_become_python_numbers(scalar: Any, plain: Any) -> None:
    """Protects plugins from numpy scalars that print and compare differently."""
    assert _same(values.decode(values.encode(scalar)), plain)
    assert _same(values.plain(scalar), plain)


def _write(path: Path, records: list[dict[str, Any]]) -> list[int]:
    journal = Journal(path)
    offsets = [journal.append(cast(Any, dict(record))) for record in records]
    journal.close()
    return offsets


def _read(path: Path) -> tuple[list[dict[str, Any]], list[int]]:
    with JournalReader(path) as reader:
        found = [cast(dict[str, Any], record) for _, record in reader.records()]
        return found, [item.line for item in reader.damage]


@given(
    st.lists(st.dictionaries(st.text(min_size=1), _SCALARS, max_size=3), max_size=12),
    st.floats(0, 1),
)
@settings(max_examples=examples(60), deadline=None)
def test_a_torn_tail_costs_only_the_last_record(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], where: float
) -> None:
    """Protects what was recorded before a kill in the middle of a write, wherever the write was
    cut.
    """
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    records = [{"type": "task", "n": n, "row": row} for n, row in enumerate(rows)]
    offsets = _write(path, records)
    size = path.stat().st_size
    cut = round(where * size)  # a share, since sizes vary with the clock
    os.truncate(path, cut)
    whole = sum(end <= cut for end in [*offsets[1:], size]) if records else 0
    assert [record["n"] for record in _read(path)[0]] == list(range(whole))
    journal = Journal(path)
    journal.append(cast(Any, {"type": "task", "n": -1, "row": {}}))
    journal.close()
    found, damaged = _read(path)
    assert [record["n"] for record in found] == [*range(whole), -1]
    assert not damaged


@given(st.integers(1, 9), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(max_examples=examples(150), deadline=None)
def test_any_altered_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, count: int, where: float, change: int
) -> None:
    """Protects the dataset from silent corruption: a changed digit never becomes a result."""
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    _write(path, [{"type": "task", "n": n, "row": {"x": n / 7}} for n in range(count)])
    content = bytearray(path.read_bytes())
    position = int(where * (len(content) - 1))
    line = content[:position].count(b"\n")
    content[position] ^= change
    path.write_bytes(content)
    found, damaged = _read(path)
    assert damaged
    assert {record["n"] for record in found} >= set(range(count)) - {line, line + 1}
    assert line not in {record["n"] for record in found}
    assert all(record["row"]["x"] == record["n"] / 7 for record in found)


def test_a_block_of_zeros_is_named(tmp_path: Path) -> None:
    """Protects journals on file systems that lose pages in a crash: zeros cost their own lines and
    are reported by number.
    """
    path = tmp_path / "journal.jsonl"
    _write(path, [{"type": "task", "n": n, "row": {}} for n in range(5)])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = b"\0" * 4096 + b"\n"
    path.write_bytes(b"".join(lines))
    with JournalReader(path) as reader:
        assert [cast(Any, record)["n"] for _, record in reader.records()] == [0, 1, 3, 4]
        assert [(item.line, item.reason) for item in reader.damage] == [(3, "a block of zeros")]


def test_a_follower_sees_each_record_once(tmp_path: Path) -> None:
    """Protects viewers of a live campaign: records arrive whole, in order and once, also when a
    line arrives in pieces.
    """
    path = tmp_path / "journal.jsonl"
    path.touch()
    seen: list[int] = []
    with JournalReader(path) as reader, path.open("ab", buffering=0) as file:
        for n in range(30):
            line = seal(
                values.encode({"type": "task", "n": n, "row": {"x": "y" * n * 100}}).encode()
            )
            file.write(line[: n + 1])
            seen += [cast(Any, record)["n"] for _, record in reader.records()]
            file.write(line[n + 1 :])
            seen += [cast(Any, record)["n"] for _, record in reader.records(rows=False)]
    assert seen == list(range(30))


def test_rows_are_found_at_their_offsets(tmp_path: Path) -> None:
    """Protects everything that reads rows back, flushed or not, longer than a block or not."""
    journal = Journal(tmp_path / "journal.jsonl")
    rows = [{"x": n, "text": "ü" * (n * 3000)} for n in range(12)]
    offsets = [journal.append(cast(Any, {"type": "task", "row": row})) for row in rows]
    assert [journal.read_row(offset) for offset in offsets] == rows
    journal.close()
    with JournalReader(tmp_path / "journal.jsonl") as reader:
        assert [reader.read_row(offset) for offset in reversed(offsets)] == rows[::-1]


def test_the_head_of_a_record_is_read_without_its_row(tmp_path: Path) -> None:
    """Protects the fast path of opening: a message that looks like a row must not be taken for
    one.
    """
    path = tmp_path / "journal.jsonl"
    record = {
        "type": "task",
        "message": 'a trap: ,"row":{ and "row":{',
        "row": {"row": {"deep": 1}},
    }
    _write(path, [record])
    with JournalReader(path) as reader:
        ((offset, head),) = reader.records(rows=False)
        assert cast(Any, head)["message"] == record["message"]
        assert "row" not in head
        assert reader.read_row(offset) == {"row": {"deep": 1}}


def test_last_open_finds_the_newest_session(tmp_path: Path) -> None:
    """Protects `enchanted-tui RUN_DIR`: the configuration in force is that of the last session."""
    path = tmp_path / "journal.jsonl"
    _write(
        path,
        [
            {"type": "open", "config": "a"},
            {"type": "task", "row": {}},
            {"type": "open", "config": "b"},
            {"type": "end"},
        ],
    )
    opened = last_open(path)
    assert opened is not None
    assert opened["config"] == "b"


def test_a_replaced_journal_is_noticed(tmp_path: Path) -> None:
    """Protects results from being written into a file that nobody will find."""
    journal = Journal(tmp_path / "journal.jsonl")
    journal.check_in_place()
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(FileNotFoundError):
        journal.check_in_place()
    journal.abandon()
    journal.close()
