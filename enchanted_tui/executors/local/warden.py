"""The warden: a small process between the supervisor and its local workers. It starts them, reaps them and kills them.

Why a process of its own:
- workers are forked from a process that has no threads and has imported next to nothing, never from the app;
- it adopts whatever its workers' children leave behind (Linux: child subreaper), so that a time limit and the end of the
  campaign reach processes that have left their process group or session;
- when the supervisor dies, even by SIGKILL, its end of the control socket closes and the warden kills all workers and their children;
  when the warden itself dies, the kernel kills the workers (parent-death signal).

Control messages are JSON packets. From the supervisor: ``{"op": "spawn", "id": n}`` with two descriptors (task socket, result pipe),
``{"op": "kill", "id": n}``, ``{"op": "close"}``. To it: ``{"op": "spawned", "id": n, "pid": p}``,
``{"op": "exit", "id": n, "status": wait status}``.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

from enchanted_tui.executors.local import worker

if TYPE_CHECKING:
    import psutil

MARK_VARIABLE = "ENCHANTED_WORKER"  #: in the environment of a worker and its children: campaign:session:worker
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_CLOSE_GRACE = 2.0


def main(control_fd: int) -> None:
    """Serve the supervisor at the other end of `control_fd`; the campaign's context comes as JSON on standard input."""
    start = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    control = socket.socket(fileno=control_fd)
    try:
        Warden(control, start).serve()
    finally:
        shutil.rmtree(start["capture_dir"], ignore_errors=True)


class Warden:
    def __init__(self, control: socket.socket, start: dict[str, Any]) -> None:
        self.control = control
        self.context: dict[str, Any] = start["context"]
        self.capture_dir: str = start["capture_dir"]
        self.workers: dict[int, int] = {}  # pid -> id
        self.closing_since: float | None = None
        self._wakeup_read, self._wakeup_write = os.pipe()
        for descriptor in (self._wakeup_read, self._wakeup_write):
            os.set_blocking(descriptor, False)

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self._wakeup_read, select.POLLIN)
        while not self._finished():
            ready = {descriptor for descriptor, _ in poll.poll(200 if self.closing_since is not None else None)}
            if self._wakeup_read in ready:
                os.read(self._wakeup_read, 4096)
            self._reap()
            if self.control.fileno() in ready and self.closing_since is None and not self._obey():
                break
        self._kill_everything()

    def _finished(self) -> bool:
        if self.closing_since is None:
            return False
        return not self.workers or time.monotonic() - self.closing_since > _CLOSE_GRACE

    def _obey(self) -> bool:
        """Carry out one message; False if the supervisor is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.control, 4096, 2)
        except OSError:
            return False
        if not data:
            return False
        message = json.loads(data)
        if message["op"] == "spawn":
            self._spawn(message["id"], *descriptors)
        elif message["op"] == "kill":
            for pid in [pid for pid, known in self.workers.items() if known == message["id"]]:
                self._kill_tree(pid)
        elif message["op"] == "close":
            self.closing_since = time.monotonic()
        return True

    def _spawn(self, number: int, task_fd: int, result_fd: int) -> None:
        pid = os.fork()
        if pid == 0:
            try:
                self._become_worker(number, task_fd, result_fd)
                os._exit(0)
            except BaseException:  # noqa: BLE001 - said where the task's own output goes; this process must not go on as a warden
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(1)
        os.close(task_fd)
        os.close(result_fd)
        self.workers[pid] = number
        self._tell({"op": "spawned", "id": number, "pid": pid})

    def _become_worker(self, number: int, task_fd: int, result_fd: int) -> None:
        parent = os.getppid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.control.close()
        os.close(self._wakeup_read)
        os.close(self._wakeup_write)
        os.environ[MARK_VARIABLE] = self._mark(number)
        captured = capture_files(self.capture_dir, number)
        for descriptor, path in captured.items():
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        with contextlib.suppress(BrokenPipeError):  # the supervisor has gone; so do we
            worker.serve(socket.socket(fileno=task_fd), result_fd, self.context, captured)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self.workers.pop(pid, None)
            if number is not None:
                self._kill_orphans_of(pid, number)
                self._tell({"op": "exit", "id": number, "status": status})

    def _kill_tree(self, pid: int) -> None:
        """Kill a worker and everything that descends from it, however it has arranged its groups and sessions."""
        import psutil

        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)  # it must not start more while we look
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(pid).children(recursive=True):
                _kill(child)
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)

    def _kill_orphans_of(self, pid: int, number: int) -> None:
        """Kill what a dead worker's tasks left running: its session, and adopted processes that bear its mark."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        if not _has_children():
            return
        for orphan in self._adopted():
            if _session(orphan.pid) == pid or _environment(orphan).get(MARK_VARIABLE) == self._mark(number):
                self._kill_tree(orphan.pid)

    def _mark(self, number: int) -> str:
        return f"{mark_prefix(self.context, self.capture_dir)}{number}"

    def _adopted(self) -> list[psutil.Process]:
        import psutil

        return [child for child in psutil.Process().children() if child.pid not in self.workers]

    def _kill_everything(self) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and _has_children():
            for pid in list(self.workers):
                self._kill_tree(pid)
            for orphan in self._adopted():
                self._kill_tree(orphan.pid)
            self._reap()
            time.sleep(0.01)

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the supervisor has gone: the next poll says so
            self.control.send(json.dumps(message).encode())


def capture_files(directory: str, number: int) -> dict[int, str]:
    """Give, by descriptor, the files that take a worker's standard output and error."""
    return {1: os.path.join(directory, f"{number}.out"), 2: os.path.join(directory, f"{number}.err")}


def mark_prefix(context: dict[str, Any], capture_dir: str) -> str:
    """Give the mark that a warden has in its environment, and its workers and their children with a number at the end."""
    return f"{context['campaign']}:{context['session']}:{capture_dir}:"


def kill_marked(prefix: str) -> int:
    """Kill this user's processes whose mark starts with `prefix`, wait until they are gone and say how many there were.

    For what no warden is left to kill, or not yet: the orphans of a campaign whose supervisor was killed.
    """
    import psutil

    marked = [process for process in psutil.process_iter() if _environment(process).get(MARK_VARIABLE, "").startswith(prefix)]
    for process in marked:
        _kill(process)
    psutil.wait_procs(marked, timeout=5)
    return len(marked)


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(Exception):
        process.kill()


def _environment(process: psutil.Process) -> dict[str, str]:
    with contextlib.suppress(Exception):
        return dict(process.environ())
    return {}


def _session(pid: int) -> int:
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return -1


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _prctl(what: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux only
        ctypes.CDLL(None, use_errno=True).prctl(what, value, 0, 0, 0)
