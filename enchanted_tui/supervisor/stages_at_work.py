"""The stages that are worked at: one, or several where samples begin as soon as their parents have
rows.

The first of them is the stage in progress: dataset, progress reports and the older program's state
are those of this one alone. The others run ahead of it, and what they have shows once the stages
before them are complete, in the order in which it would have come then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record.stage_state import BatchState
from enchanted_tui.supervisor.added_points import AddedPoints
from enchanted_tui.supervisor.guard import FailureGuard
from enchanted_tui.supervisor.inbox import Inbox
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.plan import StagePlan, stage_plans
from enchanted_tui.supervisor.projections import Projections
from enchanted_tui.supervisor.recorder import Recorder
from enchanted_tui.supervisor.sampler_thread import Woken
from enchanted_tui.supervisor.session import Session
from enchanted_tui.supervisor.stage import StageRun
from enchanted_tui.supervisor.streaming import groups

log = logging.getLogger(__name__)


class StagesAtWork:
    """Begins stages, and says when they are complete. All methods are the loop's."""

    def __init__(
        self,
        session: Session,
        inbox: Inbox,
        recorder: Recorder,
        executors: OpenExecutors,
        guard: FailureGuard,
        projections: Projections,
        added: AddedPoints,
    ) -> None:
        self._session, self._state, self._journal = session, session.state, session.journal
        self._inbox, self._recorder = inbox, recorder
        self._executors, self._guard = executors, guard
        self._projections, self._added = projections, added
        self._plans = stage_plans(session)
        self.runs: list[StageRun] = []  #: in the order of the stages
        self._to_come: list[StagePlan] = []

    def groups(self) -> Iterator[list[StagePlan]]:
        """Yield the stages that may be at work at once, group after group."""
        for depths in groups(self._session.config, self._state):
            yield [self._plans[depth] for depth in depths]

    def of(self, depth: int) -> StageRun | None:
        """Return the run of a stage, if that is at work."""
        for run in self.runs:
            if run.plan.depth == depth:
                return run
        return None

    @property
    def are_over(self) -> bool:
        """True if every stage of the group is complete."""
        return not self.runs and not self._to_come

    @property
    def sampler_has_failed(self) -> bool:
        """True if everything of the stage in progress that was drawn has a row, and its sampler
        draws no more because it has failed.
        """
        return bool(self.runs) and self.runs[0].sampler_failed and self.runs[0].done

    @property
    def have_learned(self) -> bool:
        """True if the sampler of the stage in progress has learnt something."""
        return bool(self.runs) and bool(self.runs[0].stage.learned.points)

    # -- from stage to stage -----------------------------------------------------------------------

    def begin(self, plans: list[StagePlan]) -> None:
        """Begin the first stage of a group that is not complete."""
        self.runs, self._to_come = [], list(plans)
        self._begin_next()

    def advance(self) -> bool:
        """Go on to what results have made possible: more parents, a stage that is complete, another
        one that begins. Tell whether there is more to hand out.
        """
        for run in self.runs:
            if run.coming is not None:
                run.coming.grow()
        completed = bool(self.runs) and self.runs[0].done
        if completed:
            self._complete()
        return self._begin_next() or completed

    def close(self) -> None:
        """Give back what the stages hold."""
        for run in self.runs:
            run.close()

    def _begin_next(self) -> bool:
        """Begin those stages of the group that have something to begin with."""
        begun = False
        while self._to_come and (not self.runs or self.runs[-1].has_parents_to_give):
            begun |= self._begin(self._to_come.pop(0))
        return begun

    def _begin(self, plan: StagePlan) -> bool:
        """Begin a stage; False if it is complete."""
        self._added.take(plan.depth)
        run = self._stage_run(plan)
        if run.coming is not None:
            run.coming.grow()
        else:
            run.parents.find()
            if run.late_samples.check_all() or self._state.placed:
                self._state.take_placed()
                self._projections.open(changed=True)
            if run.stage.complete:
                return False
            self._warn_of_none(run)
        self.runs.append(run)
        workers = lambda: self._executors.worker_count(plan.depth)  # noqa: E731
        if run.learning is not None:
            run.learning.workers = workers
        self._guard.begin_stage(run, workers)
        self._projections.begin_stage(run)
        return True

    def _stage_run(self, plan: StagePlan) -> StageRun:
        wake = lambda: self._inbox.put(Woken())  # noqa: E731
        before = self.runs[-1] if self.runs else None
        put, publish = self._recorder.put, self._projections.publish
        return StageRun(plan, self._state, self._journal, put, wake, publish, before)

    def _warn_of_none(self, run: StageRun) -> None:
        if run.plan.depth and not run.stage.n_parents:
            log.warning(
                f"stage {run.plan.depth} has nothing to run: the stage before gave no rows to"
                " combine its samples with"
            )

    def _complete(self) -> None:
        """The stage in progress is complete: the next one is in progress now."""
        run = self.runs.pop(0)
        following = self.runs[0] if self.runs else None
        if following is not None and following.coming is not None:
            following.parents.find()
            following.coming.settle()
        self._recorder.put(run.stage.complete_record())
        self._journal.flush()
        self._executors.keep_only(run.plan.depth + 1)
        self._projections.end_stage(run)
        run.close()
        if following is not None:
            self._warn_of_none(following)
            self._projections.begin_stage(following)
            self._catch_up(following)

    def take_points(self) -> None:
        """Take points that somebody adds by hand to a stage at work."""
        for run in self.runs:
            self._added.take(run.plan.depth)
            if run.coming is not None:
                self._projections.kept_files.more_children(run.plan.depth)

    # -- results -----------------------------------------------------------------------------------

    def ended(self, task: TaskId, batch: BatchState, *, failed: bool) -> None:
        """Take note of a result: of a success, from which others may start, of a row, which
        children wait for, of what is complete with it.
        """
        run = self.of(task.depth)
        if run is not None and run.neighbours is not None and not failed:
            run.neighbours.finished(task)
        if len(self.runs) > 1:
            child = self.of(task.depth + 1)
            if child is not None and child.coming is not None and has_row(batch, task.sample):
                child.coming.has_row(task.batch, task.sample)
        if run is None or run is self.runs[0]:
            self._tell_if_complete(task, batch)

    def _tell_if_complete(self, task: TaskId, batch: BatchState) -> None:
        if batch.steps[task.step].done == batch.count:
            self._projections.step_complete(task, batch)
            if batch.done:
                self._recorder.put(batch.complete_record(task.depth))
                self._projections.batch_complete(task, batch)

    def _catch_up(self, run: StageRun) -> None:
        """Tell of the batches that were complete before their stage was in progress."""
        for batch in run.stage.batches:
            for step, tasks in enumerate(batch.steps):
                if batch.count and tasks.done == batch.count:
                    self._projections.step_complete(
                        TaskId(run.plan.depth, batch.index, 0, step), batch
                    )
            if batch.count and batch.done and batch.finished_at is None:
                self._recorder.put(batch.complete_record(run.plan.depth))
                last = len(batch.steps) - 1
                self._projections.batch_complete(
                    TaskId(run.plan.depth, batch.index, 0, last), batch
                )


def has_row(batch: BatchState, sample: int) -> bool:
    """Tell whether a sample has been through all steps."""
    return batch.steps[-1].offsets[sample] >= 0
