"""The fork server as the pool sees it: start it, have workers started and killed, hear what became
of them.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from enchanted_tui.executors.ends.ending import end_marked
from enchanted_tui.executors.ends.processes import MARK_VARIABLE
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.interpreter import ending_of, last_words, python_command

_CODE = "from enchanted_tui.executors.pool.fork_server import main; main(int(sys.argv[1]))"
_END_GRACE = 60.0  #: seconds; the fork server has a limit of its own


class ForkServerHandle:
    """A running fork server. `scratch` is its directory for what workers print and for long
    messages; it goes when the fork server ends.
    """

    def __init__(
        self, context: Mapping[str, Any], environment: Mapping[str, str], mark: str
    ) -> None:
        """`mark`: what all processes of the pool bear in their environment begins with it."""
        self.scratch = tempfile.mkdtemp(prefix="enchanted-")
        self._grace: float = context.get("grace", 0.0)
        self._mark = f"{mark}:{self.scratch}:"
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the process lives
        self._process = subprocess.Popen(
            python_command(_CODE, str(theirs.fileno())),
            stdin=subprocess.PIPE,
            stdout=self._printed,
            stderr=self._printed,
            pass_fds=[theirs.fileno()],
            env={**environment, MARK_VARIABLE: self._mark},
            cwd=context["working_dir"],
            start_new_session=True,
        )
        theirs.close()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as start:
            what = {"context": context, "capture_dir": self.scratch, "mark": self._mark}
            start.write(json.dumps(what).encode())
        self.control.setblocking(False)

    def spawn(self, worker: WorkerChannel) -> None:
        """Have a worker started at the other ends of the channel."""
        message = json.dumps({"op": "spawn", "id": worker.number}).encode()
        self.control.setblocking(True)
        # a fork server that has just died is noticed when it is heard
        with contextlib.suppress(OSError):
            socket.send_fds(self.control, [message], worker.ends())
        self.control.setblocking(False)
        worker.handed_over()

    def kill(self, worker: WorkerChannel) -> None:
        """Have a worker killed, with everything it has started."""
        self._tell({"op": "kill", "id": worker.number})

    def end(self) -> None:
        """Ask the fork server to end once its workers have."""
        self._tell({"op": "close"})

    def hear(self) -> dict[str, Any] | None:
        """Return the next message there is, an empty one if there is none; None if the fork
        server has gone.
        """
        try:
            data = self.control.recv(4096)
        except BlockingIOError:
            return {}
        except OSError:
            data = b""
        if not data:
            return None
        message: dict[str, Any] = json.loads(data)
        return message

    def bury(self) -> str:
        """The fork server has died: end what it can end no more. Return how it ended and what it
        printed last.
        """
        self.control.close()
        how = ending_of(self._process.wait())
        end_marked(self._mark)
        with self._printed:
            return how + last_words(self._printed)

    def discard(self) -> None:
        """Remove what a dead fork server has left."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def wait(self) -> None:
        """Wait until the fork server has ended; it is killed if it takes too long."""
        try:
            self._process.wait(timeout=_END_GRACE + self._grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.control.close()
        self._printed.close()
        self.discard()

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self.control.send(json.dumps(message).encode())
