"""Small files, read and written whole by system calls: the run directory of a sample holds several, and `open` costs as much as the file.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import os

_READ = 1 << 16


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; a nearly full disk takes a part and says so only at the next write."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_file(path: str, data: bytes, flags: int = 0) -> None:
    """Write a file, in place of its former content. `flags` are further ones of `os.open`. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | flags, 0o666)
    try:
        write_all(descriptor, data)
    finally:
        os.close(descriptor)


def read_file(path: str) -> bytes:
    """Give a file's content. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(descriptor, _READ):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
