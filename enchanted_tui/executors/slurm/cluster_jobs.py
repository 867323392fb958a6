"""The jobs of one executor, once there is a connection to the cluster: the parts that look after
them, and how they end, with certainty.
"""

from __future__ import annotations

import contextlib
import logging
import posixpath
import time
from collections.abc import Callable, Iterable
from typing import Any

from enchanted_tui.executors.base import Deliver, Note, TaskContext
from enchanted_tui.executors.slurm.adding import ShareAdder
from enchanted_tui.executors.slurm.collecting import ResultCollector
from enchanted_tui.executors.slurm.directories import Directories
from enchanted_tui.executors.slurm.job_budget import JobBudget
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.limit_telling import LimitTeller
from enchanted_tui.executors.slurm.monitoring import JobMonitor
from enchanted_tui.executors.slurm.scheduler import Scheduler, SchedulerUnreachable
from enchanted_tui.executors.slurm.submitting import Submitter
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import (
    CommandTimeout,
    ConnectionLost,
    FarSideProblem,
    Transport,
)
from enchanted_tui.executors.slurm_terms import LIVE
from enchanted_tui.runners.kept_directory import STATE

log = logging.getLogger(__name__)

#: names the files $2 in run directories below $1, which may lie in groups
_LIST = (
    'cd "$1" 2>/dev/null || exit 0; exec find . -mindepth 2 -maxdepth 3 -name "$2" -printf "%P\\n"'
)

_LOOKS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  #: seconds between looks whether cancelled jobs have gone
#: the same where samples write a last checkpoint before they end
_PATIENT_LOOKS = (*_LOOKS, 8.0, 8.0, 8.0)
#: seconds for jobs that have nothing to do to end by themselves, and between two looks
_PARTING, _PARTING_LOOK = 6.0, 0.5
_RECORD_PATIENCE = 20.0  #: seconds for the supervisor to write down the last results


