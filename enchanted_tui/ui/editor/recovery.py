"""Unsaved text, kept while it is typed, so that neither a killed app nor a lost line loses it.

One file for each app and text below ``recovery/`` in the app's state directory, readable by its
owner alone. An app that ends as it should leaves none; the next one offers what it finds of apps
that are gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from enchanted_tui.ui.xdg_directories import state_dir
from enchanted_tui.whole_files import partial_path, write_atomically


@dataclass(frozen=True)
class Unsaved:
    """A text that was not saved."""

    text: str
    path: str | None  #: the file it belongs to; None if it never had one
    digest: str | None  #: of the file's content when it was read
    has_bom: bool
    saved_at: float  #: seconds since the epoch
    host: str
    pid: int
    #: when that process started, as the kernel counts; empty if its app has ended and it goes on
    #: with a campaign
    start: str


class Recovery:
    """Keeps the unsaved text of one editor."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = (state_dir() if directory is None else directory) / "recovery"
        self._file = (
            self._directory / f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.json"
        )
        self._writing = threading.Lock()
        self._is_left = False

    def keep(
        self, text: str, path: Path | None, digest: str | None, *, has_bom: bool = False
    ) -> None:
        """Write the text down, replacing what was kept. Raises OSError."""
        where = None if path is None else os.path.abspath(path)
        with self._writing:
            if not self._is_left:
                self._write(
                    Unsaved(
                        text,
                        where,
                        digest,
                        has_bom,
                        time.time(),
                        socket.gethostname(),
                        os.getpid(),
                        _start(),
                    )
                )

    def leave(
        self, text: str, path: Path | None, digest: str | None, *, has_bom: bool = False
    ) -> None:
        """Write the text down for the last time: the app ends, whatever its process goes on with.
        Raises OSError.
        """
        where = None if path is None else os.path.abspath(path)
        with self._writing:
            self._is_left = True
            self._write(
                Unsaved(
                    text, where, digest, has_bom, time.time(), socket.gethostname(), os.getpid(), ""
                )
            )

    def release(self) -> None:
        """Let the next app offer what was kept: this one has ended, though its process goes on.
        Raises OSError.
        """
        with self._writing:
            unsaved = None if self._is_left else _read(self._file)
            self._is_left = True
            if unsaved is not None:
                self._write(replace(unsaved, start=""))

    def _write(self, content: Unsaved) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps(asdict(content))
        write_atomically(self._file, text, mode=0o600, synced=True)

    def forget(self) -> None:
        """The text is saved, or given up by its writer."""
        for path in (self._file, partial_path(self._file)):
            with contextlib.suppress(OSError):
                path.unlink()

    def left_behind(self) -> list[tuple[Path, Unsaved]]:
        """Return the texts of apps that are gone, the newest first; of an app on another host
        nobody can tell, so its texts count too.
        """
        found = []
        with contextlib.suppress(OSError):
            for path in self._directory.glob("*.json"):
                unsaved = _read(path)
                if unsaved is not None and path != self._file and not _is_alive(unsaved):
                    found.append((path, unsaved))
        return sorted(found, key=lambda pair: -pair[1].saved_at)


def remove(path: Path) -> None:
    """Delete a kept text."""
    with contextlib.suppress(OSError):
        path.unlink()


def _read(path: Path) -> Unsaved | None:
    try:
        unsaved = Unsaved(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    is_well_formed = (
        isinstance(unsaved.text, str)
        and isinstance(unsaved.pid, int)
        and isinstance(unsaved.saved_at, int | float)
    )
    return unsaved if is_well_formed and isinstance(unsaved.path, str | None) else None


def _is_alive(unsaved: Unsaved) -> bool:
    return (
        unsaved.host == socket.gethostname()
        and bool(unsaved.start)
        and _start(unsaved.pid) == unsaved.start
    )


def _start(pid: int | None = None) -> str:
    """Return when a process started, which tells it from a later one with its number; empty if
    there is none.
    """
    try:
        text = Path(f"/proc/{os.getpid() if pid is None else pid}/stat").read_text(
            encoding="ascii", errors="replace"
        )
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[:1] == ["Z"] else fields[19]


def told_of_others(count: int) -> str:
    """Say that texts of so many other files are kept."""
    if count == 1:
        return "Of another file a text is kept that was not saved; opening that file offers it."
    return (
        f"Of other files {count} texts are kept that were not saved; opening such a file offers"
        " them."
    )
