"""The journal: one self-contained JSON record a line, appended before anything that depends on it
happens.

Everything else in a run directory is a projection of it. Each record carries its format version
``v``, its ``type`` and, last, a checksum of the rest of its line. `record.records` has a class for
each kind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from enchanted_tui import fast_values
from enchanted_tui.commands import command_line
from enchanted_tui.errors import UserError
from enchanted_tui.journal_lines import FORMAT_VERSION, check, checksum_of, seal
from enchanted_tui.record.records import OpenRecord, Record
from enchanted_tui.whole_files import open_regular

FSYNC_INTERVAL = 1.0  #: seconds of records that the loss of the whole machine may cost at most
_ROW = b',"row":{'
_OPEN = b'{"type":"open"'
_TASK = b'"type":"task"'
_HEAD = 40  #: bytes of a line within which its type is
_BLOCK = 1 << 20
_Returned = TypeVar("_Returned")


class Damage(NamedTuple):
    """A line that cannot be trusted, and what is wrong with it."""

    line: int
    offset: int
    reason: str


class Bearing(Protocol):
    """What a journal that cannot be read or written is to do."""

    def bear(self, error: OSError) -> None:
        """Return when it is time to try again; else raise the error."""

    def is_over(self) -> None:
        """Take note that it has succeeded."""


class JournalError(UserError):
    """The journal cannot be read or written."""


class Journal:
    """The open journal of a running campaign; one process writes it.

    `append` gives the record's offset, at which `read_row` finds it again, so nobody needs to keep
    rows in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        existed = path.exists()
        self._file = open_regular(path, os.O_RDWR | os.O_CREAT)
        found = os.fstat(self._file)
        self._identity = found.st_dev, found.st_ino
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._size = _intact_size(self._file) if existed else 0
        if existed and os.fstat(self._file).st_size != self._size:
            os.ftruncate(self._file, self._size)  # a torn last line: its writer died in the middle
        self._synced_at = time.monotonic()
        #: what is written and not yet synced: a sync that fails may lose it
        self._unsynced: list[bytes] = []
        self._end = self._size  #: up to where there are whole lines in the file
        self.bearing: Bearing | None = None  #: what becomes of errors; None: they are raised
        if not existed:
            sync_directory(path.parent)

    @property
    def size(self) -> int:
        """Length in bytes, what is not yet flushed included."""
        return self._size + self._buffered

    def append(self, record: Record) -> int:
        """Take a record, complete it with version and time, and return its offset. It is on disk
        after `flush`.
        """
        record["v"] = FORMAT_VERSION
        record["time"] = time.time()
        return self.append_line(seal(fast_values.encode(record)))

    def append_line(self, line: bytes) -> int:
        """Take a record that is a sealed line already and give its offset."""
        offset = self._size + self._buffered
        self._buffer.append(line)
        self._buffered += len(line)
        return offset

    def flush(self) -> None:
        """Hand everything appended to the operating system: from then on, the death of this process
        loses nothing.

        Raises OSError when that fails; the journal is then as it was before the records that
        failed.
        """
        if self._buffer:
            self._borne(self._write)

    def sync(self) -> None:
        """Flush, and wait until everything is on the disk itself. Raises as `flush` does."""
        if self._buffer or self._unsynced:
            self._borne(self._write_and_sync)
        self._synced_at = time.monotonic()

    def _borne(self, call: Callable[[], _Returned]) -> _Returned:
        while True:
            try:
                returned = call()
            except OSError as error:
                if self.bearing is None:
                    raise
                self.bearing.bear(error)
                self._open_again()
            else:
                if self.bearing is not None:
                    self.bearing.is_over()
                return returned

    def _write(self) -> None:
        data = b"".join(self._buffer)
        rest, written = memoryview(data), 0
        try:
            while written < len(data):
                written += os.pwrite(self._file, rest[written:], self._size + written)
        except OSError:
            # a part of a record at the end is dropped by whoever opens the journal next
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, max(self._size, self._end))
            raise
        self._size += written
        self._end = max(self._end, self._size)
        self._unsynced.append(data)
        self._buffer.clear()
        self._buffered = 0

    def _write_and_sync(self) -> None:
        self._write()
        try:
            os.fdatasync(self._file)
        except OSError:  # what it has not written the system may have forgotten
            unsynced = b"".join(self._unsynced)
            self._size -= len(unsynced)
            self._buffer.insert(0, unsynced)
            self._buffered += len(unsynced)
            self._unsynced.clear()
            raise
        self._unsynced.clear()

    def _open_again(self) -> None:
        """Take a new handle where the server knows the old one no more, if it is the same file."""
        with contextlib.suppress(OSError):
            os.fstat(self._file)
            os.pread(self._file, 1, 0)
            return
        with contextlib.suppress(OSError):
            opened = open_regular(self.path, os.O_RDWR)
            try:
                found = os.fstat(opened)
                if (found.st_dev, found.st_ino) == self._identity:
                    os.dup2(opened, self._file, inheritable=False)
            finally:
                os.close(opened)

    def sync_if_due(self) -> None:
        """Sync if the last time was `FSYNC_INTERVAL` ago."""
        if (
            self._unsynced or self._buffer
        ) and time.monotonic() - self._synced_at >= FSYNC_INTERVAL:
            self.sync()

    def check_in_place(self) -> None:
        """Raise FileNotFoundError if the file has been removed or replaced: what is written would
        be lost.
        """
        if self._is_another(os.stat(self.path)):
            raise FileNotFoundError(errno.ENOENT, "it has been replaced", str(self.path))

    def is_replaced(self) -> bool:
        """Tell whether another journal is in the place of this one: somebody has taken over the
        campaign.
        """
        try:
            return self._is_another(os.stat(self.path))
        except OSError:
            return False

    def _is_another(self, found: os.stat_result) -> bool:
        return (found.st_dev, found.st_ino) != self._identity

    def read(self, offset: int) -> Any:
        """Return the record at `offset`; of which kind it is, whoever kept the offset knows."""
        if offset >= self._size:
            self.flush()
        return _decode(self._borne(lambda: _line_at(self._file, offset)))

    def checksum_at(self, offset: int) -> str:
        """Return the checksum of the record at `offset`, as it stands in its line."""
        if offset >= self._size:
            self.flush()
        return checksum_of(_line_at(self._file, offset))

    def read_row(self, offset: int) -> dict[str, Any]:
        """Return the row of the task record at `offset`."""
        row: dict[str, Any] = self.read(offset)["row"]
        return row

    def read_written(self, offset: int) -> Any:
        """Return the record at `offset`, which is flushed; may be called from any thread."""
        return _decode(_line_at(self._file, offset))

    def abandon(self) -> None:
        """Forget what has not been flushed: the file has become somebody else's."""
        self._buffer.clear()
        self._buffered = 0
        self._unsynced.clear()

    def close(self) -> None:
        """Sync and close."""
        if self._file >= 0:
            try:
                self.sync()
            finally:
                os.close(self._file)
                self._file = -1


