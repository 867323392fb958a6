"""What the broker of a Dask cluster keeps in mind: tasks, bundles of them, workers, and queues, one
for each executor.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.executors.straggler_rule import RunTimeLimit

_BUNDLE_SECONDS = 0.25  #: how much work a bundle of short tasks holds
_MAX_BUNDLE = 500


@dataclass(slots=True)
class QueuedTask:
    """A task that is here: its id and its message to the worker, how often it has perhaps begun,
    how often its worker was lost under it; how many like it one call takes at most.
    """

    id: tuple[int, ...]
    message: bytes
    attempt: int
    losses: int = 0
    most: int = 1


@dataclass(slots=True)
class Bundle:
    """Tasks that were sent to a worker; those whose result has arrived are None."""

    token: str
    queue: ExecutorQueue
    worker: DaskWorker
    tasks: list[QueuedTask | None]
    future: Any = None
    started: float | None = None  #: seconds since the epoch
    where: str = ""  #: what its task holds, as `resources.Share.where` writes it
    dropped: bool = False  #: what comes back is of no interest

    @property
    def suspect(self) -> bool:
        """True if its task may be what its worker was lost for."""
        return any(task is not None and task.losses for task in self.tasks)

    def left(self) -> list[QueuedTask]:
        return [task for task in self.tasks if task is not None]


@dataclass(slots=True)
class DaskWorker:
    """A Dask worker as the broker sees it."""

    address: str
    instance: str
    name: str
    host: str
    pid: int
    threads: int
    queues: set[str] = field(default_factory=set)  #: those that it knows
    leaving_since: float | None = (
        None  #: when it was first seen to take no tasks: paused, or about to close
    )
    doubtful: bool = False  #: perhaps no longer the process that it was
    bundles: dict[str, Bundle] = field(default_factory=dict)
    done: int = 0  #: tasks whose result has come from it
    #: of which samples are given shares there, the fields of `executors.base.NodeInfo`
    nodes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def held(self) -> int:
        """Tasks that it has, and whose result has not come."""
        return sum(len(bundle.left()) for bundle in self.bundles.values())

    @property
    def leaving(self) -> bool:
        return self.leaving_since is not None

    def notice(self, runs: bool) -> None:
        """Take note whether it takes tasks."""
        if runs:
            self.leaving_since = None
        elif self.leaving_since is None:
            self.leaving_since = time.monotonic()

    def open_for(self, queue: ExecutorQueue) -> bool:
        return queue.key in self.queues and not self.leaving and not self.doubtful


def takes_tasks(about: dict[str, Any]) -> bool:
    """Tell whether a worker, as the scheduler describes it, takes tasks."""
    return bool(about.get("status", "running") == "running")


class ExecutorQueue:
    """One executor: its tasks, and how long they take."""

    def __init__(
        self,
        key: str,
        context: dict[str, Any],
        timeout: float | None,
        max_retries: int,
        limit: int | None,
        blocks: bool,
        patience: float | None,
    ) -> None:
        self.key = key
        self.arguments = context, timeout, max_retries
        self.max_retries = max_retries
        self.limit = limit
        self.blocks = blocks  #: nothing of it runs until the cluster is complete
        self.patience = (
            patience  #: seconds without any worker after which to give up; None: the cluster's own
        )
        self.limits: list[RunTimeLimit] = []  #: of what would be stragglers
        self.backlog: deque[QueuedTask] = deque()
        self.mean: float | None = None  #: running mean of the time a task takes, seconds
        runners = context.get("runners", {}).values()
        self.most = max((spec.get("batch", 1) for spec in runners), default=1)  #: of any task
        self.active = 0  #: bundles that are on workers
        self.resting = 0  #: tasks that will be in the backlog again in a moment
        self.wanted = 0

    @property
    def depth(self) -> int:
        """Bundles for each slot: short ones wait at the worker for their turn, long ones never."""
        return 2 if self.mean is not None and self.mean < _BUNDLE_SECONDS else 1

    def measure(self, seconds: float | None) -> None:
        if seconds is not None:
            self.mean = seconds if self.mean is None else 0.7 * self.mean + 0.3 * seconds

    def fitting(self, seconds: float = _BUNDLE_SECONDS) -> int:
        """How many tasks are done in this time."""
        return (
            1
            if self.mean is None
            else max(1, min(_MAX_BUNDLE, int(seconds / max(self.mean, 1e-6))))
        )

    def take(self, slots: int) -> list[QueuedTask]:
        """Take the tasks of the next bundle: a fair share of what there is. One whose worker was
        lost goes alone: it may be the cause.
        """
        most = self.backlog[0].most
        # a call is the less the more samples it has: none in halves but where few are left
        share = (1 if most > 1 else 2) * max(1, slots)
        size = min(max(self.fitting(), most), math.ceil(len(self.backlog) / share))
        taken = [self.backlog.popleft()]
        while (
            len(taken) < size
            and self.backlog
            and not self.backlog[0].losses
            and not taken[0].losses
        ):
            taken.append(self.backlog.popleft())
        return taken
