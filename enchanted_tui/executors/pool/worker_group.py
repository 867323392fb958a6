"""The workers of a pool and who starts them.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import selectors
import socket
from collections.abc import Callable, Iterator
from typing import Any, Optional

from enchanted_tui.executors.base import TaskContext, WorkerInfo
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.pool_settings import Starter


class WorkerGroup:
    """Workers by their numbers, which are never used again. What arrives from them, and from their
    starter, is watched by `selector`; the key's data is the worker, or "starter".
    """

    def __init__(
        self,
        context: TaskContext,
        starter: Callable[[dict[str, Any]], Starter],
        selector: selectors.BaseSelector,
    ) -> None:
        self.context: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(context)))
        self._new_starter = starter
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
        return self._starter.scratch

    def begin(self) -> None:
        """Begin with a starter; the one before, if there was one, has died. Raises OSError."""
        self._starter = self._new_starter(self.context)
        self._selector.register(self._starter.control, selectors.EVENT_READ, "starter")

    def spawn(self) -> None:
        """Have one more worker started. Raises OSError without descriptors to reach it by."""
        self._numbers += 1
        worker = WorkerChannel(self._numbers, self._starter.scratch)
        self._workers[worker.number] = worker
        self._starter.spawn(worker)
        self._selector.register(worker.results, selectors.EVENT_READ, worker)

    def missing(self, size: int, could_begin: Optional[int]) -> int:
        """Return how many workers are to be started, of `size` at most: all, or where samples hold
        shares no more than can have one, since each takes memory. `could_begin`: how many samples
        have room now, None where room is not counted.
        """
        if could_begin is not None:
            size = min(size, sum(1 for worker in self if worker.assigned) + could_begin)
        return size - len(self)

    def busy(self) -> bool:
        """Tell whether any of them has something to do."""
        return any(worker.assigned for worker in self._workers.values())

    def kill(self, worker: WorkerChannel) -> None:
        """Have a worker ended with everything it has started; returns at once."""
        self._starter.kill(worker)

    def hear(self) -> dict[str, Any] | None:
        """Return the starter's next message, see there; None if it has gone, and then it is
        watched no longer.
        """
        message = self._starter.hear()
        if message is None:
            self._selector.unregister(self._starter.control)
        return message

    def bury_starter(self) -> str:
        """End what a starter that has died cannot end any more; return how it ended."""
        return self._starter.bury()

    def discard_starter(self) -> None:
        """Remove what a starter that has died has left."""
        self._starter.discard()

    def hang_up(self) -> None:
        """Let starter and workers end once they have nothing to do."""
        self._starter.end()
        for worker in self:
            worker.hang_up()

    def wait(self) -> None:
        """Wait until the starter has ended, and all workers with it."""
        self._starter.wait()

    def read(self, worker: WorkerChannel) -> list[bytes]:
        """Return the lines that have arrived from a worker; one that has gone is watched no longer:
        the starter will say so.
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
