"""The record of a task whose worker died under it."""

from __future__ import annotations

import os
import time
from typing import Any

from enchanted_tui.executors.base import Result, Task, Trouble
from enchanted_tui.executors.local.channel import WorkerChannel
from enchanted_tui.executors.local.warden import capture_files
from enchanted_tui.executors.local.worker import collect_output
from enchanted_tui.executors.task import fail_task, task_message


def failure_of(worker: WorkerChannel, task: Task, context: dict[str, Any], scratch: str, kind: str, reason: str) -> Result | Trouble:
    """Return the record of a task that could not say itself how it ended; what it had printed goes into its run directory."""
    runtime = time.monotonic() - worker.since
    try:
        line = fail_task(task_message(task), context, {"kind": kind, "message": reason}, runtime, worker.since_epoch)
        run_dir = os.path.join(context["data_dir"], task.id.name)
        collect_output(capture_files(scratch, worker.number), run_dir, descriptors=False)
    except OSError as error:
        return Trouble(f"{task.id.name}: {error}", task.id)
    return Result(task.id, line)
