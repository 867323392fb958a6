"""The output files of a running campaign: what to tell which writer, and when. All of them are projections of the journal."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enchanted_tui import values
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.executors.base import TaskId
from enchanted_tui.executors.task import DATAPOINT
from enchanted_tui.storage.atomic import open_replacement
from enchanted_tui.storage.cleaning import clean_task
from enchanted_tui.storage.dataset import Dataset
from enchanted_tui.storage.failures import Failure, Failures
from enchanted_tui.storage.layout import RunDir
from enchanted_tui.storage.progress import ProgressFiles
from enchanted_tui.storage.run_state import RunState, write_run_state
from enchanted_tui.supervisor import progress, snapshot
from enchanted_tui.supervisor.journal import JournalReader, Record
from enchanted_tui.supervisor.session import Session, fold
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.supervisor.state import FAILED, BatchState, CampaignState, StageState

if TYPE_CHECKING:
    import pandas

log = logging.getLogger(__name__)

Row = dict[str, Any]
ReadRow = Callable[[int], Row]

_PROGRESS_INTERVAL = 1.0
_HDF5_INTERVAL = 60.0  #: seconds at least between two versions of runs.h5 while the campaign runs
_HDF5_SHARE = 0.05  #: of the elapsed time, at most, goes into writing them


class Projections:
    """The files of one session, kept up to date."""

    def __init__(self, session: Session) -> None:
        self._run_dir = session.run_dir
        self._config = session.config
        self._state = session.state
        self._journal = session.journal
        self._read_row = session.journal.read_row
        self._failures = Failures(self._run_dir.failures, partial(read_failures, self._state, session.journal.read))
        self._progress = ProgressFiles(self._run_dir)
        self._dataset: Dataset | None = None
        self._went_back = False  #: an earlier stage was run again, for a larger budget or because samples had failed
        self._next_progress = 0.0
        self._run_state_due = False
        self._to_clean: list[TaskId] = []
        self._hdf5 = _BackgroundHdf5(self._run_dir)
        before = self._state.previous_end
        #: False while the files are what an earlier session made of the very same records
        self._touched = before is None or before["reason"] == "environment" or self.fingerprints() != before.get("files")

    # -- what happens -----------------------------------------------------------------------------------------------------------

    def open(self, *, changed: bool) -> None:
        """Bring what an earlier session left up to date; `changed` says that recorded results have been given up since."""
        self._touched |= changed
        if self._touched:
            self._failures.rebuild()
            self._rebuild_last_complete()
            stage = dataset_stage(self._state)
            if stage.n_rows and (stage.complete or self._state.current_depth < stage.depth):
                self._rebuild(self._run_dir.dataset, stage)
            for report in progress.finished_steps(self._state):
                self._progress.finished(report)
        self._write_progress()

    def begin_stage(self, run: StageRun) -> None:
        self._dataset = None
        if any(stage.n_rows for stage in self._state.stages[run.plan.depth + 1 :]):
            self._went_back = True  # to run more parents; the dataset goes on showing the rows of the later stage
        else:
            self._dataset = Dataset(self._run_dir.dataset, partial(read_rows, run.stage, self._read_row))
            if run.stage.n_rows and self._touched:
                self._dataset.rebuild()
        self._write_progress()

    def row(self, task: TaskId, row: Row) -> None:
        """Take the row of a finished sample."""
        self._touched = True
        if self._dataset is not None:
            self._dataset.add((task.batch, task.sample), row)
        if self._config.supervisor.save_files != "all" and task.depth == len(self._config.stages) - 1:
            self._to_clean.append(task)

    def failure(self, task: TaskId, record: Record) -> None:
        self._touched = True
        failure = failure_of(task, record)
        self._failures.add(failure)
        if self._config.supervisor.log_failures:
            log.warning("=== FAILURE === %s: %s: %s; %s", failure.task, failure.kind, failure.message, values.encode(failure.params))

    def step_complete(self, task: TaskId, batch: BatchState) -> None:
        """All tasks of a batch at one step have finished."""
        self._progress.finished(progress.batch_progress(task.depth, batch, task.step))

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
            if run.plan.depth + 1 < len(self._config.stages) and run.stage.n_rows:
                with self._run_dir.dataset.open("rb") as dataset, open_replacement(self._run_dir.last_complete_dataset) as copy:
                    shutil.copyfileobj(dataset, copy)
        self._write_run_state()
        self._clean(self._to_clean)
        self._to_clean = []
        self._dataset = None

    # -- the clock ----------------------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Write what is due; `now` is monotonic."""
        if self._dataset is not None:
            self._dataset.tick()
        self._failures.tick()
        if now >= self._next_progress:
            self._next_progress = now + _PROGRESS_INTERVAL
            self._write_progress()
            if self._run_state_due:
                self._write_run_state()
            if self._to_clean:
                self._journal.sync()
                self._clean(self._to_clean)
                self._to_clean = []
            if self._config.hdf5:
                self._hdf5.update_if_due(now, self._state)

    def close(self, *, complete: bool) -> None:
        """Write everything for the last time in this session."""
        self._hdf5.wait()
        if self._touched:
            if self._dataset is not None:
                self._dataset.finish()
            self._failures.finish()
            if self._went_back and not complete:
                self._rebuild_last_complete()
            write_tables(self._config, self._run_dir, self._state, self._read_row)
        if complete and self._config.supervisor.save_files != "all":
            self._journal.sync()
            self._clean(all_tasks(self._state))
        self._write_run_state()

    def ended(self) -> None:
        """Say in the progress files that the session has ended, once that is on record."""
        self._write_progress(force=True)

    def fingerprints(self) -> dict[str, list[int]]:
        """Give size and modification time of the files made from the journal: found so by a later session, they are not written again."""
        found = {}
        for path in (
            self._run_dir.dataset,
            self._run_dir.last_complete_dataset,
            self._run_dir.failures,
            self._run_dir.hdf5,
            self._run_dir.parquet,
        ):
            try:
                status = path.stat()
            except OSError:
                continue
            found[path.name] = [status.st_size, status.st_mtime_ns]
        return found

    # -- parts ----------------------------------------------------------------------------------------------------------------------

    def _rebuild(self, path: Path, stage: StageState) -> None:
        rebuild_dataset(path, stage, self._read_row)

    def _rebuild_last_complete(self) -> None:
        stage = last_complete_stage(self._state)
        if stage is not None:
            self._rebuild(self._run_dir.last_complete_dataset, stage)

    def _write_progress(self, *, force: bool = False) -> None:
        taken = snapshot.take(self._state)
        current = progress.current_batch(self._state)
        self._progress.write(current, progress.pipeline(taken), force=force)

    def _write_run_state(self) -> None:
        self._run_state_due = False
        state = older_run_state(self._state)
        if state is not None:
            write_run_state(self._run_dir.run_state, state)

    def _clean(self, tasks: Iterator[TaskId] | list[TaskId]) -> None:
        keep = self._config.supervisor.save_files_list if self._config.supervisor.save_files == "custom" else []
        for task in tasks:
            for step in range(task.step + 1):
                clean_task(self._run_dir, task._replace(step=step).name, keep)


