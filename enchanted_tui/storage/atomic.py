"""Replace a file whole: a reader, or a kill at any instant, finds the old version or the new one
and nothing between.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from enchanted_tui.whole_files import write_all

_BUFFER = 1 << 18


def partial_path(path: Path) -> Path:
    """Where the next version of `path` is put together; one that a killed process left there is
    overwritten by the next.
    """
    return path.with_name(f".{path.name}.partial")


@contextlib.contextmanager
def open_replacement(path: Path) -> Iterator[BinaryIO]:
    """Open a new version of `path` for writing; it takes the place of the old one when the block
    ends.

    If the block or the writing fails (a full disk), the new version is removed, the old one stays
    as it was, and the error goes on.
    """
    partial = partial_path(path)
    file = create_file(partial)
    try:
        yield file
        file.close()
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()  # the buffer may not fit on the disk either
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write `data` (text as UTF-8) as the new version of `path`; raises OSError and leaves the old
    version if it cannot.
    """
    with open_replacement(path) as file:
        file.write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)


def create_file(path: Path) -> BinaryIO:
    """Create `path` empty for writing and reading, whatever was there: a left-over, or a link to
    somewhere else.
    """
    remove_if_there(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    return open(descriptor, "w+b", buffering=_BUFFER)


def remove_if_there(path: Path) -> None:
    """Remove a file or a symbolic link; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def append_all(path: Path, data: bytes) -> None:
    """Append `data` to `path`, made if need be; if that fails, the file is cut back to what it was."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        try:
            write_all(descriptor, data)
        except BaseException:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
