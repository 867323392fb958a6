"""Why is nothing happening? One line, from what the journal, the lock and the supervisor's own
report say; empty if something is.

The supervisor's part of the answer, `waiting_for`, asks the executors and goes into its report;
whoever shows a campaign shows `why_nothing_happens`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from enchanted_tui.campaign_status import EndReason, Liveness, Phase
from enchanted_tui.durations import duration, rough_duration
from enchanted_tui.record import file_use, snapshot
from enchanted_tui.record.live import Live, Worker
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.lock import Holder

_STALE = 30.0  #: seconds without a report from a supervisor whose heart beats
_QUIET = 60.0  #: seconds without a result after which it is worth a line
_SLOW = 5.0  #: a task is a straggler when it has run so many times as long as tasks usually do
_NEARLY_FULL = 50_000_000  #: bytes
_NO_WORKERS = "waiting for workers to start"


@dataclass(frozen=True)
class Facts:
    """What there is to judge by."""

    state: CampaignState
    liveness: Liveness
    holder: Holder | None
    live: Live | None  #: the supervisor's own report (`record.live`), while it runs
    disk_free: int | None  #: bytes
    now: float  #: seconds since the epoch
    whole: bool = True  #: all of the journal has been read

    @cached_property
    def taken(self) -> Snapshot:
        """The campaign in numbers."""
        stopping = (self.live or Live()).get("state") == Phase.STOPPING
        return snapshot.take(
            self.state,
            self.liveness,
            self.now,
            stopping=stopping,
            held=bool((self.live or Live()).get("trouble")),
            whole=self.whole,
            live=self.live,
        )


def why_nothing_happens(facts: Facts) -> str:
    """Return the line."""
    if facts.taken.phase is Phase.UNKNOWN:
        if facts.holder is None or facts.liveness is Liveness.NOT_RUNNING:
            return "the journal is being read"
        return (
            f"{facts.holder.describe()} holds the run directory; waiting for its next heartbeat to"
            " know whether it still runs"
        )
    if facts.taken.phase.at_rest:
        return _ended(facts)
    reasons = (_troubled, _finishing, _steered, _waiting, _late, _no_room, _quiet, _straggling)
    return next(filter(None, (reason(facts) for reason in reasons)), "")


# -- nobody runs it --------------------------------------------------------------------------------


def _ended(facts: Facts) -> str:
    end = facts.state.ended
    how = how_it_ended(facts.state)
    if end is None or end["reason"] == EndReason.ADOPTED:
        return how
    # not how long ago: nobody paints this again
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(end["time"]))
    return f"{how} {when}" if how == Phase.FINISHED else f"{how} ({when})"


def how_it_ended(state: CampaignState) -> str:
    """Say how the last session of a campaign that nobody runs has ended."""
    if not state.sessions:
        return "nothing is recorded yet"
    end = state.ended
    if end is None:
        died = f"the supervisor (pid {state.pid} on {state.host}) died without ending its session"
        return f"{died}; resume goes on with what has no result"
    if end["reason"] == EndReason.COMPLETED and state.complete:
        return Phase.FINISHED.value
    if end["reason"] == EndReason.ADOPTED:
        return "made by the older program; resume takes it over and goes on"
    return str(end["message"] or end["reason"])


# -- the file system ---------------------------------------------------------------------------


def _troubled(facts: Facts) -> str:
    return str((facts.live or Live()).get("trouble", ""))


def _late(facts: Facts) -> str:
    behind = (facts.live or Live()).get("behind", 0)
    return (
        f"the file system is slow: files are written {rough_duration(behind)} late"
        if behind
        else ""
    )


def _no_room(facts: Facts) -> str:
    return file_use.warning((facts.live or Live()).get("files", {}))


# -- it has run everything -------------------------------------------------------------------------


def _finishing(facts: Facts) -> str:
    """Say what is done after the last task: writing a large file takes minutes."""
    live = facts.live or Live()
    doing = str(live.get("doing", ""))
    before = "all results are here" if facts.state.complete else "nothing runs any more"
    return f"{before}; {doing}" if doing else ""


# -- somebody asked for it -------------------------------------------------------------------------


def _steered(facts: Facts) -> str:
    live = facts.live or Live()
    stopping = facts.taken.phase is Phase.STOPPING
    if stopping and live.get("waiting_for"):
        return str(live["waiting_for"])
    if facts.taken.paused_by is None:
        return ""
    running = _running(live)
    guard = facts.state.pause.guard
    by = f"paused by {facts.taken.paused_by if guard is None else guard['message']}"
    return by + (f"; {_tasks(len(running))} still running" if running else "")


# -- it waits --------------------------------------------------------------------------------------


def _waiting(facts: Facts) -> str:
    live = facts.live
    if facts.disk_free is not None and facts.disk_free < _NEARLY_FULL:
        return f"the disk is nearly full: {facts.disk_free / 1e6:.0f} MB are left"
    if live is None:
        return (
            "the supervisor is starting"
            if facts.now - facts.state.session_started_at < _STALE
            else ""
        )
    age = facts.now - float(live.get("time", facts.now))
    if age > _STALE:
        return (
            f"the supervisor's heart beats, but its last report is {rough_duration(age)} old: the"
            " sampler or the file system is slow"
        )
    running = _running(live)
    if not running and live.get("in_flight"):
        said = str(live.get("waiting_for") or _NO_WORKERS)
        return f"{said} ({_tasks(live['in_flight'])} handed out)"
    if not running:
        return _idle(facts)
    return live.get("canary", "") or _straggler(facts, running)


def _idle(facts: Facts) -> str:
    """Nothing runs and nothing is handed out: somebody has to draw samples, or the files are being
    written.
    """
    state = facts.state
    if not state.stages:
        return ""
    if state.complete:
        return "all results are here; the files are being written"
    stage = state.stages[state.current_depth]
    if stage.n_rows < stage.count:
        return ""
    names = state.stage_names[stage.depth]
    return f"waiting for the sampler {names['sampler']} ({names['sampler_type']}) to draw"


def _straggler(facts: Facts, running: Sequence[Mapping[str, Any]]) -> str:
    """Say which task holds everything up: workers are idle because the last tasks of a batch have
    not ended.
    """
    workers = (facts.live or Live()).get("workers", ())
    oldest = min(running, key=lambda worker: worker["since"] or facts.now)
    since = oldest["since"]
    seconds = facts.now - since if since else 0.0
    mean = facts.taken.mean_runtime or 0.0
    if (
        len(running) == len(workers)
        or len(running) > max(1, len(workers) // 10)
        or seconds < max(10.0, mean)
    ):
        return ""
    others = f" and {_tasks(len(running) - 1, 'younger task')}" if len(running) > 1 else ""
    usual = (
        f", a task takes {rough_duration(mean)} on average"
        if mean >= 1 and seconds > _SLOW * mean
        else ""
    )
    what = straggling_words(facts.live)
    return (
        f"waiting for {oldest['task']} on {oldest['host']}{others}: running for"
        f" {rough_duration(seconds)}, since {_clock(since)}{f'; {what}' if what else usual}"
    )


def _straggling(facts: Facts) -> str:
    return straggling_words(facts.live)


def straggling_words(live: Live | None) -> str:
    """Say what becomes of the last samples, which run far longer than the others did; empty if none
    do.
    """
    told = (live or Live()).get("straggling")
    if told is None:
        return ""
    usual = f"the others took {duration(told['usual'])}"
    if "limit" in told:
        return f"what runs longer than {duration(told['limit'])} is ended as a straggler: {usual}"
    if "executor" not in told:
        return ""
    return (
        f"{_tasks(told['tasks'])} left that run{'s' if told['tasks'] == 1 else ''} far longer"
        f" ({usual}): straggler under executors: {told['executor']} would end such"
    )


def silence(facts: Facts) -> float:
    """Return for how many seconds there has been no result of the tasks that run; 0 where that is
    no longer than usual, or nothing is to run.
    """
    silent = facts.now - max(facts.taken.last_change, facts.state.session_started_at)
    usual = max(_QUIET, _SLOW * (facts.taken.mean_runtime or 0.0))
    is_meant_to_go_on = facts.taken.phase is Phase.RUNNING and _running(facts.live or Live())
    return silent if is_meant_to_go_on and silent >= usual else 0.0


def _quiet(facts: Facts) -> str:
    running, silent = _running(facts.live or Live()), silence(facts)
    if not silent:
        return ""
    oldest = min(running, key=lambda worker: worker["since"] or facts.now)
    since = (
        f", the oldest, {oldest['task']}, since {_clock(oldest['since'])}"
        if oldest["since"]
        else ""
    )
    return f"no result for {rough_duration(silent)}; {_tasks(len(running))} running{since}"


# -- what the supervisor reports -------------------------------------------------------------------


def waiting_for(
    workers: Sequence[Mapping[str, Any]],
    in_flight: int,
    *,
    paused_by: str | None,
    stopping: str | None,
    ask: Callable[[], str],
) -> str:
    """Return why nothing seems to happen, as the supervisor knows it; empty if something does.

    `in_flight`: tasks handed out. `stopping`: why it begins nothing new, None if it does. `ask`
    gives the executors' own answer.
    """
    running = [worker for worker in workers if worker["task"]]
    if stopping is not None:
        oldest = min(running, key=lambda worker: worker["since"], default=None)
        return f"stopping ({stopping}); " + (
            f"{oldest['task']} still runs" if oldest else "nothing runs any more"
        )
    if paused_by is not None:
        return f"paused by {paused_by}"
    if not running and in_flight:
        return ask() or _NO_WORKERS
    if len(running) == 1 and in_flight == 1:
        return f"waiting for {running[0]['task']} on {running[0]['host']}"
    return ""


# -- words -----------------------------------------------------------------------------------------


def _running(live: Live) -> list[Worker]:
    return [worker for worker in live.get("workers", ()) if worker["task"]]


def _tasks(count: int, what: str = "task") -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))
