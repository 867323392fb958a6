"""Putting something on record: a line of the journal, which the state takes in at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from enchanted_tui import fast_values
from enchanted_tui.executors.base import Note
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.records import Record, TaskRecord
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.late_samples import retry_record

Observer = Callable[[Record], None]


class Recorder:
    """Writes records and tells the `observer` of each."""

    def __init__(self, journal: Journal, state: CampaignState, observer: Observer | None) -> None:
        self._journal, self._state, self._observer = journal, state, observer

    def put(self, record: Record) -> int:
        """Record something; return the offset of its line."""
        offset = self._journal.append(record)
        self._taken_in(record, offset)
        return offset

    def put_line(self, line: bytes) -> TaskRecord:
        """Record the result of a task, the very line that a worker has made; return what it
        says.
        """
        record: TaskRecord = fast_values.decode(line)
        self._taken_in(record, self._journal.append_line(line))
        return record

    def put_note(self, note: Note) -> None:
        """Put what an executor announces on disk, after all the results that it has delivered
        before.
        """
        self.put(cast(Record, note.record))
        self._journal.sync()
        note.written.set()

    def give_up(self, tasks: list[TaskId]) -> None:
        """Put on disk that the failures of tasks do not count any more: they run again."""
        if tasks:
            record = retry_record(tasks, self._state, self._journal)
            record["failed"] = True
            self.put(record)
            self._journal.sync()

    def _taken_in(self, record: Record, offset: int) -> None:
        self._state.apply(record, offset)
        if self._observer is not None:
            self._observer(record)
