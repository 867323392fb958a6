"""What a campaign has cost, and what it will have cost when it is complete: one estimate for
core-hours and time, from the tasks that have ended so far.

Those that run count too: the first to end are the short ones, so a mean over them alone would be
too small. Files and bytes are estimated in `file_use`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct, field

from enchanted_tui.durations import core_hours
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.run_cost import Place, RunCost, StepCost

if TYPE_CHECKING:
    from enchanted_tui.storage.progress import StageProgress

_HOUR = 3600.0
#: how long a task is taken to need that has run longer than most, by how long that is, and the most
#: that it may
_STILL, _MOST = 1.5, 2.2
_FEWEST = 3  #: tasks from which on bounds are given


@dataclass(frozen=True)
class Forecast:
    """What is known of the cost of a campaign; None where nothing can be said yet."""

    tasks: int  #: that have ended, of which it is made
    core_hours: float  #: held until now
    core_hours_at_end: float | None
    core_hours_low: float | None  #: bounds of the same, about 19 times in 20
    core_hours_high: float | None
    max_core_hours: float | None  #: the limit, if there is one
    run_time_left: float | None  #: seconds, of all tasks that are left, one after another
    tasks_left: float  #: in units of a task of the stages in progress
    #: samples that are all that is left, and run so long that nobody can say when they end; else 0
    overdue: int = 0


class _Step(Struct):
    """The tasks of one step that are still to end."""

    place: Place
    left: int
    cost: StepCost
    elapsed: list[float] = field(default_factory=list)  #: of those that run, in seconds

    @property
    def seconds(self) -> float:
        """Run time of a task."""
        mean = self.cost.seconds / self.cost.count
        running = sum(max(mean, _STILL * elapsed) for elapsed in self.elapsed)
        return (self.cost.seconds + running) / (self.cost.count + len(self.elapsed))

    @property
    def seconds_left(self) -> float:
        """Run time of what is left; what runs longer than expected takes none from the others."""
        waiting = (self.left - len(self.elapsed)) * self.cost.seconds / self.cost.count
        return max(waiting, self.left * self.seconds - sum(self.elapsed))

    @property
    def overrun(self) -> float:
        """By how many seconds those that run have run longer than was to be expected of them."""
        return sum(self.elapsed) - len(self.elapsed) * self.seconds

    @property
    def late(self) -> int:
        """How many have run longer than others take."""
        return sum(elapsed > self.cost.seconds / self.cost.count for elapsed in self.elapsed)

    @property
    def cores(self) -> float:
        cost = self.cost
        return cost.core_seconds / cost.seconds if cost.seconds else 1.0

    @property
    def doubt(self) -> tuple[float, float]:
        """By how much the core-seconds of all that are left may be less, and more, for those that
        run longer than others have.
        """
        mean = self.cost.seconds / self.cost.count
        late = sum(elapsed for elapsed in self.elapsed if _STILL * elapsed > mean)
        late *= self.cores * self.left / (self.cost.count + len(self.elapsed))
        return (_STILL - 1) * late, (_MOST - _STILL) * late

    @property
    def variance(self) -> float:
        """Of the core-seconds of all that are left, with the uncertainty of their mean."""
        count, mean = self.cost.count, self.cost.each
        of_one = max(0.0, self.cost.squares - count * mean * mean) / max(1, count - 1)
        return of_one * (self.left + self.left**2 / count)


def forecast(
    cost: RunCost,
    stages: Sequence[StageProgress],
    depths: Collection[int],
    *,
    held: float | None = None,
    running: Iterable[tuple[TaskId, float]] = (),
    most: float | None = None,
) -> Forecast:
    """Return the forecast of a campaign with the stages `depths` in progress. `held`: core-seconds
    by now, if more than what is on record; `running`: tasks that run, and for how many seconds;
    `most`: the limit in core-hours.
    """
    held = cost.held() if held is None else max(held, cost.held())
    ended = sum(step.count for step in cost.steps.values())
    steps, all_known = _steps(cost, stages, running)
    if not ended:
        left = float(sum(step.left for step in steps))
        return Forecast(0, held / _HOUR, None, None, None, most, None, left)
    overhead = _overhead(cost)
    more = sum(
        step.seconds_left * step.cores * (overhead if cost.is_in_jobs(step.place) else 1.0)
        for step in steps
    )
    low = high = None
    counts = [step.cost.count for step in steps if step.left]
    if all_known and min(counts, default=_FEWEST) >= _FEWEST:
        wide = _quantile(min(counts, default=_FEWEST) - 1) * overhead
        wide *= math.sqrt(sum(step.variance for step in steps))
        less, most_more = (
            overhead * sum(side) for side in zip(*(s.doubt for s in steps), strict=True)
        )
        low = (held + max(0.0, more - wide - less)) / _HOUR
        high = (held + more + wide + most_more) / _HOUR
    seconds_left = sum(step.seconds_left for step in steps)
    return Forecast(
        tasks=ended,
        core_hours=held / _HOUR,
        core_hours_at_end=(held + more) / _HOUR,
        core_hours_low=low,
        core_hours_high=high,
        max_core_hours=most,
        run_time_left=seconds_left,
        tasks_left=seconds_left / (_typical(steps, cost, depths) or 1.0),
        overdue=_overdue(steps, stages),
    )


def _overdue(steps: Sequence[_Step], stages: Sequence[StageProgress]) -> int:
    """Return how many samples run far longer than others did, if all that are left run and the
    estimate is used up; else 0.
    """
    running = sum(len(step.elapsed) for step in steps)
    begun = running >= sum(stage.expected - stage.done for stage in stages)
    if not running or not begun or sum(step.overrun for step in steps if step.elapsed) < 0:
        return 0
    return sum(step.late for step in steps)


def _steps(
    cost: RunCost, stages: Sequence[StageProgress], running: Iterable[tuple[TaskId, float]]
) -> tuple[list[_Step], bool]:
    """Return what is left of each step, and whether something is known of each; those of which
    nothing is are taken to be like all others together.
    """
    whole = StepCost()
    for known in cost.steps.values():
        whole.add(known)
    steps = {}
    for stage in stages:
        for number, done in enumerate(stage.step_done):
            place = (stage.depth, number)
            left = max(0, stage.expected - done)
            steps[place] = _Step(place, left, cost.steps.get(place, whole))
    all_known = all(step.place in cost.steps for step in steps.values() if step.left)
    for task, elapsed in running:
        step = steps.get((task.depth, task.step))
        if step is not None and len(step.elapsed) < step.left:
            step.elapsed.append(elapsed)
    return list(steps.values()), all_known


def _typical(steps: Sequence[_Step], cost: RunCost, depths: Collection[int]) -> float:
    """Return the run time of a task of the stages in progress, or else of any."""
    here = [step for step in steps if step.place[0] in depths and step.place in cost.steps]
    count = sum(step.cost.count for step in here)
    if not count:
        return cost.seconds / sum(step.count for step in cost.steps.values())
    return sum(step.cost.count * step.seconds for step in here) / count


def _overhead(cost: RunCost) -> float:
    """Return by how much more jobs have held than the tasks that have ended in them."""
    used = cost.used_in_jobs
    return max(1.0, sum(cost.jobs.values()) / used) if used > 0 else 1.0


def _quantile(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t, to within a tenth from two degrees of freedom on
    (Abramowitz and Stegun, 26.7.5).
    """
    z, nu = 1.96, max(2, freedom)
    return z + (z**3 + z) / (4 * nu) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * nu**2)


