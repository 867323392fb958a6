"""The executors of a campaign: opened when a stage needs them, asked together, closed when no stage
needs them any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.executors.base import (
    Deliver,
    Executor,
    JobInfo,
    NodeInfo,
    Running,
    TaskContext,
    WorkerInfo,
)
from enchanted_tui.executors.older_form import adopts_jobs, build_executor
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.open_jobs import JobBook

if TYPE_CHECKING:
    from enchanted_tui.supervisor.core_budget import CoreBudget

log = logging.getLogger(__name__)


class OpenExecutors:
    """The executors that are open, by the names under which they serve. To go through it gives
    them.
    """

    def __init__(
        self,
        config: CampaignConfig,
        context: TaskContext,
        deliver: Deliver,
        jobs: JobBook,
        cores: CoreBudget,
    ) -> None:
        self._config, self._context, self._deliver = config, context, deliver
        self._jobs, self._cores = jobs, cores
        self._running: dict[str, Running] = {}
        self._keys = _executor_keys(config)
        #: the executor of each step of each stage
        self._by_step = [
            [self._keys[step.executor] for step in stage.steps] for stage in config.stages
        ]
        self._unopened = set(self._keys.values())  #: never opened in this session
        self._resources = resources_of_executors(config)

    def __iter__(self) -> Iterator[Running]:
        return iter(self._running.values())

    def of(self, task: TaskId) -> str:
        """Name the executor that runs a task."""
        return self._by_step[task.depth][task.step]

    def of_stage(self, depth: int) -> list[str]:
        """Name the executors that run the steps of a stage."""
        return list(dict.fromkeys(self._by_step[depth]))

    def worker_count(self, depth: int) -> int:
        """How many tasks of a stage can run at the same time, its steps together."""
        return sum(self.opened(key).worker_count() for key in self.of_stage(depth))

    # -- opening and closing -----------------------------------------------------------------------

    def opened(self, key: str) -> Running:
        """Return an executor; open it if it has not been."""
        running = self._running.get(key)
        if running is None:
            executor = build_executor(self._config.executors[key])
            context = replace(
                self._context,
                fresh_process=executor.fresh_process,
                grace=executor.grace_sec,
                max_retries=executor.max_retries,
            )
            # of all that it serves: which one that was may have changed since
            names = [name for name, by in self._keys.items() if by == key]
            jobs = [submission for name in names for submission in self._jobs.of(name)]
            running = executor.open(context, self._deliver, jobs)
            if self._config.executors[key].options.get("straggler") is not None and (
                type(running).limit_run_times is Running.limit_run_times
            ):
                log.warning(f"the executor {key!r} ends no stragglers: its option has no effect")
            for notice in executor.notices():
                log.warning(notice)
            self._running[key] = running
            self._unopened.discard(key)
            self._cores.opened(key, running)
        return running

    def keep_only(self, depth: int) -> None:
        """Close the executors that no stage from `depth` on uses."""
        needed = {
            self._resources[step.executor]
            for stage in self._config.stages[depth:]
            for step in stage.steps
        }
        for key in [key for key in self._running if self._resources[key] not in needed]:
            self._running.pop(key).close()

    def look_after_left_overs(self) -> None:
        """Open the executors of jobs that an earlier session has left and nobody needs any more:
        closing them ends these.
        """
        for name, key in self._keys.items():
            if key in self._unopened and self._jobs.of(name):
                self.opened(key)

    def most_memory(self, key: str) -> int | None:
        """Return how many MiB one sample of an executor can be given on a node; None where nobody
        knows.
        """
        running = self._running.get(key)
        return None if running is None else running.most_memory()

    def limit_run_times(self, key: str, limits: Sequence[RunTimeLimit]) -> None:
        """Have an executor end, as stragglers, what runs longer."""
        if key in self._running:
            self._running[key].limit_run_times(limits)

    def cancel(self) -> None:
        """Stop everything at once."""
        for running in self._running.values():
            running.cancel()

    def have_ended(self) -> bool:
        """Tell, after `cancel`, whether no executor has anything more to deliver."""
        return all(running.has_ended() for running in self._running.values())

    def close(self) -> None:
        while self._running:
            _, running = self._running.popitem()
            running.close()

    # -- what they tell ----------------------------------------------------------------------------

    def jobs(self) -> list[JobInfo]:
        return [job for running in self._running.values() for job in running.jobs()]

    def nodes(self) -> list[NodeInfo]:
        return [node for running in self._running.values() for node in running.nodes()]

    def watched(self, seconds: float) -> None:
        """Somebody looks at the jobs."""
        for running in self._running.values():
            running.watched(seconds)

    def core_hours(self) -> float:
        return sum(running.core_hours() for running in self._running.values())

    def idle_share(self) -> float | None:
        """Return the part of the core time of jobs in which no task ran; None where that is not
        known.
        """
        known = [use for running in self._running.values() if (use := running.core_use())]
        held, used = (sum(part) for part in zip(*known, strict=True)) if known else (0.0, 0.0)
        return max(0.0, 1 - used / held) if held > 0 else None

    def workers(self) -> list[WorkerInfo]:
        return [worker for running in self._running.values() for worker in running.workers()]

    def links(self) -> list[str]:
        links = (link for running in self._running.values() for link in running.links())
        return list(dict.fromkeys(links))

    def waiting_for(self) -> str:
        """Why no task runs, in the words of the executors that know."""
        reasons = (running.waiting_for() for running in self._running.values())
        return "; ".join(dict.fromkeys(filter(None, reasons)))


def in_batch_jobs(specs: Iterable[ComponentSpec]) -> bool:
    """Tell whether an executor runs its tasks in jobs of a scheduler."""
    return any(adopts_jobs(spec.cls) or spec.options.get("SLURMcluster_config") for spec in specs)


def resources_of_executors(config: CampaignConfig) -> dict[str, str]:
    """Return, by configured name, the name of the workers that an executor uses."""
    keys = _executor_keys(config)
    return {name: _resource(spec) or keys[name] for name, spec in config.executors.items()}


def _executor_keys(config: CampaignConfig) -> dict[str, str]:
    """Return, by configured name, the name of the executor that serves it: executors without a size
    of their own may share workers (`Executor.shares_workers`).
    """
    keys: dict[str, str] = {}
    shared: dict[str, str] = {}
    for name, spec in config.executors.items():
        sizes = not spec.one_at_a_time and {"n_workers", "n_jobs"} & set(spec.options)
        if sizes or not _shares_workers(spec):
            keys[name] = name
        else:
            keys[name] = shared.setdefault(
                f"{spec.class_path} {sorted(spec.options.items())}", name
            )
    return keys


def _shares_workers(spec: ComponentSpec) -> bool:
    shares = vars(spec.cls).get("shares_workers", False)
    return bool(spec.options.get(shares) if isinstance(shares, str) else shares)


def _resource(spec: ComponentSpec) -> str | None:
    """Name what an executor shares with others that are configured alike, such as a cluster."""
    return spec.cls.resource(spec.options) if issubclass(spec.cls, Executor) else None
