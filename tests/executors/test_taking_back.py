"""Tasks of local workers that are taken back, or asked about, at any moment: each runs once and its
record is its own.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def _impatient_threads() -> Iterator[None]:
    """Threads take turns as often as they can, which a busy machine brings about in minutes."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_workers_are_shown_while_their_tasks_end(tmp_path: Path) -> None:
    """Protects campaigns of short samples from ending with an error of the display: who asks what
    runs does so from another thread than the pool's.
    """
    context = TaskContext(
        str(tmp_path), "data", {"gaussian": GAUSSIAN}, seed=1, campaign="c", session="s"
    )
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    running = LocalExecutor(n_workers=2).open(context, inbox.put, ())
    seen: set[str] = set()
    faults: list[Exception] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(1e-5):
            try:
                seen.update(worker.task for worker in running.workers() if worker.task)
            except Exception as error:
                faults.append(error)
                return

    asking = threading.Thread(target=ask)
    with _impatient_threads():
        asking.start()
        try:
            running.submit(
                [Task(TaskId(0, 0, n, 0), "gaussian", {"x": n / 1000}) for n in range(1000)]
            )
            for _ in range(1000):
                assert isinstance(inbox.get(timeout=30), Result)
        finally:
            over.set()
            asking.join()
            running.cancel()
            running.close()
    assert not faults
    assert len(seen) > 10, seen


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
