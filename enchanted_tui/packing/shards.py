"""Which packed directory is where: the indexes of all shards of a campaign.

An index begins with a line that says what it is, and has one line for each packed directory, in the
order in which they came: name, offset, bytes in the archive, files, bytes of these, the checksum of
the record that it belongs to ("-" where nobody asks), and the checksum of the line. A line with
length 0 says that the one of that name, at that offset, counts no more.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import zlib
from collections.abc import Iterator
from typing import NamedTuple

TAR, INDEX = ".tar", ".index"
HEAD = b"# name offset length files bytes record crc: run directories in the archive beside\n"
#: begins the names of shards that jobs have left
OF_JOB = "job-"


def job_prefix(token: str, element: int) -> str:
    """Return what the names of a job's shards begin with."""
    return f"{OF_JOB}{token}-{element}-"


class Extent(NamedTuple):
    """A packed directory."""

    name: str
    offset: int  #: of its first block in the archive
    length: int  #: bytes in the archive; 0: it counts no more
    files: int
    size: int  #: bytes of all files
    record: str = "-"

    def line(self) -> bytes:
        text = " ".join(map(str, self)).encode("ascii")
        return b"%b %08x\n" % (text, zlib.crc32(text))

    @classmethod
    def of_line(cls, line: bytes) -> Extent | None:
        """Return what a line (without its end) says; None if it is none, or damaged."""
        text, _, crc = line.rpartition(b" ")
        words = text.split(b" ")
        if len(words) != 6 or b"%08x" % zlib.crc32(text) != crc:
            return None
        name, offset, length, files, size, record = words
        return cls(name.decode(), int(offset), int(length), int(files), int(size), record.decode())


class Packed(NamedTuple):
    """A packed directory, and the archive it is in."""

    archive: str
    extent: Extent


def read_index(path: str) -> tuple[list[Extent], int]:
    """Return the lines of an index, those that count no more too, and how long it is up to the last
    whole line; damaged lines are passed over.
    """
    with open(path, "rb") as file:
        content = file.read()
    end = content.rfind(b"\n") + 1
    lines = map(Extent.of_line, content[:end].split(b"\n"))
    return [extent for extent in lines if extent is not None], end


def live(extents: list[Extent]) -> dict[str, Extent]:
    """Return those that count, by name."""
    found: dict[str, Extent] = {}
    for extent in extents:
        if extent.length:
            found[extent.name] = extent
        elif extent.name in found and found[extent.name].offset == extent.offset:
            del found[extent.name]
    return found


def index_files(root: str) -> list[str]:
    """Return the indexes below `root`, the newest last."""
    found = []
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for group in sorted(os.listdir(root)):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                names = sorted(os.listdir(os.path.join(root, group)))
                found += [os.path.join(root, group, name) for name in names if name.endswith(INDEX)]
    return found


class Shards:
    """The shards below a directory, which others may go on writing. Looking one up costs a search
    for its name in the mapped indexes and keeps nothing in memory: 0.1 ms for 10,000.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._maps: dict[str, tuple[tuple[int, int], mmap.mmap]] = {}
        self._hit = ""  #: the index in which the last one was found: the next one often is there

    def find(self, name: str) -> Packed | None:
        """Return a packed directory; None if there is none of that name now."""
        return self._found(name) if self._refresh() else None

    def find_known(self, name: str) -> Packed | None:
        """Return the same without looking for what has come, if it can be found so."""
        return self._found(name) or self.find(name)

    def names(self) -> Iterator[str]:
        """Return the names of all packed directories."""
        for path in index_files(self.root):
            with contextlib.suppress(FileNotFoundError):
                yield from live(read_index(path)[0])

    def _found(self, name: str) -> Packed | None:
        paths = [self._hit] if self._hit in self._maps else []
        paths += [path for path in reversed(list(self._maps)) if path != self._hit]
        for path in paths:
            extent = self._search(self._maps[path][1], name)
            if extent is not None and extent.length:
                self._hit = path
                return Packed(path[: -len(INDEX)] + TAR, extent)
        return None

    @staticmethod
    def _search(content: mmap.mmap, name: str) -> Extent | None:
        """Return what the last whole line about a name says."""
        key, end = b"\n%b " % name.encode("utf-8", "surrogateescape"), len(content)
        while (at := content.rfind(key, 0, end)) >= 0:
            stop = content.find(b"\n", at + 1)
            extent = Extent.of_line(content[at + 1 : stop]) if stop > 0 else None
            if extent is not None:
                return extent
            end = at + 1
        return None

    def _refresh(self) -> bool:
        """See what has grown; tell whether there is anything."""
        known, self._maps = self._maps, {}
        for path in index_files(self.root):
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                status = os.fstat(file.fileno())
                sign, before = (status.st_ino, status.st_size), known.pop(path, None)
                if before is not None and before[0] == sign:
                    self._maps[path] = before
                elif status.st_size:
                    found = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                    self._maps[path] = sign, found
        return bool(self._maps)
