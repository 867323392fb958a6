"""Pauses a campaign in which everything fails for one reason: the canary of a stage, and the
breaker. Where nobody is there to ask, the session ends, resumable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from enchanted_tui.campaign_status import EndReason
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.errors import ExitCode
from enchanted_tui.journal_lines import TaskId
from enchanted_tui.record import guard_words, stage_order
from enchanted_tui.record.failure_signature import INFRASTRUCTURE, pattern_of, widen
from enchanted_tui.record.journal import Journal
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.output_files import inputs_of, shown
from enchanted_tui.record.records import GuardRecord, TaskRecord
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.breaker import FEW, Breaker
from enchanted_tui.supervisor.canary import Canary, size_of
from enchanted_tui.supervisor.open_executors import in_batch_jobs
from enchanted_tui.supervisor.ready import Ready
from enchanted_tui.supervisor.stage import StageRun

Attended = Callable[[], bool]

_NONE = Canary(0)  #: of a stage that has none


class FailureGuard:
    """Watches how the tasks of a session end. All methods are the loop's."""

    def __init__(
        self, config: CampaignConfig, state: CampaignState, journal: Journal, attended: Attended
    ) -> None:
        """`attended`: tells whether somebody is there who can be asked."""
        self._config, self._state, self._journal = config, state, journal
        self._attended = attended
        few = config.supervisor.breaker
        self._few = FEW if few is None or few is True else int(few)
        #: by depth, of the stages that have begun
        self._breakers: dict[int, Breaker] = {}
        self._canaries: dict[int, Canary] = {}

    def begin_stage(self, run: StageRun, workers: Callable[[], int]) -> None:
        """Watch a stage; `workers` tells how many of its tasks run at once."""
        self._canaries[run.plan.depth] = self._canary(run, workers)
        self._watch(run.plan.depth)

    def draw(self, run: StageRun) -> Callable[[], Ready | None]:
        """Return what gives, at each call, a task of the stage that may begin now; None if there is
        none.
        """
        canary = self._canaries[run.plan.depth]
        return run.next if canary.over else partial(canary.next, run)

    def canary_words(self) -> str:
        """Say that the samples of a stage wait for its first ones; empty if none do."""
        return next(filter(None, (canary.words() for canary in self._canaries.values())), "")

    def ended(self, task: TaskId, record: TaskRecord) -> GuardRecord | None:
        """Take in a result; return the record of a pause if all fails and samples are left."""
        failed = record["outcome"] != "ok"
        breaker, canary = self._breakers.get(task.depth), self._canaries.get(task.depth, _NONE)
        if not failed and breaker is not None:
            breaker.went_well(task.step)
        if not failed and canary.over:
            return None
        last = task.step + 1 == self._state.stages[task.depth].n_steps
        together = breaker.failed(task, record) if failed and breaker else []
        of_canary = canary.ended(task, failed=failed, last=last)
        if (
            not (together or of_canary)
            or self._state.pause.guard is not None
            or stage_order.have_all_rows(self._state.stages)
        ):
            return None
        return self._pause("canary", of_canary) if of_canary else self._pause("breaker", together)

    def unanswered(self) -> Outcome | None:
        """Return how to stop while the campaign is paused and nobody is there to be asked."""
        record = self._state.pause.guard
        if record is None or self._attended():
            return None
        return Outcome(
            ExitCode.FAILURES,
            EndReason(record["rule"]),
            f"{record['message']}. {guard_words.remedy(record)}",
        )

    def go_on(self) -> None:
        """Somebody wants the campaign to go on: what has failed until now counts no more."""
        for depth, canary in self._canaries.items():
            canary.give_way()
            self._watch(depth)

    # -- a stage -----------------------------------------------------------------------------------

    def _watch(self, depth: int) -> None:
        if self._few:
            batches = self._state.stages[depth].batches
            steps = range(self._state.stages[depth].n_steps)
            succeeded = [any(batch.steps[step].succeeded for batch in batches) for step in steps]
            self._breakers[depth] = Breaker(self._few, succeeded)

    def _canary(self, run: StageRun, workers: Callable[[], int]) -> Canary:
        """Return the canary of a stage, with what an earlier session has seen of it."""
        state, stage = self._state, run.stage
        option = self._config.supervisor.canary
        if option is False or any(batch.steps[-1].succeeded for batch in stage.batches):
            return Canary(0)
        steps = self._config.stages[stage.depth].steps
        in_jobs = in_batch_jobs(self._config.executors[step.executor] for step in steps)
        size = size_of(option, run.expected, workers, in_jobs=in_jobs)
        held = {task[1:3] for task in state.jobs.holders if task.depth == stage.depth}
        if len(held) > size:  # the rest has been handed out by an earlier session
            return Canary(0)
        end = state.previous_end
        before = max(state.pause.guarded_at, end["time"] if end is not None else 0.0)
        failed = [
            note.task
            for note in state.failed.recent
            if note.task.depth == stage.depth and note.time > before
        ]
        return Canary(size, failed, len(held))

    # -- a pause -----------------------------------------------------------------------------------

    def _pause(self, rule: str, tasks: Sequence[TaskId]) -> GuardRecord:
        """Return the record of a pause for tasks that have failed, with what they share."""
        signatures, kinds, hosts = Counter[str](), Counter[str](), Counter[str]()
        ranges: dict[str, list[float]] = {}
        example = ""
        for task in tasks:
            record: TaskRecord = self._journal.read(self._state.offset_of(task))
            signatures[pattern_of(record["message"])] += 1
            kinds[record["kind"]] += 1
            hosts[record["host"]] += 1
            example = record["message"]
            widen(ranges, _params(record))
        signature, count = signatures.most_common(1)[0]
        cause = "infrastructure" if set(kinds) <= INFRASTRUCTURE else "simulation"
        paused = GuardRecord(
            type="guard",
            rule=rule,
            depth=tasks[-1].depth,
            step=tasks[-1].step,
            cause=cause,
            signature=signature,
            count=count,
            failed=len(tasks),
            example=example,
            kinds=dict(kinds.most_common()),
            hosts=dict(hosts.most_common()),
            ranges=ranges,
            message="",
        )
        paused["message"] = guard_words.what_happened(
            paused, stages=len(self._state.stages), messages=len(signatures)
        )
        return paused


def _params(record: TaskRecord) -> dict[str, object]:
    try:
        return shown(inputs_of(record["row"]))
    except ValueError:  # a row that lacks its run time
        return {}
