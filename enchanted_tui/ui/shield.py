"""Keep the terminal to the app: whatever else writes to descriptors 1 and 2 or reads descriptor 0
meets a log file and an empty one.

Runners run in processes of their own and never see the terminal. Samplers, plugins and C libraries
run in this process: their prints, and those of programs that they start, go to the log.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG_LIMIT = 10_000_000  #: bytes after which the log of strays begins anew


class Terminal:
    """The terminal as the app alone has it, through duplicates of the descriptors."""

    def __init__(self, log: Path) -> None:
        self._input, self._output = os.dup(0), os.dup(1)
        self._gone = threading.Event()
        self.log = log
        # exported by some shells; they would hide every change of the window's size
        for name in (
            "COLUMNS",
            "LINES",
        ):
            os.environ.pop(name, None)
        sys.__stdin__ = _text(io.FileIO(self._input, "r", closefd=False), "r")  # type: ignore[misc]
        out = _text(_Output(self._output, self._gone), "w")
        sys.__stdout__ = sys.__stderr__ = out  # type: ignore[misc]
        sys.stdout = sys.stderr = out
        self._close_the_rest()

    def _close_the_rest(self) -> None:
        """Point descriptors 0, 1 and 2 away from the terminal."""
        empty = os.open(os.devnull, os.O_RDWR)
        strays = _open_log(self.log)
        os.dup2(empty, 0)
        os.dup2(empty if strays is None else strays, 1)
        os.dup2(empty if strays is None else strays, 2)
        for descriptor in (empty, strays):
            if descriptor is not None and descriptor > 2:
                os.close(descriptor)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "r", closefd=False)), "utf-8")
        self.strays = io.TextIOWrapper(
            io.FileIO(1, "w", closefd=False), "utf-8", "backslashreplace", write_through=True
        )

    def take_prints(self) -> None:
        """Send what Python prints to the log too. Called once the app runs, which would throw it
        away.
        """
        sys.stdout = sys.stderr = self.strays

    def trim(self) -> None:
        """Begin the log anew if it has grown too long."""
        with contextlib.suppress(OSError):
            if os.fstat(1).st_size > LOG_LIMIT:
                os.ftruncate(1, 0)

    def watch(self, on_gone: Callable[[], None]) -> None:
        """Call `on_gone`, from a thread, when the terminal has been closed."""

        def wait() -> None:
            poll = select.poll()
            poll.register(self._input, 0)  # only errors and the hang-up, which are always reported
            with contextlib.suppress(OSError):
                poll.poll()
            on_gone()

        threading.Thread(target=wait, name="terminal-watch", daemon=True).start()

    @property
    def gone(self) -> bool:
        """Whether the terminal could not be written to."""
        return self._gone.is_set()

    def leave(self) -> None:
        """Let go of the terminal: what is still written goes nowhere, and nothing is read any
        more.
        """
        with contextlib.suppress(OSError):
            sys.__stdout__.flush()  # type: ignore[union-attr]
        nowhere = os.open(os.devnull, os.O_WRONLY)
        silence, self._never_written = os.pipe()
        # who was told that the terminal can be read, and comes too late, must not wait here for
        # ever
        os.set_blocking(silence, False)
        os.dup2(nowhere, self._output, inheritable=False)
        os.dup2(silence, self._input, inheritable=False)
        os.close(nowhere)
        os.close(silence)


class _Output(io.RawIOBase):
    """Writes to the terminal; once that has gone, to nowhere, because an app that cannot paint must
    still be able to end in order.
    """

    def __init__(self, descriptor: int, gone: threading.Event) -> None:
        self._descriptor, self._gone = descriptor, gone

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        try:
            return os.write(self._descriptor, data)
        except OSError:
            self._gone.set()
            return len(data)


def _text(raw: Any, mode: str) -> io.TextIOWrapper:
    if mode == "r":
        return io.TextIOWrapper(io.BufferedReader(raw), "utf-8", "replace")
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        sys.stdout.encoding or "utf-8",
        "backslashreplace",
        write_through=False,
    )


def _open_log(path: Path) -> int | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return None
