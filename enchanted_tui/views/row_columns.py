"""The dataset as columns, growing with the campaign: for tables and plots that follow it."""

from __future__ import annotations

from array import array
from typing import Any

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.views.task_index import TaskList, encode


class RowColumns:
    """Columns of the rows taken so far, in the order in which they finished; a value that a row
    lacks is None.
    """

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {}
        self._codes: array[int] = array("q")

    def take(self, task: TaskId, record: TaskRecord) -> None:
        """Take the record of a sample that has finished."""
        count = len(self._codes)
        self._codes.append(encode(task))
        for name, value in record["row"].items():
            if name == "run_dir":
                continue
            column = self._columns.get(name)
            if column is None:
                column = self._columns[name] = [None] * count
            elif len(column) < count:
                column.extend([None] * (count - len(column)))
            column.append(value)

    def columns(self) -> dict[str, list[Any]]:
        """Return all columns by name, each of the same length; they are copies."""
        count = len(self._codes)
        return {
            name: column + [None] * (count - len(column)) for name, column in self._columns.items()
        }

    def tasks(self) -> TaskList:
        """Return the tasks that the rows belong to, in the same order."""
        return TaskList(self._codes[:])
