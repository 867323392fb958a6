"""A file that others append to, truncate, rotate away or replace, looked at by polling: inotify
fails on network file systems.
"""

from __future__ import annotations

import contextlib
import os
from enum import Enum
from pathlib import Path

_FINGERPRINT = (
    64  # bytes at the beginning that tell a file from one that was written anew in its place
)


class Change(Enum):
    """What has happened to a file since the last look."""

    NOTHING = "nothing"
    GROWN = "grown"
    TRUNCATED = "truncated"  #: cut, or written anew in place
    REPLACED = "replaced"  #: another file has its name now
    GONE = "gone"


class LogFile:
    """A file open for reading. What is read belongs to one and the same file until `poll` says
    otherwise.

    Raises OSError if it cannot be opened or is not a file with a size.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _open(path)
        try:
            self._take_in(os.fstat(self._file))
        except OSError:
            self.close()  # a directory or a pipe
            raise

    def _take_in(self, found: os.stat_result) -> None:
        self.size = found.st_size  #: as of the last look
        self._mtime = found.st_mtime_ns
        self._identity = (found.st_dev, found.st_ino)
        self._beginning = os.pread(self._file, min(_FINGERPRINT, self.size), 0)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode: the file keeps them when it is renamed."""
        return self._identity

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes at `offset`, none of them beyond `size`."""
        length = min(length, self.size - offset)
        parts = []
        while length > 0 and (part := os.pread(self._file, length, offset)):
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    def poll(self) -> Change:
        """Look again. The file is opened anew for that: on a network file system its true size is
        seen then, not a remembered one.
        """
        try:
            descriptor = _open(self.path)
        except OSError:
            return Change.GONE
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) != self._identity:
            os.close(descriptor)
            return Change.REPLACED
        os.close(self._file)
        self._file = descriptor
        return self._compare(found)

    def _compare(self, found: os.stat_result) -> Change:
        if found.st_size == self.size and found.st_mtime_ns == self._mtime:
            return Change.NOTHING
        if (
            found.st_size < self.size
            or os.pread(self._file, len(self._beginning), 0) != self._beginning
        ):
            self._take_in(found)
            return Change.TRUNCATED
        if found.st_size == self.size:
            self._mtime = found.st_mtime_ns
            return Change.NOTHING
        self._take_in(found)
        return Change.GROWN

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)


def _open(path: Path) -> int:
    """Open without waiting: a pipe in place of a log must not stop anybody."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
