"""The pool of local workers: who runs what, since when, and what becomes of a task whose worker dies.

One thread owns everything here. Tasks go to a worker through a packet socket of which the supervisor also holds the receiving end:
what a worker has not read yet can be taken back exactly, so short tasks are handed out many in advance and still no task ever waits
behind a long one, and after a crash it is certain which task was running.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enchanted_tui import values
from enchanted_tui.executors.base import Deliver, Result, Task, TaskContext, TaskId, Trouble, WorkerInfo
from enchanted_tui.executors.local.warden import MARK_VARIABLE, capture_files, kill_marked, mark_prefix
from enchanted_tui.executors.local.worker import MAX_MESSAGE, READY, SPOOLED, TROUBLE, collect_output, content
from enchanted_tui.executors.task import fail_task, task_message

log = logging.getLogger(__name__)

_AHEAD_SECONDS = 0.02  #: how much work a worker is given in advance
_MAX_AHEAD = 64
_START_ATTEMPTS = 3
_BOOTSTRAP = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); from enchanted_tui.executors.local.warden import main; main(int(sys.argv[1]))"
)


class _Worker:
    """One worker as the pool sees it."""

    __slots__ = (
        "assigned",
        "buffer",
        "killed_for",
        "number",
        "pid",
        "queued_end",
        "ready",
        "result_fd",
        "since",
        "since_epoch",
        "task_socket",
    )

    def __init__(self, number: int, task_socket: socket.socket, queued_end: socket.socket, result_fd: int) -> None:
        self.number = number
        self.task_socket = task_socket
        self.queued_end = queued_end  #: the receiving end: packets the worker has not read can be taken back from it
        self.result_fd = result_fd
        self.pid = 0
        self.ready = False
        self.assigned: deque[Task] = deque()  #: in the order in which the worker reads them; the first one runs
        self.buffer = b""
        self.since = 0.0  #: monotonic time at which the first assigned task started
        self.since_epoch = 0.0
        self.killed_for: TaskId | None = None

    def started_next(self) -> None:
        self.since, self.since_epoch = time.monotonic(), time.time()


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
    ) -> None:
        self._size = size
        self._timeout = timeout
        self._max_retries = max_retries
        self._context: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(context)))
        self._deliver = deliver
        self._environment = environment
        self._workers: dict[int, _Worker] = {}
        self._backlog: deque[Task] = deque()
        self._taken = 0  #: tasks taken so far; only the supervisor's thread counts them
        self._settled = 0  #: of those, tasks delivered, taken back or given up; only the pool's thread counts them
        self._numbers = 0
        self._failed_starts = 0
        self._mean_runtime = 0.0  #: running mean over recent tasks, seconds; 0 before the first
        self._commands: deque[Callable[[], None]] = deque()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._selector = selectors.DefaultSelector()
        self._closing = False
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="local-executor", daemon=True)

    # -- called by the supervisor ---------------------------------------------------------------------------------------

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
                taken.extend(task.id for task in self._take_unread(worker))
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
            self._closing = True
            self._backlog.clear()
            for worker in self._workers.values():
                self._tell_warden({"op": "kill", "id": worker.number})
            self._settled = self._taken

        self._command(kill_all)

    def close(self) -> None:
        def stop() -> None:
            self._closing = True
            self._tell_warden({"op": "close"})
            for worker in self._workers.values():
                worker.task_socket.close()

        self._command(stop)
        self._thread.join(timeout=20)
        try:
            self._warden.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._warden.kill()
            self._warden.wait()
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def workers(self) -> list[WorkerInfo]:
        host = socket.gethostname()
        shown = []
        for worker in list(self._workers.values()):
            task = worker.assigned[0].id.name if worker.assigned and worker.ready else None
            shown.append(WorkerInfo(f"local-{worker.number}", host, worker.pid, task, worker.since_epoch if task else None))
        return shown

    # -- the thread -------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            for _ in range(self._size):
                self._spawn()
            while not (self._closing and self._broken):
                self._turn()
        except Exception as error:
            log.exception("the local executor failed")
            self._deliver(Trouble(f"the local executor failed: {error!r}; this is a defect of the program"))
        finally:
            self._release()

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._until_deadline()):
            if key.data == "wake":
                os.read(self._wake_read, 4096)
            elif key.data == "warden":
                self._hear_warden()
            else:
                self._read_results(key.data)
        while self._commands:
            self._commands.popleft()()
        if not self._closing:
            self._enforce_time_limit()
            self._hand_out()

    def _command(self, command: Callable[[], None]) -> None:
        self._commands.append(command)
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._wake_write, b"w")

    def _release(self) -> None:
        for worker in list(self._workers.values()):
            self._forget(worker)
        with contextlib.suppress(Exception):
            self._selector.close()
        with contextlib.suppress(OSError):
            self._control.close()

    # -- handing out --------------------------------------------------------------------------------------------------------

    def _ahead(self) -> int:
        """How many tasks a worker holds besides the one it runs."""
        if not self._mean_runtime:
            return 1
        return max(1, min(_MAX_AHEAD, int(_AHEAD_SECONDS / self._mean_runtime)))

    def _hand_out(self) -> None:
        ahead = self._ahead()
        if self._backlog:
            ready = sorted((worker for worker in self._workers.values() if worker.ready), key=lambda worker: len(worker.assigned))
            for level in range(1 + ahead):
                for worker in ready:
                    if not self._backlog:
                        return
                    if len(worker.assigned) <= level and worker.killed_for is None and not self._send(worker, self._backlog[0]):
                        continue
        else:
            self._relieve_stragglers()

    def _send(self, worker: _Worker, task: Task) -> bool:
        """Send the first task of the backlog; False if the worker's queue is full."""
        packet = values.encode(task_message(task)).encode("ascii")
        if len(packet) > MAX_MESSAGE:
            packet = self._spool(packet)
        try:
            worker.task_socket.send(packet)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return False
        self._backlog.popleft()
        if not worker.assigned:
            worker.started_next()
        worker.assigned.append(task)
        return True

    def _relieve_stragglers(self) -> None:
        """Give idle workers what waits unread behind somebody's running task."""
        idle = [worker for worker in self._workers.values() if worker.ready and not worker.assigned]
        if not idle:
            return
        for worker in self._workers.values():
            if len(worker.assigned) > 1:
                self._backlog.extend(self._take_unread(worker))
        for worker in idle:
            if self._backlog:
                self._send(worker, self._backlog[0])
        if self._backlog:
            self._hand_out()

    def _take_unread(self, worker: _Worker) -> list[Task]:
        """Take back the packets that a worker has not read. It may read one between two of ours, so each says which task it was."""
        unread = set()
        with contextlib.suppress(BlockingIOError, OSError):
            while packet := worker.queued_end.recv(MAX_MESSAGE + 1, socket.MSG_DONTWAIT):
                unread.add(TaskId(*values.decode(content(packet))["task"]))
        taken = [task for task in worker.assigned if task.id in unread]
        worker.assigned = deque(task for task in worker.assigned if task.id not in unread)
        return taken

    def _spool(self, packet: bytes) -> bytes:
        descriptor, path = tempfile.mkstemp(dir=self._scratch)
        with os.fdopen(descriptor, "wb") as spooled:
            spooled.write(packet)
        return SPOOLED + path.encode()

    # -- results ------------------------------------------------------------------------------------------------------------

    def _read_results(self, worker: _Worker) -> None:
        try:
            data = os.read(worker.result_fd, 1 << 18)
        except BlockingIOError:
            return
        if not data:  # the worker has gone: the warden's notice follows
            self._selector.unregister(worker.result_fd)
            return
        if worker.buffer:
            data = worker.buffer + data
        end = data.rfind(b"\n") + 1
        worker.buffer = data[end:]
        for line in data[:end].splitlines(keepends=True):
            self._take_line(worker, line)

    def _take_line(self, worker: _Worker, line: bytes) -> None:
        if line == READY:
            worker.ready = True
            self._failed_starts = 0
            return
        task = worker.assigned.popleft()
        now = time.monotonic()
        elapsed = now - worker.since
        self._mean_runtime = elapsed if not self._mean_runtime else 0.95 * self._mean_runtime + 0.05 * elapsed
        worker.started_next()
        self._settled += 1
        if line.startswith(TROUBLE):
            self._deliver(Trouble(values.decode(line[1:]), task.id))
        else:
            self._deliver(Result(task.id, line))

    # -- time limits and deaths -----------------------------------------------------------------------------------------------

    def _until_deadline(self) -> float | None:
        if self._timeout is None or self._closing:
            return None
        running = [worker.since for worker in self._workers.values() if worker.assigned and worker.ready and worker.killed_for is None]
        return max(0.0, min(running) + self._timeout - time.monotonic()) if running else None

    def _enforce_time_limit(self) -> None:
        if self._timeout is None:
            return
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.assigned and worker.ready and worker.killed_for is None and now - worker.since >= self._timeout:
                self._backlog.extendleft(reversed(self._take_unread(worker)))
                if worker.assigned:
                    worker.killed_for = worker.assigned[0].id
                    self._tell_warden({"op": "kill", "id": worker.number})

    def _hear_warden(self) -> None:
        try:
            data = self._control.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._warden_is_gone()
            return
        message = json.loads(data)
        worker = self._workers.get(message["id"])
        if worker is None:
            return
        if message["op"] == "spawned":
            worker.pid = message["pid"]
        elif message["op"] == "exit":
            self._worker_died(worker, message["status"])

    def _worker_died(self, worker: _Worker, status: int) -> None:
        self._drain(worker)
        waiting = self._take_unread(worker)
        ready = worker.ready
        self._forget(worker)
        if self._closing:
            return
        self._backlog.extendleft(reversed(waiting))
        if worker.assigned:
            self._bury(worker, worker.assigned.popleft(), status)
        elif not ready:
            self._failed_starts += 1
            if self._failed_starts >= _START_ATTEMPTS + self._max_retries:
                self._deliver(Trouble(f"local workers die before they are ready ({_ending(status)[1]})"))
                return
        self._spawn()

    def _drain(self, worker: _Worker) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            while worker.result_fd in self._selector.get_map():
                before = worker.buffer, len(worker.assigned), worker.ready
                self._read_results(worker)
                if before == (worker.buffer, len(worker.assigned), worker.ready):
                    return

    def _bury(self, worker: _Worker, task: Task, status: int) -> None:
        """Deliver what killed a worker as the failure of the task it ran."""
        if worker.killed_for is not None and worker.killed_for != task.id:
            self._backlog.appendleft(task)  # its time-limited predecessor finished just before the blow fell
            return
        kind, reason = _ending(status)
        if worker.killed_for == task.id:
            kind, reason = "timeout", f"ran longer than the time limit of {self._timeout:g} s; it and its child processes were killed"
        self._settled += 1
        self._deliver(self._failure(worker, task, kind, reason))

    def _failure(self, worker: _Worker, task: Task, kind: str, reason: str) -> Result | Trouble:
        failure = {"kind": kind, "message": reason}
        runtime = time.monotonic() - worker.since
        try:
            line = fail_task(task_message(task), self._context, failure, runtime, worker.since_epoch)
            run_dir = os.path.join(self._context["data_dir"], task.id.name)
            collect_output(capture_files(self._scratch, worker.number), run_dir, descriptors=False)
        except OSError as error:
            return Trouble(f"{task.id.name}: {error}", task.id)
        return Result(task.id, line)

    def _warden_is_gone(self) -> None:
        """All workers died with the warden: infrastructure, so the tasks they held run again."""
        self._selector.unregister(self._control)
        self._control.close()
        if self._closing:
            self._broken = True
            return
        self._failed_starts += 1
        self._warden.wait()
        kill_marked(mark_prefix(self._context, self._scratch))
        held: list[tuple[_Worker, Task]] = []
        for worker in list(self._workers.values()):
            self._drain(worker)
            self._backlog.extend(self._take_unread(worker))
            held.extend((worker, task) for task in worker.assigned)
            self._forget(worker)
        for worker, task in held:
            if task.attempt < self._max_retries:
                self._backlog.appendleft(dataclasses.replace(task, attempt=task.attempt + 1))
            else:
                self._settled += 1
                self._deliver(self._failure(worker, task, "lost", f"its worker was lost {task.attempt + 1} times"))
        if self._failed_starts > _START_ATTEMPTS + self._max_retries:
            self._deliver(Trouble("the process that starts local workers keeps dying; see the log"))
            return
        log.warning("the process that starts local workers died; starting another one")
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._start_warden()
        for _ in range(self._size):
            self._spawn()

    # -- workers ------------------------------------------------------------------------------------------------------------

    def _start_warden(self) -> None:
        self._scratch = tempfile.mkdtemp(prefix="enchanted-")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = [*sys.path, *(entry for entry in self._context["python_path"] if entry not in sys.path)]
        self._warden = subprocess.Popen(
            [sys.executable, "-c", _BOOTSTRAP, str(theirs.fileno()), json.dumps(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={**os.environ, **self._environment, MARK_VARIABLE: mark_prefix(self._context, self._scratch)},
            cwd=self._context["working_dir"],
            start_new_session=True,
        )
        theirs.close()
        assert self._warden.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._warden.stdin as start:
            start.write(json.dumps({"context": self._context, "capture_dir": self._scratch}).encode())
        self._control.setblocking(False)
        self._selector.register(self._control, selectors.EVENT_READ, "warden")

    def _spawn(self) -> None:
        ours, queued_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        result_read, result_write = os.pipe()
        ours.setblocking(False)
        self._numbers += 1
        worker = _Worker(self._numbers, ours, queued_end, result_read)
        os.set_blocking(result_read, False)
        self._workers[worker.number] = worker
        message = json.dumps({"op": "spawn", "id": worker.number}).encode()
        self._control.setblocking(True)
        with contextlib.suppress(OSError):  # a warden that has just died is noticed at the next turn
            socket.send_fds(self._control, [message], [queued_end.fileno(), result_write])
        self._control.setblocking(False)
        os.close(result_write)
        self._selector.register(result_read, selectors.EVENT_READ, worker)

    def _forget(self, worker: _Worker) -> None:
        self._workers.pop(worker.number, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(worker.result_fd)
        with contextlib.suppress(OSError):
            os.close(worker.result_fd)
        worker.task_socket.close()
        worker.queued_end.close()

    def _tell_warden(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(message).encode())


def _ending(status: int) -> tuple[str, str]:
    """Give the failure kind and the reason for a worker's wait status."""
    if not os.WIFSIGNALED(status):
        return "exit", f"the runner ended its process with exit code {os.waitstatus_to_exitcode(status)}"
    number = os.WTERMSIG(status)
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    reason = f"the process died by {name}"
    if number == signal.SIGKILL:
        reason += " (often the kernel, for want of memory)"
    return "signal", reason
