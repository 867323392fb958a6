"""How a campaign stands, in one form: for ``--status``, its JSON, the app and the list of runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from enchanted_tui.campaign_status import Liveness, Phase
from enchanted_tui.record import points_request
from enchanted_tui.record.code_records import CodeRecord
from enchanted_tui.record.code_versions import code_words
from enchanted_tui.record.recorded_failures import FailureNote
from enchanted_tui.record.snapshot import Snapshot
from enchanted_tui.record.why import Facts, how_it_ended, silence, why_nothing_happens
from enchanted_tui.storage.labels import Labels, read_labels
from enchanted_tui.storage.layout import CampaignDirectory
from enchanted_tui.storage.lock import Holder

_FAILURES_KEPT = 10


@dataclass(frozen=True)
class Status:
    """How a campaign stands at one moment."""

    root: Path
    snapshot: Snapshot
    liveness: Liveness
    holder: Holder | None
    live: Mapping[str, Any] | None  #: the supervisor's own report (`record.live`), while it runs
    why: str  #: why nothing happens; empty if something does
    ended: str  #: how the last session ended, if nobody runs the campaign
    #: seconds without a result of the tasks that run; 0 where that is no longer than usual
    silence: float
    damage: tuple[str, ...]
    last_failures: tuple[FailureNote, ...]
    waiting_points: int  #: that somebody has asked to have added, and are not on record
    #: with which code samples were run, where that is known, the newest last
    codes: tuple[CodeRecord, ...]
    labels: Labels  #: what people call the run

    @property
    def phase(self) -> Phase:
        return self.snapshot.phase

    @property
    def doing(self) -> str:
        """What is done when no task runs any more, such as writing a large file."""
        return str((self.live or {}).get("doing", ""))

    @property
    def waiting_words(self) -> str:
        """What is said of points that wait to be added; empty if none do."""
        return points_request.words(self.waiting_points) if self.waiting_points else ""

    @property
    def code_lines(self) -> list[str]:
        """What is said of the code that samples are run with, a line for each thing."""
        return code_words.lines(self.codes[-1]) if self.codes else []

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, as scripts have always got it."""
        snapshot = {
            "state" if name == "phase" else name: value
            for name, value in asdict(self.snapshot).items()
        }
        return {
            "run_dir": str(self.root),
            "snapshot": {**snapshot, "state": self.snapshot.recorded_phase},
            "liveness": self.liveness,
            "holder": structs.asdict(self.holder) if self.holder is not None else None,
            "live": self.live,
            "damage": self.damage,
            "last_failures": [
                {
                    "task": note.task.name,
                    "kind": note.kind,
                    "message": note.message,
                    "host": note.host,
                }
                for note in self.last_failures
            ],
            "waiting_points": self.waiting_points,
            "code": self.codes[-1] if self.codes else None,
            "tags": self.labels.tags,
            "note": self.labels.note,
        }


def status_of(root: Path, facts: Facts, damage: tuple[str, ...]) -> Status:
    """Return how the campaign in `root` stands."""
    return Status(
        root=root,
        snapshot=facts.taken,
        liveness=facts.liveness,
        holder=facts.holder,
        live=facts.live,
        why=why_nothing_happens(facts),
        ended=how_it_ended(facts.state) if facts.taken.phase.at_rest else "",
        silence=silence(facts),
        damage=damage,
        last_failures=tuple(facts.state.failed.recent)[-_FAILURES_KEPT:],
        waiting_points=points_request.count_waiting(CampaignDirectory(root).control),
        codes=tuple(facts.state.codes),
        labels=read_labels(CampaignDirectory(root).labels),
    )
