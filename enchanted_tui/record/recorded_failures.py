"""The failures of a campaign, as kept in memory: how many of each kind, and the latest of them."""

from __future__ import annotations

from collections import Counter, deque

from msgspec import Struct

from enchanted_tui.executors.task_end import FAILURE_KINDS
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.stage_state import FAILED, UNKNOWN_KIND

_KIND_CODES = {kind: FAILED + index for index, kind in enumerate(FAILURE_KINDS)}
_RECENT = 1000


class FailureNote(Struct, frozen=True):
    """A failure as kept in memory: enough to list and group; the rest is in the journal at
    `offset`.
    """

    task: TaskId
    kind: str
    message: str
    time: float
    host: str
    offset: int


class RecordedFailures:
    """All that count: failures of tasks that run again do not."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()  #: kinds of a later version are ``unknown``
        self.recent: deque[FailureNote] = deque(maxlen=_RECENT)

    def put(self, record: TaskRecord, finished: float, offset: int) -> int:
        """Take in a failure; return the code of its kind, for the stage's table of outcomes."""
        kind = record["kind"]
        self.kinds[kind if kind in _KIND_CODES else "unknown"] += 1
        task, message, host = TaskId(*record["task"]), record["message"], record["host"]
        self.recent.append(FailureNote(task, kind, message, finished, host, offset))
        return _KIND_CODES.get(kind, UNKNOWN_KIND)

    def drop(self, task: TaskId, outcome: int) -> None:
        """Forget the failure of a task; `outcome` is the code of its kind."""
        self.kinds[FAILURE_KINDS[outcome - FAILED] if outcome != UNKNOWN_KIND else "unknown"] -= 1
        for note in self.recent:
            if note.task == task:
                self.recent.remove(note)
                return
