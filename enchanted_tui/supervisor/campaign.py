"""A campaign in progress: one loop, one thread, one queue.

Executors put results into the queue; the loop appends them to the journal, updates the state, hands
rows to the writers and submits what has become runnable. It waits on the queue and otherwise does
nothing.
"""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable

from enchanted_tui.campaign_status import EndReason
from enchanted_tui.errors import EnvironmentProblem, ExitCode
from enchanted_tui.executors.base import Note, Result, Returned, TaskContext, Trouble
from enchanted_tui.executors.continued import CONTINUES
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.code_versions.noting import put_code_on_record
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.records import ControlRecord, GuardRecord
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor import control, stopping
from enchanted_tui.supervisor.added_points import AddedPoints
from enchanted_tui.supervisor.control import Request
from enchanted_tui.supervisor.dispatch import Dispatcher
from enchanted_tui.supervisor.file_writer import FileWriter, NotWritten
from enchanted_tui.supervisor.guard import Attended, FailureGuard
from enchanted_tui.supervisor.inbox import Event, Inbox
from enchanted_tui.supervisor.journal_pause import JournalPause
from enchanted_tui.supervisor.kept_files import begin_again
from enchanted_tui.supervisor.limits import Limits
from enchanted_tui.supervisor.live_report import LiveFile
from enchanted_tui.supervisor.memory_retries import MemoryRetries
from enchanted_tui.supervisor.notify import Alerts
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.plan import task_context
from enchanted_tui.supervisor.projections import Projections
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.recorder import Observer, Recorder
from enchanted_tui.supervisor.sampler_failure import SamplerFailure
from enchanted_tui.supervisor.session import Session, environment_problem
from enchanted_tui.supervisor.session_end import SessionEnd
from enchanted_tui.supervisor.stages_at_work import StagesAtWork
from enchanted_tui.supervisor.stragglers import StragglerWatch

log = logging.getLogger(__name__)

#: marks log records of what a person has been told before the campaign began
ALREADY_SHOWN = {"already_shown": True}

_TICK = 0.25  #: seconds between two looks at the clock while results arrive
_IDLE_TICK = 1.0  #: the same while nothing happens
#: short ticks after the last arrival, until everything that came with it is written
_RESTLESS_TICKS = 12
LOCK_LOST = "another supervisor has taken over the run directory while this process was stopped"


