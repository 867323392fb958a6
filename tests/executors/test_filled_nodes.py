"""How well samples of different shapes fill nodes: what begins when, by the real book and backlog,
in a time of its own.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence

import pytest

from enchanted_tui.executors.base import Task
from enchanted_tui.executors.pool import backlog as backlog_module
from enchanted_tui.executors.pool.backlog import Backlog
from enchanted_tui.executors.pool.book import Book, Node
from enchanted_tui.executors.pool.booking import Booking
from enchanted_tui.executors.pool.rank_launcher import RankLauncher
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.resources import Resources

NODES, CPUS = 4, 4
LAUNCH = 0.15  #: seconds that srun takes for a step
ONE, FOUR, TWO_NODES = Resources(), Resources(ranks=4), Resources(nodes=2, ranks=4)
WITH_GPUS = [Resources(gpus=1), Resources(ranks=4, gpus=1), Resources(nodes=2, ranks=4, gpus=2)]
SHAPES = {
    "few and many": [ONE, FOUR, TWO_NODES, *WITH_GPUS],
    "mostly small": [*[ONE] * 20, Resources(nodes=2, ranks=8)],
}


class Time:
    """A clock that stands still until somebody sets it."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(backlog_module, "time", made)
    return made


def used(
    time: Time, shapes: Sequence[Resources], seconds: Callable[[], float], window: int
) -> float:
    """Return which part of all CPU time the samples have used until the last one has ended, where
    `window` of them wait at a time.
    """
    nodes = [Node(f"n{number}", tuple(range(CPUS)), (0, 1), 3000) for number in range(NODES)]
    backlog = Backlog(Booking(Book(nodes, slurm_chooses=True), RankLauncher("none", "")))
    to_come = [
        Task(TaskId(0, 0, number, 0), "r", {}, resources=shape)
        for number, shape in enumerate(shapes)
    ]
    running: list[tuple[float, int, Task, float]] = []
    done, work = 0, 0.0
    while to_come or running or len(backlog):
        while to_come and len(backlog) < window:
            backlog.add([to_come.pop(0)])
        task = backlog.next()
        if task is not None:
            length = seconds()
            work += length * (task.resources or ONE).cpus
            heapq.heappush(running, (time.now + length + LAUNCH, done, task, length))
            done += 1
            continue
        time.now, _, task, length = heapq.heappop(running)
        backlog.ran(task, length)
    assert done == len(shapes)
    return work / (NODES * CPUS * time.now)


@pytest.mark.parametrize("window", [32, 120])
@pytest.mark.parametrize("kinds", SHAPES)
def test_nodes_are_filled(kinds: str, window: int, time: Time) -> None:
    """Protects core-hours: samples of all shapes hold 90 % of all CPUs, the time that srun takes
    and the last ones, which nothing follows, included.
    """
    chance = random.Random(kinds)
    shapes = [chance.choice(SHAPES[kinds]) for _ in range(120)]
    assert used(time, shapes, lambda: 5.0, window) >= 0.9
