"""What is told of a worker that died: the record of the task that it ran, or what it printed before
it ran any.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import Any

from enchanted_tui.executors.base import Result, Task, Trouble
from enchanted_tui.executors.pool.channel import WorkerChannel
from enchanted_tui.executors.pool.forking import capture_files
from enchanted_tui.executors.pool.worker import collect_output
from enchanted_tui.executors.task import fail_task, task_message
from enchanted_tui.executors.task_end import explained
from enchanted_tui.interpreter import ending_of, last_words

log = logging.getLogger(__name__)


def failure_of(
    worker: WorkerChannel, task: Task, context: dict[str, Any], scratch: str, kind: str, reason: str
) -> Result | Trouble:
    """Return the record of a task that could not say itself how it ended; what it had printed goes
    into its run directory.
    """
    runtime = time.monotonic() - worker.since
    try:
        message = task_message(task)
        line = fail_task(
            message, context, {"kind": kind, "message": reason}, runtime, worker.since_epoch
        )
        collect_output(capture_files(scratch, worker.number), message, context, descriptors=False)
    except OSError as error:
        return Trouble(f"{task.id.name}: {error}", task.id)
    return Result(task.id, line)


def too_large(task: Task, context: dict[str, Any], why: str) -> Result | Trouble:
    """Return the record of a task that can run nowhere here."""
    failure = {"kind": "prepare", "message": f"no room: {why}; see resources of its runner"}
    try:
        line = fail_task(task_message(task), context, failure, 0.0, time.time())
    except OSError as error:
        return Trouble(f"{task.id.name}: {error}", task.id)
    return Result(task.id, line)


def died_early(called: str, worker: WorkerChannel, scratch: str, status: int) -> Trouble:
    """Return what the campaign is told of workers, `called` so, that die before they run anything;
    `status`: as `os.wait` gives it.
    """
    how = ending_of(os.waitstatus_to_exitcode(status))
    with (
        contextlib.suppress(OSError),
        open(capture_files(scratch, worker.number)[2], "rb") as printed,
    ):
        how += last_words(printed)
    return Trouble(f"{called} die before they are ready: the last one {how}")


def trouble_of(called: str, error: Exception) -> Trouble:
    """Return what the campaign is told when workers, `called` so, cannot be run any more."""
    if isinstance(error, OSError):
        return Trouble(f"{called} cannot be run: {explained(error)}")
    log.error("the pool of workers failed", exc_info=error)
    return Trouble(f"the pool of {called} failed: {error!r}; this is a defect of the program")
