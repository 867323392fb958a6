"""Tasks as executors get them: with their values, the neighbour they continue from, and what their
runner has prepared on this side.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.executors.base import Result, Task, TaskContext
from enchanted_tui.executors.task import fail_task, skip_task, task_message
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.neighbours import with_neighbour
from enchanted_tui.record.more_memory import MoreMemory
from enchanted_tui.record.samples import LostSamplesError
from enchanted_tui.resources import Resources
from enchanted_tui.runners.base import SAMPLE_NAMES, Runner
from enchanted_tui.runners.sample_resources import resources_of
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.task_paths import TaskPaths


class _CannotRun(Exception):
    """Why a task has failed before it could be handed out."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class TaskBuilder:
    """Makes tasks of what can run."""

    def __init__(self, config: CampaignConfig, context: TaskContext) -> None:
        self._paths = TaskPaths(context.data_dir, context.spread)
        self._context_fields = asdict(context)
        self._preparers = _preparers(config)
        #: of each step of each stage, whether what runs it packs its files
        self._packs_files = [
            [getattr(config.executors[step.executor].cls, "packs_files", False) for step in steps]
            for steps in (stage.steps for stage in config.stages)
        ]

    def build(self, run: StageRun, items: Sequence[Ready]) -> tuple[list[Task], list[Result]]:
        """Return the tasks, and the records of those that no executor gets to see: they are
        skipped, or have failed already.
        """
        tasks, unrun, given = [], [], run.state.memory
        neighbours: Mapping[TaskId, Any] = {}
        if run.neighbours is not None:
            neighbours = run.neighbours.choose(
                [ready.id for ready in items if run.reason_to_skip(ready.id) is None]
            )
        for ready in items:
            task = Task(ready.id, run.plan.runners[ready.id.step], {})
            try:
                self._fill_in(task, run, ready)
                reason = run.reason_to_skip(ready.id) if ready.id.step else None
                if reason is not None:
                    line = skip_task(task_message(task), self._context_fields, reason)
                    unrun.append(Result(task.id, line))
                    continue
                task.neighbour = neighbours.get(ready.id)
                if task.runner in self._preparers:
                    self._prepare(task)
                if len(given):
                    _give_more_memory(task, given.of(task.id))
            except _CannotRun as failure:
                unrun.append(Result(task.id, self._failed(task, failure)))
                continue
            tasks.append(task)
        return tasks, unrun

    def _fill_in(self, task: Task, run: StageRun, ready: Ready) -> None:
        """Give a task its values, and say what becomes of its files."""
        try:
            inputs = run.inputs(ready)
        except LostSamplesError as error:
            raise _CannotRun("lost", str(error)) from error
        task.params, task.hide, task.hide_always = inputs.params, inputs.hide, inputs.hide_always
        depth, _, _, step = task.id
        task.pack = step == run.plan.packed_after and self._packs_files[depth][step]

    def _prepare(self, task: Task) -> None:
        """Have its runner prepare a sample on this side, and say what it needs."""
        runner = self._preparers[task.runner]
        try:
            params = with_neighbour(task.params, task.neighbour, self._paths)
            if isinstance(runner, Runner):
                runner.sample = _sample_names(task, self._paths)
            if hasattr(runner, "prepare"):
                task.prepared = runner.prepare(dict(params))
            if isinstance(runner, Runner):
                task.resources = runner.resources_for(params)
        # whatever a plugin raises is a fact about this sample
        except Exception as error:
            kind = getattr(error, "failure_kind", "prepare")
            raise _CannotRun(kind, f"{type(error).__name__}: {error}") from error

    def _failed(self, task: Task, failure: _CannotRun) -> bytes:
        said = {"kind": failure.kind, "message": str(failure)}
        return fail_task(task_message(task), self._context_fields, said, 0.0, time.time())


def _give_more_memory(task: Task, given: MoreMemory | None) -> None:
    """Ask for more than its runner says, for a task that was killed for want of memory."""
    if given is not None:
        wanted = task.resources or Resources()
        task.resources = replace(wanted, mem=max(wanted.mem, given.mem))
        task.attempt = task.first_attempt = given.attempt


def _preparers(config: CampaignConfig) -> Mapping[str, Any]:
    """Return, by name, an instance of each runner that prepares its samples on this side, or says
    what they need.
    """
    used = {step.runner for stage in config.stages for step in stage.steps}
    return {
        name: config.runners[name].build()
        for name in used
        if getattr(config.runners[name].cls, "prepare", Runner.prepare) is not Runner.prepare
        or resources_of(config.runners[name].cls, config.runners[name].options)
    }


def _sample_names(task: Task, paths: TaskPaths) -> dict[str, Any]:
    """Return what a runner is told of the sample itself."""
    name = task.id.name
    return dict(zip(SAMPLE_NAMES, (name, task.id.sample, paths.of(name)), strict=True))
