"""Remove the files of finished samples that `save_files` does not keep: beside the loop, which must
not wait for a file server.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.cleaning import clean_task
from enchanted_tui.storage.layout import RunDir

log = logging.getLogger(__name__)


class FileRemoval:
    """Cleans samples in a thread. What fails is told once and is done again at the end of the
    campaign, or by a later session.
    """

    def __init__(
        self, run_dir: RunDir, keep: list[str], state: CampaignState, begun_at: float
    ) -> None:
        """`keep` are the patterns of files that stay; results from offset `begun_at` of the journal
        on are given to `put`.
        """
        self._run_dir, self._keep, self._state, self._begun_at = run_dir, keep, state, begun_at
        self._queue: queue.SimpleQueue[list[TaskId] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failed: list[TaskId] = []
        self._told = self._abandoned = False

    def put(self, tasks: list[TaskId]) -> None:
        """Clean samples, each given by its last step, some time soon. Their results must be on the
        disk.
        """
        if not tasks:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="file removal", daemon=True)
            self._thread.start()
        self._queue.put(tasks)

    def close(self) -> None:
        """Wait until what was given is cleaned."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def abandon(self) -> None:
        """Clean nothing more."""
        self._abandoned = True
        self.close()

    def finish(self) -> None:
        """Clean what is left now that the campaign is complete: parents, samples of earlier
        sessions, and what has failed before.

        Raises OSError if that is impossible.
        """
        self.close()
        there = set()
        with suppress(FileNotFoundError):
            there = set(os.listdir(self._run_dir.data))
        for task in (*self._failed, *self._left()):
            for step in _steps(task):
                if step.name in there:
                    clean_task(self._run_dir, step.name, self._keep)

    def _left(self) -> Iterator[TaskId]:
        """Return the samples that have not been given to `put` in this session."""
        last = len(self._state.stages) - 1
        for stage in self._state.stages:
            for batch, sample, _, offset in stage.rows():
                if stage.depth < last or offset < self._begun_at:
                    yield TaskId(stage.depth, batch, sample, stage.n_steps - 1)

    def _work(self) -> None:
        while (tasks := self._queue.get()) is not None:
            for task in tasks if not self._abandoned else ():
                try:
                    self._clean(_steps(task))
                except OSError as error:
                    self._failed.append(task)
                    self._tell(error)

    def _clean(self, steps: Iterable[TaskId]) -> None:
        for step in steps:
            clean_task(self._run_dir, step.name, self._keep)

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            with suppress(Exception):
                log.warning(
                    f"files of finished samples cannot be removed ({error}); this is tried again at"
                    " the end"
                )


def _steps(task: TaskId) -> list[TaskId]:
    return [task._replace(step=step) for step in range(task.step + 1)]
