"""Which task is where: waiting for a job, held by one, or back. Used by two threads, the
supervisor's and the executor's own.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter, deque
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from enchanted_tui.executors.base import Deliver, Result, Returned, Task, Trouble
from enchanted_tui.executors.continued import may_begin_so_often
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.element import AssignedTask, Element
from enchanted_tui.executors.slurm.job_end import JobEnd
from enchanted_tui.executors.task import fail_task, task_message
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.resources import Resources

_RUNTIMES_KEPT = 200


class TaskTable:
    """The tasks of one executor."""

    def __init__(self, deliver: Deliver, context: Mapping[str, Any], max_retries: int) -> None:
        self._deliver = deliver
        self._context = dict(context)
        self._max_retries = max_retries
        self._lock = threading.RLock()
        self.backlog: deque[Task] = deque()
        self.backlog_since = 0.0  #: monotonic time at which the first of the waiting tasks came
        self.backlog_grown_at = 0.0
        self.elements: list[Element] = []  #: the jobs from which something is expected
        #: by token: the job arrays that they belong to, until these are closed
        self.submissions: dict[str, Submission] = {}
        self._holders: dict[TaskId, Element] = {}
        #: results of tasks that an earlier session submitted and this one has not yet
        self._early: dict[TaskId, bytes] = {}
        self._lost: dict[TaskId, JobEnd] = {}  #: the same, of tasks that are given up
        self._attempts: dict[TaskId, int] = {}
        self.given_up: set[str] = set()  #: names of tasks that no job could finish
        self._outstanding = 0
        self._held_back = False  #: nothing new is to begin
        self._runtimes: dict[str, deque[float]] = {}

    # -- the supervisor's side ---------------------------------------------------------------------

    def submit(self, tasks: Sequence[Task]) -> None:
        with self._lock:
            self._held_back = False
            self._outstanding += len(tasks)
            for task in tasks:
                self._take(task)

    def _take(self, task: Task) -> None:
        element = self._holders.get(task.id)
        if task.id in self._early:
            self._outstanding -= 1
            self._deliver(Result(task.id, self._early.pop(task.id)))
        elif task.id in self._lost:
            self._give_up(task, self._lost.pop(task.id))
        elif element is not None:
            element.unfinished[task.id].task = task
        else:
            now = time.monotonic()
            if not self.backlog:
                self.backlog_since = now
            self.backlog_grown_at = now
            attempt = max(task.attempt, self._attempts.pop(task.id, 0))
            self.backlog.append(
                dataclasses.replace(task, attempt=attempt) if attempt != task.attempt else task
            )

    def refuse(self, task: Task, why: str) -> None:
        """Deliver a task that can run nowhere as failed."""
        with self._lock:
            self._outstanding += 1
            self._give_up(
                task, JobEnd("", f"no room: {why}; see resources of its runner", "prepare")
            )

    def recall(self) -> list[TaskId]:
        """Take back what no job holds; from now on, tasks that jobs leave undone are given back."""
        with self._lock:
            self._held_back = True
            taken = [task.id for task in self.backlog]
            self.backlog.clear()
            self._outstanding -= len(taken)
            return taken

    def hold_back(self) -> None:
        """Return back from now on what jobs leave undone, until tasks are submitted again."""
        self._held_back = True

    @property
    def is_held_back(self) -> bool:
        """True while nothing new is to begin."""
        return self._held_back

    @property
    def outstanding(self) -> int:
        """Number of tasks that are somebody's to deliver."""
        return self._outstanding

    @property
    def unclaimed(self) -> int:
        """Number of tasks of an earlier session that are still to be submitted again."""
        with self._lock:
            unclaimed = sum(
                1
                for element in self.elements
                if element.adopted
                for item in element.unfinished.values()
                if item.task is None
            )
            return unclaimed + len(self._early) + len(self._lost)

    # -- the executor's side -----------------------------------------------------------------------

    def mean_runtime(self) -> float | None:
        """Mean over the latest tasks, seconds; None before the first."""
        with self._lock:
            known = [runtime for kept in self._runtimes.values() for runtime in kept]
        return sum(known) / len(known) if known else None

    def longest_runtimes(self) -> dict[str, float]:
        """Return, by runner, the longest of the latest run times."""
        with self._lock:
            return {runner: max(kept) for runner, kept in self._runtimes.items()}

    def next_tasks(self, most: int, sizes: Container[Resources | None] | None = None) -> list[Task]:
        """Take waiting tasks, those alone that need so much."""
        with self._lock:
            if sizes is None:
                return [self.backlog.popleft() for _ in range(min(most, len(self.backlog)))]
            taken: list[Task] = []
            left: deque[Task] = deque()
            for task in self.backlog:
                wanted = len(taken) < most and task.resources in sizes
                (taken if wanted else left).append(task)
            self.backlog = left
            return taken

    def waiting_sizes(self) -> Counter[Resources | None]:
        """Return how many tasks wait, by what they need."""
        with self._lock:
            return Counter(task.resources for task in self.backlog)

    def put_back(self, tasks: Iterable[Task]) -> None:
        """Put tasks in front of those that wait, or give them back if nothing new is to begin."""
        tasks = list(tasks)
        if not tasks:
            return
        with self._lock:
            if self._held_back:
                self._outstanding -= len(tasks)
                self._deliver(Returned(tuple(task.id for task in tasks)))
            else:
                self.backlog.extendleft(reversed(tasks))
                self.backlog_since = self.backlog_grown_at = 0.0

    def add(self, elements: Iterable[Element]) -> None:
        """Follow jobs and the tasks that they hold."""
        with self._lock:
            for element in elements:
                self.elements.append(element)
                self.submissions[element.submission.token] = element.submission
                self._holders.update(dict.fromkeys(element.unfinished, element))

    def assign(self, element: Element, number: int, tasks: Iterable[Task]) -> None:
        """Take note that a job is given one more share."""
        with self._lock:
            element.shares = number
            for task in tasks:
                element.unfinished[task.id] = AssignedTask(task.attempt, task, share=number)
                element.count += 1
                self._holders[task.id] = element

    def unassign(self, element: Element, number: int, only: Iterable[TaskId] | None = None) -> None:
        """A job has given back what it has not begun of a share, or what is named of it."""
        again: list[Task] = []
        with self._lock:
            for task in list(element.unfinished) if only is None else only:
                assigned = element.unfinished.get(task)
                if assigned is None or assigned.share != number:
                    continue
                del element.unfinished[task], self._holders[task]
                element.count -= 1
                if assigned.task is None:
                    self._attempts[task] = assigned.attempt
                else:
                    again.append(dataclasses.replace(assigned.task, attempt=assigned.attempt))
        self.put_back(again)

    def result(self, element: Element, task: TaskId, line: bytes, runtime: float) -> None:
        """Take a result; one that is not expected of this job is passed over."""
        with self._lock:
            assigned = element.unfinished.pop(task, None)
            if assigned is None:
                return
            del self._holders[task]
            if assigned.task is None:
                self._early[task] = line
                return
            self._runtimes.setdefault(assigned.task.runner, deque(maxlen=_RUNTIMES_KEPT)).append(
                runtime
            )
            self._outstanding -= 1
            self._deliver(Result(task, line))

    def release(self, element: Element, end: JobEnd | None) -> None:
        """A job has ended: what it left undone waits again. Where `end` says how, tasks that it was
        working on have failed once.
        """
        with self._lock:
            self.elements.remove(element)
            again: list[Task] = []
            for task, assigned in element.unfinished.items():
                self._holders.pop(task, None)
                worked_on = assigned.begun is not None and end is not None and end.counts
                attempt = assigned.attempt + worked_on
                if worked_on and end is not None and attempt > self._most_attempts(assigned.task):
                    self._lose(task, assigned, end)
                elif assigned.task is None:
                    self._attempts[task] = attempt
                else:
                    again.append(dataclasses.replace(assigned.task, attempt=attempt))
            element.unfinished.clear()
        self.put_back(again)

    def _most_attempts(self, task: Task | None) -> int:
        """Return how often a task may be worked on again, as far as it is decided here."""
        if task is None:
            restarts = [spec.get("restart") for spec in self._context["runners"].values()]
            return max(may_begin_so_often(restart, self._max_retries) for restart in restarts)
        restart = self._context["runners"][task.runner].get("restart")
        return may_begin_so_often(restart, self._max_retries) + task.first_attempt

    def _lose(self, task: TaskId, assigned: AssignedTask, end: JobEnd) -> None:
        times = f" ({assigned.attempt + 1} attempts)" if assigned.attempt else ""
        final = dataclasses.replace(end, reason=end.reason + times)
        if assigned.task is None:
            self._lost[task] = final
        else:
            self._give_up(assigned.task, final)

    def _give_up(self, task: Task, end: JobEnd) -> None:
        """Deliver a task that its jobs could not finish as failed."""
        self.given_up.add(task.id.name)
        self._outstanding -= 1
        try:
            line = fail_task(
                task_message(dataclasses.replace(task, pack=False)),
                self._context,
                {"kind": end.failure, "message": end.reason},
                0.0,
                time.time(),
            )
        except OSError as error:
            self._deliver(Trouble(f"{task.id.name}: {error}", task.id))
        else:
            self._deliver(Result(task.id, line))