class Campaign:
    """A session in progress."""

    def __init__(
        self,
        session: Session,
        inbox: Inbox,
        writer: FileWriter,
        observer: Observer | None,
        attended: Attended = lambda: False,
    ) -> None:
        self.session = session
        self.config = session.config
        self.state = session.state
        self.journal = session.journal
        self._inbox = inbox
        self._recorder = Recorder(self.journal, self.state, observer)
        self._added = AddedPoints(
            session.run_dir.control, self.state, self.journal, self._recorder.put
        )
        self._context: TaskContext = task_context(session)
        self._limits = Limits(self.config, session.run_dir, self.state)
        self._executors = OpenExecutors(
            self.config, self._context, inbox.put, self.state.jobs, self._limits.cores
        )
        self._dispatcher = Dispatcher(
            self.config, self._context, inbox.put, self._executors, self._limits.cores
        )
        self._memory = MemoryRetries(session, self._executors, self._recorder)
        self._writer = writer
        self.projections = Projections(session, writer)
        self.live = LiveFile(session.run_dir, writer)
        self._pause = self.journal.bearing = JournalPause(
            self.config.supervisor.io_patience, inbox, self.live.tell_of_trouble
        )
        self._stopping: Outcome | None = None
        #: why to stop when everything that was drawn has been run
        self._sampler_failed: SamplerFailure | None = None
        self._aborted = False
        self._stragglers = StragglerWatch(
            self.config, self.state, self.journal, self._executors, self._dispatcher
        )
        self._session_end = SessionEnd(session, inbox, self._recorder, self.projections, self.live)
        self._alerts = Alerts(self.config, self.state)
        self._guard = FailureGuard(self.config, self.state, self.journal, attended)
        self._last_tick = self._next_tick = 0.0
        self._restless = 0
        self._lock_lost = False
        self._next_poll = 0.0
        self._stages = StagesAtWork(
            session,
            inbox,
            self._recorder,
            self._executors,
            self._guard,
            self.projections,
            self._added,
        )

    # -- the session -------------------------------------------------------------------------------

    def run(self, retry: Callable[[CampaignState], list[TaskId]] | None) -> Outcome:
        for warning in self.config.warnings:
            log.warning(str(warning), extra=ALREADY_SHOWN)
        for notice in self.session.notices:
            log.warning(notice)
        control.receive(self.session.run_dir.control)  # requests made to an earlier session
        try:
            for notice in put_code_on_record(self.config, self.state, self._recorder.put):
                log.warning(notice)
            given_up = retry(self.state) if retry is not None else []
            begin_again(self.session, given_up)
            self._recorder.give_up(given_up)
            self.projections.kept_files.recover(given_up=bool(given_up))
            self.projections.open(changed=bool(given_up))
            self._run_stages()
            if self._stopping is None:
                self._executors.look_after_left_overs()
            outcome = self._stopping or stopping.completed(self.state)
        except OSError as error:
            if error.errno in (None, errno.EBADF, errno.EINVAL):
                self._defect(error)
                raise
            outcome = self._environment(environment_problem(error, self.session.run_dir.root))
        except EnvironmentProblem as problem:
            outcome = self._environment(problem)
        except BaseException as error:
            self._defect(error)
            raise
        return self._end(outcome)

    def _run_stages(self) -> None:
        """Run stage after stage, or several at once, and again as long as points are added to one
        that was over.
        """
        while True:
            for together in self._stages.groups():
                try:
                    self._stages.begin(together)
                    self._go_on()
                    while not self._are_over():
                        self._turn()
                finally:
                    self._stages.close()
                self._stopping = self._stopping or self._failed_sampler()
                if self._stopping is not None:
                    return
            if not self._added.wait():
                return

    def _are_over(self) -> bool:
        if self._aborted:
            return True
        if self._stopping is not None:
            return not self._dispatcher.in_flight
        return self._stages.are_over

    def _turn(self) -> None:
        """Wait for something to happen and deal with all that has."""
        arrived = self._inbox.wait(self._next_tick, several=len(self._dispatcher.in_flight) > 1)
        if self.session.lost_meanwhile():
            self._trouble(Trouble(LOCK_LOST))
        if self._lock_lost:
            return
        for item in arrived:
            self._take(item)
        self._heed(self._limits.enough(self._dispatcher))
        self._advance()
        self.journal.flush()
        if arrived:
            self._next_tick = min(self._next_tick, self._last_tick + _TICK)
            self._restless = _RESTLESS_TICKS
        now = time.monotonic()
        if now >= self._next_tick:
            self._tick(now)
        self._go_on()

    def _go_on(self) -> None:
        """Hand out what can run, as long as more can for it."""
        self._submit()
        while self._advance():
            self._submit()

    def _advance(self) -> bool:
        """Go on to what results have made possible; tell whether there is more to hand out."""
        if self._stopping is not None:
            return False
        failed = self._failed_sampler() if self._stages.sampler_has_failed else None
        if failed is not None:
            self._stop(failed)
            return False
        return self._stages.advance()

    def _submit(self) -> None:
        if self._stopping is None and self.state.paused_by is None and self._stages.runs:
            try:
                self._dispatcher.fill(self._stages.runs, self._guard.draw, self.journal.flush)
                self.projections.catch_up()
            except SamplerFailure as failure:
                log.error(str(failure), exc_info=None if failure.is_of_a_name else failure)
                self._sampler_failed = failure

    def _failed_sampler(self) -> Outcome | None:
        """Return how to stop for a sampler that has raised; None if none has."""
        if self._sampler_failed is None:
            return None
        return stopping.sampler_failed(
            self._sampler_failed,
            learned=self._stages.have_learned,
            later=len(self._stages.runs) > 1,
        )

    # -- results -----------------------------------------------------------------------------------

    def _take(self, item: Event) -> None:
        if isinstance(item, Result):
            if item.line.startswith(CONTINUES):  # of an executor that calls `run_task` itself
                self._dispatcher.came_back([item.id])
            elif self._dispatcher.arrived(item.id):
                self._finish(item)
        elif isinstance(item, Request):
            self._obey(item)
        elif isinstance(item, Note):
            self._recorder.put_note(item)
        elif isinstance(item, Returned):
            self._dispatcher.came_back(item.tasks)
        elif isinstance(item, Trouble):
            self._trouble(item)
        elif isinstance(item, NotWritten):
            self._writer.check()

    def _finish(self, result: Result) -> None:
        record = self._recorder.put_line(result.line)
        task = result.id
        failed = record["outcome"] != "ok"
        if failed and self._memory.takes(task, record):
            self._dispatcher.put(Ready(task, None))
            return
        batch = self.state.stages[task.depth].batches[task.batch]
        limit = self._limits.ended(failed=failed)
        if limit is not None:
            self._heed(limit)
        if failed:
            self.projections.failure(task, record)
        following = batch.next_step(task.sample, task.step + 1)
        if following is not None:
            row = record["row"] if following == task.step + 1 else None
            self._dispatcher.put(Ready(task._replace(step=following), row))
        elif task.step + 1 == len(batch.steps):
            self.projections.row(task, record["row"])
        self._stages.ended(task, batch, failed=failed)
        reason = self._guard.ended(task, record)
        if reason is not None:
            self._pause_for(reason)

    def _pause_for(self, reason: GuardRecord) -> None:
        """Begin nothing new until somebody says to go on, and stop where nobody is there to."""
        if self._stopping is None:
            self._recorder.put(reason)
            log.warning(f"paused: {reason['message']}", extra=ALREADY_SHOWN)
            self._dispatcher.recall()
            stop = self._guard.unanswered()
            if stop is None:
                self._alerts.tell("pause", reason["message"])
            self._heed(stop)

    # -- steering ----------------------------------------------------------------------------------

    def _obey(self, request: Request) -> None:
        log.info(f"{request.action} requested by {request.by}")
        self._recorder.put(ControlRecord(type="control", action=request.action, by=request.by))
        if request.action == "pause":
            self._dispatcher.recall()
        elif request.action == "continue":
            self._guard.go_on()
        elif request.action in ("drain", "abort"):
            self._stop(stopping.on_request(request))
            if request.action == "abort":
                self._abort()

    def _stop(self, outcome: Outcome) -> None:
        """Begin nothing new; what runs may finish."""
        if self._stopping is None or outcome.reason is EndReason.ABORTED:
            self._stopping = outcome
        self._dispatcher.recall()

    def _abort(self) -> None:
        self._aborted = True
        self._record_held(last=True)
        self._dispatcher.cancel()

    def _trouble(self, trouble: Trouble) -> None:
        if trouble.message == LOCK_LOST:
            self._lock_lost = True
            self._writer.abandon()
        if trouble.task is not None:
            self._dispatcher.arrived(trouble.task)
        if self._stopping is None or self._stopping.reason is not EndReason.ENVIRONMENT:
            log.error(trouble.message)
            outcome = stopping.in_trouble(trouble)
            if trouble.drain:
                self._stop(outcome)
            else:
                self._stopping = outcome
                self._abort()

    def _heed(self, limit: Outcome | None) -> None:
        """Stop where a limit is reached."""
        if limit is not None and self._stopping is None:
            log.log(
                logging.INFO if limit.code is ExitCode.COMPLETED else logging.ERROR, limit.message
            )
            self._stop(limit)

    # -- the clock ---------------------------------------------------------------------------------

    def _tick(self, now: float) -> None:
        self._restless = max(0, self._restless - 1)
        self._last_tick, self._next_tick = now, now + (_TICK if self._restless else _IDLE_TICK)
        self.journal.sync_if_due()
        self.projections.stopping = self._stopping is not None
        self.projections.live = self.live.last
        self.projections.tick(now)
        self._limits.budget.look_if_due(now)
        self._record_held()
        self._heed(self._guard.unanswered())
        if now >= self._next_poll:
            self._next_poll = now + _IDLE_TICK
            if self.journal.is_replaced():
                self._trouble(Trouble(LOCK_LOST))
                return
            self._pause.look_after(self.journal)
            seen = control.look(self.session.run_dir.control)
            for request in seen.requests:
                self._obey(request)
            if seen.points and self._stopping is None:
                self._stages.take_points()
            if seen.watched:
                self._executors.watched(control.WATCHED_FOR)
            self.live.straggling = self._stragglers.look(self._stages.runs)
            self.live.files = self._limits.budget.files
            self.live.canary = self._guard.canary_words()
            self.journal.flush()  # viewers are told of nothing that is not on record
            self.live.write(
                self.state,
                self._executors,
                self._dispatcher,
                self._stages.runs,
                self._stopping,
            )
            self._alerts.look(len(self._dispatcher.in_flight), self.live, self.projections.snapshot)

    def _record_held(self, *, last: bool = False) -> None:
        self._limits.cores.record(self._dispatcher.in_flight, self._recorder.put, last=last)

    # -- the end -----------------------------------------------------------------------------------

    def _environment(self, problem: EnvironmentProblem) -> Outcome:
        log.error(str(problem))
        self._abort()
        return Outcome(ExitCode.ENVIRONMENT, EndReason.ENVIRONMENT, str(problem))

    def _defect(self, error: BaseException) -> None:
        log.error("the supervisor stops because of a defect", exc_info=error)
        self._dispatcher.cancel()
        self._executors.close()

    def _end(self, outcome: Outcome) -> Outcome:
        if self._aborted and not self._lock_lost:
            self._session_end.hear_out(self._executors, self._take)
        self._executors.close()
        self._alerts.look_for_ended_stragglers()
        if not self._lock_lost and self.session.is_taken_over():
            self._trouble(Trouble(LOCK_LOST))
            outcome = self._stopping or outcome
        if self._lock_lost:  # the directory is somebody else's now
            self._session_end.abandon()
            return outcome
        return self._session_end.write_down(outcome, self._take, self._record_held)
