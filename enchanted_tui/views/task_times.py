"""What ran where and when, and what it has used: the tasks of a campaign over time.

Uses numpy and nothing else.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.views.task_index import encode

Floats = NDArray[np.float64]

#: How a task stands.
DONE, FAILED, AT_WORK = range(3)


@dataclass(frozen=True)
class Times:
    """Tasks, in the order in which they are on record; arrays of one length. Moments in seconds
    since the epoch.
    """

    codes: NDArray[np.int64]  #: as `task_index.encode` gives them
    started: Floats
    ended: Floats
    state: NDArray[np.int8]  #: `DONE`, `FAILED` or `AT_WORK`
    cores: Floats  #: held
    cpu: Floats  #: seconds of processor time; NaN where it is not known
    memory: Floats  #: bytes at the peak; NaN where it is not known
    host: NDArray[np.intp]  #: number of the host in `hosts`
    hosts: tuple[str, ...]

    def __len__(self) -> int:
        return self.codes.size

    def of(self, chosen: NDArray[np.intp]) -> Times:
        """Return some of the tasks."""
        arrays = {name: value[chosen] for name, value in vars(self).items() if name != "hosts"}
        return replace(self, **arrays)


class TaskTimes:
    """The times of the tasks taken so far; grows with the campaign."""

    def __init__(self) -> None:
        self._codes: array[int] = array("q")
        self._numbers = array("d")  # started, ended, cores, cpu and memory of each in turn
        self._state = bytearray()
        self._host: array[int] = array("q")
        self._hosts: dict[str, int] = {}

    def take(self, task: TaskId, record: TaskRecord) -> None:
        """Take the record of a task that has ended."""
        self._codes.append(encode(task))
        started = float(record["started"])
        memory = record.get("memory", record.get("memory_at_most"))
        self._numbers.extend(
            (
                started,
                started + float(record["runtime"]),
                float(record.get("cores", 1.0)),
                float(record.get("cpu", np.nan)),
                np.nan if memory is None else float(memory),
            )
        )
        self._state.append(DONE if record["outcome"] == "ok" else FAILED)
        name = record.get("host") or "?"
        self._host.append(self._hosts.setdefault(name, len(self._hosts)))

    def times(self) -> Times:
        """Return what has been taken; copies."""
        numbers = np.array(self._numbers, dtype=np.float64).reshape(-1, 5)
        started, ended, cores, cpu, memory = np.ascontiguousarray(numbers.T)
        return Times(
            np.array(self._codes, dtype=np.int64),
            started,
            np.maximum(started, ended),
            np.array(self._state, dtype=np.int8),
            cores,
            cpu,
            memory,
            np.array(self._host, dtype=np.intp),
            tuple(self._hosts),
        )


def with_running(times: Times, workers: Iterable[Mapping[str, Any]], now: float) -> Times:
    """Add the tasks that workers report to be at work, until `now`; those that have ended in the
    meantime are there already.
    """
    known = set(times.codes.tolist())
    hosts = dict(zip(times.hosts, range(len(times.hosts)), strict=True))
    added: list[tuple[int, float, int]] = []
    for worker in workers:
        task, since = TaskId.named(worker["task"] or ""), worker["since"]
        if task is not None and since is not None and encode(task) not in known:
            host = hosts.setdefault(worker["host"] or "?", len(hosts))
            added.append((encode(task), float(since), host))
    if not added:
        return times
    codes, moments, places = (np.array(one) for one in zip(*added, strict=True))
    unknown, ones = np.full(len(added), np.nan), np.ones(len(added))
    return Times(
        np.append(times.codes, codes),
        np.append(times.started, moments),
        np.append(times.ended, np.maximum(moments, now)),
        np.append(times.state, np.full(len(added), AT_WORK, dtype=np.int8)),
        np.append(times.cores, ones),
        np.append(times.cpu, unknown),
        np.append(times.memory, unknown),
        np.append(times.host, places),
        tuple(hosts),
    )


def lanes_of(
    started: Floats,
    ended: Floats,
    host: NDArray[np.intp],
    names: Sequence[str],
    slack: float = 0.01,
) -> tuple[NDArray[np.intp], list[str]]:
    """Return the lane of each task, and of each lane the name of its host: of each host as many
    lanes as it ran tasks at once, in which no two overlap. Hosts come in the order of their names;
    a task takes the lowest lane that is free.

    The record says on which host a task ran, not in which worker. Overlaps of `slack` seconds, or a
    tenth of the earlier task, are those of clocks.
    """
    lanes = np.zeros(started.size, dtype=np.intp)
    labels: list[str] = []
    for number in sorted(range(len(names)), key=names.__getitem__):
        tasks = np.flatnonzero(host == number)
        tasks = tasks[np.argsort(started[tasks], kind="stable")]
        busy: list[tuple[float, int]] = []
        free: list[int] = []
        for task, begin, end in zip(
            tasks.tolist(), started[tasks].tolist(), ended[tasks].tolist(), strict=True
        ):
            while busy and busy[0][0] <= begin:
                heapq.heappush(free, heapq.heappop(busy)[1])
            lane = heapq.heappop(free) if free else len(labels)
            if lane == len(labels):
                labels.append(names[number])
            lanes[task] = lane
            heapq.heappush(busy, (end - min(slack, 0.1 * (end - begin)), lane))
    return lanes, labels


def mean_between(edges: Floats, started: Floats, ended: Floats, weight: Floats) -> Floats:
    """Return, for each interval between two `edges` (rising, shape (n + 1,)), the mean over time of
    the sum of the `weight` of what is under way; shape (n,).
    """
    if not started.size:
        return np.zeros(edges.size - 1)
    total = np.zeros(edges.size)  # integral up to each edge
    for moments, sign in ((started, 1.0), (ended, -1.0)):
        order = np.argsort(moments)
        placed, heavy = moments[order] - edges[0], weight[order]
        before = np.searchsorted(placed, edges - edges[0], side="right")
        weights = np.concatenate([[0.0], np.cumsum(heavy)])[before]
        shifted = np.concatenate([[0.0], np.cumsum(heavy * placed)])[before]
        total += sign * (weights * (edges - edges[0]) - shifted)
    return np.maximum(np.diff(total) / np.diff(edges), 0.0)
