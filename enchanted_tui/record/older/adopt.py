"""Take over a run directory that the older program made: write the journal it lacks, from its run
directories and datasets.

The older program keeps no samples and no per-sample record, so it is taken over batch by batch:
what its ``enchanted_run.yaml`` counts as finished is kept; a batch it had begun is done again.
"""

from __future__ import annotations

import csv
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from enchanted_tui.campaign_status import EndReason
from enchanted_tui.errors import EnvironmentProblem
from enchanted_tui.executors.datapoint import DATAPOINT
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.records import (
    BatchCompleteRecord,
    EndRecord,
    OpenRecord,
    ParentsRecord,
    Record,
    StageCompleteRecord,
    TaskRecord,
)
from enchanted_tui.record.samples import SLICE, samples_record
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory, task_of_directory
from enchanted_tui.storage.run_state import RunState, read_run_state
from enchanted_tui.values import Row

if TYPE_CHECKING:
    from enchanted_tui.config.models import CampaignConfig


class Datapoint(Struct, frozen=True):
    """A finished task of the older program."""

    task: TaskId
    row: Row
    finished: float  #: seconds since the epoch


def is_older_run(run_dir: CampaignDirectory) -> bool:
    """Tell whether the directory holds a run of the older program that had finished at least one
    batch.
    """
    return not run_dir.journal.exists() and run_dir.run_state.is_file()


def adopt(run_dir: CampaignDirectory, config: CampaignConfig) -> None:
    """Write the journal of a run directory that has none.

    Raises EnvironmentProblem if what is there does not fit the configuration.
    """
    partial = run_dir.journal.with_name(f"{run_dir.journal.name}.{uuid.uuid4().hex}.partial")
    journal = Journal(partial)
    try:
        for record in _read(run_dir, config):
            journal.append(record)
        journal.close()
        partial.rename(run_dir.journal)
    finally:
        partial.unlink(missing_ok=True)


def state_if_adopted(
    run_dir: CampaignDirectory, config: CampaignConfig
) -> tuple[CampaignState, list[Record]]:
    """Return the state that the campaign would have, and its records, whose numbers are its
    offsets; nothing is written.

    Raises as `adopt` does.
    """
    state = CampaignState()
    records = list(records_if_adopted(run_dir, config))
    for number, record in enumerate(records):
        state.apply(record, number)
    return state, records


def records_if_adopted(run_dir: CampaignDirectory, config: CampaignConfig) -> Iterator[Record]:
    """Return the records that `adopt` would write, without writing anything. Raises as `adopt`
    does.
    """
    for record in _read(run_dir, config):
        if record["type"] == "end":
            record["message"] = "made by the older program, not taken over yet"
        record["time"] = run_dir.run_state.stat().st_mtime
        yield record


def _read(run_dir: CampaignDirectory, config: CampaignConfig) -> Iterator[Record]:
    try:
        saved = read_run_state(run_dir.run_state)
    except (OSError, ValueError) as error:
        raise EnvironmentProblem(
            f"{run_dir.run_state} cannot be read ({error}); without it the older program's run"
            " cannot be resumed."
        ) from None
    if saved.depth >= len(config.stages):
        raise EnvironmentProblem(
            f"{run_dir.run_state} stands at stage {saved.depth}, but the configuration has only"
            f" {len(config.stages)} stages; use the configuration that the run was made with."
        )
    for record in _records(config, saved, {point.task: point for point in datapoints(run_dir)}):
        if record["type"] == "open":
            _say_where_directories_lie(record, run_dir)
        yield record


def _say_where_directories_lie(record: OpenRecord, run_dir: CampaignDirectory) -> None:
    """Correct what the configuration says of run directories, as far as there are any: they lie in
    groups where a campaign of this program has lost its journal.
    """
    if not run_dir.data.is_dir():
        return
    if any(run_dir.tasks(True).entries()):
        record["run_directories"] = "spread"
    elif any(task_of_directory(entry.name) for entry in run_dir.tasks(False).entries()):
        record.pop("run_directories", None)


