"""The app in a pseudo-terminal of its own, for one tab of a browser.

It is the command as it is in any terminal, minder and all: a tab that is closed hangs up, and a
campaign in the app goes on, as when a terminal's window is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_CHUNK = 1 << 16
_LOOK_EVERY = 0.5  #: seconds between two looks whether the command has stopped itself
_LARGEST = 1_000  #: columns and rows that a tab may have


class TabProcess:
    """One command in a pseudo-terminal. Belongs to the event loop that is running."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, environment
        self._loop = asyncio.get_running_loop()
        self._master = -1
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: set[asyncio.Event] = set()
        self._looking: asyncio.TimerHandle | None = None

    async def begin(self, columns: int, rows: int) -> None:
        """Start the command. Raises OSError if there is no pseudo-terminal or process to be had."""
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        self.resize(columns, rows)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_take_terminal,
            )
        except OSError:
            self.hang_up()
            raise
        finally:
            os.close(slave)
        self._look()

    async def read(self) -> bytes:
        """Return what the command has written, waiting for it; nothing once it has ended."""
        while self._master >= 0:
            try:
                return os.read(self._master, _CHUNK)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
            except OSError:  # the last process in the terminal has gone
                return b""
        return b""

    async def write(self, data: bytes) -> None:
        """Type, as fast as the command reads."""
        rest = memoryview(data)
        while rest and self._master >= 0:
            try:
                rest = rest[os.write(self._master, rest) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)
            except OSError:
                return

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, in characters."""
        if self._master >= 0:
            size = struct.pack(
                "HHHH", max(1, min(rows, _LARGEST)), max(1, min(columns, _LARGEST)), 0, 0
            )
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def hang_up(self) -> None:
        """Take the terminal away, as when its window is closed."""
        if self._looking is not None:
            self._looking.cancel()
        if self._master < 0:
            return
        master, self._master = self._master, -1
        self._loop.remove_reader(master)
        self._loop.remove_writer(master)
        for waiting in self._waiting:
            waiting.set()
        os.close(master)

    async def ended(self) -> None:
        """Wait until the command has left its terminal; a campaign may go on without it."""
        if self._process is not None:
            await self._process.wait()

    async def _ready(
        self, add: Callable[[int, Callable[[], None]], Any], remove: Callable[[int], Any]
    ) -> None:
        ready, master = asyncio.Event(), self._master
        self._waiting.add(ready)
        add(master, ready.set)
        try:
            await ready.wait()
        finally:
            self._waiting.discard(ready)
            if self._master == master:
                remove(master)

    def _look(self) -> None:
        """Let the command go on if it has stopped itself (Ctrl+Z): there is no shell to go back
        to.
        """
        process = self._process
        assert process is not None
        if process.returncode is not None:
            return
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            if os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG) is not None:
                os.kill(process.pid, signal.SIGCONT)
        self._looking = self._loop.call_later(_LOOK_EVERY, self._look)


def _take_terminal() -> None:
    """In the child: make the pseudo-terminal the one that the session is controlled by."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
