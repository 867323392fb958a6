"""What the journal knows of jobs: which were to be submitted, which were, and which tasks they
still hold.

Records of type ``jobs``: an ``intent`` before anything is submitted, ``submitted`` with the
scheduler's number, ``added`` before a job that stays is given more, and ``closed`` when nothing is
expected of the jobs any more. The token that an
intent gives is part of the jobs' name: whatever becomes of the number, the jobs can be found again
by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.journal_lines import TaskId


@dataclass
class Submission:
    """One job array that may be known to the scheduler."""

    token: str
    executor: str  #: configured name of the executor
    name: str  #: of the jobs; ends in the token
    directory: str  #: of its files, on the far side
    #: by array index: the tasks that it was given, each with its attempt
    elements: list[list[tuple[TaskId, int]]]
    time: float = 0.0  #: when it was intended, seconds since the epoch
    job: str | None = None  #: the scheduler's number, once known
    #: of jobs that stay for more work: what names the options that they were submitted with
    stays: str | None = None
    #: by array index and number: the shares that jobs were given later, like `elements`
    added: dict[tuple[int, int], list[tuple[TaskId, int]]] = field(default_factory=dict)

    def intent(self) -> dict[str, Any]:
        """Return the record of the intent to submit."""
        return {
            "type": "jobs",
            "event": "intent",
            "executor": self.executor,
            "token": self.token,
            "name": self.name,
            "directory": self.directory,
            "elements": [_packed(element) for element in self.elements],
            **({"stays": self.stays} if self.stays is not None else {}),
        }

    def addition(
        self, shares: Mapping[tuple[int, int], Sequence[tuple[TaskId, int]]]
    ) -> dict[str, Any]:
        """Return the record of shares that are to be added, by array index and number."""
        packed = [[*place, _packed(tasks)] for place, tasks in shares.items()]
        return {"type": "jobs", "event": "added", "token": self.token, "shares": packed}

    def submitted(self, job: str) -> dict[str, Any]:
        return {"type": "jobs", "event": "submitted", "token": self.token, "job": job}

    def closed(self) -> dict[str, Any]:
        return {"type": "jobs", "event": "closed", "token": self.token}


def _packed(tasks: Sequence[tuple[TaskId, int]]) -> list[list[int]]:
    """Return tasks as runs [depth, batch, first sample, step, count, attempt]."""
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


def unpacked(runs: Iterable[Sequence[int]]) -> Iterable[tuple[TaskId, int]]:
    for depth, batch, first, step, count, attempt in runs:
        for sample in range(first, first + count):
            yield TaskId(depth, batch, sample, step), attempt
