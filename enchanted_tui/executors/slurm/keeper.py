"""The executor's own thread: it submits, collects and asks, each at its time, and waits in between."""

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
    Note,
    Running,
    Task,
    TaskContext,
    Trouble,
    WorkerInfo,
)
from enchanted_tui.executors.jobs import Submission
from enchanted_tui.executors.slurm.element import elements_of
from enchanted_tui.executors.slurm.ending import cancel_all, recorded
from enchanted_tui.executors.slurm.ledger import Ledger
from enchanted_tui.executors.slurm.places import Places, places_there
from enchanted_tui.executors.slurm.queue import Scheduler, SchedulerUnreachable, SubmissionRefused
from enchanted_tui.executors.slurm.submitting import JobOptions, Submitter
from enchanted_tui.executors.slurm.transport import (
    CommandTimeout,
    ConnectionLost,
    FarSideProblem,
    Transport,
)
from enchanted_tui.executors.slurm.watching import Watcher
from enchanted_tui.executors.verdict import explained
from enchanted_tui.journal_lines import TaskId

log = logging.getLogger(__name__)

#: seconds after the first submission at which the scheduler is asked whether these jobs can start
#: at all
_FIRST_LOOK = 2.0
_SOON = 5.0  #: seconds until the scheduler is asked again when a submission is in doubt
_REFUSED = 60.0  #: seconds for which nothing is submitted after a refusal
_SHORTEST_COLLECT = 1.0
#: seconds between two tries while the connection is lost: at first, and at most
_RECONNECT = (
    0.5,
    5.0,
)
_CLOSE_PATIENCE = 60.0


@dataclasses.dataclass(frozen=True)
class Intervals:
    """How often things are looked at, seconds."""

    results: float
    scheduler: float
    scheduler_longest: float
    scheduler_watched: float
    grace: float


class _Ended(Exception):
    """The executor is being closed."""


