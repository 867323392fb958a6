"""The workers of a pool and the fork server that they come from.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import selectors
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from enchanted_tui.executors.base import TaskContext, WorkerInfo
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.fork_server_handle import ForkServerHandle


class WorkerGroup:
    """Workers by their numbers, which are never used again. What arrives from them, and from their
    fork server, is watched by `selector`; the key's data is the worker, or "server".
    """

    def __init__(
        self,
        context: TaskContext,
        environment: Mapping[str, str],
        mark: str,
        selector: selectors.BaseSelector,
    ) -> None:
        """`environment`: of all that runs; `mark`: what begins the mark that all of it bears."""
        self.context: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(context)))
        self._environment = environment
        self._mark = mark
        self._selector = selector
        self._workers: dict[int, WorkerChannel] = {}
        self._numbers = 0

    def __iter__(self) -> Iterator[WorkerChannel]:
        return iter(list(self._workers.values()))

    def __len__(self) -> int:
        return len(self._workers)

    def get(self, number: int) -> WorkerChannel | None:
        """Return a worker; None if it has been forgotten."""
        return self._workers.get(number)

    @property
    def scratch(self) -> str:
        """The directory of what workers print."""
        return self._server.scratch

    def start_server(self) -> None:
        """Start a fork server; the one before, if there was one, has died. Raises OSError."""
        self._server = ForkServerHandle(self.context, self._environment, self._mark)
        self._selector.register(self._server.control, selectors.EVENT_READ, "server")

    def spawn(self) -> None:
        """Have one more worker started. Raises OSError without descriptors to reach it by."""
        self._numbers += 1
        worker = WorkerChannel(self._numbers, self._server.scratch)
        self._workers[worker.number] = worker
        self._server.spawn(worker)
        self._selector.register(worker.results, selectors.EVENT_READ, worker)

    def kill(self, worker: WorkerChannel) -> None:
        """Have a worker ended with everything it has started; returns at once."""
        self._server.kill(worker)

    def hear(self) -> dict[str, Any] | None:
        """Return the fork server's next message, see there; None if it has gone, and then it is
        watched no longer.
        """
        message = self._server.hear()
        if message is None:
            self._selector.unregister(self._server.control)
        return message

    def bury_server(self) -> str:
        """End what a fork server that has died cannot end any more; return how it ended."""
        return self._server.bury()

    def discard_server(self) -> None:
        """Remove what a fork server that has died has left."""
        self._server.discard()

    def hang_up(self) -> None:
        """Let fork server and workers end once they have nothing to do."""
        self._server.end()
        for worker in self:
            worker.hang_up()

    def wait(self) -> None:
        """Wait until the fork server has ended, and all workers with it."""
        self._server.wait()

    def read(self, worker: WorkerChannel) -> list[bytes]:
        """Return the lines that have arrived from a worker; one that has gone is watched no longer:
        the fork server will say so.
        """
        lines = worker.read_lines()
        if lines is None:
            self._selector.unregister(worker.results)
        return lines or []

    def drain(self, worker: WorkerChannel) -> Iterator[bytes]:
        """Return what a dead worker had sent."""
        while worker.results in self._selector.get_map() and (lines := self.read(worker)):
            yield from lines

    def forget(self, worker: WorkerChannel) -> None:
        """Close what connected us with a worker."""
        self._workers.pop(worker.number, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.results)
        worker.close()

    def shown(self) -> list[WorkerInfo]:
        """Return the workers as people see them; may be called from any thread."""
        host = socket.gethostname()
        return [worker.shown(host) for worker in self]
