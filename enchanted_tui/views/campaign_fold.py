"""What viewers fold a journal into: the state, and beside it what only people want to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from enchanted_tui.record.folding import Survey, new_state
from enchanted_tui.record.records import Record
from enchanted_tui.record.stage_state import BatchState
from enchanted_tui.views.pace import Pace
from enchanted_tui.views.task_index import TaskIndex

_CHANGES_MANY = frozenset(("parents", "retry", "open"))


@dataclass(frozen=True)
class BatchSummary:
    """How far one batch is. Times in seconds since the epoch; samples are counted combined with
    their parents.
    """

    depth: int
    batch: int
    count: int  #: samples
    done: int  #: samples that have a row
    failed: int  #: of these
    step_done: tuple[int, ...]  #: finished tasks by step
    started: float
    finished: float | None
    seconds: float  #: from its first sample drawn to its end, or to now
    oldest_running: str = ""  #: name of the task that has run longest
    oldest_since: float | None = None


class CampaignFold:
    """The state of a campaign with an index of its tasks, the pace of its results and a summary of
    each batch.
    """

    def __init__(self, found: Survey | None = None) -> None:
        """`found` is what is known of the whole journal, where lines of it are damaged."""
        self.state = new_state(found)
        self.index = TaskIndex()
        self.pace = Pace()
        self.generation = (
            0  #: rises when finished tasks are forgotten, so that what was made of them is void
        )
        self.readable = (
            True  #: False if the journal does not begin with what says which campaign it is
        )
        self._summaries: dict[tuple[int, int], BatchSummary] = {}
        self._open_batches: set[tuple[int, int]] = set()
        self._known: dict[int, int] = {}  #: batches by stage
        self._finished: list[float] = []

    def take(self, offset: int, record: Record) -> None:
        """Take the next record."""
        state = self.state
        if record["type"] == "task":
            before, replaced = state.tasks_recorded, state.replaced
            state.apply(record, offset)
            if state.replaced != replaced:
                self.index.drop(record["task"])
                self.generation += 1
            if state.tasks_recorded != before:
                self._finished.append(self.index.add(record))
            return
        kind = record["type"]
        if not state.sessions and kind != "open":
            self.readable = False
        if not self.readable:
            return
        state.apply(record, offset)
        self._finished += [self.index.add(placed) for placed, _ in state.take_placed()]
        for stage in state.stages:  # several at once where the records of those before are damaged
            if len(stage.batches) > self._known.get(stage.depth, 0):
                self._open_batches.update(
                    (stage.depth, number)
                    for number in range(self._known.get(stage.depth, 0), len(stage.batches))
                )
                self._known[stage.depth] = len(stage.batches)
        if kind in _CHANGES_MANY:
            changed = state.stages
            if record["type"] == "parents":
                changed = [state.stages[record["depth"]]]
            self._open_batches.update(
                (stage.depth, batch.index) for stage in changed for batch in stage.batches
            )
        if record["type"] == "retry":
            if "memory" in record:  # these alone, as soon as they have failed
                for task in record["tasks"]:
                    self.index.drop(task)
            else:
                self.index.drop_forgotten(state)
            self.generation += 1

    def settle(self) -> None:
        """Do what is cheaper for many records at once; called after some have been taken."""
        self.pace.add(self._finished)
        self._finished = []

    def batches(
        self, now: float, oldest: Mapping[tuple[int, int], tuple[str, float]]
    ) -> tuple[BatchSummary, ...]:
        """Summarise all batches, in order; `oldest` gives, by (depth, batch), the task that has run
        longest and since when.
        """
        for key in list(self._open_batches):
            depth, number = key
            batch = self.state.stages[depth].batches[number]
            name, since = oldest.get(key, ("", None))
            self._summaries[key] = _summary(depth, batch, now, name, since)
            if batch.finished_at is not None:
                self._open_batches.discard(key)
        return tuple(self._summaries[key] for key in self._keys())

    def _keys(self) -> Iterable[tuple[int, int]]:
        return (
            (stage.depth, batch.index)
            for stage in self.state.stages
            for batch in stage.batches
            if (stage.depth, batch.index) in self._summaries
        )


def _summary(
    depth: int, batch: BatchState, now: float, oldest: str, since: float | None
) -> BatchSummary:
    last = batch.steps[-1]
    end = batch.finished_at if batch.finished_at is not None else now
    return BatchSummary(
        depth=depth,
        batch=batch.index,
        count=batch.count,
        done=last.done,
        failed=last.failed,
        step_done=tuple(step.done for step in batch.steps),
        started=batch.time,
        finished=batch.finished_at,
        seconds=max(0.0, end - batch.time),
        oldest_running=oldest,
        oldest_since=since,
    )
