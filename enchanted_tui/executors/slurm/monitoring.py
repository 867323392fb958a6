"""Follow jobs: ask the scheduler, and deal with jobs that have ended.

What a job says itself counts first: its results, and its good-bye. Only then the scheduler is
believed. A job that the scheduler does not list is unknown, not finished; a scheduler that does not
answer says nothing at all.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from enchanted_tui.executors.base import Deliver, Note, Trouble
from enchanted_tui.executors.prologue import failed_line
from enchanted_tui.executors.slurm.collecting import ResultCollector
from enchanted_tui.executors.slurm.core_time import CoreTime
from enchanted_tui.executors.slurm.element import Element
from enchanted_tui.executors.slurm.far.share import revocations
from enchanted_tui.executors.slurm.job_end import JobEnd, job_end, never_starts
from enchanted_tui.executors.slurm.job_options import JobOptions
from enchanted_tui.executors.slurm.scheduler import JobRow, Scheduler, SchedulerUnreachable
from enchanted_tui.executors.slurm.submitting import Submitter
from enchanted_tui.executors.slurm.task_table import TaskTable
from enchanted_tui.executors.slurm.transport import Transport
from enchanted_tui.executors.slurm_terms import LIVE

log = logging.getLogger(__name__)

#: seconds that a shared file system may take to show the last results of a job that has ended
_LAG = 3.0
_UNSURE_LOOKS = (
    2  #: looks in which a job must be missing before it is believed never to have been submitted
)
_FRUITLESS = (
    3  #: jobs in a row that end before they begin, after which something is wrong with all of them
)
_OUTPUT_TAIL = -600  #: bytes of a job's output that are shown


class JobMonitor:
    """Knows how the jobs of one executor stand, and deals with those that have ended."""

    def __init__(
        self,
        options: JobOptions,
        grace: float,
        transport: Transport,
        scheduler: Scheduler,
        table: TaskTable,
        submitter: Submitter,
        collector: ResultCollector,
        deliver: Deliver,
        record: Callable[[dict[str, Any], bool], Note],
        core_time: CoreTime,
    ) -> None:
        self._options, self._grace = options, grace
        self._transport, self._scheduler, self._table = transport, scheduler, table
        self._submitter, self._collector = submitter, collector
        self._starts = collector.starts
        self._deliver, self._record = deliver, record
        self._seen: dict[str, tuple[str, str]] = {}  #: by job: state and node at the last look
        self._stopped_by_hand = False
        self._looked = False
        self._core_time = core_time
        self.unreachable_since: float | None = None
        #: job arrays from which nothing is expected: the note that says so, and their files
        self.finished: list[tuple[Note, str]] = []

    # -- the scheduler -----------------------------------------------------------------------------

    def look(self, newer_than: float | None = None) -> bool:
        """Take what the scheduler says of all jobs, asked after the moment `newer_than`, or else
        now; tell whether anything has changed.
        """
        now = time.monotonic()
        try:
            rows = self._scheduler.jobs(newer_than)
        except SchedulerUnreachable as problem:
            if self.unreachable_since is None:
                self.unreachable_since = now
                log.warning(
                    f"the scheduler does not answer ({problem}); jobs go on, and it is asked again"
                )
            return False
        if self.unreachable_since is not None:
            log.info("the scheduler answers again")
            self.unreachable_since = None
        self._resolve_unsure(rows)
        self.count(rows)
        by_name = {(row.name, row.element): row for row in rows}
        missing = [
            element for element in self._table.elements if not self._observe(element, by_name, now)
        ]
        self._ask_about(missing, now)
        self._refuse_what_never_starts()
        self._looked = True
        seen = {
            element.job: (element.row.state if element.row else "", element.node)
            for element in self._table.elements
        }
        changed = seen != self._seen
        self._seen = seen
        return changed

    def count(self, rows: Iterable[JobRow]) -> None:
        """Note how long our jobs have held how many CPUs; the queue has other jobs of this account
        as well.
        """
        ours = {each.name: each.token for each in self._table.submissions.values()}
        for row in rows:
            if row.elapsed and row.name in ours:
                key = f"{ours[row.name]}.{row.element}"
                self._core_time.note_held(key, row.elapsed * row.cpus)

    def _count_last(self, element: Element) -> None:
        """A job has ended: count what it had since the scheduler was asked last, by its own
        clock.
        """
        if element.bye is not None:
            self._core_time.note_held(element.key, element.core_seconds(time.time()))

    def _observe(
        self, element: Element, rows: dict[tuple[str, int | None], JobRow], now: float
    ) -> bool:
        """Take note of what the scheduler says of a job; False if it does not list one that it
        should.
        """
        row = rows.get((element.submission.name, element.index))
        if row is None:
            return element.submission.token in self._submitter.unsure or element.final is not None
        element.row, element.row_at, element.missing_since = row, time.time(), None
        if row.state not in LIVE and element.final is None:
            self._ended(element, row, now)
        if element.waits and element.asked_back and self._scheduler.asked_at > element.asked_at:
            # it will find, before it begins anything, that this was taken back
            for number in element.asked_back:
                self._table.unassign(element, number)
        return True

    def _ended(self, element: Element, row: JobRow, now: float) -> None:
        element.final, element.final_at = row, now
        self.count([row])
        if element.adopted and not self._looked:
            element.cancelled = (
                True  # whoever cancelled it between the sessions has had this one begun since
            )

    def _resolve_unsure(self, rows: list[JobRow]) -> None:
        jobs = {row.name: row.job for row in rows}
        for token, unsure in list(self._submitter.unsure.items()):
            name = unsure.elements[0].submission.name
            if name in jobs:
                self._submitter.found(token, jobs[name])
                continue
            unsure.looks += 1
            if unsure.looks >= _UNSURE_LOOKS and time.monotonic() - unsure.since > self._grace:
                self._submitter.give_up(token)

    def _ask_about(self, missing: list[Element], now: float) -> None:
        """Find out about jobs that have left the queue: accounting, the scheduler, and at last a
        grace period.
        """
        by_job: dict[str, set[int]] = {}
        missing = [
            element
            for element in missing
            if not self._said_good_bye(element) and element.submission.job is not None
        ]
        for element in missing:
            by_job.setdefault(str(element.submission.job), set()).add(element.index)
        rows = self._scheduler.ended(by_job) if by_job else []
        known = {(row.name, row.element): row for row in rows if row.state not in LIVE}
        for element in missing:
            row = known.get((element.submission.name, element.index))
            if row is not None:
                self._ended(element, row, now)
                continue
            if element.missing_since is None:
                element.missing_since = now
            since = max(element.missing_since, element.grown_at)
            if now - since > self._grace:
                job, name = str(element.submission.job), element.submission.name
                self._ended(
                    element, JobRow(job, element.index, "VANISHED", name, node=element.node), now
                )

    def _refuse_what_never_starts(self) -> None:
        for element in self._table.elements:
            reason = (
                never_starts(element.row, first=not self._starts.any)
                if element.row is not None
                else None
            )
            if reason is not None:
                running = any(
                    other.row is not None and not other.waits and other.final is None
                    for other in self._table.elements
                )
                self._deliver(Trouble(reason, drain=running))
                return

    # -- the end of jobs ---------------------------------------------------------------------------

    @property
    def expects_end(self) -> bool:
        """True while jobs are known to have ended whose last results are waited for."""
        return any(
            element.final is not None or self._said_good_bye(element)
            for element in self._table.elements
        )

    @property
    def wants_look(self) -> bool:
        """True if a job was ended from outside and only the scheduler knows why."""
        return any(
            element.bye is not None and element.final is None and not self._said_good_bye(element)
            for element in self._table.elements
        )

    def release_ended(self) -> None:
        """Deal with the jobs that have ended, what they had to say being read."""
        if self._collector.pending:  # what they had to say is not here yet
            return
        for element in list(self._table.elements):
            if self._said_good_bye(element):
                self._count_last(element)
                self._table.release(element, None)
            elif element.final is not None and element.read_at - element.final_at >= self._patience(
                element
            ):
                self._release_failed(element, self._details(element.final))
        self.close_submissions()

    def _said_good_bye(self, element: Element) -> bool:
        return element.bye is not None and element.bye["why"] in (
            "done",
            "idle",
            "walltime",
            "preempted",
            "trouble",
            "revoked",
        )

    def _patience(self, element: Element) -> float:
        """How long after a job's end its last results are waited for: a node that failed may live
        on unseen for a while.
        """
        if element.revoked_at is not None and element.hello is not None:
            return max(_LAG, 2 * self._options.heartbeat)
        return _LAG

    def _details(self, row: JobRow) -> JobRow:
        """Return the row with the exit code, which squeue does not tell."""
        if row.exit_code or row.state not in ("FAILED",) or row.element is None:
            return row
        told = self._scheduler.ended({row.job: {row.element}})
        return told[0] if told and told[0].name == row.name and told[0].state == row.state else row

    def _release_failed(self, element: Element, row: JobRow) -> None:
        """Release a job that ended without saying so itself."""
        end = job_end(row, self._options.walltime)
        if end.kind in ("node", "vanished") and element.revoked_at is None:
            self._revoke(element)
            return
        if end.kind == "cancelled":
            self._release_cancelled(element, row)
            return
        if end.suspect_node and row.node:
            self._submitter.failed_nodes |= self._scheduler.failed_nodes(row.node)
        began = element.began_any
        trouble = None
        if end.kind == "disk":
            trouble = (
                f"{end.reason}: the disk that holds {element.submission.directory} is full or"
                " gone; make room"
            )
        elif not began and end.kind in ("failed", "launch", "vanished", "done", "memory"):
            trouble = self._why_fruitless(element, end)
        if trouble is not None:
            self._deliver(Trouble(trouble))
        elif end.kind not in ("done", "preempted") and (began or self._starts.fruitless <= 1):
            log.warning(
                f"{end.reason}; it leaves {len(element.unfinished)} of {element.count} tasks"
            )
        self._table.release(element, end)

    def _revoke(self, element: Element) -> None:
        """Make sure that a job which may live on unseen does not touch its tasks any more, and give
        it time to notice.
        """
        self._transport.put({revocations(element.submission.directory, element.index)[1]: b""})
        element.revoked_at = element.final_at = time.monotonic()

    def _release_cancelled(self, element: Element, row: JobRow) -> None:
        by_us = element.cancelled or element.withdrawn
        if not by_us and not self._stopped_by_hand:
            self._stopped_by_hand = True
            who = f" ({row.reason})" if row.reason.startswith("by ") else ""
            self._deliver(
                Trouble(
                    f"job {element.job} was cancelled by hand{who}: nothing more is submitted, and"
                    " what still runs may finish",
                    drain=True,
                )
            )
        if not by_us:
            self._table.hold_back()
        self._table.release(element, job_end(row, None))

    def _why_fruitless(self, element: Element, end: JobEnd) -> str | None:
        """Say what is wrong with jobs that end before they begin, once that is clear."""
        self._starts.fruitless += 1
        if self._starts.any and self._starts.fruitless < _FRUITLESS + len(self._table.elements):
            return None
        if end.kind == "vanished" and self._starts.fruitless < _FRUITLESS:
            return None
        printed = self._transport.read({element.output: _OUTPUT_TAIL}).get(element.output)
        if printed is None:
            return (
                f"{end.reason} before it began, and printed nothing: its node cannot write"
                f" {element.submission.directory}; choose a directory that all nodes share"
            )
        text = printed.decode("utf-8", "replace")
        said, failed = " ".join(text.split()) or "nothing", failed_line(text)
        if failed is not None:
            line, code = failed
            return (
                f"{end.reason} before it began: {line!r} in job_script_prologue failed with"
                f" exit code {code}; the job printed: {said}. Correct that line, or add `|| true`"
                " where it may fail"
            )
        return (
            f"{end.reason} before it began; it printed: {said}. Correct python,"
            " job_script_prologue or the options under sbatch"
        )

    def close_submissions(self) -> None:
        """Write down of which job arrays nothing is expected any more."""
        open_tokens = {element.submission.token for element in self._table.elements}
        for token, submission in list(self._table.submissions.items()):
            if token not in open_tokens:
                self._collector.bring_shards(submission)  # before nobody knows of them any more
                del self._table.submissions[token]
                self.finished.append(
                    (self._record(submission.closed(), False), submission.directory)
                )
