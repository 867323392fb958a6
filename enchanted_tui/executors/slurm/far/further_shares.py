"""What a job that stays is given after its first share, in the order of the numbers.

Nobody tells the job: it looks for the next file. What it has found and not accepted is still the
executor's; what was taken back is answered, whether the share was ever there or not, so that a
number is never waited for in vain.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from enchanted_tui.executors.slurm.far.share import (
    EarlierLife,
    ResultsFile,
    read_share,
    recall_file,
    share_file,
)
from enchanted_tui.journal_lines import TaskId


@dataclass
class FoundShare:
    """One share that was found."""

    number: int
    header: dict[str, Any]
    messages: list[dict[str, Any]]

    @property
    def is_last(self) -> bool:
        """Tell whether nothing follows, ever: the job is to end with what it has."""
        return bool(self.header.get("last"))


class FurtherShares:
    """The files of shares that one job is given while it runs."""

    def __init__(
        self, directory: str, element: int, results: ResultsFile, earlier: EarlierLife
    ) -> None:
        self._directory, self._element, self._results = directory, element, results
        self._earlier = earlier
        self._next = 1
        self._open: dict[int, set[TaskId]] = {}  #: by share that it has: tasks without a result

    def begin(self, number: int, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take what an earlier life of this job has left of a share, and return it."""
        left = [
            message for message in messages if self._earlier.is_open(tuple(message["task"]), number)
        ]
        self._open[number] = {TaskId(*message["task"]) for message in left}
        return left

    def ended(self, task: TaskId) -> None:
        """Take note that a task has a result."""
        for number, tasks in list(self._open.items()):
            tasks.discard(task)
            if not tasks:
                del self._open[number]

    def find(self) -> FoundShare | None:
        """Return the next share; None if there is none yet."""
        while True:
            number = self._next
            if number > self._earlier.answered and self._is_asked_back(number):
                self._results.note("returned", share=number)
            elif number > self._earlier.answered or self._is_there(number):
                break
            self._next += 1  # or an earlier life has done all of it, and it was put away
        try:
            return FoundShare(number, *read_share(self._directory, self._element, number))
        except FileNotFoundError:
            return None

    def accept(self, share: FoundShare) -> list[dict[str, Any]]:
        """Take a share for good; return what of it is to be run. That it was accepted is written
        down before its first result.
        """
        self._results.note("accept", share=share.number)
        self._next = share.number + 1
        return self.begin(share.number, share.messages)

    def asked_back(self) -> dict[int, set[TaskId]]:
        """Return, by share, the tasks without a result of those accepted shares of which all that
        has not begun is wanted back.
        """
        self._look_afresh()
        return {
            number: set(tasks)
            for number, tasks in self._open.items()
            if self._is_asked_back(number)
        }

    def give_back(self, number: int, tasks: Collection[TaskId]) -> None:
        """Say, once, which tasks of an accepted share are the executor's again."""
        del self._open[number]
        self._results.note("returned", share=number, tasks=[list(task) for task in tasks])

    def _is_asked_back(self, number: int) -> bool:
        return os.path.exists(recall_file(self._directory, self._element, number))

    def _is_there(self, number: int) -> bool:
        return os.path.exists(share_file(self._directory, self._element, number))

    def _look_afresh(self) -> None:
        """Have a network file system ask its server what is in the directory: it may remember for a
        minute that a file was not there.
        """
        with contextlib.suppress(OSError):
            os.close(os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY))
