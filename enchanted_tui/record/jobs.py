"""A fold over what the journal says of jobs: which are open, and which tasks they still hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from enchanted_tui.executors.jobs import Submission, unpacked
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import JobsRecord


@dataclass
class JobBook:
    """A fold over the records of type ``jobs``, and over the tasks that come back."""

    open: dict[str, Submission] = field(default_factory=dict)  #: by token
    #: token of the submission that holds a task
    holders: dict[TaskId, str] = field(default_factory=dict)

    def apply(self, record: JobsRecord) -> None:
        event, token = record["event"], record["token"]
        if event == "intent":
            elements = [list(unpacked(element)) for element in record["elements"]]
            submission = Submission(
                token,
                record["executor"],
                record["name"],
                record["directory"],
                elements,
                record["time"],
            )
            self.open[token] = submission
            for element in elements:
                self.holders.update((task, token) for task, _ in element)
        elif token in self.open:
            if event == "submitted":
                self.open[token].job = record["job"]
            elif event == "closed":
                self._close(token)

    def came_back(self, task: TaskId) -> None:
        """A task's result is on record."""
        self.holders.pop(task, None)

    def of(self, executor: str) -> list[Submission]:
        """Return an executor's open submissions, with the tasks alone that they still hold."""
        found = []
        for submission in self.open.values():
            if submission.executor == executor:
                held = [
                    [item for item in element if self.holders.get(item[0]) == submission.token]
                    for element in submission.elements
                ]
                found.append(
                    Submission(
                        submission.token,
                        submission.executor,
                        submission.name,
                        submission.directory,
                        held,
                        submission.time,
                        submission.job,
                    )
                )
        return found

    def _close(self, token: str) -> None:
        for element in self.open.pop(token).elements:
            for task, _ in element:
                if self.holders.get(task) == token:
                    del self.holders[task]