class Keeper(Running):
    """Keeps an executor's jobs behind one thread."""

    def __init__(
        self,
        name: str,
        options: JobOptions,
        intervals: Intervals,
        max_retries: int,
        context: TaskContext,
        places: Places,
        connect: Callable[[], Transport],
        deliver: Deliver,
        submissions: Sequence[Submission],
    ) -> None:
        self._options, self._intervals, self._deliver = options, intervals, deliver
        self._name, self._context, self._places, self._connect = name, context, places, connect
        self._ledger = Ledger(deliver, dataclasses.asdict(context), max_retries)
        self._core_seconds: dict[str, float] = {}
        self._transport: Transport | None = None
        for submission in submissions:
            self._ledger.add(elements_of(submission, adopted=True))
        self._wake = threading.Condition()
        self._cancelled = self._closing = False
        #: whether jobs that wait are to be taken back, and when that is tried next
        self._withdraw, self._next_withdrawal = (
            False,
            0.0,
        )
        self._jobs_run_on = False  #: also when the campaign stops
        self._next_collect = self._next_look = 0.0
        self._looked_at = self._watched_until = 0.0
        self._silent_looks = 0  #: in a row
        self._happened_at = (
            0.0  #: when something happened that what the scheduler said before cannot tell
        )
        self._look_interval = intervals.scheduler
        self._collect_interval = _SHORTEST_COLLECT
        self._submitted_any = bool(submissions)
        self._lost_connection = self._scheduler_is_silent = False
        self._reconnect = _RECONNECT[0]
        self._thread = threading.Thread(target=self._run, name=f"slurm-{name}", daemon=True)

    # -- called by the supervisor ------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def capacity(self) -> int:
        if self._cancelled or self._closing:
            return 0
        return (
            self._options.bundling.capacity(self._ledger.mean_runtime())
            + self._ledger.unclaimed
            - self._ledger.outstanding
        )

    def submit(self, tasks: Sequence[Task]) -> None:
        self._withdraw = False
        self._ledger.submit(tasks)
        self._notify()

    def recall(self) -> list[TaskId]:
        """Take back what no job holds; jobs that wait in the queue are withdrawn, and their tasks
        given back when that is certain.
        """
        taken = self._ledger.recall()
        self._withdraw, self._next_withdrawal = True, 0.0
        self._notify()
        return taken

    def cancel(self) -> None:
        self._cancelled = True
        self._notify()

    def close(self) -> None:
        self._closing = True
        self._notify()
        self._thread.join(timeout=_CLOSE_PATIENCE)
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
        return [worker for element in list(self._ledger.elements) for worker in element.workers()]

    def jobs(self) -> list[JobInfo]:
        return [element.shown() for element in list(self._ledger.elements)]

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
            return ""
        reasons = ", ".join(sorted({job.reason for job in waiting if job.reason}))
        return (
            f"{len(waiting)} {'job waits' if len(waiting) == 1 else 'jobs wait'} in the queue"
            + (f" ({reasons})" if reasons else "")
        )

    def watched(self, seconds: float) -> None:
        """Ask the scheduler more often for so long; after a pause in which nobody looked, as soon
        as that interval is over.
        """
        now = time.monotonic()
        begins, self._watched_until = now >= self._watched_until, now + seconds
        if begins and self._next_look > self._soonest_look():
            self._notify()

    def _soonest_look(self) -> float:
        """When the scheduler may be asked again at the earliest, because somebody looks at the
        jobs; infinity while nobody does.
        """
        return (
            self._looked_at + self._intervals.scheduler_watched
            if time.monotonic() < self._watched_until
            else float("inf")
        )

    def core_hours(self) -> float:
        return sum(list(self._core_seconds.values())) / 3600.0

    def _notify(self) -> None:
        with self._wake:
            self._wake.notify()

    # -- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if not self._open():
                return
            while not (self._cancelled or self._closing):
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
            self._places = places_there(self._places, transport)
        except (ConnectionLost, CommandTimeout, FarSideProblem) as problem:
            self._deliver(Trouble(str(problem).rstrip(".")))
            return False
        self._scheduler = Scheduler(transport)
        self._submitter = Submitter(
            self._name,
            self._options,
            self._context,
            self._places,
            transport,
            self._scheduler,
            self._ledger,
            self._record,
        )
        self._watcher = Watcher(
            self._options,
            self._intervals.grace,
            self._places,
            transport,
            self._scheduler,
            self._ledger,
            self._submitter,
            self._deliver,
            self._record,
            self._core_seconds,
        )
        for submission in self._ledger.submissions.values():
            if submission.job is None:
                elements = [
                    element for element in self._ledger.elements if element.submission is submission
                ]
                self._submitter.doubt(submission.token, elements)
        return True

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something on the far side; what fails there is waited out, or stops the campaign."""
        try:
            action()
            if self._lost_connection:
                self._lost_connection, self._reconnect = False, _RECONNECT[0]
                log.info("connected again")
        except ConnectionLost as loss:
            if not self._lost_connection:
                self._lost_connection = True
                log.warning(
                    f"the connection to the cluster is lost ({loss}); jobs go on, and it is tried"
                    " again"
                )
            self._next_collect = self._next_look = time.monotonic() + self._reconnect
            self._reconnect = min(_RECONNECT[1], 2 * self._reconnect)
        except (CommandTimeout, SchedulerUnreachable) as problem:
            log.warning(f"{problem}; it is tried again")
            self._next_look = time.monotonic() + _SOON
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
        running = bool(self._ledger.elements)
        self._ledger.hold_back()
        self._submitter.rest(_REFUSED)  # the supervisor takes back what waits
        self._deliver(Trouble(reason, drain=running))
        if not running:
            self._wait_for_the_end()

    def _give_up(self, reason: str) -> None:
        """Stop because files cannot be handled; jobs have done nothing wrong and run on, to be
        found by the next session.
        """
        self._submitter.forget_unsent()
        self._watcher.close_submissions()
        self._jobs_run_on = bool(self._ledger.elements)
        self._deliver(Trouble(reason + (" (jobs run on)" if self._jobs_run_on else "")))
        self._wait_for_the_end()

    def _wait_for_the_end(self) -> None:
        """After a trouble the campaign stops, and says so."""
        with self._wake:
            while not (self._cancelled or self._closing):
                self._wake.wait(1.0)

    def _sleep(self) -> None:
        with self._wake:
            if self._cancelled or self._closing:
                return
            until = self._submitter.seconds_until_due()
            if self._lost_connection:
                until = self._next_collect - time.monotonic()
            elif self._ledger.elements:
                wanted = [
                    self._next_collect,
                    self._next_look,
                    self._soonest_look(),
                    *([self._next_withdrawal] if self._withdraw else []),
                ]
                until = min(until, min(wanted) - time.monotonic())
            self._wake.wait(None if until == float("inf") else max(0.01, until))

    def _turn(self) -> None:
        if self._withdraw and time.monotonic() >= self._next_withdrawal:
            self._withdraw_waiting()
        if self._submitter.submit_due():
            self._after_submission()
        now = time.monotonic()
        if self._ledger.elements and now >= self._next_collect:
            self._collect()  # first: of a job that has said good-bye nobody else need be asked
        if self._ledger.elements and now >= min(self._next_look, self._soonest_look()):
            self._look()
        self._scheduler_is_silent = (
            bool(self._submitter.silent) or self._watcher.unreachable_since is not None
        )
        self._watcher.settle()
        self._put_away_finished()

    def _after_submission(self) -> None:
        now = self._happened_at = time.monotonic()
        self._collect_interval = _SHORTEST_COLLECT
        self._next_collect = now + _SHORTEST_COLLECT
        first = _FIRST_LOOK if not self._submitted_any else self._intervals.scheduler
        self._submitted_any = True
        self._look_interval = self._intervals.scheduler
        self._next_look = (
            min(self._next_look, now + first) if self._next_look > now else now + first
        )
        if self._submitter.unsure:
            self._next_look = min(self._next_look, now + _SOON)

    def _look(self) -> None:
        interval = self._intervals
        now = self._looked_at = time.monotonic()
        oldest = interval.scheduler_watched if now < self._watched_until else interval.scheduler
        changed = self._watcher.look(max(self._happened_at, now - oldest))
        if self._watcher.expects_end:  # the last that those jobs have written is wanted now
            self._next_collect = now
        self._look_interval = (
            interval.scheduler
            if changed
            else min(interval.scheduler_longest, self._look_interval * 1.5)
        )
        pause = min(_SOON, interval.scheduler) if self._submitter.unsure else self._look_interval
        # it is not helped by being asked all the time
        if self._watcher.unreachable_since is not None:
            pause = min(
                interval.scheduler_longest, min(_SOON, interval.scheduler) * 2**self._silent_looks
            )
            self._silent_looks = min(self._silent_looks + 1, 10)
        else:
            self._silent_looks = 0
        self._next_look = time.monotonic() + pause

    def _collect(self) -> None:
        arrived = self._watcher.collect()
        now = time.monotonic()
        if self._watcher.expects_end:
            self._collect_interval = _SHORTEST_COLLECT
        else:
            self._collect_interval = self._until_next_results(arrived)
        self._next_collect = now + self._collect_interval
        if self._watcher.wants_look:
            self._happened_at = now
            self._next_look = min(self._next_look, now + _FIRST_LOOK)

    def _until_next_results(self, arrived: int) -> float:
        """Give a collection interval: the usual one, or less where everything will soon be done."""
        longest = self._intervals.results
        mean = self._ledger.mean_runtime()
        if mean is None:
            return min(longest, self._collect_interval * (1.0 if arrived else 1.5))
        begun = sum(1 for element in self._ledger.elements if element.hello is not None)
        left = sum(len(element.held) for element in self._ledger.elements)
        expected = left * mean / (max(1, begun) * self._options.bundling.processes)
        return min(
            longest,
            max(_SHORTEST_COLLECT, expected / 3, 0.0 if arrived else self._collect_interval * 1.5),
        )

    def _withdraw_waiting(self) -> None:
        """Cancel the jobs that have not begun; their tasks are given back when the scheduler has
        confirmed it.
        """
        if not any(element.waits and not element.withdrawn for element in self._ledger.elements):
            self._withdraw = False
            return
        # should this fail, or the scheduler not list them yet
        self._next_withdrawal = time.monotonic() + _SOON
        self._watcher.look()
        known = [
            (element, element.row)
            for element in self._ledger.elements
            if element.waits and element.final is None
        ]
        pending = {f"{row.job}_{row.element}": element for element, row in known if row is not None}
        if pending and self._scheduler.cancel(pending, waiting=True):
            for element in pending.values():
                element.withdrawn = True
        self._next_look = time.monotonic() + 1.0

    def _put_away_finished(self) -> None:
        """Remove the files of job arrays whose results are in the journal."""
        done = [directory for note, directory in self._watcher.finished if note.written.is_set()]
        if done:
            self._far.remove(done)
            self._watcher.finished = [
                (note, directory)
                for note, directory in self._watcher.finished
                if not note.written.is_set()
            ]

    # -- the end -----------------------------------------------------------------------------------

    def _end(self) -> None:
        """Leave nothing behind: cancel what is still in the queue, and remove the files of what has
        ended.
        """
        if self._jobs_run_on:
            return
        self._ledger.hold_back()
        self._submitter.forget_unsent()
        if self._ledger.elements:
            try:
                gone = cancel_all(self._scheduler, self._ledger, self._watcher)
            except (ConnectionLost, CommandTimeout, FarSideProblem) as problem:
                gone = False
                log.warning(str(problem).rstrip("."))
            if not gone:
                names = " ".join(
                    sorted({element.submission.name for element in self._ledger.elements})
                )
                log.warning(
                    "it is not certain that all jobs were cancelled; resume the campaign, or"
                    f" cancel them by their name: {names}"
                )
                return
            self._watcher.collect()  # what they have finished is not lost
            for element in list(self._ledger.elements):
                self._ledger.release(element, None)
        self._watcher.close_submissions()
        if not self._cancelled or recorded(note for note, _ in self._watcher.finished):
            done = [directory for _, directory in self._watcher.finished]
            places = done if self._ledger.submissions else [self._places.all]
            try:
                self._far.remove(places)
            except (ConnectionLost, CommandTimeout, FarSideProblem) as problem:
                log.warning(
                    f"{', '.join(places)} may be left on the cluster ({problem}); remove what is"
                    " left by hand"
                )
            self._watcher.finished.clear()

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
