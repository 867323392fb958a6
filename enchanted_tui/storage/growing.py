"""A file that grows by whole pieces under the eyes of its readers.

A plain append is not enough: Linux lengthens a file page by page, so that a reader may see half a
line, and a process killed inside a large write leaves half a line. Two copies take turns instead:
the hidden one receives what it lacks and the new piece, and then changes places with the visible
one by renaming. That costs twice the new bytes, not the whole file; where hard links are not
supported, the whole file is copied each time. A copy that a slow reader still has open from when it
was the visible one is left to it, and a new one is made; that is seen among the processes of this
machine.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from enchanted_tui.whole_files import (
    create_file,
    open_replacement,
    partial_path,
    remove_if_there,
    write_all,
)

_CHUNK = 1 << 20


def spare_path(path: Path) -> Path:
    """Where the old copy of `path` is for a moment while the copies change places."""
    return path.with_name(f".{path.name}.spare")


class FileChangedError(Exception):
    """The file is not as it was left: removed, or written to by someone else."""


class GrowingFile:
    """One file at `path` with one writer. Every method leaves the visible file whole, whatever
    error it raises.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._hidden = partial_path(path)
        self._spare = spare_path(path)
        self._identity = (-1, -1)  # inode and size as left by the last write
        self._hidden_size = 0

    @property
    def exists(self) -> bool:
        """Whether this object has written the file."""
        return self._identity != (-1, -1)

    @contextlib.contextmanager
    def replacement(self) -> Iterator[BinaryIO]:
        """Open a new version of the whole file, which takes its place when the block ends."""
        self._hidden_size = 0
        remove_if_there(self._spare)
        with open_replacement(self.path) as file:
            yield file
        self._remember()

    def append(self, data: bytes) -> None:
        """Add `data` at the end. Raises FileChangedError if the file is not as it was left, OSError
        if it cannot be written.
        """
        self._check()
        descriptor = self._open_hidden()
        try:
            self._copy_missing(descriptor)
            write_all(descriptor, data)
        except BaseException:
            self._hidden_size = 0
            remove_if_there(self._hidden)
            raise
        finally:
            os.close(descriptor)
        self._change_places()
        self._remember()

    def rearrange(self, start: int, pieces: Iterable[tuple[int, int]]) -> None:
        """Put what follows byte `start` into a new order, given as (offset, length) of the pieces.

        Raises FileChangedError and OSError as `append` does.
        """
        self._check()
        with open(self.path, "rb") as old, self.replacement() as new:
            _copy(old.fileno(), new, 0, start)
            for offset, length in pieces:
                _copy(old.fileno(), new, offset, length)

    def remove(self) -> None:
        """Remove the file."""
        self.close()
        remove_if_there(self.path)
        self._identity = (-1, -1)

    def close(self) -> None:
        """Remove the hidden copy; the next `append` makes a new one."""
        self._hidden_size = 0
        remove_if_there(self._hidden)
        remove_if_there(self._spare)

    def _check(self) -> None:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            raise FileChangedError(f"{self.path} has been removed") from None
        if (found.st_ino, found.st_size) != self._identity:
            raise FileChangedError(f"{self.path} has been changed by another program")

    def _remember(self) -> None:
        found = os.stat(self.path)
        self._identity = (found.st_ino, found.st_size)

    def _open_hidden(self) -> int:
        if self._hidden_size:
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(
                    self._hidden, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
                )
                is_whole = os.fstat(descriptor).st_size == self._hidden_size
                if is_whole and not _is_open_elsewhere(descriptor):
                    return descriptor
                os.close(descriptor)
        self._hidden_size = 0
        with create_file(self._hidden) as file:
            return os.dup(file.fileno())

    def _copy_missing(self, descriptor: int) -> None:
        with open(self.path, "rb") as visible:
            offset, end = self._hidden_size, self._identity[1]
            while offset < end:
                piece = os.pread(visible.fileno(), min(_CHUNK, end - offset), offset)
                if not piece:
                    raise FileChangedError(f"{self.path} has been cut by another program")
                write_all(descriptor, piece)
                offset += len(piece)

    def _change_places(self) -> None:
        size = self._identity[1]
        try:
            remove_if_there(self._spare)
            os.link(self.path, self._spare)
        except OSError:  # no hard links on this file system
            os.rename(self._hidden, self.path)
            self._hidden_size = 0
            return
        os.rename(self._hidden, self.path)
        os.rename(self._spare, self._hidden)
        self._hidden_size = size


def _is_open_elsewhere(descriptor: int) -> bool:
    """Tell whether the file is known to be open under another descriptor, of whatever process of
    this machine: Linux gives a write lease only on a file that nobody else has open.
    """
    try:
        # whoever opens the file meanwhile has us told by a signal, which must not end the process
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:  # others: a file system without leases
        return error.errno in (errno.EAGAIN, errno.EBUSY)
    except AttributeError:  # no Linux
        return False
    return False


def _copy(source: int, target: BinaryIO, offset: int, length: int) -> None:
    while length:
        piece = os.pread(source, min(_CHUNK, length), offset)
        if not piece:
            raise FileChangedError("the file has been cut by another program")
        target.write(piece)
        offset += len(piece)
        length -= len(piece)