def all_tasks(state: CampaignState) -> Iterator[TaskId]:
    """Give the last step of every sample that has a row."""
    for stage in state.stages:
        for batch, sample, _, _ in stage.rows():
            yield TaskId(stage.depth, batch, sample, stage.n_steps - 1)


def read_rows(stage: StageState, read_row: ReadRow) -> Iterator[tuple[tuple[int, int], Row]]:
    """Give the rows of a stage's finished samples, by (batch, sample) and in that order."""
    for batch, sample, _, offset in stage.rows():
        yield (batch, sample), read_row(offset)


def read_failures(state: CampaignState, read: Callable[[int], Record]) -> Iterator[Failure]:
    """Give all failures on record, in the order in which they were recorded."""
    offsets = array("q")
    for stage in state.stages:
        for batch in stage.batches:
            for step in batch.steps:
                if step.failed:
                    offsets.extend(step.offsets[sample] for sample, outcome in enumerate(step.outcomes) if outcome >= FAILED)
    for offset in sorted(offsets):
        record = read(offset)
        yield failure_of(TaskId(*record["task"]), record)


def failure_of(task: TaskId, record: Record) -> Failure:
    """Give a failed task's line of the failures file."""
    row = record["row"]
    return Failure(task.name, record["kind"], record["message"], inputs_of(row), row["run_dir"])


def inputs_of(row: Row) -> Row:
    """Give the part of a row that was handed to its task: what stands between its own success and its own run time."""
    names = list(row)
    runtime = max(index for index, name in enumerate(names) if name.startswith("runtime_sec_"))
    runner = names[runtime].removeprefix("runtime_sec_")
    own_success = names.index(f"success_{runner}") if f"success_{runner}" in row else -1
    return {name: row[name] for name in names[own_success + 1 : runtime]}


def older_run_state(state: CampaignState) -> RunState | None:
    """Give what the older program's ``enchanted_run.yaml`` says; None before the first batch is complete."""
    for stage in reversed(state.stages):
        complete = 0
        submitted = 0
        for batch in stage.batches:
            if not batch.done:
                break
            complete += 1
            submitted += batch.size
        if complete:
            return RunState(batch_number=complete - 1, depth=stage.depth, submitted_samples=submitted)
    return None


def write_tables(config: CampaignConfig, run_dir: RunDir, state: CampaignState, read_row: ReadRow) -> None:
    """Write the files that are written as a whole: runs.h5 and the Parquet copy of the dataset."""
    if config.hdf5:
        write_runs_hdf5(run_dir.hdf5, state, read_row)
    if config.supervisor.summary_datatype == "parquet":
        from enchanted_tui.storage.parquet import write_parquet

        stage = dataset_stage(state)
        if stage.n_rows:
            write_parquet(run_dir.parquet, lambda: (row for _, row in read_rows(stage, read_row)))


