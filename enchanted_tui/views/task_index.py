"""All tasks of a campaign in compact order: which have finished, in which order, and those that a
person asks for.

A task is one integer here (`encode`), sorted as its position is, so 100,000 of them are one array.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import overload

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.stage_state import FAILED, NOT_RUN, OK
from enchanted_tui.record.state import CampaignState

STATUSES = ("all", TaskStatus.RUNNING, TaskStatus.OK, TaskStatus.FAILED, TaskStatus.WAITING)
ORDERS = ("position", "finished", "runtime")

_STEP_BITS, _SAMPLE_BITS, _BATCH_BITS = 6, 28, 24
_SAMPLE_UNIT = 1 << _STEP_BITS
_BATCH_UNIT = 1 << (_STEP_BITS + _SAMPLE_BITS)
_DEPTH_UNIT = 1 << (_STEP_BITS + _SAMPLE_BITS + _BATCH_BITS)


def encode(task: Sequence[int]) -> int:
    """Return (depth, batch, sample, step) as one number of 63 bits."""
    depth, batch, sample, step = task
    return depth * _DEPTH_UNIT + batch * _BATCH_UNIT + sample * _SAMPLE_UNIT + step


def decode(code: int) -> TaskId:
    """Give back what `encode` was given."""
    return TaskId(
        code // _DEPTH_UNIT,
        code // _BATCH_UNIT % (1 << _BATCH_BITS),
        code // _SAMPLE_UNIT % (1 << _SAMPLE_BITS),
        code % _SAMPLE_UNIT,
    )


class TaskList(Sequence[TaskId]):
    """Tasks by their codes: eight bytes each, a `TaskId` only for what is looked at."""

    def __init__(self, codes: array[int]) -> None:
        self.codes = codes

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> TaskId: ...
    @overload
    def __getitem__(self, index: slice) -> TaskList: ...
    def __getitem__(self, index: int | slice) -> TaskId | TaskList:
        if isinstance(index, slice):
            return TaskList(self.codes[index])
        return decode(self.codes[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskList) and self.codes == other.codes

    __hash__ = None  # type: ignore[assignment]

    def index(self, value: object, start: int = 0, stop: int = sys.maxsize) -> int:
        """Return where a task stands in the list. Raises ValueError if it is not there."""
        if not isinstance(value, TaskId):
            raise ValueError(f"{value!r} is no task")
        return self.codes.index(encode(value), start, stop)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, TaskId) and encode(value) in self.codes


class TaskIndex:
    """What the state does not keep of finished tasks: their order, when they finished and how long
    they ran.
    """

    def __init__(self) -> None:
        self.codes: array[int] = array("q")  #: in the order of the journal
        self.runtimes: array[float] = array("d")  #: seconds, beside `codes`
        self.messages: dict[int, str] = {}  #: why a task failed, by code

    def add(self, record: TaskRecord) -> float:
        """Take a task record that the state has taken; return when the task finished, seconds since
        the epoch.
        """
        code = encode(record["task"])
        runtime = record["runtime"]
        self.codes.append(code)
        self.runtimes.append(runtime)
        if record["outcome"] != "ok":
            self.messages[code] = f"{record['kind']}: {record['message'][:300]}"
        finished: float = record["started"] + runtime
        return finished

    def drop(self, task: Sequence[int]) -> None:
        """Drop a task whose result another one replaces."""
        with suppress(ValueError):
            place = self.codes.index(encode(task))
            del self.codes[place], self.runtimes[place]
        self.messages.pop(encode(task), None)

    def drop_forgotten(self, state: CampaignState) -> None:
        """Drop the tasks that the state has forgotten because they are run again."""
        kept = [
            index
            for index, code in enumerate(self.codes)
            if _outcome(state, decode(code)) != NOT_RUN
        ]
        self.codes = array("q", [self.codes[index] for index in kept])
        self.runtimes = array("d", [self.runtimes[index] for index in kept])
        present = set(self.codes)
        self.messages = {
            code: message for code, message in self.messages.items() if code in present
        }

    # -- choosing ----------------------------------------------------------------------------------

    def select(
        self, state: CampaignState, running: Collection[TaskId], status: str, text: str, order: str
    ) -> TaskList:
        """Return the tasks of a status whose name or reason of failure holds every word of `text`.

        Orders: "position"; "finished" (what runs, then the newest results, then what waits);
        "runtime" (longest first, then the rest).
        """
        at_work = sorted(encode(task) for task in running if _outcome(state, task) == NOT_RUN)
        codes = self._ordered(state, at_work, status, order)
        return TaskList(self._matching(codes, text) if text.strip() else codes)

    def _ordered(
        self, state: CampaignState, at_work: list[int], status: str, order: str
    ) -> array[int]:
        if status == TaskStatus.RUNNING:
            return array("q", at_work)
        if status == TaskStatus.WAITING:
            return _without(array("q", sorted(_codes(state, {NOT_RUN}))), at_work)
        ended: dict[str, set[int]] = {
            TaskStatus.OK: {OK},
            TaskStatus.FAILED: set(range(FAILED, 256)),
        }
        wanted = ended.get(status)
        if order == "position":
            return array("q", _positions(state, wanted))
        done = self._by_runtime() if order == "runtime" else self.codes[::-1]
        if wanted is not None:
            allowed = set(_codes(state, wanted))
            return array("q", [code for code in done if code in allowed])
        waiting = _without(array("q", sorted(_codes(state, {NOT_RUN}))), at_work)
        return array("q", at_work) + done + waiting

    def _by_runtime(self) -> array[int]:
        order = sorted(range(len(self.codes)), key=self.runtimes.__getitem__, reverse=True)
        return array("q", [self.codes[index] for index in order])

    def _matching(self, codes: Iterable[int], text: str) -> array[int]:
        words = text.lower().split()
        message = self.messages.get
        return array(
            "q",
            [
                code
                for code in codes
                if _holds(f"{decode(code).name} {message(code, '')}".lower(), words)
            ],
        )


def _holds(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _without(codes: array[int], left_out: list[int]) -> array[int]:
    if not left_out:
        return codes
    out = set(left_out)
    return array("q", [code for code in codes if code not in out])


def _positions(state: CampaignState, wanted: set[int] | None) -> list[int]:
    found = list(_codes(state, wanted))
    found.sort()
    return found


def _codes(state: CampaignState, wanted: set[int] | None) -> Iterator[int]:
    """Return the codes of all tasks drawn so far whose outcome is wanted, step by step of each
    batch.
    """
    for stage in state.stages:
        for batch in stage.batches:
            for number, step in enumerate(batch.steps):
                base = encode((stage.depth, batch.index, 0, number))
                if wanted is None:
                    yield from range(base, base + batch.count * _SAMPLE_UNIT, _SAMPLE_UNIT)
                elif _may_hold(step.succeeded, step.failed, batch.count, wanted):
                    yield from [
                        base + sample * _SAMPLE_UNIT
                        for sample, outcome in enumerate(step.outcomes)
                        if outcome in wanted
                    ]


def _may_hold(succeeded: int, failed: int, count: int, wanted: set[int]) -> bool:
    return bool(
        (OK in wanted and succeeded)
        or (FAILED in wanted and failed)
        or (NOT_RUN in wanted and succeeded + failed < count)
    )


def _outcome(state: CampaignState, task: TaskId) -> int:
    """Return a task's outcome, NOT_RUN if the state does not know it."""
    if task.depth >= len(state.stages) or task.batch >= len(state.stages[task.depth].batches):
        return NOT_RUN
    batch = state.stages[task.depth].batches[task.batch]
    if task.sample >= batch.count or task.step >= len(batch.steps):
        return NOT_RUN
    return batch.steps[task.step].outcomes[task.sample]