def _records(
    config: CampaignConfig, saved: RunState, found: dict[TaskId, Datapoint]
) -> Iterator[Record]:
    from enchanted_tui.record.session_start import build_samplers, open_record, sampler_target

    seed = config.supervisor.seed or 0
    samplers = build_samplers(config, seed)
    depth = saved.depth
    stages = [
        OlderStage(config, level, found, saved.batch_number if level == depth else None)
        for level in range(depth + 1)
    ]
    drawn = [
        sum(stage.sizes(n_parents))
        for stage, n_parents in zip(stages, _parent_counts(stages), strict=True)
    ]
    if drawn[depth] < saved.submitted_samples:
        raise EnvironmentProblem(
            f"enchanted_run.yaml counts {saved.submitted_samples} samples at depth {depth}, but"
            f" there are rows of {drawn[depth]} only; bring back the missing run directories, or"
            " use the configuration that the run was made with."
        )
    targets = [
        max(count, sampler_target(sampler)) for count, sampler in zip(drawn, samplers, strict=False)
    ]
    targets += [0] * (len(config.stages) - len(targets))
    targets[:depth] = drawn[:depth]
    yield open_record(
        config,
        campaign=uuid.uuid4().hex,
        session="adopted",
        mode="adopted",
        seed=seed,
        stored=config.path.name if config.path else "",
        targets=targets,
    )
    for stage, n_parents, sampler in zip(stages, _parent_counts(stages), samplers, strict=False):
        if stage.depth:
            below = stages[stage.depth - 1]
            yield ParentsRecord(
                type="parents",
                depth=stage.depth,
                ranges=[[b, 0, count] for b, count in enumerate(below.counts)],
            )
        yield from stage.records(n_parents, tuple(getattr(sampler, "parameter_names", ())))
        if stage.depth < depth:
            yield StageCompleteRecord(
                type="stage_complete", depth=stage.depth, rows=sum(stage.counts)
            )
    yield adopted()


def _parent_counts(stages: list[OlderStage]) -> list[int]:
    return [1, *(sum(stage.counts) for stage in stages[:-1])]


