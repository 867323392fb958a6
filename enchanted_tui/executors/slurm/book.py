"""What the journal knows of jobs: which were to be submitted, which were, and which tasks they
still hold.

Three records, of type ``jobs``: an ``intent`` before anything is submitted, ``submitted`` with the
scheduler's number, and ``closed`` when nothing is expected of the jobs any more. The token that an
intent gives is part of the jobs' name: whatever becomes of the number, the jobs can be found again
by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.executors.base import TaskId

_TOKEN = re.compile(r"-(e[0-9a-f]{12})\Z")


@dataclass
class Submission:
    """One job array that may be known to the scheduler."""

    token: str
    executor: str  #: configured name of the executor
    name: str  #: of the jobs; ends in the token
    directory: str  #: of its files, on the far side
    elements: list[
        list[tuple[TaskId, int]]
    ]  #: by array index: the tasks that it was given, each with its attempt
    time: float = 0.0  #: when it was intended, seconds since the epoch
    job: str | None = None  #: the scheduler's number, once known

    def intent(self) -> dict[str, Any]:
        """Give the record of the intent to submit."""
        return {
            "type": "jobs",
            "event": "intent",
            "executor": self.executor,
            "token": self.token,
            "name": self.name,
            "directory": self.directory,
            "elements": [_packed(element) for element in self.elements],
        }

    def submitted(self, job: str) -> dict[str, Any]:
        return {"type": "jobs", "event": "submitted", "token": self.token, "job": job}

    def closed(self) -> dict[str, Any]:
        return {"type": "jobs", "event": "closed", "token": self.token}


@dataclass
class JobBook:
    """A fold over the records of type ``jobs``, and over the tasks that come back."""

    open: dict[str, Submission] = field(default_factory=dict)  #: by token
    holders: dict[TaskId, str] = field(
        default_factory=dict
    )  #: token of the submission that holds a task

    def apply(self, record: Mapping[str, Any]) -> None:
        event, token = record["event"], record["token"]
        if event == "intent":
            elements = [list(_unpacked(element)) for element in record["elements"]]
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
        """Give an executor's open submissions, with the tasks alone that they still hold."""
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


def token_of(job_name: str) -> str | None:
    """Give the token in a job's name, if it is one of ours."""
    found = _TOKEN.search(job_name)
    return found[1] if found else None


def _packed(tasks: Sequence[tuple[TaskId, int]]) -> list[list[int]]:
    """Give tasks as runs [depth, batch, first sample, step, count, attempt]."""
    runs: list[list[int]] = []
    for task, attempt in tasks:
        last = runs[-1] if runs else None
        if last is not None and [last[0], last[1], last[2] + last[4], last[3], last[5]] == [
            *task,
            attempt,
        ]:
            last[4] += 1
        else:
            runs.append([*task, 1, attempt])
    return runs


def _unpacked(runs: Iterable[Sequence[int]]) -> Iterable[tuple[TaskId, int]]:
    for depth, batch, first, step, count, attempt in runs:
        for sample in range(first, first + count):
            yield TaskId(depth, batch, sample, step), attempt
