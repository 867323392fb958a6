"""How a pool runs tasks.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Union

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.pool.channel import WorkerChannel


class Starter(Protocol):
    """Who starts and ends workers: `fork_server_handle` or `forking_here`."""

    scratch: str  #: directory for what workers print and for long messages

    @property
    def control(self) -> Any:
        """What can be waited for until there is something to `hear`."""

    def spawn(self, worker: WorkerChannel) -> None:
        """Have a worker started at the other ends of the channel."""

    def kill(self, worker: WorkerChannel) -> None:
        """Have a worker ended with everything it has started; returns at once."""

    def end(self) -> None:
        """End once the workers have."""

    def hear(self) -> dict[str, Any] | None:
        """Return what has become of a worker, in the words of `fork_server`; an empty message if
        there is none, None at the end.
        """

    def bury(self) -> str:
        """End what a starter that has died can end no more; return how it has ended."""

    def discard(self) -> None:
        """Remove what a starter that has died has left."""

    def wait(self) -> None:
        """Wait until all has ended."""


@dataclass(frozen=True)
class PoolSettings:
    """What whoever has a pool decides; callables are called in the pool's thread."""

    size: int  #: how many tasks run at the same time
    timeout: float | None  #: time limit of one task, seconds
    max_retries: int  #: how often a task begins again whose worker was lost
    #: what starts workers, given the fields of the campaign's `TaskContext`; again where it died
    starter: Callable[[dict[str, Any]], Starter]
    called: str = "local workers"  #: what people are told of
    #: whether the job that we are in is at its end; asked when samples fail
    job_ends: Callable[[], bool] | None = None
    #: kind and reason of a failure where a worker was killed (SIGKILL) and its host knows why
    why_killed: Callable[[], tuple[str, str] | None] = lambda: None
    on_begin: Callable[[Task], None] = lambda task: None
    #: when the time of the job is up that this pool is in, seconds since the epoch, if it is known
    ends: Callable[[], Union[float, None]] = lambda: None
    #: whether the pool is all there is in that job: where somebody ends it, samples that are
    #: continued are given time for a checkpoint
    owns_job: bool = False
    on_notice: Callable[[], None] = lambda: None  #: the job is said to end soon
