"""Points that somebody asks to have added to a campaign, in ``state/control`` until they are on
record.

A request is known by what it asks for, so that one that is made twice is one. The supervisor of a
campaign that runs takes it while its stage runs; that of the next session does where nobody runs
it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from enchanted_tui import values
from enchanted_tui.values import Row
from enchanted_tui.whole_files import read_regular, write_atomically

SUFFIX = ".points"
_NAME = re.compile(r"d(\d+)-n(\d+)-([0-9a-f]{16})\.points\Z")


class PointsRequest(Struct, frozen=True):
    """Points for a stage."""

    depth: int  #: of the stage
    samples: list[Row]  #: all with the same names
    by: str  #: who asks
    file: str  #: name of the file that they were read from

    @property
    def id(self) -> str:
        """What the request is known by: the points, in their order, and the stage."""
        told = values.encode([self.depth, self.samples])
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class WaitingPoints(Struct, frozen=True):
    """A request that waits, as the name of its file tells of it."""

    path: Path
    depth: int
    count: int
    id: str

    def read(self) -> PointsRequest:
        """Return what is asked for. Raises OSError, and ValueError if that cannot be read."""
        told: Any = values.decode(read_regular(self.path))
        try:
            names = [str(name) for name in told["names"]]
            samples = [dict(zip(names, row, strict=True)) for row in told["rows"]]
            found = PointsRequest(self.depth, samples, str(told["by"]), str(told["file"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"it holds no points ({error})") from error
        if found.id != self.id:
            raise ValueError("it is damaged")
        return found


def ask(directory: Path, request: PointsRequest) -> None:
    """Leave a request for the supervisor that watches `directory`. Raises OSError."""
    directory.mkdir(exist_ok=True)
    names = list(request.samples[0])
    told = {
        "by": request.by,
        "file": request.file,
        "names": names,
        "rows": [[sample[name] for name in names] for sample in request.samples],
    }
    name = f"d{request.depth}-n{len(request.samples)}-{request.id}{SUFFIX}"
    write_atomically(directory / name, values.encode(told), own=True, synced=True)


def waiting(directory: Path) -> list[WaitingPoints]:
    """Return the requests that wait, oldest first."""
    found: list[tuple[float, WaitingPoints]] = []
    with contextlib.suppress(OSError):  # what cannot be seen now is seen at the next look
        for name in sorted(os.listdir(directory)):
            told = _NAME.match(name)
            if told is not None:
                path = directory / name
                depth, count, request = told.groups()
                item = WaitingPoints(path, int(depth), int(count), request)
                found.append((path.stat().st_mtime, item))
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def count_waiting(directory: Path) -> int:
    """Return how many points wait."""
    return sum(item.count for item in waiting(directory))


def words(count: int) -> str:
    """Say that points wait."""
    points = "point waits" if count == 1 else "points wait"
    return f"{count:,} {points} to be added by hand, once their stage runs"
