"""What the jobs of one executor hold, and how many more fit into the campaign's core-hours."""

from __future__ import annotations

from collections.abc import Iterable

from enchanted_tui.executors.core_allowance import CoreAllowance, CoreHolder, job_words
from enchanted_tui.executors.slurm.core_time import CoreTime
from enchanted_tui.executors.slurm.element import Element
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.sizing import cpus_asked_for
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.resources import Resources

_HOUR = 3600.0
_WITHOUT_LIMIT = 4 * _HOUR  #: seconds that a job counts as which has no walltime at all

Sizes = frozenset[Resources | None]


class JobBudget:
    """Jobs count for all of their walltime until they end. The executor's thread asks; what is held
    others may read.
    """

    def __init__(self, name: str, table: TaskTable) -> None:
        self._name, self._table = name, table
        self.core_time = CoreTime()
        self.allowance = CoreAllowance(None)
        #: walltime and CPUs of jobs for samples of these sizes, as far as options or jobs say
        self._known: dict[Sizes, tuple[float | None, int | None]] = {}
        #: why, and whether no job was there then; in one piece, as others may read it
        self._refusal = "", False

    def held(self) -> dict[str, float]:
        """Return the core-seconds that each job has held until now, over its whole life."""
        return self.core_time.of_jobs(list(self._table.elements))

    def jobs_that_fit(
        self, options: JobOptions, sizes: Iterable[Resources | None], most: int
    ) -> int:
        """Return how many jobs with these options may be submitted now, up to `most`."""
        if self.allowance.most is None or most <= 0:
            return most
        known = frozenset(sizes)
        walltime, cpus = self._known.get(known, (None, None))
        walltime = options.walltime or walltime
        cpus = cpus or cpus_asked_for(options.sbatch, options.template)
        self._known[known] = walltime, cpus
        if not self.report():
            return 0
        if walltime is None or cpus is None:  # one job tells
            return int(not self._table.elements and self.allowance.left() > 0)
        each = walltime * cpus
        fit = self.allowance.take(self._name, each, most)
        self._refusal = "" if fit else job_words(walltime, cpus), not self._table.elements
        return fit

    def does_not_fit(self) -> str:
        """Return what the next job could hold where it does not fit and no other is there."""
        refused, alone = self._refusal
        return refused if alone else ""

    def waits(self) -> str:
        """Return why nothing is submitted while there are jobs."""
        refused, _ = self._refusal
        return f"{refused} and has to wait until others end" if refused else ""

    def report(self) -> bool:
        """Say what all jobs may hold; False as long as that of one of them is not known."""
        held, total = self.held(), 0.0
        complete = True
        for element in self._table.elements:
            if element.bye is not None or element.final is not None:
                continue
            walltime, cpus = _size(element)
            if walltime and cpus and element.sizes:
                self._known[element.sizes] = walltime, cpus
            known = self._known.get(element.sizes, (None, None))
            walltime, cpus = walltime or known[0], cpus or known[1]
            complete &= bool(walltime and cpus)
            most = (walltime or 0.0) * (cpus or 0)
            total += max(held.pop(element.key, 0.0), most)
        self.allowance.report(self._name, total + sum(held.values()))
        return complete


def _size(element: Element) -> tuple[float | None, int | None]:
    """Return walltime and CPUs of a job, as far as it or the scheduler has said them."""
    row, hello = element.row, element.hello
    if row is None and hello is None:
        return None, None
    if hello is not None and hello["ends"] is not None:
        return max(0.0, hello["ends"] - hello["at"]), element.cpus
    if row is not None and row.remaining is not None:
        return row.remaining + (row.elapsed or 0.0), element.cpus
    return _WITHOUT_LIMIT if hello is not None else None, element.cpus


class JobHolder(CoreHolder):
    """The part of a running executor that says what its jobs hold."""

    _budget: JobBudget
    _table: TaskTable

    def core_seconds_of_jobs(self) -> dict[str, float]:
        return self._budget.held()

    def keep_to(self, allowance: CoreAllowance) -> None:
        self._budget.allowance = allowance

    def does_not_fit(self) -> str:
        return self._budget.does_not_fit()

    def core_hours(self) -> float:
        return self._budget.core_time.held() / _HOUR

    def core_use(self) -> tuple[float, float]:
        return self._budget.core_time.held_and_used(list(self._table.elements))
