"""For how long jobs have held CPUs, and for how long tasks have run on them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from enchanted_tui.executors.slurm.element import Element


class CoreTime:
    """Core-seconds by job, each over the job's whole life. The executor's thread writes, others may
    read.
    """

    def __init__(self) -> None:
        #: as the scheduler said, or the job at its end, by `Element.key`
        self._held: dict[str, float] = {}
        self._used: dict[str, float] = {}  #: of tasks that have ended

    def note_held(self, job: str, seconds: float) -> None:
        """Take note that a job has held CPUs for so long by now."""
        self._held[job] = max(seconds, self._held.get(job, 0.0))

    def note_used(self, element: Element) -> None:
        """Take note of how long the tasks that have ended in a job have held CPUs."""
        self._used[element.results] = element.task_core_seconds

    def held(self) -> float:
        """Return what jobs have held, as far as the scheduler was asked."""
        return sum(list(self._held.values()))

    def held_and_used(self, elements: Iterable[Element]) -> tuple[float, float]:
        """Return what jobs have held until now and what tasks have used, those included that run;
        `elements`: the jobs that are looked after.
        """
        now, known = time.time(), list(elements)
        running = sum(element.running_core_seconds(now) for element in known)
        held = sum(self.of_jobs(known).values())
        return held, sum(list(self._used.values())) + running

    def of_jobs(self, elements: Iterable[Element]) -> dict[str, float]:
        """Return what each job has held until now, by `Element.key`; `elements` as above."""
        now, held = time.time(), dict(self._held)
        for element in elements:
            if seconds := max(held.get(element.key, 0.0), element.core_seconds(now)):
                held[element.key] = seconds
        return held
