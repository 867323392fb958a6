"""How a pool runs tasks.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enchanted_tui.journal_lines import TaskId


@dataclass(frozen=True)
class PoolSettings:
    """What whoever has a pool decides; callables are called in the pool's thread."""

    size: int  #: how many tasks run at the same time
    timeout: float | None  #: time limit of one task, seconds
    max_retries: int  #: how often a task begins again whose worker was lost
    environment: Mapping[str, str]  #: of all that runs
    mark: str  #: what begins the mark that all of it bears, by which it is found and ended
    called: str = "local workers"  #: what people are told of
    #: whether the job that we are in is at its end; asked when samples fail
    job_ends: Callable[[], bool] | None = None
    #: kind and reason of a failure where a worker was killed (SIGKILL) and its host knows why
    why_killed: Callable[[], tuple[str, str] | None] = lambda: None
    on_begin: Callable[[TaskId], None] = lambda task: None