def words(found: Forecast) -> str:
    """Say it in a line: ``12.3 of 100, forecast 87 (79-95)``; empty if there is nothing to say."""
    at_end, limit = found.core_hours_at_end, found.max_core_hours
    if limit is None and (at_end is None or not found.tasks_left):
        return ""
    text = core_hours(found.core_hours) + ("" if limit is None else f" of {core_hours(limit)}")
    if at_end is None or not found.tasks_left:
        return text
    text += f", forecast {core_hours(at_end)}"
    if found.core_hours_low is None or found.core_hours_high is None:
        return text
    low, high = core_hours(found.core_hours_low), core_hours(found.core_hours_high)
    return text if low == high else f"{text} ({low}-{high})"


def warning(found: Forecast) -> str:
    """Say that the limit will be reached before the campaign is complete; empty if it will not."""
    at_end, limit = found.core_hours_at_end, found.max_core_hours
    if at_end is None or limit is None or at_end <= limit:
        return ""
    return (
        f"the campaign needs about {core_hours(at_end)} core-hours, and max_core_hours ="
        f" {limit:g} ends it before: draw fewer samples, or raise the limit"
    )


def running_tasks(
    workers: Iterable[Mapping[str, object]], now: float
) -> Iterable[tuple[TaskId, float]]:
    """Yield the tasks that workers run, as viewers are told of them, and for how many seconds."""
    for worker in workers:
        task, since = TaskId.named(str(worker["task"] or "")), worker["since"]
        if task is not None and isinstance(since, int | float):
            yield task, max(0.0, now - since)
