"""The state of one stage: its batches, and of each task an offset into the journal and one byte."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from enchanted_tui.executors.task_end import FAILURE_KINDS
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.batch_sizes import as_runs
from enchanted_tui.record.learned import Learned
from enchanted_tui.record.records import BatchCompleteRecord, Drawn, StageCompleteRecord

#: What a task's byte says: not run, ok, or failed, where `FAILED` + i is the i-th failure kind.
NOT_RUN, OK, FAILED = 0, 1, 2
UNKNOWN_KIND = FAILED + len(FAILURE_KINDS)  #: a failure of a kind that only a later version knows


class StepState(Struct):
    """The tasks of one batch at one step, by sample."""

    #: where the task's record is, or -1
    offsets: array[int] = field(default_factory=lambda: array("q"))
    outcomes: bytearray = field(default_factory=bytearray)  #: NOT_RUN, OK, or FAILED and more
    succeeded: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    def resize(self, count: int) -> None:
        """Have room for `count` samples; results beyond them have been cleared before."""
        missing = count - len(self.offsets)
        if missing > 0:
            self.offsets.extend(array("q", [-1]) * missing)
            self.outcomes.extend(bytes(missing))
        else:
            del self.offsets[count:], self.outcomes[count:]

    def put(self, sample: int, outcome: int, offset: int) -> None:
        self.outcomes[sample] = outcome
        self.offsets[sample] = offset
        if outcome == OK:
            self.succeeded += 1
        else:
            self.failed += 1

    def clear(self, sample: int) -> int:
        """Forget a task's result and give what it was."""
        outcome = self.outcomes[sample]
        if outcome == NOT_RUN:
            return outcome
        self.outcomes[sample] = NOT_RUN
        self.offsets[sample] = -1
        if outcome == OK:
            self.succeeded -= 1
        else:
            self.failed -= 1
        return outcome


class BatchState(Struct):
    """One batch of a stage: `size` samples were drawn, and each is run for every parent."""

    index: int
    first: int  #: position of its first sample in the stage
    size: int
    time: float  #: when its first sample was drawn, seconds since the epoch
    parents: int = 1
    #: first sample of a recorded slice -> offset of its record
    slices: dict[int, int] = field(default_factory=dict)
    steps: list[StepState] = field(default_factory=list)
    finished_at: float | None = None
    added: str = ""  #: the request by which somebody has added it by hand
    added_before: int = 0  #: number of such batches before it in its stage
    samples_added_before: int = 0  #: that these have

    @property
    def sampler_index(self) -> int:
        """Its number among the batches that the sampler draws."""
        return self.index - self.added_before

    @property
    def sampler_first(self) -> int:
        """Position of its first sample among those that the sampler draws."""
        return self.first - self.samples_added_before

    @property
    def count(self) -> int:
        """Number of samples of the expanded batch."""
        return self.size * self.parents

    @property
    def done(self) -> bool:
        """True if every sample has a row."""
        return self.steps[-1].done == self.count

    def complete_record(self, depth: int) -> BatchCompleteRecord:
        """Return the record that says that every sample has a row."""
        record = BatchCompleteRecord(
            type="batch_complete", depth=depth, batch=self.index, first=self.first, size=self.size
        )
        if self.added:
            record["added"] = self.added
        return record

    def next_step(self, sample: int, first: int) -> int | None:
        """Return the first step from `first` on that a sample has no result of; None if it has them
        all.
        """
        for step in range(first, len(self.steps)):
            if self.steps[step].outcomes[sample] == NOT_RUN:
                return step
        return None

    def combine(self, parents: int) -> None:
        """Combine its samples with `parents` parents."""
        self.parents = parents
        for step in self.steps:
            step.resize(self.count)


