"""A process of its own in which models are fitted: the supervisor's loop, its memory and the app
are left alone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import tempfile
import threading

from enchanted_tui.blas_threads import ONE_THREAD
from enchanted_tui.interpreter import ending_of, last_words, python_command
from enchanted_tui.samplers.learning_sampler import Answer, Question

log = logging.getLogger(__name__)

_WHAT = {"gest": "the process of the generator"}  #: by method
_SAME_SETS = {"PYTHONHASHSEED": "0"}  #: so that sets have the same order in every process


class LearningError(Exception):
    """A model could not be fitted, or the process that fits it is gone."""


class LearningProcess:
    """Started by `prepare` or the first question; ends with `close`, or by itself when this process
    dies.
    """

    def __init__(self, method: str) -> None:
        self._method = method  #: which model will be asked, so that it is imported early
        self._process: subprocess.Popen[str] | None = None
        # what it prints, for as long as this object lives
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        self._closed = False
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        """Return the answer; blocks. A process that dies is replaced once. Raises LearningError."""
        line = json.dumps(question) + "\n"
        try:
            reply: Answer = json.loads(self._line_for(line))
        except LearningError as error:
            if self._closed:
                raise
            log.warning(f"{error}; another one is asked")
            reply = json.loads(self._line_for(line))
        if "error" in reply:
            raise LearningError(reply["error"]) from _Traceback(reply["traceback"])
        return reply

    def _line_for(self, line: str) -> str:
        """Return the line that a line is answered with; raises LearningError if the process dies
        instead.
        """
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
            found = process.stdout.readline()
        except (OSError, ValueError):
            found = ""
        if found.endswith("\n"):
            return found
        with self._lock:
            # the next question starts another
            self._process = None if self._process is process else self._process
        how = ending_of(process.wait()) + last_words(self._printed)
        _end_group(process.pid)
        raise LearningError(f"{_WHAT.get(self._method, 'the process that fits the model')} {how}")

    def prepare(self) -> None:
        """Start the process: importing numerical libraries takes seconds where the file system is
        slow.
        """
        self._started()

    def close(self) -> None:
        """End the process, in the middle of an answer too."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _end_group(process.pid)

    def _started(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._closed:
                raise LearningError("the campaign has ended")
            if self._process is None:
                self._process = subprocess.Popen(
                    python_command(
                        "from enchanted_tui.samplers.learning.__main__ import main; main()",
                        self._method,
                    ),
                    # closed by the kernel when this process dies, however that happens
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._printed,
                    text=True,
                    env={**os.environ, **ONE_THREAD, **_SAME_SETS},
                    process_group=0,
                )
            return self._process


def _end_group(leader: int) -> None:
    """End what a process has started, and has left behind."""
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


class _Traceback(Exception):
    """The traceback in the other process, as text."""
