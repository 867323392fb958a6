"""Who runs what on a Dask cluster: which worker gets the next tasks, and what becomes of those
whose worker dies.

Whether a task runs again is decided here, and counted: Dask, which would start it again elsewhere
without saying so, is not let (see `bundles`).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.continued import may_begin_so_often, restart_of_task
from enchanted_tui.executors.dask.bundles import Bundles
from enchanted_tui.executors.dask.membership import Membership
from enchanted_tui.executors.dask.queues import Bundle, DaskWorker, ExecutorQueue, QueuedTask
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.journal_lines import TaskId

_FIRST_WINDOW = 64  #: tasks to hold before there are workers
_PATIENCE = 10.0  #: seconds in which a worker that is paused may go on with what it was sent
_PAUSE = 2.0  #: seconds before a task runs again, in which what is left of its earlier run ends


class Broker:
    """Queues, one for each executor, and the workers that take from them. `tell` sends a message to
    the supervisor; everything runs in one event loop.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self.queues: dict[str, ExecutorQueue] = {}
        self.members = Membership(self.queues, tell, self._lost, self.hand_out)
        self.expected_slots = 0
        self.complete = False  #: all workers that there should be have been there
        self._tell = tell
        self._bundles = Bundles(tell, self._unfinished, self.hand_out)
        self._is_attached = False

    def attach(self, client: Any) -> None:
        """Take up work with a client of the cluster."""
        self.members.client = client
        self._bundles.attach(client)
        self._is_attached = True

    def detach(self) -> None:
        """The scheduler has gone: there is nobody to say anything to."""
        self.members.client = None
        self._bundles.detach()
        self._is_attached = False

    # -- the supervisor's wishes -------------------------------------------------------------------

    def submit(self, key: str, tasks: Iterable[tuple[tuple[int, ...], bytes, int, int]]) -> None:
        self.queues[key].backlog.extend(
            QueuedTask(task, message, attempt, most=most) for task, message, attempt, most in tasks
        )
        if not self.members.known:
            self.members.suspicious.set()  # the cluster may wait for work
        self.hand_out()

    def recall(self, key: str) -> list[tuple[int, ...]]:
        """Take back what has not been sent to a worker."""
        taken = [task.id for task in self.queues[key].backlog]
        self.queues[key].backlog.clear()
        return taken

    def limit(self, key: str, limits: list[RunTimeLimit]) -> None:
        """Have workers end from now on, as stragglers, what runs longer."""
        if key in self.queues:
            self.queues[key].limits = limits
            self.members.limit(self.queues[key], list(self.members.known))

    async def cancel(self, key: str) -> None:
        """Forget an executor's tasks and have those that run killed."""
        queue = self.queues.pop(key, None)
        if queue is None:
            return
        self._bundles.forget(self._bundles.of(queue))
        await self.members.close_executor(key)

    # -- workers -----------------------------------------------------------------------------------

    @property
    def work(self) -> int:
        """How many slots the tasks that are here could use."""
        active = sum(queue.active for queue in self.queues.values())
        return active + sum(
            math.ceil((len(queue.backlog) + queue.resting) / queue.fitting(1.0))
            for queue in self.queues.values()
        )

    @property
    def held_back(self) -> bool:
        """True if there are tasks that wait until the cluster is complete."""
        return not self.complete and any(
            queue.blocks and queue.backlog for queue in self.queues.values()
        )

    @property
    def patience(self) -> float | None:
        """How long to wait for workers, by the least patient executor that says so."""
        return min(
            (queue.patience for queue in self.queues.values() if queue.patience is not None),
            default=None,
        )

    async def look(self, workers: dict[str, Any]) -> None:
        """Take note of the workers there are: `workers` by address, as the scheduler tells."""
        await self.members.look(workers)
        for worker in self.members.known.values():
            self._take_back(worker)
        self.hand_out()

    def open_executor(self, queue: ExecutorQueue) -> None:
        """Take an executor on; the look that follows makes it known to the workers."""
        self.queues[queue.key] = queue
        self.members.suspicious.set()

    def _lost(self, worker: DaskWorker) -> None:
        """A worker has gone: what it held runs again, or is lost for good."""
        bundles = list(worker.bundles.values())
        some_started = any(bundle.started is not None for bundle in bundles)
        self._bundles.forget(bundles)
        for bundle in bundles:
            for task in bundle.left():
                waited = some_started and bundle.started is None  # behind another one
                self._again(
                    bundle.queue,
                    task,
                    f"its worker {worker.name} on {worker.host} was lost",
                    counts=not waited,
                )

    def _take_back(self, worker: DaskWorker) -> None:
        """Have others run what a worker has not begun and does not begin, because it is paused or
        about to close.
        """
        if worker.leaving_since is None or time.monotonic() - worker.leaving_since < _PATIENCE:
            return
        bundles = [bundle for bundle in worker.bundles.values() if bundle.started is None]
        self._bundles.forget(bundles)
        for bundle in bundles:
            for task in bundle.left():
                self._again(
                    bundle.queue,
                    task,
                    f"its worker {worker.name} on {worker.host} is paused",
                    counts=False,
                )

    def _again(self, queue: ExecutorQueue, task: QueuedTask, why: str, *, counts: bool) -> None:
        """Run a task again that may have begun; if that `counts`, no more often than the queue
        allows.
        """
        losses = task.losses + counts
        fields = values.decode(task.message)
        restart = restart_of_task(fields, queue.arguments[0])
        if losses > may_begin_so_often(restart, queue.max_retries):
            times = f", {losses} times" if losses > 1 else ""
            self._tell(
                {"op": "lost", "queue": queue.key, "message": task.message, "why": why + times}
            )
            return
        # one that is continued is given up by whoever sees that it does not advance
        attempt = fields["attempt"] = task.attempt + (counts or restart is None)
        if counts:
            self._tell({"op": "log", "message": f"{fields['name']} runs again: {why}"})
        self._put_back(
            queue,
            QueuedTask(task.id, values.encode(fields).encode("ascii"), attempt, losses),
        )

    def _put_back(self, queue: ExecutorQueue, task: QueuedTask) -> None:
        """Let a task wait for its turn again, in a moment."""
        queue.resting += 1
        asyncio.get_running_loop().call_later(_PAUSE, self._wait_again, queue, task)

    def _wait_again(self, queue: ExecutorQueue, task: QueuedTask) -> None:
        queue.resting -= 1
        if queue.key in self.queues:
            queue.backlog.appendleft(task)
            self.hand_out()

    # -- bundles -----------------------------------------------------------------------------------

    def hand_out(self) -> None:
        """Send bundles to the workers that have room, the least busy one first."""
        if self._is_attached:
            for queue in self._queues_with_work():
                while queue.backlog and (worker := self._worker_for(queue)) is not None:
                    slots = self.members.slots
                    limit = slots if queue.limit is None else min(queue.limit, slots)
                    self._bundles.send(queue, worker, queue.take(limit))
        for queue in self.queues.values():
            self._say_wanted(queue)

    def _queues_with_work(self) -> list[ExecutorQueue]:
        """Return the queues in turn: the one with the fewest bundles on workers first."""
        ready = (
            queue
            for queue in self.queues.values()
            if queue.backlog and (self.complete or not queue.blocks)
        )
        return sorted(ready, key=lambda queue: queue.active)

    def _worker_for(self, queue: ExecutorQueue) -> DaskWorker | None:
        if queue.limit is not None and queue.active >= (
            queue.limit if queue.limit < self.members.slots else queue.limit * queue.depth
        ):
            return None
        free = [
            worker
            for worker in self.members.known.values()
            if worker.open_for(queue) and len(worker.bundles) < worker.threads * queue.depth
        ]
        # short tasks: one that may have cost a worker is alone with it, so that it takes no others'
        # results along
        if queue.depth > 1:
            suspect = queue.backlog[0].losses > 0
            free = [
                worker
                for worker in free
                if not worker.bundles
                or not (suspect or any(held.suspect for held in worker.bundles.values()))
            ]
        return min(free, key=lambda worker: len(worker.bundles) / worker.threads, default=None)

    def _unfinished(self, bundle: Bundle, counts: bool, why: str) -> None:
        """Nothing came back. Its worker may have gone, or be another process at the same address:
        the look that follows tells.
        """
        bundle.worker.doubtful = True
        self.members.suspicious.set()
        for task in reversed(bundle.left()):
            self._again(bundle.queue, task, why, counts=counts)

    # -- what the supervisor is told ---------------------------------------------------------------

    def _say_wanted(self, queue: ExecutorQueue) -> None:
        """Tell how many tasks the queue can usefully hold, where that has changed."""
        slots = max(self.members.slots, self.expected_slots)
        slots = min(slots, queue.limit) if queue.limit is not None else slots
        if not slots:
            wanted = _FIRST_WINDOW
        elif queue.depth == 1:
            wanted = 2 * slots * queue.most
        else:
            wanted = 4 * slots * max(queue.fitting(), queue.most)
        if abs(wanted - queue.wanted) > 0.1 * queue.wanted:
            queue.wanted = wanted
            self._tell({"op": "wanted", "queue": queue.key, "wanted": wanted})

    def workers(self, key: str) -> list[tuple[str, str, int, str | None, float | None, str]]:
        """Return (name, host, pid, task, since, where) for each slot, as far as the slot is not
        another executor's.
        """
        shown: list[tuple[str, str, int, str | None, float | None, str]] = []
        for worker in self.members.known.values():
            running = [bundle for bundle in worker.bundles.values() if bundle.started is not None][
                : worker.threads
            ]
            for slot in range(worker.threads):
                name = worker.name if worker.threads == 1 else f"{worker.name}/{slot}"
                bundle = running[slot] if slot < len(running) else None
                left = bundle.left() if bundle is not None else []
                if bundle is not None and bundle.queue.key == key and left:
                    shown.append(
                        (
                            name,
                            worker.host,
                            worker.pid,
                            TaskId(*left[0].id).name,
                            bundle.started,
                            bundle.where,
                        )
                    )
                elif bundle is None:
                    shown.append((name, worker.host, worker.pid, None, None, ""))
        return shown
