"""The fork server: a small process between a pool and its workers. It starts them, reaps them and
has them ended.

Why a process of its own:
- workers are forked from a process that has no threads and has imported next to nothing, never from
  the app;
- each worker has a reaper (`executors.ends.reaper`), through which a time limit and the end of the
  campaign reach processes that have left their process group or session, and job steps on other
  nodes;
- when the pool's process dies, even by SIGKILL, its end of the control socket closes and the fork
  server has all workers ended with what they have started; when the fork server itself dies, the
  reapers do so of their own accord (parent-death signal).

Control messages are JSON packets. From the pool: ``{"op": "spawn", "id": n}`` with two descriptors
(task socket, result pipe), ``{"op": "kill", "id": n}``, ``{"op": "close"}``. To it: ``{"op":
"spawned", "id": n, "pid": p}``, ``{"op": "exit", "id": n, "status": wait status, "left": [what
could not be ended], "asked": whether it was ended on request}``; ``{"op": "terminated"}``: this
process was asked to end by somebody else (SIGTERM), and does.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from typing import Any

from enchanted_tui.executors.ends.ending import end
from enchanted_tui.executors.ends.processes import MARK_VARIABLE, adopt_orphans
from enchanted_tui.executors.ends.reaper import Reaper
from enchanted_tui.executors.pool import worker

_CLOSE_GRACE = (
    2.0  #: seconds in which workers may end by themselves once nothing more is to be done
)
_END_GRACE = 40.0  #: seconds in which they have to be ended, with job steps that SLURM has to end


def main(control_fd: int) -> None:
    """Serve the pool at the other end of `control_fd`; what all its workers share comes as JSON on
    standard input.
    """
    start = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    control = socket.socket(fileno=control_fd)
    try:
        ForkServer(control, start).serve()
    finally:
        shutil.rmtree(start["capture_dir"], ignore_errors=True)


class ForkServer:
    """Start and end workers, as the pool at the other end of the control socket asks for it."""

    def __init__(self, control: socket.socket, start: dict[str, Any]) -> None:
        self.control = control
        self.context: dict[str, Any] = start["context"]
        self.capture_dir: str = start["capture_dir"]
        self.mark: str = start["mark"]
        #: by the process id of its reaper: number and reaper of each worker
        self.workers: dict[int, tuple[int, Reaper]] = {}
        self.closing_since: float | None = None
        self._terminated = False
        self._wakeup_read, self._wakeup_write = os.pipe()
        for descriptor in (self._wakeup_read, self._wakeup_write):
            os.set_blocking(descriptor, False)

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        adopt_orphans()
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self._wakeup_read, select.POLLIN)
        while not self._finished():
            ready = {
                descriptor
                for descriptor, _ in poll.poll(200 if self.closing_since is not None else None)
            }
            if self._wakeup_read in ready:
                os.read(self._wakeup_read, 4096)
            if self._terminated:
                self._tell({"op": "terminated"})
                break
            self._reap()
            if self.control.fileno() in ready and self.closing_since is None and not self._obey():
                break
        self._end_everything()

    def _on_terminate(self, number: int, frame: Any) -> None:
        self._terminated = True

    def _finished(self) -> bool:
        if self.closing_since is None:
            return False
        return not self.workers or time.monotonic() - self.closing_since > _CLOSE_GRACE

    def _obey(self) -> bool:
        """Carry out one message; False if the pool is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, 4096, 2)
        except OSError:
            return False
        if not data:
            return False
        message = json.loads(data)
        if message["op"] == "spawn":
            self._spawn(message["id"], *descriptors)
        elif message["op"] == "kill":
            for reaper in [
                reaper for number, reaper in self.workers.values() if number == message["id"]
            ]:
                reaper.end()
        elif message["op"] == "close":
            self.closing_since = time.monotonic()
        return True

    def _spawn(self, number: int, task_fd: int, result_fd: int) -> None:
        mark = f"{self.mark}{number}."
        reaper = Reaper(lambda: self._work(number, mark, task_fd, result_fd), mark)
        os.close(task_fd)
        os.close(result_fd)
        self.workers[reaper.pid] = number, reaper
        self._tell({"op": "spawned", "id": number, "pid": reaper.worker})

    def _work(self, number: int, mark: str, task_fd: int, result_fd: int) -> None:
        """Be a worker."""
        self.control.close()
        os.close(self._wakeup_read)
        os.close(self._wakeup_write)
        os.environ[MARK_VARIABLE] = mark
        captured = capture_files(self.capture_dir, number)
        for descriptor, path in captured.items():
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        with contextlib.suppress(BrokenPipeError):  # the pool has gone; so do we
            worker.serve(socket.socket(fileno=task_fd), result_fd, self.context, captured)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.workers:
                number, reaper = self.workers.pop(pid)
                found = reaper.report(status)
                self._tell(
                    {
                        "op": "exit",
                        "id": number,
                        "status": found.status,
                        "left": found.left,
                        "asked": found.asked,
                    }
                )

    def _end_everything(self) -> None:
        """End all workers; their reapers do the work, and what has no reaper any more is ended
        here.
        """
        for _, reaper in self.workers.values():
            reaper.end()
        deadline = time.monotonic() + _END_GRACE
        while self.workers and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.01)
        end([os.getpid()])

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the pool has gone: the next poll says so
            self.control.send(json.dumps(message).encode())


def capture_files(directory: str, number: int) -> dict[int, str]:
    """Give, by descriptor, the files that take a worker's standard output and error."""
    return {
        1: os.path.join(directory, f"{number}.out"),
        2: os.path.join(directory, f"{number}.err"),
    }
