"""The one door for authors of samplers, runners, executors and parsers.

    from enchanted_tui.plugins import Runner, SampleFailed, option

These names stay, whatever moves behind them; nothing deeper is promised. Each is imported when it
is first used: a runner that starts on a thousand workers loads the standard library alone.

Runs on workers: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from enchanted_tui.lazy import offer

if TYPE_CHECKING:
    from enchanted_tui.config.options import Component, Nested, Variant, option
    from enchanted_tui.executors.base import (
        Deliver,
        Executor,
        JobInfo,
        Note,
        Result,
        Returned,
        Running,
        Task,
        TaskContext,
        TaskId,
        Trouble,
        WorkerInfo,
    )
    from enchanted_tui.executors.task import run_task, task_message
    from enchanted_tui.executors.task_end import FAILURE_KINDS, EnvironmentFailure
    from enchanted_tui.runners.base import Runner, SampleFailed
    from enchanted_tui.runners.restart import Continues
    from enchanted_tui.samplers.base import Sample, Sampler
    from enchanted_tui.samplers.learning_sampler import LearningSampler
    from enchanted_tui.samplers.parser import Parser

    __all__ = [
        "FAILURE_KINDS",
        "Component",
        "Continues",
        "Deliver",
        "EnvironmentFailure",
        "Executor",
        "JobInfo",
        "LearningSampler",
        "Nested",
        "Note",
        "Parser",
        "Result",
        "Returned",
        "Runner",
        "Running",
        "Sample",
        "SampleFailed",
        "Sampler",
        "Task",
        "TaskContext",
        "TaskId",
        "Trouble",
        "Variant",
        "WorkerInfo",
        "option",
        "run_task",
        "task_message",
    ]
else:
    _EXECUTORS = "enchanted_tui.executors.base"
    __getattr__, __all__ = offer(
        __name__,
        {
            "Component": "enchanted_tui.config.options",
            "Nested": "enchanted_tui.config.options",
            "Variant": "enchanted_tui.config.options",
            "option": "enchanted_tui.config.options",
            "Continues": "enchanted_tui.runners.restart",
            "Sample": "enchanted_tui.samplers.base",
            "Sampler": "enchanted_tui.samplers.base",
            "LearningSampler": "enchanted_tui.samplers.learning_sampler",
            "Parser": "enchanted_tui.samplers.parser",
            "Runner": "enchanted_tui.runners.base",
            "SampleFailed": "enchanted_tui.runners.base",
            "FAILURE_KINDS": "enchanted_tui.executors.task_end",
            "EnvironmentFailure": "enchanted_tui.executors.task_end",
            "run_task": "enchanted_tui.executors.task",
            "task_message": "enchanted_tui.executors.task",
            "Deliver": _EXECUTORS,
            "Executor": _EXECUTORS,
            "JobInfo": _EXECUTORS,
            "Note": _EXECUTORS,
            "Result": _EXECUTORS,
            "Returned": _EXECUTORS,
            "Running": _EXECUTORS,
            "Task": _EXECUTORS,
            "TaskContext": _EXECUTORS,
            "TaskId": _EXECUTORS,
            "Trouble": _EXECUTORS,
            "WorkerInfo": _EXECUTORS,
        },
    )


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
