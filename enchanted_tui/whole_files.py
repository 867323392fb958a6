"""Small files, read and written whole by system calls: the run directory of a sample holds several,
and `open` costs as much as the file.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat

_READ = 1 << 16
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class InTheWayError(FileExistsError):
    """Something that is no file is in the place of one. Its `strerror` says what, and what to do."""

    def __init__(self, path: str, mode: int) -> None:
        found = next(
            (name for is_kind, name in _KINDS if is_kind(mode)), "something that is no file"
        )
        super().__init__(errno.EEXIST, f"{found} is in the place of this file; move it away", path)


def check_in_place(path: str | os.PathLike[str]) -> None:
    """Raise InTheWayError if there is something at `path` that is no file, nor a link to one.
    Nothing is opened.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise InTheWayError(os.fspath(path), mode)


def open_regular(path: str | os.PathLike[str], flags: int = os.O_RDONLY) -> int:
    """Open a file and give its descriptor. Never waits, as opening a named pipe does.

    Raises OSError, InTheWayError if it is no file.
    """
    check_in_place(path)
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise InTheWayError(os.fspath(path), mode)
    return descriptor


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; a nearly full disk takes a part and says so only at the next write."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_file(path: str, data: bytes, flags: int = 0) -> None:
    """Write a file, in place of its former content. `flags` are further ones of `os.open`. Raises
    OSError.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | flags, 0o666)
    try:
        write_all(descriptor, data)
    finally:
        os.close(descriptor)


def read_file(path: str) -> bytes:
    """Give a file's content. Raises OSError."""
    return _read_all(os.open(path, os.O_RDONLY | os.O_CLOEXEC))


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """Give the content of what has to be a file. Raises as `open_regular` does."""
    return _read_all(open_regular(path))


def _read_all(descriptor: int) -> bytes:
    try:
        pieces = []
        while piece := os.read(descriptor, _READ):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def remove_directory(path: str) -> None:
    """Remove a directory of the program's own with all that is in it, write-protected or not.
    Raises OSError.
    """
    try:
        shutil.rmtree(path)
    except PermissionError:
        make_writable(path)
        shutil.rmtree(path)


def make_writable(path: str, *, files: bool = False) -> None:
    """Let the owner of a directory, and of those below it, list, enter and change them, as far as
    that can be done; with `files`, read and change the files in them too."""
    with contextlib.suppress(OSError):
        os.chmod(path, os.stat(path).st_mode | 0o700)
        with os.scandir(path) as entries:
            below = list(entries)
        for entry in below:
            if entry.is_dir(follow_symlinks=False):
                make_writable(entry.path, files=files)
            elif files and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    os.chmod(entry.path, entry.stat(follow_symlinks=False).st_mode | 0o600)
