"""A Dask cluster at work for one executor: the supervisor's side of the process that holds it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from enchanted_tui import fast_values, values
from enchanted_tui.executors.base import (
    Deliver,
    JobInfo,
    NodeInfo,
    Result,
    Running,
    Task,
    TaskContext,
    Trouble,
    WorkerInfo,
)
from enchanted_tui.executors.dask.cluster_process import ClusterProcess
from enchanted_tui.executors.dask.job_grants import GrantHolder, JobGrants
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.executors.task import fail_task, task_message
from enchanted_tui.journal_lines import TaskId

log = logging.getLogger(__name__)

_FIRST_WINDOW = 64  #: tasks to hold until the cluster says how many it can use
_numbers = itertools.count(1)


class DaskRunning(GrantHolder, Running):
    """One queue of a cluster process."""

    def __init__(
        self,
        process: ClusterProcess,
        context: TaskContext,
        deliver: Deliver,
        *,
        timeout: float | None,
        max_retries: int,
        n_workers: int | None,
        expected_workers: int,
        blocks: bool,
        patience: float | None,
        grants: JobGrants | None,
    ) -> None:
        """`n_workers`: how many tasks may run at the same time; `expected_workers`: how many will
        where there is work; `grants`: where workers are in jobs; the rest as in
        `queues.ExecutorQueue`.
        """
        self._grants = grants
        self._process, self._deliver = process, deliver
        self._context: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(context)))
        self._context["python_path"] += [
            path for path in _given_directories() if path not in self._context["python_path"]
        ]
        self._lane = f"{context.session}-{os.getpid()}-{next(_numbers)}"
        self._n_workers, self._expected_workers = n_workers, expected_workers
        self._taken = self._settled = 0
        self._wanted = 2 * n_workers if n_workers else _FIRST_WINDOW
        self._workers: list[WorkerInfo] = []
        self._jobs: list[JobInfo] = []
        self._nodes: list[NodeInfo] = []
        self._link: str | None = None
        self._why = "the Dask cluster is starting"
        self._recalled: list[TaskId] | None = None
        self._answer = threading.Event()
        self._cancelled = False
        arguments = self._context, timeout, max_retries, n_workers, blocks, patience
        process.open(self._lane, arguments, self._hear)

    def capacity(self) -> int:
        if self._grants is not None:
            self._grants.grant(lambda jobs: self._process.tell(self._lane, "allow", jobs=jobs))
        return self._wanted - (self._taken - self._settled)

    def submit(self, tasks: Sequence[Task]) -> None:
        self._taken += len(tasks)
        runners = self._context["runners"]
        sent = [
            (
                tuple(task.id),
                fast_values.encode(task_message(task)),
                task.attempt,
                runners[task.runner].get("batch", 1),
            )
            for task in tasks
        ]
        self._process.tell(self._lane, "submit", tasks=sent)

    def limit_run_times(self, limits: Sequence[RunTimeLimit]) -> None:
        self._process.tell(self._lane, "limit", limits=list(limits))

    def recall(self) -> list[TaskId]:
        self._recalled = None
        self._answer.clear()
        self._process.tell(self._lane, "recall")
        while not self._answer.wait(0.2):
            if not self._process.alive:
                return []
        return self._recalled or []

    def cancel(self) -> None:
        self._cancelled = True
        self._process.tell(self._lane, "close")

    def close(self) -> None:
        self._process.close(self._lane)
        if self._grants is not None:
            self._grants.end()

    def worker_count(self) -> int:
        return self._n_workers or max(self._expected_workers, len(self._workers))

    def workers(self) -> list[WorkerInfo]:
        return list(self._workers)

    def jobs(self) -> list[JobInfo]:
        return list(self._jobs)

    def nodes(self) -> list[NodeInfo]:
        return list(self._nodes)

    def core_hours(self) -> float:
        return sum((self.core_seconds_of_jobs() or {}).values()) / 3600.0

    def links(self) -> list[str]:
        return [self._link] if self._link else []

    def waiting_for(self) -> str:
        return self._why

    # -- what the cluster says; in another thread --------------------------------------------------

    def _hear(self, message: Mapping[str, Any]) -> None:
        heard = {
            "results": self._hear_results,
            "lost": self._hear_lost,
            "trouble": self._hear_trouble,
            "recalled": self._hear_recalled,
            "workers": self._hear_workers,
            "jobs": self._hear_jobs,
            "nodes": self._hear_nodes,
        }.get(message["op"])
        if heard is not None:
            heard(message)
        elif message["op"] == "wanted":
            self._wanted = message["wanted"]
        elif message["op"] == "link":
            self._link = message["link"]
            log.info(f"Dask dashboard: {self._link}")
        elif message["op"] == "waiting":
            self._why = message["why"]

    def _hear_results(self, message: Mapping[str, Any]) -> None:
        self._settled += len(message["results"])
        if not self._cancelled:
            for task, line in message["results"]:
                self._deliver(Result(TaskId(*task), line))

    def _hear_lost(self, message: Mapping[str, Any]) -> None:
        """A task is given up: its worker was lost too often."""
        fields = values.decode(message["message"])
        failure = {"kind": "lost", "message": message["why"]}
        self._settled += 1
        if self._cancelled:
            return
        task = TaskId(*fields["task"])
        try:
            self._deliver(Result(task, fail_task(fields, self._context, failure, 0.0, time.time())))
        except OSError as error:
            self._deliver(Trouble(f"{task.name}: {error}", task))

    def _hear_trouble(self, message: Mapping[str, Any]) -> None:
        task = message.get("task")
        self._settled += task is not None
        if not self._cancelled:
            self._deliver(Trouble(message["message"], TaskId(*task) if task is not None else None))

    def _hear_recalled(self, message: Mapping[str, Any]) -> None:
        self._recalled = [TaskId(*task) for task in message["tasks"]]
        self._settled += len(self._recalled)
        self._answer.set()

    def _hear_workers(self, message: Mapping[str, Any]) -> None:
        self._workers = [WorkerInfo(*worker) for worker in message["workers"]]

    def _hear_nodes(self, message: Mapping[str, Any]) -> None:
        self._nodes = [NodeInfo(**node) for node in message["nodes"]]

    def _hear_jobs(self, message: Mapping[str, Any]) -> None:
        self._jobs = [JobInfo(*job) for job in message["jobs"]]
        if self._grants is not None:
            self._grants.hear(message, self._jobs)


def _given_directories() -> list[str]:
    """Return the directories of PYTHONPATH: what can be imported from there here is to be imported
    from there on the workers.
    """
    return [
        os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path
    ]
