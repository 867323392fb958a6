"""A stage whose sampler learns: tell it what has finished, ask it when there is room, and put on
record what it learnt.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator

from enchanted_tui.record.journal import Journal
from enchanted_tui.record.samples import LostSamplesError
from enchanted_tui.record.stage_state import NOT_RUN, BatchState, StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.samplers.asked_sampler import AskedSampler, RecallingSampler
from enchanted_tui.samplers.gest.transcript import PastDraw
from enchanted_tui.samplers.learning.fitting_process import LearningProcess
from enchanted_tui.samplers.learning_sampler import Draw, Pending
from enchanted_tui.supervisor.sampler_thread import SamplerThread
from enchanted_tui.task_paths import TaskPaths
from enchanted_tui.values import Row

log = logging.getLogger(__name__)

_WORTH_HIDING = (
    0.01  #: share of a task's run time that fitting may take before samples are drawn ahead
)

#: positions that samples added by hand have to the sampler, which has not drawn them, begin here
_ADDED = -(1 << 40)

SampleOf = Callable[[BatchState, int], Row]


class Learning:
    """Asks a sampler that learns. The models are fitted in a process of their own, which `close`
    ends.
    """

    def __init__(
        self,
        sampler: AskedSampler,
        state: CampaignState,
        stage: StageState,
        journal: Journal,
        paths: TaskPaths,
        thread: SamplerThread,
    ) -> None:
        self._sampler = sampler
        self._state = state
        self._stage = stage
        self._journal = journal
        self._paths = paths
        self._thread = thread
        self._process = LearningProcess(sampler.method)
        #: batch and place of samples that the sampler has not been told of
        self._open: list[tuple[int, int]] = []
        self._batches = 0
        self._begun = False
        self._learnt_all = False
        #: rows that there were when it gave fewer samples than were wanted: it waits for another
        self._short_at: int | None = None
        self._took: deque[float] = deque(maxlen=5)  #: seconds of the last answers of the model
        self.workers: Callable[[], int] = lambda: 1

    def close(self) -> None:
        self._process.close()

    def next_batch(self, sample_of: SampleOf) -> Generator[None, None, Draw | None]:
        """Wait until the sampler should be asked, and ask; None when all is drawn and everything is
        learnt.
        """
        while True:
            draw = yield from self._asked(sample_of)
            # without samples, it waits for what runs
            if draw is None or draw.samples or self._learnt_all or not self._open:
                return draw

    def _asked(self, sample_of: SampleOf) -> Generator[None, None, Draw | None]:
        """Ask, when the time has come."""
        while (count := self._wanted()) is None:
            yield None
        if count == 0 and (self._learnt_all or not self._stage.drawn):
            return None
        first, known = self._stage.sampler_drawn, self._stage.n_rows
        told = self._finished(sample_of)
        pending = [
            Pending(position, sample) for position, sample in self._samples(self._open, sample_of)
        ]
        self._recall()
        started = time.monotonic()
        draw: Draw = yield from self._thread.run(lambda: self._answer(told, first, count, pending))
        took = time.monotonic() - started
        if self._stage.sampler_drawn:
            self._took.append(took)
        else:
            self._process.prepare()  # while the first samples run
        if draw.learned is not None:
            draw.learned["seconds"] = took
            best = draw.learned.get("best_position")
            draw.learned["best_position"] = None if best is None else self._place_of(best)
            if getattr(self._sampler, "verbose", False):
                log.info(f"learnt from {draw.learned['observations']} observations: {draw.learned}")
        self._learnt_all = count == 0
        self._short_at = known if len(draw.samples) < count else None
        return draw

    def _wanted(self) -> int | None:
        """Say how many samples to draw now: None to wait, 0 to learn from the last results."""
        stage = self._stage
        running = stage.count - stage.n_rows
        left = stage.target - stage.drawn
        if left <= 0:
            return None if running else 0
        if running and stage.n_rows == self._short_at:
            return None
        drawn = stage.sampler_drawn
        if not self._sampler.asynchronous or drawn < self._sampler.first_batch():
            return None if running else self._sampler.next_count(drawn, stage.sampler_target)
        room = self.workers() + self._ahead() - running
        return min(left, math.ceil(room / stage.n_parents)) if room > 0 else None

    def _ahead(self) -> int:
        """How many tasks wait beside those that run: as many as end while the next sample is
        chosen, unless that is hardly any time.

        Never more than there are workers: what is drawn ahead is drawn knowing less.
        """
        if self._sampler.ahead is not None:
            return self._sampler.ahead * self._stage.n_parents
        if not self._took:
            return self._stage.n_parents  # nobody knows yet how long it takes
        from statistics import median

        took = median(self._took)
        runtime = self._state.cost.seconds / max(1, self._state.tasks_recorded)
        if took < _WORTH_HIDING * runtime:
            return 0
        workers = self.workers()
        return workers if took > runtime else math.ceil(workers * took / runtime)

    def _answer(
        self, told: list[tuple[int, Row, list[Row]]], first: int, count: int, pending: list[Pending]
    ) -> Draw:
        """Tell and ask the sampler; runs in the thread."""
        if not self._begun:
            self._begun = True
            self._sampler.begin(self._paths.data_dir)
        for position, sample, rows in told:
            self._sampler.tell(position, sample, rows)
        return self._sampler.draw(first, count, pending, self._process.ask)

    def _recall(self) -> None:
        """Tell a sampler that wants to know it, once, in which order things have happened."""
        if self._begun or not isinstance(self._sampler, RecallingSampler):
            return
        draws, finished = [], []
        still_open = set(self._open)
        for batch in self._stage.batches:
            if not batch.added and 0 in batch.slices:
                known = self._journal.read(batch.slices[0]).get("known") or 0
                draws.append(PastDraw(batch.sampler_first, batch.size, known))
            for place in range(batch.size):
                if (batch.index, place) not in still_open:
                    finished.append((self._finished_at(batch, place), self._position(batch, place)))
        self._sampler.recall(draws, [position for _, position in sorted(finished)])

    def _finished_at(self, batch: BatchState, place: int) -> int:
        """Return where in the journal a sample has finished."""
        return max(batch.steps[-1].offsets[task] for task in self._tasks(batch, place))

    # -- results -----------------------------------------------------------------------------------

    def _finished(self, sample_of: SampleOf) -> list[tuple[int, Row, list[Row]]]:
        """Return position, values and rows of the samples that have finished since the last
        time.
        """
        for batch in self._stage.batches[self._batches :]:
            self._open += [(batch.index, place) for place in range(batch.size)]
        self._batches = len(self._stage.batches)
        finished, still_open = [], []
        for number, place in self._open:
            batch = self._stage.batches[number]
            last = batch.steps[-1]
            if any(last.outcomes[task] == NOT_RUN for task in self._tasks(batch, place)):
                still_open.append((number, place))
            else:
                finished.append((number, place))
        self._open = still_open
        told = []
        for number, place in finished:
            batch = self._stage.batches[number]
            for position, sample in self._samples([(number, place)], sample_of):
                told.append(
                    (
                        position,
                        sample,
                        [
                            self._row(batch.steps[-1].offsets[task])
                            for task in self._tasks(batch, place)
                        ],
                    )
                )
        return told

    def _tasks(self, batch: BatchState, place: int) -> range:
        """Return the samples, combined with parents, that one drawn sample has become."""
        return range(place, batch.count, batch.size)

    def _samples(
        self, places: list[tuple[int, int]], sample_of: SampleOf
    ) -> Iterator[tuple[int, Row]]:
        """Return positions and values; samples whose values are lost are on record as failed, and
        nothing can be learnt from them.
        """
        for number, place in places:
            batch = self._stage.batches[number]
            try:
                sample = sample_of(batch, place)
            except LostSamplesError:
                continue
            yield self._position(batch, place), sample

    def _position(self, batch: BatchState, place: int) -> int:
        """Return the position that a sample has to the sampler: below 0 if somebody has added it by
        hand.
        """
        if batch.added:
            return _ADDED - batch.first - place
        return batch.sampler_first + place

    def _place_of(self, position: int) -> int:
        """Return the position in the stage of a sample; that of an earlier campaign's as it is."""
        if position <= _ADDED:
            return _ADDED - position
        if position < 0:
            return position
        return next(
            batch.first + position - batch.sampler_first
            for batch in self._stage.batches
            if not batch.added and position < batch.sampler_first + batch.size
        )

    def _row(self, offset: int) -> Row:
        row = self._journal.read_row(offset)
        row["run_dir"] = self._paths.moved(str(row["run_dir"]))
        return row