class StageState(Struct):
    """One stage: its target, its batches and the parents they are combined with.

    Batches that somebody has added by hand are among them, and in all numbers; those in whose name
    is `sampler` are of what the sampler draws alone.
    """

    depth: int
    n_steps: int
    sampler_target: int = 0
    batches: list[BatchState] = field(default_factory=list)
    #: ranges (batch, first sample, end) of the previous stage's rows, in the order in which they
    #: became parents
    parents: list[tuple[int, int, int]] = field(default_factory=list)
    n_parents: int = 1
    completed_rows: int | None = (
        #: rows it had when it was complete, unless something has been added to it or given up since
        None
    )
    once_complete: bool = False  #: whether it has been, whatever has been added to it since
    started_at: float | None = None
    drawn: int = 0  #: number of samples drawn, before they are combined with parents
    added: int = 0  #: how many of them somebody has added by hand
    n_rows: int = 0  #: number of samples, combined with parents, that have a row
    learned: Learned = field(default_factory=Learned)

    def begin_batch(self, first: int, size: int, time: float, request: str) -> BatchState:
        """Begin the next batch, of `size` samples from position `first` on; `request` is the one by
        which somebody has added it by hand.
        """
        batch = BatchState(len(self.batches), first, size, time, added=request)
        if self.batches:
            batch.added_before = self.batches[-1].added_before + bool(self.batches[-1].added)
        batch.samples_added_before = self.added
        batch.steps = [StepState() for _ in range(self.n_steps)]
        batch.combine(self.n_parents)
        self.batches.append(batch)
        self.drawn += size
        if request:
            self.added += size
            self.completed_rows = None
        if self.started_at is None:
            self.started_at = time
        return batch

    def raise_target(self, target: int) -> None:
        """Take how many samples the sampler draws in all. That never falls: a lower number is that
        of an earlier session, out of order.
        """
        if target > self.sampler_target:
            self.sampler_target, self.completed_rows = target, None

    def append_parents(self, ranges: Iterable[Sequence[int]]) -> None:
        """Take parents at the end of the list."""
        for batch, start, stop in ranges:
            self.n_parents += stop - start
            if self.parents and self.parents[-1][::2] == (batch, start):
                start = self.parents.pop()[1]
            self.parents.append((batch, start, stop))

    def failed_tasks(self, *, first: bool = True) -> Iterator[TaskId]:
        """Return the first failed step of every sample that has one, or all of its failed steps."""
        for batch in self.batches:
            for sample in range(batch.count):
                for step, tasks in enumerate(batch.steps):
                    if tasks.outcomes[sample] >= FAILED:
                        yield TaskId(self.depth, batch.index, sample, step)
                        if first:
                            break

    def totals(self) -> tuple[int, int]:
        """Return the numbers of tasks that succeeded and failed."""
        steps = [step for batch in self.batches for step in batch.steps]
        return sum(step.succeeded for step in steps), sum(step.failed for step in steps)

    @property
    def target(self) -> int:
        """Number of samples to draw, before they are combined with parents."""
        return self.sampler_target + self.added

    @property
    def sampler_drawn(self) -> int:
        """Number of samples that the sampler has drawn."""
        return self.drawn - self.added

    def has_added(self, request: str) -> BatchState | None:
        """Return the batch that was added by a request, if it has been."""
        return next((batch for batch in self.batches if batch.added == request), None)

    @property
    def complete(self) -> bool:
        """True if it was complete and has all its rows."""
        return self.completed_rows is not None and self.completed_rows == self.n_rows == self.count

    @property
    def count(self) -> int:
        """Number of samples of all batches drawn so far, combined with parents."""
        return self.drawn * self.n_parents

    @property
    def expected(self) -> int:
        """Number of rows the stage will have when its target is reached."""
        return self.target * self.n_parents

    def layout(self) -> Drawn:
        """Return sizes of all batches and the list of parents, as records of a later time hold
        them.
        """
        drawn = Drawn(sizes=as_runs(batch.size for batch in self.batches))
        if self.depth:
            drawn["parents"] = [list(item) for item in self.parents]
        if self.added:
            drawn["added"] = [
                [batch.index, batch.size, batch.added] for batch in self.batches if batch.added
            ]
        return drawn

    def complete_record(self) -> StageCompleteRecord:
        """Return the record that says that every sample has a row."""
        drawn = self.layout()
        record = StageCompleteRecord(
            type="stage_complete", depth=self.depth, rows=self.n_rows, sizes=drawn["sizes"]
        )
        if "parents" in drawn:
            record["parents"] = drawn["parents"]
        if "added" in drawn:
            record["added"] = drawn["added"]
        return record

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Return (batch, sample, outcome, offset) of every finished sample, in (batch, sample)
        order.
        """
        for batch in self.batches:
            last = batch.steps[-1]
            for sample, offset in enumerate(last.offsets):
                if offset >= 0:
                    yield batch.index, sample, last.outcomes[sample], offset

    def parent(self, index: int) -> tuple[int, int]:
        """Return (batch, sample), in the previous stage, of parent `index`."""
        for batch, start, stop in self.parents:
            if index < stop - start:
                return batch, start + index
            index -= stop - start
        raise IndexError("no such parent")
