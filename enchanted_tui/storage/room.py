"""How many files and bytes may still be written below a directory: what the file system has, and
what a quota leaves.

Quotas are asked of `lfs quota` and `quota`, whichever there is; what neither tells, statvfs does,
as `df` and `df -i` show it.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

_PATIENCE = 2.0  #: seconds for one question: a file server may be away
_KIB = 1024
#: an amount as both programs print it: over the limit with a star, cached by Lustre in brackets
_AMOUNT = re.compile(r"\[?(\d+)\]?\*?\Z")


class Room(Struct, frozen=True):
    """What may still be written; None where that is not limited, or not known."""

    files: int | None
    bytes: int | None
    said_by: str  #: who says so: ``df``, ``lfs quota`` or ``quota``


def room_of(directory: Path) -> Room:
    """Return the least that anybody leaves below a directory, or below the nearest one above it
    that is there. May take seconds.
    """
    while not directory.exists() and directory != directory.parent:
        directory = directory.parent
    rooms = [_of_file_system(directory), *_of_quotas(directory)]
    least = [room for room in rooms if room is not None]
    return Room(
        _least(room.files for room in least),
        _least(room.bytes for room in least),
        " and ".join(dict.fromkeys(room.said_by for room in least)) or "nobody",
    )


def _least(amounts: Iterator[int | None]) -> int | None:
    return min((amount for amount in amounts if amount is not None), default=None)


def _of_file_system(directory: Path) -> Room | None:
    try:
        found = os.statvfs(directory)
    except OSError:
        return None
    # some file systems, such as btrfs, count no inodes
    return Room(found.f_favail if found.f_files else None, found.f_bavail * found.f_frsize, "df")


def _of_quotas(directory: Path) -> Iterator[Room]:
    user = _name()
    if shutil.which("lfs") is not None:
        for which in (["-u", user], ["-g", _group()]):
            yield from lfs_quota(_said(["lfs", "quota", *which, str(directory)]))
        for project in project_of(_said(["lfs", "project", "-d", str(directory)])):
            yield from lfs_quota(_said(["lfs", "quota", "-p", project, str(directory)]))
    if shutil.which("quota") is not None and user:
        yield from quota(_said(["quota", "-w", "-p", "-u", user]), mounted_from(directory))


def lfs_quota(said: str) -> list[Room]:
    """Return what the answer of ``lfs quota`` leaves; nothing if it knows of no limit."""
    rows = _rows(said)
    return [] if not rows else _room(rows[0][1], "lfs quota")


def quota(said: str, source: str) -> list[Room]:
    """Return what the answer of ``quota -w`` leaves on the file system that is mounted from
    `source`.
    """
    return [
        room for name, amounts in _rows(said) if name == source for room in _room(amounts, "quota")
    ]


def project_of(said: str) -> list[str]:
    """Return the number of the project in the answer of ``lfs project -d``: a number, a letter
    where what is made below belongs to it too, the directory. Nothing for project 0, which has no
    quota.
    """
    words = said.split()
    return words[:1] if words[:1] and words[0].isdigit() and words[0] != "0" else []


def mounted_from(directory: Path, mounts: str | None = None) -> str:
    """Return what the file system of a directory is mounted from, as ``/proc/self/mounts`` names
    it; empty if that cannot be said.
    """
    best, source = "", ""
    try:
        lines = Path("/proc/self/mounts").read_text() if mounts is None else mounts
    except OSError:
        return ""
    wanted = str(directory)
    for line in lines.splitlines():
        device, place, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        above = place == "/" or wanted == place or wanted.startswith(place + "/")
        if above and len(place) >= len(best):
            best, source = place, device
    return source


def _rows(said: str) -> list[tuple[str, Sequence[str]]]:
    """Return, of each file system in an answer, its name and the amounts: a name that is too long
    stands on a line of its own.
    """
    rows: list[tuple[str, Sequence[str]]] = []
    name, header = "", False
    for line in said.splitlines():
        words = line.split()
        if "quota" in words and "limit" in words and "files" in words:
            header = True
        elif header and len(words) == 1:
            name = words[0]
        elif header and len(words) >= 7:
            if not _AMOUNT.match(words[0]):
                name, words = words[0], words[1:]
            rows.append((name, words))
    return rows


def _room(words: Sequence[str], said_by: str) -> list[Room]:
    """Return what is left by used, quota, limit and perhaps grace of blocks of 1 KiB, and then of
    files: the soft limit counts, since it holds after the grace.
    """
    amounts = [_amount(word) for word in words]
    blocks = amounts[:3]
    # `quota` leaves the grace out where there is none, `lfs quota` prints a dash
    rest = amounts[4:7] if len(words) >= 8 or amounts[3] is None else amounts[3:6]
    if len(blocks) < 3 or len(rest) < 3 or None in (blocks[0], rest[0]):
        return []
    size, files = _left(blocks), _left(rest)
    if size is None and files is None:
        return []
    return [Room(files, None if size is None else size * _KIB, said_by)]


def _left(amounts: Sequence[int | None]) -> int | None:
    used, *limits = amounts
    limit = min((limit for limit in limits if limit), default=None)
    return None if limit is None or used is None else max(0, limit - used)


def _amount(word: str) -> int | None:
    match = _AMOUNT.match(word)
    return int(match[1]) if match else None


def _said(command: Sequence[str]) -> str:
    """Return what a program prints; empty if it cannot be asked. Above a limit `quota` fails, and
    says the amounts all the same.
    """
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        environment = {**os.environ, "LC_ALL": "C"}
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            env=environment,
            check=False,
        ).stdout
    return ""


def _name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _group() -> str:
    try:
        import grp

        return grp.getgrgid(os.getgid()).gr_name
    except KeyError:
        return str(os.getgid())


def measure(root: Path, limit: int = 200_000) -> tuple[int, int, bool]:
    """Count the files below a directory and their bytes; the third value is False where there were
    more than `limit` files.
    """
    count = size = 0
    waiting = [os.fspath(root)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as listing:
            for entry in listing:
                if count >= limit:
                    return count, size, False
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                count += 1
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_size
    return count, size, True
