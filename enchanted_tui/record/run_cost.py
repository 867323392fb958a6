"""What the tasks of a campaign have cost by its journal: their run times, and for how long CPU
cores have been held for them.

Cores are held by jobs of a scheduler, from their start to their end, or else by tasks while they
run. What is held by something that has not ended yet is on record now and then (`HeldRecord`), so
that little of it is forgotten when the supervisor is killed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from enchanted_tui.record.records import HeldRecord, StageNames, TaskRecord
from enchanted_tui.record.resource_use import MemoryUse, StepUse, memory_use

Place = tuple[int, int]  #: (depth, step)


class StepCost(Struct):
    """Sums over the tasks of one step that have ended."""

    count: int = 0
    seconds: float = 0.0
    core_seconds: float = 0.0
    squares: float = 0.0  #: of the core-seconds
    #: processor time in seconds, and the core-seconds of those tasks of which that is known
    cpu: float = 0.0
    measured: float = 0.0

    def add(self, other: StepCost) -> None:
        self.count += other.count
        self.seconds += other.seconds
        self.core_seconds += other.core_seconds
        self.squares += other.squares

    @property
    def each(self) -> float:
        """Core-seconds of a task, on average."""
        return self.core_seconds / self.count if self.count else 0.0


class RunCost:
    """A fold over the tasks that end, and over the records of what is held."""

    def __init__(self) -> None:
        self.steps: dict[Place, StepCost] = {}
        self.jobs: dict[str, float] = {}  #: core-seconds that each job has held
        self.used_in_jobs = 0.0  #: core-seconds of the tasks that have ended in them
        #: core-seconds of tasks that held cores by themselves and were cut off, and of those that
        #: ran when it was put on record last, by their place
        self.cut_off = 0.0
        self.running: dict[tuple[int, ...], float] = {}
        self._in_jobs: set[Place] = set()
        self._memory: dict[Place, MemoryUse] = {}  #: of the task that has used most of its own

    @property
    def seconds(self) -> float:
        """Run time of all tasks, failed and repeated ones included."""
        return sum(step.seconds for step in self.steps.values())

    @property
    def core_seconds(self) -> float:
        """The same times the CPU cores that each of them held."""
        return sum(step.core_seconds for step in self.steps.values())

    def session_begins(self, stages: Sequence[StageNames]) -> None:
        """What ran in the session before has been cut off, but for jobs."""
        self.cut_off += sum(self.running.values())
        self.running.clear()
        self._in_jobs = {
            (depth, number)
            for depth, stage in enumerate(stages)
            for number, step in enumerate(stage["steps"])
            if step.get("in_jobs")
        }

    def task_ended(self, record: TaskRecord) -> None:
        task = record["task"]
        place = task[0], task[3]
        cost = self.steps.get(place)
        if cost is None:
            cost = self.steps[place] = StepCost()
        runtime = record["runtime"]
        held = runtime * record.get("cores", 1.0)
        cost.count += 1
        cost.seconds += runtime
        cost.core_seconds += held
        cost.squares += held * held
        cpu = record.get("cpu")
        if cpu is not None:
            cost.cpu += cpu
            cost.measured += held
            if "memory" in record or "memory_at_most" in record:
                self._note_memory(place, record)
        if self._in_jobs and place in self._in_jobs:
            self.used_in_jobs += held
        if self.running:
            self.running.pop(tuple(record["task"]), None)

    def _note_memory(self, place: Place, record: TaskRecord) -> None:
        most = self._memory.get(place)
        if most is not None and "resources" not in record:  # it has asked for nothing
            used = record.get("memory") or record.get("memory_at_most", 0)
            if most.asked or used <= most.used:
                return
        found = memory_use(record)
        if most is None or (found.share, found.used) > (most.share, most.used):
            self._memory[place] = found

    def apply(self, record: HeldRecord) -> None:
        for job, held in record.get("jobs", {}).items():
            self.jobs[job] = max(held, self.jobs.get(job, 0.0))
        now = {(*map(int, task[:4]),): float(task[4]) for task in record.get("tasks", ())}
        for task, held in self.running.items():
            if now.get(task, 0.0) < held:  # it has been begun anew, or is not run any more
                self.cut_off += held
        self.running = now

    def use(self) -> tuple[StepUse, ...]:
        """Return what tasks have used of what they held, step by step, as far as it is known."""
        return tuple(
            StepUse(*place, cost.cpu, cost.measured, self._memory.get(place))
            for place, cost in sorted(self.steps.items())
            if cost.measured
        )

    def is_in_jobs(self, place: Place) -> bool:
        """Tell whether jobs hold the cores for the tasks of a step, by the last session."""
        return place in self._in_jobs

    def held(self, jobs: Mapping[str, float] | None = None, running: float | None = None) -> float:
        """Return the core-seconds held until now. `jobs`, `running`: what jobs and running tasks
        are known to hold by now, where it is more than what is on record.
        """
        now = sum(self.running.values()) if running is None else running
        by_tasks = self.core_seconds - self.used_in_jobs + self.cut_off + now
        return by_tasks + sum({**self.jobs, **(jobs or {})}.values())
