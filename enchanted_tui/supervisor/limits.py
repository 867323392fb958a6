"""When a campaign has had enough, by what its configuration says: of failures, of results, of
files, of core-hours.
"""

from __future__ import annotations

import time

from enchanted_tui.config.models import CampaignConfig
from enchanted_tui.record import stage_order
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.record.state import CampaignState
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.supervisor import stopping
from enchanted_tui.supervisor.core_budget import CoreBudget
from enchanted_tui.supervisor.dispatch import Dispatcher
from enchanted_tui.supervisor.file_budget import FileBudget


class Limits:
    """Looks whether one of them is reached."""

    def __init__(
        self, config: CampaignConfig, run_dir: CampaignDirectory, state: CampaignState
    ) -> None:
        self._options, self._state = config.supervisor, state
        self.budget = FileBudget(run_dir, state, config.supervisor.max_files)
        self.cores = CoreBudget(state, config.supervisor.max_core_hours)
        self._failed = self._finished = 0  #: tasks of this session

    def ended(self, *, failed: bool) -> Outcome | None:
        """Take note that a task has ended; return how to stop if too many have failed."""
        self._finished += 1
        self._failed += failed
        limit = self._options.max_failures
        if limit is None or not failed:
            return None
        return stopping.too_many_failures(limit, self._failed, self._finished)

    def enough(self, dispatcher: Dispatcher) -> Outcome | None:
        """Return how to stop if what ``stop_when`` asks for is reached, or nothing more may be
        begun for want of files or core-hours.
        """
        if stage_order.have_all_rows(self._state.stages):
            return None
        limits = self._options.stop_when
        if limits:
            held = self.cores.look(dispatcher.in_flight) if "core_hours" in limits else 0.0
            elapsed = time.time() - self._state.session_started_at
            outcome = stopping.enough(limits, self._state, elapsed, held)
            if outcome is not None:
                return outcome
        return self.budget.limit_reached(len(dispatcher.in_flight)) or self.cores.limit_reached(
            dispatcher.in_flight
        )
