"""What the output files hold: rows, failures and tables, read from the state and its journal."""

from __future__ import annotations

import logging
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from enchanted_tui.campaign_status import Liveness
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import progress_numbers, provenance, snapshot, stage_order
from enchanted_tui.record.folding import fold
from enchanted_tui.record.journal import JournalReader
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.stage_state import FAILED, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.dataset import Dataset
from enchanted_tui.storage.failures_file import Failure, Failures
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.progress import ProgressFiles
from enchanted_tui.storage.run_state import RunState, write_run_state
from enchanted_tui.suggestions import did_you_mean
from enchanted_tui.values import Row

log = logging.getLogger(__name__)

#: of runs.h5, by their names in the configuration: a group for each run, or a table for each stage
HDF5_LAYOUTS = ("hdf5", "table")

ReadRow = Callable[[int], Row]
Tell = Callable[[str], None]  #: is told what is being done, and how far that is, in a few words

_TELL_EVERY = 500  # rows


def nobody(doing: str) -> None:
    """Tell nobody."""


def _counted(rows: Iterator[Any], doing: str, total: int, tell: Tell) -> Iterator[Any]:
    """Return the rows, telling how many of them have been taken."""
    for number, row in enumerate(rows):
        if number % _TELL_EVERY == 0:
            tell(f"{doing}: {number:,} of {total:,} samples")
        yield row


def read_rows(stage: StageState, read_row: ReadRow) -> Iterator[tuple[tuple[int, int], Row]]:
    """Return the rows of a stage's finished samples, by (batch, sample) and in that order."""
    for batch, sample, _, offset in stage.rows():
        yield (batch, sample), read_row(offset)


def read_failures(
    state: CampaignState, read: Callable[[int], TaskRecord], before: int | None = None
) -> Iterator[Failure]:
    """Return all failures on record, or those `before` an offset, in the order in which they were
    recorded.
    """
    offsets = array("q")
    for stage in state.stages:
        for batch in stage.batches:
            for step in batch.steps:
                if step.failed:
                    # each pair is taken in one step: more may come, in another thread
                    both = zip(step.outcomes, step.offsets, strict=False)
                    offsets.extend(offset for outcome, offset in both if outcome >= FAILED)
    for offset in sorted(offsets):
        if before is not None and offset >= before:
            break
        record = read(offset)
        yield failure_of(TaskId(*record["task"]), record)


def failure_of(task: TaskId, record: TaskRecord) -> Failure:
    """Return a failed task's line of the failures file."""
    row = record["row"]
    return Failure(task.name, record["kind"], record["message"], inputs_of(row), row["run_dir"])


def inputs_of(row: Row) -> Row:
    """Return the part of a row that was handed to its task: what stands behind its own success, but
    for its own run time.

    Its own success is the first one of a runner; those of runners before it are among what it was
    handed.
    """
    names = list(row)
    runners = [name.removeprefix("success_") for name in names if name.startswith("success_")]
    own = next((runner for runner in runners if f"runtime_sec_{runner}" in row), None)
    if own is None:
        return {}
    behind = names[names.index(f"success_{own}") + 1 :]
    return {name: row[name] for name in behind if name not in (f"runtime_sec_{own}", "run_dir")}


def shown(row: Row) -> Row:
    """Leave out the columns that are the program's own: how earlier steps and parents went, how
    long they took and where.
    """
    return {
        name: value
        for name, value in row.items()
        if name not in ("success", "run_dir") and not name.startswith(("success_", "runtime_sec_"))
    }


def older_run_state(state: CampaignState) -> RunState | None:
    """Return what the older program's ``enchanted_run.yaml`` says; None before the first batch is
    complete.
    """
    for stage in reversed(stage_order.settled(state.stages)):
        complete = 0
        submitted = 0
        for batch in stage.batches:
            if not batch.done:
                break
            complete += 1
            submitted += batch.size
        if complete:
            return RunState(
                batch_number=complete - 1, depth=stage.depth, submitted_samples=submitted
            )
    return None


def write_tables(
    config: CampaignConfig,
    run_dir: CampaignDirectory,
    state: CampaignState,
    read_row: ReadRow,
    tell: Tell = nobody,
) -> None:
    """Write the files that are written as a whole: runs.h5 and the Parquet copy of the dataset."""
    wanted = table_names(config)
    for name in wanted:
        if name in HDF5_LAYOUTS:
            write_runs_hdf5(run_dir, state, read_row, tell, layout=name)
    if "parquet" in wanted:
        write_dataset_parquet(run_dir, state, read_row, tell)


def table_names(config: CampaignConfig) -> list[str]:
    """Say which a campaign wants: runs.h5, by its layout, and ``parquet``."""
    parquet = "parquet" if config.supervisor.summary_datatype == "parquet" else ""
    return [name for name in (config.hdf5, parquet) if name]


