"""Unpack directories from an archive that another machine made: nothing lands outside them, nothing
lands half.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO


class UnsafeArchive(Exception):
    """An archive holds what no honest far side sends."""


class Unpacking:
    """Takes the directories `names`, which may lie in others, out of a stream into a place of its
    own below `target`, until they are moved into place.
    """

    def __init__(self, target: Path, names: Iterable[str]) -> None:
        self._target, self._names = target, frozenset(names)
        target.mkdir(parents=True, exist_ok=True)
        self._room = Path(
            os.path.realpath(tempfile.mkdtemp(prefix=".fetch-", suffix=".partial", dir=target))
        )
        #: links that point out of their directory, and so mean nothing here
        self.left_out: list[str] = []

    def unpack(self, stream: IO[bytes]) -> None:
        """Read the whole stream. Raises UnsafeArchive, tarfile.TarError if it is damaged, OSError
        where it cannot be written.
        """
        links: list[tarfile.TarInfo] = []
        directories: list[tarfile.TarInfo] = []
        with tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 18) as archive:
            for member in archive:
                path = self._place(member.name)
                if member.isdir():
                    path.mkdir(parents=True, exist_ok=True)
                    directories.append(member)
                elif member.isreg():
                    _write(archive, member, path)
                elif member.issym():
                    links.append(member)
                else:
                    raise UnsafeArchive(f"{member.name!r} is neither file, directory nor link")
        # links come last, so that no file is written through one
        for member in links:
            self._link(member)
        for member in reversed(directories):
            self._place(member.name).chmod(0o700 | member.mode & 0o777)

    def into_place(self) -> list[str]:
        """Move every directory to its name, replacing what is there; return the names."""
        brought = sorted(name for name in self._names if os.path.lexists(self._room / name))
        replaced = self._room / ".replaced"
        replaced.mkdir()
        for name in brought:
            home = self._target / name
            if home.is_dir() and not home.is_symlink():
                home.rename(replaced / home.name)
            elif home.is_symlink() or home.exists():
                home.unlink()
            home.parent.mkdir(exist_ok=True)
            (self._room / name).rename(home)
        return brought

    def close(self) -> None:
        """Remove what was not moved into place."""
        shutil.rmtree(self._room, ignore_errors=True)

    def __enter__(self) -> Unpacking:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _place(self, name: str) -> Path:
        parts = name.split("/")
        if not self._top(name) or not all(
            part and part not in (".", "..") and "\0" not in part for part in parts
        ):
            raise UnsafeArchive(f"{name!r} lies outside the directories that were asked for")
        return self._room.joinpath(*parts)

    def _top(self, name: str) -> str:
        """Return which of the directories a member is of; nothing if it is of none."""
        parts = name.split("/")
        tops = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return next((top for top in tops if top in self._names), "")

    def _link(self, member: tarfile.TarInfo) -> None:
        path = self._place(member.name)
        top = os.path.realpath(self._place(self._top(member.name)))
        wanted = os.path.normpath(os.path.join(path.parent, member.linkname))
        inside = (
            not os.path.isabs(member.linkname)
            and _within(wanted, top)
            and os.path.realpath(path.parent) == str(path.parent.absolute())
        )
        if inside:
            with contextlib.suppress(FileExistsError):
                os.symlink(member.linkname, path)
                if _within(os.path.realpath(path), top):
                    return
                path.unlink()
        self.left_out.append(member.name)


def _within(path: str, top: str) -> bool:
    return os.path.commonpath([path, top]) == top


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600 | member.mode & 0o777
    )
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(source, file, 1 << 18)
        if file.tell() != member.size:
            raise tarfile.ReadError(f"{member.name} is cut short")
    os.utime(path, (member.mtime, member.mtime))
