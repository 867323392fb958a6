"""Lines of the journal, wherever they are made and read: which task they are of, their format
version, and the checksum that each carries.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

FORMAT_VERSION = 1
_NAME = re.compile(r"d(\d+)_b(\d+)_s(\d+)_r(\d+)\Z")
_SUFFIX = len(b',"crc":"00000000"}\n')
_CRC = b',"crc":"'


class TaskId(NamedTuple):
    """Where a task stands: stage depth, batch, sample in the expanded batch, step; all from 0."""

    depth: int
    batch: int
    sample: int
    step: int

    @property
    def name(self) -> str:
        """Name of the task and of its run directory."""
        return f"d{self.depth}_b{self.batch}_s{self.sample}_r{self.step}"

    @classmethod
    def named(cls, name: str) -> TaskId | None:
        """Return the task that has that name; None if it is no task's name."""
        found = _NAME.match(name)
        return cls(*map(int, found.groups())) if found else None


def seal(body: bytes) -> bytes:
    """Return an encoded record as a line that carries its own checksum."""
    return b'%s,"crc":"%08x"}\n' % (body[:-1], zlib.crc32(body))


def checksum_of(line: bytes) -> str:
    """Return the checksum that a line carries."""
    return line[-11:-3].decode("ascii")


def check(line: bytes) -> None:
    """Raise ValueError unless the line is exactly what was written."""
    if (
        len(line) <= _SUFFIX
        or line[-_SUFFIX : -_SUFFIX + len(_CRC)] != _CRC
        or line[-3:] != b'"}\n'
    ):
        raise ValueError(
            "a block of zeros" if not line.strip(b"\0\n") else "not a record: its end is missing"
        )
    try:
        expected = int(line[-11:-3], 16)
    except ValueError:
        raise ValueError("not a record: its checksum is no number") from None
    if zlib.crc32(line[:-_SUFFIX] + b"}") != expected:
        raise ValueError("its checksum does not match: it has been altered")


def is_intact(line: bytes) -> bool:
    """Tell whether the line is exactly what was written."""
    try:
        check(line)
    except ValueError:
        return False
    return True
