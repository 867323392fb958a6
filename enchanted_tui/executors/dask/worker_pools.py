"""What runs on a Dask worker: bundles of tasks, each in a local worker process of its own.

Samples run in processes beside the Dask worker, through the machinery of local execution: a sample
that crashes, exits or hangs does there what it does everywhere, and the Dask worker stays. A bundle
runs once: where Dask starts it again of its own accord, on another worker or on the same, it does
nothing and says so, for what is run again is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.machinery import PathFinder
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.base import JobEnds, Result, Returned, Task, Trouble
from enchanted_tui.executors.dask.local_workers import LocalWorker, OpenExecutor
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.version import __version__

BUDGET = 1.0  #: seconds after which a bundle starts nothing more
_STREAM = 0.3  #: seconds between two reports on a bundle that takes longer than it should
_ON_ITS_WAY = 0.004  #: seconds: Dask sends what has gathered in 0.002
_LOOK = 0.25  #: seconds between two looks whether the bundle is still wanted
_LAST_MOMENTS = 60.0  #: seconds in which a job that is being ended has ended

_pools: dict[str, WorkerPools] = {}


class WorkerPools:
    """What a Dask worker keeps between bundles."""

    def __init__(self, threads: int) -> None:
        self.slots = threading.BoundedSemaphore(threads)
        self.executors: dict[str, OpenExecutor] = {}
        self._begun: set[str] = set()
        self._lock = threading.Lock()

    def claim(self, token: str) -> bool:
        """Tell whether this bundle has not been begun here before."""
        with self._lock:
            new = token not in self._begun
            self._begun.add(token)
        return new


# -- called in the Dask worker's event loop --------------------------------------------------------


def open_executor(
    executor: str,
    context: dict[str, Any],
    timeout: float | None,
    max_retries: int,
    dask_worker: Any = None,
) -> dict[str, Any]:
    """Make ready for the tasks of an executor; say who this is, and under ``problem`` why nothing
    can run here.
    """
    pools = _pools.setdefault(dask_worker.id, WorkerPools(dask_worker.state.nthreads))
    about = {
        "instance": dask_worker.id,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "version": __version__,
    }
    data_dir = context["data_dir"]
    if not os.path.isdir(data_dir):
        return {
            **about,
            "problem": (
                f"does not see {data_dir}; base_run_dir must be on a file system that all Dask"
                " workers share"
            ),
        }
    if not os.access(data_dir, os.W_OK | os.X_OK):
        return {
            **about,
            "problem": (
                f"may not write to {data_dir}; change the permissions or choose another"
                " base_run_dir"
            ),
        }
    if not os.path.isdir(context["working_dir"]):
        return {
            **about,
            "problem": (
                f"does not see the working directory {context['working_dir']}; start from a"
                " directory that all share"
            ),
        }
    missing = _missing_module(context)
    if missing is not None:
        problem = (
            f"cannot import {missing!r}, in which a runner is; install it in the workers' Python or"
            " have PYTHONPATH name its directory"
        )
        return {**about, "problem": problem}
    if executor not in pools.executors:
        try:
            pools.executors[executor] = OpenExecutor(context, timeout, max_retries)
        except OSError as problem:
            return {**about, "problem": f"cannot run samples: {problem}"}
    return {**about, "nodes": pools.executors[executor].nodes()}


def _missing_module(context: Mapping[str, Any]) -> str | None:
    """Name a package that a runner is in and that is not to be found here."""
    for spec in context["runners"].values():
        package = spec["class"].partition(":")[0].partition(".")[0]
        if (
            package not in sys.modules
            and PathFinder.find_spec(package, [*sys.path, *context["python_path"]]) is None
        ):
            return str(package)
    return None


def limit_run_times(executor: str, limits: list[RunTimeLimit], dask_worker: Any = None) -> None:
    """End from now on, as stragglers, what runs longer."""
    pools = _pools.get(dask_worker.id)
    if pools is not None and executor in pools.executors:
        pools.executors[executor].limit_run_times(limits)


async def close_executor(executor: str, dask_worker: Any = None) -> None:
    """End an executor's processes, which tidy up; what still runs is killed within moments."""
    pools = _pools.get(dask_worker.id)
    found = pools.executors.pop(executor, None) if pools is not None else None
    if found is not None:
        found.closed = True
        await asyncio.to_thread(found.close)


# -- called as a Dask task -------------------------------------------------------------------------


def run_bundle(
    token: str, instance: str, executor: str, messages: Sequence[bytes]
) -> dict[str, Any] | None:
    """Run tasks one after another; return what became of them by their index, or None if nothing
    was run because this is not their turn.

    ``done``: (index, record line); ``troubles``: (index, sentence); ``unstarted``: indices;
    ``seconds``: how long a task took on average.
    """
    from distributed import get_worker

    dask_worker = get_worker()
    pools = _pools.get(dask_worker.id)
    # the event loop may close the executor at any moment
    opened = None if pools is None else pools.executors.get(executor)
    if pools is None or opened is None or dask_worker.id != instance or not pools.claim(token):
        return None
    if not pools.slots.acquire(timeout=BUDGET):
        return {
            "done": [],
            "troubles": [],
            "unstarted": list(range(len(messages))),
            "seconds": None,
        }
    try:
        return _Run(
            dask_worker,
            token,
            opened,
            [Task.of_message(values.decode(message)) for message in messages],
        ).run()
    finally:
        pools.slots.release()


