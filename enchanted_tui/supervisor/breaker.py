"""When one failure signature has taken over: the latest results of a step, and what they share; or
nothing has ever succeeded, whatever the messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.failure_signature import INFRASTRUCTURE, pattern_of
from enchanted_tui.record.records import TaskRecord

#: results that must be failures of one signature while nothing has succeeded, by default
FEW = 20
#: how many times as many once something has: a sweep passes through regions where all fails alike;
#: and as many as are enough whatever the messages are, while nothing has ever succeeded
_MORE = 5
_SHARE = 0.95  #: of the latest results that one signature must have

#: kinds of failures that a rule of the campaign's own makes of samples
_BY_A_RULE = frozenset(("skipped", "straggler"))


class _Window:
    """The latest results of a step as far as one cause goes: the simulation, or infrastructure.
    Successes are only counted: there may be a million of them.
    """

    def __init__(self, few: int) -> None:
        self._few = few
        self._succeeded = False
        self._ended = 0  #: results besides the successes of the step
        #: number among the results, signature and task of the latest failures
        self._failures: deque[tuple[int, str, TaskId]] = deque(maxlen=_MORE * few)

    def went_well(self) -> None:
        """Take in a failure of another kind of cause."""
        self._succeeded = True
        self._ended += 1

    def failed(self, signature: str, task: TaskId, step: _Successes) -> list[TaskId]:
        """Take in a failure; return the tasks that failed so if the signature has taken over, or
        the latest ones if so many have failed and none has ever succeeded.
        """
        self._ended += 1
        ended = self._ended + step.count
        self._failures.append((ended, signature, task))
        none_succeeded = not (self._succeeded or step.before or step.count)
        if none_succeeded and len(self._failures) == self._failures.maxlen:
            return [failed for _, _, failed in self._failures]
        wanted = self._few * (1 if none_succeeded else _MORE)
        if ended < wanted:
            return []
        first = ended - wanted
        same = [
            failed
            for number, found, failed in self._failures
            if number > first and found == signature
        ]
        return same if len(same) >= _SHARE * wanted else []


class _Successes(Struct):
    """Of a step: how many there were, and whether there was any before them."""

    before: bool
    count: int = 0


class Breaker:
    """Watches the tasks of one stage, each step for itself, since the next step of a sample that
    has failed may fail too, in words of its own.
    """

    def __init__(self, few: int, succeeded: Sequence[bool]) -> None:
        """`succeeded`: of each step, whether any task has succeeded before."""
        self._windows = [(_Window(few), _Window(few)) for _ in succeeded]
        self._successes = [_Successes(before) for before in succeeded]

    def went_well(self, step: int) -> None:
        """Take in a success."""
        self._successes[step].count += 1

    def failed(self, task: TaskId, record: TaskRecord) -> list[TaskId]:
        """Take in a failure; return the latest tasks that failed for one reason, this one last, if
        that has taken over, else none.
        """
        simulation, infrastructure = self._windows[task.step]
        well = self._successes[task.step]
        if record["kind"] in _BY_A_RULE:
            return []
        signature = pattern_of(record["message"])
        if record["kind"] in INFRASTRUCTURE:
            return infrastructure.failed(signature, task, well)
        infrastructure.went_well()  # the sample has failed, where it ran all was well
        return simulation.failed(signature, task, well)