def write_runs_hdf5(path: Path, state: CampaignState, read_row: ReadRow) -> None:
    """Write runs.h5 from the state."""
    from enchanted_tui.storage.hdf5 import write_hdf5

    def tasks() -> Iterator[tuple[str, Row]]:
        for stage in state.stages:
            for batch, sample, _, offset in stage.rows():
                yield TaskId(stage.depth, batch, sample, stage.n_steps - 1).name, read_row(offset)

    groups = [
        {
            "sampler": names["sampler_type"],
            "executors": [step["executor_type"] for step in names["steps"]],
            "runners": [step["runner_type"] for step in names["steps"]],
        }
        for names in state.stage_names
    ]
    stage = dataset_stage(state)
    write_hdf5(path, tasks(), lambda: (row for _, row in read_rows(stage, read_row)), groups)


def dataset_stage(state: CampaignState) -> StageState:
    """Give the stage whose rows the dataset holds: the deepest one that has any."""
    for stage in reversed(state.stages):
        if stage.n_rows:
            return stage
    return state.stages[0]


def last_complete_stage(state: CampaignState) -> StageState | None:
    """Give the stage whose rows the last complete dataset holds: the dataset's own if another follows it, else the one before."""
    stage = dataset_stage(state)
    if stage.n_rows and stage.complete and stage.depth + 1 < len(state.stages):
        return stage
    return state.stages[stage.depth - 1] if stage.depth else None


def rebuild_dataset(path: Path, stage: StageState, read_row: ReadRow) -> None:
    """Write all rows of a stage to a file, in order."""
    dataset = Dataset(path, partial(read_rows, stage, read_row))
    dataset.rebuild()
    dataset.finish()


def dataset_frame(run_dir: RunDir) -> pandas.DataFrame:
    """Give the dataset as a pandas.DataFrame, values as they were returned; from the run directories if there is no journal."""
    import pandas

    if not run_dir.journal.is_file():
        tables = [pandas.read_csv(path) for path in sorted(run_dir.data.glob(f"*/{DATAPOINT}"))]
        return pandas.concat(tables, ignore_index=True) if tables else pandas.DataFrame()
    state, _ = fold(run_dir.journal)
    with JournalReader(run_dir.journal) as reader:
        return pandas.DataFrame([row for _, row in read_rows(dataset_stage(state), reader.read_row)])


def rebuild_all(run_dir: RunDir, config: CampaignConfig) -> list[str]:
    """Write every output file anew from the journal; give their names."""
    state, damage = fold(run_dir.journal)
    for sentence in damage:
        log.warning(sentence)
    run_dir.logs.mkdir(exist_ok=True)
    with JournalReader(run_dir.journal) as reader:
        rebuild_dataset(run_dir.dataset, dataset_stage(state), reader.read_row)
        last_complete = last_complete_stage(state)
        if last_complete is not None:
            rebuild_dataset(run_dir.last_complete_dataset, last_complete, reader.read_row)
        failures = Failures(run_dir.failures, partial(read_failures, state, reader.read))
        failures.rebuild()
        failures.finish()
        write_tables(config, run_dir, state, reader.read_row)
    older = older_run_state(state)
    if older is not None:
        write_run_state(run_dir.run_state, older)
    files = ProgressFiles(run_dir)
    files.rebuild(progress.finished_steps(state))
    files.write(progress.current_batch(state), progress.pipeline(snapshot.take(state)))
    written = (run_dir.dataset, run_dir.last_complete_dataset, run_dir.failures, run_dir.hdf5, run_dir.parquet, run_dir.run_state)
    return [path.name for path in written if path.exists()]


class _BackgroundHdf5:
    """Writes runs.h5 now and then while the campaign runs, in a process of its own, so that the loop never waits for HDF5."""

    def __init__(self, run_dir: RunDir) -> None:
        self._run_dir = run_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next = time.monotonic() + _HDF5_INTERVAL
        self._rows = 0

    def update_if_due(self, now: float, state: CampaignState) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._process = None
            self._next = now + max(_HDF5_INTERVAL, (now - self._started) / _HDF5_SHARE)
        if now < self._next or state.tasks_recorded == self._rows:
            return
        self._rows, self._started = state.tasks_recorded, now
        self._process = subprocess.Popen(
            [sys.executable, "-m", "enchanted_tui.supervisor.projections", str(self._run_dir.root)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            process_group=0,
        )

    def wait(self) -> None:
        """Wait for, or stop, what is being written: the end of the session writes it anew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _write_hdf5_of(root: Path) -> None:
    os.nice(10)
    run_dir = RunDir(root)
    state, _ = fold(run_dir.journal)
    with JournalReader(run_dir.journal) as reader:
        write_runs_hdf5(run_dir.hdf5, state, reader.read_row)


if __name__ == "__main__":
    _write_hdf5_of(Path(sys.argv[1]))
