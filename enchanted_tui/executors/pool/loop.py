"""What a pool does, turn by turn: who runs what, since when, and what becomes of a task whose
worker dies.

Tasks go to a worker through a packet socket of which the pool also holds the receiving end: what a
worker has not read yet can be taken back exactly, so short tasks are handed out many in advance and
still no task ever waits behind a long one, and after a crash it is certain which task was running.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from enchanted_tui.executors.base import Deliver, JobEnds, Task, TaskContext, Trouble
from enchanted_tui.executors.job import job_here
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.calls import Call, Calls
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.continuing import Continuing
from enchanted_tui.executors.pool.delivery import Delivery
from enchanted_tui.executors.pool.outcomes import Outcomes
from enchanted_tui.executors.pool.pool_settings import PoolSettings
from enchanted_tui.executors.pool.run_time_limits import RunTimeLimits
from enchanted_tui.executors.pool.worker_death import died_early, too_large, trouble_of
from enchanted_tui.executors.pool.worker_group import WorkerGroup
from enchanted_tui.journal_lines import TaskId

log = logging.getLogger(__name__)

_START_ATTEMPTS = 3
_LONGEST_WAIT = 3600.0  #: seconds; the operating system takes no time-out beyond 24 days


class PoolLoop:
    """The loop of a pool. All methods but `command` belong to one thread: that of a `Pool`, or the
    only one of a process that has the loop to itself.
    """

    def __init__(
        self, settings: PoolSettings, context: TaskContext, deliver: Deliver, backlog: Backlog
    ) -> None:
        self._settings = settings
        self._deliver = deliver
        self.backlog = backlog
        self.delivery = Delivery(deliver, settings.job_ends)
        self._selector = selectors.DefaultSelector()
        self.workers = WorkerGroup(context, settings.starter, self._selector)
        self.continuing = Continuing(context.runners, settings.ends)
        self.calls = Calls(backlog, context.runners, settings.size)
        self.outcomes = Outcomes(
            settings,
            self.workers,
            self.calls,
            self.continuing,
            self.delivery,
            lambda: self._closing,
        )
        self.limits = RunTimeLimits(settings.timeout)
        self._failed_starts = 0
        self._commands: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._closing = False
        self._ended = False
        self._said_end = False  #: that the job ends too soon for what waits
        self._hopeless = False  #: workers die at their start: no more are started

    def prepare(self) -> None:
        """Make ready to start workers. Raises OSError."""
        self.workers.begin()
        self._selector.register(self._wake_read, selectors.EVENT_READ, "wake")

    def command(self, command: Callable[[], None]) -> None:
        """Have something done in the next turn; may be called from any thread."""
        self._commands.append(command)
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._wake_write, b"w")

    def close_descriptors(self) -> None:
        """Close what the thread was woken by, once it has ended."""
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)

    # -- commands ----------------------------------------------------------------------------------

    def add(self, tasks: Iterable[Task]) -> None:
        """Take tasks."""
        self.outcomes.held_back = False
        self.backlog.add(tasks)

    def take_back(self, only: Collection[TaskId] | None = None) -> list[TaskId]:
        """Take away what has not begun, or what of it is named; return whom. If it was all, what is
        to be continued is given back from now on, until there are tasks again.
        """
        self.outcomes.held_back = self.outcomes.held_back or only is None
        self._take_unread(self.workers)
        taken = self.calls.take(only)
        self.delivery.settled += len(taken)
        return taken

    def kill_all(self, submitted: int, *, believe_failures: bool) -> None:
        """End all workers and forget all tasks, so many as have been submitted."""
        if believe_failures:
            self._release_failures(due=False)
        self._closing = True
        self._take_unread(self.workers)
        self.calls.take()
        heard = self.continuing.end(self.workers)
        for worker in self.workers:
            if worker not in heard:
                self.workers.kill(worker)
        self.delivery.settled = submitted

    def hang_up(self) -> None:
        """Let workers end once they have nothing to do."""
        self._closing = True
        self.workers.hang_up()

    # -- the thread --------------------------------------------------------------------------------

    def run(self) -> None:
        """Be the thread."""
        try:
            self._start_workers()
            while not (self._closing and self._ended):
                self.turn()
        except Exception as error:  # noqa: BLE001 - the campaign is told
            self._deliver(trouble_of(self._settings.called, error))
        finally:
            self._release()
            self.workers.hang_up()

    def finish(self) -> None:
        """End all workers at once; what they had finished is delivered. After it there is no
        turn.
        """
        self._closing = True
        self.delivery.drop()
        self.workers.wait()
        for worker in self.workers:
            self._take_lines(worker, self.workers.drain(worker))
        self._release()
        self.close_descriptors()

    def turn(self, longest: float = math.inf) -> None:
        """Wait until something arrives or is due, at most `longest` seconds, and do what
        follows.
        """
        for key, _ in self._selector.select(self._until_something(longest)):
            if key.data == "wake":
                os.read(self._wake_read, 4096)
            elif key.data == "starter":
                self._hear_starter()
            # it may have been forgotten in this very turn
            elif self.workers.get(key.data.number) is not None:
                self._take_lines(key.data, self.workers.read(key.data))
        while self._commands:
            self._commands.popleft()()
        for task, why in self.backlog.take_too_large():
            self.delivery.take_at_once(too_large(task, self.workers.context, why))
        if self.continuing.ending:
            self._wait_for_checkpoints()
        elif not self._closing:
            self._enforce_limits()
            self._release_failures()
            self.continuing.tell_due(self.workers)
        if not self._closing and not self.continuing.ending:
            self._start_workers()
            self._hand_out()
            self._end_if_nothing_may_begin()

    def _until_something(self, longest: float) -> float | None:
        """Return for how many seconds there is nothing to do unless something arrives."""
        if self._closing and not self.continuing.ending:
            return None
        left = min(longest, self.delivery.seconds_left(), self.backlog.look_again())
        left = min(left, self.continuing.seconds_left(self.workers))
        if self.limits:
            due = (self.limits.due(worker) for worker in self.workers if worker.running)
            left = min(left, min(due, default=math.inf) - time.monotonic())
        return None if left == math.inf else min(max(0.0, left), _LONGEST_WAIT)

    def _release(self) -> None:
        for worker in self.workers:
            self.workers.forget(worker)
        with contextlib.suppress(Exception):
            self._selector.close()

    # -- handing out -------------------------------------------------------------------------------

    def _start_workers(self) -> None:
        """Start as many workers as are wanted, also for those that have died."""
        if not self._hopeless:
            size, could_begin = self._settings.size, self.backlog.could_begin()
            for _ in range(self.workers.missing(size, could_begin)):
                self.workers.spawn()

    def _hand_out(self) -> None:
        if not self.backlog:
            self._relieve_stragglers()
        ready = sorted(
            (worker for worker in self.workers if worker.ready and worker.killed_for is None),
            key=lambda worker: len(worker.assigned),
        )
        for level in range(1 + self.backlog.ahead()):
            for worker in ready:
                if len(worker.assigned) <= level and not self._give_next(worker):
                    return

    def _end_if_nothing_may_begin(self) -> None:
        """Say so, once, where nothing runs and the job ends too soon for all that waits."""
        why = None if self._said_end or self.workers.busy() else self.backlog.why_not()
        if why is not None:
            self._said_end = True
            self._deliver(JobEnds(why, drain=True))

    def _give_next(self, worker: WorkerChannel) -> bool:
        """Return a worker the next call, if its queue takes it; tell whether there was any."""
        call = self.calls.next(full=bool(worker.assigned))
        if call is None:
            return False
        if not worker.send(call):
            self.calls.put_back([call])
        elif len(worker.assigned) == 1:
            self._note_begin(worker)
        return True

    def _note_begin(self, worker: WorkerChannel) -> None:
        worker.started_next()
        if worker.assigned and not self._closing:
            for task in worker.assigned[0].left:
                self._settings.on_begin(task)

    def _relieve_stragglers(self) -> None:
        """Where workers are idle, take back what waits unread behind others' running tasks."""
        if any(worker.idle for worker in self.workers):
            self._take_unread(worker for worker in self.workers if len(worker.assigned) > 1)

    def _take_unread(self, workers: Iterable[WorkerChannel]) -> None:
        for worker in workers:
            self.calls.put_back(worker.take_unread())

    # -- results -----------------------------------------------------------------------------------

    def _take_lines(self, worker: WorkerChannel, lines: Iterable[bytes]) -> None:
        for line in lines:
            if worker.takes_note(line):
                self._failed_starts = 0
            elif self.outcomes.take(worker, line):
                self._note_begin(worker)

    def _release_failures(self, *, due: bool = True) -> None:
        if not self.delivery.release(due=due):
            self._ended_by_others()

    def _job_is_ending(self) -> None:
        self._closing = True
        self.delivery.job_is_ending()

    # -- time limits and deaths --------------------------------------------------------------------

    def _enforce_limits(self) -> None:
        if not self.limits:
            return
        now = time.monotonic()
        for worker in self.workers:
            if worker.running and now >= self.limits.due(worker):
                self._take_unread([worker])
                if worker.assigned:
                    self._kill(worker)

    def _kill(self, worker: WorkerChannel) -> None:
        """End a worker for the sake of the call that it runs."""
        worker.killed_for = worker.assigned[0]
        worker.straggles = self.limits.straggler_limit(worker.killed_for.left[0].id)
        self.workers.kill(worker)

    def _hear_starter(self) -> None:
        message = self.workers.hear()
        if message is None:
            self._starter_is_gone()
            return
        worker = self.workers.get(message.get("id", 0))
        if message.get("op") == "terminated":
            self._terminated()
        elif message.get("op") == "notice":
            self.continuing.tell_all(self.workers)
            self._settings.on_notice()
        elif worker is None:
            return
        elif message["op"] == "spawned":
            worker.pid = message["pid"]
        elif message["op"] == "exit":
            self._worker_died(worker, message)

    def _terminated(self) -> None:
        """Somebody has asked the starter to end: whoever ends the job asks all its processes."""
        self.delivery.drop()
        if job_here() and not self._closing:
            self._ended_by_others()

    def _ended_by_others(self) -> None:
        """The job is being ended: give samples that are continued time for a checkpoint."""
        if not (self._settings.owns_job and self.continuing.end(self.workers)):
            self._job_is_ending()

    def _wait_for_checkpoints(self) -> None:
        """Everything is being ended: go on with it once the samples are done that have been told,
        or have had their time.
        """
        if not self.continuing.has_ended(self.workers):
            return
        if not self._closing:
            self.delivery.drop()
            self._job_is_ending()
        else:
            for worker in self.workers:
                if worker.assigned:
                    self.workers.kill(worker)

    def _worker_died(self, worker: WorkerChannel, message: Mapping[str, Any]) -> None:
        self._take_lines(worker, self.workers.drain(worker))
        waiting = worker.take_unread()
        self.workers.forget(worker)
        if self._closing:
            return
        self.calls.put_back(waiting)
        if worker.assigned:
            call = worker.assigned.popleft()
            self.backlog.release(call.first)
            self.outcomes.bury(worker, call, message)
            self.continuing.forget(call.first)
        elif not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _START_ATTEMPTS + self._settings.max_retries:
                self._hopeless = True
                called, scratch = self._settings.called, self.workers.scratch
                self._deliver(died_early(called, worker, scratch, message["status"]))

    def _starter_is_gone(self) -> None:
        """All workers died with their starter: infrastructure, so the tasks they held run again."""
        if self._closing:
            self._ended = True
            return
        self._failed_starts += 1
        how = self.workers.bury_starter()
        held: list[tuple[WorkerChannel, Call]] = []
        for worker in self.workers:
            self._take_lines(worker, self.workers.drain(worker))
            self._take_unread([worker])
            held.extend((worker, call) for call in worker.assigned)
            self.workers.forget(worker)
        for worker, call in held:
            self.outcomes.run_again(worker, call)
        if self._failed_starts > _START_ATTEMPTS + self._settings.max_retries:
            what = f"the process that starts {self._settings.called} keeps dying: it {how}"
            self._deliver(Trouble(what))
            self._ended = self._hopeless = True
            return
        log.warning(f"the process that starts {self._settings.called} {how}; starting another one")
        self.workers.discard_starter()
        self.workers.begin()
