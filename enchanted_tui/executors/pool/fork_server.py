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

from enchanted_tui.executors.pool.forking import Forking, wake_up_on_signals

_CLOSE_GRACE = (
    2.0  #: seconds in which workers may end by themselves once nothing more is to be done
)


def main(control_fd: int) -> None:
    """Serve the pool at the other end of `control_fd`; what all its workers share comes as JSON on
    standard input.
    """
    start = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    control = socket.socket(fileno=control_fd)
    try:
        ForkServer(control, Forking(start["context"], start["capture_dir"], start["mark"])).serve()
    finally:
        shutil.rmtree(start["capture_dir"], ignore_errors=True)


class ForkServer:
    """Start and end workers, as the pool at the other end of the control socket asks for it."""

    def __init__(self, control: socket.socket, workers: Forking) -> None:
        self._control = control
        self._workers = workers
        self._closing_since: float | None = None
        self._terminated = False
        self._wake_read, self._wake_write = wake_up_on_signals(self._on_terminate)

    def serve(self) -> None:
        """Serve until everything is done, the pool has gone, or somebody ends this process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        while not self._finished():
            closing = self._closing_since is not None
            ready = {descriptor for descriptor, _ in poll.poll(200 if closing else None)}
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if self._terminated:
                self._tell("terminated")
                break
            for ended in self._workers.reap():
                self._tell("exit", **ended)
            if self._control.fileno() in ready and not closing and not self._obey():
                break
        self._workers.end_everything()

    def _on_terminate(self) -> None:
        self._terminated = True

    def _finished(self) -> bool:
        if self._closing_since is None:
            return False
        return not self._workers or time.monotonic() - self._closing_since > _CLOSE_GRACE

    def _obey(self) -> bool:
        """Carry out one message; False if the pool is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 4096, 2)
        except OSError:
            return False
        if not data:
            return False
        message = json.loads(data)
        if message["op"] == "spawn":
            self._spawn(message["id"], *descriptors)
        elif message["op"] == "kill":
            self._workers.kill(message["id"])
        elif message["op"] == "close":
            self._closing_since = time.monotonic()
        return True

    def _spawn(self, number: int, task_fd: int, result_fd: int) -> None:
        pid = self._workers.spawn(number, task_fd, result_fd, self._close)
        os.close(task_fd)
        os.close(result_fd)
        self._tell("spawned", id=number, pid=pid)

    def _close(self) -> None:
        """Close, in a worker, what is the fork server's."""
        self._control.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _tell(self, op: str, **fields: Any) -> None:
        with contextlib.suppress(OSError):  # the pool has gone: the next poll says so
            self._control.send(json.dumps({"op": op, **fields}).encode())
