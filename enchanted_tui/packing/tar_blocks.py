"""Directories as blocks of a tar archive, and back.

Headers are those that every tar reads (POSIX ustar; GNU's for names and sizes that do not fit).
They are put together here, as `tarfile` takes seven times as long for small files.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from enchanted_tui.whole_files import make_writable

if TYPE_CHECKING:
    import tarfile

BLOCK = 512
# as `tarfile` has them, which is imported where an archive is read
REGULAR, SYMLINK, FOLDER = b"0", b"2", b"5"  #: kinds of members
END = bytes(2 * BLOCK)  #: ends an archive
#: below it is what takes the place of a directory that counts no more
SUPERSEDED = "superseded/"
_LARGEST = 8**11 - 1  #: bytes, and seconds, that a plain header can say
_COPIED_AT_ONCE = 1 << 20
_REST = b"\0" * 32 + b"\0" * 32 + b"0000000\0" * 2 + b"\0" * 167  # owner, group, device, prefix

Write = Callable[[bytes], object]
Keeps = Callable[[tuple[str, ...]], bool]


def header(
    name: str, kind: bytes, *, mode: int = 0o644, size: int = 0, mtime: float = 0, link: str = ""
) -> bytes:
    """Return the header of a member, of which `size` bytes follow; `kind` as above."""
    encoded, target = os.fsencode(name), os.fsencode(link)
    if len(encoded) > 100 or len(target) > 100 or size > _LARGEST or not 0 <= mtime <= _LARGEST:
        return _long_header(name, kind, mode, size, mtime, link)
    before = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0" % (
        encoded.ljust(100, b"\0"),
        mode & 0o7777,
        os.getuid() & 0o7777777,
        os.getgid() & 0o7777777,
        size,
        int(mtime),
    )
    after = kind + target.ljust(100, b"\0") + b"ustar\00000" + _REST
    return b"%b%06o\0 %b" % (before, sum(before) + 8 * 32 + sum(after), after)


def _long_header(name: str, kind: bytes, mode: int, size: int, mtime: float, link: str) -> bytes:
    import tarfile

    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size = kind, mode & 0o7777, size
    member.mtime, member.linkname = int(mtime), link
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    """Return what fills the last block of `size` bytes."""
    return bytes(-size % BLOCK)


def pack_directory(path: str, name: str, write: Write, keeps: Keeps | None) -> tuple[int, int]:
    """Write the directory at `path` as the member `name` with all that is in it; of files those
    that `keeps` wants, given their parts below `path`. Return how many files there are and how many
    bytes they have.

    Pipes, sockets and devices are left out. Raises OSError.
    """
    count = total = 0
    write(header(f"{name}/", FOLDER, **_facts(os.stat(path))))
    for inside, entry in _walk(path, ()):
        status, member = entry.stat(follow_symlinks=False), "/".join((name, *inside))
        if stat.S_ISDIR(status.st_mode):
            if keeps is None:
                write(header(f"{member}/", FOLDER, **_facts(status)))
        elif keeps is not None and not keeps(inside):
            continue
        elif stat.S_ISLNK(status.st_mode):
            target = os.readlink(entry.path)
            write(header(member, SYMLINK, link=target, **_facts(status)))
            count += 1
        elif stat.S_ISREG(status.st_mode):
            total += _pack_file(entry.path, member, write)
            count += 1
    return count, total


def pack_made(
    name: str, files: Mapping[str, bytes], mtime: float, write: Write, keeps: Keeps | None
) -> tuple[int, int]:
    """Write, as `pack_directory`, one that is on no disk: `files` are the contents of its files by
    their names, `mtime` when they were made.
    """
    kept = {file: data for file, data in files.items() if keeps is None or keeps((file,))}
    write(header(f"{name}/", FOLDER, mode=0o755, mtime=mtime))
    for file, data in kept.items():
        write(header(f"{name}/{file}", REGULAR, size=len(data), mtime=mtime))
        write(data + padding(len(data)))
    return len(kept), sum(map(len, kept.values()))


def _facts(status: os.stat_result) -> dict[str, Any]:
    return {"mode": status.st_mode, "mtime": int(status.st_mtime)}


def _walk(path: str, parts: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], os.DirEntry[str]]]:
    with os.scandir(path) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        inside = (*parts, entry.name)
        yield inside, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, inside)


def _pack_file(path: str, member: str, write: Write) -> int:
    """Write a file, as long as it was when it was opened, whatever still writes to it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        size = left = status.st_size
        write(header(member, REGULAR, size=size, **_facts(status)))
        while left:
            piece = os.read(descriptor, min(left, _COPIED_AT_ONCE)) or bytes(
                min(left, _COPIED_AT_ONCE)
            )
            write(piece)
            left -= len(piece)
        write(padding(size))
    finally:
        os.close(descriptor)
    return size


def superseded_header(name: str, length: int) -> bytes:
    """Return what is written over the first block of a packed directory of `length` bytes that
    counts no more: all of it is one file then, outside of any task's directory.
    """
    return header(f"{SUPERSEDED}{name}.tar", REGULAR, size=length - BLOCK)


class FilePart:
    """A part of a file that is read like a file of its own."""

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        self._file, self._offset, self._length, self._at = file, offset, length, 0

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._length - self._at)
        self._file.seek(self._offset + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._length)[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at


def members(file: BinaryIO, offset: int, length: int) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """Return what a packed directory holds, each with its path below the directory: "" for the
    directory itself.
    """
    import tarfile

    part = FilePart(file, offset, length)
    with tarfile.open(fileobj=part, mode="r:", errors="surrogateescape") as archive:  # type: ignore[call-overload]
        for member in archive:
            yield member.name.partition("/")[2], member


def unpack_directory(file: BinaryIO, offset: int, length: int, target: str) -> None:
    """Make the directory `target` of a packed one. Raises OSError."""
    directories = []
    for inside, member in members(file, offset, length):
        path = os.path.join(target, inside) if inside else target
        if member.isdir():
            os.makedirs(path, exist_ok=True)
            directories.append((path, member))
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if member.issym():
            os.symlink(member.linkname, path)
        else:
            copy_member(file, offset, member, path)
    for path, member in reversed(directories):
        os.utime(path, (member.mtime, member.mtime))
        os.chmod(path, member.mode)


def copy_member(file: BinaryIO, offset: int, member: tarfile.TarInfo, path: str) -> None:
    """Write a packed file to `path`, whose directory exists; `offset` is that of the packed
    directory.
    """
    file.seek(offset + member.offset_data)
    left = member.size
    with open(path, "wb") as out:
        while left:
            piece = file.read(min(left, _COPIED_AT_ONCE))
            if not piece:
                raise OSError(f"{path}: the archive ends in the middle of it")
            out.write(piece)
            left -= len(piece)
    os.chmod(path, member.mode)
    os.utime(path, (member.mtime, member.mtime))


def pack_whatever_protects(
    path: str, name: str, write: Write, rewind: Callable[[], object], keeps: Keeps | None
) -> tuple[int, int]:
    """Do as `pack_directory`, also with what a sample has protected, even from us; `rewind` undoes
    what has been written.
    """
    with contextlib.suppress(PermissionError):
        return pack_directory(path, name, write, keeps)
    rewind()
    make_writable(path, files=True)
    return pack_directory(path, name, write, keeps)
