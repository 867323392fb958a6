"""What `fork_server_handle` is for a process without threads: workers are forked from this one. It
saves a job on a compute node the start, and the memory, of one more Python.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Mapping
from typing import Any

from enchanted_tui.executors.ends.reaper import NOTICES
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.forking import Forking, wake_up_on_signals


class ForkingHere:
    """Workers that are forked from this process, where SIGTERM means the end of the job, and other
    signals that it comes soon: ``sbatch --signal=B:USR1@60`` sends them to this process alone.
    """

    def __init__(self, context: Mapping[str, Any], mark: str) -> None:
        """`mark`: what all that the workers start bears in its environment begins with it."""
        self.scratch = tempfile.mkdtemp(prefix="enchanted-")
        self._workers = Forking(dict(context), self.scratch, f"{mark}:")
        self._said: deque[dict[str, Any]] = deque()
        self._closing = False
        self.control, self._wake_write = wake_up_on_signals(self._on_terminate)
        for number in NOTICES:
            signal.signal(number, lambda number, frame: self._said.append({"op": "notice"}))

    def spawn(self, worker: WorkerChannel) -> None:
        """Have a worker started at the other ends of the channel."""
        tasks, results = worker.ends()
        worker.pid = self._workers.spawn(worker.number, tasks, results, lambda: self._close(worker))
        worker.handed_over()

    def kill(self, worker: WorkerChannel) -> None:
        """Have a worker ended, with everything it has started."""
        self._workers.kill(worker.number)

    def end(self) -> None:
        """Say, by `hear`, when the last worker has ended."""
        self._closing = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"e")

    def hear(self) -> dict[str, Any] | None:
        """Return the next message there is, an empty one if there is none; None at the end."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.control, 4096)
        self._said += ({"op": "exit", **ended} for ended in self._workers.reap())
        if self._said:
            message = self._said.popleft()
            # whoever waits has to come again for the rest, and for the end
            with contextlib.suppress(BlockingIOError):
                os.write(self._wake_write, b"m")
            return message
        return None if self._closing and not self._workers else {}

    def wait(self) -> None:
        """End all workers that are left, with everything they have started; then nothing is heard
        any more.
        """
        self._workers.end_everything()
        signal.set_wakeup_fd(-1)
        for descriptor in (self.control, self._wake_write):
            os.close(descriptor)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def bury(self) -> str:
        """Not to be called: a process that is heard has not died."""
        raise AssertionError("the process that forks workers is this one")

    def discard(self) -> None:
        """Not to be called, see `bury`."""

    def _on_terminate(self) -> None:
        self._said.append({"op": "terminated"})

    def _close(self, worker: WorkerChannel) -> None:
        """Close, in a worker, what is this process's."""
        os.close(self.control)
        os.close(self._wake_write)
        worker.close_ours()
