"""A process of its own in which models are fitted: the supervisor's loop, its memory and the app are left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

from enchanted_tui.samplers.learning_sampler import Answer, Question

#: Matrices of a few hundred rows are quickest, and the same to the bit, on one thread.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class LearningError(Exception):
    """A model could not be fitted, or the process that fits it is gone."""


class LearningProcess:
    """Started by `prepare` or the first question; ends with `close`, or by itself when this process dies."""

    def __init__(self, method: str) -> None:
        self._method = method  #: which model will be asked, so that it is imported early
        self._process: subprocess.Popen[str] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        """Give the answer; blocks. Raises LearningError."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except (OSError, ValueError):
            line = ""
        if not line.endswith("\n"):
            with self._lock:
                self._process = None if self._process is process else self._process  # the next question starts another
            raise LearningError(f"the process that fits the model ended with code {process.wait()}")
        reply: Answer = json.loads(line)
        if "error" in reply:
            raise LearningError(reply["error"]) from _Traceback(reply["traceback"])
        return reply

    def prepare(self) -> None:
        """Start the process: importing numerical libraries takes seconds where the file system is slow."""
        self._started()

    def close(self) -> None:
        """End the process, in the middle of an answer too."""
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen[str]:
        with self._lock:
            if self._closed:
                raise LearningError("the campaign has ended")
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "enchanted_tui.samplers.learning", self._method],
                    stdin=subprocess.PIPE,  # closed by the kernel when this process dies, however that happens
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                    process_group=0,
                )
            return self._process


class _Traceback(Exception):
    """The traceback in the other process, as text."""
