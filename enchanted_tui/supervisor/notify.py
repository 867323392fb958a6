"""Tell somebody what becomes of a campaign: ``supervisor.notify``."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import time

from enchanted_tui.campaign_status import EndReason
from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.notify_options import Notify, notify_of
from enchanted_tui.durations import whole_duration
from enchanted_tui.record import file_use, forecast
from enchanted_tui.record.live import Live, Straggling
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.output_files import dataset_stage
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.state import CampaignState
from enchanted_tui.record.why import straggling_words
from enchanted_tui.supervisor.live_report import LiveFile

_MIN_TASKS = 100  #: by which the share of failures is known well enough

log = logging.getLogger(__name__)


def tell_of_the_end(config: CampaignConfig, outcome: Outcome, state: CampaignState | None) -> None:
    """Start the command that the configuration names for the end of a session. A limit that has
    ended it is told as such to whoever asks for that and not for the end.
    """
    wanted = notify_of(config.supervisor.notify)
    event = "budget" if outcome.reason is EndReason.MAX_CORE_HOURS else "end"
    if wanted is not None and "end" in wanted.events:
        event = "end"
    if wanted is not None and event in wanted.events:
        _start(config, wanted, event, outcome.message or _complete_words(state), outcome)


def _complete_words(state: CampaignState | None) -> str:
    """Say of a campaign that is complete how many samples its dataset has."""
    if state is None or not state.stages:
        return "the campaign is complete"
    batches = dataset_stage(state).batches
    count = sum(batch.steps[-1].done for batch in batches)
    failed = sum(batch.steps[-1].failed for batch in batches)
    return (
        f"the campaign is complete: {count:,} sample{'' if count == 1 else 's'},"
        f" {count - failed:,} ok, {failed:,} failed"
    )


class Alerts:
    """Tells of what happens while a session runs. All methods are the loop's."""

    def __init__(self, config: CampaignConfig, state: CampaignState) -> None:
        self._config, self._state = config, state
        self._wanted = notify_of(config.supervisor.notify)
        self._told_at: dict[str, float] = {}  #: monotonic
        self._lasting: set[str] = set()  #: what has been told and is still so
        self._counted = (0, 0)
        self._ended = 0  #: how many had when they were counted
        self._straggled = state.failed.kinds["straggler"]  #: of whom somebody has been told
        if self._wanted is not None and "failures" in self._wanted.events:
            self._counted, self._ended = state.totals(), self._count_ended()

    def tell(self, event: str, message: str) -> bool:
        """Tell of an event, if somebody wants to know and has not just been told of one; return
        whether it was told.
        """
        if self._wanted is None or event not in self._wanted.events:
            return False
        now = time.monotonic()
        before = self._told_at.get(event)
        if before is not None and now - before < self._wanted.every:
            return False
        self._told_at[event] = now
        _start(self._config, self._wanted, event, message)
        return True

    def look(self, in_flight: int, live: LiveFile, taken: Snapshot | None) -> None:
        """See, about once a second, whether there is something to tell. `taken`: the campaign as
        people are shown it.
        """
        if self._wanted is None:
            return
        self._while_it_lasts("disk", file_use.warning(live.files))
        cost = taken.cost if taken is not None else None
        if cost is not None and cost.core_hours_low is not None:  # else too few have ended
            self._while_it_lasts("budget", forecast.warning(cost))
        self._stragglers(live.straggling)
        self._while_it_lasts("stall", self._stall(self._wanted.stall, in_flight, live))
        if "failures" in self._wanted.events:
            self._failures(self._wanted.failure_rate)

    def _while_it_lasts(self, event: str, message: str) -> None:
        """Tell once of what lasts; an empty message says that it is over."""
        if not message:
            self._lasting.discard(event)
        elif event not in self._lasting and self.tell(event, message):
            self._lasting.add(event)

    def _stragglers(self, told: Straggling | None) -> None:
        """Tell of those that run, where nothing ends them, and of those that have been ended."""
        offered = told is not None and "executor" in told
        self._while_it_lasts(
            "straggler", straggling_words(Live(straggling=told)) if told and offered else ""
        )
        self.look_for_ended_stragglers()

    def look_for_ended_stragglers(self) -> None:
        """Tell of samples that a rule has ended: most often they are the last of all."""
        ended = self._state.failed.kinds["straggler"] - self._straggled
        if ended > 0:
            who = (
                "1 sample has been ended as a straggler"
                if ended == 1
                else f"{ended:,} samples have been ended as stragglers"
            )
            if self.tell("straggler", f"{who}; --retry-failed runs such again"):
                self._straggled += ended

    def _stall(self, patience: float, in_flight: int, live: LiveFile) -> str:
        silent = time.time() - max(self._state.last_time, self._state.session_started_at)
        if not in_flight or self._state.paused_by is not None or silent < patience:
            return ""
        why = (live.last or {}).get("waiting_for", "")
        return (
            f"no result for {whole_duration(silent)}; {in_flight:,} tasks have been handed out"
            + (f": {why}" if why else "")
        )

    def _count_ended(self) -> int:
        return sum(step.count for step in self._state.cost.steps.values())

    def _failures(self, most: float) -> None:
        ended = self._count_ended()
        if ended - self._ended < _MIN_TASKS:  # counting goes through all batches
            return
        self._ended = ended
        succeeded, failed = self._state.totals()
        new_failures = failed - self._counted[1]
        new = succeeded - self._counted[0] + new_failures
        if new < 0 or new >= _MIN_TASKS:
            self._counted = (succeeded, failed)
        if new >= _MIN_TASKS and new_failures >= most * new:
            kinds = ", ".join(
                kind for kind, count in self._state.failed.kinds.most_common(3) if count
            )
            self.tell("failures", f"{new_failures:,} of the latest {new:,} tasks failed ({kinds})")


def _start(
    config: CampaignConfig,
    wanted: Notify,
    event: str,
    message: str,
    outcome: Outcome | None = None,
) -> None:
    """Start the command, without a shell and without waiting for it."""
    written = wanted.command
    command = shlex.split(written) if isinstance(written, str) else list(written)
    known = {
        "ENCHANTED_EVENT": event,
        "ENCHANTED_RUN_DIR": str(config.base_run_dir),
        "ENCHANTED_CAMPAIGN": config.base_run_dir.name,
        "ENCHANTED_OUTCOME": "" if outcome is None else outcome.reason.value,
        "ENCHANTED_EXIT_CODE": "" if outcome is None else str(int(outcome.code)),
        "ENCHANTED_MESSAGE": message,
    }
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=config.base_dir,
            env={**os.environ, **known},
            start_new_session=True,
        )
    except OSError as error:
        log.warning(
            f"supervisor.notify: {command[0]} cannot be run ({error.strerror}); nobody was told of"
            f" the event {event!r}: {message}"
        )
