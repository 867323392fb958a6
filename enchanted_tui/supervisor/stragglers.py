"""Samples that run far longer than the others of their stage: which they are, once most of a batch
or of the stage is done. Executors end them where the configuration says so; where it does not,
people are told that it could.

What is decided here is a limit of the run time of each batch, for whoever runs a task knows best
how long it has run: executors go by it, also jobs that nobody looks after any more.
"""

from __future__ import annotations

import logging
import re
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.durations import duration
from enchanted_tui.executors.straggler_rule import RunTimeLimit, StragglerRule
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal, JournalReader
from enchanted_tui.record.live import Straggling
from enchanted_tui.record.stage_state import OK, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.dispatch import Dispatcher
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.stage import StageRun

log = logging.getLogger(__name__)

_FEWEST = 3  #: successes by whose run times others are judged
_MOST = 300  #: of whom these are read, evenly spread over the stage
_RUN_TIME = re.compile(rb'"runtime":([-+.\deE]+),')
_HEAD = 400  #: bytes of a success within which that is; its row comes last
_LEAST = 1.0  #: seconds that a sample may run in any case: nothing is gained by ending it sooner
_GROWN = 1.1  #: results are so many times as many as they were when run times were read
_OFFERED = StragglerRule()  #: what people are told of where there is no rule
_WORTH = 5.0  #: seconds that a sample must have run to be worth telling


# -- the decision ----------------------------------------------------------------------------------


def is_mostly_done(rule: StragglerRule, done: int, count: int) -> bool:
    """Tell whether so many of `count` samples are done that the others may be stragglers."""
    return rule.after * count - 1e-9 * count <= done < count


def _median(run_times: Sequence[float]) -> float:
    from statistics import median  # which takes a while to import

    return median(run_times)


def run_time_limit(
    rule: StragglerRule, done: int, count: int, run_times: Sequence[float]
) -> float | None:
    """Return how long a sample may run (seconds) where `done` of `count` are done and successes
    have taken `run_times`; None while none is a straggler.
    """
    if len(run_times) < _FEWEST or not is_mostly_done(rule, done, count):
        return None
    return max(_LEAST, rule.factor * _median(run_times))


# -- the campaign ----------------------------------------------------------------------------------


