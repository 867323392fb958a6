"""What becomes of the tasks of a call: they have a result, wait again, are continued elsewhere, or
have failed.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.base import Result, Task, Trouble
from enchanted_tui.executors.many import AGAIN, LATER
from enchanted_tui.executors.passing_errors import patience_of
from enchanted_tui.executors.pool.calls import Call, Calls
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.continuing import Continuing
from enchanted_tui.executors.pool.delivery import Delivery
from enchanted_tui.executors.pool.outages import Outages
from enchanted_tui.executors.pool.pool_settings import PoolSettings
from enchanted_tui.executors.pool.worker import OUTAGE
from enchanted_tui.executors.pool.worker_death import failure_of
from enchanted_tui.executors.pool.worker_group import WorkerGroup
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.executors.task_end import ending, straggled, timed_out

log = logging.getLogger(__name__)

_RECORD = b"{"  #: begins the line of a result; whatever else a worker says begins otherwise


class Outcomes:
    """Decides it for a pool, in its thread."""

    def __init__(
        self,
        settings: PoolSettings,
        workers: WorkerGroup,
        calls: Calls,
        continuing: Continuing,
        delivery: Delivery,
        closing: Callable[[], bool],
    ) -> None:
        """`closing`: whether the pool is being ended, so that nobody waits for what has no
        result.
        """
        self._settings, self._workers, self._calls = settings, workers, calls
        self._continuing, self._delivery, self._closing = continuing, delivery, closing
        self._outages = Outages(patience_of(workers.context))
        self.held_back = False  #: nothing begins, not even what has begun before

    def take(self, worker: WorkerChannel, line: bytes) -> bool:
        """Take what a worker says of the call that it runs; tell whether that has ended."""
        call = worker.assigned[0]
        goes_on = self._continuing.goes_on(call.first, line)
        if line.startswith(_RECORD) and not goes_on:
            self._delivery.take(Result(call.left.popleft().id, line))
        elif line.startswith(OUTAGE) and self._outages.bears(call.first.id):
            goes_on = True
            self._run_later(call, values.decode(line[1:]))
        elif goes_on:
            self._continue(call.left.popleft())
        elif line == LATER:
            call.left.rotate(-1)  # behind those that are still to have a result
        elif line.startswith(AGAIN):
            self._divide(call, values.decode(line[1:]))
        else:  # TROUBLE, or OUTAGE too often
            while call.left:
                self._delivery.take(Trouble(values.decode(line[1:]), call.left.popleft().id))
        worker.heard = time.monotonic()
        if call.left:
            return False
        worker.assigned.popleft()
        if not goes_on:
            self._calls.backlog.ran(call.first, worker.heard - worker.since)
        self._continuing.forget(call.first)
        return True

    def bury(self, worker: WorkerChannel, call: Call, message: Mapping[str, Any]) -> None:
        """Deliver what killed a worker as the failure of the task it ran; of several, find out by
        running them again which one it was.
        """
        task, timeout = call.left[0], self._settings.timeout
        if worker.killed_for is not None and worker.killed_for is not call:
            # its time-limited predecessor finished just before the blow fell
            self._calls.put_back([call])
        elif worker.killed_for is None and self._continuing.is_told(task):
            self._continue(task)
        elif worker.killed_for is None and message["asked"]:  # by somebody else
            self.run_again(worker, call)
        elif len(call.left) > 1:
            kind, why = self._why_died(message["status"]) or ending(message["status"])
            self._divide(call, f"{kind}: {why}" if worker.killed_for is None else "its time is up")
        elif worker.killed_for is not None:
            ended = _out_of_time(worker.straggles, timeout, message["left"])
            self._delivery.take_at_once(self._failure(worker, task, *ended))
        else:
            known = self._why_died(message["status"])
            if known is None and self._continuing.concerns(task):
                self.run_again(worker, call)
            else:
                ended = known or ending(message["status"])
                self._delivery.take(self._failure(worker, task, *ended))

    def _divide(self, call: Call, why: str) -> None:
        """Have those of a call that have no result run again, in halves."""
        log.info(
            f"{len(call.left)} of {call.size} samples of a call, which begins with"
            f" {call.first.id.name}, run again in halves: {why}"
        )
        self._calls.divide(call)
        call.left.clear()

    def _run_later(self, call: Call, why: str) -> None:
        """Have those of a call that have no result run again: the file system had failed."""
        log.info(f"{len(call.left)} of {call.size} samples of a call run again: {why}")
        if not self.held_back:
            self._calls.put_back([call])
            call.left.clear()
        while call.left:
            self._continue(call.left.popleft())

    def _why_died(self, status: int) -> tuple[str, str] | None:
        """Return kind and reason of a failure by the wait status of its worker; None where somebody
        has killed it (SIGKILL), and nobody knows why.
        """
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return self._settings.why_killed() if killed else ending(status)

    def _failure(self, worker: WorkerChannel, task: Task, kind: str, why: str) -> Result | Trouble:
        context, scratch = self._workers.context, self._workers.scratch
        return failure_of(worker, task, context, scratch, kind, why)

    def run_again(self, worker: WorkerChannel, call: Call) -> None:
        """Let tasks whose worker was lost through no fault of their own wait again, or give them
        up.
        """
        again = []
        for task in call.left:
            lost = task.attempt - task.first_attempt
            if lost < self._continuing.most_retries(task, self._settings.max_retries):
                again.append(dataclasses.replace(task, attempt=task.attempt + 1))
            else:
                why = f"its worker was lost {lost + 1} times"
                self._delivery.take(self._failure(worker, task, "lost", why))
        self._calls.backlog.put_back(again)

    def _continue(self, task: Task) -> None:
        """A sample is not done: it goes on here, or, where this ends, elsewhere."""
        if not (self.held_back or self._continuing.is_told(task)):
            self._calls.backlog.put_back([task])
        elif not self._closing():
            self._calls.backlog.release(task)
            self._delivery.give_back(task)


def _out_of_time(
    straggles: RunTimeLimit | None, timeout: float | None, left: Sequence[str]
) -> tuple[str, str]:
    """Return kind and reason of the failure of a task that has had its time; `left`: what could not
    be ended.
    """
    if straggles is not None:
        return straggled(straggles.seconds, straggles.usual, left)
    assert timeout is not None
    return timed_out(timeout, left)
