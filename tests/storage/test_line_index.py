"""Lines of files of any content, however they grow, against a model that has the whole file in
memory.
"""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from enchanted_tui.storage.logs.line_index import CHUNK, PIECE, DisplayLines, LineIndex, Read

#: Content with long lines, empty lines, lines around the borders of pieces and chunks, and any
#: bytes.
_PARTS = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"\n", b"\n\n", b"\r\n", b"\0" * 100, b"last"]),
    st.builds(
        lambda size, off, newline: b"x" * (size + off) + b"\n" * newline,
        st.sampled_from([PIECE, 2 * PIECE, 3 * PIECE, CHUNK]),
        st.integers(-2, 2),
        st.booleans(),
    ),
)
_CONTENTS = st.lists(_PARTS, max_size=12).map(b"".join)


def _reader(content: bytes) -> Read:
    return lambda offset, length: content[offset : offset + max(0, length)]


def _starts(content: bytes) -> list[int]:
    """The rule as it is written down, applied to every byte that could begin a line."""
    candidates = {
        0,
        *(i + 1 for i, byte in enumerate(content) if byte == 10),
        *range(PIECE, len(content), PIECE),
    }
    return [
        start
        for start in sorted(candidates)
        if start < len(content)
        and (start == 0 or content[start - 1] == 10 or b"\n" not in content[start - PIECE : start])
    ]


@given(_CONTENTS)
@settings(deadline=None)
def test_going_down_gives_every_line_once(content: bytes) -> None:
    """Protects against lines that are left out, shown twice or broken elsewhere than the rule
    says.
    """
    lines = list(DisplayLines(_reader(content)).from_start(0))
    assert [line.start for line in lines] == _starts(content)
    assert b"".join(line.text + b"\n" * line.closed for line in lines) == content
    assert all(len(line.text) < 2 * PIECE and b"\n" not in line.text for line in lines)
    assert all(above.end == below.start for above, below in pairwise(lines))


@given(_CONTENTS, st.data())
@settings(deadline=None)
def test_any_place_finds_its_line_without_those_before_it(
    content: bytes, data: st.DataObject
) -> None:
    """Protects scrolling up and jumping: the line of a byte is the same as when one comes from the
    top.
    """
    lines = DisplayLines(_reader(content))
    if not content:
        return
    offset = data.draw(st.integers(0, len(content) - 1))
    start = max(start for start in _starts(content) if start <= offset)
    assert lines.start_of(offset) == start
    assert lines.line(start) == next(iter(lines.from_start(start)))
    assert [line.start for line in lines.from_start(start)] == [
        known for known in _starts(content) if known >= start
    ]


@given(_CONTENTS, st.lists(st.integers(1, 3 * CHUNK), max_size=8))
@settings(deadline=None)
def test_numbers_are_those_of_the_whole_file_however_it_grew(
    content: bytes, steps: list[int]
) -> None:
    """Protects line numbers: counted in any portions, while the file grows, they are what `split`
    says.
    """
    read, index = _reader(content), LineIndex()
    for step in [*steps, len(content)]:
        index.extend(content[index.position : index.position + step])
        seen = content[: index.position]
        expected = seen.split(b"\n")
        if not expected[-1]:
            expected.pop()
        assert index.lines == len(expected)
        offset = 0
        for number, line in enumerate(expected):
            assert index.start_of(number, read) == offset
            assert index.line_of(offset, read) == number
            assert index.line_of(offset + max(0, len(line) - 1), read) == number
            offset += len(line) + 1
        assert index.start_of(len(expected), read) is None
        assert index.line_of(index.position, read) is None
