"""Whose run directory nobody reads but the runner: workers make it only where that one needs it,
and remove what is not kept as soon as the task has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from enchanted_tui.config.models import CampaignConfig, StageSpec
from enchanted_tui.config.options import asked
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.runners.base import Runner
from enchanted_tui.supervisor.sampler_kinds import is_learning_sampler, learns


class KeptPlan:
    """What is kept of the run directories of a campaign's tasks, and who removes the rest."""

    def __init__(self, config: CampaignConfig, samplers: Sequence[Any]) -> None:
        options = config.supervisor
        #: patterns of the files that are kept; None for all
        self.keep: list[str] | None = None
        if options.save_files in ("custom", "none"):
            self.keep = list(options.save_files_list) if options.save_files == "custom" else []
        #: depth and step of the tasks whose directories are their runners' alone
        self.unread: set[tuple[int, int]] = set()
        if self.keep is not None:
            self.unread.update(_unread(config, samplers))
        elif options.save_files == "packed":
            self.unread.update(_unread(config, samplers) - set(_packed_where_they_run(config)))

    def message(self) -> dict[str, Any] | None:
        """Return it as workers are told of it (`executors.base.TaskContext.save_files`)."""
        if self.keep is None and not self.unread:
            return None
        return {"keep": self.keep, "unread": [list(place) for place in sorted(self.unread)]}

    def left_to_clean(self, task: TaskId) -> list[TaskId]:
        """Return the steps of a sample, given by its last one, that workers have not cleaned."""
        steps = (task._replace(step=step) for step in range(task.step + 1))
        return [step for step in steps if (step.depth, step.step) not in self.unread]


def _packed_where_they_run(config: CampaignConfig) -> Iterator[tuple[int, int]]:
    """Return depth and step of the tasks whose executor packs directories itself."""
    for stage in config.stages:
        for number, step in enumerate(stage.steps):
            if getattr(config.executors[step.executor].cls, "packs_files", False):
                yield stage.depth, number


def _unread(config: CampaignConfig, samplers: Sequence[Any]) -> set[tuple[int, int]]:
    """Return depth and step of the tasks whose directories no later one, and no sampler, reads."""
    unread = set()
    read_later = False
    for depth in reversed(range(len(config.stages))):
        stage = config.stages[depth]
        last = len(stage.steps) - 1
        for step in range(last, -1, -1):
            runner = config.runners[stage.steps[step].runner]
            read = read_later or (step == last and _is_read(stage, samplers[depth]))
            if not read and asked(runner.cls, "restart", runner.options) is None:
                unread.add((depth, step))
            if not read_later:
                built = runner.build()
                read_later = not isinstance(built, Runner) or built.reads_earlier_run_dirs()
    return unread


def _is_read(stage: StageSpec, sampler: Any) -> bool:
    """Tell whether the directories of a stage's samples are read by somebody but later steps: by
    samples that start from them, by a parser, or by a plugin, which is given rows.
    """
    if stage.continuation is not None or getattr(sampler, "parser", None):
        return True
    return learns(sampler) and not is_learning_sampler(sampler)