class StragglerWatch:
    """Looks at a campaign now and then, and tells executors what is a straggler."""

    def __init__(
        self,
        config: CampaignConfig,
        state: CampaignState,
        journal: Journal,
        executors: OpenExecutors,
        dispatcher: Dispatcher,
    ) -> None:
        written = {name: spec.options.get("straggler") for name, spec in config.executors.items()}
        self._rules = {
            name: StragglerRule(**rule) for name, rule in written.items() if rule is not None
        }
        self._state, self._journal = state, journal
        self._executors, self._dispatcher = executors, dispatcher
        #: by depth and step: rows of the stage when run times were read, and the run times
        self._known: dict[tuple[int, int], tuple[int, list[float]]] = {}
        self._limits: dict[str, dict[tuple[int, int, int], RunTimeLimit]] = {}  #: by executor

    def look(self, runs: Sequence[StageRun]) -> Straggling | None:
        """Have executors end what are stragglers by now; return what is to be told of them.

        Of several stages that is of the first one: most of the others is done only when that is.
        """
        if not runs or not runs[0].stage.batches or runs[0].stage.n_rows >= runs[0].stage.expected:
            return None
        stage = runs[0].stage
        if self._rules:
            for step in range(stage.n_steps):
                self._limit(stage, step)
        return self._told(stage)

    def _limit(self, stage: StageState, step: int) -> None:
        """Limit the tasks of a step in those batches of which most is done, once for each."""
        key = self._executors.of(TaskId(stage.depth, 0, 0, step))
        rule, limits = self._rules.get(key), self._limits.setdefault(key, {})
        if rule is None:
            return
        fresh = []
        in_flight = self._dispatcher.in_flight
        for number in {task.batch for task in in_flight if task.depth == stage.depth}:
            place = stage.depth, number, step
            if place in limits:
                continue
            seconds = self._seconds(rule, stage, number, step)
            if seconds is not None:
                usual = _median(self._run_times(stage, step))
                fresh.append(RunTimeLimit(*place, seconds, usual))
        if fresh:
            log.info(
                f"samples of stage {stage.depth}, step {step} that run longer than"
                f" {duration(fresh[0].seconds)} are ended as stragglers: the others usually take"
                f" {duration(fresh[0].usual)}"
            )
            self._tell(key, fresh)

    def _tell(self, key: str, fresh: Sequence[RunTimeLimit]) -> None:
        kept = [
            limit
            for limit in self._limits[key].values()
            if not self._state.stages[limit.depth].batches[limit.batch].done
        ]
        limits = [*kept, *fresh]
        self._limits[key] = {(each.depth, each.batch, each.step): each for each in limits}
        self._executors.limit_run_times(key, limits)

    def _seconds(
        self, rule: StragglerRule, stage: StageState, number: int, step: int
    ) -> float | None:
        """Return how long a task of this batch may run, if most of that is done or of the stage."""
        batch = stage.batches[number]
        for done, count in ((batch.steps[-1].done, batch.count), (stage.n_rows, stage.expected)):
            if is_mostly_done(rule, done, count):
                return run_time_limit(rule, done, count, self._run_times(stage, step))
        return None

    def _run_times(self, stage: StageState, step: int) -> list[float]:
        """Return what some successes have taken at a step, of all sessions."""
        rows, known = self._known.get((stage.depth, step), (0, []))
        if stage.n_rows >= _GROWN * rows:
            self._journal.flush()
            # without them nothing is decided, and a journal in trouble is told of elsewhere
            with suppress(OSError), JournalReader(self._journal.path) as reader:
                known = list(_some_run_times(stage, step, reader))
            self._known[stage.depth, step] = stage.n_rows, known
        return known

    # -- what people are told ----------------------------------------------------------------------

    def _told(self, stage: StageState) -> Straggling | None:
        """Return what is to be told of the task that has run longest, if it is one of the last."""
        last = stage.batches[-1]
        late = is_mostly_done(_OFFERED, stage.n_rows, stage.expected) or is_mostly_done(
            _OFFERED, last.steps[-1].done, last.count
        )
        if not late and not any(self._limits.values()):
            return None
        ages = {task: age for task, age in self._ages(stage.depth) if age >= _WORTH}
        if not ages:
            return None
        oldest = max(ages, key=lambda task: ages[task])
        key = self._executors.of(oldest)
        told = self._limits.get(key, {}).get((oldest.depth, oldest.batch, oldest.step))
        if told is not None:
            return Straggling(tasks=len(ages), usual=told.usual, limit=told.seconds)
        if key in self._rules:
            return None
        seconds = self._seconds(_OFFERED, stage, oldest.batch, oldest.step)
        if seconds is None or ages[oldest] < seconds:
            return None
        over = sum(age >= seconds for age in ages.values())
        return Straggling(
            tasks=over, usual=_median(self._run_times(stage, oldest.step)), executor=key
        )

    def _ages(self, depth: int) -> Iterator[tuple[TaskId, float]]:
        now = time.time()
        for worker in self._executors.workers():
            task = TaskId.named(worker.task) if worker.task is not None else None
            if task is not None and task.depth == depth and worker.since is not None:
                yield task, now - worker.since


def _some_run_times(stage: StageState, step: int, journal: JournalReader) -> Iterator[float]:
    """Return the run times (seconds) of some successes, evenly spread over the stage."""
    starts = list(accumulate((batch.count for batch in stage.batches), initial=0))
    for place in range(0, starts[-1], max(1, starts[-1] // _MOST)):
        number = bisect_right(starts, place) - 1
        tasks, sample = stage.batches[number].steps[step], place - starts[number]
        if tasks.outcomes[sample] == OK:
            head = journal.before(tasks.offsets[sample] + _HEAD, _HEAD)
            if (found := _RUN_TIME.search(head)) is not None:
                yield float(found[1])
