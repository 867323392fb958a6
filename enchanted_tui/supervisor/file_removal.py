"""Remove the files of finished samples that `save_files` does not keep."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.cleaning import clean_task
from enchanted_tui.storage.layout import RunDir
from enchanted_tui.supervisor.finished_files import FinishedFiles, steps


class FileRemoval(FinishedFiles):
    """Cleans samples: parents, samples of earlier sessions, and what has failed before at the end."""

    thread_name = "file removal"
    failing = "files of finished samples cannot be removed"

    def __init__(
        self, run_dir: RunDir, keep: list[str], state: CampaignState, begun_at: float
    ) -> None:
        """`keep` are the patterns of files that stay; results from offset `begun_at` of the journal
        on are given to `put`.
        """
        super().__init__()
        self._run_dir, self._keep, self._state, self._begun_at = run_dir, keep, state, begun_at

    def finish(self) -> None:
        self.close()
        there = set()
        with suppress(FileNotFoundError):
            there = set(os.listdir(self._run_dir.data))
        for task in (*self._failed, *self._left()):
            for step in steps(task):
                if step.name in there:
                    clean_task(self._run_dir, step.name, self._keep)

    def _left(self) -> Iterator[TaskId]:
        """Return the samples that have not been given to `put` in this session."""
        last = len(self._state.stages) - 1
        for stage in self._state.stages:
            for batch, sample, _, offset in stage.rows():
                if stage.depth < last or offset < self._begun_at:
                    yield TaskId(stage.depth, batch, sample, stage.n_steps - 1)

    def _treat(self, tasks: Sequence[TaskId]) -> None:
        for task in tasks:
            try:
                for step in steps(task):
                    clean_task(self._run_dir, step.name, self._keep)
            except OSError as error:
                self._failed.append(task)
                self._tell(error)
