"""What a stage has to run next: its samples, drawn or read back, and the steps that have no result
yet.

The same code serves a fresh start and a resume: it looks at the state and goes on from there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.records import LearnedRecord, Record
from enchanted_tui.record.samples import SLICE, clean_sample
from enchanted_tui.record.stage_state import FAILED, NOT_RUN, BatchState, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.coming_parents import ComingParents
from enchanted_tui.supervisor.late_samples import LateSamples
from enchanted_tui.supervisor.parents import Parents
from enchanted_tui.supervisor.plan import StagePlan
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.replayed_sampler import ReplayedSampler
from enchanted_tui.supervisor.sampler_failure import SamplerFailure, blamed_on
from enchanted_tui.supervisor.sampler_thread import SamplerThread
from enchanted_tui.supervisor.stage_samples import StageSamples
from enchanted_tui.supervisor.streamed_tasks import StreamedTasks
from enchanted_tui.values import Row

if TYPE_CHECKING:
    from enchanted_tui.supervisor.learning_stage import Learning
    from enchanted_tui.supervisor.neighbour_choice import NeighbourChoice

log = logging.getLogger(__name__)


class TaskInputs(NamedTuple):
    """What a task is handed, and the inherited columns that its row hides: if it fails, and in any
    case.
    """

    params: Row
    hide: list[str]
    hide_always: list[str]


class StageRun:
    """Walks through a stage: what is unfinished in recorded batches first, then new batches until
    the target is reached.
    """

    def __init__(
        self,
        plan: StagePlan,
        state: CampaignState,
        journal: Journal,
        record: Callable[[Record], int],
        wake: Callable[[], None],
        publish: Callable[[], None],
        before: StageRun | None = None,
    ) -> None:
        """`before`: the stage before, if that is still at work: its rows become parents one by
        one.
        """
        self.plan = plan
        self._publish = publish  #: brings the dataset up to what has been recorded
        self.state = state
        self.stage: StageState = state.stages[plan.depth]
        self._journal = journal
        self._record = record
        self.parents = Parents(plan, state, journal, record)
        self.late_samples = LateSamples(plan, state, journal, record, self._first_params)
        self._samples = StageSamples(plan, journal, record, self.late_samples.recovered)
        self._learned_batches = 0
        self._replayed = ReplayedSampler(plan.sampler, self.stage)
        self._thread = SamplerThread(wake)
        self.learning: Learning | None = self._make_learning() if plan.learning else None
        self.neighbours: NeighbourChoice | None = None
        if plan.continuation is not None:
            self.neighbours = plan.continuation.choice(
                state, self.stage, plan.paths, record, self._first_params
            )
        self._walk = self._tasks()
        self._added_walk = self._added_tasks()
        self._exhausted = False  #: every task of what the sampler draws has been given out
        self.sampler_failed = False
        self.coming: ComingParents | None = None
        self._streamed: StreamedTasks | None = None
        if before is not None:
            skip = plan.skip_failed_parents
            self.coming = ComingParents(before, self.stage, record, skip_failed=skip)
            self._streamed = StreamedTasks(
                self.stage, self.coming, self._unfinished, self._draw_by_position
            )

    def next(self) -> Ready | None:
        """Return a task that can run, or None if there is none now (results have to arrive first,
        or there are no more).

        Raises SamplerFailure, once; there are no more tasks then.
        """
        try:
            return self._next() if self._streamed is None else self._streamed.next()
        except SamplerFailure:
            self._exhausted = self.sampler_failed = True
            raise

    def _next(self) -> Ready | None:
        added = next(self._added_walk)
        if added is not None or self._exhausted:
            return added
        for ready in self._walk:
            return ready
        self._exhausted = True
        return None

    def close(self) -> None:
        """Give back what the stage holds; nothing is drawn any more."""
        if self.learning is not None:
            self.learning.close()

    @property
    def done(self) -> bool:
        """True if the target is reached and every sample has a row."""
        exhausted = self._exhausted if self._streamed is None else self._streamed.exhausted
        return exhausted and self.parents_are_known and self.stage.n_rows == self.stage.count

    @property
    def has_drawn_all(self) -> bool:
        """True if the sampler has drawn everything that it will draw."""
        exhausted = self._exhausted and not self.sampler_failed
        return exhausted or self.stage.drawn >= self.stage.target

    @property
    def has_parents_to_give(self) -> bool:
        """True if the samples of a next stage have something to be combined with."""
        if not self.plan.skip_failed_parents:
            return bool(self.stage.n_rows)
        return any(batch.steps[-1].succeeded for batch in self.stage.batches)

    @property
    def parents_are_known(self) -> bool:
        """True if all its parents have their places."""
        return self.coming is None or self.coming.are_known

    @property
    def expected(self) -> int:
        """Number of rows that the stage will have, as far as is known while it still gets
        parents.
        """
        before = self.state.stages[self.plan.depth - 1] if self.coming is not None else None
        if before is None or self.parents_are_known:
            return self.stage.expected
        return self.stage.target * max(self.stage.n_parents, before.expected)

    # -- the walk ----------------------------------------------------------------------------------

    def _added_tasks(self) -> Iterator[Ready | None]:
        """Return the tasks of points that somebody adds, as they come; None while there are
        none.
        """
        number = 0
        while True:
            while number < len(self.stage.batches):
                if self.stage.batches[number].added:
                    yield from self._in_order(self.stage.batches[number])
                number += 1
            yield None

    def _tasks(self) -> Iterator[Ready | None]:
        number = 0
        while True:
            while number < len(self.stage.batches):
                if not self.stage.batches[number].added:
                    yield from self._in_order(self.stage.batches[number])
                number += 1
            if self.stage.n_parents == 0:
                return
            if self.learning is not None:
                drawn = yield from self._draw_learning(self.learning)
            elif self.plan.adaptive and not self.plan.pure:
                drawn = yield from self._draw_adaptive()
            elif self.stage.drawn >= self.stage.target:
                return
            elif self.plan.pure:
                drawn = self._draw_by_position()
            else:
                left = self.stage.target - self.stage.drawn
                drawn = self._record_batch(self._replayed.next_samples(left))
            if not drawn:
                return

    def _in_order(self, batch: BatchState) -> Iterator[Ready]:
        """Return the tasks of a batch that can run, in the order in which its samples begin."""
        if batch.done:
            return
        by_distance = None if batch.added else self.neighbours
        follow = by_distance is not None and by_distance.order(batch)
        yield from self._unfinished(batch, follow or range(batch.count))

    def _unfinished(self, batch: BatchState, samples: Iterable[int]) -> Iterator[Ready]:
        depth, number = self.plan.depth, batch.index
        first, last = batch.steps[0], batch.steps[-1]
        for sample in samples:
            if last.outcomes[sample] != NOT_RUN:
                continue
            fresh = first.outcomes[sample] == NOT_RUN
            step = 0 if fresh else batch.next_step(sample, 1)
            if step is not None:
                yield Ready(TaskId(depth, number, sample, step), None)

    def inputs(self, ready: Ready) -> TaskInputs:
        """Return what a task is handed."""
        task = ready.id
        if not (task.step or task.depth):  # nothing is inherited
            return TaskInputs(self._sample(self.stage.batches[task.batch], task.sample), [], [])
        params, lost = self._params(ready)
        hidden = [name for name in self.plan.own_outputs[task.step] if name in params]
        return TaskInputs(params, hidden, lost)

    def _params(self, ready: Ready) -> tuple[Row, list[str]]:
        """Return a task's parameters, and which of them the row of the step before does not show
        because a step failed.
        """
        task = ready.id
        batch = self.stage.batches[task.batch]
        if not task.step:
            return self._first_params(batch, task.sample), []
        row = ready.row
        if row is None:
            row = self._journal.read_row(batch.steps[task.step - 1].offsets[task.sample])
        params = dict(row)
        params["run_dir"] = self.plan.paths.moved(params["run_dir"])
        if all(step.outcomes[task.sample] < FAILED for step in batch.steps[: task.step]):
            return params, []
        before, lost = self._params(Ready(task._replace(step=task.step - 1), None))
        inherited = [
            name
            for name in dict.fromkeys((*lost, *self.plan.own_outputs[task.step - 1]))
            if name in before.keys() - params.keys()
        ]
        return {**params, **{name: before[name] for name in inherited}}, inherited

    def _first_params(self, batch: BatchState, sample: int) -> Row:
        if not self.plan.depth:
            return self._sample(batch, sample)
        parent, position = divmod(sample, batch.size)
        return {**self.parents.row(parent), **self._sample(batch, position)}

    def reason_to_skip(self, task: TaskId) -> str | None:
        """Say why a task is recorded as skipped and not run; None if it is run."""
        if not task.step or not self.plan.skip_after_failed_step:
            return None
        before = self.stage.batches[task.batch].steps[task.step - 1]
        if before.outcomes[task.sample] < FAILED:
            return None
        record = self._journal.read(before.offsets[task.sample])
        return f"step {task.step - 1} failed: {record['message']}"

    # -- samples -----------------------------------------------------------------------------------

    def _sample(self, batch: BatchState, position: int) -> Row:
        return self._samples.at(batch, position)

    def _draw_by_position(self) -> bool:
        first = self.stage.drawn
        left = self.stage.target - first
        number = len(self.stage.batches)
        size = min(
            self._recorded_size(number) or getattr(self.plan.sampler, "batch_size", None) or left,
            left,
        )
        samples = self._samples.points(*self._next_place(), size, 0, min(SLICE, size))
        self._samples.record(number, first, size, 0, samples)
        self._samples.keep(number, 0, samples)
        self.late_samples.check(self.stage.batches[number])
        return True

    def _next_place(self) -> tuple[int, int]:
        """Return number and first position that the next batch has to the sampler."""
        batches = self.stage.batches
        number = batches[-1].sampler_index + (not batches[-1].added) if batches else 0
        return number, self.stage.sampler_drawn

    def _recorded_size(self, number: int) -> int | None:
        """Return the size that a batch had when it was drawn before; None if it was not, or if
        nothing says it.
        """
        depth = self.plan.depth
        if self.state.waiting_results.last_batch(depth) < number:
            return None
        ran = self.state.waiting_results.samples(depth, number)
        return self.state.sizes.size(depth, number, self.stage.drawn, self.stage.n_parents, ran)

    def _record_batch(self, drawn: list[Row], known: int | None = None) -> bool:
        """Record a batch; False if the sampler had nothing more to give."""
        first, number = self.stage.drawn, len(self.stage.batches)
        if not drawn:
            log.warning(
                f"{type(self.plan.sampler).__name__} has nothing more to give:"
                f" {self.stage.sampler_drawn} of {self.stage.sampler_target} samples were drawn"
            )
        drawn = self.late_samples.as_run(number, drawn)
        for start in range(0, len(drawn), SLICE):
            self._samples.record(
                number, first, len(drawn), start, drawn[start : start + SLICE], known
            )
        if drawn:
            self.late_samples.check(self.stage.batches[number])
        return bool(drawn)

    # -- samplers that learn -----------------------------------------------------------------------

    def _draw_adaptive(self) -> Generator[None, None, bool]:
        """Return an adaptive sampler the rows it has not seen, when all have arrived, and draw the
        next batch if there is to be one.

        The dataset holds these rows by then: samplers of the older program may read them there.
        """
        while self.stage.n_rows < self.stage.count:
            yield None
        batches = self.stage.batches[self._learned_batches :]
        rows = [
            self._journal.read_row(offset)
            for batch in batches
            for offset in batch.steps[-1].offsets
            if offset >= 0
        ]
        self._learned_batches = len(self.stage.batches)
        if rows:
            self._publish()
        # points that are added by hand meanwhile change both
        left = self.stage.target - self.stage.drawn
        drawn: list[Row] = yield from self._thread.run(lambda: self._learn_and_draw(rows, left))
        return self.stage.drawn < self.stage.target and self._record_batch(drawn)

    def _learn_and_draw(self, rows: list[Row], left: int) -> list[Row]:
        """Tell the sampler, and draw what is `left` to draw; runs in the thread."""
        if rows:
            import pandas

            with blamed_on(self.plan.sampler):
                self._replayed.catch_up()
                self.plan.sampler.register_future(pandas.DataFrame(rows))
        return self._replayed.next_samples(left) if left > 0 else []

    def _make_learning(self) -> Learning:
        from enchanted_tui.samplers.asked_sampler import AskedSampler
        from enchanted_tui.supervisor.learning_stage import Learning

        return Learning(
            cast(AskedSampler, self.plan.sampler),
            self.state,
            self.stage,
            self._journal,
            self.plan.paths,
            self._thread,
        )

    def _draw_learning(self, learning: Learning) -> Generator[None, None, bool]:
        with blamed_on(self.plan.sampler):
            draw = yield from learning.next_batch(self._sample)
        if draw is None:
            return False
        if draw.learned is not None:
            head = {"type": "learned", "depth": self.plan.depth}
            self._record(cast(LearnedRecord, {**head, **draw.learned}))
        if self.stage.drawn >= self.stage.target:
            return True
        return self._record_batch(
            [clean_sample(sample) for sample in draw.samples], known=draw.known
        )
