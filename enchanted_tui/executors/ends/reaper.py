"""A process between a worker and whoever wants it: it adopts what the worker's tasks leave behind,
and ends it all when it is asked to.

It is a small fork that waits. Whatever a task starts, and however that leaves its process group,
session or parent, becomes a child of this process: so it is certain whose it is. It is asked by
SIGTERM, which the kernel sends too when its own parent dies, even by SIGKILL.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from enchanted_tui.executors.ends.ending import GRACE, end
from enchanted_tui.executors.ends.processes import adopt_orphans, die_with_parent, send

_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)
#: Signals by which batch systems tell a job that it ends soon: no business of a reaper's, and for
#: samples what they are for any program.
NOTICES = (
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGINT),
    *(signal.SIGQUIT, signal.SIGALRM, signal.SIGXCPU),
)


@dataclass(frozen=True)
class WorkerEnd:
    """How a worker ended."""

    status: int  #: wait status
    left: list[str] = field(default_factory=list)  #: what could not be ended, in words
    asked: bool = False  #: whether it was ended because its reaper was asked to


class Reaper:
    """A reaper as its parent sees it."""

    def __init__(self, become_worker: Callable[[], None], mark: str, grace: float = GRACE) -> None:
        """Fork a reaper, which forks the worker. `mark` is what the worker puts into its
        environment; `grace`: seconds from SIGTERM to SIGKILL where it is ended. Use no threads.
        """
        self.mark = mark
        self._report, theirs = os.pipe()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                os.close(self._report)
                _live(become_worker, mark, grace, theirs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(theirs)
        #: 0 if it has died before it could say
        self.worker = int.from_bytes(os.read(self._report, 8), "little")

    def end(self) -> None:
        """Have the worker ended with everything it has started; returns at once."""
        send(self.pid, signal.SIGTERM)

    def report(self, status: int) -> WorkerEnd:
        """Return how the worker ended, once the reaper has been waited for, with what `status`;
        closes what connected us.
        """
        data = b""
        with contextlib.suppress(OSError):
            while more := os.read(self._report, 1 << 16):
                data += more
        self.close()
        try:
            return WorkerEnd(**json.loads(data))
        # it was killed: the kernel has killed the worker with it, and what that had started is left
        # to us
        except ValueError:
            return WorkerEnd(status, end((), self.mark), False)

    def close(self) -> None:
        """Close what connects us with the reaper."""
        if self._report >= 0:
            os.close(self._report)
            self._report = -1


def _live(become_worker: Callable[[], None], mark: str, grace: float, report: int) -> None:
    """Be the reaper; does not return."""
    try:
        parent = os.getppid()
        signal.set_wakeup_fd(-1)
        for number in (*_SIGNALS, *NOTICES):
            signal.signal(number, lambda number, frame: None)
        adopt_orphans()
        die_with_parent(signal.SIGTERM)
        worker = os.fork()
        if worker == 0:
            os.close(report)
            _become(become_worker)
        os.write(report, worker.to_bytes(8, "little"))
        found = _wait(worker, mark, grace, orphaned=os.getppid() != parent)
        with contextlib.suppress(OSError):
            os.write(report, json.dumps(found.__dict__).encode())
    finally:
        os._exit(0)


def _become(become_worker: Callable[[], None]) -> None:
    try:
        parent = os.getppid()
        die_with_parent()
        if os.getppid() == parent:
            os.setsid()
            for number in (*_SIGNALS, *NOTICES):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            become_worker()
            os._exit(0)
    # said where the task's own output goes; this process must not go on as its reaper
    except BaseException:  # noqa: BLE001
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _wait(worker: int, mark: str, grace: float, *, orphaned: bool) -> WorkerEnd:
    """Wait until the worker ends, or end it when asked to; either way end what it has left."""
    left: list[str] = []
    asked = orphaned
    while True:
        status = _reap(worker)
        if status is not None:
            return WorkerEnd(status, left or end([os.getpid()], mark), asked)
        if asked:
            left = end([os.getpid()], mark, frozen=[worker], grace=grace)
            status = _reap(worker)
            return WorkerEnd(signal.SIGKILL if status is None else status, left, asked)
        asked = signal.sigwait(_SIGNALS) == signal.SIGTERM


def _reap(worker: int) -> int | None:
    """Collect the children that have ended; return the worker's wait status if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == worker:
                found = status
    return found
