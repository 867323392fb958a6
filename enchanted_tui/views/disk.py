"""The files of a run directory as they are on disk, and the room there is: looked at now and then,
never in a hurry.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from enchanted_tui.storage.layout import CampaignDirectory

_INTERVAL = 5.0  #: seconds between two looks
_FIRST_PAUSE = 0.5  #: the same at first, and after files have come or gone


@dataclass(frozen=True)
class FileInfo:
    """A file of the campaign's own; `name` is relative to the run directory, `changed` in seconds
    since the epoch.
    """

    name: str
    size: int
    changed: float


class DiskWatch:
    """Looks at the files at most every few seconds: each look is a dozen requests to a network file
    system.
    """

    def __init__(
        self, run_dir: CampaignDirectory, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._run_dir = run_dir
        self._clock = clock
        self._looked_at = float("-inf")
        self._pause = _FIRST_PAUSE
        self.files: tuple[FileInfo, ...] = ()
        self.free: int | None = None

    def look(self) -> None:
        """Bring `files` and `free` up to date if that is due."""
        now = self._clock()
        if now - self._looked_at < self._pause:
            return
        self._looked_at = now
        before, self.files = self.files, tuple(_files(self._run_dir))
        has_more = [file.name for file in self.files] != [file.name for file in before]
        # a campaign that begins makes one after the other
        self._pause = _FIRST_PAUSE if has_more else min(_INTERVAL, 2 * self._pause)
        self.free = free_space(self._run_dir.root)


def free_space(root: Path) -> int | None:
    """Return the bytes that are free on the disk of a directory, None if that cannot be said."""
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return None


def _files(run_dir: CampaignDirectory) -> Iterator[FileInfo]:
    for path in _paths(run_dir):
        with suppress(OSError):
            found = path.stat()
            yield FileInfo(str(path.relative_to(run_dir.root)), found.st_size, found.st_mtime)


def _paths(run_dir: CampaignDirectory) -> Iterator[Path]:
    yield from run_dir.results
    for directory in (run_dir.logs, run_dir.config):
        with suppress(OSError):
            yield from (
                directory / name
                for name in sorted(os.listdir(directory))
                if not name.startswith(".")
            )
    yield run_dir.journal
