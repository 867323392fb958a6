"""One worker process of a job, as the process that feeds it sees it.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.local import worker
from enchanted_tui.executors.slurm.far.processes import MARK_VARIABLE, die_with_parent

_READ = 1 << 18


class Slot:
    """A place for one process that runs tasks one after another, forked from here."""

    def __init__(self, number: int, scratch: str, mark: str, context: dict[str, Any]) -> None:
        self.number = number
        self.mark = f"{mark}:{number}"
        self.captured = {1: os.path.join(scratch, f"{number}.out"), 2: os.path.join(scratch, f"{number}.err")}
        self._scratch = scratch
        self._context = context
        self.pid = 0
        self.ready = False
        self.message: dict[str, Any] | None = None
        self.since = self.since_epoch = 0.0
        self.timed_out = False
        self._unfinished = b""
        self._tasks: socket.socket | None = None
        self.results = -1

    def spawn(self) -> None:
        """Fork the process. This process must have no threads."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.results, results_end = os.pipe()
        self.ready, self.timed_out, self._unfinished = False, False, b""
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            os.close(self.results)
            self._become_worker(theirs, results_end)
        theirs.close()
        os.close(results_end)
        os.set_blocking(self.results, False)
        self._tasks = ours

    def _become_worker(self, tasks: socket.socket, results: int) -> None:
        try:
            die_with_parent()
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            os.environ[MARK_VARIABLE] = self.mark
            for descriptor, path in self.captured.items():
                opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.dup2(opened, descriptor)
                os.close(opened)
            with contextlib.suppress(BrokenPipeError):
                worker.serve(tasks, results, self._context, self.captured)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - this process must not go on as the one that feeds it
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(1)

    def give(self, message: dict[str, Any]) -> None:
        """Let the process run a task."""
        packet = values.encode(message).encode("ascii")
        if len(packet) > worker.MAX_MESSAGE:
            descriptor, path = tempfile.mkstemp(dir=self._scratch)
            with os.fdopen(descriptor, "wb") as spooled:
                spooled.write(packet)
            packet = worker.SPOOLED + path.encode()
        self.message, self.since, self.since_epoch = message, time.monotonic(), time.time()
        assert self._tasks is not None
        with contextlib.suppress(OSError):  # it has just died, as its wait status will say
            self._tasks.send(packet)

    def lines(self) -> list[bytes]:
        """Give the whole lines that have arrived."""
        data = self._unfinished
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self.results, _READ):
                data += more
        end = data.rfind(b"\n") + 1
        self._unfinished = data[end:]
        return data[:end].splitlines(keepends=True)

    def forget(self) -> None:
        """Close what connected us with the process."""
        if self.results >= 0:
            os.close(self.results)
        if self._tasks is not None:
            self._tasks.close()
        self.results, self._tasks, self.pid, self.ready = -1, None, 0, False
