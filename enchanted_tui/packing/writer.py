"""Put run directories into shards, so that a kill at any instant loses and doubles none.

First all blocks of some directories are written behind the zeros that end the archive, with new
zeros at their end, and then the first two of them over the old zeros: before and after that short
write it is a whole archive. Then come the lines of the index. A directory is packed once its line
is there; blocks without a line are written over. Only then may who has called remove the loose
directory. Both are synced before, since that deletes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from enchanted_tui.packing.shard_limits import ShardLimits
from enchanted_tui.packing.shards import (
    HEAD,
    INDEX,
    TAR,
    Extent,
    Packed,
    index_files,
    read_index,
)
from enchanted_tui.packing.tar_blocks import (
    END,
    Keeps,
    pack_made,
    pack_whatever_protects,
    superseded_header,
)
from enchanted_tui.whole_files import write_atomically

_GROUP = 1_000  #: shards in one directory
_GATHERED = 4 << 20  #: bytes that are written together

Rewind = Callable[[], object]


class ShardWriter:
    """Writes the shards below `root`, alone. `prefix` begins their names."""

    def __init__(self, root: str, limits: ShardLimits = ShardLimits(), prefix: str = "") -> None:  # noqa: B008
        self._root, self._limits, self._prefix = root, limits, prefix
        self._number = 0
        self._archive = self._index = -1
        self._end = self._committed = 0  #: of the archive, with and without what has no line yet
        self._index_end = 0
        self._count = 0
        self._gathered = bytearray()
        self._first = bytearray()  #: what takes the place of the zeros, once all else is written
        self._added: list[Extent] = []

    def open(self) -> None:
        """Go on where an earlier writer of this name has stopped. Raises OSError."""
        mine = [path for path in index_files(self._root) if self._is_mine(path)]
        if mine:
            self._number = int(os.path.basename(mine[-1])[len(self._prefix) : -len(INDEX)])
            self._open_shard()

    def _is_mine(self, path: str) -> bool:
        name = os.path.basename(path)[: -len(INDEX)]
        return name.startswith(self._prefix) and name[len(self._prefix) :].isdigit()

    def _path(self, ending: str) -> str:
        group = f"{self._prefix}{self._number // _GROUP:03d}"
        return os.path.join(self._root, group, f"{self._prefix}{self._number:06d}{ending}")

    def _open_shard(self) -> None:
        self.close()
        index = self._path(INDEX)
        os.makedirs(os.path.dirname(index), exist_ok=True)
        archive = self._path(TAR)
        if not os.path.exists(archive):  # there at no instant without the zeros that end it
            write_atomically(Path(archive), END)
        try:
            self._archive = os.open(archive, os.O_RDWR | os.O_CLOEXEC)
            self._index = os.open(index, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            extents, self._index_end = read_index(index)
            if not self._index_end:
                _write_at(self._index, HEAD, 0)
                self._index_end = len(HEAD)
            os.ftruncate(self._index, self._index_end)
            self._end = max((item.offset + item.length for item in extents), default=0)
            self._count = len(extents)
            _write_at(self._archive, END, self._end)
            os.ftruncate(self._archive, self._end + len(END))
        except BaseException:
            self.close()
            raise
        self._committed = self._end

    def add(self, name: str, path: str, keeps: Keeps | None = None, record: str = "-") -> Extent:
        """Write the directory at `path`; it is packed after the next `commit`. Raises OSError, and
        the shard is as it was before.
        """
        return self._add(
            name,
            lambda rewind: pack_whatever_protects(path, name, self._write, rewind, keeps),
            record,
        )

    def add_made(
        self, name: str, files: Mapping[str, bytes], mtime: float, keeps: Keeps | None = None
    ) -> Extent:
        """Write a directory that is on no disk, see `tar_blocks.pack_made`; else as `add`."""
        return self._add(name, lambda _: pack_made(name, files, mtime, self._write, keeps))

    def _add(
        self, name: str, pack: Callable[[Rewind], tuple[int, int]], record: str = "-"
    ) -> Extent:
        if self._archive < 0:
            self._number += 1
            self._open_shard()
        begin = self._end

        def rewind() -> None:
            behind = self._end - begin
            del self._gathered[len(self._gathered) - min(behind, len(self._gathered)) :]
            self._end = begin

        try:
            files, size = pack(rewind)
        except BaseException:
            rewind()
            raise
        extent = Extent(name, begin, self._end - begin, files, size, record)
        self._added.append(extent)
        return extent

    def add_packed(self, packed: Packed) -> None:
        """Copy what is packed in another shard. Raises OSError, as `add`."""
        if self._archive < 0:
            self._number += 1
            self._open_shard()
        begin, left = self._end, packed.extent.length
        with open(packed.archive, "rb") as archive:
            archive.seek(packed.extent.offset)
            while left:
                piece = archive.read(min(left, _GATHERED))
                if not piece:
                    raise OSError(f"{packed.archive} ends in the middle of {packed.extent.name}")
                self._write(piece)
                left -= len(piece)
        self._added.append(packed.extent._replace(offset=begin, record="-"))

    def _write(self, data: bytes) -> None:
        self._gathered += data
        self._end += len(data)
        if len(self._gathered) >= _GATHERED:
            self._flush()

    def _flush(self) -> None:
        """Write what is gathered, but for what belongs where zeros end the archive."""
        begin = self._end - len(self._gathered)
        held = max(0, self._committed + len(END) - begin)
        if held:
            self._first[begin - self._committed :] = self._gathered[:held]
        _write_at(self._archive, self._gathered[held:], begin + held)
        self._gathered.clear()

    def commit(self) -> list[Extent]:
        """Have what was added count, and return it. Raises OSError; nothing of it counts then."""
        if not self._added:
            return []
        added, lines = self._added, b"".join(extent.line() for extent in self._added)
        try:
            self._gathered += END
            self._end += len(END)
            self._flush()
            self._end -= len(END)
            _write_at(self._archive, self._first, self._committed)
            os.fdatasync(self._archive)
            _write_at(self._index, lines, self._index_end)
            os.fdatasync(self._index)
        except BaseException:
            self._give_up()
            raise
        self._index_end += len(lines)
        self._committed = self._end
        self._count += len(added)
        self._added = []
        self._first.clear()
        if self._count >= self._limits.tasks or self._end >= self._limits.size:
            self.close()
        return added

    def _give_up(self) -> None:
        self._gathered.clear()
        self._first.clear()
        self._added = []
        self._end = self._committed
        with contextlib.suppress(OSError):
            _write_at(self._archive, END, self._committed)
        with contextlib.suppress(OSError):
            os.ftruncate(self._index, self._index_end)

    @property
    def is_full(self) -> bool:
        """True if what was added fills the shard, so that it has to be committed first."""
        return self._archive >= 0 and (
            self._count + len(self._added) >= self._limits.tasks or self._end >= self._limits.size
        )

    def close(self) -> None:
        """Close the files; what has not been committed is lost."""
        for descriptor in (self._archive, self._index):
            if descriptor >= 0:
                os.close(descriptor)
        self._archive = self._index = -1
        self._gathered.clear()
        self._first.clear()
        self._added = []


def supersede(packed: Packed) -> None:
    """Have a packed directory count no more, for standard tools and for the index. Nobody may be
    writing the shard. Raises OSError.
    """
    extent, index = packed.extent, packed.archive[: -len(TAR)] + INDEX
    archive = os.open(packed.archive, os.O_WRONLY | os.O_CLOEXEC)
    try:
        _write_at(archive, superseded_header(extent.name, extent.length), extent.offset)
        os.fdatasync(archive)
    finally:
        os.close(archive)
    _, end = read_index(index)
    descriptor = os.open(index, os.O_RDWR | os.O_CLOEXEC)
    try:
        line = extent._replace(length=0).line()
        _write_at(descriptor, line, end)
        os.ftruncate(descriptor, end + len(line))
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def archive_of(index: str) -> str:
    """Return the archive of an index."""
    return index[: -len(INDEX)] + TAR


def remove_shard(archive: str) -> None:
    """Remove a shard; the index first, so that nothing is listed that is gone."""
    for path in (archive[: -len(TAR)] + INDEX, archive):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    with contextlib.suppress(OSError):  # not empty
        os.rmdir(os.path.dirname(archive))


def _write_at(descriptor: int, data: bytes | bytearray, offset: int) -> None:
    rest = memoryview(bytes(data))
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest, offset = rest[written:], offset + written