class JournalReader:
    """Read a journal that somebody else may be writing: all of it, then what has been added since,
    and single rows.
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        """`start`: offset of the record to begin with."""
        self.path = path
        self.damage: list[Damage] = []
        self._file = open_regular(path)
        self._position = start
        self._lines = 0

    @property
    def position(self) -> int:
        """Offset up to which records have been given."""
        return self._position

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode of the open file."""
        found = os.fstat(self._file)
        return found.st_dev, found.st_ino

    def before(self, offset: int, length: int) -> bytes:
        """Return the bytes that end at `offset`, at most `length`."""
        start = max(0, offset - length)
        return os.pread(self._file, offset - start, start)

    def records(self, *, rows: bool = True, tasks: bool = True) -> Iterator[tuple[int, Record]]:
        """Return (offset, record) of every whole line since the last call; damaged lines go to
        `damage`.

        Without `rows`, task records come without their row, which makes reading several times
        faster; without `tasks`, not at all.
        """
        for offset, line in self._lines_since():
            self._lines += 1
            if not tasks and _TASK in line[:_HEAD]:
                continue
            try:
                record = _decode(line) if rows else _decode_head(line)
            except ValueError as error:
                self.damage.append(Damage(self._lines, offset, str(error)))
                continue
            yield offset, record

    def read_row(self, offset: int) -> dict[str, Any]:
        """Return the row of the task record at `offset`."""
        row: dict[str, Any] = _decode(_line_at(self._file, offset))["row"]
        return row

    def read(self, offset: int) -> Any:
        """Return the record at `offset`; of which kind it is, whoever kept the offset knows."""
        return _decode(_line_at(self._file, offset))

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _lines_since(self) -> Iterator[tuple[int, bytes]]:
        pending = b""
        position = self._position
        while block := os.pread(self._file, _BLOCK, position):
            position += len(block)
            data = pending + block if pending else block
            end = data.rfind(b"\n") + 1
            pending = data[end:]
            for line in data[:end].split(b"\n")[:-1]:
                offset = self._position
                self._position += len(line) + 1
                yield offset, line + b"\n"


def lost_beginning(path: Path) -> str:
    """Say what is wrong and what to do if the first line, without which the others say nothing, is
    damaged.
    """
    return (
        f"The first line of {path} is damaged, and with it what campaign this is. Move the file"
        f" away; then {command_line('--rebuild', path.parent.parent)} takes the finished batches"
        " from the run directories."
    )


def holds_records(path: Path) -> bool:
    """Tell whether the journal has a whole line; its first writer may have died before the end of
    one.
    """
    try:
        with open(open_regular(path), "rb") as file:
            return file.readline().endswith(b"\n")
    except FileNotFoundError:
        return False


def last_open(path: Path) -> OpenRecord | None:
    """Return the record with which the last session opened the journal, without decoding the
    others.
    """
    found = None
    with JournalReader(path) as reader:
        for _, line in reader._lines_since():
            if line.startswith(_OPEN):
                try:
                    found = _decode(line)
                except ValueError:
                    continue
    return found


def _decode(line: bytes) -> Any:
    check(line)
    return fast_values.decode(line)


def _decode_head(line: bytes) -> Any:
    """Decode a record without its row: everything before it is small, and a quote inside a string
    is escaped.
    """
    check(line)
    end = line.find(_ROW)
    return fast_values.decode(line[:end] + b"}" if end > 0 else line)


def _line_at(descriptor: int, offset: int) -> bytes:
    data = os.pread(descriptor, 4096, offset)
    while (end := data.find(b"\n")) < 0:
        more = os.pread(descriptor, _BLOCK, offset + len(data))
        if not more:
            raise JournalError(f"the journal ends in the middle of the record at byte {offset}")
        data += more
    return data[: end + 1]


def _intact_size(descriptor: int) -> int:
    """Return the size of the file up to and including its last line end."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - _BLOCK)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
