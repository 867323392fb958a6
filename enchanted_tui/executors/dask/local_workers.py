"""The local worker processes beside a Dask worker, and what it keeps of an executor."""

from __future__ import annotations

import os
import queue
import re
import socket
import threading
import time
from dataclasses import asdict
from typing import Any

from enchanted_tui.executors.base import TaskContext
from enchanted_tui.executors.local.executor import fork_server, why_killed_here
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.booking import Booking, booking_of_node
from enchanted_tui.executors.pool.pool import Pool
from enchanted_tui.executors.pool.pool_settings import PoolSettings
from enchanted_tui.executors.straggler_rule import RunTimeLimit

_IDLE = 60.0  #: seconds after which processes that have nothing to do are ended


class OpenExecutor:
    """One executor on this Dask worker: its context, and its local worker processes that are
    free.
    """

    def __init__(self, context: dict[str, Any], timeout: float | None, max_retries: int) -> None:
        known = TaskContext(**context)
        name = re.sub(r"\W", "-", os.environ.get("SLURM_JOB_ID") or socket.gethostname())
        self._booking = booking_of_node(known.runners, known.launcher, name)
        self._arguments = timeout, max_retries, known, self._booking
        self._free: list[tuple[float, LocalWorker]] = []
        self._busy: set[LocalWorker] = set()
        self._limits: list[RunTimeLimit] = []
        self._lock = threading.Lock()
        self._reaper: threading.Timer | None = None
        self.closed = False

    def take(self) -> LocalWorker:
        with self._lock:
            free = self._free.pop()[1] if self._free else None
            if free is not None:
                self._busy.add(free)
                return free
        worker = LocalWorker(*self._arguments)
        with self._lock:
            self._busy.add(worker)
            worker.pool.limit_run_times(self._limits)
        return worker

    def limit_run_times(self, limits: list[RunTimeLimit]) -> None:
        """End from now on, as stragglers, what runs longer."""
        with self._lock:
            self._limits = limits
            for worker in [*self._busy, *(worker for _, worker in self._free)]:
                worker.pool.limit_run_times(limits)

    def end(self, worker: LocalWorker) -> None:
        """End one that was taken."""
        with self._lock:  # one whose pool has been closed can be told nothing any more
            self._busy.discard(worker)
        worker.end()

    def give_back(self, worker: LocalWorker) -> None:
        with self._lock:
            self._busy.discard(worker)
            if not self.closed:
                self._free.append((time.monotonic(), worker))
                self._watch()
                return
        worker.end()

    def nodes(self) -> list[dict[str, Any]]:
        """Return the node, if its samples are given shares of it."""
        return [] if self._booking is None else [asdict(node) for node in self._booking.nodes()]

    def close(self) -> None:
        with self._lock:
            self.closed = True
            free, self._free = self._free, []
            if self._reaper is not None:
                self._reaper.cancel()
        for _, worker in free:
            worker.end()

    def _watch(self) -> None:
        if self._reaper is None:
            self._reaper = threading.Timer(_IDLE, self._end_idle)
            self._reaper.daemon = True
            self._reaper.start()

    def _end_idle(self) -> None:
        """End processes that nobody has asked for: their supervisor may be gone."""
        before = time.monotonic() - _IDLE
        with self._lock:
            idle = [worker for since, worker in self._free if since <= before]
            self._free = [(since, worker) for since, worker in self._free if since > before]
            self._reaper = None
            if self._free and not self.closed:
                self._watch()
        for worker in idle:
            worker.end()


class LocalWorker:
    """One local worker process and where its results arrive."""

    def __init__(
        self,
        timeout: float | None,
        max_retries: int,
        context: TaskContext,
        shares: Booking | None,
    ) -> None:
        self.arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        settings = PoolSettings(
            size=1,
            timeout=timeout,
            max_retries=max_retries,
            starter=fork_server(context, {}),
            why_killed=why_killed_here(),
        )
        self.pool = Pool(settings, context, self.arrived.put, Backlog(shares))
        self.pool.start()
        self.used = False

    def end(self) -> None:
        self.pool.cancel()
        self.pool.close()

    def where(self) -> str:
        """Return what its task holds; empty where nothing is counted."""
        return next((worker.where for worker in self.pool.workers()), "")
