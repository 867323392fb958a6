"""One worker process of a job, as the process that feeds it sees it.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.ends.processes import MARK_VARIABLE
from enchanted_tui.executors.ends.reaper import Reaper
from enchanted_tui.executors.local import worker

_READ = 1 << 18


class Slot:
    """A place for one process that runs tasks one after another, forked from here."""

    def __init__(self, number: int, scratch: str, mark: str, context: dict[str, Any]) -> None:
        self.number = number
        self.mark = f"{mark}:{number}."
        self.captured = {
            1: os.path.join(scratch, f"{number}.out"),
            2: os.path.join(scratch, f"{number}.err"),
        }
        self._scratch = scratch
        self._context = context
        self.reaper: Reaper | None = None
        self.ready = False
        self.message: dict[str, Any] | None = None
        self.since = self.since_epoch = 0.0
        self.timed_out = False
        self.over = False  #: its task has ended, but not yet what that has left behind
        self._unfinished = b""
        self._tasks: socket.socket | None = None
        self.results = -1

    @property
    def lives(self) -> bool:
        """True from the start of the process until it has been waited for."""
        return self.reaper is not None

    def spawn(self) -> None:
        """Fork the process. This process must have no threads."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.results, results_end = os.pipe()
        self.ready, self.timed_out, self._unfinished = False, False, b""

        def work() -> None:
            ours.close()
            os.close(self.results)
            self._work(theirs, results_end)

        self.reaper = Reaper(work, self.mark)
        theirs.close()
        os.close(results_end)
        os.set_blocking(self.results, False)
        self._tasks = ours

    def _work(self, tasks: socket.socket, results: int) -> None:
        """Be the process."""
        os.environ[MARK_VARIABLE] = self.mark
        for descriptor, path in self.captured.items():
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        with contextlib.suppress(BrokenPipeError):
            worker.serve(tasks, results, self._context, self.captured)

    def end(self) -> None:
        """Have the process ended with everything it has started; returns at once."""
        if self.reaper is not None:
            self.reaper.end()

    def give(self, message: dict[str, Any]) -> None:
        """Let the process run a task."""
        packet = values.encode(message).encode("ascii")
        if len(packet) > worker.MAX_MESSAGE:
            descriptor, path = tempfile.mkstemp(dir=self._scratch)
            with os.fdopen(descriptor, "wb") as spooled:
                spooled.write(packet)
            packet = worker.SPOOLED + path.encode()
        self.over = False
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
        if self.reaper is not None:
            self.reaper.close()
        self.results, self._tasks, self.reaper, self.ready = -1, None, None, False
