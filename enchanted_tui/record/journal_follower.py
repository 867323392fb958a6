"""Follow a journal that grows: read what has been appended since, and notice when it has become
another one.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

from enchanted_tui.record.journal import JournalError, JournalReader
from enchanted_tui.record.records import Record

_TAIL = 64  #: bytes by which the last record that was read is known again; they hold its checksum


class JournalFollower:
    """A reader that can be asked again and again; between two calls the journal may grow, be
    replaced or not be there at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: JournalReader | None = None
        self._tail = b""
        self.size = 0  #: bytes there were at the last look

    def look(self) -> bool:
        """Look at the file; True if everything known of it is void because it is not the file, or
        not the record, it was.
        """
        try:
            found = self.path.stat()
        except OSError:
            self.size = 0
            return self._forget()
        self.size = found.st_size
        void = self._reader is not None and not self._is_same(
            self._reader, (found.st_dev, found.st_ino)
        )
        if void:
            self._forget()
        if self._reader is None:
            with suppress(OSError):
                self._reader = JournalReader(self.path)
        return void

    def _is_same(self, reader: JournalReader, identity: tuple[int, int]) -> bool:
        """A writer whose disk is full takes back what did not fit; only the end of what was read
        can have changed.
        """
        return (
            reader.identity == identity
            and reader.before(reader.position, len(self._tail)) == self._tail
        )

    def begin_again(self) -> None:
        """Return all records once more."""
        self._forget()
        self.look()

    def _forget(self) -> bool:
        had = self._reader is not None
        if self._reader is not None:
            self._reader.close()
        self._reader, self._tail = None, b""
        return had

    def records(self) -> Generator[tuple[int, Record]]:
        """Return (offset, record) of what is new, task records without their rows. May be left in
        the middle and called again.
        """
        if self._reader is None:
            return
        try:
            yield from self._reader.records(rows=False)
        finally:
            if self._reader is not None:
                self._tail = self._reader.before(self._reader.position, _TAIL)

    def read(self, offset: int) -> Any:
        """Return the record at `offset`, None if it cannot be read (any more)."""
        if self._reader is None:
            return None
        try:
            return self._reader.read(offset)
        except (OSError, ValueError, JournalError):
            return None

    @property
    def position(self) -> int:
        """Offset up to which records have been given."""
        return self._reader.position if self._reader is not None else 0

    @property
    def damage(self) -> tuple[str, ...]:
        """A sentence for each damaged line."""
        if self._reader is None:
            return ()
        name = os.path.join(self.path.parent.name, self.path.name)
        return tuple(
            f"{name}:{item.line}: this line is damaged ({item.reason}); what it held is missing."
            for item in self._reader.damage
        )

    def close(self) -> None:
        self._forget()
