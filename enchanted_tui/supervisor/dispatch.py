"""Hand tasks to executors: at most as many as they can usefully hold, samples that have begun
before new ones.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from enchanted_tui.config.models import CampaignConfig, ComponentSpec
from enchanted_tui.executors.base import (
    Deliver,
    Executor,
    JobInfo,
    NodeInfo,
    Result,
    Running,
    Task,
    TaskContext,
    WorkerInfo,
)
from enchanted_tui.executors.older_form import build_executor
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.executors.task import fail_task, skip_task, task_message
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.neighbours import with_neighbour
from enchanted_tui.record.open_jobs import JobBook
from enchanted_tui.record.samples import LostSamplesError
from enchanted_tui.runners.base import SAMPLE_NAMES, Runner
from enchanted_tui.runners.sample_resources import resources_of
from enchanted_tui.supervisor.sampler_failure import SamplerFailure
from enchanted_tui.supervisor.stage import Ready, StageRun

if TYPE_CHECKING:
    from enchanted_tui.supervisor.canary import Draw
    from enchanted_tui.supervisor.core_budget import CoreBudget
    from enchanted_tui.supervisor.neighbour_choice import NeighbourChoice

log = logging.getLogger(__name__)

#: next steps that wait with their row in memory; the rest read it back when their turn comes
_ROWS_KEPT = 1_000
_MAX_WAITING = 20_000  #: waiting next steps above which no new samples are begun


class Dispatcher:
    """The executors of a campaign, and which task is where."""

    def __init__(
        self,
        config: CampaignConfig,
        context: TaskContext,
        deliver: Deliver,
        jobs: JobBook,
        cores: CoreBudget,
    ) -> None:
        self._config = config
        self._context = context
        self._context_fields = asdict(context)
        self._deliver = deliver
        self._jobs, self._cores = jobs, cores
        self._running: dict[str, Running] = {}
        self._keys = _executor_keys(config)
        self._unopened = set(self._keys.values())  #: executors never opened in this session
        self._resources = {
            name: _resource(spec) or self._keys[name] for name, spec in config.executors.items()
        }
        self._packs_files = {
            name: getattr(spec.cls, "packs_files", False) for name, spec in config.executors.items()
        }
        self._waiting: dict[str, deque[Ready]] = {}
        self._preparers = _preparers(config)
        self.in_flight: dict[TaskId, str] = {}
        self._cancelled: set[TaskId] = set()  #: what had been handed out when all was cancelled
        self.attempts: dict[TaskId, int] = {}

    def executor_of(self, task: TaskId) -> str:
        return self._keys[self._config.stages[task.depth].steps[task.step].executor]

    # -- giving out --------------------------------------------------------------------------------

    def put(self, ready: Ready) -> None:
        """Take a task that can run before new samples are begun."""
        waiting = self._waiting.setdefault(self.executor_of(ready.id), deque())
        if len(waiting) >= _ROWS_KEPT:
            ready = Ready(ready.id, None)
        waiting.append(ready)

    def fill(self, run: StageRun, draw: Draw, flush: Callable[[], None]) -> None:
        """Submit what can run; `draw` gives the samples that may begin. `flush` puts the journal on
        disk, before the samples that it names are run.

        Raises SamplerFailure, when what was drawn before has been submitted.
        """
        capacity = self._capacities(run)
        chosen: dict[str, list[Ready]] = {key: [] for key in capacity}
        for key, room in capacity.items():
            waiting = self._waiting.get(key)
            while waiting and len(chosen[key]) < room:
                chosen[key].append(waiting.popleft())
        failure = self._choose_new(run, draw, capacity, chosen)
        batches = {key: self._tasks(run, items) for key, items in chosen.items() if items}
        flush()
        for key, tasks in batches.items():
            self.in_flight.update((task.id, key) for task in tasks)
            self._running[key].submit(tasks)
        if failure is not None:
            raise failure

    def _choose_new(
        self, run: StageRun, draw: Draw, capacity: dict[str, int], chosen: dict[str, list[Ready]]
    ) -> SamplerFailure | None:
        """Begin new samples while there is room; return what the sampler raised, if it did."""
        try:
            while self._room_for_new(capacity, chosen) and (ready := draw(run)) is not None:
                key = self.executor_of(ready.id)
                if len(chosen[key]) < capacity[key]:
                    chosen[key].append(ready)
                else:
                    self.put(ready)
        except SamplerFailure as failure:
            return failure
        return None

    def worker_count(self, depth: int) -> int:
        """How many tasks of a stage can run at the same time, its steps together."""
        keys = {self._keys[step.executor] for step in self._config.stages[depth].steps}
        return sum(self._opened(key).worker_count() for key in keys)

    def _capacities(self, run: StageRun) -> dict[str, int]:
        capacity = {}
        for step in self._config.stages[run.plan.depth].steps:
            key = self._keys[step.executor]
            if key not in capacity:
                capacity[key] = max(0, self._opened(key).capacity())
        if run.neighbours is not None:
            self._hand_out_late(run, run.neighbours, capacity)
        self._cores.restrict(capacity, self.in_flight)
        return capacity

    def _hand_out_late(
        self, run: StageRun, neighbours: NeighbourChoice, capacity: dict[str, int]
    ) -> None:
        """Leave room for no more tasks than run at the same time: who begins late has more to
        choose from.
        """
        at_once = max(self._context.runners[name].get("batch", 1) for name in run.plan.runners)
        # jobs of an earlier session may still run these
        again = neighbours.handed_out - len(self.in_flight)
        for key, room in capacity.items():
            held = sum(holder == key for holder in self.in_flight.values())
            workers = max(1, self._opened(key).worker_count())
            most = at_once * workers + neighbours.plan.start_from.ahead - held
            capacity[key] = max(0, min(room, max(most, again)))

    def _room_for_new(self, capacity: dict[str, int], chosen: dict[str, list[Ready]]) -> bool:
        waiting = sum(len(items) for items in self._waiting.values())
        return waiting < _MAX_WAITING and any(
            len(chosen[key]) < room for key, room in capacity.items()
        )

    def _tasks(self, run: StageRun, items: list[Ready]) -> list[Task]:
        tasks = []
        chosen = {}
        if run.neighbours is not None:
            chosen = run.neighbours.choose(
                [ready.id for ready in items if run.reason_to_skip(ready.id) is None]
            )
        for ready in items:
            runner = run.plan.runners[ready.id.step]
            try:
                inputs = run.inputs(ready)
            except LostSamplesError as error:
                self._fail(Task(ready.id, runner, {}), "lost", str(error))
                continue
            task = Task(
                ready.id,
                runner,
                inputs.params,
                self.attempts.get(ready.id, 0),
                None,
                inputs.hide,
                inputs.hide_always,
                neighbour=chosen.get(ready.id),
                pack=ready.id.step == run.plan.packed_after
                and self._packs_files[self.executor_of(ready.id)],
            )
            reason = run.reason_to_skip(ready.id)
            if reason is not None:
                self._return(task, skip_task(task_message(task), self._context_fields, reason))
                continue
            preparer = self._preparers.get(runner)
            if preparer is not None:
                try:
                    given = with_neighbour(inputs.params, task.neighbour, self._context.data_dir)
                    if isinstance(preparer, Runner):
                        preparer.sample = _sample_names(task, self._context.data_dir)
                    _prepare(task, preparer, given)
                # whatever a plugin raises is a fact about this sample
                except Exception as error:  # noqa: BLE001
                    kind = getattr(error, "failure_kind", "prepare")
                    self._fail(task, kind, f"{type(error).__name__}: {error}")
                    continue
            tasks.append(task)
        return tasks

    def _fail(self, task: Task, kind: str, message: str) -> None:
        failure = {"kind": kind, "message": message}
        self._return(
            task, fail_task(task_message(task), self._context_fields, failure, 0.0, time.time())
        )

    def _return(self, task: Task, line: bytes) -> None:
        """Deliver the record of a task that no executor gets to see."""
        self.in_flight[task.id] = self.executor_of(task.id)
        self._deliver(Result(task.id, line))

    # -- taking back -------------------------------------------------------------------------------

    def arrived(self, task: TaskId) -> bool:
        """Note that a task's result is here; False if it was not expected (any more)."""
        if task in self._cancelled:  # it had finished before
            self._cancelled.remove(task)
            return True
        return self.in_flight.pop(task, None) is not None

    def recall(self) -> None:
        """Take back what has not started; it waits for its turn again."""
        for running in self._running.values():
            self.came_back(running.recall())

    def came_back(self, tasks: Sequence[TaskId]) -> None:
        """Take tasks that an executor has given back without having run them."""
        for task in reversed(tasks):
            if self.in_flight.pop(task, None) is not None:
                self._waiting.setdefault(self.executor_of(task), deque()).appendleft(
                    Ready(task, None)
                )

    # -- executors ---------------------------------------------------------------------------------

    def _opened(self, key: str) -> Running:
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
                self._opened(key)

    def limit_run_times(self, key: str, limits: Sequence[RunTimeLimit]) -> None:
        """Have an executor end, as stragglers, what runs longer."""
        if key in self._running:
            self._running[key].limit_run_times(limits)

    def cancel(self) -> None:
        """Stop everything at once."""
        for running in self._running.values():
            running.cancel()
        self._cancelled.update(self.in_flight)
        self.in_flight.clear()

    def have_ended(self) -> bool:
        """Tell, after `cancel`, whether no executor has anything more to deliver."""
        return all(running.has_ended() for running in self._running.values())

    def close(self) -> None:
        while self._running:
            _, running = self._running.popitem()
            running.close()

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

    def held_core_hours(self) -> float:
        """Return those of all sessions, of jobs and of tasks."""
        return self._cores.look(self.in_flight) / 3600.0

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


def _preparers(config: CampaignConfig) -> Mapping[str, Any]:
    """Return, by name, an instance of each runner that prepares its samples on this side, or says
    what they need.
    """
    used = {step.runner for stage in config.stages for step in stage.steps}
    return {
        name: config.runners[name].build()
        for name in used
        if getattr(config.runners[name].cls, "prepare", Runner.prepare) is not Runner.prepare
        or resources_of(config.runners[name].cls, config.runners[name].options)
    }


def _sample_names(task: Task, data_dir: str) -> dict[str, Any]:
    """Return what a runner is told of the sample itself."""
    name = task.id.name
    return dict(zip(SAMPLE_NAMES, (name, task.id.sample, f"{data_dir}/{name}"), strict=True))


def _prepare(task: Task, runner: Any, params: Mapping[str, Any]) -> None:
    """Have a runner prepare a sample, and say what it needs."""
    if hasattr(runner, "prepare"):
        task.prepared = runner.prepare(dict(params))
    if isinstance(runner, Runner):
        task.resources = runner.resources_for(params)
