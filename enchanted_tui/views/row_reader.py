"""What is made of the rows of finished tasks while a campaign is watched: groups of failures, and
columns. For worker threads.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.views.campaign_fold import CampaignFold
from enchanted_tui.views.failure_groups import FailureGroup, FailureGroups, Values
from enchanted_tui.views.row_columns import RowColumns
from enchanted_tui.views.task_index import TaskList, decode

if TYPE_CHECKING:
    from enchanted_tui.views.task_times import TaskTimes, Times

_ROWS_AT_ONCE = 200


class _Source(Protocol):
    def read(self, offset: int) -> TaskRecord | None: ...


class _TakesRecords(Protocol):
    def take(self, task: TaskId, record: TaskRecord) -> None: ...


_Made = TypeVar("_Made", bound=_TakesRecords)


@dataclass
class _Reading(Generic[_Made]):
    """Something made of the rows of finished tasks, and how many of them it has taken."""

    made: _Made
    key: tuple[CampaignFold, int, int | None]
    taken: int = 0


def _task_times() -> TaskTimes:
    # numpy is no matter of the first screen
    from enchanted_tui.views.task_times import TaskTimes

    return TaskTimes()


class RowReader:
    """Reads the rows of a campaign that somebody watches, a few at a time.

    `watched` gives the fold and where its records are read; `look` holds the watcher's lock;
    `others_wait` says whether somebody wants it.
    """

    def __init__(
        self,
        watched: Callable[[], tuple[CampaignFold, _Source]],
        look: Callable[[], AbstractContextManager[None]],
        others_wait: Callable[[], bool],
    ) -> None:
        self._watched = watched
        self._look = look
        self._others_wait = others_wait
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Forget everything; it is read anew when it is asked for."""
        self._groups: _Reading[FailureGroups] | None = None
        self._columns: _Reading[RowColumns] | None = None
        self._times: _Reading[TaskTimes] | None = None

    def failure_groups(self) -> tuple[FailureGroup, ...]:
        """Group all failures. Reads each finished task once: 100,000 take seconds the first time;
        not for the event loop.
        """
        with self._lock:
            fold, _ = self._watched()
            if not fold.index.messages:
                return ()
            reading = self._groups = self._brought_up(self._groups, FailureGroups, depth=None)
            return reading.made.groups()

    def failure_values(self, patterns: Collection[str]) -> tuple[Values, Values]:
        """Return the parameters' values in some of the groups of `failure_groups` as it was called
        last, and in the successes.
        """
        with self._lock:
            reading = self._groups
            return reading.made.values(patterns) if reading is not None else ({}, {})

    def columns(self) -> dict[str, list[Any]]:
        """Return the columns of the dataset's stage, in the order in which its rows finished (see
        `tasks`). Not for the event loop.
        """
        return self.dataset()[0]

    def tasks(self) -> Sequence[TaskId]:
        """Return the tasks of the rows of `columns` as it was called last."""
        with self._lock:
            reading = self._columns
            return reading.made.tasks() if reading is not None else TaskList(array("q"))

    def dataset(self) -> tuple[dict[str, list[Any]], TaskList]:
        """Return the columns of the dataset's stage, in the order in which its rows finished, and
        the tasks of these rows.

        Not for the event loop.
        """
        with self._lock:
            with self._look():
                fold, _ = self._watched()
                depth = dataset_stage(fold.state).depth if fold.state.stages else 0
            # another thread may forget it meanwhile
            reading = self._columns = self._brought_up(self._columns, RowColumns, depth)
            return reading.made.columns(), reading.made.tasks()

    def times(self) -> Times:
        """Return when and where all tasks on record ran, in the order in which they finished. Reads
        each finished task once; not for the event loop.
        """
        with self._lock:
            reading = self._times = self._brought_up(self._times, _task_times, depth=None)
            return reading.made.times()

    def _brought_up(
        self, reading: _Reading[_Made] | None, make: Callable[[], _Made], depth: int | None
    ) -> _Reading[_Made]:
        """Let it take the records of finished tasks that it has not taken; anew if some have been
        forgotten since.

        With a `depth`, only the last steps of that stage.
        """
        while True:
            with self._look():
                fold, source = self._watched()
                if reading is None or reading.key != (fold, fold.generation, depth):
                    reading = _Reading(make(), (fold, fold.generation, depth))
                codes = fold.index.codes[reading.taken : reading.taken + _ROWS_AT_ONCE]
                for task in map(decode, codes):
                    if depth is None or (
                        task.depth == depth and task.step == fold.state.stages[depth].n_steps - 1
                    ):
                        record = source.read(fold.state.offset_of(task))
                        if record is not None:
                            reading.made.take(task, record)
                reading.taken += len(codes)
            if not codes:
                return reading
            if self._others_wait():
                time.sleep(0.001)
