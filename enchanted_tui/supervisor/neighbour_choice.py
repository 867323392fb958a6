"""From which finished sample each task of a stage starts: the nearest that is a success on record
and whose run directory is there.

What is chosen is on record before the task runs, and holds in every later session.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from enchanted_tui.config.stage_options import StartFrom
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.packing.door import TaskDirectories
from enchanted_tui.record.chosen_neighbours import Neighbour
from enchanted_tui.record.records import NeighboursRecord, Record
from enchanted_tui.record.samples import SLICE, LostSamplesError
from enchanted_tui.record.stage_state import NOT_RUN, OK, BatchState, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.space import Array, FinishedSamples, Space, Unbegun
from enchanted_tui.task_paths import TaskPaths
from enchanted_tui.values import Row

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ContinuationPlan:
    """How the samples of a stage start from others."""

    start_from: StartFrom
    by_distance: bool  #: the sample nearest to a finished one begins next
    space: Space

    def choice(
        self,
        state: CampaignState,
        stage: StageState,
        paths: TaskPaths,
        record: Callable[[Record], int],
        params_of: Callable[[BatchState, int], Row],
    ) -> NeighbourChoice:
        """Return what chooses for the stage."""
        return NeighbourChoice(self, state, stage, paths, record, params_of)


class NeighbourChoice:
    """Chooses for one stage. `params_of` gives what the first step of a sample is handed."""

    def __init__(
        self,
        plan: ContinuationPlan,
        state: CampaignState,
        stage: StageState,
        paths: TaskPaths,
        record: Callable[[Record], int],
        params_of: Callable[[BatchState, int], Row],
    ) -> None:
        self.plan, self._stage, self._chosen = plan, stage, state.neighbours.chosen
        self._record, self._params_of = record, params_of
        self._directories = TaskDirectories(*paths)
        within = plan.start_from.within
        self._within = numpy.inf if within is None else within
        self._places: dict[int, Array] = {}  #: by batch, shape (parameters, samples)
        self._looked_up: set[tuple[int, int]] = set()  #: (batch, first sample) of slices
        self._finished: list[FinishedSamples] | None = None  #: by step
        self._unbegun: Unbegun | None = None
        self._told = False

    # -- what has finished -------------------------------------------------------------------------

    def finished(self, task: TaskId) -> None:
        """Take a success that is on record now."""
        if self._finished is not None:  # else it will be found on record
            self._put(self._stage.batches[task.batch], task.sample, task.step)

    def _loaded(self) -> list[FinishedSamples]:
        """Return the successes of each step; at first those that are on record."""
        if self._finished is None:
            self._finished = [FinishedSamples(self.plan.space) for _ in range(self._stage.n_steps)]
            there, gone = self._directories.names(), 0
            for batch in self._stage.batches:
                for step, tasks in enumerate(batch.steps):
                    for sample, outcome in enumerate(tasks.outcomes):
                        if outcome != OK:
                            continue
                        task = TaskId(self._stage.depth, batch.index, sample, step)
                        if task.name in there:
                            self._put(batch, sample, step)
                        else:
                            gone += 1
            if gone:
                log.warning(
                    f"{gone} run directories of finished samples are gone: no sample starts from"
                    " these"
                )
        return self._finished

    def _put(self, batch: BatchState, sample: int, step: int) -> None:
        assert self._finished is not None
        if not _has_succeeded(batch, sample, step):
            return
        place = self._place(batch, sample)
        if place is not None:
            self._finished[step].put((batch.index, sample), place)
            if self._unbegun is not None and step == 0:
                self._unbegun.finished(place)

    # -- where samples lie -------------------------------------------------------------------------

    def _place(self, batch: BatchState, sample: int) -> Array | None:
        """Return the coordinates of a sample; None if it has none. A slice is looked up at once."""
        places = self._places.get(batch.index)
        if places is None:
            shape = (len(self.plan.space.names), batch.count)
            places = self._places[batch.index] = numpy.zeros(shape)
        start = sample - sample % SLICE
        if (batch.index, start) not in self._looked_up:
            self._looked_up.add((batch.index, start))
            for other in range(start, min(start + SLICE, batch.count)):
                places[:, other] = self._coordinates(batch, other)
        found: Array = places[:, sample]
        return None if numpy.isnan(found).any() else found

    def _coordinates(self, batch: BatchState, sample: int) -> Any:
        try:
            found = self.plan.space.place(self._params_of(batch, sample))
        except LostSamplesError:
            found = None
        return numpy.nan if found is None else found

    @property
    def handed_out(self) -> int:
        """Number of tasks without a result that have been handed out, in earlier sessions too."""
        return len(self._chosen)

    # -- choosing ----------------------------------------------------------------------------------

    def choose(self, tasks: Sequence[TaskId]) -> dict[TaskId, str]:
        """Return the neighbour of each task by its name, empty where it starts cold; on record
        before it is returned.
        """
        found: dict[TaskId, str] = {}
        fresh: list[list[int]] = []
        for task in tasks:
            if self._holds(task):
                neighbour = self._chosen[task]
            else:
                neighbour = self._nearest(task)
                fresh.append([task.batch, task.sample, task.step, *(neighbour or ())])
            found[task] = "" if neighbour is None else self._task(neighbour, task.step).name
        if fresh:
            self._record(NeighboursRecord(type="neighbours", depth=self._stage.depth, chosen=fresh))
        return found

    def _task(self, neighbour: Neighbour, step: int) -> TaskId:
        return TaskId(self._stage.depth, neighbour.batch, neighbour.sample, step)

    def _holds(self, task: TaskId) -> bool:
        """Tell whether what was chosen for a task earlier can be kept."""
        if task not in self._chosen:
            return False
        neighbour = self._chosen[task]
        if neighbour is None:
            return True
        batches = self._stage.batches
        if (
            neighbour.batch < len(batches)
            and neighbour.sample < batches[neighbour.batch].count
            and _has_succeeded(batches[neighbour.batch], neighbour.sample, task.step)
            and self._is_there(self._task(neighbour, task.step))
        ):
            return True
        log.warning(
            f"{task.name} was to start from {self._task(neighbour, task.step).name}, which is gone;"
            " another neighbour is chosen"
        )
        return False

    def _nearest(self, task: TaskId) -> Neighbour | None:
        finished = self._loaded()[task.step]
        place = self._place(self._stage.batches[task.batch], task.sample)
        while place is not None:
            row = finished.nearest(place, self._within)
            if row is None:
                return None
            neighbour = Neighbour(*finished.samples[row])
            if self._is_there(self._task(neighbour, task.step)):
                return neighbour
            finished.remove(row)
        return None

    def _is_there(self, task: TaskId) -> bool:
        """Tell whether a run directory has what others start from."""
        wanted = self.plan.start_from.files
        missing = self._directories.missing(task.name, wanted)
        if missing is not None and not self._told:
            self._told = True
            log.warning(
                f"no sample starts from {task.name}, where {missing or 'the run directory'} is"
                " missing (told once)"
            )
        return missing is None

    # -- the order of drawing ----------------------------------------------------------------------

    def order(self, batch: BatchState) -> Iterator[int] | None:
        """Return the samples of a batch that have no row in the order in which they begin, None if
        that is the one in which they were drawn.
        """
        return self._nearest_first(batch) if self.plan.by_distance else None

    def _nearest_first(self, batch: BatchState) -> Iterator[int]:
        last = batch.steps[-1].outcomes
        left = [sample for sample in range(batch.count) if last[sample] == NOT_RUN]
        begun = [sample for sample in left if self._was_handed_out(batch, sample)]
        yield from begun
        samples = sorted({*left} - {*begun})
        finished = self._loaded()[0]
        for start in range(0, batch.count, SLICE):
            self._place(batch, start)
        self._unbegun = Unbegun(self.plan.space, samples, self._places[batch.index][:, samples])
        self._unbegun.have_finished(finished.places)
        while len(self._unbegun):
            yield self._unbegun.take()
        self._unbegun = None

    def _was_handed_out(self, batch: BatchState, sample: int) -> bool:
        """Tell whether an earlier session has handed out a sample's next task, which may run on."""
        step = batch.next_step(sample, 0)
        return TaskId(self._stage.depth, batch.index, sample, step or 0) in self._chosen


def _has_succeeded(batch: BatchState, sample: int, step: int) -> bool:
    """Tell whether a sample is a success up to a step."""
    return all(tasks.outcomes[sample] == OK for tasks in batch.steps[: step + 1])
