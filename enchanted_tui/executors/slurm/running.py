"""SLURM jobs at work for one executor, behind a thread of its own: it submits, collects and asks,
each at its time, and waits in between.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from enchanted_tui.executors.base import (
    Deliver,
    JobInfo,
    NodeInfo,
    Note,
    Running,
    Task,
    TaskContext,
    Trouble,
    WorkerInfo,
)
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.cluster_jobs import ClusterJobs
from enchanted_tui.executors.slurm.directories import Directories, with_remote_home
from enchanted_tui.executors.slurm.element import elements_of
from enchanted_tui.executors.slurm.job_budget import JobBudget, JobHolder
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.polling import Intervals, PollTimes
from enchanted_tui.executors.slurm.scheduler import (
    SchedulerUnreachable,
    SubmissionRefused,
)
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import (
    CommandTimeout,
    ConnectionLost,
    FarSideProblem,
    Transport,
)
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.executors.task_end import explained
from enchanted_tui.journal_lines import TaskId

log = logging.getLogger(__name__)

_SOON = 5.0  #: seconds until the withdrawal of jobs is tried again
_REFUSED = 60.0  #: seconds for which nothing is submitted after a refusal
_CLOSE_PATIENCE = 60.0


class _Ended(Exception):
    """The executor is being closed."""


class SlurmRunning(JobHolder, Running):
    """The jobs of one executor, and the thread that looks after them."""

    def __init__(
        self,
        name: str,
        options: JobOptions,
        intervals: Intervals,
        max_retries: int,
        context: TaskContext,
        directories: Directories,
        connect: Callable[[], Transport],
        deliver: Deliver,
        submissions: Sequence[Submission],
    ) -> None:
        self._grace, self._deliver = intervals.grace, deliver
        self._options = options.for_calls_of(context.runners)
        self._name, self._context = name, context
        self._directories, self._connect = directories, connect
        self._limits: tuple[RunTimeLimit, ...] = ()  #: of what would be stragglers
        self._table = TaskTable(deliver, dataclasses.asdict(context), max_retries)
        self._budget = JobBudget(name, self._table)
        self._transport: Transport | None = None
        for submission in submissions:
            self._table.add(elements_of(submission, adopted=True))
        self._wake = threading.Condition()
        self._cancelled = self._closing = False
        self._is_asked = False  #: something has been asked of the thread since its last turn began
        #: whether jobs that wait are to be taken back, and when that is tried next
        self._withdraw, self._next_withdrawal = False, 0.0
        self._jobs_run_on = False  #: also when the campaign stops
        self._times = PollTimes(intervals, submitted_any=bool(submissions))
        self._lost_connection = self._scheduler_is_silent = False
        self._thread = threading.Thread(target=self._run, name=f"slurm-{name}", daemon=True)

    # -- called by the supervisor ------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def capacity(self) -> int:
        if self._cancelled or self._closing:
            return 0
        return (
            self._options.bundling.capacity(self._table.mean_runtime())
            + self._table.unclaimed
            - self._table.outstanding
        )

    def submit(self, tasks: Sequence[Task]) -> None:
        self._withdraw = False
        too_large = {task.id: why for task in tasks if (why := self._options.room_problem(task))}
        self._table.submit([task for task in tasks if task.id not in too_large])
        for task in tasks:
            if task.id in too_large:
                self._table.refuse(task, too_large[task.id])
        self._notify()

    def recall(self) -> list[TaskId]:
        """Take back what no job holds; jobs that wait in the queue are withdrawn, and their tasks
        given back when that is certain.
        """
        taken = self._table.recall()
        self._withdraw, self._next_withdrawal = True, 0.0
        self._notify()
        return taken

    def limit_run_times(self, limits: Sequence[RunTimeLimit]) -> None:
        self._limits = tuple(limits)
        self._notify()

    def cancel(self) -> None:
        self._cancelled = True
        self._notify()

    def close(self) -> None:
        self._closing = True
        self._notify()
        self._thread.join(timeout=_CLOSE_PATIENCE)
        self._budget.report()
        if self._transport is not None:
            self._transport.close()

    def has_ended(self) -> bool:
        """Tell whether nothing more is delivered after `cancel`."""
        return self._transport is None or not self._thread.is_alive()

    def worker_count(self) -> int:
        """As many as may be in the queue: the jobs of a moment say nothing of what would run if
        there were work.
        """
        return self._options.bundling.max_jobs * self._options.bundling.processes

    def workers(self) -> list[WorkerInfo]:
        return [worker for element in list(self._table.elements) for worker in element.workers()]

    def jobs(self) -> list[JobInfo]:
        return [element.shown() for element in list(self._table.elements)]

    def nodes(self) -> list[NodeInfo]:
        return [node for element in list(self._table.elements) for node in element.nodes()]

    def most_memory(self) -> int | None:
        of_nodes = self._cluster.most_memory  # samples of its jobs have ended, so it is there
        return self._options.most_memory(super().most_memory(), of_nodes)

    def waiting_for(self) -> str:
        """Say why nothing runs, as far as the scheduler or the connection is the reason."""
        if self._transport is None:
            return "waiting for the log-in to the cluster"
        if self._lost_connection:
            return "waiting for the connection to the cluster; jobs run on"
        if self._scheduler_is_silent:
            return "waiting for the scheduler, which does not answer; jobs run on"
        waiting = [job for job in self.jobs() if job.state == "PENDING"]
        if not waiting:
            return self._budget.waits()
        reasons = ", ".join(sorted({job.reason for job in waiting if job.reason}))
        return (
            f"{len(waiting)} {'job waits' if len(waiting) == 1 else 'jobs wait'} in the queue"
            + (f" ({reasons})" if reasons else "")
        )

    def watched(self, seconds: float) -> None:
        """Ask the scheduler more often for so long; after a pause in which nobody looked, as soon
        as that interval is over.
        """
        if self._times.watched(seconds):
            self._notify()

    def _notify(self) -> None:
        with self._wake:
            self._is_asked = True
            self._wake.notify()

    # -- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if not self._open():
                return
            while not (self._cancelled or self._closing):
                self._is_asked = False
                self._guarded(self._turn)
                self._sleep()
            self._guarded(self._end)
        except _Ended:
            self._guarded(self._end)
        except Exception as error:
            log.exception("the SLURM executor failed")
            self._deliver(
                Trouble(f"the SLURM executor failed: {error!r}; this is a defect of the program")
            )

    def _open(self) -> bool:
        """Connect, and make ready what uses the connection; False if that cannot be."""
        try:
            self._transport = transport = self._connect()
        except OSError as error:
            self._deliver(Trouble(str(error).rstrip(".")))
            return False
        try:
            self._directories = with_remote_home(self._directories, transport)
        except (ConnectionLost, CommandTimeout, FarSideProblem) as problem:
            self._deliver(Trouble(str(problem).rstrip(".")))
            return False
        self._cluster = ClusterJobs(
            self._name,
            self._options,
            self._grace,
            self._context,
            self._directories,
            transport,
            self._table,
            self._deliver,
            self._record,
            self._budget,
        )
        return True

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something on the far side; what fails there is waited out, or stops the campaign."""
        try:
            action()
            if self._lost_connection:
                self._lost_connection = False
                self._times.connected()
                log.info("connected again")
        except ConnectionLost as loss:
            if not self._lost_connection:
                self._lost_connection = True
                log.warning(
                    f"the connection to the cluster is lost ({loss}); jobs go on, and it is tried"
                    " again"
                )
            self._times.connection_lost()
        except (CommandTimeout, SchedulerUnreachable) as problem:
            log.warning(f"{problem}; it is tried again")
            self._times.look_soon()
        except SubmissionRefused as problem:
            self._refused(str(problem).rstrip("."))
        except (
            FarSideProblem,
            OSError,
        ) as problem:  # an OSError is of this side: what was brought home could not be written
            self._give_up(
                str(problem).rstrip(".")
                if isinstance(problem, FarSideProblem)
                else explained(problem)
            )
        for notice in self._far.notices():
            log.warning(notice)

    @property
    def _far(self) -> Transport:
        assert self._transport is not None
        return self._transport

    def _refused(self, reason: str) -> None:
        """Stop because the scheduler takes no more jobs; those that run may finish."""
        running = bool(self._table.elements)
        self._table.hold_back()
        self._cluster.submitter.rest(_REFUSED)  # the supervisor takes back what waits
        self._deliver(Trouble(reason, drain=running))
        if not running:
            self._wait_for_the_end()

    def _give_up(self, reason: str) -> None:
        """Stop because files cannot be handled; jobs have done nothing wrong and run on, to be
        found by the next session.
        """
        self._cluster.submitter.forget_unsent()
        self._cluster.monitor.close_submissions()
        self._jobs_run_on = bool(self._table.elements)
        self._deliver(Trouble(reason + (" (jobs run on)" if self._jobs_run_on else "")))
        self._wait_for_the_end()

    def _wait_for_the_end(self) -> None:
        """After a trouble the campaign stops, and says so."""
        with self._wake:
            while not (self._cancelled or self._closing):
                self._wake.wait(1.0)

    def _sleep(self) -> None:
        with self._wake:
            if self._cancelled or self._closing or self._is_asked:
                return
            cluster = self._cluster
            until = min(cluster.submitter.seconds_until_due(), cluster.adder.seconds_until_due())
            if self._lost_connection:
                until = self._times.next_collect - time.monotonic()
            elif self._table.elements:
                wanted = [*self._times.due(), *([self._next_withdrawal] if self._withdraw else [])]
                until = min(until, min(wanted) - time.monotonic())
            self._wake.wait(None if until == float("inf") else max(0.01, until))

    def _turn(self) -> None:
        if self._withdraw and time.monotonic() >= self._next_withdrawal:
            self._withdraw_waiting()
        self._add()
        if self._cluster.submitter.submit_due():
            self._times.after_submission(unsure=bool(self._cluster.submitter.unsure))
        self._cluster.limits.tell(self._limits)
        if self._table.elements and self._times.collect_is_due():
            self._collect()  # first: of a job that has said good-bye nobody else need be asked
        if self._table.elements and self._times.look_is_due():
            self._look()
        self._scheduler_is_silent = self._cluster.scheduler_is_silent
        self._cluster.monitor.release_ended()
        self._cluster.remove_finished()
        self._budget.report()

    def _add(self) -> None:
        """Give jobs that stay what waits; while nothing is to begin, ask them for what they have
        not begun.
        """
        adder = self._cluster.adder
        adder.ask_back_unseen()
        if self._table.is_held_back:
            adder.ask_back()
        elif adder.add_due():
            self._times.after_addition()
        elif adder.ask_back_where_it_waits():
            self._times.look_again()

    def _look(self) -> None:
        changed = self._cluster.monitor.look(self._times.begin_look())
        self._times.after_look(
            changed=changed,
            unsure=bool(self._cluster.submitter.unsure),
            answered=self._cluster.monitor.unreachable_since is None,
            some_ended=self._cluster.monitor.expects_end,
        )

    def _collect(self) -> None:
        arrived = self._cluster.collector.collect()
        self._times.after_collect(
            arrived=arrived > 0,
            seconds_left=self._seconds_left(),
            some_ended=self._cluster.monitor.expects_end,
            wants_look=self._cluster.monitor.wants_look,
        )

    def _seconds_left(self) -> float | None:
        """Return how long the jobs that have begun will take for what they have, as far as run
        times are known.
        """
        mean = self._table.mean_runtime()
        if mean is None:
            return None
        begun = sum(1 for element in self._table.elements if element.hello is not None)
        left = sum(len(element.unfinished) for element in self._table.elements)
        return left * mean / (max(1, begun) * self._options.bundling.processes)

    def _withdraw_waiting(self) -> None:
        """Withdraw the jobs that have not begun, until there are none."""
        # should this fail, or the scheduler not list them yet
        self._next_withdrawal = time.monotonic() + _SOON
        if self._cluster.withdraw_waiting():
            self._times.look_soon(1.0)
        else:
            self._withdraw = False

    def _end(self) -> None:
        if not self._jobs_run_on:
            self._cluster.end(wait_for_record=self._cancelled)

    # -- records -----------------------------------------------------------------------------------

    def _record(self, record: dict[str, Any], wait: bool) -> Note:
        """Have a record written into the journal; wait until it is on disk if what follows depends
        on it.
        """
        note = Note(record)
        self._deliver(note)
        while wait and not note.written.wait(0.2):
            if self._cancelled or self._closing:
                raise _Ended
        return note
