"""The pool of local workers: who runs what, since when, and what becomes of a task whose worker
dies.

One thread owns everything here. Tasks go to a worker through a packet socket of which the
supervisor also holds the receiving end: what a worker has not read yet can be taken back exactly,
so short tasks are handed out many in advance and still no task ever waits behind a long one, and
after a crash it is certain which task was running.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import math
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.base import (
    Deliver,
    JobEnds,
    Result,
    Task,
    TaskContext,
    Trouble,
    WorkerInfo,
)
from enchanted_tui.executors.ends.hold import Hold, patience_with
from enchanted_tui.executors.job import job_here
from enchanted_tui.executors.local.channel import WorkerChannel
from enchanted_tui.executors.local.unfinished import died_early, failure_of, trouble_of
from enchanted_tui.executors.local.warden_process import WardenProcess
from enchanted_tui.executors.local.worker import TROUBLE
from enchanted_tui.executors.verdict import ending, timed_out
from enchanted_tui.journal_lines import TaskId

log = logging.getLogger(__name__)

_AHEAD_SECONDS = 0.02  #: how much work a worker is given in advance
_MAX_AHEAD = 64
_START_ATTEMPTS = 3
_LONGEST_END = 70.0  #: seconds for workers to end, with job steps that SLURM has to end
_LONGEST_WAIT = 3600.0  #: seconds; the operating system takes no time-out beyond 24 days


class Pool:
    """Local workers behind one thread."""

    def __init__(
        self,
        size: int,
        timeout: float | None,
        max_retries: int,
        context: TaskContext,
        deliver: Deliver,
        environment: Mapping[str, str],
        job_ends: Callable[[], bool] | None = None,
    ) -> None:
        """`job_ends` tells whether the job that we are in is at its end; it is asked when samples
        fail.
        """
        self._size = size
        self._timeout = timeout
        self._max_retries = max_retries
        self._context: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(context)))
        self._deliver = deliver
        self._environment = environment
        self._job_ends = job_ends
        self._on_hold: Hold[Result] = Hold()
        self._workers: dict[int, WorkerChannel] = {}
        self._backlog: deque[Task] = deque()
        self._taken = 0  #: tasks taken so far; only the supervisor's thread counts them
        #: of those, tasks delivered, taken back or given up; only the pool's thread counts them
        self._settled = 0
        self._numbers = 0
        self._failed_starts = 0
        self._mean_runtime = 0.0  #: running mean over recent tasks, seconds; 0 before the first
        self._commands: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._selector = selectors.DefaultSelector()
        self._closing = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="local-executor", daemon=True)

    # -- called by the supervisor ------------------------------------------------------------------

    def start(self) -> None:
        self._start_warden()
        self._selector.register(self._wake_read, selectors.EVENT_READ, "wake")
        self._thread.start()

    def capacity(self) -> int:
        """How many more tasks keep all workers busy until the supervisor looks again."""
        return 2 * self._size * (1 + self._ahead()) - (self._taken - self._settled)

    def submit(self, tasks: Sequence[Task]) -> None:
        self._taken += len(tasks)
        self._command(lambda: self._backlog.extend(tasks))

    def recall(self) -> list[TaskId]:
        """Take back the tasks that have not started; nothing is delivered for them."""
        taken: list[TaskId] = []
        done = threading.Event()

        def take_back() -> None:
            taken.extend(task.id for task in self._backlog)
            self._backlog.clear()
            for worker in self._workers.values():
                taken.extend(task.id for task in worker.take_unread())
            self._settled += len(taken)
            done.set()

        self._command(take_back)
        while not done.wait(0.5):
            if not self._thread.is_alive():
                break
        return taken

    def cancel(self) -> None:
        """Kill all workers and forget all tasks."""

        def kill_all() -> None:
            self._deliver_failures(self._on_hold.take(due=False))
            self._closing = True
            self._backlog.clear()
            for worker in self._workers.values():
                self._warden.kill(worker)
            self._settled = self._taken

        self._command(kill_all)

    def close(self) -> None:
        def stop() -> None:
            self._closing = True
            self._warden.end()
            for worker in self._workers.values():
                worker.hang_up()

        self._command(stop)
        self._thread.join(timeout=_LONGEST_END)
        self._warden.wait()
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)

    def workers(self) -> list[WorkerInfo]:
        host = socket.gethostname()
        return [worker.shown(host) for worker in list(self._workers.values())]

    # -- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            for _ in range(self._size):
                self._spawn()
            while not (self._closing and self._ended):
                self._turn()
        except Exception as error:  # noqa: BLE001 - the campaign is told
            self._deliver(trouble_of(error))
        finally:
            self._release()

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._until_something()):
            if key.data == "wake":
                os.read(self._wake_read, 4096)
            elif key.data == "warden":
                self._hear_warden()
            elif key.data.number in self._workers:  # it may have been forgotten in this very turn
                self._read_results(key.data)
        while self._commands:
            self._commands.popleft()()
        if not self._closing:
            self._enforce_time_limit()
            self._deliver_failures(self._on_hold.take())
            self._hand_out()

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._wake_write, b"w")

    def _release(self) -> None:
        for worker in list(self._workers.values()):
            self._forget(worker)
        self._warden.end()
        with contextlib.suppress(Exception):
            self._selector.close()

    # -- handing out -------------------------------------------------------------------------------

    def _ahead(self) -> int:
        """How many tasks a worker holds besides the one it runs."""
        if not self._mean_runtime:
            return 1
        return max(1, min(_MAX_AHEAD, int(_AHEAD_SECONDS / self._mean_runtime)))

    def _hand_out(self) -> None:
        ahead = self._ahead()
        if self._backlog:
            ready = sorted(
                (worker for worker in self._workers.values() if worker.ready),
                key=lambda worker: len(worker.assigned),
            )
            for level in range(1 + ahead):
                for worker in ready:
                    if not self._backlog:
                        return
                    if (
                        len(worker.assigned) <= level
                        and worker.killed_for is None
                        and worker.send(self._backlog[0])
                    ):
                        self._backlog.popleft()
        else:
            self._relieve_stragglers()

    def _relieve_stragglers(self) -> None:
        """Give idle workers what waits unread behind somebody's running task."""
        idle = [worker for worker in self._workers.values() if worker.idle]
        if not idle:
            return
        for worker in self._workers.values():
            if len(worker.assigned) > 1:
                self._backlog.extend(worker.take_unread())
        for worker in idle:
            if self._backlog and worker.send(self._backlog[0]):
                self._backlog.popleft()
        if self._backlog:
            self._hand_out()

    # -- results -----------------------------------------------------------------------------------

    def _read_results(self, worker: WorkerChannel) -> bool:
        """Take the results that have arrived; False if there were none."""
        lines = worker.read_lines()
        if lines is None:  # the worker has gone: the warden's notice follows
            self._selector.unregister(worker.results)
            return False
        for line in lines:
            self._take_line(worker, line)
        return bool(lines)

    def _take_line(self, worker: WorkerChannel, line: bytes) -> None:
        if worker.takes_note(line):
            self._failed_starts = 0
            return
        task = worker.assigned.popleft()
        now = time.monotonic()
        elapsed = now - worker.since
        self._mean_runtime = (
            elapsed if not self._mean_runtime else 0.95 * self._mean_runtime + 0.05 * elapsed
        )
        worker.started_next()
        trouble = line.startswith(TROUBLE)
        self._settle(
            Trouble(values.decode(line[1:]), task.id) if trouble else Result(task.id, line)
        )

    def _settle(self, ended: Result | Trouble) -> None:
        """Deliver how a task has ended, unless it may be the end of the whole job that shows."""
        patience = (
            patience_with(ended.line, thorough=self._job_ends is not None)
            if isinstance(ended, Result)
            else 0.0
        )
        if isinstance(ended, Result) and patience:
            self._on_hold.add(ended, patience)
        else:
            self._settled += 1
            self._deliver(ended)

    def _deliver_failures(self, failures: Sequence[Result]) -> None:
        """Deliver what has been held back and turns out to be the samples' own failure."""
        if failures and self._job_ends is not None and self._job_ends():
            self._job_is_ending()
            return
        for failure in failures:
            self._settled += 1
            self._deliver(failure)

    def _job_is_ending(self) -> None:
        """Whoever ends the job ends what runs here: no sample has failed, and nothing more is
        begun.
        """
        self._on_hold.take(due=False)
        self._closing = True
        self._deliver(
            JobEnds(
                f"job {job_here()} is being ended, by its time limit or by hand; what was running"
                " is run again"
            )
        )

    # -- time limits and deaths --------------------------------------------------------------------

    def _until_something(self) -> float | None:
        if self._closing:
            return None
        left = self._on_hold.seconds_left()
        running = [worker.since for worker in self._workers.values() if worker.running]
        if self._timeout is not None and running:
            left = min(left, min(running) + self._timeout - time.monotonic())
        return None if left == math.inf else min(max(0.0, left), _LONGEST_WAIT)

    def _enforce_time_limit(self) -> None:
        if self._timeout is None:
            return
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.running and now - worker.since >= self._timeout:
                self._backlog.extendleft(reversed(worker.take_unread()))
                if worker.assigned:
                    worker.killed_for = worker.assigned[0].id
                    self._warden.kill(worker)

    def _hear_warden(self) -> None:
        message = self._warden.hear()
        if message is None:
            self._warden_is_gone()
            return
        worker = self._workers.get(message.get("id", 0))
        if message.get("op") == "terminated":
            self._terminated()
        elif worker is None:
            return
        elif message["op"] == "spawned":
            worker.pid = message["pid"]
        elif message["op"] == "exit":
            self._worker_died(worker, message)

    def _terminated(self) -> None:
        """Somebody has asked the warden to end: whoever ends the job asks all its processes."""
        if job_here() and not self._closing:
            self._job_is_ending()
        self._on_hold.take(due=False)

    def _worker_died(self, worker: WorkerChannel, message: Mapping[str, Any]) -> None:
        self._drain(worker)
        waiting = worker.take_unread()
        self._forget(worker)
        if self._closing:
            return
        self._backlog.extendleft(reversed(waiting))
        if worker.assigned:
            self._bury(worker, worker.assigned.popleft(), message)
        elif not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _START_ATTEMPTS + self._max_retries:
                self._deliver(died_early(worker, self._warden.scratch, message["status"]))
                return
        self._spawn()

    def _drain(self, worker: WorkerChannel) -> None:
        """Take what a dead worker had sent."""
        while worker.results in self._selector.get_map() and self._read_results(worker):
            pass

    def _bury(self, worker: WorkerChannel, task: Task, message: Mapping[str, Any]) -> None:
        """Deliver what killed a worker as the failure of the task it ran."""
        if worker.killed_for is not None and worker.killed_for != task.id:
            # its time-limited predecessor finished just before the blow fell
            self._backlog.appendleft(task)
            return
        if worker.killed_for is None and message["asked"]:  # by somebody else
            self._run_again(worker, task)
            return
        if worker.killed_for is None:
            self._settle(failure_of(worker, task, *self._where, *ending(message["status"])))
            return
        assert self._timeout is not None
        self._settled += 1
        self._deliver(
            failure_of(worker, task, *self._where, *timed_out(self._timeout, message["left"]))
        )

    def _run_again(self, worker: WorkerChannel, task: Task) -> None:
        """Let a task whose worker was lost through no fault of its own wait again, or give it up."""
        if task.attempt < self._max_retries:
            self._backlog.appendleft(dataclasses.replace(task, attempt=task.attempt + 1))
            return
        self._settled += 1
        self._deliver(
            failure_of(
                worker, task, *self._where, "lost", f"its worker was lost {task.attempt + 1} times"
            )
        )

    def _warden_is_gone(self) -> None:
        """All workers died with the warden: infrastructure, so the tasks they held run again."""
        self._selector.unregister(self._warden.control)
        if self._closing:
            self._ended = True
            return
        self._failed_starts += 1
        how = self._warden.bury()
        held: list[tuple[WorkerChannel, Task]] = []
        for worker in list(self._workers.values()):
            self._drain(worker)
            self._backlog.extend(worker.take_unread())
            held.extend((worker, task) for task in worker.assigned)
            self._forget(worker)
        for worker, task in held:
            self._run_again(worker, task)
        if self._failed_starts > _START_ATTEMPTS + self._max_retries:
            self._deliver(Trouble(f"the process that starts local workers keeps dying: it {how}"))
            self._ended = True
            return
        log.warning(f"the process that starts local workers {how}; starting another one")
        self._warden.discard()
        self._start_warden()
        for _ in range(self._size):
            self._spawn()

    # -- workers -----------------------------------------------------------------------------------

    def _start_warden(self) -> None:
        self._warden = WardenProcess(self._context, self._environment)
        self._where = self._context, self._warden.scratch
        self._selector.register(self._warden.control, selectors.EVENT_READ, "warden")

    def _spawn(self) -> None:
        self._numbers += 1
        worker = WorkerChannel(self._numbers, self._warden.scratch)
        self._workers[worker.number] = worker
        self._warden.spawn(worker)
        self._selector.register(worker.results, selectors.EVENT_READ, worker)

    def _forget(self, worker: WorkerChannel) -> None:
        self._workers.pop(worker.number, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.results)
        worker.close()
