"""Failures that are one and the same problem: grouped by what their messages have in common."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from sys import float_info
from typing import Any

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.failure_signature import pattern_of, widen
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.views.task_index import TaskList, encode
from enchanted_tui.views.task_lines import line_of

Read = Callable[[int], TaskRecord | None]


@dataclass(frozen=True)
class ParamRange:
    """The range of a numeric parameter in a group of failures, and among all successes (None if
    there are none).
    """

    failed_min: float
    failed_max: float
    ok_min: float | None
    ok_max: float | None


@dataclass(frozen=True)
class FailureGroup:
    """Failures of one kind of message. Times in seconds since the epoch."""

    pattern: str
    example: str  #: the newest whole message
    kinds: tuple[tuple[str, int], ...]
    count: int
    first: float
    last: float
    hosts: tuple[tuple[str, int], ...]
    tasks: TaskList  #: in the order in which they failed
    ranges: Mapping[str, ParamRange]


@dataclass
class _Growing:
    """A group as it is put together."""

    example: str = ""
    kinds: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    first: float = float("inf")
    last: float = 0.0
    codes: array[int] = field(default_factory=lambda: array("q"))
    ranges: dict[str, list[float]] = field(default_factory=dict)
    values: dict[str, array[float]] = field(default_factory=dict)


#: The finite numeric values of parameters, by name.
Values = dict[str, "array[float]"]


class FailureGroups:
    """All failures, grouped; takes each record once, as long as nothing is run again."""

    def __init__(self) -> None:
        self._groups: dict[str, _Growing] = {}
        self._ok: dict[str, list[float]] = {}
        self._ok_values: Values = {}

    def take(self, task: TaskId, record: TaskRecord) -> None:
        """Take the record, with its row, of a task that has ended."""
        line = line_of(task, record)
        if line.status == TaskStatus.OK:
            widen(self._ok, line.params)
            _collect(self._ok_values, line.params)
            return
        group = self._groups.setdefault(pattern_of(line.message), _Growing())
        finished = line.finished or 0.0
        group.example = line.message
        group.kinds[line.kind] += 1
        group.hosts[line.host] += 1
        group.first, group.last = min(group.first, finished), max(group.last, finished)
        group.codes.append(encode(task))
        widen(group.ranges, line.params)
        _collect(group.values, line.params)

    def values(self, patterns: Collection[str]) -> tuple[Values, Values]:
        """Return the values of the parameters in some groups taken together, and those in all
        successes; they are copies.
        """
        failed: Values = {}
        for pattern in patterns:
            if pattern in self._groups:
                for name, values in self._groups[pattern].values.items():
                    failed.setdefault(name, array("d")).extend(values)
        return failed, {
            name: values[:] for name, values in self._ok_values.items() if name in failed
        }

    def groups(self) -> tuple[FailureGroup, ...]:
        """Return the groups, the largest first."""
        found = [self._frozen(pattern, group) for pattern, group in self._groups.items()]
        return tuple(sorted(found, key=lambda group: (-group.count, group.pattern)))

    def _frozen(self, pattern: str, group: _Growing) -> FailureGroup:
        ranges = {}
        for name, (low, high) in group.ranges.items():
            ok = self._ok.get(name, (None, None))
            ranges[name] = ParamRange(low, high, ok[0], ok[1])
        return FailureGroup(
            pattern,
            group.example,
            tuple(group.kinds.most_common()),
            len(group.codes),
            group.first,
            group.last,
            tuple(group.hosts.most_common()),
            TaskList(group.codes[:]),
            ranges,
        )


def _collect(columns: Values, params: Mapping[str, Any]) -> None:
    for name, value in params.items():
        if type(value) in (int, float) and -float_info.max <= value <= float_info.max:
            columns.setdefault(name, array("d")).append(value)
