"""The Dask workers that are there: who has come, who has gone, and who knows which executors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from enchanted_tui.executors.dask import worker_pools
from enchanted_tui.executors.dask.loop_tasks import LoopTasks
from enchanted_tui.executors.dask.queues import DaskWorker, ExecutorQueue, takes_tasks
from enchanted_tui.version import __version__

_ANSWER = 60.0  #: seconds in which a worker has to answer a call
_NEWS = 0.1  #: seconds in which what a worker said before it went arrives


class Membership:
    """The workers by address, each known to be one certain process with which executors are open.

    `tell` sends a message to the supervisor, `lost` is called for each worker that has gone,
    `changed` when one has come.
    """

    def __init__(
        self,
        queues: Mapping[str, ExecutorQueue],
        tell: Callable[[dict[str, Any]], None],
        lost: Callable[[DaskWorker], None],
        changed: Callable[[], None],
    ) -> None:
        self.client: Any = None
        self.known: dict[str, DaskWorker] = {}
        self.some_are_paused = False  #: workers are there that take no tasks
        self.suspicious = asyncio.Event()  #: a worker may have gone: look soon
        self._queues, self._tell, self._lost, self._changed = queues, tell, lost, changed
        self._meeting: set[str] = set()  #: addresses of workers whose answer is awaited
        self._tasks = LoopTasks()

    @property
    def slots(self) -> int:
        return sum(worker.threads for worker in self.known.values())

    @property
    def any_takes_tasks(self) -> bool:
        return not all(worker.leaving for worker in self.known.values())

    def nodes(self) -> list[dict[str, Any]]:
        """Return the nodes that workers are on and of which samples are given shares, each once."""
        found = {node["name"]: node for worker in self.known.values() for node in worker.nodes}
        return list(found.values())

    async def look(self, workers: dict[str, Any]) -> None:
        """Take note of the workers there are: `workers` by address, as the scheduler tells."""
        self.some_are_paused = any(about.get("status") == "paused" for about in workers.values())
        gone = [worker for worker in self.known.values() if worker.address not in workers]
        if gone:
            await asyncio.sleep(_NEWS)
        for worker in gone:
            self._lose(worker)
        for address, about in workers.items():
            present = self.known.get(address)
            if present is not None:
                present.notice(takes_tasks(about))
            known = (
                present is not None and not present.doubtful and present.queues >= set(self._queues)
            )
            if not known and takes_tasks(about) and self._queues and address not in self._meeting:
                self._meeting.add(address)
                self._tasks.begin(self._meet(address, about))

    async def close_executor(self, key: str) -> None:
        """Have what runs of an executor killed, on all workers."""
        await self._run_on(list(self.known), worker_pools.close_executor, key)

    def limit(self, queue: ExecutorQueue, addresses: list[str]) -> None:
        """Tell workers how long the tasks of an executor may run."""
        call = self._run_on(addresses, worker_pools.limit_run_times, queue.key, queue.limits)
        self._tasks.begin(call)

    def _lose(self, worker: DaskWorker) -> None:
        if self.known.pop(worker.address, None) is not None:
            self._lost(worker)

    async def _meet(self, address: str, about: dict[str, Any]) -> None:
        """Make all queues known to a worker, and make sure that it is still the process that was at
        this address.
        """
        queues = list(self._queues.values())
        try:
            answer = await self._open_on(queues, address)
        finally:
            self._meeting.discard(address)
        worker = self.known.get(address)
        if worker is not None and (answer is None or answer["instance"] != worker.instance):
            self._lose(worker)
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
            self.known[address] = worker
        worker.doubtful, worker.queues = False, {queue.key for queue in queues}
        for queue in queues:
            if queue.limits:
                self.limit(queue, [address])
        self.suspicious.set()  # the cluster may be complete now
        self._changed()

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
