"""What a campaign must give, by the definition of its output: a few loops and dictionaries, nothing
of the engine.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from helpers.parts.scripted import scripted

Row = dict[str, Any]
TaskKey = tuple[int, int, int, int]  #: depth, batch, sample, step


@dataclass(frozen=True)
class RunTime:
    """Stands for the measured run time of a task, which no model knows."""

    task: TaskKey


@dataclass
class ModelTask:
    """One task: its row, and whether and how it failed."""

    key: TaskKey
    row: Row
    inputs: Row
    kind: str = "ok"

    @property
    def name(self) -> str:
        return "d{}_b{}_s{}_r{}".format(*self.key)

    @property
    def failed(self) -> bool:
        return self.kind != "ok"


@dataclass
class ModelStage:
    """The tasks of one stage, in the order of the dataset: by batch, parent, sample; the steps of a
    sample together.
    """

    samples: list[list[ModelTask]] = field(default_factory=list)
    batch_sizes: list[int] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        return [steps[-1].row for steps in self.samples]

    @property
    def tasks(self) -> list[ModelTask]:
        return [task for steps in self.samples for task in steps]


def run_model(config: dict[str, Any], drawn: list[list[list[Row]]]) -> list[ModelStage]:
    """Run a campaign of scripted runners; `drawn` gives, for each stage, its batches of samples."""
    supervisor = config["supervisor"]
    stages: list[ModelStage] = []
    parameters: set[str] = set()
    for depth, entry in enumerate(supervisor["run_order"]):
        parents = _parents(stages[-1], supervisor) if stages else [{}]
        parameters |= {name for batch in drawn[depth] for sample in batch for name in sample}
        parameters |= set(config["samplers"][entry["sampler"]]["parameters"])
        stage = ModelStage()
        for number, batch in enumerate(drawn[depth] if parents else []):
            stage.batch_sizes.append(len(batch))
            for position, (parent, sample) in enumerate(itertools.product(parents, batch)):
                stage.samples.append(
                    _steps(
                        config, entry, (depth, number, position), {**parent, **sample}, parameters
                    )
                )
        stages.append(stage)
    return stages


def _parents(stage: ModelStage, supervisor: Row) -> list[Row]:
    kept = [
        steps[-1]
        for steps in stage.samples
        if not (supervisor["failed_parents"] == "skip" and steps[-1].failed)
    ]
    return [task.row for task in kept]


def _steps(
    config: dict[str, Any],
    entry: Row,
    place: tuple[int, int, int],
    params: Row,
    parameters: set[str],
) -> list[ModelTask]:
    tasks: list[ModelTask] = []
    for step, runner in enumerate(entry["runner"]):
        key = (*place, step)
        base = os.path.join(config["supervisor"]["base_run_dir"], "data")
        if tasks and tasks[-1].failed and config["supervisor"]["failed_steps"] == "skip":
            outputs, kind = Row(), "skipped"
            runtime: float | RunTime = 0.0
            run_dir = os.path.join(base, os.path.basename(params["run_dir"]))
        else:
            outputs, kind = _outcome(config["runners"][runner], params)
            runtime, run_dir = RunTime(key), os.path.join(base, "d{}_b{}_s{}_r{}".format(*key))
        hidden = {"output"} - parameters if kind != "ok" else set()
        tasks.append(_task(key, runner, outputs, kind, params, hidden, runtime, run_dir))
        params = tasks[-1].row
    return tasks


def _outcome(options: Row, params: Row) -> tuple[Row, str]:
    try:
        outputs = scripted(options["salt"], options["chances"], params)
    except ValueError:
        return {}, "exception"
    return outputs, "ok" if outputs["success"] else "reported"


def _task(
    key: TaskKey,
    runner: str,
    outputs: Row,
    kind: str,
    params: Row,
    hidden: set[str],
    runtime: Any,
    run_dir: str,
) -> ModelTask:
    """Compose a row: outputs, own success, inputs that are not outputs, own run time, run
    directory.

    The own run time of a runner that has served before stands in its inherited place.
    """
    success = kind == "ok"
    own = (f"success_{runner}", f"runtime_sec_{runner}")
    row = {**outputs, "success": success, own[0]: success}
    inputs = {
        name: value
        for name, value in params.items()
        if name not in row and name != "run_dir" and name not in hidden
    }
    row |= {**inputs, own[1]: runtime, "run_dir": run_dir}
    inputs.pop(own[1], None)
    return ModelTask(key, row, inputs, kind)


def header(rows: Iterable[Row]) -> list[str]:
    """Give the columns of rows: each new one after its predecessor in its row, ``run_dir`` last."""
    columns: list[str] = []
    for row in rows:
        previous = -1
        for name in row:
            if name == "run_dir":
                continue
            if name not in columns:
                columns.insert(previous + 1, name)
            previous = columns.index(name)
    return [*columns, "run_dir"]


def with_run_times(rows: Iterable[Row], measured: dict[TaskKey, float]) -> Iterator[Row]:
    """Put the measured run times in place of what stands for them."""
    for row in rows:
        yield {
            name: measured[value.task] if isinstance(value, RunTime) else value
            for name, value in row.items()
        }
