"""An immutable summary of a campaign's state: what people are shown, whoever shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise

from enchanted_tui.campaign_status import RAN_EVERYTHING, EndReason, Liveness, Phase
from enchanted_tui.durations import rough_duration
from enchanted_tui.record import stage_order
from enchanted_tui.record.forecast import Forecast, forecast, running_tasks
from enchanted_tui.record.learned import LearnedPoint
from enchanted_tui.record.live import Live
from enchanted_tui.record.records import GuardRecord
from enchanted_tui.record.resource_use import StepUse
from enchanted_tui.record.stage_state import StageState
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.progress import StageProgress

_RATE_WINDOW = 60.0  #: seconds over which the present rate is measured
_FINISHED = RAN_EVERYTHING | {EndReason.ADOPTED}


@dataclass(frozen=True)
class StageSummary(StageProgress):
    """How far one stage is. Samples are counted combined with their parents."""

    target: int  #: samples to draw
    drawn: int  #: samples drawn
    n_parents: int  #: parents known or, before the stage begins, expected
    #: the latest fits of a sampler that learns, oldest first
    learned: tuple[LearnedPoint, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """A campaign at one moment."""

    campaign: str
    mode: str
    phase: Phase
    stages: tuple[StageSummary, ...]
    depth: int  #: of the stage in progress, the first of them where several are
    tasks_done: int
    tasks_expected: int
    succeeded: int
    failed: int
    failure_kinds: tuple[tuple[str, int], ...]
    rate: float | None  #: tasks a second at present
    eta: float | None  #: seconds, at the present rate; None where nobody can know
    elapsed: float  #: seconds since the session began (or of the last one)
    mean_runtime: float | None  #: seconds a task
    core_seconds: float  #: run times of all tasks, each times the CPU cores that it held
    last_change: float  #: seconds since the epoch
    paused_by: str | None
    end_reason: str | None  #: one of `EndReason`, or of a later version
    end_message: str
    session_host: str
    session_pid: int
    cost: Forecast | None = None  #: core-hours and run time, now and at the end
    sessions: int = 1  #: that the campaign has had, this one or the last included
    guard: GuardRecord | None = None  #: why a rule has paused or ended it, if one has
    use: tuple[StepUse, ...] = ()  #: what tasks have used of processors and memory, by step
    depths: tuple[int, ...] = ()  #: of all stages in progress
    given_more_memory: int = 0  #: tasks that were killed for want of it and ran, or run, again

    @property
    def left_words(self) -> str:
        """How long it will still take; empty where nothing can be said yet."""
        overdue = self.cost.overdue if self.cost is not None else 0
        if overdue:
            each = "1 sample that runs" if overdue == 1 else f"{overdue:,} samples that run"
            return f"waiting for {each} longer than usual, no estimate"
        return "" if self.eta is None else f"about {rough_duration(self.eta)} left"

    @property
    def in_progress(self) -> tuple[StageSummary, ...]:
        """The stages in progress."""
        return tuple(self.stages[depth] for depth in self.depths)

    @property
    def recorded_phase(self) -> Phase:
        """The phase for files and scripts, which have never been told more than what the journal
        says and whether nobody runs it: running, paused, stopped or finished.
        """
        if self.phase not in (Phase.STOPPING, Phase.UNKNOWN):
            return self.phase
        complete = bool(self.stages) and all(stage.complete for stage in self.stages)
        return _by_record(self.end_reason, complete, paused=self.paused_by is not None)


def take(
    state: CampaignState,
    liveness: Liveness,
    now: float | None = None,
    *,
    stopping: bool = False,
    held: bool = False,
    whole: bool = True,
    live: Live | None = None,
) -> Snapshot:
    """Return the state as of `now`, seconds since the epoch.

    `stopping`: its supervisor says that it begins nothing new; `held`: that it cannot, until the
    file system answers. `whole`: all of the journal has been
    read; else it is not known yet how a campaign that nobody runs has ended. `live`: what its
    supervisor says.
    """
    now = time.time() if now is None else now
    phase = phase_of(state, liveness, stopping=stopping, held=held, whole=whole)
    stages = _stages(state)
    expected = sum(stage.expected * len(stage.runners) for stage in stages)
    succeeded, failed = state.totals()
    done = succeeded + failed
    ended = state.ended
    rate = None if ended or phase.at_rest else _rate(state, now)
    cost = _cost(state, stages, live, now)
    is_known = done < expected and not cost.overdue
    return Snapshot(
        campaign=state.campaign,
        mode=state.mode,
        phase=phase,
        stages=stages,
        depth=state.current_depth,
        depths=stage_order.depths_in_progress(state.stages),
        tasks_done=done,
        tasks_expected=expected,
        succeeded=succeeded,
        failed=failed,
        failure_kinds=tuple(
            sorted(
                ((kind, count) for kind, count in state.failed.kinds.items() if count),
                key=lambda pair: (-pair[1], pair[0]),
            )
        ),
        rate=rate,
        eta=cost.tasks_left / rate if rate and is_known else None,
        elapsed=_end_of_time(state, phase, now) - state.session_started_at,
        mean_runtime=state.cost.seconds / state.tasks_recorded if state.tasks_recorded else None,
        core_seconds=state.cost.core_seconds,
        last_change=state.last_time,
        paused_by=state.paused_by,
        end_reason=ended["reason"] if ended else None,
        end_message=ended["message"] if ended else "",
        session_host=state.host,
        session_pid=state.pid,
        sessions=state.sessions,
        cost=cost,
        guard=state.pause.guard,
        use=state.cost.use(),
        given_more_memory=len(state.memory),
    )


def _cost(
    state: CampaignState, stages: tuple[StageSummary, ...], live: Live | None, now: float
) -> Forecast:
    told = Live() if live is None else live
    held = told.get("held_core_hours")
    return forecast(
        state.cost,
        stages,
        stage_order.depths_in_progress(state.stages),
        held=None if held is None else 3600.0 * held,
        running=running_tasks(told.get("workers", ()), now),
        most=state.max_core_hours,
    )


def _stages(state: CampaignState) -> tuple[StageSummary, ...]:
    summaries: list[StageSummary] = []
    for stage, names in zip(state.stages, state.stage_names, strict=True):
        below = summaries[-1] if summaries else None
        parents = (
            stage.n_parents
            if below is None or below.complete
            else max(stage.n_parents, below.expected)
        )
        summaries.append(
            _stage(
                stage, names["sampler"], tuple(step["runner"] for step in names["steps"]), parents
            )
        )
    return tuple(summaries)


def _stage(stage: StageState, sampler: str, runners: tuple[str, ...], parents: int) -> StageSummary:
    return StageSummary(
        depth=stage.depth,
        sampler=sampler,
        runners=runners,
        target=stage.target,
        drawn=stage.drawn,
        n_parents=parents,
        expected=(stage.drawn if stage.complete else max(stage.target, stage.drawn)) * parents,
        done=stage.n_rows,
        succeeded=sum(batch.steps[-1].succeeded for batch in stage.batches),
        failed=sum(batch.steps[-1].failed for batch in stage.batches),
        batches=len(stage.batches),
        batches_done=sum(batch.done for batch in stage.batches),
        step_done=tuple(
            sum(batch.steps[step].done for batch in stage.batches) for step in range(stage.n_steps)
        ),
        complete=stage.complete,
        learned=tuple(stage.learned.points),
    )


def _rate(state: CampaignState, now: float) -> float | None:
    """Tasks a second over the last minute, or over as many recent tasks as are remembered."""
    times = [
        moment
        for moment in state.finish_times
        if moment >= max(now - _RATE_WINDOW, state.session_started_at)
    ]
    if len(times) < 2:
        return None
    gaps = sum(max(0.0, later - earlier) for earlier, later in pairwise(sorted(times)))
    span = max(gaps, now - min(times)) if now - max(times) > 1 else gaps
    return (len(times) - 1) / span if span > 0 else None


def _end_of_time(state: CampaignState, phase: Phase, now: float) -> float:
    """Return up to when time counts: of a campaign that nobody runs it stands still."""
    if state.ended:
        return float(state.ended["time"])
    return max(state.last_time, state.session_started_at) if phase.at_rest else now


def phase_of(
    state: CampaignState,
    liveness: Liveness,
    *,
    stopping: bool,
    held: bool = False,
    whole: bool = True,
) -> Phase:
    """Return how a campaign stands; `stopping`, `held` and `whole` as for `take`."""
    paused = held or state.paused_by is not None
    if liveness is Liveness.RUNNING:
        return Phase.STOPPING if stopping else Phase.PAUSED if paused else Phase.RUNNING
    if liveness is Liveness.PERHAPS_RUNNING or not whole:
        return Phase.UNKNOWN
    recorded = _by_record(state.ended["reason"] if state.ended else None, state.complete)
    return recorded if recorded.at_rest else Phase.STOPPED


def _by_record(end_reason: str | None, complete: bool, *, paused: bool = False) -> Phase:
    if end_reason is not None:
        return Phase.FINISHED if end_reason in _FINISHED and complete else Phase.STOPPED
    return Phase.PAUSED if paused else Phase.RUNNING
