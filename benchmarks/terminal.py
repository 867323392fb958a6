"""The app in a pseudo-terminal: what it sends, what it costs, how soon it answers."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measure import cpu_time, descendants, memory

_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_].*?(?:\x07|\x1b\\)|\x1b.", re.DOTALL)


class Terminal:
    """A terminal of `columns` times `rows` in which the app runs with `arguments`."""

    def __init__(
        self,
        arguments: Sequence[str],
        home: Path,
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        home.mkdir(exist_ok=True, parents=True)
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("XDG_", "SSH_", "NO_COLOR", "TEXTUAL"))
        }
        settings = {
            "HOME": str(home),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        }
        self.begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "enchanted_tui", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**clean, **settings},
            preexec_fn=lambda: os.login_tty(slave),
        )
        os.close(slave)
        self.received = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exc: object) -> None:
        for pid in [*self.processes()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)
        os.close(self._master)

    def processes(self) -> Iterator[int]:
        """Give the app's processes."""
        yield from descendants(self._process.pid)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Hold the app's processes, which then cost nothing, as if they were not there."""
        pids = list(self.processes())
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def read(self, seconds: float) -> int:
        """Take what the app sends for so long; give the number of bytes."""
        count, end = 0, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            count += len(self._take(left))
        return count

    def _take(self, timeout: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], max(0.0, timeout))
        if not ready:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            raise RuntimeError(f"the app has ended: {self.text()[-300:]!r}") from None
        self.received += data
        return data

    def text(self) -> str:
        """Give what was received without control sequences."""
        return _ESCAPES.sub(b"", self.received).decode(errors="replace")

    def wait_for(self, pattern: str, timeout: float = 60.0) -> float:
        """Wait until a pattern has come since the last `forget`; give the seconds since the app was
        started.
        """
        deadline = time.perf_counter() + timeout
        while not re.search(pattern, self.text()):
            if time.perf_counter() > deadline:
                raise RuntimeError(
                    f"{pattern!r} has not come within {timeout} s; the last was"
                    f" {self.text()[-300:]!r}"
                )
            self._take(0.2)
        return time.perf_counter() - self.begun

    def forget(self) -> None:
        """Forget what was received."""
        self.received = b""

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def answer_time(self, keys: str, pattern: str) -> float:
        """Give the seconds from pressing keys until a pattern comes."""
        self.forget()
        begun = time.perf_counter()
        self.send(keys)
        self.wait_for(pattern, 10.0)
        return time.perf_counter() - begun

    def cpu(self) -> float:
        """Processor time so far of all processes, in seconds."""
        return sum(map(cpu_time, self.processes()))

    def memory(self) -> float:
        """Memory of all processes now, shared pages counted once, in MB."""
        return sum(map(memory, self.processes()))
