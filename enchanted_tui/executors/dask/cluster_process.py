"""The process that holds a Dask cluster, as the supervisor sees it; executors that name the same
cluster share one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any

from enchanted_tui.executors import inherited
from enchanted_tui.interpreter import last_words, python_command

log = logging.getLogger(__name__)

_CODE = "from enchanted_tui.executors.dask.server import main; main(int(sys.argv[1]))"
_END_GRACE = 40.0  #: seconds in which a cluster has to close before it is killed
_LANE_GRACE = 20.0  #: seconds in which the workers have to let go of an executor

Hear = Callable[[dict[str, Any]], None]


class ClusterProcess:
    """A running process with a cluster for one or more queues (executors).

    What it says about a queue is passed to that queue's `hear`, in a thread of this object; what
    concerns the cluster, to all.
    """

    _shared: dict[str, ClusterProcess] = {}  # noqa: RUF012 - of the class on purpose
    _lock = threading.RLock()

    def __init__(self, spec: dict[str, Any], share: str | None) -> None:
        self.spec = spec
        self._share = share
        self._lanes: dict[str, Hear] = {}
        self._closed: dict[str, threading.Event] = {}
        self._ending = False
        self._scratch = tempfile.mkdtemp(prefix="enchanted-")
        self._errors = os.path.join(self._scratch, "dask.log")
        self._connection, theirs = Pipe()
        self._sending = threading.Lock()
        with open(self._errors, "wb") as errors:
            self._process = subprocess.Popen(
                python_command(_CODE, str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=_environment(spec),
            )
        theirs.close()
        self._send({**spec, "scratch": self._scratch})
        self._thread = threading.Thread(
            target=self._listen, args=(self._connection,), name="dask-cluster", daemon=True
        )
        self._thread.start()

    @classmethod
    def acquire(cls, spec: dict[str, Any], share: str | None) -> ClusterProcess:
        """Return a process with this cluster: the one that is shared under `share`, if there is
        one.
        """
        with cls._lock:
            found = cls._shared.get(share) if share is not None else None
            if found is None:
                found = cls(spec, share)
                if share is not None:
                    cls._shared[share] = found
            return found

    # -- queues ----------------------------------------------------------------------------------

    def open(self, queue: str, arguments: tuple[Any, ...], hear: Hear) -> None:
        """Begin a queue; `arguments`: those of `queues.ExecutorQueue`."""
        with self._lock:
            self._lanes[queue] = hear
            self._closed[queue] = threading.Event()
        self._send({"op": "open", "queue": queue, "arguments": arguments})

    def tell(self, queue: str, op: str, **what: Any) -> None:
        self._send({"op": op, "queue": queue, **what})

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def close(self, queue: str) -> None:
        """End a queue, and with the last one the cluster; returns when nothing of it is left."""
        with self._lock:
            last = list(self._lanes) == [queue]
            if last:
                self._ending = True
                if self._share is not None:
                    self._shared.pop(self._share, None)
        # workers that stay must let go, and those in jobs tidy up before they are cancelled
        if not last or self.spec["kind"] != "local":
            self.tell(queue, "close")
            self._wait(self._closed[queue], _LANE_GRACE)
        with self._lock:
            self._lanes.pop(queue, None)
        if last:
            self._end()

    def _wait(self, event: threading.Event, patience: float) -> None:
        waited = 0.0
        while waited < patience and not event.wait(0.2) and self.alive:
            waited += 0.2

    def _end(self) -> None:
        with contextlib.suppress(OSError):  # wakes the thread that reads, here and there
            _shut(self._connection)
        try:
            self._process.wait(timeout=_END_GRACE)
        except subprocess.TimeoutExpired:
            log.warning("the Dask cluster did not close in time and was killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._thread.join(timeout=5)
        self._connection.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    # -- the connection ----------------------------------------------------------------------------

    def _send(self, message: dict[str, Any]) -> None:
        # a process that has just died is noticed where it is heard
        with (
            self._sending,
            contextlib.suppress(OSError),
        ):
            self._connection.send(message)

    def _listen(self, connection: Connection) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._pass_on(connection.recv())
        if not self._ending:
            self._process.wait()
            self._pass_on(
                {
                    "op": "trouble",
                    "message": (
                        f"the process that holds the Dask cluster has died{self._last_words()}"
                    ),
                }
            )

    def _pass_on(self, message: dict[str, Any]) -> None:
        if message["op"] == "log":
            log.warning(message["message"])
            return
        with self._lock:
            queue = message.get("queue")
            hearers = (
                list(self._lanes.values())
                if queue is None
                else [self._lanes[queue]]
                if queue in self._lanes
                else []
            )
            if message["op"] == "closed" and queue in self._closed:
                self._closed[queue].set()
        for hear in hearers:
            hear(message)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError), open(self._errors, "rb") as errors:
            return last_words(errors)
        return ""


def _environment(spec: dict[str, Any]) -> dict[str, str] | None:
    """Return the environment of the process, None for this one's: its jobs are to be what the
    configuration says.
    """
    if spec["kind"] != "slurm":
        return None
    environment = inherited.for_jobs()
    if spec["config"].get("account") or spec["config"].get("project"):
        environment.pop(inherited.ACCOUNT, None)
    return environment


def _shut(connection: Connection) -> None:
    """End both directions, also for a thread that reads at this very moment."""
    import socket

    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)