class _Run:
    """A bundle that runs."""

    def __init__(
        self, dask_worker: Any, token: str, executor: OpenExecutor, tasks: list[Task]
    ) -> None:
        self._dask_worker = dask_worker
        self._token = token
        self._lane = executor
        self._tasks = tasks
        self._index = {task.id: index for index, task in enumerate(tasks)}
        self._done: list[tuple[int, bytes]] = []
        self._troubles: list[tuple[int | None, str]] = []
        self._unstarted: list[int] = []
        self._streamed = 0
        self._over = False  #: the end of the job has ended it
        self._where = ""  #: what its task holds, as was said last

    def run(self) -> dict[str, Any] | None:
        self._announce()
        try:
            worker = self._lane.take()
        except OSError as error:  # no more processes or descriptors on this node
            return {
                "done": [],
                "troubles": [(0, f"no process can be started here: {error}")],
                "unstarted": [],
                "seconds": None,
            }
        fresh, worker.used = not worker.used, True
        began = time.monotonic()
        worker.pool.submit(self._tasks)
        first = self._collect(worker, began)
        if self._given_up() or self._troubles:
            self._lane.end(worker)
            if not self._troubles:
                return None
        else:
            self._lane.give_back(worker)
        return {
            "done": self._done,
            "troubles": self._troubles,
            "unstarted": self._unstarted,
            "seconds": self._mean(began, first, fresh),
        }

    def _collect(self, worker: LocalWorker, began: float) -> float | None:
        """Wait for all tasks; return the time at which the first one ended."""
        first: float | None = None
        reported, over_time = began, False
        while len(self._done) + len(self._unstarted) < len(self._tasks) and not self._troubles:
            with contextlib.suppress(queue.Empty):
                self._take(worker.arrived.get(timeout=_LOOK))
            now = time.monotonic()
            if first is None and self._done:
                first = now
            if now - reported > _STREAM:
                reported = now
                self._stream()
                self._say_what_is_held(worker)
                if self._given_up():
                    return first
            if not over_time and now - began > BUDGET:
                over_time = True
                self._unstarted = [self._index[task] for task in worker.pool.recall()]
                self._leave_thread()
        return first

    def _take(self, item: Result | Returned | Trouble) -> None:
        if isinstance(item, JobEnds):
            self._await_the_end()
        elif isinstance(item, Result):
            self._done.append((self._index[item.id], item.line))
        elif isinstance(item, Returned):  # to be continued, by whoever has room
            self._unstarted += [self._index[task] for task in item.tasks]
        else:
            self._troubles.append(
                (self._index.get(item.task) if item.task is not None else None, item.message)
            )

    def _await_the_end(self) -> None:
        """The job that this Dask worker is in ends, and the worker with it: what it held runs again
        as for any worker that is lost.
        """
        deadline = time.monotonic() + _LAST_MOMENTS
        while time.monotonic() < deadline and not self._given_up():
            time.sleep(_LOOK)
        self._over = True

    def _stream(self) -> None:
        """Send ahead what has finished since the last time; the bundle's result will hold it
        again.
        """
        fresh = self._done[self._streamed :]
        if fresh:
            self._streamed = len(self._done)
            self._report(op="done", done=fresh)

    def _say_what_is_held(self, worker: LocalWorker) -> None:
        where = worker.where()
        if where != self._where:
            self._where = where
            self._report(op="holds", where=where)

    def _announce(self) -> None:
        """Say that the bundle begins, and wait until that is on its way: what it brings upon the
        worker must not overtake it.
        """
        self._report(op="started")
        sent = threading.Event()
        loop = self._dask_worker.loop
        loop.add_callback(lambda: loop.call_later(_ON_ITS_WAY, sent.set))
        sent.wait(1.0)

    def _report(self, **what: Any) -> None:
        self._dask_worker.log_event(topic_of(self._token), {"token": self._token, **what})

    def _given_up(self) -> bool:
        """Tell whether nobody wants the results any more."""
        if self._over or self._lane.closed:
            return True
        if self._dask_worker.status.name not in ("running", "paused", "closing_gracefully"):
            return True
        state = self._dask_worker.state.tasks.get(self._token)
        return state is None or state.state == "cancelled"

    @staticmethod
    def _leave_thread() -> None:
        """Let the Dask worker take the next bundle, which waits for a slot and, if there is none,
        comes back unstarted.
        """
        from distributed import secede

        secede()  # type: ignore[no-untyped-call]

    def _mean(self, began: float, first: float | None, fresh: bool) -> float | None:
        """Return the mean time per task; the start of a process is not counted."""
        count = len(self._done)
        if not fresh and count:
            return (time.monotonic() - began) / count
        if first is not None and count > 1:
            return (time.monotonic() - first) / (count - 1)
        return None


def topic_of(token: str) -> str:
    """Return the name under which the reports on a client's bundles are published."""
    return token.rpartition("-")[0]
