"""Small files, read and written whole by system calls: the run directory of a sample holds several, and `open` costs as much as the file.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil

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


def remove_directory(path: str) -> None:
    """Remove a directory of the program's own with all that is in it, write-protected or not. Raises OSError."""
    try:
        shutil.rmtree(path)
    except PermissionError:
        make_writable(path)
        shutil.rmtree(path)


def make_writable(path: str) -> None:
    """Let the owner of a directory, and of those below it, list, enter and change them, as far as that can be done."""
    with contextlib.suppress(OSError):
        os.chmod(path, os.stat(path).st_mode | 0o700)
        with os.scandir(path) as entries:
            below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        for directory in below:
            make_writable(directory)
