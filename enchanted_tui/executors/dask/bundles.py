"""Bundles of tasks that were sent to Dask workers, and what comes back of them.

Each bundle is sent to one worker, by name, and runs there or not at all: Dask starts the tasks of a
lost worker again, elsewhere, without saying so, which must not run a sample twice.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable
from typing import Any

from enchanted_tui.executors.dask import worker_pools
from enchanted_tui.executors.dask.loop_tasks import LoopTasks
from enchanted_tui.executors.dask.queues import Bundle, DaskWorker, ExecutorQueue, QueuedTask


class Bundles:
    """The bundles that are on workers.

    `tell` sends a message to the supervisor; `unfinished` is called for a bundle of which nothing
    came back, with whether that counts as a loss of its tasks, and why; `freed` when a worker has
    room again.
    """

    def __init__(
        self,
        tell: Callable[[dict[str, Any]], None],
        unfinished: Callable[[Bundle, bool, str], None],
        freed: Callable[[], None],
    ) -> None:
        self._client: Any = None
        self._tell, self._unfinished, self._freed = tell, unfinished, freed
        self._prefix = f"enchanted-{uuid.uuid4().hex}"
        self._numbers = itertools.count()
        self._bundles: dict[str, Bundle] = {}
        self._tasks = LoopTasks()
        self._results: dict[str, list[tuple[tuple[int, ...], bytes]]] = {}
        self._flush_due = False

    def attach(self, client: Any) -> None:
        """Take up work with a client of the cluster."""
        self._client = client
        client.subscribe_topic(self._prefix, self._hear)

    def detach(self) -> None:
        """The scheduler has gone: there is nobody to say anything to."""
        self._client = None

    def of(self, queue: ExecutorQueue) -> list[Bundle]:
        return [bundle for bundle in self._bundles.values() if bundle.queue is queue]

    def send(self, queue: ExecutorQueue, worker: DaskWorker, tasks: list[QueuedTask]) -> None:
        bundle = Bundle(f"{self._prefix}-{next(self._numbers)}", queue, worker, list(tasks))
        worker.bundles[bundle.token] = self._bundles[bundle.token] = bundle
        queue.active += 1
        bundle.future = self._client.submit(
            worker_pools.run_bundle,
            bundle.token,
            worker.instance,
            queue.key,
            [task.message for task in tasks],
            key=bundle.token,
            workers=[worker.address],
            # where it does nothing, which tells that this worker has gone
            allow_other_workers=True,
            retries=0,
            pure=False,
        )
        self._tasks.begin(self._follow(bundle))

    def forget(self, bundles: list[Bundle]) -> None:
        """Want nothing more of bundles, and have Dask not run them elsewhere."""
        for bundle in bundles:
            bundle.dropped = True
            self._release(bundle)
        if bundles and self._client is not None:
            self._tasks.begin(
                self._client.cancel([bundle.future for bundle in bundles], force=True)
            )

    def _release(self, bundle: Bundle) -> None:
        if self._bundles.pop(bundle.token, None) is not None:
            bundle.worker.bundles.pop(bundle.token, None)
            bundle.queue.active -= 1

    async def _follow(self, bundle: Bundle) -> None:
        from distributed.client import FutureCancelledError

        outcome: dict[str, Any] | None = None
        counts, why = True, f"its worker {bundle.worker.name} on {bundle.worker.host} was lost"
        try:
            outcome = await bundle.future
            counts = bundle.started is not None
        except (
            FutureCancelledError
        ):  # the scheduler has gone, or has been told to forget everything
            counts = False
        except Exception as error:  # noqa: BLE001 - whatever Dask makes of a worker that dies
            if type(error).__name__ != "KilledWorker":
                why = f"{type(error).__name__}: {error}"
        if bundle.dropped:
            return
        if outcome is not None:
            self._settle(bundle, outcome)
        else:
            self._release(bundle)
            self._unfinished(bundle, counts, why)
        self._freed()

    def _settle(self, bundle: Bundle, outcome: dict[str, Any]) -> None:
        queue = bundle.queue
        for index, line in outcome["done"]:
            self._finish(bundle, index, line)
        for index, message in outcome["troubles"]:
            task = bundle.tasks[index] if index is not None else None
            self._tell(
                {
                    "op": "trouble",
                    "queue": queue.key,
                    "message": message,
                    "task": task.id if task is not None else None,
                }
            )
        for index in reversed(outcome["unstarted"]):
            task = bundle.tasks[index]
            if task is not None:
                queue.backlog.appendleft(task)
        queue.measure(outcome["seconds"])
        self._release(bundle)

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """A worker reports on a bundle."""
        report = event[1]
        bundle = self._bundles.get(report["token"])
        if bundle is None:
            return
        if report["op"] == "started":
            bundle.started = time.time()
        bundle.where = report.get("where", bundle.where)
        for index, line in report.get("done", ()):
            self._finish(bundle, index, line)

    def _finish(self, bundle: Bundle, index: int, line: bytes) -> None:
        task = bundle.tasks[index]
        if task is not None:
            bundle.tasks[index] = None
            bundle.worker.done += 1
            self._results.setdefault(bundle.queue.key, []).append((task.id, line))
            if not self._flush_due:
                self._flush_due = True
                asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        results, self._results = self._results, {}
        for key, lines in results.items():
            self._tell({"op": "results", "queue": key, "results": lines})
