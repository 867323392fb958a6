"""Fork workers, reap them and have them ended: in the fork server, or in the process of a SLURM job
itself, which has no threads.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from enchanted_tui.executors.ends.ending import GRACE, end
from enchanted_tui.executors.ends.processes import MARK_VARIABLE, adopt_orphans
from enchanted_tui.executors.ends.reaper import Reaper
from enchanted_tui.executors.pool import worker
from enchanted_tui.executors.task import load_class

_PACKAGE = __name__.partition(".")[0]
_END_GRACE = 40.0  #: seconds in which workers have to be ended, with job steps SLURM has to end


class Forking:
    """Workers that are forked from this process, each under a reaper. Use no threads."""

    def __init__(self, context: dict[str, Any], capture_dir: str, mark: str) -> None:
        """`capture_dir`: for what workers print; `mark`: what begins the mark that they bear."""
        self._context = context
        self._capture_dir = capture_dir
        self._mark = mark
        self._grace: float = context.get("grace", GRACE)
        #: by the process id of its reaper: number and reaper of each worker
        self._workers: dict[int, tuple[int, Reaper]] = {}
        _import_our_runners(context)

    def __len__(self) -> int:
        return len(self._workers)

    def spawn(self, number: int, task_fd: int, result_fd: int, close: Callable[[], None]) -> int:
        """Fork a worker that has these ends of task socket and result pipe, and return its process
        id; `close` closes, in the worker, what it is not to have.
        """
        mark = f"{self._mark}{number}."

        def work() -> None:
            close()
            os.environ[MARK_VARIABLE] = mark
            self._work(number, task_fd, result_fd)

        reaper = Reaper(work, mark, self._grace)
        self._workers[reaper.pid] = number, reaper
        return reaper.worker

    def kill(self, number: int) -> None:
        """Have a worker ended with everything it has started; returns at once."""
        for of, reaper in self._workers.values():
            if of == number:
                reaper.end()

    def reap(self) -> Iterator[dict[str, Any]]:
        """Collect the workers that have ended: ``id``, ``status`` (wait status), ``left`` (what
        could not be ended, in words), ``asked`` (whether it was ended on request).
        """
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid in self._workers:
                    number, reaper = self._workers.pop(pid)
                    yield {"id": number, **reaper.report(status).__dict__}

    def end_everything(self) -> None:
        """End all workers; their reapers do the work, and what has no reaper any more is ended
        here.
        """
        for _, reaper in self._workers.values():
            reaper.end()
        deadline = time.monotonic() + _END_GRACE + self._grace
        while self._workers and time.monotonic() < deadline:
            for _ in self.reap():
                pass
            time.sleep(0.01)
        end([os.getpid()])

    def _work(self, number: int, task_fd: int, result_fd: int) -> None:
        """Be a worker."""
        captured = capture_files(self._capture_dir, number)
        for descriptor, path in captured.items():
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        with contextlib.suppress(BrokenPipeError):  # the pool has gone; so do we
            worker.serve(socket.socket(fileno=task_fd), result_fd, self._context, captured)


def _import_our_runners(context: dict[str, Any]) -> None:
    """Import the runners of this package once for all workers: they start no threads and hold
    nothing, as others may.
    """
    for spec in context["runners"].values():
        if spec["class"].startswith(f"{_PACKAGE}."):
            with contextlib.suppress(Exception):  # the tasks say what is wrong
                load_class(spec["class"])


def wake_up_on_signals(terminate: Callable[[], None]) -> tuple[int, int]:
    """Adopt what workers leave behind, and have SIGCHLD and SIGTERM wake whoever waits for the
    first descriptor returned; `terminate` is called on SIGTERM.
    """
    read, write = os.pipe()
    for descriptor in (read, write):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGTERM, lambda number, frame: terminate())
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    adopt_orphans()
    return read, write


def capture_files(directory: str, number: int) -> dict[int, str]:
    """Return, by descriptor, the files that take a worker's standard output and error."""
    return {
        1: os.path.join(directory, f"{number}.out"),
        2: os.path.join(directory, f"{number}.err"),
    }
