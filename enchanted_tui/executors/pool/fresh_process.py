"""Run a task in a process of its own, so that nothing that it leaves in memory reaches the next
one.

The process is forked from a worker that has run no task: modules are imported, and libraries
loaded, anew.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from enchanted_tui.executors.task import load_class
from enchanted_tui.whole_files import write_all


def wants_fresh_process(runner: str, context: dict[str, Any]) -> bool:
    """Tell whether each sample of a runner is to have a process of its own. One that only starts
    programs has it anyway.
    """
    spec = context["runners"][runner]
    if not (context.get("fresh_process") or spec["options"].get("fresh_process") is True):
        return False
    with contextlib.suppress(Exception):  # the task says what is wrong with the class
        return not vars(load_class(spec["class"])).get("leaves_no_trace", False)
    return False


def run_in_child(run: Callable[[], bytes]) -> bytes:
    """Return what `run` returns in a forked process; if that dies, so does this one, in the same
    way.
    """
    # a file: a pipe may be held open by what a task has left
    with tempfile.TemporaryFile(prefix="enchanted-", buffering=0) as answer:
        process = os.fork()
        if process == 0:
            _answer(run, answer.fileno())
        _, status = os.waitpid(process, 0)
        answer.seek(0)
        line = answer.read()
    if status or not line:
        _die_as(status)
    return line


def _answer(run: Callable[[], bytes], descriptor: int) -> None:
    try:
        line = run()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the task may have closed it
                stream.flush()
        write_all(descriptor, line)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - this process must not go on as a worker
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _die_as(status: int) -> None:
    """End this process as the one with this wait status has ended: a task's failure is told by
    it.
    """
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        faulthandler.disable()
        with contextlib.suppress(OSError, ValueError):  # what cannot be caught needs no default
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status) or 1)
