"""The state of a campaign: a fold over its journal.

``state.apply(record, offset)`` for every record gives the state; live, resumed, attached or a year
later, it is the same. Per task it keeps an offset into the journal and one byte, so a million
samples cost about ten megabytes; rows are read where they are needed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import forgetting, gaps, stage_order
from enchanted_tui.record.batch_sizes import BatchSizes, Span, samples_added
from enchanted_tui.record.chosen_neighbours import ChosenNeighbours
from enchanted_tui.record.learned import LearnedPoint
from enchanted_tui.record.more_memory import MemoryGiven
from enchanted_tui.record.open_jobs import JobBook
from enchanted_tui.record.parent_list import changed_places, extends
from enchanted_tui.record.pause import Pause
from enchanted_tui.record.recorded_failures import RecordedFailures
from enchanted_tui.record.records import (
    AddedRecord,
    BatchCompleteRecord,
    CodeRecord,
    EndRecord,
    LearnedRecord,
    OnCompleteRecord,
    OpenRecord,
    ParentsRecord,
    Record,
    RetryRecord,
    SamplesRecord,
    StageCompleteRecord,
    StageNames,
    TaskRecord,
)
from enchanted_tui.record.run_cost import RunCost
from enchanted_tui.record.stage_state import (
    NOT_RUN,
    OK,
    BatchState,
    StageState,
    StepState,
)
from enchanted_tui.record.waiting_results import Result, WaitingResults

_RECENT_TIMES = 512


class CampaignState:
    """What is known of a campaign: everything in it comes from the journal."""

    def __init__(self, sizes: BatchSizes | None = None) -> None:
        """`sizes` is what the whole journal says of batches, where this fold may have to do without
        a damaged line.
        """
        self.sizes = BatchSizes() if sizes is None else sizes
        self.replaced = 0  #: results whose place another one of the same task has taken
        self.irregular = False  #: records are missing or in another order than they were written in
        self.campaign = ""
        self.seed = 0
        self.config_file = ""
        self.identity: Any = None
        self.runner_options: Any = None
        self.units: dict[str, str] = {}  #: of parameters and outputs
        self.about: dict[str, Any] = {}  #: what others are to be told of the dataset
        self.spread = False  #: whether run directories lie in groups, see `task_paths`
        self.version = ""  #: of the program, in the last session
        self.taken_over = False  #: what is recorded is, in part, the older program's
        self.hooked_rows = -1  #: rows of the dataset when `on_complete` was run last
        self.stage_names: list[StageNames] = []
        self.codes: list[CodeRecord] = []  #: with which code samples were run, the newest last
        self.sessions = 0
        self.opened_at = self.session_started_at = 0.0
        self.allocation = ""  #: the job of SLURM in which the session's supervisor ran
        self.host, self.pid, self.mode = "", 0, ""
        self.stages: list[StageState] = []
        self.ended: EndRecord | None = None  #: the last session's end, unless one has begun since
        #: the end of the session before, if nothing was recorded in between
        self.previous_end: EndRecord | None = None
        self.pause = Pause()
        self.last_time = 0.0
        self.unknown: Counter[str] = Counter()  #: record types of a later version, by name
        self.failed = RecordedFailures()
        self.cost, self.memory = RunCost(), MemoryGiven()
        self.max_core_hours: float | None = None  #: that it may hold, by the last session
        self.tasks_recorded = 0
        self.finish_times: deque[float] = deque(maxlen=_RECENT_TIMES)
        self.jobs = JobBook()  #: jobs of a scheduler that may hold tasks
        self.neighbours = ChosenNeighbours()  #: from which samples the tasks to come start
        self.waiting_results = WaitingResults()
        self.placed: list[Result] = []  #: results that have got their place since somebody looked
        #: (depth, batch) of all results that did: they may be those of other samples
        self.placed_late: set[tuple[int, int]] = set()
        #: when those results of a task were begun that are void
        self._given_up: dict[TaskId, set[float]] = {}
        self._first_open = -1  #: offset of the record that opened the campaign

    # -- the fold ----------------------------------------------------------------------------------

    def apply(self, record: Record, offset: int) -> CampaignState:
        """Take one record into account; types that this version does not know are counted and
        otherwise ignored.
        """
        if record["type"] == "task":
            self._task(record, offset)
            return self
        kind = record["type"]
        handler = _HANDLERS.get(kind)
        if handler is None:
            self.unknown[kind] += 1
        else:
            handler(self, record, offset)
        self.last_time = record.get("time", self.last_time)
        return self

    def _open(self, record: OpenRecord, offset: int) -> None:
        if offset == self._first_open:
            # taken before its turn, since the line that should have opened the campaign is lost
            return
        if not self.sessions:
            self.campaign = record["campaign"]
            self.opened_at = record["time"]
            self._first_open = offset
        self.sessions += 1
        self.seed = record["seed"]
        self.session_started_at = record["time"]
        self.allocation = record.get("job", "")
        self.host, self.pid, self.mode = record["host"], record["pid"], record["mode"]
        self.taken_over |= self.mode == "adopted"
        self.config_file = record["config"]
        self.identity, self.runner_options = record["identity"], record["runner_options"]
        self.units, self.about = record.get("units", {}), record.get("about", {})
        self.version = record.get("version", "")
        self.stage_names = record["stages"]
        self.cost.session_begins(self.stage_names)
        self.max_core_hours = record.get("max_core_hours")
        self.spread = record.get("run_directories") == "spread"
        added = samples_added(record)
        for depth, (target, stage) in enumerate(
            zip(record["targets"], record["stages"], strict=True)
        ):
            if depth == len(self.stages):
                self.stages.append(
                    StageState(depth, len(stage["steps"]), n_parents=0 if depth else 1)
                )
            self.stages[depth].raise_target(target - added[depth])
        self._take_what_was_known(record)
        self.previous_end, self.ended = self.ended, None
        self.pause.lift()

    def _take_what_was_known(self, record: OpenRecord) -> None:
        """Take what a session knew of earlier ones, where their own lines are lost."""
        for stage, drawn in zip(self.stages, record.get("drawn", []), strict=False):
            self._take_parents(stage, drawn.get("parents", []))
            self.sizes.note_added(stage.depth, drawn.get("added", []))
            gaps.open_all(self, stage, drawn["sizes"], record["time"])

    def _parents(self, record: ParentsRecord, offset: int) -> None:
        stage, after = self.stages[record["depth"]], record.get("after")
        if after is None:
            self._take_parents(stage, record["ranges"], anew=record.get("anew", False))
        elif after == stage.n_parents:
            stage.append_parents(record["ranges"])
            self._parents_changed(stage)
        else:
            self.irregular = True  # a line before this one is lost, or this one is there twice

    def _take_parents(
        self, stage: StageState, ranges: list[list[int]], *, anew: bool = False
    ) -> None:
        """Take a list of parents that goes on from the one there is; `anew`: it may have others in
        places whose parent is gone.
        """
        parents = [(batch, start, stop) for batch, start, stop in ranges]
        if not extends(parents, stage.parents):
            if not anew:  # an earlier list, out of order
                self.irregular |= not extends(stage.parents, parents)
                return
            for index in changed_places(stage.parents, parents):
                forgetting.forget_parent(self, stage, index)
        elif parents == stage.parents:
            return
        stage.parents = parents
        stage.n_parents = sum(stop - start for _, start, stop in parents)
        self._parents_changed(stage)

    def _parents_changed(self, stage: StageState) -> None:
        stage.completed_rows = None
        for batch in stage.batches:
            batch.combine(stage.n_parents)
            batch.finished_at = None
            self._place(stage.depth, batch)

    def _added(self, record: AddedRecord, offset: int) -> None:
        self.sizes.note(record)
        self._samples(record, offset)

    def _samples(self, record: SamplesRecord | AddedRecord, offset: int) -> None:
        stage = self.stages[record["depth"]]
        number, first = record["batch"], record["first"]
        gaps.open_told(self, stage, number, Span(first, record["size"]), record["time"])
        batch = stage.batches[number]
        if (batch.first, batch.size) == (first, record["size"]):
            batch.slices.setdefault(record["start"], offset)
        else:
            self.irregular = True

    def open_batch(self, stage: StageState, first: int, size: int, time: float) -> None:
        """Begin the next batch of a stage, of `size` samples from position `first` on."""
        request = self.sizes.request_of(stage.depth, len(stage.batches))
        self._place(stage.depth, stage.begin_batch(first, size, time, request))

    def _task(self, record: TaskRecord, offset: int) -> None:
        depth, number, sample, step = record["task"]
        if self.jobs.holders:
            self.jobs.came_back(TaskId(depth, number, sample, step))
        if depth >= len(self.stages) or step >= self.stages[depth].n_steps:
            return
        batch = self.find_batch(depth, number)
        if batch is None or sample >= batch.count:
            self.irregular = True
            self.waiting_results.put(record, offset)
        else:
            self._result(record, offset, batch)

    def _place(self, depth: int, batch: BatchState) -> None:
        """Put results that were waiting for their samples where they belong."""
        for record, offset in self.waiting_results.take(depth, batch.index):
            if record["task"][2] >= batch.count:
                self.waiting_results.put(record, offset)
                continue
            self._result(record, offset, batch)
            self.placed.append((record, offset))
            self.placed_late.add((depth, batch.index))

    def _result(self, record: TaskRecord, offset: int, batch: BatchState) -> None:
        depth, _, sample, step = record["task"]
        tasks = batch.steps[step]
        if self._given_up and record["started"] in self._given_up.get(TaskId(*record["task"]), ()):
            return
        if tasks.outcomes[sample] != NOT_RUN and not self._replace(record, batch):
            return
        if self.neighbours.chosen:
            self.neighbours.drop(TaskId(depth, batch.index, sample, step))
        finished = record["started"] + record["runtime"]
        if record["outcome"] == "ok":
            tasks.put(sample, OK, offset)
        else:
            tasks.put(sample, self.failed.put(record, finished, offset), offset)
        if step == len(batch.steps) - 1:
            self.stages[depth].n_rows += 1
        self.tasks_recorded += 1
        self.cost.task_ended(record)
        self.finish_times.append(finished)
        self.last_time = max(self.last_time, finished)

    def _replace(self, record: TaskRecord, batch: BatchState) -> bool:
        """Make room for a second result of a task, whose `retry` is lost; False where a success
        would give way, or to a failure.
        """
        _, _, sample, step = record["task"]
        before = batch.steps[step].outcomes[sample]
        self.irregular = True
        if before == OK or record["outcome"] != "ok":
            return False
        self.replaced += 1
        if step == len(batch.steps) - 1:
            self.stages[record["task"][0]].n_rows -= 1
        self.failed.drop(TaskId(*record["task"]), batch.steps[step].clear(sample))
        return True

    def _retry(self, record: RetryRecord, offset: int) -> None:
        self.hooked_rows = -1  # as many rows as before, and others
        self.memory.apply(record)
        begun = record.get("started", [None] * len(record["tasks"]))
        for item, started in zip(record["tasks"], begun, strict=True):
            task = TaskId(*item)
            if started is not None:
                self._given_up.setdefault(task, set()).add(started)
            # else its new result has come before, out of order
            if not (record.get("failed") and self._outcome(task) == OK):
                forgetting.forget(self, task)

    def _batch_complete(self, record: BatchCompleteRecord, offset: int) -> None:
        stage = self.stages[record["depth"]]
        if record.get("added"):
            self.sizes.note(record)
        if "size" in record:
            gaps.open_told(
                self, stage, record["batch"], Span(record["first"], record["size"]), record["time"]
            )
        batch = self.find_batch(record["depth"], record["batch"])
        if batch is not None:
            batch.finished_at = record["time"]

    def _stage_complete(self, record: StageCompleteRecord, offset: int) -> None:
        stage = self.stages[record["depth"]]
        self._take_parents(stage, record.get("parents", []))
        self.sizes.note_added(stage.depth, record.get("added", []))
        gaps.open_all(self, stage, record.get("sizes", []), record["time"])
        if "sizes" not in record and stage.n_parents:
            last = self.waiting_results.last_batch(stage.depth) + 1
            gaps.open_missing(self, stage, last, record["rows"] // stage.n_parents, record["time"])
        # there are fewer where lines before this one are damaged
        stage.completed_rows = record["rows"]
        stage.once_complete = True
        for batch in stage.batches if stage.complete else ():
            # that it was complete may have been on record before its samples
            batch.finished_at = batch.finished_at or record["time"]

    def _learned(self, record: LearnedRecord, offset: int) -> None:
        given: Any = {field.name: record.get(field.name) for field in fields(LearnedPoint)}
        self.stages[record["depth"]].learned.put(LearnedPoint(**given))

    def _end(self, record: EndRecord, offset: int) -> None:
        self.ended = record

    def _on_complete(self, record: OnCompleteRecord, offset: int) -> None:
        self.hooked_rows = record["rows"]

    # -- what it tells -----------------------------------------------------------------------------

    def find_batch(self, depth: int, number: int) -> BatchState | None:
        """Return a batch; None if nothing has been drawn for it."""
        if depth >= len(self.stages) or number >= len(self.stages[depth].batches):
            return None
        return self.stages[depth].batches[number]

    def _step_of(self, task: TaskId) -> StepState | None:
        batch = self.find_batch(task.depth, task.batch)
        return None if batch is None or task.sample >= batch.count else batch.steps[task.step]

    def _outcome(self, task: TaskId) -> int:
        step = self._step_of(task)
        return NOT_RUN if step is None else step.outcomes[task.sample]

    @property
    def paused_by(self) -> str | None:
        return self.pause.by

    @property
    def current_depth(self) -> int:
        return stage_order.current_depth(self.stages)

    @property
    def complete(self) -> bool:
        return bool(self.stages) and all(stage.complete for stage in self.stages)

    def offset_of(self, task: TaskId) -> int:
        """Return the offset of a task's record, or -1."""
        step = self._step_of(task)
        return -1 if step is None else step.offsets[task.sample]

    def failed_tasks(self, *, first: bool = True) -> Iterator[TaskId]:
        """Return the first failed step of every sample that has one, or all of its failed steps."""
        for stage in self.stages:
            yield from stage.failed_tasks(first=first)

    def take_placed(self) -> list[Result]:
        """Return the results that have got their place since the last time, if they have not been
        forgotten.
        """
        placed, self.placed = self.placed, []
        return [
            (record, offset)
            for record, offset in placed
            if self.offset_of(TaskId(*record["task"])) == offset
        ]

    def totals(self) -> tuple[int, int]:
        """Return the numbers of tasks that succeeded and failed, all stages and steps together."""
        totals = [stage.totals() for stage in self.stages]
        return sum(ok for ok, _ in totals), sum(failed for _, failed in totals)


#: Tasks are by far the most, so that they do not go through here.
_HANDLERS: dict[str, Callable[[CampaignState, Any, int], None]] = {
    "open": CampaignState._open,
    "parents": CampaignState._parents,
    "samples": CampaignState._samples,
    "added": CampaignState._added,
    "retry": CampaignState._retry,
    "batch_complete": CampaignState._batch_complete,
    "stage_complete": CampaignState._stage_complete,
    "learned": CampaignState._learned,
    "code": lambda state, record, _: state.codes.append(record),
    "control": lambda state, record, _: state.pause.steered(record),
    "guard": lambda state, record, _: state.pause.guarded(record),
    "jobs": lambda state, record, _: state.jobs.apply(record),
    "held": lambda state, record, _: state.cost.apply(record),
    "neighbours": lambda state, record, _: state.neighbours.apply(record),
    "end": CampaignState._end,
    "on_complete": CampaignState._on_complete,
}
