"""The first few samples of a stage run before the rest is handed out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.stage import StageRun

SIZE = 5  #: samples, where the configuration gives no number
_LARGE = 1_000  #: samples of a stage from which on it has a canary by default
_LARGE_IN_JOBS = 100  #: the same where they run in batch jobs
#: samples for each worker that such a stage has at least, so that waiting for the canary costs no
#: more than about 2 % of the machine's time; jobs hold no machine before they are submitted
_ROUNDS = 50
#: times as long as the first success that the others of the canary may take before the rest is
#: handed out all the same: all is known by then but how long samples take
_PATIENCE = 3.0

Sample = tuple[int, int]  #: batch and number
#: for a stage, what gives a task that may begin now
Draw = Callable[[StageRun], Callable[[], Ready | None]]


def size_of(option: int | None, expected: int, workers: Callable[[], int], *, in_jobs: bool) -> int:
    """Return how many samples of a stage run before the rest; 0 for no canary.

    `option`: as configured; `expected`: samples of the stage; `workers`: tells how many run at once
    where they do not run in jobs.
    """
    if option is not None:
        return SIZE if option is True else int(option)
    if in_jobs:
        return SIZE if expected >= _LARGE_IN_JOBS else 0
    return SIZE if expected >= _LARGE and expected >= _ROUNDS * workers() else 0


class Canary:
    """Lets a few samples begin, and the others once one has succeeded."""

    def __init__(self, size: int, failed: Iterable[TaskId] = (), held: int = 0) -> None:
        """`failed`: those of this canary that have failed in an earlier session. At least one more
        has to, or what was on record would stop each session again at once. `held`: how many
        samples of it jobs of that session hold.
        """
        #: the task that each sample of it failed at first
        self.failed: dict[Sample, TaskId] = {}
        for task in failed:
            self.failed.setdefault((task.batch, task.sample), task)
        self._before = len(self.failed)
        self._begun: set[Sample] = set()
        self._left = max(1, held, size - self._before) if size else 0
        self._ended: set[Sample] = set()
        self._began_at = 0.0  #: monotonic
        self._enough_at: float | None = None  #: when nobody waits for its others any more
        self.over = not size

    def next(self, run: StageRun) -> Ready | None:
        """Return a task that can run, as `StageRun.next` does, if it may begin now."""
        if not self.may_begin():
            return None
        ready = run.next()
        if ready is not None and not self.over:
            self._begun.add((ready.id.batch, ready.id.sample))
            self._began_at = self._began_at or time.monotonic()
        return ready

    def may_begin(self) -> bool:
        if not self.over and self._enough_at is not None and time.monotonic() >= self._enough_at:
            self.over = True
        return self.over or len(self._begun) < self._left

    def ended(self, task: TaskId, *, failed: bool, last: bool) -> list[TaskId]:
        """Take in a result, `last` being whether it is the sample's row; return the tasks that have
        failed if no sample of the canary has succeeded.
        """
        if self.over:
            return []
        sample = (task.batch, task.sample)
        if failed:
            self.failed.setdefault(sample, task)
        if not last:
            return []
        if failed:
            self._ended.add(sample)
        else:
            self._succeeded(sample)
        if len(self._ended & self._begun) < self._left:
            return []
        self.over = True
        return [] if self._enough_at is not None else list(self.failed.values())

    def _succeeded(self, sample: Sample) -> None:
        self._ended.add(sample)
        if self._enough_at is None:
            now = time.monotonic()
            took = now - (self._began_at or now)
            self._enough_at = now + (_PATIENCE - 1) * took

    def words(self) -> str:
        """Say that others wait for it; empty if none do."""
        if self.over:
            return ""
        return (
            f"the first {self._left + self._before} samples run before the rest (canary);"
            f" {len(self._ended) + self._before} have ended"
        )

    def give_way(self) -> None:
        """Let everything begin."""
        self.over = True
