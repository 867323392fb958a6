"""Files, read and written whole.

The small ones by system calls: the run directory of a sample holds several, and `open` costs as
much as the file. Others are replaced: a reader, or a kill at any instant, finds the old version or
the new one and nothing between.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

_READ = 1 << 16
_BUFFER = 1 << 18
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class InTheWayError(FileExistsError):
    """Something that is no file is in the place of one. Its `strerror` says what, and what to
    do.
    """

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
    """Return a file's content. Raises OSError."""
    return _read_and_close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """Return the content of what has to be a file. Raises as `open_regular` does."""
    return _read_and_close(open_regular(path))


def _read_and_close(descriptor: int) -> bytes:
    try:
        return read_all(descriptor)
    finally:
        os.close(descriptor)


def read_all(descriptor: int) -> bytes:
    """Return what is left to read."""
    pieces = []
    while piece := os.read(descriptor, _READ):
        pieces.append(piece)
    return b"".join(pieces)


def append_file(source: str, target: str) -> None:
    """Append what one file holds to another, which is made if need be. Raises OSError."""
    with open(source, "rb") as held, open(target, "ab") as out:
        shutil.copyfileobj(held, out, _BUFFER)


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


def partial_path(path: Path, *, own: bool = False) -> Path:
    """Return where the next version of `path` is put together; one that a killed process left there
    is overwritten by the next. With `own` it is this process's alone: others may write too.
    """
    return path.with_name(f".{path.name}.{os.getpid()}.partial" if own else f".{path.name}.partial")


@contextlib.contextmanager
def replacement(path: Path, *, own: bool = False) -> Iterator[Path]:
    """Return the place for a new version of `path`, which takes the place of the old one when the
    block ends.

    If the block fails, the new version is removed, the old one stays as it was, and the error goes
    on.
    """
    partial = partial_path(path, own=own)
    remove_if_there(partial)
    try:
        yield partial
        os.replace(partial, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        if isinstance(error, OSError) and error.filename in (partial, str(partial)):
            error.filename = str(path)  # which is what people know
        raise


@contextlib.contextmanager
def open_replacement(
    path: Path, *, own: bool = False, mode: int = 0o666, synced: bool = False
) -> Iterator[BinaryIO]:
    """Open a new version of `path` for writing, as `replacement` does. `mode`: its permissions,
    before the umask; with `synced` it is on the disk before it takes the old one's place.
    """
    with replacement(path, own=own) as partial:
        file = create_file(partial, mode)
        try:
            yield file
            if synced:
                file.flush()
                os.fsync(file.fileno())
            file.close()
        finally:
            with contextlib.suppress(OSError):
                file.close()  # after an error, the buffer may not fit on the disk either


def write_atomically(
    path: Path, data: str | bytes, *, own: bool = False, mode: int = 0o666, synced: bool = False
) -> None:
    """Write `data` (text as UTF-8) as the new version of `path`, as `open_replacement` does; raises
    OSError and leaves the old version if it cannot.
    """
    with open_replacement(path, own=own, mode=mode, synced=synced) as file:
        file.write(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)


def create_file(path: Path, mode: int = 0o666) -> BinaryIO:
    """Create `path` empty for writing and reading, whatever was there: a left-over, or a link to
    somewhere else.
    """
    remove_if_there(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    return open(descriptor, "w+b", buffering=_BUFFER)


def remove_if_there(path: Path) -> None:
    """Remove a file or a symbolic link; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def append_all(path: Path, data: bytes) -> None:
    """Append `data` to `path`, made if need be; if that fails, the file is cut back to what it
    was.
    """
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
