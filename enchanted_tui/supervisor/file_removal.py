"""Remove the files of finished samples that `save_files` does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.cleaning import clean_task
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor.finished_files import FinishedFiles, steps
from enchanted_tui.supervisor.unread import KeptPlan


class FileRemoval(FinishedFiles):
    """Cleans samples: parents, samples of earlier sessions, and what has failed before at the
    end.
    """

    thread_name = "file removal"
    failing = "files of finished samples cannot be removed"

    def __init__(
        self, run_dir: CampaignDirectory, kept: KeptPlan, state: CampaignState, begun_at: float
    ) -> None:
        """Results from offset `begun_at` of the journal on are given to `put`, or have been cleaned
        by workers.
        """
        super().__init__()
        self._run_dir, self._kept, self._state, self._begun_at = run_dir, kept, state, begun_at
        self._keep, self._spread = kept.keep or (), state.spread

    def finish(self) -> None:
        self.close()
        there: list[str] = []
        with suppress(FileNotFoundError):
            there = [entry.name for entry in self._run_dir.tasks(self._spread).entries()]
        again = {step.name for task in self._failed for step in steps(task)}
        for name in there:
            if name in again or self._is_left(TaskId.named(name)):
                clean_task(self._run_dir, name, self._keep, spread=self._spread)

    def _is_left(self, task: TaskId | None) -> bool:
        """Tell whether a directory is one of the campaign's that was not cleaned in this session,
        or of which nothing was to stay.
        """
        if task is None or task.depth >= len(self._state.stages):
            return False
        stage = self._state.stages[task.depth]
        if task.batch >= len(stage.batches) or task.step >= stage.n_steps:
            return False
        batch = stage.batches[task.batch]
        if task.sample >= batch.count:
            return False
        in_session = batch.steps[-1].offsets[task.sample] >= self._begun_at
        unread = (task.depth, task.step) in self._kept.unread
        is_last = task.depth == len(self._state.stages) - 1
        return not (self._keep and in_session and (unread or is_last))

    def _treat(self, tasks: Sequence[TaskId]) -> None:
        for task in tasks:
            try:
                for step in self._kept.left_to_clean(task):
                    clean_task(self._run_dir, step.name, self._keep, spread=self._spread)
            except OSError as error:
                self._failed.append(task)
                self._tell(error)