class OlderStage:
    """What the older program finished of one stage."""

    def __init__(
        self,
        config: CampaignConfig,
        depth: int,
        found: dict[TaskId, Datapoint],
        last_batch: int | None,
        first_batch: int = 0,
    ) -> None:
        self.depth = depth
        self.first_batch = first_batch  #: those before it are on record already
        self._runners = [step.runner for step in config.stages[depth].steps]
        self._found = found
        self._last_batch = last_batch  #: the last finished one; None: all that there is a trace of
        last_step = len(self._runners) - 1
        samples: dict[int, set[int]] = {}
        for task in found:
            if task.depth != depth or task.step != last_step or task.batch < first_batch:
                continue
            if last_batch is None or task.batch <= last_batch:
                samples.setdefault(task.batch, set()).add(task.sample)
        last = max(samples, default=-1) if last_batch is None else last_batch
        #: rows of each batch from the first one on
        self.counts = [
            self._count(batch, samples.get(batch, set()), last_step)
            for batch in range(first_batch, last + 1)
        ]

    def _count(self, batch: int, present: set[int], last_step: int) -> int:
        """Return the number of rows of a finished batch. Raises EnvironmentProblem if one is
        missing.
        """
        missing = next(sample for sample in range(len(present) + 1) if sample not in present)
        if present and missing == len(present):
            return missing
        name = TaskId(self.depth, batch, missing, last_step).name
        remedy = "start anew in another base_run_dir"
        if batch and self._last_batch is not None:
            remedy = (
                f"set batch_number to {batch - 1} in enchanted_run.yaml to have it and what follows"
                " done again"
            )
        raise EnvironmentProblem(
            f"According to enchanted_run.yaml batch {batch} of depth {self.depth} is finished, but"
            f" there is no whole row of {name}, neither in its run directory nor in the dataset;"
            f" bring it back, or {remedy}."
        )

    def sizes(self, n_parents: int) -> list[int]:
        """Return the number of samples drawn for each batch. Raises EnvironmentProblem if they are
        not the same for every parent.
        """
        for batch, count in enumerate(self.counts, self.first_batch):
            if not n_parents or count % n_parents:
                raise EnvironmentProblem(
                    f"Batch {batch} of depth {self.depth} has {count} rows, which cannot be shared"
                    f" out among {n_parents} parents; use the configuration that the run was made"
                    " with."
                )
        return [count // n_parents for count in self.counts]

    def records(self, n_parents: int, names: tuple[str, ...], first: int = 0) -> Iterator[Record]:
        """Return the records of its batches, the first of which begins with sample `first` of the
        stage.
        """
        for batch, size in enumerate(self.sizes(n_parents), self.first_batch):
            rows = [
                self._found[TaskId(self.depth, batch, sample, len(self._runners) - 1)].row
                for sample in range(size)
            ]
            samples = [{name: row[name] for name in names if name in row} for row in rows]
            for start in range(0, size, SLICE):
                yield samples_record(
                    samples[start : start + SLICE],
                    depth=self.depth,
                    batch=batch,
                    first=first,
                    size=size,
                    start=start,
                )
            first += size
            yield from self._tasks(batch)
            yield BatchCompleteRecord(type="batch_complete", depth=self.depth, batch=batch)

    def _tasks(self, batch: int) -> Iterator[Record]:
        for sample in range(self.counts[batch - self.first_batch]):
            for step, runner in enumerate(self._runners):
                point = self._found.get(TaskId(self.depth, batch, sample, step))
                if point is not None:
                    yield _task_record(point, runner)


def adopted() -> EndRecord:
    """Return the record with which a take-over ends."""
    return EndRecord(
        type="end",
        reason=EndReason.ADOPTED.value,
        exit_code=0,
        message="taken over from the older program",
        files={},
    )


def _task_record(point: Datapoint, runner: str) -> TaskRecord:
    runtime = point.row.get(f"runtime_sec_{runner}")
    runtime = float(runtime) if isinstance(runtime, int | float) else 0.0
    worked = point.row.get("success") is True
    record: dict[str, Any] = {
        "type": "task",
        "task": list(point.task),
        "outcome": "ok" if worked else "failed",
        "runtime": runtime,
        "started": point.finished - runtime,
        "host": "",
        "attempt": 0,
    }
    if not worked:
        record["kind"] = "reported"
        record["message"] = "failed under the older program, which keeps no reason"
    return cast(TaskRecord, {**record, "row": point.row})


# -- reading the older program's files -------------------------------------------------------------


def datapoints(run_dir: CampaignDirectory) -> Iterator[Datapoint]:
    """Return every finished task there is a trace of: datasets first, so that the more exact run
    directories replace them.
    """
    for dataset in (run_dir.last_complete_dataset, run_dir.dataset):
        if dataset.is_file():
            yield from _read_table(dataset)
    if run_dir.data.is_dir():
        for entry in run_dir.tasks().entries():
            if task_of_directory(entry.name) is not None:
                yield from _read_table(Path(entry.path) / DATAPOINT)


def _read_table(path: Path) -> Iterator[Datapoint]:
    """Read rows by their run directory; a row that does not fit the header (the older program could
    tear and misalign them) is left out.
    """
    from enchanted_tui.csv_reading import csv_mappings  # most who import this only ask, not read

    try:
        finished = path.stat().st_mtime
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            for cells in csv_mappings(file, restkey="", strict=True):
                row = {
                    name: parse_cell(cell)
                    for name, cell in cells.items()
                    if name and cell not in (None, "")
                }
                task = task_of_directory(os.path.basename(str(row.get("run_dir", ""))))
                if task is not None and "" not in cells and type(row.get("success")) is bool:
                    yield Datapoint(task, row, finished)
    except (OSError, csv.Error):
        return


def parse_cell(text: str) -> Any:
    """Return the value that a cell of a CSV file most likely stands for."""
    if text in ("True", "False"):
        return text == "True"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
