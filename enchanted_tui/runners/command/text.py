"""Text files as programs leave them: byte order marks, Windows' line ends, and sizes that do not
fit into memory.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

PIECE = 1 << 20  #: bytes read at a time
_MARKS = (  # that of UTF-32 begins as that of UTF-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes, *, as_written: bool = False) -> str:
    r"""Return a file's content as text, without its byte order mark, each line end as ``\n`` unless
    `as_written`.

    What cannot be decoded becomes U+FFFD. A file without a mark is UTF-8.
    """
    text = data.decode(_encoding(data), "replace")
    if as_written or "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_pieces(path: str, *, as_written: bool = False) -> Iterator[str]:
    """Yield the same text piece by piece, in memory for one of them. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        data = file.read(PIECE)
        decode = codecs.getincrementaldecoder(_encoding(data))("replace")
        line_ends = io.IncrementalNewlineDecoder(decode, translate=True)
        while data:
            yield decode.decode(data) if as_written else line_ends.decode(data)
            data = file.read(PIECE)
        yield decode.decode(b"", True) if as_written else line_ends.decode(b"", True)


def only_whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield a text that comes in pieces up to its last end of a line."""
    begun = ""
    for piece in pieces:
        begun += piece
        end = begun.rfind("\n") + 1
        if end:
            yield begun[:end]
            begun = begun[end:]


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a text that comes in pieces, without their ends."""
    begun: list[str] = []
    for piece in pieces:
        lines = piece.split("\n")
        begun.append(lines[0])
        if len(lines) > 1:
            yield "".join(begun)
            yield from lines[1:-1]
            begun = [lines[-1]]
    last = "".join(begun)
    if last:
        yield last


def _encoding(data: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
