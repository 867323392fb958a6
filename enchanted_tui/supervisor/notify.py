"""Tell somebody what becomes of a campaign: ``supervisor.notify``."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import time

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.config.notify_options import Notify, notify_of
from enchanted_tui.durations import whole_duration
from enchanted_tui.record import file_use
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.state import CampaignState
from enchanted_tui.supervisor.live_report import LiveFile

_MIN_TASKS = 100  #: by which the share of failures is known well enough

log = logging.getLogger(__name__)


def tell_of_the_end(config: CampaignConfig, outcome: Outcome) -> None:
    """Start the command that the configuration names for the end of a session."""
    wanted = notify_of(config.supervisor.notify)
    if wanted is not None and "end" in wanted.events:
        _start(config, wanted, "end", outcome.message, outcome)


class Alerts:
    """Tells of what happens while a session runs. All methods are the loop's."""

    def __init__(self, config: CampaignConfig, state: CampaignState) -> None:
        self._config, self._state = config, state
        self._wanted = notify_of(config.supervisor.notify)
        self._told_at: dict[str, float] = {}  #: monotonic
        self._lasting: set[str] = set()  #: what has been told and is still so
        self._counted = (0, 0)
        self._ended = 0  #: how many had when they were counted
        if self._wanted is not None and "failures" in self._wanted.events:
            self._counted, self._ended = state.totals(), self._count_ended()

    def tell(self, event: str, message: str) -> None:
        """Tell of an event, if somebody wants to know and has not just been told of one."""
        if self._wanted is None or event not in self._wanted.events:
            return
        now = time.monotonic()
        before = self._told_at.get(event)
        if before is None or now - before >= self._wanted.every:
            self._told_at[event] = now
            _start(self._config, self._wanted, event, message)

    def look(self, in_flight: int, live: LiveFile) -> None:
        """See, about once a second, whether there is something to tell."""
        if self._wanted is None:
            return
        self._while_it_lasts("disk", file_use.warning(live.files))
        self._while_it_lasts("stall", self._stall(self._wanted.stall, in_flight, live))
        if "failures" in self._wanted.events:
            self._failures(self._wanted.failure_rate)

    def _while_it_lasts(self, event: str, message: str) -> None:
        """Tell once of what lasts; an empty message says that it is over."""
        if not message:
            self._lasting.discard(event)
        elif event not in self._lasting:
            self._lasting.add(event)
            self.tell(event, message)

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
