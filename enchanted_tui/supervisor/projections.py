"""The output files of a running campaign: what to tell which writer, and when. All of them are
projections of the journal.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from enchanted_tui.campaign_status import EndReason, Liveness
from enchanted_tui.executors.passing_errors import endure
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import checkpoint, progress_numbers, snapshot
from enchanted_tui.record.live import Live
from enchanted_tui.record.output_files import (
    Tell,
    dataset_stage,
    failure_of,
    fingerprints,
    last_complete_stage,
    nobody,
    older_run_state,
    read_failures,
    table_names,
    unknown_units,
    write_tables,
)
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.stage_state import BatchState, StageState
from enchanted_tui.storage.dataset import Dataset
from enchanted_tui.storage.dataset_header import Key
from enchanted_tui.storage.failures_file import Failure, Failures
from enchanted_tui.storage.progress import BatchProgress, ProgressFiles
from enchanted_tui.storage.run_state import RunState, write_run_state
from enchanted_tui.supervisor.background_tables import BackgroundTables
from enchanted_tui.supervisor.failure_log import FailureLog
from enchanted_tui.supervisor.file_writer import FileWriter
from enchanted_tui.supervisor.kept_files import KeptFiles
from enchanted_tui.supervisor.session import Session
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.values import Row
from enchanted_tui.whole_files import open_replacement

log = logging.getLogger(__name__)

_PROGRESS_INTERVAL = 1.0
_FOLD_AGAIN = 1.25  #: by how much the journal has grown when its folded record is kept anew
#: what is written, as messages name it; enchanted_run.yaml follows the dataset
_DATASET, _FAILURES, _REPORT = "the dataset", "the list of failures", "a progress report"
_TABLES, _FOLDED = "runs.h5 or the Parquet file", "the folded record"


class Projections:
    """The files of one session, kept up to date."""

    def __init__(self, session: Session, writer: FileWriter) -> None:
        self._writer = writer
        self._run_dir = session.run_dir
        self._config = session.config
        self._state = session.state
        self._journal = session.journal
        #: offset up to which the writer has been given all rows, and all failures; its thread's
        #: alone
        self._given_rows = self._given_failures = session.journal.size
        #: size of the journal when the folded record was last kept, or the session began
        self._folded_at = session.journal.size
        self._new_rows: list[tuple[Key, Row]] = []
        self._complete_batches: list[int] = []
        self._new_failures: list[Failure] = []
        self._failures = Failures(self._run_dir.failures, self._recorded_failures)
        self._failure_log = FailureLog(every=session.config.supervisor.log_failures)
        self._progress = ProgressFiles(self._run_dir)
        self._dataset: Dataset | None = None
        self._shown = -1  #: depth of the stage whose rows it holds, if that is at work
        #: an earlier stage was run again, for a larger budget or because samples had failed
        self._went_back = False
        self._next_progress = 0.0
        self.stopping = False  #: nothing new is begun
        self.live: Live | None = None  #: what viewers have been told of workers
        self.snapshot: Snapshot | None = None  #: the campaign as it was about a second ago
        self._run_state_due = False
        #: reports on finished batches that could not be written yet
        self._unreported: list[BatchProgress] = []
        self.kept_files = KeptFiles(session)
        self._patience = session.config.supervisor.io_patience
        self._tables = BackgroundTables(self._run_dir, table_names(session.config))
        before = self._state.previous_end
        #: False while the files are what an earlier session made of the very same records
        self._touched = (
            before is None
            or before["reason"] == EndReason.ENVIRONMENT
            or self.fingerprints() != before.get("files")
        )

    # -- what happens ------------------------------------------------------------------------------

    def open(self, *, changed: bool) -> None:
        """Bring what an earlier session left up to date; `changed` says that recorded results have
        been given up since.
        """
        self._touched |= changed
        if self._touched:
            self._put(_FAILURES, self._failures.rebuild)
            self._rebuild_last_complete()
            stage = dataset_stage(self._state)
            if stage.n_rows and (stage.complete or self._state.current_depth < stage.depth):
                self._rebuild(self._run_dir.dataset, stage)
        self._report(progress_numbers.finished_steps(self._state))
        self._write_progress()

    def begin_stage(self, run: StageRun) -> None:
        """A stage begins, or is the one in progress from now on."""
        self._tables.expect(sum(stage.expected for stage in self._state.stages))
        depth, holds = run.plan.depth, dataset_stage(self._state).depth
        if holds > depth:  # more parents are run; the dataset goes on showing the later stage
            self._went_back = True
        elif self._shown != depth and (holds == depth or self._state.current_depth >= depth):
            self._show(run.stage)
        # else its rows show when the stages before are complete, or with the first, if they were
        self._write_progress()

    def _show(self, stage: StageState) -> None:
        """Have the dataset hold the rows of a stage."""
        self._hand_over()  # rows of the stage that it has held until now
        self._shown = stage.depth
        dataset = self._dataset = Dataset(
            self._run_dir.dataset, partial(self._recorded_rows, stage)
        )
        if stage.n_rows and self._touched:
            self._put(_DATASET, partial(self._rebuild_up_to, dataset, self._journal.size))

    def row(self, task: TaskId, row: Row) -> None:
        """Take the row of a finished sample."""
        self._touched = True
        if task.depth == self._shown:
            self._new_rows.append(((task.batch, task.sample), row))
        elif task.depth > self._shown and dataset_stage(self._state).depth == task.depth:
            # the first row of a stage, beside more parents than its last session had
            self._went_back = True
            self._show(self._state.stages[task.depth])
        self.kept_files.finished(task)

    def catch_up(self) -> None:
        """Take results of earlier sessions that have got their place only now, with samples that a
        damaged line had held.
        """
        for head, offset in self._state.take_placed():
            task, record = TaskId(*head["task"]), self._journal.read(offset)
            if record["outcome"] != "ok":
                self.failure(task, record)
            if task.step + 1 == self._state.stages[task.depth].n_steps:
                self.row(task, record["row"])

    def failure(self, task: TaskId, record: TaskRecord) -> None:
        self._touched = True
        failure = failure_of(task, record)
        self._new_failures.append(failure)
        self._failure_log.tell(failure, record)

    def step_complete(self, task: TaskId, batch: BatchState) -> None:
        """All tasks of a batch at one step have finished."""
        self._report([progress_numbers.batch_progress(task.depth, batch, task.step)])

    def batch_complete(self, task: TaskId, batch: BatchState) -> None:
        if task.depth == self._shown:
            self._complete_batches.append(batch.index)
        self._run_state_due = True

    def end_stage(self, run: StageRun) -> None:
        """The stage has reached its target."""
        self._hand_over()
        if self._dataset is None or self._shown != run.plan.depth:
            self._rebuild_last_complete()
        elif self._touched:
            is_last = run.plan.depth + 1 == len(self._config.stages)
            self._put(_DATASET, partial(self._end_dataset, self._dataset, run.stage, is_last))
        self._put_run_state()
        endure(partial(self.kept_files.stage_ended, run.plan.depth), self._patience)
        if self._shown == run.plan.depth:
            self._dataset, self._shown = None, -1

    def publish(self) -> None:
        """Bring the dataset up to everything that has been recorded, for others to read."""
        if self._dataset is not None:
            self._journal.flush()
            self._hand_over()
            self._put(_DATASET, self._dataset.finish)
            self._writer.wait()

    # -- the clock ---------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Have written what is due, now that the journal is flushed; `now` is monotonic."""
        self._hand_over()
        if self._dataset is not None:
            self._put(_DATASET, self._dataset.tick, newest_only=True)
        self._put(_FAILURES, self._failures.tick, newest_only=True)
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_INTERVAL
            self._write_progress()
            if self._run_state_due:
                self._put_run_state()
            self.kept_files.tidy()
            self._update_tables(now)
            if self._journal.size > _FOLD_AGAIN * self._folded_at:
                self._keep_folded()

    def close(self, *, complete: bool, tell: Tell = nobody) -> None:
        """Write everything for the last time in this session, saying what is being done to
        `tell`.
        """
        self._tables.wait()
        self._hand_over()
        if self._touched:
            tell("writing the dataset")
            if self._dataset is not None:
                self._put(_DATASET, self._dataset.finish)
            self._put(_FAILURES, self._failures.finish)
            if self._went_back and not complete:
                self._rebuild_last_complete()
            self._put(_TABLES, partial(self._write_tables, tell))
            self._writer.wait()
        endure(partial(self.kept_files.close, complete=complete, tell=tell), self._patience)
        self._put_run_state()
        self._writer.wait()

    def abandon(self) -> None:
        """Touch nothing any more: the directory has become somebody else's."""
        self._tables.wait()
        self._writer.abandon()
        self.kept_files.abandon()

    def ended(self) -> None:
        """Say in the progress files that the session has ended, once that is on record."""
        self._write_progress(force=True)
        self._keep_folded()
        self._writer.wait()

    def fingerprints(self) -> dict[str, list[int]]:
        """Return what `files.fingerprints` gives."""
        return fingerprints(self._run_dir)

    # -- the writer --------------------------------------------------------------------------------

    def _put(
        self,
        what: str,
        call: Callable[[], None],
        *,
        newest_only: bool = False,
        for_show: bool = False,
    ) -> None:
        self._writer.put(what, call, newest_only=newest_only, for_show=for_show)

    def _hand_over(self) -> None:
        """Give the writer what has been recorded, all of it: what it reads from the journal then is
        what it has been given.
        """
        self._journal.flush()
        given, rows, complete = self._journal.size, self._new_rows, self._complete_batches
        failures, dataset = self._new_failures, self._dataset
        self._new_rows, self._complete_batches, self._new_failures = [], [], []

        def take_rows() -> None:
            self._given_rows = given
            if dataset is not None:
                for key, row in rows:
                    dataset.add(key, row)
                for batch in complete:
                    dataset.batch_complete(batch)

        def take_failures() -> None:
            self._given_failures = given
            for failure in failures:
                self._failures.add(failure)

        if rows or complete:
            self._put(_DATASET, take_rows)
        if failures:
            self._put(_FAILURES, take_failures)

    def _keep_folded(self) -> None:
        """Keep the folded record, from which the next session goes on."""
        self._journal.flush()
        self._folded_at = self._journal.size
        kept = checkpoint.keep(self._run_dir.journal, self._state, self._folded_at)
        if kept is not None:
            self._put(_FOLDED, kept.write, newest_only=True, for_show=True)

    def _recorded_rows(self, stage: StageState) -> Iterator[tuple[Key, Row]]:
        for batch, sample, _, offset in stage.rows():
            if offset < self._given_rows:
                yield (batch, sample), self._journal.read_written(offset)["row"]

    def _recorded_failures(self) -> Iterator[Failure]:
        read = self._journal.read_written
        return read_failures(self._state, read, before=self._given_failures)

    def _update_tables(self, now: float) -> None:
        try:
            self._tables.update_if_due(now, self._state)
        except OSError as error:  # no more processes
            log.warning(f"{_TABLES} is not brought up to date: {error}")

    # -- parts -------------------------------------------------------------------------------------

    def _write_tables(self, tell: Tell) -> None:
        def read_row(offset: int) -> Row:
            row: Row = self._journal.read_written(offset)["row"]
            return row

        write_tables(self._config, self._run_dir, self._state, read_row, tell)

    def _end_dataset(self, dataset: Dataset, stage: StageState, is_last: bool) -> None:
        dataset.finish()
        if is_last:
            unknown = unknown_units(self._state, stage, dataset.header)
            if unknown:
                log.warning(unknown)
        elif stage.n_rows:
            with (
                self._run_dir.dataset.open("rb") as source,
                open_replacement(self._run_dir.last_complete_dataset) as copy,
            ):
                shutil.copyfileobj(source, copy)

    def _rebuild(self, path: Path, stage: StageState) -> None:
        self._hand_over()
        given = self._journal.size

        def write() -> None:
            dataset = Dataset(path, partial(self._recorded_rows, stage))
            self._rebuild_up_to(dataset, given)
            dataset.finish()

        self._put(_DATASET, write)

    def _rebuild_up_to(self, dataset: Dataset, given: int) -> None:
        # rows of a stage that has no dataset are handed over by nobody
        self._given_rows = given
        dataset.rebuild()

    def _rebuild_last_complete(self) -> None:
        stage = last_complete_stage(self._state)
        if stage is not None:
            self._rebuild(self._run_dir.last_complete_dataset, stage)

    def publish_snapshot(self) -> Snapshot:
        """Summarise the campaign for those who show it."""
        liveness = Liveness.NOT_RUNNING if self._state.ended else Liveness.RUNNING
        self.snapshot = snapshot.take(self._state, liveness, stopping=self.stopping, live=self.live)
        return self.snapshot

    def _write_progress(self, *, force: bool = False) -> None:
        """Have the reports written that are due."""
        taken = progress_numbers.pipeline(self.publish_snapshot())
        current = progress_numbers.current_batch(self._state)
        write = partial(self._progress.write, current, taken, force=force)
        if force:  # nobody writes them again later
            write = partial(endure, write, self._patience)
        self._writer.put(_REPORT, write, for_show=True, newest_only=not force)
        self._report([])

    def _report(self, finished: Iterable[BatchProgress]) -> None:
        """Have reports on finished batches written; what cannot be written waits for the next
        time.
        """

        new = list(finished)

        def write() -> None:
            self._unreported.extend(new)
            while self._unreported:
                self._progress.finished(self._unreported[0])
                del self._unreported[0]

        if new or self._unreported:
            self._writer.put(_REPORT, write, for_show=True)

    def _put_run_state(self) -> None:
        """Say how many samples there are, once the dataset has them: after a kill, nobody must
        count more than he finds.
        """
        self._run_state_due = False
        state = older_run_state(self._state)
        if state is not None:
            dataset, path = self._dataset, self._run_dir.run_state
            self._hand_over()
            self._put(_DATASET, partial(_write_run_state, path, state, dataset))


def _write_run_state(path: Path, state: RunState, dataset: Dataset | None) -> None:
    if dataset is not None:
        dataset.flush(state.batch_number)
    write_run_state(path, state)
