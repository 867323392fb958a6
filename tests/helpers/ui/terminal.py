"""Drive the real command in a real pseudo-terminal, as a shell would run it: a session leader with
a controlling terminal.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_ESCAPES = re.compile(
    rb"\x1b\[[0-9;?<>=!$]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78]"
)


class Terminal:
    """A pseudo-terminal with the command running in it; everything it writes is kept."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        size: tuple[int, int] = (100, 30),
        program: Sequence[str] = (sys.executable, "-m", "enchanted_tui"),
        **environment: str,
    ) -> None:
        self.pid, self._master = os.forkpty()
        if self.pid == 0:
            os.chdir(cwd)
            os.environ.update(
                {
                    "TERM": "xterm-256color",
                    "LC_ALL": "C.UTF-8",
                    "COLUMNS": "80",
                    "LINES": "24",
                    **environment,
                }
            )
            command = [sys.executable] if arguments[:1] == ("-c",) else program
            os.execv(command[0], [*command, *arguments])
        self.resize(*size)
        self.written = b""
        self.status: int | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                ready, _, _ = select.select([self._master], [], [], 0.1)
                data = os.read(self._master, 65536) if ready else b""
            except (OSError, ValueError):
                return
            if ready and not data:
                return
            self.written += data

    @property
    def text(self) -> str:
        """All that has been written, without escape sequences; a line per jump of the cursor."""
        return _ESCAPES.sub(b"\n", self.written).decode("utf-8", "replace")

    def wait_for(self, pattern: str, timeout: float = 40.0, *, after: int = 0) -> re.Match[str]:
        """Wait until something has been written, not counting the first `after` characters."""
        deadline = time.monotonic() + timeout
        while (found := re.search(pattern, self.text[after:])) is None:
            assert time.monotonic() < deadline, (
                f"{pattern!r} has not appeared within {timeout} s; the end of what"
                f" has:\n{self.text[-3000:]}"
            )
            time.sleep(0.05)
        return found

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def app_pid(self) -> int:
        """The child that is the app."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0])

    def close_line(self) -> None:
        """The terminal vanishes, as when its window is closed."""
        master, self._master = self._master, -1
        os.close(master)

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for the command to end; give its status as a shell would see it."""
        deadline = time.monotonic() + timeout
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = (
                    os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
                )
            else:
                assert time.monotonic() < deadline, (
                    f"the command has not ended within {timeout} s; it wrote:\n{self.text[-3000:]}"
                )
                time.sleep(0.02)
        time.sleep(0.1)  # until what it wrote last has been read
        return self.status

    def end(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError, IndexError):
            os.kill(self.app_pid(), signal.SIGKILL)
        if self.status is None:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        if self._master >= 0:
            with contextlib.suppress(OSError):
                self.close_line()
