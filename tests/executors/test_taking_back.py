"""Tasks that are taken back from local workers: whatever the moment, each runs once and its record
is its own.
"""

from __future__ import annotations

import queue
from pathlib import Path
from typing import Any

import pytest

from enchanted_tui import values
from enchanted_tui.executors.base import Result, Task, TaskContext, TaskId
from enchanted_tui.executors.local.executor import LocalExecutor

GAUSSIAN = {
    "class": "enchanted_tui.runners.double_gaussian_runner:SyntheticDoubleGaussianRunner",
    "options": {},
}


@pytest.mark.full
def test_recall_while_workers_read_confuses_no_tasks(tmp_path: Path) -> None:
    """A worker may read a task in the very moment in which others are taken back from its queue:
    that task must not be given out
    again, nor its record be taken for another's."""
    context = TaskContext(
        str(tmp_path), "data", {"gaussian": GAUSSIAN}, seed=1, campaign="c", session="s"
    )
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    running = LocalExecutor(n_workers=2).open(context, inbox.put, ())
    tasks = {
        number: Task(TaskId(0, 0, number, 0), "gaussian", {"x": number / 4000})
        for number in range(4000)
    }
    waiting = list(tasks)
    finished: list[Any] = []
    try:
        while len(finished) < len(tasks):
            room = min(running.capacity(), len(waiting))
            if room > 0:
                running.submit([tasks[waiting.pop()] for _ in range(room)])
            item = inbox.get(timeout=30)
            assert isinstance(item, Result), item
            assert values.decode(item.line)["task"] == list(item.id)
            finished.append(item.id.sample)
            waiting += [task.sample for task in running.recall()]
    finally:
        running.cancel()
        running.close()
    assert sorted(finished) == sorted(tasks)