class ClusterJobs:
    """What submits jobs, collects their results and asks about them, through one connection."""

    def __init__(
        self,
        name: str,
        options: JobOptions,
        grace: float,
        context: TaskContext,
        directories: Directories,
        transport: Transport,
        table: TaskTable,
        deliver: Deliver,
        record: Callable[[dict[str, Any], bool], Note],
        budget: JobBudget,
    ) -> None:
        """`budget`: its core time is added to here; the rest as in the parts."""
        self._directories, self._transport, self._table = directories, transport, table
        self._some_go_on = any(spec.get("restart") for spec in context.runners.values())
        self._scheduler = Scheduler(transport)
        #: MiB of the largest node, where samples may be given more than they ask for
        self.most_memory: int | None = None
        if options.memory_may_grow:
            self.most_memory = self._scheduler.most_memory(options.partitions)
        self.submitter = Submitter(
            name, options, context, directories, transport, self._scheduler, table, record, budget
        )
        self.adder = ShareAdder(options, directories, transport, table, self.submitter, record)
        self.collector = ResultCollector(
            directories, transport, table, self.submitter, budget.core_time, deliver
        )
        self.limits = LimitTeller(transport, table)
        self.collector.packs = context.packing is not None
        self.monitor = JobMonitor(
            options,
            grace,
            transport,
            self._scheduler,
            table,
            self.submitter,
            self.collector,
            deliver,
            record,
            budget.core_time,
        )
        for submission in table.submissions.values():
            if submission.job is None:
                elements = [
                    element for element in table.elements if element.submission is submission
                ]
                self.submitter.doubt(submission.token, elements)

    @property
    def scheduler_is_silent(self) -> bool:
        return bool(self.submitter.silent) or self.monitor.unreachable_since is not None

    def withdraw_waiting(self) -> bool:
        """Cancel the jobs that have not begun; their tasks are given back when the scheduler has
        confirmed it. Tell whether there were any.
        """
        if not any(element.waits and not element.withdrawn for element in self._table.elements):
            return False
        self.monitor.look()
        known = [
            (element, element.row)
            for element in self._table.elements
            if element.waits and element.final is None
        ]
        pending = {f"{row.job}_{row.element}": element for element, row in known if row is not None}
        if pending and self._scheduler.cancel(pending, waiting=True):
            for element in pending.values():
                element.withdrawn = True
        return True

    def remove_finished(self) -> None:
        """Remove the files of job arrays whose results are in the journal."""
        finished = self.monitor.finished
        done = [directory for note, directory in finished if note.written.is_set()]
        if done:
            self._transport.remove(done)
            self.monitor.finished = [entry for entry in finished if not entry[0].written.is_set()]

    # -- the end -----------------------------------------------------------------------------------

    def end(self, *, wait_for_record: bool) -> None:
        """Leave nothing behind: cancel what is still in the queue, and remove the files of what has
        ended; with `wait_for_record` only if all that came from it is on record soon.
        """
        self._table.hold_back()
        self.submitter.forget_unsent()
        if not wait_for_record:
            self._let_go()
        if self._table.elements:
            if not self._are_gone():
                names = " ".join(
                    sorted({element.submission.name for element in self._table.elements})
                )
                log.warning(
                    "it is not certain that all jobs were cancelled; resume the campaign, or"
                    f" cancel them by their name: {names}"
                )
                return
            self.collector.collect()  # what they have finished is not lost
            for element in list(self._table.elements):
                self._table.release(element, None)
        self.monitor.close_submissions()
        if not wait_for_record or _are_recorded(note for note, _ in self.monitor.finished):
            self._remove_files()

    def _let_go(self) -> None:
        """Have jobs that have nothing to do any more end by themselves, as far as they soon do: a
        job script may have lines of its own behind the samples.
        """
        end = time.monotonic() + _PARTING
        with contextlib.suppress(ConnectionLost, CommandTimeout, FarSideProblem):
            self.collector.collect()
            self.monitor.release_ended()
            while (self.adder.let_go() or self._some_are_done()) and time.monotonic() < end:
                time.sleep(_PARTING_LOOK)
                self.collector.collect()
                self.monitor.release_ended()

    def _some_are_done(self) -> bool:
        """Tell whether jobs have given all results and have yet to say that they end."""
        return any(element.runs and not element.unfinished for element in self._table.elements)

    def _are_gone(self) -> bool:
        """Cancel all jobs; tell whether they are known to have gone."""
        try:
            return self._cancel_all()
        except (ConnectionLost, CommandTimeout, FarSideProblem) as problem:
            log.warning(str(problem).rstrip("."))
            return False

    def _cancel_all(self) -> bool:
        """Cancel our jobs and no others.

        Which numbers are ours is asked just before: a controller that has crashed gives numbers a
        second time.
        """
        ours = {element.submission.name for element in self._table.elements}
        for element in self._table.elements:
            element.cancelled = True
        for pause in _PATIENT_LOOKS if self._some_go_on else _LOOKS:
            time.sleep(pause)
            try:
                rows = [row for row in self._scheduler.jobs() if row.name in ours]
            except SchedulerUnreachable:
                continue
            self.monitor.count(rows)
            live = [row for row in rows if row.state in LIVE]
            if not live:
                return True
            self._scheduler.cancel({row.job for row in live if row.state != "COMPLETING"})
        return False

    def _remove_files(self) -> None:
        done = [directory for _, directory in self.monitor.finished]
        paths = done if self._table.submissions else [self._directories.all]
        try:
            if self._some_go_on and self._directories.root in paths:
                paths = self._all_but_checkpoints()
            self._transport.remove(paths)
        except (ConnectionLost, CommandTimeout, FarSideProblem) as problem:
            log.warning(
                f"{', '.join(paths)} may be left on the cluster ({problem}); remove what is left"
                " by hand"
            )
        self.monitor.finished.clear()

    def _all_but_checkpoints(self) -> list[str]:
        """Return what can be removed on the far side, where the run directories of samples that
        are to go on stay. Nothing is known of a file system in trouble.
        """
        data, root = self._directories.remote_data, self._directories.root
        found = self._transport.run(["sh", "-c", _LIST, "sh", data, STATE])
        inputs = self.submitter.inputs
        home = self._table.given_up if inputs is None else self._table.given_up | inputs.there
        paths = self._directories.there
        kept = (posixpath.dirname(line) for line in found.text.splitlines())
        names = (name for path in kept if paths.below(name := posixpath.basename(path)) == path)
        waiting = [name for name in names if name not in home]
        if not waiting and not found.code:
            return [root]
        log.info(f"{len(waiting)} samples go on from what is kept of them in {data}")
        there = () if found.code else home
        return [
            *(posixpath.join(root, name) for name in ("jobs", "inputs", "python")),
            *(paths.of(name) for name in sorted(there)),
        ]


def _are_recorded(notes: Iterable[Note]) -> bool:
    """Wait for notes, and so for all results before them, to be on record; tell whether they
    are.
    """
    end = time.monotonic() + _RECORD_PATIENCE
    return all(note.written.wait(max(0.0, end - time.monotonic())) for note in notes)
