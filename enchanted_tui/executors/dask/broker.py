"""Who runs what on a Dask cluster: tasks in bundles, bundles on workers, and what becomes of those
whose worker dies.

Each bundle is sent to one worker, by name, and runs there or not at all: Dask starts the tasks of a
lost worker again, elsewhere, without saying so, which must not run a sample twice. Whether a task
runs again is decided here, and counted.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.continued import may_begin_so_often, restart_of_task
from enchanted_tui.executors.dask import worker_pools
from enchanted_tui.executors.dask.queues import (
    Bundle,
    DaskWorker,
    ExecutorQueue,
    QueuedTask,
    takes_tasks,
)
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.version import __version__

_FIRST_WINDOW = 64  #: tasks to hold before there are workers
_ANSWER = 60.0  #: seconds in which a worker has to answer a call
_NEWS = 0.1  #: seconds in which what a worker said before it went arrives
_PATIENCE = 10.0  #: seconds in which a worker that is paused may go on with what it was sent
_PAUSE = 2.0  #: seconds before a task runs again, in which what is left of its earlier run ends


class Broker:
    """Queues and workers. `tell` sends a message to the supervisor; everything runs in one event
    loop.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self.client: Any = None
        self.queues: dict[str, ExecutorQueue] = {}
        self.known_workers: dict[str, DaskWorker] = {}
        self.expected_slots = 0
        self.some_are_paused = False  #: workers are there that take no tasks
        self.complete = False  #: all workers that there should be have been there
        self.suspicious = asyncio.Event()  #: a worker may have gone: look soon
        self._tell = tell
        self._prefix = f"enchanted-{uuid.uuid4().hex}"
        self._numbers = itertools.count()
        self._bundles: dict[str, Bundle] = {}
        self._meeting: set[str] = set()  #: addresses of workers whose answer is awaited
        self._background: set[asyncio.Future[Any]] = set()
        self._results: dict[str, list[tuple[tuple[int, ...], bytes]]] = {}
        self._flush_due = False

    def attach(self, client: Any) -> None:
        """Take up work with a client of the cluster."""
        self.client = client
        client.subscribe_topic(self._prefix, self._hear)

    def detach(self) -> None:
        """The scheduler has gone: there is nobody to say anything to."""
        self.client = None

    # -- the supervisor's wishes -------------------------------------------------------------------

    def submit(self, key: str, tasks: Iterable[tuple[tuple[int, ...], bytes, int, int]]) -> None:
        self.queues[key].backlog.extend(
            QueuedTask(task, message, attempt, most=most) for task, message, attempt, most in tasks
        )
        if not self.known_workers:
            self.suspicious.set()  # the cluster may wait for work
        self.hand_out()

    def recall(self, key: str) -> list[tuple[int, ...]]:
        """Take back what has not been sent to a worker."""
        taken = [task.id for task in self.queues[key].backlog]
        self.queues[key].backlog.clear()
        return taken

    async def cancel(self, key: str) -> None:
        """Forget an executor's tasks and have those that run killed."""
        queue = self.queues.pop(key, None)
        if queue is None:
            return
        self._forget([bundle for bundle in self._bundles.values() if bundle.queue is queue])
        await self._run_on(list(self.known_workers), worker_pools.close_executor, key)

    # -- workers -----------------------------------------------------------------------------------

    @property
    def slots(self) -> int:
        return sum(worker.threads for worker in self.known_workers.values())

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

    @property
    def any_takes_tasks(self) -> bool:
        return not all(worker.leaving for worker in self.known_workers.values())

    async def look(self, workers: dict[str, Any]) -> None:
        """Take note of the workers there are: `workers` by address, as the scheduler tells."""
        self.some_are_paused = any(about.get("status") == "paused" for about in workers.values())
        gone = [worker for worker in self.known_workers.values() if worker.address not in workers]
        if gone:
            await asyncio.sleep(_NEWS)
        for worker in gone:
            self.lose(worker)
        for address, about in workers.items():
            present = self.known_workers.get(address)
            if present is not None:
                present.notice(takes_tasks(about))
            known = (
                present is not None and not present.doubtful and present.queues >= set(self.queues)
            )
            if not known and takes_tasks(about) and self.queues and address not in self._meeting:
                self._meeting.add(address)
                self._in_background(self._meet(address, about))
        for worker in self.known_workers.values():
            self._take_back(worker)
        self.hand_out()

    def open_executor(self, queue: ExecutorQueue) -> None:
        """Take an executor on; the look that follows makes it known to the workers."""
        self.queues[queue.key] = queue
        self.suspicious.set()

    async def _meet(self, address: str, about: dict[str, Any]) -> None:
        """Make all queues known to a worker, and make sure that it is still the process that was at
        this address.
        """
        queues = list(self.queues.values())
        try:
            answer = await self._open_on(queues, address)
        finally:
            self._meeting.discard(address)
        worker = self.known_workers.get(address)
        if worker is not None and (answer is None or answer["instance"] != worker.instance):
            self.lose(worker)
            worker = None
        if answer is None:  # the next look tries again, if it is still there
            return
        if worker is None:
            threads = max(1, about["nthreads"])
            worker = DaskWorker(
                address,
                answer["instance"],
                str(about["name"]),
                answer["host"],
                answer["pid"],
                threads,
                nodes=answer.get("nodes", []),
            )
            self.known_workers[address] = worker
        worker.doubtful, worker.queues = False, {queue.key for queue in queues}
        self.suspicious.set()  # the cluster may be complete now
        self.hand_out()

    async def _open_on(self, queues: list[ExecutorQueue], address: str) -> dict[str, Any] | None:
        """Open queues on a worker; return what it says about itself, or None if it cannot run
        tasks.
        """
        answer: Any = None
        for queue in queues:
            answer = (
                await self._run_on(
                    [address], worker_pools.open_executor, queue.key, *queue.arguments
                )
            ).get(address)
            if (
                not isinstance(answer, dict)
                or "problem" in answer
                or answer.get("version") != __version__
            ):
                why = _why_not(address, answer)
                if why is not None:
                    self._tell({"op": "trouble", "message": why})
                return None
        return dict(answer) if answer is not None else None

    async def _run_on(
        self, addresses: list[str], function: Callable[..., Any], *arguments: Any
    ) -> dict[str, Any]:
        """Call a function on workers; a worker that has just gone gives its error."""
        if not addresses or self.client is None:
            return {}
        try:
            call = self.client.run(function, *arguments, workers=addresses, on_error="return")
            done: dict[str, Any] = await asyncio.wait_for(call, _ANSWER)
        except OSError:
            return {}
        return done

    def lose(self, worker: DaskWorker) -> None:
        """A worker has gone: what it held runs again, or is lost for good."""
        if self.known_workers.pop(worker.address, None) is None:
            return
        bundles = list(worker.bundles.values())
        some_started = any(bundle.started is not None for bundle in bundles)
        self._forget(bundles)
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
        self._forget(bundles)
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
        if self.client is not None:
            for queue in self._lanes_with_work():
                while queue.backlog and (worker := self._seat_for(queue)) is not None:
                    self._send(queue, worker)
        for queue in self.queues.values():
            self._say_wanted(queue)

    def _lanes_with_work(self) -> list[ExecutorQueue]:
        """Return the queues in turn: the one with the fewest bundles on workers first."""
        ready = (
            queue
            for queue in self.queues.values()
            if queue.backlog and (self.complete or not queue.blocks)
        )
        return sorted(ready, key=lambda queue: queue.active)

    def _seat_for(self, queue: ExecutorQueue) -> DaskWorker | None:
        if queue.limit is not None and queue.active >= (
            queue.limit if queue.limit < self.slots else queue.limit * queue.depth
        ):
            return None
        free = [
            worker
            for worker in self.known_workers.values()
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

    def _send(self, queue: ExecutorQueue, worker: DaskWorker) -> None:
        tasks = queue.take(self.slots if queue.limit is None else min(queue.limit, self.slots))
        bundle = Bundle(f"{self._prefix}-{next(self._numbers)}", queue, worker, list(tasks))
        worker.bundles[bundle.token] = self._bundles[bundle.token] = bundle
        queue.active += 1
        bundle.future = self.client.submit(
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
        self._in_background(self._follow(bundle))

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
            self._unfinished(bundle, counts, why)
        self.hand_out()

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

    def _unfinished(self, bundle: Bundle, counts: bool, why: str) -> None:
        """Nothing came back. Its worker may have gone, or be another process at the same address:
        the look that follows tells.
        """
        bundle.worker.doubtful = True
        self.suspicious.set()
        self._release(bundle)
        for task in reversed(bundle.left()):
            self._again(bundle.queue, task, why, counts=counts)

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

    def _release(self, bundle: Bundle) -> None:
        if self._bundles.pop(bundle.token, None) is not None:
            bundle.worker.bundles.pop(bundle.token, None)
            bundle.queue.active -= 1

    def _forget(self, bundles: list[Bundle]) -> None:
        """Want nothing more of bundles, and have Dask not run them elsewhere."""
        for bundle in bundles:
            bundle.dropped = True
            self._release(bundle)
        if bundles and self.client is not None:
            self._in_background(
                self.client.cancel([bundle.future for bundle in bundles], force=True)
            )

    def _in_background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- what the supervisor is told ---------------------------------------------------------------

    def _say_wanted(self, queue: ExecutorQueue) -> None:
        """Tell how many tasks the queue can usefully hold, where that has changed."""
        slots = max(self.slots, self.expected_slots)
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

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes that workers are on and of which samples are given shares, each once."""
        found = {
            node["name"]: node for worker in self.known_workers.values() for node in worker.nodes
        }
        return list(found.values())

    def workers(self, key: str) -> list[tuple[str, str, int, str | None, float | None, str]]:
        """Return (name, host, pid, task, since, where) for each slot, as far as the slot is not
        another executor's.
        """
        shown: list[tuple[str, str, int, str | None, float | None, str]] = []
        for worker in self.known_workers.values():
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


def _why_not(address: str, answer: Any) -> str | None:
    """Say why a worker can run nothing, from its answer; None if it has only just gone."""
    if isinstance(answer, ModuleNotFoundError):
        return (
            f"the Dask worker at {address} has no module {answer.name!r}; install enchanted-tui in"
            " the workers' Python"
        )
    if isinstance(answer, dict):
        there = answer.get("version", "another version")
        problem = answer.get(
            "problem",
            f"has enchanted-tui {there}, and here it is {__version__}; install the same there",
        )
        return f"the Dask worker on {answer['host']} {problem}"
    if isinstance(answer, Exception) and not isinstance(answer, OSError):
        return f"the Dask worker at {address} cannot run tasks: {type(answer).__name__}: {answer}"
    return None
