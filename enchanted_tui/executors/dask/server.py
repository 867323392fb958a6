"""The process that holds the Dask cluster: client, and for a cluster of our own its scheduler, in
one event loop.

A process of its own, so that the program that runs the campaign keeps its signal handlers, its
logging and its event loop to itself, opens no port, and so that the cluster ends with it, however
it ends: when the supervisor's end of the connection closes, the cluster is closed (its SLURM jobs
are cancelled) and everything that was started here is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import shutil
import signal
import threading
import time
import traceback
from collections.abc import Coroutine
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from enchanted_tui.executors.dask.broker import Broker
from enchanted_tui.executors.dask.cluster import DEFAULT_PATIENCE, Cluster, cluster_of, told
from enchanted_tui.executors.dask.problem import ClusterProblem
from enchanted_tui.executors.dask.queues import ExecutorQueue

if TYPE_CHECKING:
    import psutil

log = logging.getLogger(__name__)

_TICK = 1.0  #: seconds between two looks at the cluster
_STARTING_TICK = 0.2  #: the same while the first workers may be there at any moment
_STARTING = 30.0  #: seconds for which that is so; a queue may take days
_OWN_END = 3.0  #: seconds in which what a cluster leaves may end by itself: local workers tidy up
_WORKERS_PER_TICK = 200  #: larger clusters are looked at less often
#: seconds without an answer after which a scheduler whose connection has closed counts as gone
_SILENCE = 5.0
_HUNG = 120.0  #: the same where the connection stands
_PR_SET_CHILD_SUBREAPER = 36
#: What Dask does to workers short of memory. It knows of their own process alone, which holds next
#: to nothing and which the memory of a job
#: that is shared by many workers may not fit; the samples run beside it.
_MEMORY = tuple(f"distributed.worker.memory.{what}" for what in ("pause", "terminate", "spill"))
_ALL_PAUSED = (
    "those that are there are paused, because Dask's own process takes most of its memory_limit;"
    " give them more"
)

Message = dict[str, Any]


def main(descriptor: int) -> None:
    """Serve the supervisor at the other end of a connection; the first message says what cluster it
    wants.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):  # Linux only
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    connection = Connection(descriptor)
    tidy = None  #: the scratch directory, once nobody asks for the last words in it
    try:
        spec = connection.recv()
        configure_dask(spec)
        asyncio.run(Server(connection, spec).serve())
        tidy = spec["scratch"]
    except EOFError:  # the supervisor has gone before it had said what it wants
        pass
    # said where the supervisor finds it: this process ends in any case
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        kill_descendants()
        if tidy is not None:
            shutil.rmtree(tidy, ignore_errors=True)
        os._exit(0)  # Dask's exit handlers would wait for what has just been killed


def configure_dask(spec: Message) -> None:
    """Set what the person has not set in a configuration file of Dask, and write no such file."""
    import dask.config

    dask.config.ensure_file = lambda *given, **named: None
    if dask.config.get("temporary-directory", None) is None:
        dask.config.set({"temporary-directory": spec["scratch"]})
    import distributed  # noqa: F401 - which reads its configuration and sets up its logging

    # bundles are sent to the worker that is to run them
    dask.config.set({"distributed.scheduler.work-stealing": False})
    dask.config.set(dict.fromkeys(_MEMORY, False))
    # for the workers in jobs
    os.environ.update({f"DASK_{name.upper().replace('.', '__')}": "False" for name in _MEMORY})
    for name in ("distributed", "tornado", "bokeh"):
        logging.getLogger(name).setLevel(logging.ERROR)


