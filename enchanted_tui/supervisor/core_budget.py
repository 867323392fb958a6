"""How many core-hours a campaign holds, and whether what is to be begun still fits below
`supervisor.max_core_hours`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import cast

from enchanted_tui.executors.base import Running
from enchanted_tui.executors.core_allowance import CoreAllowance
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import stage_order
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.records import HeldRecord
from enchanted_tui.record.state import CampaignState
from enchanted_tui.resources import cores_at
from enchanted_tui.supervisor import stopping

_HOUR = 3600.0
#: the part of what is held, or may be, and the core-seconds at least, that need not be on record
_UNRECORDED, _LEAST_UNRECORDED = 0.01, 10.0


class CoreBudget:
    """Counts, and says how much more may be begun. All methods are the loop's."""

    def __init__(self, state: CampaignState, hours: float | None) -> None:
        self._cost, self._hours = state.cost, hours
        self._state = state
        self._most = None if hours is None else hours * _HOUR
        self.allowance = CoreAllowance(self._most)
        self._opened: dict[str, Running] = {}  #: also when they have been closed
        self._needs = 0.0  #: core-seconds of a task that did not fit
        self.held = self._cost.held()  #: core-seconds, when it was looked at last

    def opened(self, key: str, running: Running) -> None:
        """Take an executor into account."""
        self._opened[key] = running
        running.keep_to(self.allowance)

    # -- what is held ------------------------------------------------------------------------------

    def look(self, in_flight: Mapping[TaskId, str]) -> float:
        """Count anew; return the core-seconds held by now."""
        self.held = self._cost.held(self._jobs(), sum(self._running(in_flight).values()))
        return self.held

    def record(
        self,
        in_flight: Mapping[TaskId, str],
        put: Callable[[HeldRecord], object],
        *,
        last: bool = False,
    ) -> None:
        """Put on record what is held, unless there is little news; `last`: nothing is held any more
        afterwards.
        """
        jobs, running = self._jobs(), self._running(in_flight)
        news = self._cost.held(jobs, sum(running.values())) - self._cost.held()
        little = max(_LEAST_UNRECORDED, _UNRECORDED * self._cost.held())
        if self._most is not None:
            little = min(little, _UNRECORDED * self._most)
        if news <= (0.0 if last else little):
            return
        record = HeldRecord(type="held")
        changed = {
            job: round(held, 1)
            for job, held in jobs.items()
            if round(held, 1) > self._cost.jobs.get(job, 0.0)
        }
        if changed:
            record["jobs"] = changed
        record["tasks"] = [[*task, round(held, 1)] for task, held in running.items()]
        put(record)

    def _jobs(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for running in self._opened.values():
            found.update(running.core_seconds_of_jobs() or {})
        return {job: max(held, self._cost.jobs.get(job, 0.0)) for job, held in found.items()}

    def _running(self, in_flight: Mapping[TaskId, str]) -> dict[TaskId, float]:
        """Return the core-seconds of tasks that run and hold cores by themselves."""
        now, found = time.time(), {}
        for running in self._opened.values():
            if running.core_seconds_of_jobs() is not None:
                continue
            for worker in running.workers():
                task = TaskId.named(worker.task or "")
                if task in in_flight and worker.since is not None:
                    cores = cores_at(worker.where) or running.cores
                    found[cast(TaskId, task)] = max(0.0, now - worker.since) * cores
        return found

    # -- what may be begun -------------------------------------------------------------------------

    def restrict(self, capacity: dict[str, int], in_flight: Mapping[TaskId, str]) -> None:
        """Leave room for no more tasks than fit into what is left. Executors of jobs look
        themselves, before they submit one.
        """
        if self._most is None:
            return
        self._promise(in_flight)
        left, self._needs = self.allowance.left(), 0.0
        held = Counter(in_flight.values())
        for key, room in capacity.items():
            running = self._opened[key]
            if running.core_seconds_of_jobs() is not None:
                continue
            each = self._each()
            slots = max(1, running.worker_count())
            fit = int(max(0.0, left) // each) if each else (slots - held[key]) * (left > 0)
            capacity[key] = max(0, min(room, fit))
            left -= capacity[key] * each
            if not fit and not held[key]:
                self._needs = each

    def _promise(self, in_flight: Mapping[TaskId, str]) -> None:
        """Work out what has been held and what tasks that were handed out are expected to need."""
        self.look(in_flight)
        running, jobs = self._running(in_flight), self._jobs()
        each = self._each()
        waiting = sum(
            1
            for task, key in in_flight.items()
            if task not in running and self._opened[key].core_seconds_of_jobs() is None
        )
        more = sum(max(0.0, each - held) for held in running.values()) + waiting * each
        self.allowance.set_besides(self.held - sum(jobs.values()) + more)

    def _each(self) -> float:
        """Return the core-seconds that a task of the stages in progress is expected to need; 0
        while none has ended.
        """
        depths = stage_order.depths_in_progress(self._state.stages)
        costs = [cost for (at, _), cost in self._cost.steps.items() if at in depths]
        return max((cost.each for cost in costs), default=0.0)

    def limit_reached(self, in_flight: Mapping[TaskId, str]) -> Outcome | None:
        """Return the outcome of a campaign that has held as much as it may, or of which nothing
        fits any more; None if there is room.
        """
        if self._most is None or self._hours is None:
            return None
        if self.look(in_flight) >= self._most:
            return stopping.too_many_core_hours(self._hours, self.held / _HOUR)
        refused = next(
            filter(None, (running.does_not_fit() for running in self._opened.values())), ""
        )
        runs = any(self._opened[key].core_seconds_of_jobs() is None for key in in_flight.values())
        if refused and not runs:
            return stopping.job_does_not_fit(self._hours, self.held / _HOUR, refused)
        if not in_flight and self._needs:
            return stopping.too_many_core_hours(self._hours, self.held / _HOUR, self._needs / _HOUR)
        return None
