"""Look at a campaign from outside while something else happens to it, and end it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from enchanted_tui.campaign_status import Liveness
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.operations import actions
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.views.status import Status


def status(root: Path) -> Status | None:
    """How a campaign stands; None before it has begun."""
    try:
        return actions.status(root)
    except EnvironmentProblem:
        return None


def wait_until(condition: Callable[[], object], timeout: float = 60.0, what: str = "this") -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} has not become true within {timeout} s"
        time.sleep(0.05)


def wait_for_done(root: Path, count: int, timeout: float = 60.0) -> None:
    """Wait until so many tasks have finished."""

    def enough() -> bool:
        found = status(root)
        return found is not None and found.snapshot.tasks_done >= count

    wait_until(enough, timeout, f"{count} finished tasks")


def finished_tasks(root: Path) -> list[tuple[int, ...]]:
    """All tasks with a result on record, in the order in which they came, repetitions included."""
    with JournalReader(root / "state" / "journal.jsonl") as reader:
        return [
            tuple(record["task"])
            for _, record in reader.records(rows=False)
            if record["type"] == "task"
        ]


def sessions(root: Path) -> int:
    """How often the campaign was opened."""
    with JournalReader(root / "state" / "journal.jsonl") as reader:
        return sum(record["type"] == "open" for _, record in reader.records(rows=False))


def holder_pid(root: Path) -> int | None:
    """The process that runs the campaign."""
    found = status(root)
    return (
        found.holder.pid
        if found is not None and found.holder is not None and found.liveness is Liveness.RUNNING
        else None
    )


@contextlib.contextmanager
def ended_afterwards(root: Path) -> Iterator[None]:
    """Kill whoever runs the campaign when the test is over, however it went."""
    try:
        yield
    finally:
        pid = holder_pid(root)
        if pid is not None and pid != os.getpid():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            wait_until(
                lambda: (
                    not psutil.pid_exists(pid)
                    or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
                ),
                10,
            )
