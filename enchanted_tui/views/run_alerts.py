"""What somebody who has several campaigns wants to be told of: that one has ended, has been paused
by a rule of its own, stalls or fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from enchanted_tui.campaign_status import Phase
from enchanted_tui.durations import whole_duration
from enchanted_tui.views.known_runs import RunEntry

_LATEST = 20  #: results by which the share of failures is judged
_MOST_FAILED = 0.5  #: the share of them from which on a campaign fails


class Event(StrEnum):
    """What has happened."""

    FINISHED = "has finished"
    ENDED = "has ended"
    PAUSED = "has paused"
    STALLS = "stalls"
    FAILS = "fails"


ENDS = frozenset((Event.FINISHED, Event.ENDED))


@dataclass(frozen=True)
class RunAlert:
    """Something that has happened to a run."""

    root: Path
    event: Event
    message: str  #: the circumstances


@dataclass
class _Known:
    """What is known of a run from before."""

    at_work: bool
    paused: bool
    silent: bool
    failing: bool = False
    counted: tuple[int, int] = field(default=(0, 0))  #: finished and failed tasks


class RunAlerts:
    """Compares how runs stand with how they stood before. Of a run that is seen for the first time
    nothing is told.
    """

    def __init__(self) -> None:
        self._known: dict[Path, _Known] = {}

    def look(self, entries: Iterable[RunEntry]) -> list[RunAlert]:
        """Return what has happened since the last look, each thing once while it lasts."""
        return [alert for entry in entries for alert in self._of(entry)]

    def forget(self, root: Path) -> None:
        """Somebody has been told of this run: its state is as if it were seen for the first
        time.
        """
        self._known.pop(root, None)

    def _of(self, entry: RunEntry) -> Iterator[RunAlert]:
        if not (entry.phase.at_work or entry.phase.at_rest):
            return  # nobody can say yet
        paused = entry.guarded and entry.phase is Phase.PAUSED
        known = self._known.get(entry.root)
        if known is None:
            self._known[entry.root] = _Known(
                entry.phase.at_work,
                paused,
                entry.silence > 0,
                counted=(entry.done, entry.failed),
            )
            return
        if known.at_work and entry.phase.at_rest:
            event = Event.FINISHED if entry.phase is Phase.FINISHED else Event.ENDED
            yield RunAlert(entry.root, event, entry.why)
        if paused and not known.paused:
            yield RunAlert(entry.root, Event.PAUSED, entry.why)
        if entry.silence > 0 and not known.silent:
            words = f"no result for {whole_duration(entry.silence)}"
            yield RunAlert(entry.root, Event.STALLS, entry.why or words)
        known.at_work, known.paused = entry.phase.at_work, paused
        known.silent = entry.silence > 0
        yield from self._failures(entry, known)

    def _failures(self, entry: RunEntry, known: _Known) -> Iterator[RunAlert]:
        """Judge the results since the last judgement once there are enough of them."""
        new, failed = entry.done - known.counted[0], entry.failed - known.counted[1]
        if 0 <= new < _LATEST:
            return
        known.counted = (entry.done, entry.failed)
        if new < 0:  # some are run again
            return
        failing = failed >= _MOST_FAILED * new
        if failing and not known.failing:
            message = f"{failed:,} of the latest {new:,} tasks failed"
            yield RunAlert(entry.root, Event.FAILS, message)
        known.failing = failing
