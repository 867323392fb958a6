"""One worker as the pool sees it: the calls it holds and the sockets between.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import time
from collections import deque

from enchanted_tui import fast_values
from enchanted_tui.executors.base import WorkerInfo
from enchanted_tui.executors.pool.calls import Call
from enchanted_tui.executors.pool.worker import MAX_MESSAGE, OVER, READY, SPOOLED, content
from enchanted_tui.executors.straggler_rule import RunTimeLimit
from enchanted_tui.executors.task import task_message
from enchanted_tui.journal_lines import TaskId

_READ = 1 << 18


class WorkerChannel:
    """Calls go out through a packet socket, one a packet; result lines come back through a pipe.

    The pool also holds the socket's receiving end, so that what the worker has not read can be
    taken back.
    """

    def __init__(self, number: int, scratch: str) -> None:
        self.number = number
        self.pid = 0
        self.ready = False
        #: in the order in which the worker reads them; the first one runs
        self.assigned: deque[Call] = deque()
        self.since = 0.0  #: monotonic time at which the first assigned call started
        self.since_epoch = 0.0
        self.heard = 0.0  #: monotonic time of its latest result, or of its start
        self.over = False  #: the first assigned call has ended, but not yet what it has left behind
        #: the call for whose limit the worker is being ended for
        self.killed_for: Call | None = None
        self.straggles: RunTimeLimit | None = None  #: the limit, if that call is a straggler
        self._scratch = scratch
        #: the pieces that have arrived; joined once, however long the line
        self._unfinished_line: list[bytes] = []
        self._tasks, self._queue_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._tasks.setblocking(False)
        self.results, self._results_end = os.pipe()
        os.set_blocking(self.results, False)

    @property
    def idle(self) -> bool:
        return self.ready and not self.assigned

    @property
    def running(self) -> bool:
        """True if a call runs whose time limit is still to be watched."""
        return self.ready and bool(self.assigned) and self.killed_for is None and not self.over

    def due(self, timeout: float) -> float:
        """Return the monotonic time at which what runs has had its time: `timeout` seconds for each
        task that has no result, from the latest one on.
        """
        return self.heard + timeout * len(self.assigned[0].left)

    def shown(self, host: str) -> WorkerInfo:
        """Return it as people see it; may be called from any thread."""
        name = f"local-{self.number}"
        call = self._first_call() if self.ready else None
        if call is None:
            return WorkerInfo(name, host, self.pid, None, None)
        share = call.first.share
        where = "" if share is None else share["where"]
        return WorkerInfo(name, host, self.pid, call.runs_now.id.name, self.since_epoch, where)

    def _first_call(self) -> Call | None:
        """Return the first assigned call in one step, since the pool's thread may end it between
        two.
        """
        try:
            return self.assigned[0]
        except IndexError:
            return None

    def ends(self) -> list[int]:
        """Return the descriptors that the worker gets: of the task socket and of the result
        pipe.
        """
        return [self._queue_end.fileno(), self._results_end]

    def handed_over(self) -> None:
        """The worker has its ends: the result pipe must end with it."""
        os.close(self._results_end)
        self._results_end = -1

    def send(self, call: Call) -> bool:
        """Send a call to the worker; False if its queue is full or it has gone."""
        messages = [task_message(task) for task in call.left]
        packet = fast_values.encode(messages if len(messages) > 1 else messages[0])
        if len(packet) > MAX_MESSAGE:
            packet = self._spool(packet)
        try:
            self._tasks.send(packet)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return False
        self.assigned.append(call)
        return True

    def started_next(self) -> None:
        """Take note that the first assigned call begins."""
        self.since, self.since_epoch, self.over = time.monotonic(), time.time(), False
        self.heard = self.since

    def take_unread(self) -> list[Call]:
        """Take back the packets that the worker has not read. It may read one between two of ours,
        so each says which call it was.
        """
        unread = set()
        with contextlib.suppress(BlockingIOError, OSError):
            while packet := self._queue_end.recv(MAX_MESSAGE + 1, socket.MSG_DONTWAIT):
                message = fast_values.decode(content(packet))
                first = message[0] if isinstance(message, list) else message
                unread.add(TaskId(*first["task"]))
        taken = [call for call in self.assigned if call.first.id in unread]
        self.assigned = deque(call for call in self.assigned if call.first.id not in unread)
        return taken

    def read_lines(self) -> list[bytes] | None:
        """Return the whole lines that have arrived; None if the worker has closed its end."""
        try:
            data = os.read(self.results, _READ)
        except BlockingIOError:
            return []
        if not data:
            return None
        end = data.rfind(b"\n") + 1
        if not end:
            self._unfinished_line.append(data)
            return []
        whole = b"".join([*self._unfinished_line, data[:end]])
        self._unfinished_line = [data[end:]] if end < len(data) else []
        return whole.splitlines(keepends=True)

    def takes_note(self, line: bytes) -> bool:
        """Take what a worker says of itself; False if the line is a result."""
        self.ready = self.ready or line == READY
        self.over = self.over or line == OVER
        return line in (READY, OVER)

    def close_ours(self) -> None:
        """Close, in a worker that was forked from the pool's own process, what is the pool's."""
        os.close(self.results)
        self._tasks.close()

    def hang_up(self) -> None:
        """Let the worker end once it has nothing to do."""
        self._tasks.close()

    def close(self) -> None:
        for descriptor in (self.results, self._results_end):
            if descriptor >= 0:
                os.close(descriptor)
        self.results = self._results_end = -1
        self._tasks.close()
        self._queue_end.close()

    def _spool(self, packet: bytes) -> bytes:
        descriptor, path = tempfile.mkstemp(dir=self._scratch)
        with os.fdopen(descriptor, "wb") as spooled:
            spooled.write(packet)
        return SPOOLED + path.encode()
