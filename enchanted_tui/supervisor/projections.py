"""The output files of a running campaign: what to tell which writer, and when. All of them are
projections of the journal.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from enchanted_tui.campaign_status import EndReason, Liveness
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import progress_numbers, snapshot
from enchanted_tui.record.output_files import (
    Tell,
    dataset_stage,
    failure_of,
    fingerprints,
    last_complete_stage,
    nobody,
    older_run_state,
    read_failures,
    read_rows,
    rebuild_dataset,
    table_names,
    write_tables,
)
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.stage_state import BatchState, StageState
from enchanted_tui.storage.dataset import Dataset
from enchanted_tui.storage.failures import Failures
from enchanted_tui.storage.progress import BatchProgress, ProgressFiles
from enchanted_tui.storage.run_state import write_run_state
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.supervisor.background_tables import BackgroundTables
from enchanted_tui.supervisor.failure_log import FailureLog
from enchanted_tui.supervisor.kept_files import KeptFiles
from enchanted_tui.supervisor.passing_errors import PassingErrors
from enchanted_tui.supervisor.session import Session
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.values import Row
from enchanted_tui.whole_files import open_replacement

log = logging.getLogger(__name__)

_PROGRESS_INTERVAL = 1.0


class Projections:
    """The files of one session, kept up to date."""

    def __init__(self, session: Session) -> None:
        self._run_dir = session.run_dir
        self._config = session.config
        self._state = session.state
        self._journal = session.journal
        self._read_row = session.journal.read_row
        self._failures = Failures(
            self._run_dir.failures, partial(read_failures, self._state, session.journal.read)
        )
        self._failure_log = FailureLog(every=session.config.supervisor.log_failures)
        self._progress = ProgressFiles(self._run_dir)
        self._dataset: Dataset | None = None
        #: an earlier stage was run again, for a larger budget or because samples had failed
        self._went_back = False
        self._next_progress = 0.0
        self.stopping = False  #: nothing new is begun
        self.snapshot: Snapshot | None = None  #: the campaign as it was about a second ago
        self._run_state_due = False
        self._passing_errors = PassingErrors()
        #: reports on finished batches that could not be written yet
        self._unreported: list[BatchProgress] = []
        self.kept_files = KeptFiles(session)
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
            self._failures.rebuild()
            self._rebuild_last_complete()
            stage = dataset_stage(self._state)
            if stage.n_rows and (stage.complete or self._state.current_depth < stage.depth):
                self._rebuild(self._run_dir.dataset, stage)
        self._unreported += progress_numbers.finished_steps(self._state)
        self._write_progress()

    def begin_stage(self, run: StageRun) -> None:
        self._tables.expect(sum(stage.expected for stage in self._state.stages))
        self._dataset = None
        if any(stage.n_rows for stage in self._state.stages[run.plan.depth + 1 :]):
            self._went_back = (
                True  # to run more parents; the dataset goes on showing the rows of the later stage
            )
        else:
            self._dataset = Dataset(
                self._run_dir.dataset, partial(read_rows, run.stage, self._read_row)
            )
            if run.stage.n_rows and self._touched:
                self._dataset.rebuild()
        self._write_progress()

    def row(self, task: TaskId, row: Row) -> None:
        """Take the row of a finished sample."""
        self._touched = True
        if self._dataset is not None:
            self._dataset.add((task.batch, task.sample), row)
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
        self._failures.add(failure)
        self._failure_log.tell(failure, record)

    def step_complete(self, task: TaskId, batch: BatchState) -> None:
        """All tasks of a batch at one step have finished."""
        self._unreported.append(progress_numbers.batch_progress(task.depth, batch, task.step))
        self._write_reports()

    def batch_complete(self, task: TaskId, batch: BatchState) -> None:
        if self._dataset is not None:
            self._dataset.batch_complete(batch.index)
        self._run_state_due = True

    def end_stage(self, run: StageRun) -> None:
        """The stage has reached its target."""
        if self._dataset is None:
            self._rebuild_last_complete()
        elif self._touched:
            self._dataset.finish()
            if run.plan.depth + 1 == len(self._config.stages):
                self._tell_of_unknown_units(run.stage, self._dataset.header)
            elif run.stage.n_rows:
                with (
                    self._run_dir.dataset.open("rb") as dataset,
                    open_replacement(self._run_dir.last_complete_dataset) as copy,
                ):
                    shutil.copyfileobj(dataset, copy)
        self._passing_errors.bear("enchanted_run.yaml", self._write_run_state, time.monotonic())
        self.kept_files.stage_ended(run.plan.depth)
        self._dataset = None

    def publish(self) -> None:
        """Bring the dataset up to everything that has been recorded, for others to read."""
        if self._dataset is not None:
            self._dataset.finish()

    # -- the clock ---------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Write what is due; `now` is monotonic."""
        if self._dataset is not None:
            self._passing_errors.bear("the dataset", self._dataset.tick, now)
        self._passing_errors.bear("the list of failures", self._failures.tick, now)
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_INTERVAL
            self._write_progress()
            if self._run_state_due:
                self._passing_errors.bear("enchanted_run.yaml", self._write_run_state, now)
            self.kept_files.tidy()
            self._passing_errors.show(
                "runs.h5 or the Parquet file", lambda: self._tables.update_if_due(now, self._state)
            )

    def close(self, *, complete: bool, tell: Tell = nobody) -> None:
        """Write everything for the last time in this session, saying what is being done to `tell`."""
        self._tables.wait()
        if self._touched:
            tell("writing the dataset")
            if self._dataset is not None:
                self._dataset.finish()
            self._failures.finish()
            if self._went_back and not complete:
                self._rebuild_last_complete()
            write_tables(self._config, self._run_dir, self._state, self._read_row, tell)
        self.kept_files.close(complete=complete, tell=tell)
        self._write_run_state()

    def abandon(self) -> None:
        """Touch nothing any more: the directory has become somebody else's."""
        self._tables.wait()
        self.kept_files.abandon()

    def ended(self) -> None:
        """Say in the progress files that the session has ended, once that is on record."""
        if not self._write_progress(force=True):  # nobody writes them again later
            self._write_progress(force=True)

    def fingerprints(self) -> dict[str, list[int]]:
        """Return what `files.fingerprints` gives."""
        return fingerprints(self._run_dir)

    # -- parts -------------------------------------------------------------------------------------

    def _tell_of_unknown_units(self, stage: StageState, columns: Sequence[str]) -> None:
        """A misspelt name would leave its column without a unit in every file."""
        unknown = [name for name in self._state.units if name not in columns]
        # outputs of failed samples are not there
        if unknown and any(batch.steps[-1].failed < batch.count for batch in stage.batches):
            guesses = ", ".join(f"{name!r}{did_you_mean(name, columns)}" for name in unknown)
            log.warning(
                f"supervisor.units: the dataset has no column {guesses}; it has"
                f" {', '.join(map(repr, columns))}"
            )

    def _rebuild(self, path: Path, stage: StageState) -> None:
        rebuild_dataset(path, stage, self._read_row)

    def _rebuild_last_complete(self) -> None:
        stage = last_complete_stage(self._state)
        if stage is not None:
            self._rebuild(self._run_dir.last_complete_dataset, stage)

    def publish_snapshot(self) -> Snapshot:
        """Summarise the campaign for those who show it."""
        liveness = Liveness.NOT_RUNNING if self._state.ended else Liveness.RUNNING
        self.snapshot = snapshot.take(self._state, liveness, stopping=self.stopping)
        return self.snapshot

    def _write_progress(self, *, force: bool = False) -> bool:
        """Write the reports that are due, and tell whether that of the campaign was possible."""
        taken = self.publish_snapshot()
        current = progress_numbers.current_batch(self._state)
        written = self._passing_errors.show(
            "a progress report",
            lambda: self._progress.write(current, progress_numbers.pipeline(taken), force=force),
        )
        self._write_reports()
        return written

    def _write_reports(self) -> None:
        """Write the reports on finished batches; what cannot be written waits for the next time."""
        self._passing_errors.show("a progress report", self._write_waiting_reports)

    def _write_waiting_reports(self) -> None:
        while self._unreported:
            self._progress.finished(self._unreported[0])
            del self._unreported[0]

    def _write_run_state(self) -> None:
        """Say how many samples there are, once the dataset has them: after a kill, nobody must
        count more than he finds.
        """
        state = older_run_state(self._state)
        if state is not None:
            if self._dataset is not None:
                self._dataset.flush(state.batch_number)
            write_run_state(self._run_dir.run_state, state)
        self._run_state_due = False
