"""Executors as the configuration names them, whichever form they are written in.

Before there was `Running`, an executor was its own: it had `attach`, `start`, `submit`, `close` and
the rest beside its options. Plugins in that form, whether built upon `Executor` or not, go on
working through `OlderExecutor`; nothing else of the program knows of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enchanted_tui.config.models import ComponentSpec
from enchanted_tui.executors.base import Deliver, Executor, Running, TaskContext
from enchanted_tui.executors.jobs import Submission

_THEIRS = (
    *("submit", "capacity", "recall", "cancel", "has_ended", "close"),
    *("workers", "jobs", "links", "waiting_for", "watched", "core_hours"),
    *("fresh_process", "dry_run", "notices"),
)


class OlderExecutor(Executor, Running):
    """An executor of the form of before, which is options and running thing at once."""

    def __init__(self, executor: Any) -> None:
        super().__init__()
        self._executor = executor
        for name in _THEIRS:
            if hasattr(executor, name):
                setattr(self, name, getattr(executor, name))

    def open(
        self, context: TaskContext, deliver: Deliver, left_over_jobs: Sequence[Submission]
    ) -> Running:
        if hasattr(self._executor, "attach"):
            self._executor.attach(self.configured_name, left_over_jobs)
        self._executor.start(context, deliver)
        return self

    def worker_count(self) -> int:
        configured: int = (
            self._executor.worker_count() if hasattr(self._executor, "worker_count") else 1
        )
        return max(configured, len(self.workers()))


def build_executor(spec: ComponentSpec) -> Executor:
    """Return the executor that is configured so. Raises ConfigError if its constructor raises."""
    built = spec.build()
    is_older = callable(getattr(built, "start", None)) or not isinstance(built, Executor)
    executor: Executor = OlderExecutor(built) if is_older else built
    executor.configured_name = spec.name
    return executor


def holds_jobs(spec: ComponentSpec) -> bool:
    """Tell whether jobs of a scheduler, and not tasks, hold the cores of an executor."""
    return issubclass(spec.cls, Executor) and spec.cls.holds_jobs(spec.options)


def adopts_jobs(cls: type) -> bool:
    """Tell whether executors of a class take over the jobs that an earlier session has left."""
    return getattr(cls, "adopts_jobs", False) or hasattr(cls, "attach")
