"""How tasks have ended, on the way to whoever submitted them.

Runs in SLURM jobs: standard library only, Python 3.9 or newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Union

from enchanted_tui.executors.base import Deliver, JobEnds, Result, Returned, Task, Trouble
from enchanted_tui.executors.ends.hold import Hold, patience_with
from enchanted_tui.executors.job import job_here


class Delivery:
    """Deliver results; hold back failures that may be the end of the whole job that shows. Only the
    thread of the pool touches it.
    """

    def __init__(self, deliver: Deliver, job_ends: Callable[[], bool] | None) -> None:
        """`job_ends`: whether the job that we are in is at its end; asked when samples fail."""
        self._deliver = deliver
        self._job_ends = job_ends
        self._on_hold: Hold[Result] = Hold()
        self.settled = 0  #: tasks delivered, or given up by whoever has the pool

    def take(self, ended: Union[Result, Trouble]) -> None:
        """Deliver how a task has ended, now or later."""
        if isinstance(ended, Result):
            patience = patience_with(ended.line, thorough=self._job_ends is not None)
            if patience:
                self._on_hold.add(ended, patience)
                return
        self.take_at_once(ended)

    def take_at_once(self, ended: Union[Result, Trouble]) -> None:
        """Deliver how a task has ended, of which no end of a job can be the cause."""
        self.settled += 1
        self._deliver(ended)

    def give_back(self, task: Task) -> None:
        """Give a task back that is to go on elsewhere."""
        self.settled += 1
        self._deliver(Returned((task.id,)))

    def seconds_left(self) -> float:
        """Return how long nothing that is held back is due; infinity where nothing is."""
        return self._on_hold.seconds_left()

    def release(self, *, due: bool = True) -> bool:
        """Deliver what has been held back long enough, or all of it; False where it turns out that
        the job ends.
        """
        held = self._on_hold.take(due=due)
        if held and self._job_ends is not None and self._job_ends():
            return False
        self._deliver_all(held)
        return True

    def job_is_ending(self) -> None:
        """Say that whoever ends the job ends what runs here: no sample has failed."""
        self.drop()
        self._deliver(
            JobEnds(
                f"job {job_here()} is being ended, by its time limit or by hand; what was running"
                " is run again"
            )
        )

    def drop(self) -> None:
        """Forget what is held back."""
        self._on_hold.take(due=False)

    def _deliver_all(self, results: Iterable[Result]) -> None:
        for result in results:
            self.take_at_once(result)
