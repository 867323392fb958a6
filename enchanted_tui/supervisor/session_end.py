"""How a session ends: what executors have still to deliver is taken, files are completed, and the
journal says how it ended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from enchanted_tui.campaign_status import RAN_EVERYTHING, EndReason
from enchanted_tui.errors import ExitCode
from enchanted_tui.executors.base import Note, Result
from enchanted_tui.record.outcome import Outcome
from enchanted_tui.supervisor.inbox import Event, Inbox
from enchanted_tui.supervisor.live_report import LiveFile
from enchanted_tui.supervisor.open_executors import OpenExecutors
from enchanted_tui.supervisor.projections import Projections
from enchanted_tui.supervisor.recorder import Recorder
from enchanted_tui.supervisor.session import Session, environment_problem

log = logging.getLogger(__name__)

Take = Callable[[Event], None]  #: what the loop does with one thing that has arrived

_TICK = 0.25  #: seconds between two looks whether all executors have ended
_LAST_WORDS = 40.0  #: seconds that executors may take to end after an abort
_PUBLISH_EVERY = 1.0  #: seconds between two snapshots while the last files are written


class RecordHeld(Protocol):
    """Put the core time on record that is held."""

    def __call__(self, *, last: bool) -> None: ...


class SessionEnd:
    """The last steps of a session, each of them taken once."""

    def __init__(
        self,
        session: Session,
        inbox: Inbox,
        recorder: Recorder,
        projections: Projections,
        live: LiveFile,
    ) -> None:
        self._session, self._inbox, self._recorder = session, inbox, recorder
        self._projections, self._live = projections, live
        self._next_snapshot = 0.0

    def hear_out(self, executors: OpenExecutors, take: Take) -> None:
        """After an abort, take what executors have still to deliver of what had finished before."""
        end = time.monotonic() + _LAST_WORDS
        try:
            while not executors.have_ended() and time.monotonic() < end:
                self._last_words(take, _TICK)
        except OSError as error:
            log.error(str(environment_problem(error, self._session.run_dir.root)))

    def abandon(self) -> None:
        """Write nothing more: the directory is somebody else's now."""
        self._session.journal.abandon()
        self._projections.abandon()

    def write_down(self, outcome: Outcome, take: Take, record_held: RecordHeld) -> Outcome:
        """Complete all files and put the end on record, when every executor is closed. Return how
        the campaign has ended: as `outcome` says, or because a file could not be written.
        """
        session, journal = self._session, self._session.journal
        try:
            self._last_words(take)
            record_held(last=True)
            journal.flush()
            self._projections.close(complete=outcome.reason in RAN_EVERYTHING, tell=self._tell)
            self._recorder.put(outcome.end_record(self._projections.fingerprints()))
            journal.sync()
            self._projections.ended()
            self._live.close(session.state)
        except OSError as error:
            if outcome.code != ExitCode.ENVIRONMENT:
                problem = environment_problem(error, session.run_dir.root)
                log.error(str(problem))
                return Outcome(ExitCode.ENVIRONMENT, EndReason.ENVIRONMENT, str(problem))
        log.info(f"campaign {outcome.reason}" + (f": {outcome.message}" if outcome.message else ""))
        return outcome

    def _last_words(self, take: Take, patience: float = 0.0) -> None:
        """Write down what executors deliver while they end: last results, and that they have
        cancelled their jobs.
        """
        for item in self._inbox.all_there_is(patience):
            if isinstance(item, Note | Result):
                take(item)
        self._session.journal.flush()

    def _tell(self, doing: str) -> None:
        """Say what is done after the last task."""
        self._live.tell(doing)
        now = time.monotonic()
        if now >= self._next_snapshot:
            self._next_snapshot = now + _PUBLISH_EVERY
            self._projections.publish_snapshot()