def write_dataset_parquet(
    run_dir: CampaignDirectory, state: CampaignState, read_row: ReadRow, tell: Tell = nobody
) -> None:
    """Write the Parquet copy of the dataset, with units and provenance in its metadata; nothing if
    there are no rows.
    """
    from enchanted_tui.storage.parquet import write_parquet

    stage = dataset_stage(state)
    if stage.n_rows:
        doing = f"writing {run_dir.parquet.name}"
        rows = lambda: _counted(  # noqa: E731
            (row for _, row in read_rows(stage, read_row)), doing, stage.n_rows, tell
        )
        write_parquet(
            run_dir.parquet, rows, units=state.units, metadata=provenance.metadata(run_dir, state)
        )


def write_runs_hdf5(
    run_dir: CampaignDirectory,
    state: CampaignState,
    read_row: ReadRow,
    tell: Tell = nobody,
    *,
    layout: str = "hdf5",
) -> None:
    """Write runs.h5 from the state, with units and provenance, in one of HDF5_LAYOUTS."""
    from enchanted_tui.storage.hdf5 import write_hdf5, write_hdf5_tables

    def tasks(stage: StageState) -> Iterator[tuple[str, Row]]:
        which = f" of stage {stage.depth + 1}" if len(state.stages) > 1 else ""
        return _counted(
            named_rows(stage), f"writing {run_dir.hdf5.name}{which}", stage.n_rows, tell
        )

    def named_rows(stage: StageState) -> Iterator[tuple[str, Row]]:
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
    dataset = dataset_stage(state)
    told = provenance.metadata(run_dir, state)
    if layout == "table":
        tables = {stage.depth: partial(tasks, stage) for stage in state.stages[: dataset.depth + 1]}
        write_hdf5_tables(run_dir.hdf5, tables, groups, units=state.units, metadata=told)
        return
    parents = chain.from_iterable(tasks(stage) for stage in state.stages[: dataset.depth])
    write_hdf5(
        run_dir.hdf5, parents, partial(tasks, dataset), groups, units=state.units, metadata=told
    )


def dataset_stage(state: CampaignState) -> StageState:
    """Return the stage whose rows the dataset holds: the deepest one that has any, of those whose
    parents have all been known.
    """
    for stage in reversed(stage_order.settled(state.stages)):
        if stage.n_rows:
            return stage
    return state.stages[0]


def last_complete_stage(state: CampaignState) -> StageState | None:
    """Return the stage whose rows the last complete dataset holds: the dataset's own if another
    follows it, else the one before.
    """
    stage = dataset_stage(state)
    if stage.n_rows and stage.complete and stage.depth + 1 < len(state.stages):
        return stage
    return state.stages[stage.depth - 1] if stage.depth else None


def unknown_units(state: CampaignState, stage: StageState, columns: Sequence[str]) -> str:
    """Say which units are those of columns that the dataset of a complete stage does not have;
    empty if none are. A misspelt name would leave its column without a unit in every file.
    """
    unknown = [name for name in state.units if name not in columns]
    # outputs of failed samples are not there
    if not unknown or all(batch.steps[-1].failed >= batch.count for batch in stage.batches):
        return ""
    guesses = ", ".join(f"{name!r}{did_you_mean(name, columns)}" for name in unknown)
    return (
        f"supervisor.units: the dataset has no column {guesses}; it has"
        f" {', '.join(map(repr, columns))}"
    )


def rebuild_dataset(path: Path, stage: StageState, read_row: ReadRow) -> None:
    """Write all rows of a stage to a file, in order."""
    dataset = Dataset(path, partial(read_rows, stage, read_row))
    dataset.rebuild()
    dataset.finish()


def fingerprints(run_dir: CampaignDirectory) -> dict[str, list[int]]:
    """Return size and modification time of the files made from the journal: found so by a later
    session, they are not written again.
    """
    found = {}
    for path in run_dir.tables:
        try:
            status = path.stat()
        except OSError:
            continue
        found[path.name] = [status.st_size, status.st_mtime_ns]
    return found


def _date_as_recorded(run_dir: CampaignDirectory, recorded: dict[str, list[int]]) -> None:
    """Return files that are again what the last session had written the date that is on record: the
    next one need not write them anew.
    """
    for name, (size, _) in fingerprints(run_dir).items():
        before = recorded.get(name)
        if before is not None and before[0] == size:
            os.utime(run_dir.root / name, ns=(before[1], before[1]))


def rebuild_all(run_dir: CampaignDirectory, config: CampaignConfig) -> list[str]:
    """Write every output file anew from the journal; give their names."""
    state, damage = fold(run_dir.journal, from_start=True)
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
    if state.ended is not None:
        _date_as_recorded(run_dir, state.ended.get("files", {}))
    older = older_run_state(state)
    if older is not None:
        write_run_state(run_dir.run_state, older)
    files = ProgressFiles(run_dir)
    files.rebuild(progress_numbers.finished_steps(state))
    taken = snapshot.take(state, Liveness.NOT_RUNNING)
    files.write(progress_numbers.current_batch(state), progress_numbers.pipeline(taken))
    return [path.name for path in (*run_dir.tables, run_dir.run_state) if path.exists()]