class Server:
    """One cluster and its executors."""

    def __init__(self, connection: Connection, spec: Message) -> None:
        self._connection = connection
        self._cluster: Cluster = cluster_of(spec)
        self._broker = Broker(self._tell)
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._ended = asyncio.Event()
        self._with_workers = time.monotonic()  #: when there were workers last
        self._answered = time.monotonic()  #: when the scheduler answered last
        self._said: dict[str, Any] = {}

    async def serve(self) -> None:
        """Serve until the supervisor closes its end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ended.set)
        threading.Thread(target=self._read, args=(loop,), name="supervisor", daemon=True).start()
        parts = [
            asyncio.ensure_future(self._guarded(part)) for part in (self._obey(), self._tend())
        ]
        await self._ended.wait()
        for part in parts:
            part.cancel()
        await asyncio.wait(parts)
        await self._cluster.close()

    async def _guarded(self, part: Coroutine[Any, Any, None]) -> None:
        """Do a part of the work; what stops it stops the campaigns, with a sentence."""
        try:
            await part
        except ClusterProblem as problem:
            self._trouble(str(problem))
        except (
            Exception
        ) as error:  # must reach a person, not the exit of a process that nobody sees
            log.exception("the Dask executor failed")
            self._trouble(f"the Dask executor failed: {error!r}; this is a defect of the program")

    # -- the connection ----------------------------------------------------------------------------

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                loop.call_soon_threadsafe(self._inbox.put_nowait, self._connection.recv())
        loop.call_soon_threadsafe(self._ended.set)

    def _tell(self, message: Message) -> None:
        # the supervisor has gone, which is noticed where it is heard
        with contextlib.suppress(OSError):
            self._connection.send(message)

    def _trouble(self, message: str) -> None:
        self._tell({"op": "trouble", "message": message})

    async def _obey(self) -> None:
        while True:
            message = await self._inbox.get()
            op, key = message["op"], message["queue"]
            if op == "open":
                self._broker.open_executor(ExecutorQueue(key, *message["arguments"]))
                self._say_about_cluster(key)
            elif op == "submit":
                self._broker.submit(key, message["tasks"])
            elif op == "limit":
                self._broker.limit(key, message["limits"])
            elif op == "recall":
                self._tell({"op": "recalled", "queue": key, "tasks": self._broker.recall(key)})
            elif op == "allow":
                self._cluster.allow(message["jobs"])
            elif op == "close":
                await self._broker.cancel(key)
                self._tell({"op": "closed", "queue": key})

    # -- the cluster -------------------------------------------------------------------------------

    async def _tend(self) -> None:
        """Start the cluster and look after it."""
        await self._cluster.open()
        self._broker.expected_slots = self._cluster.expected_slots
        self._broker.attach(self._cluster.client)
        self._with_workers = self._answered = time.monotonic()
        link = self._cluster.dashboard()
        if link:
            self._tell({"op": "link", "link": link})
        while True:
            await self._look()
            await self._cluster.scale(self._broker.work)
            await self._cluster.ask_queue()
            await self._say_why_nothing_runs()
            for key in list(self._broker.queues):
                self._say_about_cluster(key)
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next look: shorter while a cluster starts, longer where it is large, at once
        on suspicion.
        """
        known_workers = len(self._broker.members.known)
        starts = not known_workers and time.monotonic() - self._with_workers < _STARTING
        tick = _STARTING_TICK if starts else _TICK * max(1.0, known_workers / _WORKERS_PER_TICK)
        self._broker.members.suspicious.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._broker.members.suspicious.wait(), tick)
            await asyncio.sleep(_STARTING_TICK)  # the scheduler may be about to learn the same

    async def _look(self) -> None:
        try:
            workers = await self._cluster.identity()
        except OSError as error:
            patience = _HUNG if self._cluster.client.status == "running" else _SILENCE
            if time.monotonic() - self._answered > patience:
                self._broker.detach()
                raise ClusterProblem(f"the Dask scheduler has gone ({told(error)})") from error
            return
        self._answered = time.monotonic()
        await self._broker.look(workers)
        if not self._broker.complete and self._broker.members.slots >= self._cluster.least_slots:
            self._broker.complete = True
            self._broker.hand_out()
        if not self._missing:
            self._with_workers = self._answered

    @property
    def _missing(self) -> bool:
        """True if workers that there is work for are not there. Without work there may be none:
        their number may follow it.
        """
        return self._broker.work > 0 and (
            self._broker.held_back or not self._broker.members.any_takes_tasks
        )

    async def _say_why_nothing_runs(self) -> None:
        """Return up when there have been no workers for too long."""
        if not self._missing:
            self._said_once("waiting", {"op": "waiting", "why": ""})
            return
        why = _ALL_PAUSED if self._all_paused else await self._cluster.reason()
        self._said_once("waiting", {"op": "waiting", "why": why or "waiting for Dask workers"})
        patience = (
            self._broker.patience if self._broker.patience is not None else self._cluster.patience
        )
        if patience is None and self._all_paused:  # no queue to wait for
            patience = DEFAULT_PATIENCE
        if patience is not None and time.monotonic() - self._with_workers > patience:
            there = (
                f"only {self._broker.members.slots} of {self._cluster.least_slots} slots"
                if self._broker.held_back and self._broker.members.known
                else ""
            )
            there = there or (
                "no Dask worker that takes tasks" if self._all_paused else "no Dask worker"
            )
            remedy = "" if self._all_paused else "; see to the workers, or raise timeout"
            raise ClusterProblem(
                f"{there} appeared within {patience:g} s{': ' + why if why else ''}{remedy}"
            )

    @property
    def _all_paused(self) -> bool:
        return self._broker.members.some_are_paused and not self._broker.members.any_takes_tasks

    def _say_about_cluster(self, key: str) -> None:
        workers = self._broker.workers(key)
        self._said_once(f"workers {key}", {"op": "workers", "queue": key, "workers": workers})
        # jobs hold the workers of all queues, and are shown once
        if key == next(iter(self._broker.queues), None):
            nodes = self._broker.members.nodes()
            self._said_once(f"nodes {key}", {"op": "nodes", "queue": key, "nodes": nodes})
            jobs = self._cluster.jobs_held(list(self._broker.members.known.values()))
            self._said_once(
                f"jobs {key}",
                {
                    "op": "jobs",
                    "queue": key,
                    "jobs": jobs,
                    **self._cluster.told_of_jobs(),
                },
            )

    def _said_once(self, what: str, message: Message) -> None:
        if self._said.get(what) != message:
            self._said[what] = message
            self._tell(message)


def kill_descendants() -> None:
    """Kill everything that was started here and does not end by itself, wherever it has been
    adopted.
    """
    import psutil

    psutil.wait_procs(_descendants(), timeout=_OWN_END)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = _descendants()
        if not left:
            return
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=1)


def _descendants() -> list[psutil.Process]:
    """Return the processes below this one, but for Python's own that cleans up after all others and
    ends by itself once this one has.
    """
    import psutil

    tracker = getattr(getattr(resource_tracker, "_resource_tracker", None), "_pid", None)
    return [
        process for process in psutil.Process().children(recursive=True) if process.pid != tracker
    ]
