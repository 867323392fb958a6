"""Hand tasks to executors: at most as many as they can usefully hold, samples that have begun
before new ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.executors.base import Deliver, Result, Task, TaskContext
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.sampler_failure import SamplerFailure
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.supervisor.task_building import TaskBuilder

if TYPE_CHECKING:
    from enchanted_tui.supervisor.canary import Draw
    from enchanted_tui.supervisor.core_budget import CoreBudget
    from enchanted_tui.supervisor.neighbour_choice import NeighbourChoice

#: next steps that wait with their row in memory; the rest read it back when their turn comes
_ROWS_KEPT = 1_000
#: so many samples for each worker are the last ones of a stage: they come before deeper ones
_LAST_ROUNDS = 4
_MAX_WAITING = 20_000  #: waiting next steps above which no new samples are begun


class Dispatcher:
    """Which task is where."""

    def __init__(
        self,
        config: CampaignConfig,
        context: TaskContext,
        deliver: Deliver,
        executors: OpenExecutors,
        cores: CoreBudget,
    ) -> None:
        self._executors = executors
        self._context = context
        self._deliver = deliver
        self._cores = cores
        self._builder = TaskBuilder(config, context)
        self._waiting: dict[str, deque[Ready]] = {}
        self.in_flight: dict[TaskId, str] = {}
        self._cancelled: set[TaskId] = set()  #: what had been handed out when all was cancelled

    # -- giving out --------------------------------------------------------------------------------

    def put(self, ready: Ready) -> None:
        """Take a task that can run before new samples are begun."""
        waiting = self._waiting.setdefault(self._executors.of(ready.id), deque())
        if len(waiting) >= _ROWS_KEPT:
            ready = Ready(ready.id, None)
        waiting.append(ready)

    def fill(self, runs: Sequence[StageRun], draw: Draw, flush: Callable[[], None]) -> None:
        """Submit what can run of the stages at work; `draw` gives the samples that may begin.
        `flush` puts the journal on disk, before the samples that it names are run.

        Raises SamplerFailure, when what was drawn before has been submitted.
        """
        capacity = self._capacities(runs)
        chosen: dict[str, list[Ready]] = {key: [] for key in capacity}
        for key, room in capacity.items():
            waiting = self._waiting.get(key)
            while waiting and len(chosen[key]) < room:
                chosen[key].append(waiting.popleft())
        failure = None
        for run in self._by_preference(runs):
            failure = self._choose_new(run, draw, capacity, chosen) or failure
        batches = {}
        for key, items in chosen.items():
            if items:
                batches[key] = self._built(runs, items)
        flush()
        for key, tasks in batches.items():
            self.in_flight.update((task.id, key) for task in tasks)
            self._executors.opened(key).submit(tasks)
        if failure is not None:
            raise failure

    def _built(self, runs: Sequence[StageRun], items: Sequence[Ready]) -> list[Task]:
        """Return the tasks that are handed out of what can run."""
        built = []
        for run in runs:
            own = [ready for ready in items if ready.id.depth == run.plan.depth]
            if own:
                tasks, unrun = self._builder.build(run, own)
                self._deliver_unrun(unrun)
                built += tasks
        return built

    def _by_preference(self, runs: Sequence[StageRun]) -> list[StageRun]:
        """Return the stages in the order in which their samples begin: children before further
        parents, so that something is complete early, but the last parents before all, lest a slow
        one of them should run alone at the end; likewise where a sampler waits for results.
        """
        if len(runs) == 1:
            return list(runs)
        first = [run for run in runs[:-1] if run.plan.adaptive or self._few_are_left(run)]
        return [*first, *(run for run in reversed(runs) if run not in first)]

    def _few_are_left(self, run: StageRun) -> bool:
        """Tell whether no more samples of a stage have still to begin than keep its workers busy
        for a few rounds.
        """
        few = _LAST_ROUNDS * max(1, self._executors.worker_count(run.plan.depth))
        left = run.expected - run.stage.n_rows
        if left - len(self.in_flight) > few:
            return False
        return left - sum(task.depth == run.plan.depth for task in self.in_flight) <= few

    def _choose_new(
        self, run: StageRun, draw: Draw, capacity: dict[str, int], chosen: dict[str, list[Ready]]
    ) -> SamplerFailure | None:
        """Begin new samples while there is room; return what the sampler raised, if it did."""
        keys = self._executors.of_stage(run.plan.depth)
        room = {key: max(0, capacity[key] - len(chosen[key])) for key in keys}
        free = sum(room.values())
        waiting = sum(len(items) for items in self._waiting.values())
        drawn = draw(run)
        try:
            while free and waiting < _MAX_WAITING and (ready := drawn()) is not None:
                key = self._executors.of(ready.id)
                if room[key]:
                    room[key] -= 1
                    free -= 1
                    chosen[key].append(ready)
                else:
                    waiting += 1
                    self.put(ready)
        except SamplerFailure as failure:
            return failure
        return None

    def _capacities(self, runs: Sequence[StageRun]) -> dict[str, int]:
        capacity = {}
        for run in runs:
            for key in self._executors.of_stage(run.plan.depth):
                capacity[key] = max(0, self._executors.opened(key).capacity())
        for run in runs:
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
        for key in self._executors.of_stage(run.plan.depth):
            room = capacity[key]
            held = sum(holder == key for holder in self.in_flight.values())
            workers = max(1, self._executors.opened(key).worker_count())
            most = at_once * workers + neighbours.plan.start_from.ahead - held
            capacity[key] = max(0, min(room, max(most, again)))

    def _deliver_unrun(self, records: Iterable[Result]) -> None:
        """Deliver the records of tasks that no executor gets to see."""
        for result in records:
            self.in_flight[result.id] = self._executors.of(result.id)
            self._deliver(result)

    # -- taking back -------------------------------------------------------------------------------

    def arrived(self, task: TaskId) -> bool:
        """Note that a task's result is here; False if it was not expected (any more)."""
        if task in self._cancelled:  # it had finished before
            self._cancelled.remove(task)
            return True
        return self.in_flight.pop(task, None) is not None

    def recall(self) -> None:
        """Take back what has not started; it waits for its turn again."""
        for running in self._executors:
            self.came_back(running.recall())

    def came_back(self, tasks: Sequence[TaskId]) -> None:
        """Take tasks that an executor has given back without having run them."""
        for task in reversed(tasks):
            if self.in_flight.pop(task, None) is not None:
                self._waiting.setdefault(self._executors.of(task), deque()).appendleft(
                    Ready(task, None)
                )

    def cancel(self) -> None:
        """Stop everything at once."""
        self._executors.cancel()
        self._cancelled.update(self.in_flight)
        self.in_flight.clear()

    def held_core_hours(self) -> float:
        """Return those of all sessions, of jobs and of tasks."""
        return self._cores.look(self.in_flight) / 3600.0
