"""A process of its own in which the app has something worked out: keys are never held up, and what
is not wanted any more can be ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

from enchanted_tui.blas_threads import ONE_THREAD
from enchanted_tui.errors import EnvironmentProblem, RefusedError
from enchanted_tui.interpreter import ending_of, last_words, python_command

_NICE = 10  #: by how much it gives way to others


class WorkProcess:
    """Begins at once; ends with its `result`, with `close`, or by itself when this process dies."""

    def __init__(self, module: str, *arguments: str) -> None:
        """`module` has a function `main` that calls `serve`."""
        self.said = "starting"  #: what is being done now
        self.closed = False
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as this lives
        self._process = subprocess.Popen(
            python_command(f"from {module} import main; main()", *arguments),
            stdin=subprocess.PIPE,  # closed by the kernel when this process dies
            stdout=subprocess.PIPE,
            stderr=self._printed,
            text=True,
            env={**os.environ, **ONE_THREAD},
            process_group=0,
        )

    def result(self) -> dict[str, Any]:
        """Return the report as JSON; blocks. Raises RefusedError with what a person can mend,
        EnvironmentProblem if the process dies.
        """
        assert self._process.stdout is not None
        with self._process as process:
            for line in self._process.stdout:
                told = json.loads(line)
                if "said" in told:
                    self.said = told["said"]
                elif "error" in told:
                    raise RefusedError(told["error"])
                else:
                    report: dict[str, Any] = told["report"]
                    return report
            how = ending_of(process.wait()) + last_words(self._printed)
        raise EnvironmentProblem(f"The process that works it out {how}.")

    def close(self) -> None:
        """End the process, whatever it does."""
        self.closed = True
        self._process.kill()


def serve(make: Callable[[list[str], Callable[[str], None]], dict[str, Any]]) -> None:
    """Make a report of the arguments, in JSON lines on standard output, until that is done or
    whoever asked is gone; `make` is also given what to tell what is being done.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no answer
    threading.Thread(target=_end_with_asker, name="asker", daemon=True).start()
    os.nice(_NICE)

    def send(told: dict[str, Any]) -> None:
        replies.write(json.dumps(told) + "\n")
        replies.flush()

    try:
        report = make(sys.argv[1:], lambda said: send({"said": said}))
        send({"report": report})
    # a sentence, or the defect's own words, for whoever asked
    except Exception as error:  # noqa: BLE001
        from enchanted_tui.operations.explaining import explanation

        send({"error": explanation(error).text})


def _end_with_asker() -> None:
    sys.stdin.read()
    os._exit(0)
