"""A fold over what the journal says of jobs: which are open, and which tasks they still hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from msgspec import Struct, field

from enchanted_tui.executors.jobs import Submission, unpacked
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import JobsRecord


class TaskHolder(NamedTuple):
    """Who was given a task last."""

    token: str  #: of the submission
    element: int  #: of its job array
    share: int  #: 0 for what the job was submitted with


class JobBook(Struct):
    """A fold over the records of type ``jobs``, and over the tasks that come back."""

    open: dict[str, Submission] = field(default_factory=dict)  #: by token
    holders: dict[TaskId, TaskHolder] = field(default_factory=dict)

    def apply(self, record: JobsRecord) -> None:
        event, token = record["event"], record["token"]
        if event == "intent":
            self._intend(record)
        elif token in self.open:
            if event == "submitted":
                self.open[token].job = record["job"]
            elif event == "added":
                for index, number, runs in record["shares"]:
                    tasks = self.open[token].added[index, number] = list(unpacked(runs))
                    self._hold(tasks, TaskHolder(token, index, number))
            elif event == "closed":
                self._close(token)

    def _intend(self, record: JobsRecord) -> None:
        token = record["token"]
        elements = [list(unpacked(element)) for element in record["elements"]]
        self.open[token] = Submission(
            token,
            record["executor"],
            record["name"],
            record["directory"],
            elements,
            record["time"],
            stays=record.get("stays"),
        )
        for index, tasks in enumerate(elements):
            self._hold(tasks, TaskHolder(token, index, 0))

    def _hold(self, tasks: Iterable[tuple[TaskId, int]], holder: TaskHolder) -> None:
        self.holders.update((task, holder) for task, _ in tasks)

    def came_back(self, task: TaskId) -> None:
        """A task's result is on record."""
        self.holders.pop(task, None)

    def of(self, executor: str) -> list[Submission]:
        """Return an executor's open submissions, with the tasks alone that they still hold."""
        return [
            self._reduced(submission)
            for submission in self.open.values()
            if submission.executor == executor
        ]

    def _reduced(self, submission: Submission) -> Submission:
        def held(
            tasks: Iterable[tuple[TaskId, int]], index: int, share: int
        ) -> list[tuple[TaskId, int]]:
            holder = TaskHolder(submission.token, index, share)
            return [item for item in tasks if self.holders.get(item[0]) == holder]

        return replace(
            submission,
            elements=[held(tasks, index, 0) for index, tasks in enumerate(submission.elements)],
            added={place: held(tasks, *place) for place, tasks in submission.added.items()},
        )

    def _close(self, token: str) -> None:
        submission = self.open.pop(token)
        for tasks in (*submission.elements, *submission.added.values()):
            for task, _ in tasks:
                holder = self.holders.get(task)
                if holder is not None and holder.token == token:
                    del self.holders[task]
