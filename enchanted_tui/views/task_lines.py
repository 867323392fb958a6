"""One task as a line of a table, from its record or, before it has run, from the values that were
drawn for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from enchanted_tui.campaign_status import TaskStatus
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.output_files import inputs_of, shown
from enchanted_tui.record.records import TaskRecord
from enchanted_tui.record.resource_use import peak_words
from enchanted_tui.record.samples import SLICE, read_samples
from enchanted_tui.record.state import CampaignState
from enchanted_tui.values import Row

Read = Callable[[int], Any]


@dataclass(frozen=True)
class TaskLine:
    """A task as shown to people. Times in seconds since the epoch, lengths in seconds."""

    task: TaskId
    status: TaskStatus
    kind: str = ""  #: of a failure
    message: str = ""  #: of a failure
    runtime: float | None = None
    started: float | None = None
    host: str = ""
    attempt: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] | None = None  #: that it was given, where its runner says so
    where: str = ""  #: the CPUs and GPUs of which nodes these are, see `resources.places`
    cpu: float | None = None  #: processor time that it has used, seconds
    memory: str = ""  #: that its largest process had at its peak, in words

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def finished(self) -> float | None:
        """When it ended."""
        return None if self.started is None or self.runtime is None else self.started + self.runtime


def line_of(task: TaskId, record: TaskRecord, names: Iterable[str] = ()) -> TaskLine:
    """Return the line of a task that has ended; `names` are its stage's own parameters."""
    row = record["row"]
    try:
        inputs = shown(inputs_of(row))
    except ValueError:  # a row of the older program that lacks its run time
        inputs = {}
    return TaskLine(
        task,
        TaskStatus.OK if record["outcome"] == "ok" else TaskStatus.FAILED,
        record.get("kind", ""),
        record.get("message", ""),
        record["runtime"],
        record["started"],
        record["host"],
        record["attempt"],
        own_first(names, inputs),
        outputs_of(row),
        record.get("resources"),
        record.get("where", ""),
        record.get("cpu"),
        peak_words(record),
    )


def outputs_of(row: Row) -> Row:
    """Return the part of a row that its runner returned: what stands before its own success."""
    outputs: Row = {}
    for name, value in row.items():
        if name.startswith("success_"):
            break
        if name != "success":
            outputs[name] = value
    return outputs


def own_first(names: Iterable[str], params: Row) -> Row:
    """Put a stage's own parameters before what a task has from parents and earlier steps."""
    return {name: params[name] for name in (*names, *params) if name in params}


class DrawnSamples:
    """The values that a task will be given, read back from the journal; remembers the slices looked
    at last.
    """

    def __init__(self, state: CampaignState, read: Read) -> None:
        self._state = state
        self._read = read
        self._slices: dict[int, list[Row]] = {}
        self._names: dict[int, tuple[str, ...]] = {}

    def params(self, task: TaskId) -> Row:
        """Return a task's parameters as far as they are known: its sample's, over its parent's
        row.
        """
        try:
            stage = self._state.stages[task.depth]
            batch = stage.batches[task.batch]
            parent, position = divmod(task.sample, batch.size)
        except (IndexError, ZeroDivisionError):
            return {}
        own = self._sample(batch.slices.get(position - position % SLICE), position % SLICE)
        return own_first(
            own, {**(self._parent_row(task.depth, parent) if task.depth else {}), **own}
        )

    def names(self, depth: int) -> tuple[str, ...]:
        """Name the parameters that a stage's own sampler gives, as its first sample has them;
        nothing if that is not known.
        """
        if depth not in self._names:
            batches = self._state.stages[depth].batches[:1]
            own = self._sample(batches[0].slices.get(0), 0) if batches else {}
            if not own:
                return ()
            self._names[depth] = tuple(own)
        return self._names[depth]

    def _sample(self, offset: int | None, position: int) -> Row:
        if offset is None:
            return {}
        samples = self._slices.get(offset)
        if samples is None:
            record = self._read(offset)
            samples = read_samples(record) if record is not None else []
            while len(self._slices) >= 8:
                self._slices.pop(next(iter(self._slices)))
            self._slices[offset] = samples
        return samples[position] if position < len(samples) else {}

    def _parent_row(self, depth: int, index: int) -> Row:
        try:
            batch, sample = self._state.stages[depth].parent(index)
            offset = self._state.stages[depth - 1].batches[batch].steps[-1].offsets[sample]
        except IndexError:
            return {}
        record = self._read(offset) if offset >= 0 else None
        return shown(record["row"]) if record is not None else {}
